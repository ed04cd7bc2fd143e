"""Forecasting from the command line: what is asked, as JSON or as a file of months, and what is answered.

A question is {"volume": [["2017-08", 12.0], …], "months": 12}; an answer {"months": [{"month", "point", "low80",
"high80", "low95", "high95"}, …], "total": {the same}, "history": 36, "flags": […]}, or {"unknown": reason}. It is the
forecast that projections multiply by the value of a case, with nothing of a database.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from metrics.core import numerals
from metrics.core.calendar import month_number
from metrics.core.draws import K
from metrics.core.estimate import LIMIT, Estimate, Quantity, Unknown
from metrics.core.revenue.projection import Projection, project
from metrics.core.revenue.volume import LEAST
from metrics.services.kpi.actuals import read_actuals
from metrics.services.kpi.months_given import Parts
from metrics.services.writing.refusal import Invalid

REFUSED = 2
MONTHS, MOST_AHEAD = 12, 60
FIELDS = ("volume", "months")
EXAMPLE = '{"volume": [["2017-08", 12], …], "months": 12}'
LEVELS = (0.8, 0.95)

Series = Sequence[tuple[str, float]]


class Refused(Exception):
    """The question cannot be read; the message says where, why and what to do in one line."""


def answered(text: str, *, batch: bool, seed: int) -> str:
    """The answer to a question in JSON, and with `batch` to a list of them the list of answers. Raises Refused."""
    try:
        asked = json.loads(text)
    except json.JSONDecodeError as error:
        raise Refused(f"line {error.lineno}, column {error.colno}: no JSON; send {EXAMPLE}") from error
    except (RecursionError, ValueError) as error:
        raise Refused(f"no JSON that can be read; send {EXAMPLE}") from error
    if not isinstance(asked, list):
        return json.dumps(_answer(asked, "", seed))
    if not batch:
        raise Refused("a list of questions was sent; add --batch")
    return json.dumps([_answer(one, f"question {place}: ", seed) for place, one in enumerate(asked, 1)])


def table(text: str, *, months: int, seed: int, **how: str) -> str:
    """The forecast from a text of a month and a value a line, to be read; how: as of `read_actuals`. Raises Refused."""
    if not 1 <= months <= MOST_AHEAD:
        raise Refused(f"--months {months}: ask for 1 to {MOST_AHEAD}")
    try:
        given = read_actuals(text, **how).values
    except Invalid as error:
        first = error.faults[0]
        raise Refused(f"{first.message}; {_small(first.remedy or 'give a month (2017-08) and its cases')}") from error
    if any(isinstance(value, Parts) for _, value in given):
        raise Refused("line 1: numerator and denominator make no number of cases; give a month and its cases")
    series = [(f"{period:%Y-%m}", float(value)) for period, value in given if not isinstance(value, Parts)]
    if bad := next((row for row in series if row[1] < 0), None):
        raise Refused(f"{bad[0]}: {bad[1]:g} cannot be counted; write a number of 0 or more")
    found = forecast(series, months, seed)
    if isinstance(found, Unknown):
        raise Refused(f"{found.reason}; give {LEAST} months in a row or more, with cases in some of them")
    return "\n".join(_lines(found))


def forecast(series: Series, months: int, seed: int) -> Projection | Unknown:
    """Cases of the coming months, as they are."""
    case = Estimate(1.0, "", np.ones(K))
    return project(value=case, volume=series, months=months, growth=None, seed=seed, unit="")


def _answer(question: Any, where: str, seed: int) -> dict[str, Any]:
    found = forecast(*_read(question, where), seed)
    if isinstance(found, Unknown):
        return {"unknown": found.reason}
    return {
        "months": [{"month": month, **_figure(one)} for month, one in found.months.items()],
        "total": _figure(found.total),
        "history": found.history,
        "flags": list(found.flags),
    }


def _figure(one: Quantity) -> dict[str, Any]:
    if isinstance(one, Unknown):
        return {"unknown": one.reason}
    ends: Sequence[tuple[float | None, float | None]] = one.bands(*LEVELS) or [(None, None), (None, None)]
    (low80, high80), (low95, high95) = ends
    return {"point": one.point, "low80": low80, "high80": high80, "low95": low95, "high95": high95}


def _read(question: Any, where: str) -> tuple[Series, int]:
    """The volume and the months ahead that a question names."""
    if not isinstance(question, dict):
        raise Refused(f"{where}{_shown(question)} is no question; send {EXAMPLE}")
    if strange := sorted(set(question) - set(FIELDS)):
        raise Refused(f"{where}{strange[0]}: there is no such field; send {' and '.join(FIELDS)}")
    months = question.get("months", MONTHS)
    if not isinstance(months, int) or isinstance(months, bool) or not 1 <= months <= MOST_AHEAD:
        raise Refused(f"{where}months: {_shown(months)} is no number of months; send 1 to {MOST_AHEAD}")
    rows = question.get("volume")
    if not isinstance(rows, list):
        raise Refused(f'{where}volume: it is no list; send [["2017-08", 12], …], a month and its cases each')
    seen: dict[str, int] = {}
    return [_row(row, f"{where}volume, row {place}: ", seen, place) for place, row in enumerate(rows, 1)], months


def _row(row: Any, where: str, seen: dict[str, int], place: int) -> tuple[str, float]:
    if not isinstance(row, list) or len(row) != 2:
        raise Refused(f'{where}{_shown(row)} is no month with its cases; send ["2017-08", 12]')
    month, cases = row
    if not isinstance(month, str) or not _is_month(month):
        raise Refused(f"{where}{_shown(month)} is no month; write it as 2017-08")
    if month in seen:
        raise Refused(f"{where}{month} stands in row {seen[month]} already; leave one of them out")
    seen[month] = place
    if not isinstance(cases, int | float) or isinstance(cases, bool) or cases != cases:
        raise Refused(f"{where}{_shown(cases)} is no number of cases; send a number, or leave the month out")
    if not 0 <= cases < LIMIT:
        raise Refused(f"{where}{_shown(cases)} cannot be counted; send a number of 0 or more, and below {LIMIT:g}")
    return month, float(cases)


def _is_month(text: str) -> bool:
    try:
        return month_number(text) >= 0
    except ValueError:
        return False


def _lines(found: Projection) -> Iterator[str]:
    flags = f" ({'; '.join(found.flags)})" if found.flags else ""
    yield f"from {found.history} months in a row{flags}"
    rows = [("month", "expected", "80 % of the time", "95 % of the time")]
    rows += [_cells(month, one) for month, one in [*found.months.items(), ("total", found.total)]]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for first, *rest in rows:
        yield "  ".join(
            [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))]
        )


def _cells(name: str, one: Quantity) -> tuple[str, str, str, str]:
    if isinstance(one, Unknown):
        return name, "–", one.reason, ""
    bands = one.bands(*LEVELS) or []
    places = numerals.word(numerals.known(one)).places
    ends = [numerals.span(low, high, places=places) for low, high in bands] or ["–", "–"]
    return name, numerals.numeral(one.point, places=places), ends[0], ends[1]


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _small(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")
