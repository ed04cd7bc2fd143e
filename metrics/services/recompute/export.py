"""A receipt to carry away: one zip with the documents and files from which the figure is computed again, offline."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from metrics.core.artifacts import MADE
from metrics.core.documents import canonical, under
from metrics.core.documents import digest as digest_of
from metrics.core.offline import DOCUMENTS, FILES, FORM, STATEMENT
from metrics.queries.receipts.receipts import Receipt
from metrics.queries.receipts.statement import statement
from metrics.services.writing.ledger import Ledger

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
    printed = statement(receipt)
    sealed = {"form": FORM, "seal": digest_of(printed), "statement": printed}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        _write(archive, STATEMENT, json.dumps(sealed, indent=2, ensure_ascii=False).encode())
        for digest, document in sorted(documents.items()):
            _write(archive, f"{DOCUMENTS}{digest}.json", canonical(document))
            if document["kind"] in MADE:
                _write(archive, f"{FILES}{digest}", ledger.content(digest))
    return content.getvalue()


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, DAWN_OF_ZIP), content, zipfile.ZIP_DEFLATED)
