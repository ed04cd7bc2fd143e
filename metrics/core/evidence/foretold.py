"""Performance without labels: what the scores foretell at the policy of the mapping in force, and whether labels agree.

It is made apart from the other checks, for it looks at the mapping in force too, which they do not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from metrics.core.evidence.cbpe import LEAST_COMPARED, Performance, Policy, confusion, expected_performance, scored
from metrics.core.evidence.check import Finding, Judged, NotChecked, Numbers, percent
from metrics.core.evidence.figures import (
    Count,
    Digits,
    Figure,
    Line,
    Month,
    Number,
    Pairs,
    Phrase,
    Share,
    Toned,
    Value,
    table,
)
from metrics.core.evidence.kind import CheckKind
from metrics.core.late import pa

CHANCE = 0.01  # of a difference as large, over all figures and periods together (Bonferroni)
APART = 0.02  # of a share or an AUC from which a difference is no small one; of money, as a share of it
MOST_MONTHS = 36
NAMED = 3


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A figure that is held against the labels. words, article: in a sentence; area: whether below a half it is turned.

    money: in the unit of the mapping, and apart by its own size.
    """

    words: str
    article: str = "a"
    area: bool = False
    money: bool = False

    @property
    def named(self) -> str:
        return f"{self.article} {self.words}"

    @property
    def head(self) -> str:
        return self.words[:1].upper() + self.words[1:]

    def said(self, value: float, unit: str) -> str:
        if self.area:
            return f"{value:.3f}"
        return f"{value:.4g} {unit}" if self.money else percent(value)

    def cell(self, value: float | None) -> Value:
        if self.area:
            return Number(value, 3)
        return Digits(value, 4) if self.money else Share(value, 1)


JUDGED = {
    "roc_auc": Measure(words="AUC", article="an", area=True),
    "accuracy": Measure(words="accuracy", article="an"),
    "positives": Measure(words="share of positives"),
    "value": Measure(words="value a case", money=True),
}

RULE = (
    "Fails: on the labelled rows a figure differs from what the scores foretell by more than chance would once in 100, "
    "over all figures and months together (1 to 3 times in 100 in simulations with 100 labels), and by 0.02 or more "
    "(money by 2 %); warning: by less. Foretold by scores calibrated on the reference (isotonic from 1,000 labels, "
    "else Platt), at the threshold of the mapping in force."
)
UNNAMED = NotChecked("No reference was named.", "Name one with labels, such as reference split=valid.")
UNTOLD = NotChecked(
    "There are no scores from 0 to 1, or fewer than 30 labels of a class in the reference.",
    "Name a reference with scores and labels.",
)


@dataclass(frozen=True, kw_only=True)
class At:
    """The policy that the figures are of. words: in a sentence; unit: of the money, "" where it gives none."""

    policy: Policy | None
    words: str
    unit: str = ""


def judge_foretold(
    rows: pa.Table, reference: pa.Table, *, name: str, at: At, seed: int, time_zone: str = "UTC"
) -> Judged | NotChecked:
    """Canonical rows of two outcomes with a reference called `name`, whose labels calibrate the scores."""
    known = scored(rows, reference, at.policy, seed=seed)
    if known is None:
        return UNTOLD
    periods = list(expected_performance(known, rows, time_zone=time_zone))
    if not periods:
        return UNTOLD
    numbers = {
        "reference": name,
        "at": at.words,
        "unit": at.unit,
        "expected": [period.as_json() for period in periods],
        "confusion": confusion(known),
    }
    whole = periods[0]
    good = (
        f"The {whole.labelled:,} labels that there are agree with what the scores foretell."
        if whole.labelled >= LEAST_COMPARED
        else "There are too few labels yet to hold against what the scores foretell."
    )
    return Judged(findings=_findings(periods, at), good=good, numbers=numbers, also=_sentence(whole, at))


def _sentence(whole: Performance, at: At) -> str:
    said = [f"{one.named} of {_with_band(whole, name, at)}" for name, one in JUDGED.items() if name in whole.figures]
    return f" Foretold {at.words}: {', '.join(said)}."


def _findings(periods: Sequence[Performance], at: At) -> list[Finding]:
    """Where labels and scores disagree beyond chance: all rows first, then the latest months."""
    told = list(_judged(periods))
    off = [one for one in told if one[2] * len(told) < CHANCE]
    if not off:
        return []
    named = [f"{_where(period)}: {_both(period, name, at)}" for period, name, _ in _named(off)]
    large = any(_apart(period, name) >= APART for period, name, _ in off)
    verdict: Literal["warning", "fails"] = "fails" if large else "warning"
    inverted = any(
        JUDGED[name].area and _found(period, name) < 0.5 < _foretold(period, name) for period, name, _ in off
    )
    text = f"The labels disagree with what the scores foretell; {'; '.join(named)}."
    text += " Scores or labels may be inverted." if inverted else ""
    remedy = (
        "Do not go by what is foretold: the score no longer means what it meant in the reference. Calibrate it anew."
    )
    return [Finding(verdict, text, remedy)]


def _judged(periods: Sequence[Performance]) -> Iterator[tuple[Performance, str, float]]:
    for period in periods:
        for name in JUDGED:
            chance = period.figures[name].chance if name in period.figures else None
            if chance is not None:
                yield period, name, chance


def _named(off: list[tuple[Performance, str, float]]) -> list[tuple[Performance, str, float]]:
    whole = [one for one in off if not one[0].period]
    months = [one for one in off if one[0].period]
    return (whole or months[::-1])[:NAMED]


def _apart(period: Performance, name: str) -> float:
    found, foretold = _found(period, name), _foretold(period, name)
    return abs(found - foretold) / (max(abs(foretold), 1e-12) if JUDGED[name].money else 1)


def _found(period: Performance, name: str) -> float:
    return float(period.figures[name].found or 0.0)


def _foretold(period: Performance, name: str) -> float:
    return float(period.figures[name].foretold or 0.0)


def _where(period: Performance) -> str:
    return f"in {period.period}" if period.period else "over all labelled rows"


def _both(period: Performance, name: str, at: At) -> str:
    one = JUDGED[name]
    foretold, found = (one.said(value, at.unit) for value in (_foretold(period, name), _found(period, name)))
    return f"{one.named} of {foretold} foretold, {found} found"


def _with_band(period: Performance, name: str, at: At) -> str:
    told, one = period.figures[name], JUDGED[name]
    if told.low is None or told.high is None:
        return f"{one.said(told.point, at.unit)} (no band: too few rows)"
    return f"{one.said(told.point, at.unit)} ({one.said(told.low, at.unit)} to {one.said(told.high, at.unit)})"


def _figures(numbers: Numbers) -> list[Figure]:
    """What the scores foretell beside what came, over all rows and by month; and the confusion of all rows."""
    periods = numbers["expected"][: MOST_MONTHS + 1]
    names = [name for name in JUDGED if any(name in period["figures"] for period in periods)]
    heads = [head for name in names for head in _heads(name, numbers["unit"])]
    note = Phrase(
        "With its 95 % band, {}. Assumed: the score means what it meant in {}. A shift of the rows is seen, one of "
        "that meaning only where there are labels.",
        (numbers["at"], numbers["reference"]),
    )
    lines = (_line(period, names) for period in periods)
    told = table("What the scores foretell, without labels", ("Month", "Rows", "Labelled", *heads), lines, note=note)
    cells = {"tp": "Acted upon, positive", "fp": "Acted upon, negative", "fn": "Left, positive", "tn": "Left, negative"}
    shares = tuple((words, Share(numbers["confusion"][cell], 1)) for cell, words in cells.items())
    return [*told, Pairs("Decisions that the scores foretell", shares)]


def _heads(name: str, unit: str) -> tuple[str, str]:
    one = JUDGED[name]
    return f"{one.head}{f', {unit}' if one.money and unit else ''}, foretold", "Found"


def _line(period: Numbers, names: Sequence[str]) -> Line:
    cells: list[Value | Toned] = [Count(period["n"]), Count(period["labelled"])]
    for name in names:
        told: Mapping[str, Any] = period["figures"].get(name) or {}
        point, low, high, found = (JUDGED[name].cell(told.get(field)) for field in ("point", "low", "high", "found"))
        banded = told.get("low") is not None
        cells += [Phrase("{} ({} to {})", (point, low, high)) if banded else point, found]
    return Line(Month(period["period"]) if period["period"] else "All rows", tuple(cells))


FORETOLD = CheckKind(
    key="without_labels",
    name="Performance without labels",
    rule=RULE,
    needs={"reference": UNNAMED},
    run=lambda inputs: UNTOLD,
    figures=_figures,
    of=lambda task: task.two_outcomes,
    elsewhere="It is asked of cases with two outcomes.",
    apart=True,
)
