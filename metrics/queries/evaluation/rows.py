"""The stored rows of a run, and the columns that rows of a task have: what a formula of a product's own can name."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from metrics import store
from metrics.core.documents import RowsElsewhere, RowsNotHeld, RowsRemoved
from metrics.core.estimate import Unknown
from metrics.core.evaluation.metrics import custom
from metrics.core.late import pa, pq
from metrics.memory import remembered
from metrics.models.evaluation import DataSet, EvaluationRun, RemovedRows
from metrics.models.product import Product
from metrics.prepared import Prepared

RECENT = 20  # data sets and runs looked at


def row_names(product: Product, task: str) -> tuple[str, ...]:
    """Names that the rows of the product's newest runs of a task have, those of the task itself first."""
    runs = EvaluationRun.objects.filter(product=product, task=task).exclude(rows="").order_by("-created_at")
    sets = DataSet.objects.filter(product=product, task=task).exclude(rows="").order_by("-created_at")
    files = [*runs.values_list("rows", flat=True)[:RECENT], *sets.values_list("rows", flat=True)[:RECENT]]
    names = [name for file in dict.fromkeys(files) if store.has(file) for name in _names(file)]
    return tuple(dict.fromkeys([*custom.columns_of(task), *names]))


def removed(files: Iterable[str]) -> dict[str, date]:
    """Digest → the day on which retention removed it, of those of these files that it did."""
    wanted = sorted({digest for digest in files if digest})
    made: dict[str, date] = {}
    for start in range(0, len(wanted), 500):
        made |= {row.digest: row.created_at.date() for row in REMOVED(wanted[start : start + 500])}
    return made


REMOVED = Prepared(lambda digests: RemovedRows.objects.filter(digest__in=digests), list)


def not_held(runs: Iterable[EvaluationRun]) -> dict[str, RowsNotHeld]:
    """Digest of rows → why they are not here, of those of these runs that are not to be had."""
    looked_at = list(runs)
    gone = removed(run.rows for run in looked_at if not run.source)
    found: dict[str, RowsNotHeld] = {rows: RowsRemoved(day) for rows, day in gone.items()}
    return found | {run.rows: RowsElsewhere(run.source) for run in looked_at if run.source}


def file(run: EvaluationRun) -> Path | None:
    """Where the stored rows of a run lie; None where it has none, or the store has lost them."""
    return store.path(run.rows) if run.rows and store.has(run.rows) else None


def lacking(run: EvaluationRun) -> Unknown | None:
    """Why nothing can be made of a run's rows now; None where they are at hand."""
    if file(run) is not None:
        return None
    why = not_held([run]).get(run.rows)
    return Unknown(str(why) if why else "the store has none of its rows: restore them from the backup")


def amount_columns(run: EvaluationRun | None) -> list[str]:
    """The amount columns that a run's rows have, which a value matrix may use; of rows elsewhere, those scanned."""
    if run is not None and run.source:
        return sorted(run.manifest["scan"].get("amounts", []))
    if run is None or not run.rows or not store.has(run.rows):
        return []
    columns: list[str] = json.loads((schema(run.rows).metadata or {}).get(b"amounts", b"[]"))
    return sorted(columns)


@remembered
def _names(file: str) -> tuple[str, ...]:
    return custom.row_names(schema(file))


def schema(file: str) -> pa.Schema:
    """The columns of stored rows, of which nothing else is read."""
    with store.opened(file) as rows:
        return pq.read_schema(rows)
