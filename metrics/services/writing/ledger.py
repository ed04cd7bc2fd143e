"""The ledger: finds documents, files and rows by digest, and writes what was computed from them, once.

An artifact that is missing is computed when it is asked for. Content and results are named by digest, so two workers
that compute the same thing write the same thing, and the second writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from django.db import transaction

from metrics import store
from metrics.core import replay
from metrics.core.artifacts import artifact
from metrics.core.documents import Document, RowsElsewhere, RowsNotHeld, RowsRemoved, Source
from metrics.core.documents import digest as digest_of
from metrics.core.estimate import Quantity, Unknown
from metrics.core.late import pa
from metrics.core.recomputed import in_single
from metrics.core.rows.table import whole
from metrics.memory import Memory
from metrics.models.evaluation import Artifact, EvaluationRun, MetricResult, RemovedRows
from metrics.models.kpi import KPIResult
from metrics.models.revenue import RevenueResult
from metrics.models.row import LEVELS

RESULTS = (MetricResult, KPIResult, RevenueResult)
HELD = 4  # artifacts and tables kept in memory at once
MADE = 64 * 2**20  # bytes of what is made of them
T = TypeVar("T")


class Ledger(Source):
    """A Source over the database and the store. `book`: documents that are not stored yet."""

    def __init__(self, book: Mapping[str, Document] | None = None) -> None:
        self.book = dict(book or {})
        self._contents: dict[str, bytes] = {}
        self._tables: dict[str, pa.Table] = {}
        self._memory = Memory(MADE)

    def document(self, digest: str) -> Document:
        if digest not in self.book:
            self.book[digest] = self._stored(digest)
        return self.book[digest]

    def _stored(self, digest: str) -> Document:
        for table in (*RESULTS, Artifact):
            found: Document | None = table.objects.filter(digest=digest).values_list("document", flat=True).first()
            if found is not None:
                return found
        raise store.Missing(f"there is no document {digest[:12]}")

    def content(self, digest: str) -> bytes:
        if digest not in self._contents:
            row = Artifact.objects.filter(digest=digest).first()
            content = store.get(row.file) if row and store.has(row.file) else self._computed(digest)
            self._contents = dict([*self._contents.items(), (digest, content)][-HELD:])
        return self._contents[digest]

    def _computed(self, digest: str) -> bytes:
        document = self.document(digest)
        try:
            content = artifact(document, self)
        except RowsNotHeld:
            alike = _alike(document)
            if alike is None:
                raise
            content = alike
        file = store.put(content)
        Artifact.objects.update_or_create(
            digest=digest, defaults={"document": dict(document), "file": file, "size": len(content)}
        )
        return content

    def made(self, name: Hashable, make: Callable[[], T]) -> T:
        return self._memory.made(name, make)

    def path(self, digest: str) -> Path:
        if not store.has(digest):
            if removed := RemovedRows.objects.filter(digest=digest).first():
                raise RowsRemoved(removed.created_at.date())
            if where := _elsewhere(digest):
                raise RowsElsewhere(where)
            raise store.Missing(f"the store has no rows {digest[:12]}; restore them from the backup")
        return store.path(digest)

    def rows(self, digest: str) -> pa.Table:
        if digest not in self._tables:
            table = whole(self.path(digest))
            self._tables = dict([*self._tables.items(), (digest, table)][-HELD:])
        return self._tables[digest]

    def quantity(self, digest: str) -> Quantity:
        return replay.quantity(self.document(digest), self)


def _elsewhere(rows: str) -> str:
    """Where rows lie that were never held here; "" of others."""
    return EvaluationRun.objects.filter(rows=rows).exclude(source="").values_list("source", flat=True).first() or ""


def _alike(document: Document) -> bytes | None:
    """What was made from the same rows in the same way while they were kept, whatever numeric libraries did it; of
    decisions at one fixed threshold whatever the cells were worth, for that decides nothing. None where nothing was."""
    wanted = _way(document)
    for made in Artifact.objects.filter(document__kind=document["kind"], document__rows=document["rows"]):
        if _way(made.document) == wanted and store.has(made.file):
            return store.get(made.file, check=True)
    return None


def _way(document: Document) -> dict[str, Any]:
    way = dict(document) | {"engine": document.get("engine", "").partition(",")[0]}
    if document["kind"] == "decisions" and document["threshold"]["kind"] == "fixed":
        way["cells"] = sorted({column for _, _, column in document["cells"].values() if column is not None})
    return way


def put(rows: Sequence[MetricResult]) -> None:
    """Write results; one that is stored already stays as it is. Call it within a transaction.

    On PostgreSQL a column goes as one array: over a statement of tens of thousands of parameters its driver, and what
    makes the statement, take three times as long.
    """
    connection = transaction.get_connection()
    if connection.vendor != "postgresql" or not rows:
        MetricResult.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2000)
        return
    columns = MetricResult._meta.local_concrete_fields
    names = ", ".join(connection.ops.quote_name(column.column) for column in columns)
    arrays = ", ".join(f"%s::{column.db_type(connection)}[]" for column in columns)
    values = [[column.get_db_prep_save(getattr(row, column.attname), connection) for row in rows] for column in columns]
    table = connection.ops.quote_name(MetricResult._meta.db_table)
    with connection.cursor() as cursor:  # names of our own models alone stand in the text
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT * FROM UNNEST({arrays}) ON CONFLICT DO NOTHING", values)  # noqa: S608


def fields(document: Document, quantity: Quantity) -> dict[str, Any]:
    """The columns of a result row."""
    common = {"digest": digest_of(document), "document": dict(document)}
    if isinstance(quantity, Unknown):
        return common | {"unknown_reason": quantity.reason[:500]}
    kept = None if quantity.draws is None else in_single(quantity.draws)
    bands = None if kept is None else replace(quantity, draws=kept).bands(*LEVELS)
    (low80, high80), (low95, high95) = bands or ((None, None), (None, None))
    return common | {
        "point": quantity.point,
        "unit": quantity.unit,
        "low80": low80,
        "high80": high80,
        "low95": low95,
        "high95": high95,
        "draws": None if kept is None else kept.astype("<f4").tobytes(),
        "no_band": (quantity.no_band or "")[:500],
    }
