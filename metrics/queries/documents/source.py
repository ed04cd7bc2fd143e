"""Finding documents and files that are stored already."""

from __future__ import annotations

from functools import lru_cache
from typing import NoReturn

import pyarrow as pa

from metrics import store
from metrics.core.evaluation.statistics.sums import Sums
from metrics.core.kpi.decisions import Decisions
from metrics.core.replay import Document
from metrics.models.evaluation import Artifact, MetricResult
from metrics.models.kpi import KPIResult
from metrics.queries.documents.book import Book


class Shelf:
    """A replay.Source of what is stored already: it opens no rows and computes no file."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def document(self, digest: str) -> Document:
        if digest in self.book:
            return self.book[digest]
        for table in (KPIResult, MetricResult, Artifact):
            found: Document | None = table.objects.filter(digest=digest).values_list("document", flat=True).first()
            if found is not None:
                return found
        raise store.Missing(f"there is no document {digest[:12]}")

    def content(self, digest: str) -> bytes:
        row = Artifact.objects.filter(digest=digest).first()
        if row is None:
            raise store.Missing(f"{digest[:12]} is not computed yet")
        return store.get(row.file)

    def rows(self, digest: str) -> pa.Table:
        self._never(digest)

    @staticmethod
    def _never(digest: str) -> NoReturn:
        raise store.Missing(f"rows {digest[:12]} are not read in a request")


def decisions_under(document: Document) -> Decisions | None:
    """The sums of the decisions under a KPI; None where they are not in the store."""
    try:
        return _decisions(document["decisions"])
    except LookupError:
        return None


@lru_cache(maxsize=16)
def _decisions(name: str) -> Decisions:
    """Remembered: a digest names the same sums for ever, and a what-if asks for them with each move of a slider."""
    return Decisions.from_bytes(_stored(name))


@lru_cache(maxsize=16)
def _sums(name: str) -> Sums:
    """Remembered, as `_decisions` are."""
    return Sums.from_bytes(_stored(name))


def _stored(name: str) -> bytes:
    row = Artifact.objects.filter(digest=name).first()
    if row is None or not store.path(row.file).exists():
        raise LookupError(name)
    return store.get(row.file)
