"""What the commands about observed values do: ask the client, say the answer in JSON and in words."""

from __future__ import annotations

import argparse

from kpiplatform.client import printing
from kpiplatform.client.client import Client
from kpiplatform.client.connection import Answer
from kpiplatform.client.said import Said


def actuals_import(given: argparse.Namespace) -> Said:
    """Import months of a KPI."""
    with Client() as kpi:
        found = kpi.import_actuals(given.product, given.kpi, given.file, source=given.source, preview=given.dry_run)
    return Said(
        found, _told(found, "month", f"actuals undo {printing.text(found.get('import'))} --product {given.product}")
    )


def pairs_import(given: argparse.Namespace) -> Said:
    """Import pairs of a metric and a KPI."""
    named = {"metric": given.metric, "kind": given.kind, "source": given.source, "preview": given.dry_run}
    with Client() as kpi:
        found = kpi.import_pairs(given.product, given.kpi, given.file, **named)
    return Said(
        found, _told(found, "pair", f"pairs undo {printing.text(found.get('batch'))} --product {given.product}")
    )


def _told(found: Answer, thing: str, undo: str) -> str:
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
    return _gone(given.import_id)


def pairs_undo(given: argparse.Namespace) -> Said:
    """Take an import of pairs back."""
    with Client() as kpi:
        kpi.undo_pairs(given.product, given.import_id)
    return _gone(given.import_id)


def _gone(name: str) -> Said:
    return Said({"undone": name}, f"took import {printing.text(name)} back")
