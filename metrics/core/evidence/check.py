"""Check: one question put to the rows of a run or data set, its verdict and the figures behind it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from metrics.core.documents import RowsTooMany
from metrics.core.rows.refusal import capitalised

Verdict = Literal["holds", "warning", "fails", "not checked"]
Numbers = Mapping[str, Any]

_WORSE = ("holds", "warning", "fails")


@dataclass(frozen=True, kw_only=True)
class Check:
    """A verdict, why, and what to do.

    key and name: of its kind, and as a page calls it. text: one or a few plain sentences with the figures. rule: the
    threshold that decided. remedy: what to do, "" where nothing is to be done. numbers: plain JSON, finite, None where
    one is undefined. Raises ValueError for a verdict that is none.
    """

    key: str
    name: str
    verdict: Verdict
    text: str
    remedy: str = ""
    rule: str = ""
    numbers: Numbers = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.verdict not in get_args(Verdict):
            raise ValueError(f"no verdict is called {self.verdict!r}")

    def as_json(self) -> dict[str, Any]:
        """What is stored: all fields but the name, which may be changed."""
        return {name: value for name, value in vars(self).items() if name != "name"}


@dataclass(frozen=True)
class Finding:
    """One thing that was noticed, and how bad it is: a warning, or reason enough to fail."""

    verdict: Literal["warning", "fails"]
    text: str
    remedy: str = ""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What a check saw: its findings, what is said where there are none, the numbers, and what is said in any case."""

    findings: list[Finding]
    good: str
    numbers: Numbers
    also: str = ""


@dataclass(frozen=True)
class NotChecked:
    """That a check had nothing to look at: why, and what to do about it."""

    why: str
    remedy: str = ""


def too_many(many: RowsTooMany) -> NotChecked:
    """That the rows are more than a process holds at once."""
    return NotChecked(f"{capitalised(str(many))}.", "To have it checked, log a random part of the rows as a run.")


def worst(verdicts: list[Verdict]) -> Verdict:
    """The worst of some verdicts; those not checked count for nothing, and "holds" is the best."""
    return max((verdict for verdict in verdicts if verdict in _WORSE), key=_WORSE.index, default="holds")


def worst_first(findings: list[Finding]) -> list[Finding]:
    """The findings that fail, then the warnings, each in the order in which they were noticed."""
    return sorted(findings, key=lambda finding: -_WORSE.index(finding.verdict))


def percent(share: float) -> str:
    """A share as a sentence says it: 62 %, 0.4 %, under 0.1 %; only nothing is 0 % and only all is 100 %."""
    if share <= 0 or share >= 1:
        return f"{share:.0%}".replace("%", " %")
    if share < 0.001:
        return "under 0.1 %"
    if share > 0.999:
        return "over 99.9 %"
    fine = round(share, 6)
    return f"{share * 100:.1f} %" if fine < 0.1 or fine > 0.99 else f"{share * 100:.0f} %"


def number(value: float | None) -> float | None:
    """A number that JSON can hold; None for one that is not finite."""
    return None if value is None or not math.isfinite(value) else float(value)
