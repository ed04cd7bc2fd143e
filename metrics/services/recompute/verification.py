"""Recomputing a receipt from its rows up, and saying which link differs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from metrics import store
from metrics.core.artifacts import artifact
from metrics.core.documents import Document
from metrics.core.documents import digest as digest_of
from metrics.core.estimate import Quantity, Unknown, as_json
from metrics.core.revenue.projecting import figures
from metrics.models.evaluation import Artifact
from metrics.queries.evaluation.results import quantity as stored_quantity
from metrics.queries.receipts.receipts import result_row
from metrics.services.writing.ledger import Ledger

EQUAL, CLOSE, DIFFERS = "equal", "equal within 1e-9 (other machine)", "differs"
UNDER = ("value", "decisions", "cube", "sums", "noise")


def figures_with(document: Document, ledger: Ledger) -> dict[str, Quantity]:
    """All figures of the projection that a document belongs to, or none where it is Unknown as a whole."""
    try:
        return figures(document, ledger)
    except ValueError:
        return {}


@dataclass(frozen=True)
class Difference:
    link: str
    digest: str
    message: str


class _Fresh(Ledger):
    """A ledger that believes nothing stored: artifacts are made again from rows, and rows are hashed again."""

    def __init__(self) -> None:
        super().__init__()
        self.differences: list[Difference] = []
        self.links = 0
        self._checked: set[str] = set()

    def document(self, digest: str) -> Document:
        seen = digest in self.book
        document = super().document(digest)
        if not seen and digest_of(document) != digest:
            message = "the document was changed after it was written"
            self.differences.append(Difference(str(document["kind"]), digest, message))
        return document

    def content(self, digest: str) -> bytes:
        if digest not in self._contents:
            document = self.document(digest)
            content = artifact(document, self)
            self.links += 1
            row = Artifact.objects.filter(digest=digest).first()
            link = str(document["kind"])
            if row is not None and hashlib.sha256(content).hexdigest() != row.file:
                self.differences.append(Difference(link, digest, "made again from the rows, it is not what was stored"))
            elif row is not None and not _whole(row.file):
                self.differences.append(Difference(link, digest, "the stored file was changed after it was written"))
            self._contents[digest] = content
        return self._contents[digest]

    def path(self, digest: str) -> Path:
        if digest not in self._checked:
            self.links += 1
            store.get(digest, check=True)
            self._checked.add(digest)
        return super().path(digest)


def _whole(file: str) -> bool:
    try:
        store.get(file, check=True)
    except store.Missing:
        return False
    return True


def under(document: Document) -> Iterator[str]:
    """Digests of the documents that a document names."""
    yield from (document[name] for name in UNDER if isinstance(document.get(name), str))
    for operand in document.get("operands", {}).values():
        if "result" in operand:
            yield operand["result"]


def verified(digest: str) -> dict[str, Any]:
    """Recompute a figure and everything under it: {"verdict", "differences", "links", "value"}."""
    row = result_row(digest)
    if row is None:
        raise store.Missing(f"there is no figure {digest[:12]}")
    ledger = _Fresh()
    try:
        recomputed = ledger.quantity(row.digest)
    except store.Missing as error:
        return _verdict(
            ledger, [*ledger.differences, Difference("rows", _rows_under(row.document, ledger), str(error))], row
        )
    except Exception as error:  # noqa: BLE001 - damaged rows may raise anything while they are read: that is the finding
        found = Difference(
            "rows", _rows_under(row.document, ledger), f"cannot be read: {type(error).__name__}: {error}"[:300]
        )
        return _verdict(ledger, [*ledger.differences, found], row)
    stored = stored_quantity(row)
    kind = compare(stored, recomputed)
    if kind == DIFFERS:
        ledger.differences.append(
            Difference(str(row.document["kind"]), row.digest, f"stored {_text(stored)}, recomputed {_text(recomputed)}")
        )
    return _verdict(ledger, ledger.differences, row, kind)


def compare(stored: Quantity, recomputed: Quantity) -> str:
    """Equal to the last digit and draw; equal within 1e-9, as on another machine; or different."""
    if isinstance(stored, Unknown) or isinstance(recomputed, Unknown):
        return EQUAL if stored == recomputed else DIFFERS
    if (stored.draws is None) != (recomputed.draws is None):
        return DIFFERS
    ours = None if recomputed.draws is None else recomputed.draws.astype("<f4").astype(np.float64)
    same_draws = stored.draws is None or np.array_equal(stored.draws, np.asarray(ours))
    if stored.point == recomputed.point and same_draws:
        return EQUAL
    scale = max(abs(stored.point), abs(recomputed.point), 1e-300)
    close_draws = stored.draws is None or np.allclose(stored.draws, np.asarray(ours), rtol=1e-6, atol=1e-9 * scale)
    return CLOSE if abs(stored.point - recomputed.point) <= 1e-9 * scale and close_draws else DIFFERS


def _rows_under(document: Document, ledger: Ledger) -> str:
    if "rows" in document:
        return str(document["rows"])
    for digest in under(document):
        found = _rows_under(ledger.document(digest), ledger)
        if found:
            return found
    return ""


def _text(quantity: Quantity) -> str:
    return f"unknown ({quantity.reason})" if isinstance(quantity, Unknown) else f"{quantity.point:.12g} {quantity.unit}"


def _verdict(ledger: _Fresh, differences: list[Difference], row: Any, kind: str = DIFFERS) -> dict[str, Any]:
    return {
        "verdict": DIFFERS if differences else kind,
        "differences": [vars(found) for found in differences],
        "links": ledger.links + 1,
        "value": as_json(stored_quantity(row)),
    }
