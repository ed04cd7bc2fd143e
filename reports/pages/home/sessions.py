"""Where somebody is signed in, as they or an administrator see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from metrics.core.rows.refusal import capitalised
from reports.words.browsers import browser


@dataclass(frozen=True)
class SessionLine:
    """name: what addresses call it. present: whether the page is read in it."""

    name: str
    browser: str
    address: str
    since: datetime
    last: datetime
    present: bool


def session_lines(rows: Iterable[Any], present: str = "") -> tuple[SessionLine, ...]:
    """The present one first. present: its name."""
    lines = [
        SessionLine(
            name=row.name,
            browser=capitalised(browser(row.browser)),
            address=row.address,
            since=row.created_at,
            last=row.last_used_at,
            present=row.name == present,
        )
        for row in rows
    ]
    return tuple(sorted(lines, key=lambda line: not line.present))
