"""Drift: whether features, score and label still lie where a named reference has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from metrics.core.evidence.check import Finding, Judged, NotChecked, Numbers
from metrics.core.evidence.columns import shown
from metrics.core.evidence.distances import BINS_RULE
from metrics.core.evidence.figures import (
    Column,
    Count,
    Digits,
    Figure,
    Line,
    Month,
    Number,
    Phrase,
    PValue,
    Toned,
    left_over,
    table,
)
from metrics.core.evidence.inputs import Inputs
from metrics.core.evidence.kind import CheckKind
from metrics.core.evidence.shifts import ONLY_HERE, WARNING, Drift, drift, not_compared
from metrics.core.late import pa

FAILS = 0.25
FAR = 1.0
NAMED = 3
MOST_COLUMNS = 30
MOST_UNMEASURED = 12
MOST_RANKED = 12
MOST_MONTHS = 36
ASKED_FIRST = ("y_score", "y_pred", "y_true", "y_low", "y_high")

RULE = (
    "Warning: a PSI above 0.1; fails: above 0.25; over all rows or in any month, and significant at 5 % after "
    "Benjamini–Hochberg over all columns and months (Kolmogorov–Smirnov for numbers, chi-squared for categories); a "
    f"column that only one side has values of. {BINS_RULE}"
)
UNNAMED = NotChecked("No reference was named.", "Name one, such as reference split=valid.")


def judge_drift(rows: pa.Table, reference: pa.Table, *, name: str, time_zone: str = "UTC") -> Judged | NotChecked:
    """Canonical rows against a reference called `name`.

    Not checked where the two have no column with values in common.
    """
    measured, unmeasured = drift(rows, reference, time_zone=time_zone), not_compared(rows, reference)
    if not measured and set(reference.column_names).isdisjoint(unmeasured.get(ONLY_HERE, [])):
        why = f"The rows and {name} have no feature, score or label in common."
        return NotChecked(why, "Log the same features with both.")
    numbers = {
        "reference": name,
        "columns": [{**vars(part), "shifted": part.shifted} for part in measured if not part.period],
        "months": [{**vars(part), "shifted": part.shifted} for part in measured if part.period],
        "tests": len(measured),
        "not_compared": unmeasured,
    }
    columns = {part.column for part in measured}
    findings = [*_shifts(measured), *(_unmeasured(why, names) for why, names in unmeasured.items())]
    good = f"None of {len(columns)} columns lies beyond a PSI of {WARNING} from {name}, in any month."
    return Judged(findings=findings, good=good, numbers=numbers)


def _shifts(measured: list[Drift]) -> list[Finding]:
    worst: dict[str, Drift] = {}
    for part in measured:
        if part.shifted and (part.column not in worst or part.psi > worst[part.column].psi):
            worst[part.column] = part
    if not worst:
        return []
    whole = {part.column: part.psi for part in measured if not part.period}
    ordered = sorted(worst.values(), key=lambda part: (-part.psi, part.column))
    named = ", ".join(_sentence(part, whole[part.column]) for part in ordered[:NAMED])
    columns = "1 column" if len(ordered) == 1 else f"{len(ordered)} columns"
    text = f"{columns} of {len(whole)} moved; most of all {named}."
    remedy = "See what changed there, and whether the model was trained for it."
    return [Finding("fails" if ordered[0].psi > FAILS else "warning", text, remedy)]


def _unmeasured(why: str, columns: Sequence[str]) -> Finding:
    named = ", ".join(shown(name) for name in columns[:MOST_UNMEASURED])
    if more := left_over(len(columns), MOST_UNMEASURED, "columns"):
        named = f"{named} {more}"
    be = "is" if len(columns) == 1 else "are"
    remedy = "Name a reference that has these values in the same form, or see what fills them now."
    return Finding("warning", f"{named} {be} {why}, so that drift is not measured there.", remedy)


def _sentence(part: Drift, whole: float) -> str:
    over_all = f" (over all rows {whole:.2f})" if part.period else ""
    return f"{shown(part.column)} with a PSI of {part.psi:.2f}{f' in {part.period}' if part.period else ''}{over_all}"


def _figures(numbers: Numbers) -> list[Figure]:
    columns, worst = numbers["columns"], worst_month(numbers["months"])
    note = "Amber: above 0.1; red: above 0.25; deep red: above 1. Uncoloured: smaller, or not significant."
    if more := left_over(len(columns), MOST_COLUMNS, "columns"):
        note = f"{note} {more[0].upper()}{more[1:]} moved less."
    if not columns:
        return []
    periods = sorted({part["period"] for part in numbers["months"]})[-MOST_MONTHS:]
    heat = table(
        _title(numbers, worst),
        ("Column", "All rows", *(Month(period) for period in periods)),
        _by_period(numbers, periods),
        note=note,
        dense=True,
        loud=(Month(worst["period"]),) if worst is not None else (),
    )
    ranked = table(
        "Columns over all rows, the most moved first",
        ("Column", "PSI", "Kolmogorov–Smirnov", "Jensen–Shannon", "Wasserstein", "Adjusted p"),
        (_ranked(part) for part in columns[:MOST_RANKED]),
        note=left_over(len(columns), MOST_RANKED, "columns, which moved less"),
    )
    return [*heat, *ranked]


def worst_month(months: Sequence[Numbers]) -> Numbers | None:
    """The greatest shift of a month, of equal ones that of the month in which most columns moved; None for none."""
    shifted = [part for part in months if part["shifted"]]
    moved = Counter(part["period"] for part in shifted)
    return max(shifted, key=lambda part: (part["psi"], moved[part["period"]]), default=None)


def _title(numbers: Numbers, worst: Numbers | None) -> Phrase:
    if worst is None:
        return Phrase("PSI against {}", (numbers["reference"],))
    moved = sum(part["shifted"] and part["period"] == worst["period"] for part in numbers["months"])
    size = _size(worst["psi"])
    parts = (
        Month(worst["period"], long=True),
        Column(worst["column"]),
        size,
        Count(moved),
        Count(len(numbers["columns"])),
    )
    return Phrase("PSI against {}: {} stands out ({} {}; {} of {} moved)", (numbers["reference"], *parts))


def _by_period(numbers: Numbers, periods: Sequence[str]) -> list[Line]:
    """The columns that moved most, scores and labels among them: they are few, and what is asked for first."""
    names = [part["column"] for part in numbers["columns"]]
    kept = set(sorted(names, key=lambda name: name not in ASKED_FIRST)[:MOST_COLUMNS])
    parts = {(part["column"], part["period"]): part for part in (*numbers["columns"], *numbers["months"])}
    return [
        Line(Column(name), tuple(_psi(parts.get((name, period))) for period in ("", *periods)))
        for name in names
        if name in kept
    ]


def _psi(part: Numbers | None) -> Toned:
    if part is None:
        return Toned(Number(None), "muted")
    if not part["shifted"]:
        return Toned(_size(part["psi"]), "muted")
    return Toned(_size(part["psi"]), "worst" if part["psi"] > FAR else "bad" if part["psi"] > FAILS else "warn")


def _size(psi: float) -> Number:
    return Number(psi, 3 if psi < 1 else 2)


def _ranked(part: Numbers) -> Line:
    cells = (
        _psi(part),
        Number(part["ks"], 3),
        Number(part["jensen_shannon"], 3),
        Digits(part["wasserstein"], 4),
        PValue(part["adjusted"]),
    )
    return Line(Column(part["column"]), cells, marked=part["shifted"])


def _run(inputs: Inputs) -> Judged | NotChecked:
    if inputs.reference is None:
        return UNNAMED
    name = inputs.reference_name
    return judge_drift(inputs.rows, inputs.reference, name=name, time_zone=inputs.time_zone)


DRIFT = CheckKind(
    key="drift",
    name="Drift",
    rule=RULE,
    needs={"reference": UNNAMED},
    run=_run,
    figures=_figures,
    always=True,
)
