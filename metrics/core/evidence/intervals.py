"""Forecast intervals: whether they hold as many truths as their level says, and whether misses come in runs."""

from __future__ import annotations

from typing import Any

from metrics.core.estimate import Unknown
from metrics.core.evaluation.metrics import forecast
from metrics.core.evaluation.metrics.interval_tests import IntervalTests, interval_tests
from metrics.core.evidence.check import Finding, Judged, NotChecked, Numbers, percent
from metrics.core.evidence.figures import (
    Count,
    Figure,
    Line,
    Month,
    Pairs,
    Phrase,
    PValue,
    Share,
    Toned,
    counted,
    table,
)
from metrics.core.evidence.kind import CheckKind
from metrics.core.late import pa
from metrics.core.rows.groups import MONTH
from metrics.core.rows.reading import RowsError

SIGNIFICANT = 0.05
MOST_MONTHS = 36

RULE = (
    "Fails: the share of truths inside is not the nominal level by Kupiec's test at 5 %; warning: misses follow one "
    "another by Christoffersen's test of independence at 5 %."
)


NONE = NotChecked("The rows have no intervals.", "Log y_low and y_high with their level.")


def judge_intervals(rows: pa.Table, *, time_zone: str = "UTC") -> Judged | NotChecked:
    """Whether the intervals of a forecast's rows hold what they promise; not checked where they cannot be read."""
    try:
        sums = forecast.scan(rows, segments=(), time_zone=time_zone)
    except RowsError as error:
        return NotChecked(f"The intervals cannot be read: {error}.")
    tests = interval_tests(sums)
    if isinstance(tests, Unknown):
        return NotChecked(f"The intervals cannot be tested: {tests.reason}.")
    by_month = {month: interval_tests(sums, (MONTH, month)) for month in sums.months()}
    numbers = {
        **_as_json(tests),
        "months": [
            {"month": month, **_as_json(tested)}
            for month, tested in by_month.items()
            if isinstance(tested, IntervalTests)
        ],
    }
    return Judged(findings=_findings(tests), good=f"{_said(tests)}, as they should.", numbers=numbers)


def _findings(tests: IntervalTests) -> list[Finding]:
    findings = []
    if tests.kupiec.p < SIGNIFICANT:
        many = tests.exceedances / tests.n > tests.rate
        text = f"{_said(tests)}: too {'few' if many else 'many'} by Kupiec's test (p {_p(tests.kupiec.p)})."
        remedy = "Calibrate the intervals on recent rows: they are too " + ("narrow." if many else "wide.")
        findings.append(Finding("fails", text, remedy))
    if not isinstance(tests.independence, Unknown) and tests.independence.p < SIGNIFICANT:
        text = f"Misses come in runs by Christoffersen's test (p {_p(tests.independence.p)})."
        findings.append(Finding("warning", text, "Let the width of the interval follow the recent errors."))
    return findings


def _said(tests: IntervalTests) -> str:
    inside = 1 - tests.exceedances / tests.n
    return f"Intervals of {percent(1 - tests.rate)} hold {percent(inside)} of {tests.n:,} truths"


def _as_json(tests: IntervalTests) -> dict[str, Any]:
    independence = None if isinstance(tests.independence, Unknown) else tests.independence
    return {
        "n": tests.n,
        "below": tests.below,
        "above": tests.above,
        "nominal": 1 - tests.rate,
        "coverage": 1 - tests.exceedances / tests.n,
        "kupiec": tests.kupiec._asdict(),
        "independence": None if independence is None else independence._asdict(),
    }


def _p(value: float) -> str:
    return "under 0.001" if value < 0.001 else f"{value:.3f}"


def _figures(numbers: Numbers) -> list[Figure]:
    n, kupiec, independence = numbers["n"], numbers["kupiec"], numbers["independence"]
    amount = "too few" if numbers["coverage"] < numbers["nominal"] else "too many"
    chance = f"is {amount} for chance" if kupiec["p"] < SIGNIFICANT else "may be chance"
    runs: Phrase | str = "cannot be told: no row has an earlier one in its series"
    if independence is not None:
        come = "come" if independence["p"] < SIGNIFICANT else "do not come"
        runs = Phrase(f"misses {come} in runs (p {{}})", (PValue(independence["p"]),))
    pairs = (
        ("Truths", Count(n)),
        ("Promised inside", Share(numbers["nominal"], 1)),
        ("Found inside", Share(numbers["coverage"], 1)),
        ("Below the interval", counted(numbers["below"], n)),
        ("Above it", counted(numbers["above"], n)),
        ("Kupiec’s test", Phrase(f"{{}} {chance} (p {{}})", (Share(numbers["coverage"], 1), PValue(kupiec["p"])))),
        ("Christoffersen’s test", runs),
    )
    heads = ("Month", "Truths", "Inside", "Below", "Above", "Kupiec’s p")
    by_month = table("By month", heads, (_month(month) for month in numbers["months"][-MOST_MONTHS:]))
    return [Pairs("Inside and outside", pairs), *by_month]


def _month(month: Numbers) -> Line:
    unlike = month["kupiec"]["p"] < SIGNIFICANT
    cells = (
        Count(month["n"]),
        Toned(Share(month["coverage"], 1), "bad" if unlike else ""),
        Count(month["below"]),
        Count(month["above"]),
        PValue(month["kupiec"]["p"]),
    )
    return Line(Month(month["month"]), cells, marked=unlike)


INTERVALS = CheckKind(
    key="intervals",
    name="Intervals",
    rule=RULE,
    of=lambda task: task.rows.intervals,
    elsewhere="Only forecasts have intervals.",
    needs={"intervals": NONE, "labels": NONE, "events": NONE, "rows": NONE},
    run=lambda inputs: judge_intervals(inputs.rows, time_zone=inputs.time_zone),
    figures=_figures,
)
