"""A receipt to carry away: one zip with the documents and files from which the figure is computed again, offline."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from metrics.core.artifacts import MADE
from metrics.core.documents import canonical
from metrics.core.estimate import as_json
from metrics.core.offline import DOCUMENTS, FIGURE, FILES, FORM
from metrics.queries.receipts.receipts import Receipt
from metrics.services.recompute.verification import under
from metrics.services.writing.ledger import Ledger

DAWN_OF_ZIP = (1980, 1, 1, 0, 0, 0)


def exported(receipt: Receipt) -> bytes:
    """The zip's bytes: figure.json, documents/<digest>.json, files/<digest>. The same receipt gives the same bytes."""
    ledger = Ledger()
    documents: dict[str, Any] = {}
    waiting = [receipt.digest]
    while waiting:
        digest = waiting.pop()
        if digest not in documents:
            documents[digest] = ledger.document(digest)
            waiting.extend(under(documents[digest]))
    figure = {
        "form": FORM,
        "digest": receipt.digest,
        "product": receipt.product.slug,
        "title": receipt.title,
        "grade": receipt.grade.letter if receipt.grade else None,
        "value": as_json(receipt.quantity),
        "links": [
            {"link": link.link, "title": link.title, "text": link.text, "digest": link.digest} for link in receipt.links
        ],
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        _write(archive, FIGURE, json.dumps(figure, indent=2, ensure_ascii=False).encode())
        for digest, document in sorted(documents.items()):
            _write(archive, f"{DOCUMENTS}{digest}.json", canonical(document))
            if document["kind"] in MADE:
                _write(archive, f"{FILES}{digest}", ledger.content(digest))
    return content.getvalue()


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, DAWN_OF_ZIP), content, zipfile.ZIP_DEFLATED)
