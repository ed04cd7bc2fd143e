"""The runs table as a page shows it: one axis for all whiskers, one scale for a column, verdicts in words."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from metrics.core import numerals
from metrics.core.evidence.check import Check
from metrics.queries.evidence.checks import SAME_ROWS
from metrics.queries.runs.table import Row, Table
from reports.pages.runs.filters import Narrowing, narrowing
from reports.words.phrases import Verdict

TONES = {"holds": "good", "warning": "warn", "fails": "bad", "not checked": "unknown"}
WORDS = {"holds": "Holds", "warning": "Warning", "fails": "Fails", "not checked": "Not checked"}
RUN_TONES = {"received": "info", "scored": "good", "failed": "bad", "withdrawn": "unknown"}
RUN_WORDS = {"received": "Being computed", "scored": "Scored", "failed": "Failed", "withdrawn": "Withdrawn"}
COMPARED = 12  # runs that can be chosen to be compared


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


def verdict_of(run: Any, checks: Sequence[Check], shared: Collection[str] = ()) -> Verdict:
    """The evidence of a run in one word: its worst finding, else that it holds.

    shared: the checks that fail of its champion's run too; where no other fails, the run is no worse than that.
    """
    if run.state != "scored":
        return Verdict(RUN_TONES[run.state], RUN_WORDS[run.state])
    fails = {check.key: check.name for check in checks if check.verdict == "fails"}
    warnings = [check.name for check in checks if check.verdict == "warning"]
    if SAME_ROWS in fails:
        return Verdict("unknown", "Not comparable")
    own = [name for key, name in fails.items() if key not in shared]
    if own:
        return Verdict("bad", own[0])
    if fails:
        return Verdict("warn", f"{next(iter(fails.values()))}, as the champion’s")
    if warnings:
        more = f" +{len(warnings) - 1}" if len(warnings) > 1 else ""
        return Verdict("warn", f"{warnings[0]}{more}")
    return (
        Verdict("good", "Holds")
        if any(check.verdict == "holds" for check in checks)
        else Verdict("unknown", "Not checked")
    )


def axis(values: Sequence[Mapping[str, Any]], scale: numerals.Scale = "") -> Axis | None:
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
    ends_in_words = (numerals.numeral(end, scale=scale, places=places, score=True) for end in (low, high))
    return Axis(low, high, " to ".join(ends_in_words))


def _step(spread: float) -> float:
    rough = spread / 8
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)


def runs_page(product: Any, table: Table, views: Sequence[Any]) -> dict[str, Any]:
    """The context of the runs table. views: the reader's saved ones."""
    values = [row.value for row in table.rows]
    worded = numerals.largest([table.champion_value, *values])
    scale: numerals.Scale = worded.scale if worded else ""
    shown = narrowing(product, table, views)
    places = _places(table)
    return {
        "table": table,
        "rows": [_line(row, table, places) for row in table.rows],
        "axis": axis([table.champion_value, *values], scale),
        "scale": scale,
        "places": worded.places if worded else None,
        "heads": _heads(table, shown, worded.unit if worded else ""),
        "narrowing": shown,
        "address": shown.address,
        "title": _title(table),
        "counted": _counted(table),
        "most": COMPARED,
        "pagination": _pagination(table, shown),
        "poll": shown.at() if table.waiting else "",
    }


def _heads(table: Table, shown: Narrowing, unit: str) -> dict[str, Any]:
    name, down = table.wanted.sort.removeprefix("-"), table.wanted.sort.startswith("-")

    def head(key: str, words: str = "", unit: str = "") -> Head:
        lower_first = key == "name" or table.directions.get(key) == "down"
        again = f"{'' if down else '-'}{key}" if name == key else f"{'' if lower_first else '-'}{key}"
        order = ("descending" if down else "ascending") if name == key else ""
        return Head(key, words or key, unit, shown.at(sort=again, page=1), order)

    return {
        "name": head("name", "Run"),
        "metrics": [head(key) for key in table.columns],
        "value": head("value", "Value", unit) if table.kpi else None,
        "created": head("created", "logged"),
    }


def _title(table: Table) -> str:
    name, down = table.wanted.sort.removeprefix("-"), table.wanted.sort.startswith("-")
    if name == "value":
        return "Runs, the most valuable first" if down else "Runs, the least valuable first"
    if name == "created":
        return "Runs, the newest first" if down else "Runs, the oldest first"
    return f"Runs by {name}, {'the highest' if down else 'the lowest'} first" if name != "name" else "Runs by name"


def _counted(table: Table) -> str:
    """How many match, of how many: "14 of 14 runs"."""
    over = "over " if table.keys.over else ""
    return f"{over}{table.keys.count:,} of {table.total:,} run{'' if table.total == 1 else 's'}"


def _pagination(table: Table, shown: Narrowing) -> dict[str, Any]:
    page, keys = table.wanted.page, table.keys
    if table.rows:
        over = "over " if keys.over else ""
        first = keys.start + 1
        words = f"Rows {first:,} to {keys.start + len(table.rows):,} of {over}{keys.count:,}"
    else:
        words = "There are not so many pages" if keys.start and keys.count else "No run matches"
    return {
        "words": words,
        "first": shown.at(page=1) if page > 2 or (page > 1 and not table.rows) else None,
        "previous": shown.at(page=page - 1) if page > 1 and table.rows else None,
        "next": shown.at(page=page + 1) if keys.more else None,
    }


def _why(row: Row) -> str:
    """Why a run has no value, as short as a cell."""
    run = row.run
    if run.state == "scored" and row.not_comparable and run.data_set is not None:
        return f"scored on other rows: {run.data_set.n_rows:,}, digest {run.data_set.digest[:4]}"
    return str(row.value.get("unknown", ""))


def _places(table: Table) -> dict[str, int]:
    """Decimals of each column of metrics."""
    columns = {
        key: [numerals.known(row.figures[key]) for row in table.rows if _known(row, key)] for key in table.columns
    }
    return {key: places for key, held in columns.items() if (places := numerals.column_places(held)) is not None}


def _known(row: Row, key: str) -> bool:
    return row.figures.get(key, {}).get("point") is not None


def _line(row: Row, table: Table, places: Mapping[str, int]) -> dict[str, Any]:
    run = row.run
    rows = f"{run.n_rows:,} rows" if run.n_rows is not None else "metrics only"
    return {
        "key": run.pk,
        "name": run.name,
        "url": reverse("run", args=[run.product.slug, run.pk]),
        "under": f"{run.version.model.name}, {rows}",
        "version_state": run.version.state,
        "champion": run.pk in table.champions,
        "figures": [(key, {"q": row.figures.get(key), "places": places.get(key)}) for key in table.columns],
        "value": row.value,
        "why": _why(row),
        "receipt": reverse("receipt", args=[row.receipt]) if row.receipt else None,
        "verdict": verdict_of(run, row.checks, row.shared),
        "created_at": run.created_at,
    }
