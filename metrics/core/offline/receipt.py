"""An exported receipt, computed again with no database and no network.

The file holds a statement of all that the receipt prints, every document under its figure, and the cubes and sums of
decisions. The statement must have the seal that it is filed under, and each document its digest; every figure that is
printed must follow from the documents. With the rows at hand, the cubes and sums are made again as well and compared
byte for byte.

What is printed and follows from no document (titles, the grade, signatures, findings of evidence) is covered by the
seal alone: whoever changes it can make a new seal, but not the one that the platform shows. An answer names these.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from metrics.core import replay
from metrics.core.artifacts import artifact
from metrics.core.documents import Document, RowsElsewhere, Source
from metrics.core.documents import digest as digest_of
from metrics.core.engine import ENGINE
from metrics.core.estimate import Quantity, as_json
from metrics.core.evaluation.supplied import name_of
from metrics.core.late import pa
from metrics.core.offline.archive import Archive, NotAReceipt
from metrics.core.recomputed import DIFFERS, printed_differences
from metrics.core.rows.table import read_rows

FORM = "kpiplatform receipt 2"
NOT_RECOMPUTED = (
    "the grade, the titles and words, signatures and findings of evidence, as the platform's records had them that "
    "day: the seal covers them; compare it with the receipt's page of that day, or give it with --seal"
)
NO_ROWS = "that the cubes and sums of decisions follow from the rows: give the rows with --rows"
ELSEWHERE = "that the cube follows from its rows: {told}; scan them there, by kpi verify RUN --engine spark --rows PATH"


class Exported(Source):
    """A Source over the exported file. table: of the run's rows, to make its artifacts again; rows_digest: theirs.

    away: the artifacts whose rows never were on the server, and where they lie; here: those of other rows.
    """

    def __init__(self, archive: Archive, table: pa.Table | None = None, rows_digest: str = "") -> None:
        self.archive, self.documents, self.files = archive, archive.documents, archive.files
        self.table, self.rows_digest, self.links = table, rows_digest, 0
        self.away: dict[str, str] = {}
        self.here: set[str] = set()

    def document(self, digest: str) -> Document:
        if digest not in self.documents:
            raise NotAReceipt(f"document {digest[:12]} is not in the file")
        self.links += 1
        found: Document = self.documents[digest]
        return found

    def content(self, digest: str) -> bytes:
        document = self.document(digest)
        if digest not in self.files:
            raise NotAReceipt(f"file {digest[:12]} is not in the file")
        if "source" in document:
            self._supplied(digest, document)
            return self.files[digest]
        self.here.add(digest)
        # Votes, and the rows of a baseline, are no part of the file, nor of the rows.
        if self.table is not None and "votes" not in document and "against" not in document:
            made = artifact(document, self)
            if made != self.files[digest]:
                self.differ(str(document["kind"]), digest, "made again from the rows, it is not what was exported")
        return self.files[digest]

    def _supplied(self, digest: str, document: Document) -> None:
        """Its rows are not to be had; they are named by it, among other things."""
        self.away[digest] = str(document["source"])
        cube = hashlib.sha256(self.files[digest]).hexdigest()
        n, labels = document.get("n"), document.get("labels")
        if document.get("rows") != name_of(self.away[digest], n=n, digest=labels, cube=cube):
            self.differ(
                str(document["kind"]), digest, "it is not what its sender supplied, by which its rows are named"
            )

    def rows(self, digest: str) -> pa.Table:
        if self.table is None:
            raise NotAReceipt("the rows are not at hand")
        if digest != self.rows_digest:
            self.differ("rows", digest, f"the rows given have the digest {self.rows_digest[:12]}")
        return self.table

    def path(self, digest: str) -> None:
        """The rows that were given are at hand as a table."""

    def differ(self, link: str, digest: str, message: str) -> None:
        self.archive.differ(link, digest, message)


def verified(archive: Archive, *, seal: str = "", rows: Path | None = None) -> dict[str, Any]:
    """Compute every figure of the statement again. seal: that the platform shows, or how it begins. Raises NotAReceipt.

    rows: a Parquet file of the run's rows. Gives the verdict, each difference, the printed value and the recomputed,
    the links that were read, what of the statement was not recomputed, and the statement with its seal.
    """
    exported = Exported(archive)
    if rows is not None:
        exported = Exported(archive, read_rows(rows), hashlib.sha256(rows.read_bytes()).hexdigest())
    for name, document in archive.documents.items():
        if digest_of(document) != name:
            exported.differ(_kind(document), name, "the document was changed after it was exported")
    archive.held_to(seal)
    statement = archive.statement
    digest = str(statement.get("digest"))
    recomputed = replay.quantity(exported.document(digest), exported)
    verdict = _held(exported, digest, statement.get("value"), recomputed)
    for link in _figures(statement):
        if link["digest"] != digest or link["value"] != statement.get("value"):
            again = replay.quantity(exported.document(link["digest"]), exported)
            _held(exported, link["digest"], link["value"], again)
    if (product := exported.documents[digest].get("product")) != statement.get("product"):
        exported.differ("product", digest, f"printed {statement.get('product')!r}, computed for {product!r}")
    return {
        "verdict": archive.verdict(verdict),
        "differences": archive.differences,
        "value": statement.get("value"),
        "recomputed": as_json(recomputed),
        "links": exported.links,
        "read": f"{exported.links} links",
        "not_verified": ([] if seal else [NOT_RECOMPUTED]) + _of_rows(exported),
        "seal": archive.seal,
        "statement": statement,
        "says": [
            f"stated on {statement.get('read_on')}: {statement.get('title')}, grade {statement.get('grade') or 'none'}",
            *(str(sentence) for sentence in statement.get("standing") or []),
        ],
    }


def _of_rows(exported: Exported) -> list[str]:
    """What of cubes and sums was not held against rows."""
    away = [ELSEWHERE.format(told=RowsElsewhere(where).told) for where in dict.fromkeys(exported.away.values())]
    needed = exported.here or not away
    return [*away, NO_ROWS] if needed and exported.table is None else away


def _held(exported: Exported, digest: str, printed: Any, again: Quantity) -> str:
    """The verdict on one printed figure; what differs is added to the differences."""
    document = exported.documents[digest]
    if not isinstance(printed, dict):
        exported.differ(_kind(document), digest, f"printed {printed!r}, which is no figure")
        return DIFFERS
    verdict, apart = printed_differences(printed, again)
    if apart and document.get("engine") != ENGINE:
        apart.append(f"it was computed by {document.get('engine')}, and is computed again by {ENGINE}")
    for message in apart:
        exported.differ(_kind(document), digest, message)
    return verdict


def _figures(statement: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The links of the statement that print a figure of a document."""
    links = statement.get("links")
    listed = [link for link in links if isinstance(link, dict)] if isinstance(links, list) else []
    return [link for link in listed if link.get("value") is not None and isinstance(link.get("digest"), str)]


def _kind(document: Any) -> str:
    return str(document.get("kind", "document")) if isinstance(document, dict) else "document"
