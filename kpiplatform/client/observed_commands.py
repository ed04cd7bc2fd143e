"""What the commands about observed values do: ask the client, say the answer in JSON and in words."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kpiplatform.client import printing
from kpiplatform.client.client import Client
from kpiplatform.client.connection import Answer
from kpiplatform.client.said import Said


def actuals_import(given: argparse.Namespace) -> Said:
    """Import months of a KPI."""
    with Client() as kpi:
        found = kpi.import_actuals(given.product, given.kpi, given.file, **_how(given))
    undo = f"actuals undo {printing.text(found.get('import'))} --product {given.product}"
    return Said(found, _told(found, "month", undo, found.get("values") or ()))


def pairs_import(given: argparse.Namespace) -> Said:
    """Import pairs of a metric and a KPI."""
    with Client() as kpi:
        found = kpi.import_pairs(
            given.product, given.kpi, given.file, metric=given.metric, kind=given.kind, **_how(given)
        )
    undo = f"pairs undo {printing.text(found.get('batch'))} --product {given.product}"
    return Said(found, _told(found, "pair", undo, found.get("pairs") or ()))


def _how(given: argparse.Namespace) -> dict[str, Any]:
    named = {name: getattr(given, name) for name in ("source", "decimal", "dates")}
    return named | {"preview": given.dry_run}


def _told(found: Answer, thing: str, undo: str, read: Iterable[Mapping[str, object]]) -> str:
    """What was, or would be, written; before it the values as they were read, after it how."""
    lines = ["  ".join(_cells(row)) for row in read]
    return "\n".join([*lines, _written(found, thing, undo), *map(printing.text, found.get("said") or ())])


def _cells(row: Mapping[str, object]) -> Iterator[str]:
    """A line of the file as it was read: a month and its value, or a pair with what it is named."""
    for name, value in row.items():
        if value is not None and value is not False:
            shown = f"{value:.15g}" if isinstance(value, float) else printing.text(value)
            yield shown if name in ("period", "value") else f"{name} {shown}"


def _written(found: Answer, thing: str, undo: str) -> str:
    known = f"{printing.text(found.get('unchanged'))} as known before"
    if "would_write" in found:
        restated = f", {found['restated']} of them restating another value" if found.get("restated") else ""
        completed = f", {found['completed']} of them completing a partial one" if found.get("completed") else ""
        would = f"would write {printing.counted(found['would_write'], thing)}{restated}{completed}"
        return f"{would}; {known}; nothing is written{_partial(found)}"
    back = f"; `kpi {undo}` takes them back" if found.get("written") else ""
    return f"wrote {printing.counted(found.get('written'), thing)}; {known}{back}{_partial(found)}"


def _partial(found: Answer) -> str:
    """Which months are not over, and what that means for them; "" where all are."""
    months = [printing.text(month) for month in found.get("partial") or ()]
    if not months:
        return ""
    return f"; {' and '.join(months)} is not over: its value is partial, and counts nowhere until it is entered after"


def actuals_undo(given: argparse.Namespace) -> Said:
    """Take an import of months back."""
    with Client() as kpi:
        kpi.undo_actuals(given.product, given.import_id)
    return _gone("actuals", given)


def pairs_undo(given: argparse.Namespace) -> Said:
    """Take an import of pairs back."""
    with Client() as kpi:
        kpi.undo_pairs(given.product, given.import_id)
    return _gone("pairs", given)


def _gone(things: str, given: argparse.Namespace) -> Said:
    name = printing.text(given.import_id)
    back = f"`kpi {things} restore {name} --product {given.product}` brings it back"
    return Said({"undone": given.import_id}, f"took import {name} back; {back}")


def actuals_restore(given: argparse.Namespace) -> Said:
    """Bring back an import of months that was taken back."""
    with Client() as kpi:
        found = kpi.restore_actuals(given.product, given.import_id)
    months: Any = found.get("months") or []
    return Said(
        found, f"brought {printing.counted(len(months), 'month')} back, as import {printing.text(found['import'])}"
    )


def pairs_restore(given: argparse.Namespace) -> Said:
    """Bring back an import of pairs that was taken back."""
    with Client() as kpi:
        found = kpi.restore_pairs(given.product, given.import_id)
    return Said(
        found, f"brought {printing.counted(found['pairs'], 'pair')} back, as import {printing.text(found['batch'])}"
    )
