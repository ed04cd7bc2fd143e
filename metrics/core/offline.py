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
import json
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from metrics.core import replay
from metrics.core.artifacts import artifact
from metrics.core.documents import Document, Source
from metrics.core.documents import digest as digest_of
from metrics.core.engine import ENGINE
from metrics.core.estimate import Quantity, as_json
from metrics.core.late import pa
from metrics.core.recomputed import DIFFERS, printed_differences
from metrics.core.rows.table import read_rows

FORM = "kpiplatform receipt 2"
STATEMENT, DOCUMENTS, FILES = "statement.json", "documents/", "files/"
MOST_BYTES = 2**30
# What reading a damaged zip may raise: cut short, checksums, a stream or a method that cannot be unpacked.
DAMAGED = (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, KeyError, ValueError)
NOT_RECOMPUTED = (
    "the grade, the titles and words, signatures and findings of evidence, as the platform's records had them that "
    "day: the seal covers them; compare it with the receipt's page of that day, or give it with --seal"
)
NO_ROWS = "that the cubes and sums of decisions follow from the rows: give the rows with --rows"


class NotAReceipt(Exception):  # no ValueError: those are the Unknowns of a figure
    """The file is no exported receipt; the message says what is wanting."""


@dataclass
class Exported(Source):
    """A Source over the exported file. rows: a Parquet file of the run's rows, to make its artifacts again."""

    statement: dict[str, Any]
    seal: str
    documents: dict[str, Document]
    files: dict[str, bytes]
    table: pa.Table | None = None
    rows_digest: str = ""
    differences: list[dict[str, str]] = field(default_factory=list)
    links: int = 0

    def document(self, digest: str) -> Document:
        if digest not in self.documents:
            raise NotAReceipt(f"document {digest[:12]} is not in the file")
        self.links += 1
        return self.documents[digest]

    def content(self, digest: str) -> bytes:
        document = self.document(digest)
        if digest not in self.files:
            raise NotAReceipt(f"file {digest[:12]} is not in the file")
        # Votes, and the rows of a baseline, are no part of the file, nor of the rows.
        if self.table is not None and "votes" not in document and "against" not in document:
            made = artifact(document, self)
            if made != self.files[digest]:
                self.differ(str(document["kind"]), digest, "made again from the rows, it is not what was exported")
        return self.files[digest]

    def rows(self, digest: str) -> pa.Table:
        if self.table is None:
            raise NotAReceipt("the rows are not at hand")
        if digest != self.rows_digest:
            self.differ("rows", digest, f"the rows given have the digest {self.rows_digest[:12]}")
        return self.table

    def path(self, digest: str) -> None:
        """The rows that were given are at hand as a table."""

    def differ(self, link: str, digest: str, message: str) -> None:
        self.differences.append({"link": link, "digest": digest, "message": message})


def opened(path: Path, rows: Path | None = None) -> Exported:
    """Read an exported receipt. Raises NotAReceipt."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > MOST_BYTES:
                raise NotAReceipt("the file unpacks to more than 1 GiB")
            parts = {name: archive.read(name) for name in archive.namelist()}
            if len(parts) < len(archive.namelist()):
                raise NotAReceipt(f"{path.name} holds a part twice")
        sealed = _plain(parts.pop(STATEMENT))
        documents = {
            name.removeprefix(DOCUMENTS).removesuffix(".json"): _plain(parts.pop(name))
            for name in list(parts)
            if name.startswith(DOCUMENTS)
        }
    except DAMAGED as error:
        raise NotAReceipt(f"{path.name} is no exported receipt: {error}") from error
    if not isinstance(sealed, dict) or sealed.get("form") != FORM:
        raise NotAReceipt(f"{path.name} is of another form than {FORM}: export the receipt again")
    if not isinstance(sealed.get("statement"), dict):
        raise NotAReceipt(f"{path.name} states nothing: export the receipt again")
    files = {name.removeprefix(FILES): parts.pop(name) for name in list(parts) if name.startswith(FILES)}
    found = Exported(sealed["statement"], str(sealed.get("seal")), documents, files)
    for digest, document in documents.items():
        if digest_of(document) != digest:
            found.differ(_kind(document), digest, "the document was changed after it was exported")
    if (seal := digest_of(found.statement)) != found.seal:
        found.differ(
            "seal", found.seal, f"what is printed was changed after it was sealed: its seal would be {seal[:12]}"
        )
    for name in sorted({*parts, *(sealed.keys() - {"form", "seal", "statement"})}):
        found.differ("seal", found.seal, f"{name!r} is no part of a receipt, and nothing vouches for it")
    if rows is not None:
        found.rows_digest = hashlib.sha256(rows.read_bytes()).hexdigest()
        found.table = read_rows(rows)
    return found


def _plain(content: bytes) -> Any:
    return json.loads(content, parse_constant=_not_finite)


def _not_finite(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of a receipt")


def verified(exported: Exported, *, seal: str = "") -> dict[str, Any]:
    """Compute every figure of the statement again. seal: that the platform shows, or how it begins. Raises NotAReceipt.

    Gives the verdict, each difference, the printed value and the recomputed, the links that were read, what of the
    statement was not recomputed, and the statement with its seal.
    """
    if not exported.seal.startswith(seal):
        exported.differ(
            "seal", exported.seal, f"the platform's begins with {seal[:12]}, the file's with {exported.seal[:12]}"
        )
    digest = str(exported.statement.get("digest"))
    recomputed = replay.quantity(exported.document(digest), exported)
    verdict = _held(exported, digest, exported.statement.get("value"), recomputed)
    for link in _figures(exported):
        if link["digest"] != digest or link["value"] != exported.statement.get("value"):
            again = replay.quantity(exported.document(link["digest"]), exported)
            _held(exported, link["digest"], link["value"], again)
    if (product := exported.documents[digest].get("product")) != exported.statement.get("product"):
        exported.differ("product", digest, f"printed {exported.statement.get('product')!r}, computed for {product!r}")
    return {
        "verdict": DIFFERS if exported.differences else verdict,
        "differences": exported.differences,
        "value": exported.statement.get("value"),
        "recomputed": as_json(recomputed),
        "links": exported.links,
        "not_verified": ([] if seal else [NOT_RECOMPUTED]) + ([] if exported.table is not None else [NO_ROWS]),
        "seal": exported.seal,
        "statement": exported.statement,
    }


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


def _figures(exported: Exported) -> list[dict[str, Any]]:
    """The links of the statement that print a figure of a document."""
    links = exported.statement.get("links")
    listed = [link for link in links if isinstance(link, dict)] if isinstance(links, list) else []
    return [link for link in listed if link.get("value") is not None and isinstance(link.get("digest"), str)]


def _kind(document: Any) -> str:
    return str(document.get("kind", "document")) if isinstance(document, dict) else "document"
