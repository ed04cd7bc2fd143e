"""What a receipt prints, as plain JSON, and the seal over it: the digest of every word and number of the statement."""

from __future__ import annotations

from typing import Any

from metrics.core.documents import digest
from metrics.core.estimate import as_json
from metrics.queries.receipts.receipts import Link, Receipt


def statement(receipt: Receipt) -> dict[str, Any]:
    """All that a receipt prints on the day on which it is read. Grade and standing are of that day."""
    grade = receipt.grade
    return {
        "digest": receipt.digest,
        "product": receipt.product.slug,
        "title": receipt.title,
        "value": as_json(receipt.quantity),
        "grade": grade.letter if grade else None,
        "grade_reasons": list(grade.reasons) if grade else [],
        "standing": list(receipt.standing),
        "read_on": receipt.read_on.isoformat(),
        "links": [_link(link) for link in receipt.links],
    }


def seal(receipt: Receipt) -> str:
    return digest(statement(receipt))


def _link(link: Link) -> dict[str, Any]:
    return {
        "link": link.link,
        "title": link.title,
        "value": as_json(link.quantity) if link.quantity is not None else None,
        "figure": link.figure,
        "text": link.text,
        "digest": link.digest,
        "note": link.note,
    }
