"""A receipt or a decision to carry away: one zip with all from which what it states is computed again, offline."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from metrics import store
from metrics.core.artifacts import MADE
from metrics.core.documents import canonical, under
from metrics.core.documents import digest as digest_of
from metrics.core.offline import decision as decision_form
from metrics.core.offline import receipt as receipt_form
from metrics.core.offline.archive import DOCUMENTS, FILES, STATEMENT
from metrics.models.selection import Decision
from metrics.queries.receipts.receipts import Receipt
from metrics.queries.receipts.statement import statement
from metrics.queries.selection import record
from metrics.services.writing.ledger import Ledger
from metrics.services.writing.refusal import Conflict

DAWN_OF_ZIP = (1980, 1, 1, 0, 0, 0)


def exported(receipt: Receipt) -> bytes:
    """The zip's bytes: the statement, the documents and the files, each named by its digest; the same every time."""
    ledger = Ledger()
    documents: dict[str, Any] = {}
    waiting = [receipt.digest]
    while waiting:
        digest = waiting.pop()
        if digest not in documents:
            documents[digest] = ledger.document(digest)
            waiting.extend(under(documents[digest]))
    parts: dict[str, bytes] = {}
    for digest, document in sorted(documents.items()):
        parts[f"{DOCUMENTS}{digest}.json"] = canonical(document)
        if document["kind"] in MADE:
            parts[f"{FILES}{digest}"] = ledger.content(digest)
    return _sealed(receipt_form.FORM, statement(receipt), parts)


def exported_decision(decision: Decision) -> bytes:
    """The zip's bytes of a decision: what it states, and the figures that were frozen with it.

    Raises Conflict where nothing is frozen, as nothing is proposed.
    """
    if not decision.record:
        raise Conflict(f"{decision} holds no record: nothing is proposed; a manager proposes a candidate first")
    figures = decision.record.get("figures")
    parts = {f"{FILES}{figures}": store.get(figures, check=True)} if figures else {}
    return _sealed(decision_form.FORM, record.statement(decision), parts)


def _sealed(form: str, printed: Mapping[str, Any], parts: Mapping[str, bytes]) -> bytes:
    sealed = {"form": form, "seal": digest_of(printed), "statement": printed}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        _write(archive, STATEMENT, json.dumps(sealed, indent=2, ensure_ascii=False).encode())
        for name, part in parts.items():
            _write(archive, name, part)
    return content.getvalue()


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, DAWN_OF_ZIP), content, zipfile.ZIP_DEFLATED)
