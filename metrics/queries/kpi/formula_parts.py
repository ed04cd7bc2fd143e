"""A formula mapping on the champion, part by part, from stored figures alone."""

from __future__ import annotations

from metrics import store
from metrics.core import replay
from metrics.core.formula import Explanation
from metrics.models.kpi import MappingVersion
from metrics.queries.documents import kpi
from metrics.queries.documents.book import Book
from metrics.queries.documents.known import Known
from metrics.queries.documents.source import Shelf


def explained(version: MappingVersion, known: Known) -> Explanation | None:
    """None where it is no formula, nothing is champion, or the document itself cannot be made."""
    champion, book = known.champion, Book()
    if champion is None or version.definition["kind"] != "formula":
        return None
    document = book[kpi.kpi(book, champion, version, known)]
    if "unknown" in document:
        return None
    try:
        return replay.explained(document, Shelf(book))
    except store.Missing:
        return None
