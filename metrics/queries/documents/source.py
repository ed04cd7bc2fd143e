"""Reading what is stored: documents, files, and what readers make of them, remembered by their digests."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from functools import partial
from typing import Any, NoReturn, TypeVar

from django.db.models import QuerySet

from metrics import store
from metrics.core.documents import Document, Source
from metrics.core.late import pa
from metrics.memory import MEMORY
from metrics.models.evaluation import Artifact, MetricResult
from metrics.models.kpi import KPIResult
from metrics.models.revenue import RevenueResult
from metrics.prepared import Prepared
from metrics.queries.documents.book import Book

T = TypeVar("T")


def read(file: str, reader: Callable[[bytes], T]) -> T:
    """What a reader makes of a file of the store."""
    return MEMORY.made((file, reader), lambda: reader(store.get(file)))


class Shelf(Source):
    """A Source of what is stored already: it opens no rows and computes no file. Raises store.Missing.

    book: documents that are not stored yet.
    """

    def __init__(self, book: Book) -> None:
        self.book = book

    def document(self, digest: str) -> Document:
        return self.book[digest] if digest in self.book else MEMORY.made(("document", digest), lambda: _stored(digest))

    def content(self, digest: str) -> bytes:
        return store.get(self.file(digest))

    def file(self, digest: str) -> str:
        """The file of an artifact."""
        return MEMORY.made(("file", digest), lambda: _file(digest))

    def fetch(self, digests: Iterable[str]) -> None:
        """Find the files of several artifacts at once, in one query; those that are not stored yet stay unfound."""
        wanted = {digest for digest in digests if digest and not MEMORY.recalled(("file", digest))}
        for digest, file in FILES(sorted(wanted)):
            if store.has(file):
                MEMORY.made(("file", digest), partial(str, file))

    def read(self, digest: str, reader: Callable[[bytes], T]) -> T:
        return read(self.file(digest), reader)

    def made(self, name: Hashable, make: Callable[[], T]) -> T:
        return MEMORY.made(name, make)

    def rows(self, digest: str) -> pa.Table:
        self._never(digest)

    @staticmethod
    def _never(digest: str) -> NoReturn:
        raise store.Missing(f"rows {digest[:12]} are not read in a request")


def _documents(*digests: str) -> QuerySet[Any, Document]:
    """Of the one digest, given once for each table."""
    rows, *others = (
        table.objects.filter(digest=digest).order_by().values_list("document", flat=True)
        for table, digest in zip(TABLES, digests, strict=True)
    )
    found: QuerySet[Any, Document] = rows.union(*others, all=True)
    return found


TABLES: tuple[Any, ...] = (KPIResult, MetricResult, RevenueResult, Artifact)
DOCUMENTS = Prepared(_documents, *[str] * len(TABLES))
FILES = Prepared(lambda digests: Artifact.objects.filter(digest__in=digests).values_list("digest", "file"), list)


def _stored(digest: str) -> Document:
    """A document from the one table that has it, in one query."""
    document: Document | None = next(iter(DOCUMENTS(*[digest] * len(TABLES))), None)
    if document is None:
        raise store.Missing(f"there is no document {digest[:12]}")
    return document


def _file(digest: str) -> str:
    file = next((file for _, file in FILES([digest])), None)
    if file is None or not store.has(file):
        raise store.Missing(f"{digest[:12]} is not computed yet")
    return file
