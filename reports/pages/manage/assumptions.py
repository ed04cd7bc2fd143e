"""One assumption: what is believed of it as a picture, and its versions with who changed what, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from metrics.core import distributions
from metrics.core.numerals import stated
from metrics.core.unit_names import is_share
from metrics.queries.product import owners
from reports.charts.density import density
from reports.charts.drawing import Chart
from reports.pages.manage.board import describe, standing
from reports.words.dates import day
from reports.words.phrases import Verdict, sentence


@dataclass(frozen=True)
class Picture:
    """A distribution drawn, with its 5, 50 and 95 % values and the value that points are computed at."""

    chart: Chart | None
    low: str
    middle: str
    high: str
    point: str
    unit: str
    says: str


def picture(distribution: Mapping[str, Any], unit: str) -> Picture:
    held = distributions.parse(distribution)
    low, middle, high = (stated(value, unit) for value in held.quantiles(0.05, 0.5, 0.95))
    says = sentence(held.describe(unit))
    values, heights = held.curve()
    drawn = None
    if len(values) and values[0] < values[-1]:
        marks = list(zip(held.quantiles(0.05, 0.5, 0.95), (low, middle, high), strict=True))
        text = f"A hill: one in twenty lies below {low}, half below {middle}, one in twenty above {high}."
        drawn = density(
            values=values.tolist(), heights=heights.tolist(), marks=marks, says=text, percent=is_share(unit)
        )
    named = "" if is_share(unit) else unit.replace("/", " / ").replace("_", " ")
    return Picture(drawn, low, middle, high, stated(held.point, unit), named, says)


@dataclass(frozen=True)
class VersionLine:
    """A version: what it says, and what of that was new in it."""

    number: int
    words: str
    owner: str
    source: str
    until: date | None
    by: str
    when: datetime
    changed: tuple[str, ...]
    state: Verdict | None


def version_lines(assumption: Any, today: date) -> list[VersionLine]:
    """The newest first; its state is that of today, the others are superseded."""
    left = owners.gone(assumption.product, [row.owner for row in assumption.versions.all()])
    rows = list(assumption.versions.all())
    before = [*rows[1:], None]
    return [
        VersionLine(
            number=row.number,
            words=describe(row),
            owner=owners.worded(row.owner, left),
            source=row.source,
            until=row.valid_until,
            by=str(row.created_by),
            when=row.created_at,
            changed=changed(was, row) if was is not None else (),
            state=standing(row, today, left) if row is rows[0] else None,
        )
        for row, was in zip(rows, before, strict=True)
    ]


def changed(was: Any, now: Any) -> tuple[str, ...]:
    """What a version says differently from the one before, in words."""
    found = []
    old, new = describe(was), describe(now)
    if was.distribution != now.distribution:
        shape = was.distribution["kind"] != now.distribution["kind"] or old == new
        kinds = f" ({was.distribution['kind']} → {now.distribution['kind']})" if shape else ""
        found.append(f"value: {old} → {new}{kinds}")
    for name, before, after in (
        ("owner", was.owner, now.owner),
        ("source", was.source, now.source),
        ("valid until", day(was.valid_until), day(now.valid_until)),
    ):
        if before != after:
            found.append(f"{name}: {before or 'none'} → {after or 'none'}")
    return tuple(found) or ("nothing: saved again as it was",)
