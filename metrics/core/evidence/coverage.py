"""Forecast intervals: whether they hold as many truths as their level says, and whether misses come in runs."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from metrics.core.estimate import Unknown
from metrics.core.evaluation.metrics import forecast
from metrics.core.evaluation.metrics.interval_tests import IntervalTests, interval_tests
from metrics.core.evidence.check import Check, Finding, judged, not_checked, percent
from metrics.core.rows.groups import MONTH
from metrics.core.rows.reading import RowsError

SIGNIFICANT = 0.05

RULE = (
    "Fails: the share of truths inside is not the nominal level by Kupiec's test at 5 %; warning: misses follow one "
    "another by Christoffersen's test of independence at 5 %."
)


def coverage_check(table: pa.Table, *, time_zone: str = "UTC") -> Check:
    """The check "intervals" of a forecast's rows; not checked without intervals, labels, or times."""
    if not {"y_low", "y_high", "y_true", "event_time"} <= set(table.column_names) or not table.num_rows:
        return not_checked("intervals", "The rows have no intervals.", "Log y_low and y_high with their level.")
    try:
        sums = forecast.scan(table, segments=(), time_zone=time_zone)
    except RowsError as error:
        return not_checked("intervals", f"The intervals cannot be read: {error}.")
    tests = interval_tests(sums)
    if isinstance(tests, Unknown):
        return not_checked("intervals", f"The intervals cannot be tested: {tests.reason}.")
    months = [(month, interval_tests(sums, (MONTH, month))) for month in sums.months()]
    numbers = {
        **_as_json(tests),
        "months": [{"month": name, **_as_json(one)} for name, one in months if isinstance(one, IntervalTests)],
    }
    good = f"{_said(tests)}, as they should."
    return judged("intervals", _findings(tests), good=good, rule=RULE, numbers=numbers)


def _findings(tests: IntervalTests) -> list[Finding]:
    found = []
    if tests.kupiec.p < SIGNIFICANT:
        many = tests.exceedances / tests.n > tests.rate
        text = f"{_said(tests)}: too {'few' if many else 'many'} by Kupiec's test (p {_p(tests.kupiec.p)})."
        remedy = "Calibrate the intervals on recent rows: they are too " + ("narrow." if many else "wide.")
        found.append(Finding("fails", text, remedy))
    if not isinstance(tests.independence, Unknown) and tests.independence.p < SIGNIFICANT:
        text = f"Misses come in runs by Christoffersen's test (p {_p(tests.independence.p)})."
        found.append(Finding("warning", text, "Let the width of the interval follow the recent errors."))
    return found


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
