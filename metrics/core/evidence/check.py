"""Check: one question put to the rows of a run or data set, its verdict and the figures behind it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Verdict = Literal["holds", "warning", "fails", "not checked"]

KEYS = (
    "quality",
    "labels",
    "labelers",
    "training",
    "timeliness",
    "maturity",
    "drift",
    "intervals",
    "reproducibility",
)
_WORSE = ("holds", "warning", "fails")


@dataclass(frozen=True, kw_only=True)
class Check:
    """A verdict, why, and what to do.

    key: one of KEYS. text: one or a few plain sentences with the figures. rule: the threshold that decided. remedy:
    what to do, "" where nothing is to be done. numbers: plain JSON for a page to draw; its numbers are finite, None
    stands where one is undefined. Raises ValueError for a key or verdict that is none.
    """

    key: str
    verdict: Verdict
    text: str
    remedy: str = ""
    rule: str = ""
    numbers: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.key not in KEYS:
            raise ValueError(f"no check is called {self.key!r}")
        if self.verdict not in get_args(Verdict):
            raise ValueError(f"no verdict is called {self.verdict!r}")

    def as_json(self) -> dict[str, Any]:
        """All fields as plain JSON."""
        return dict(vars(self))

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Check:
        """The check that `as_json` was taken of. Raises TypeError where a field is missing or not known."""
        return cls(**content)


@dataclass(frozen=True)
class Finding:
    """One thing that was noticed, and how bad it is: a warning, or reason enough to fail."""

    verdict: Literal["warning", "fails"]
    text: str
    remedy: str = ""


def not_checked(key: str, why: str, remedy: str = "") -> Check:
    """A check that had nothing to look at, and why."""
    return Check(key=key, verdict="not checked", text=why, remedy=remedy)


def worst(verdicts: list[Verdict]) -> Verdict:
    """The worst of some verdicts; those not checked count for nothing, and "holds" is the best."""
    return max((one for one in verdicts if one in _WORSE), key=_WORSE.index, default="holds")


def judged(key: str, findings: list[Finding], *, good: str, rule: str, numbers: Mapping[str, Any]) -> Check:
    """The check that findings add up to: as bad as the worst of them, worst first; `good` where there are none."""
    ordered = sorted(findings, key=lambda one: -_WORSE.index(one.verdict))
    return Check(
        key=key,
        verdict=worst([one.verdict for one in findings]),
        text=" ".join(one.text for one in ordered) or good,
        remedy=" ".join(dict.fromkeys(one.remedy for one in ordered if one.remedy)),
        rule=rule,
        numbers=numbers,
    )


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
