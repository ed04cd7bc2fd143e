"""Recomputing a receipt from its rows up, and saying which link differs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.db import Error

from metrics import store
from metrics.core.artifacts import artifact
from metrics.core.documents import Document, RowsNotHeld, under
from metrics.core.documents import digest as digest_of
from metrics.core.engine import ENGINE
from metrics.core.estimate import Quantity, Unknown, as_json
from metrics.core.recomputed import DIFFERS, apart, differences
from metrics.core.revenue.projecting import figures
from metrics.models.evaluation import Artifact
from metrics.models.row import LEVELS, Result
from metrics.queries.evaluation.results import quantity as stored_quantity
from metrics.queries.receipts.receipts import result_row
from metrics.services.writing.ledger import RESULTS, Ledger

NOT_HELD = "{said}; verified down to the cube"


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
        self.not_held = ""  # why rows under the figure are not here
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
            row = Artifact.objects.filter(digest=digest).first()
            try:
                content = artifact(document, self)
            except RowsNotHeld as why:
                if row is None:
                    raise
                content = store.get(row.file, check=True)
                self.not_held = why.told
            self.links += 1
            link = str(document["kind"])
            if row is not None and hashlib.sha256(content).hexdigest() != row.file:
                self.differences.append(Difference(link, digest, "made again from the rows, it is not what was stored"))
            elif row is not None and not _whole(row.file):
                self.differences.append(Difference(link, digest, "the stored file was changed after it was written"))
            self._contents[digest] = content
        return self._contents[digest]

    def path(self, digest: str) -> Path:
        if digest not in self._checked:
            super().path(digest)
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
    except (Error, SoftTimeLimitExceeded, MemoryError):  # they say nothing of the rows: the work is tried again
        raise
    except Exception as error:  # noqa: BLE001 - damaged rows may raise anything while they are read: that is the finding
        found = Difference(
            "rows", _rows_under(row.document, ledger), f"cannot be read: {type(error).__name__}: {error}"[:300]
        )
        return _verdict(ledger, [*ledger.differences, found], row)
    verdict = _stored_as_computed(row, recomputed, ledger)
    for under_it in _results(ledger.book, but=row.digest):
        _stored_as_computed(under_it, ledger.quantity(under_it.digest), ledger)
    return _verdict(ledger, ledger.differences, row, verdict)


def _results(book: Mapping[str, Document], *, but: str) -> Iterator[Result]:
    """The stored figures among the documents that were read, which the receipt prints on its way down."""
    for table in RESULTS:
        yield from table.objects.filter(digest__in=[digest for digest in book if digest != but])


def _stored_as_computed(row: Result, recomputed: Quantity, ledger: _Fresh) -> str:
    """The verdict on one stored figure: its point, unit and draws, and the bands that are printed beside them."""
    stored, link = stored_quantity(row), str(row.document["kind"])
    verdict, apart_in = differences(stored, recomputed)
    bands = None if isinstance(stored, Unknown) else stored.bands(*LEVELS)
    (low80, high80), (low95, high95) = bands or ((None, None), (None, None))
    ends = {"low80": low80, "high80": high80, "low95": low95, "high95": high95}
    apart_in += apart({name: getattr(row, name) for name in ends}, ends)
    if apart_in and (made_by := row.document.get("engine")) != ENGINE:
        apart_in.append(f"it was computed by {made_by}, and is computed again by {ENGINE}")
    ledger.differences += [Difference(link, row.digest, message) for message in apart_in]
    return DIFFERS if apart_in else verdict


def _rows_under(document: Document, ledger: Ledger) -> str:
    if "rows" in document:
        return str(document["rows"])
    for digest in under(document):
        found = _rows_under(ledger.document(digest), ledger)
        if found:
            return found
    return ""


def _verdict(ledger: _Fresh, differences: list[Difference], row: Any, kind: str = DIFFERS) -> dict[str, Any]:
    return {
        "verdict": DIFFERS if differences else kind,
        "differences": [vars(found) for found in differences],
        "links": ledger.links + 1,
        "says": [NOT_HELD.format(said=ledger.not_held)] if ledger.not_held else [],
        "value": as_json(stored_quantity(row)),
    }
