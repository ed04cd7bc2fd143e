"""An exported receipt, computed again with no database and no network.

The file holds the figure as it was printed, every document under it, and the cubes and sums of decisions. Each document
must have the digest that it is filed under; the figure must follow from them. With the rows at hand, the cubes and sums
are made again as well and compared byte for byte.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from metrics.core import replay
from metrics.core.artifacts import artifact
from metrics.core.documents import Document, Source
from metrics.core.documents import digest as digest_of
from metrics.core.estimate import as_json
from metrics.core.late import pa
from metrics.core.rows.table import read_rows

FORM = "kpiplatform receipt 1"
FIGURE, DOCUMENTS, FILES = "figure.json", "documents/", "files/"
MOST_BYTES = 2**30
# What reading a damaged zip may raise: cut short, checksums, a stream or a method that cannot be unpacked.
DAMAGED = (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, KeyError, ValueError)
CLOSE = 1e-9


class NotAReceipt(Exception):  # no ValueError: those are the Unknowns of a figure
    """The file is no exported receipt; the message says what is wanting."""


@dataclass
class Exported(Source):
    """A Source over the exported file. rows: a Parquet file of the run's rows, to make its artifacts again."""

    figure: dict[str, Any]
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
        if self.table is not None and "votes" not in document:  # votes are no part of the file, nor of the rows
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
        figure = json.loads(parts[FIGURE])
        documents = {
            name.removeprefix(DOCUMENTS).removesuffix(".json"): json.loads(content)
            for name, content in parts.items()
            if name.startswith(DOCUMENTS)
        }
    except DAMAGED as error:
        raise NotAReceipt(f"{path.name} is no exported receipt: {error}") from error
    if not isinstance(figure, dict) or figure.get("form") != FORM:
        raise NotAReceipt(f"{path.name} is of another form than {FORM}")
    files = {name.removeprefix(FILES): content for name, content in parts.items() if name.startswith(FILES)}
    found = Exported(figure, documents, files)
    for digest, document in documents.items():
        if digest_of(document) != digest:
            found.differ(
                str(document.get("kind", "document")), digest, "the document was changed after it was exported"
            )
    if rows is not None:
        found.rows_digest = hashlib.sha256(rows.read_bytes()).hexdigest()
        found.table = read_rows(rows)
    return found


def verified(exported: Exported) -> dict[str, Any]:
    """Compute the figure again: {"verdict", "differences", "value", "recomputed", "links"}. Raises NotAReceipt."""
    digest = str(exported.figure["digest"])
    recomputed = replay.quantity(exported.document(digest), exported)
    printed, again = exported.figure["value"], as_json(recomputed)
    verdict = _compare(printed, again)
    if verdict == "differs":
        exported.differ(
            str(exported.documents[digest]["kind"]), digest, f"printed {_point(printed)}, computed {_point(again)}"
        )
    return {
        "verdict": "differs" if exported.differences else verdict,
        "differences": exported.differences,
        "value": printed,
        "recomputed": again,
        "links": exported.links,
    }


def _compare(printed: dict[str, Any], again: dict[str, Any]) -> str:
    if printed.keys() != again.keys():
        return "differs"
    close = True
    for name, value in printed.items():
        other = again[name]
        if isinstance(value, float | int) and isinstance(other, float | int):
            # bands were printed from draws kept in single precision
            margin = CLOSE if name == "point" else 1e-6
            close = close and abs(value - other) <= margin * max(abs(value), abs(other), 1e-300)
        elif value != other:
            return "differs"
    if not close:
        return "differs"
    return "equal" if printed.get("point") == again.get("point") else "equal within 1e-9 (other machine)"


def _point(value: dict[str, Any]) -> str:
    return str(value.get("point", value.get("unknown")))
