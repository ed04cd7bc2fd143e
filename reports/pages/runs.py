"""The runs table as a page shows it: one axis for all whiskers, one scale for a column, verdicts in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from metrics.queries.evidence import Check
from metrics.queries.runs import COLUMNS, PAGE, STATES, Row, Table, Wanted
from reports.templatetags import numerals

TONES = {"holds": "good", "warning": "warn", "fails": "bad", "not checked": "unknown"}
WORDS = {"holds": "Holds", "warning": "Warning", "fails": "Fails", "not checked": "Not checked"}
RUN_TONES = {"received": "info", "scored": "good", "failed": "bad", "withdrawn": "unknown"}
RUN_WORDS = {"received": "Being computed", "scored": "Scored", "failed": "Failed", "withdrawn": "Withdrawn"}
BEST_LAST = {"name", *COLUMNS} - {"roc_auc"}  # columns that a first click sorts ascending
VERSION_STATES = [("champion", "champion"), ("candidate", "candidate"), ("retired", "retired")]


@dataclass(frozen=True)
class Verdict:
    kind: str
    words: str


@dataclass(frozen=True)
class Axis:
    """The axis that all whiskers of a table share, and how its ends read."""

    low: float
    high: float
    words: str


@dataclass(frozen=True)
class Head:
    """A column's head: where a click leads, and how the column is sorted now ("" for not)."""

    key: str
    words: str
    unit: str
    url: str
    sorted: str


def verdict_of(run: Any, checks: Sequence[Check]) -> Verdict:
    """The evidence of a run in one word: its worst finding, else that it holds."""
    if run.state != "scored":
        return Verdict(RUN_TONES[run.state], RUN_WORDS[run.state])
    fails = [check.name for check in checks if check.verdict == "fails"]
    warnings = [check.name for check in checks if check.verdict == "warning"]
    if "Same rows" in fails:
        return Verdict("unknown", "Not comparable")
    if fails:
        return Verdict("bad", fails[0])
    if warnings:
        more = f" +{len(warnings) - 1}" if len(warnings) > 1 else ""
        return Verdict("warn", f"{warnings[0]}{more}")
    return (
        Verdict("good", "Holds")
        if any(check.verdict == "holds" for check in checks)
        else Verdict("unknown", "Not checked")
    )


def axis(values: Sequence[Mapping[str, Any]], scale: str = "") -> Axis | None:
    """An axis with round ends around all bands, from zero where that costs little; None where nothing has a point."""
    ends: list[float] = []
    for one in values:
        if one.get("point") is not None:
            ends.append(one["point"])
            ends.extend(end for band in (one.get("bands") or {}).values() for end in band)
    if not ends:
        return None
    low, high = min(ends), max(ends)
    if 0 < low < 0.5 * high:
        low = 0.0
    if 0 > high > 0.5 * low:
        high = 0.0
    step = _step((high - low) or abs(high) or 1.0)
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    places = max(0, -math.floor(math.log10(step / numerals.SCALES[scale])))
    ends_in_words = (numerals.numeral(end, scale=scale, places=places) for end in (low, high))  # type: ignore[arg-type]
    return Axis(low, high, " to ".join(ends_in_words))


def _step(spread: float) -> float:
    rough = spread / 8
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)


def runs_page(product: Any, table: Table, wanted: Wanted) -> dict[str, Any]:
    """The context of the runs table."""
    values = [row.value for row in table.rows]
    found = next((one for one in [table.champion_value, *values] if one.get("point") is not None), None)
    worded = numerals.word(numerals.read(found)) if found else None  # type: ignore[arg-type]
    scale = worded.scale if worded else ""
    address = reverse("runs", args=[product.slug])
    asked = {
        "q": wanted.text,
        "model": wanted.model,
        "state": wanted.state,
        "comparable": "1" if wanted.comparable else "",
        "sort": wanted.sort,
    }

    def at(**changes: str) -> str:
        query = urlencode({k: v for k, v in (asked | changes).items() if v})
        return f"{address}?{query}" if query else address

    def head(key: str, words: str = "", unit: str = "") -> Head:
        name, down = table.sort.removeprefix("-"), table.sort.startswith("-")
        lower_first = key == "name" or table.directions.get(key) == "down"
        again = f"{'' if down else '-'}{key}" if name == key else f"{'' if lower_first else '-'}{key}"
        order = ("descending" if down else "ascending") if name == key else ""
        return Head(key, words or key, unit, at(sort=again, page=""), order)

    places = _places(table)
    return {
        "table": table,
        "rows": [_line(row, table, places) for row in table.rows],
        "axis": axis([table.champion_value, *values], scale),
        "scale": scale,
        "places": worded.places if worded else None,
        "heads": {
            "name": head("name", "Run"),
            "metrics": [head(key) for key in table.columns],
            "value": head("value", "Value", worded.unit if worded else "") if table.kpi else None,
        },
        "wanted": wanted,
        "address": address,
        "states": [("", "Any state"), *VERSION_STATES, *[pair for pair in STATES if pair[0] != "scored"]],
        "comparable_url": at(comparable="" if wanted.comparable else "1", page=""),
        "title": _title(table),
        "narrowed": bool(wanted.text or wanted.model or wanted.state or wanted.comparable),
        "pagination": {
            "words": _range(table),
            "previous": at(page=str(table.page - 1)) if table.page > 1 else None,
            "next": at(page=str(table.page + 1)) if table.page < table.pages else None,
        },
        "poll": at(page=str(table.page)) if table.waiting else "",
    }


def _title(table: Table) -> str:
    name, down = table.sort.removeprefix("-"), table.sort.startswith("-")
    if name == "value":
        return "Runs, the most valuable first" if down else "Runs, the least valuable first"
    if name == "created":
        return "Runs, the newest first" if down else "Runs, the oldest first"
    return f"Runs by {name}, {'the highest' if down else 'the lowest'} first" if name != "name" else "Runs by name"


def _range(table: Table) -> str:
    if not table.matching:
        return "No run matches"
    first = (table.page - 1) * PAGE + 1
    return f"Rows {first:,} to {first + len(table.rows) - 1:,} of {table.matching:,}"


def _why(row: Row) -> str:
    """Why a run has no value, as short as a cell."""
    run = row.run
    if run.state == "scored" and row.not_comparable and run.data_set is not None:
        return f"scored on other rows: {run.data_set.n_rows:,}, digest {run.data_set.digest[:4]}"
    return str(row.value.get("unknown", ""))


def _places(table: Table) -> dict[str, int]:
    """Decimals of each column of metrics: what most of its figures are shown with by themselves."""
    found = {}
    for key in table.columns:
        worded = [numerals.word(numerals.read(row.figures[key])).places for row in table.rows if _known(row, key)]  # type: ignore[arg-type]
        if worded:
            found[key] = sorted(worded)[len(worded) // 2]
    return found


def _known(row: Row, key: str) -> bool:
    return row.figures.get(key, {}).get("point") is not None


def _line(row: Row, table: Table, places: Mapping[str, int]) -> dict[str, Any]:
    run = row.run
    rows = f"{run.n_rows:,} rows" if run.n_rows is not None else "metrics only"
    return {
        "name": run.name,
        "url": reverse("run", args=[run.product.slug, run.pk]),
        "under": f"{run.version.model.name}, {rows}",
        "version_state": run.version.state,
        "champion": table.champion is not None and table.champion.pk == run.pk,
        "figures": [(key, {"q": row.figures.get(key), "places": places.get(key)}) for key in table.columns],
        "value": row.value,
        "why": _why(row),
        "receipt": reverse("receipt", args=[row.receipt]) if row.receipt else None,
        "verdict": verdict_of(run, row.checks),
        "created_at": run.created_at,
    }
