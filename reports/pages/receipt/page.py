"""A receipt as it is read: from money down to rows, with the command by which anyone recomputes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse

from metrics import access
from metrics.core.estimate import Quantity
from metrics.core.recomputed import CLOSE, DIFFERS, EQUAL
from metrics.queries.product import work as work_queries
from metrics.queries.receipts.receipts import Receipt
from metrics.queries.receipts.statement import seal
from reports.addresses import address
from reports.words.phrases import Verdict, worded

SHORT = 12
VERDICTS = {
    EQUAL: Verdict("good", "Equal"),
    CLOSE: Verdict("good", "Equal to 1e-9: made on another machine"),
    DIFFERS: Verdict("bad", "Differs"),
}


@dataclass(frozen=True)
class LinkLine:
    """One link as the component prints it: words where the figure is no quantity."""

    title: str
    q: Quantity | None
    words: str
    text: str
    note: str
    digest: str
    url: str


@dataclass(frozen=True)
class WorkLine:
    """A recomputation: where it stands, and what came of it."""

    state: str
    status_url: str
    verdict: Verdict | None
    differences: tuple[dict[str, str], ...]
    says: tuple[str, ...]
    error: str


@dataclass(frozen=True)
class ReceiptPage:
    title: str
    digest: str
    value: Quantity
    grade: str
    reasons: tuple[str, ...]
    standing: tuple[str, ...]
    seal: str
    read_on: date
    product: Any
    links: tuple[LinkLine, ...]
    command: str
    export_url: str
    verify_url: str
    page_url: str
    work: WorkLine | None
    drawer: bool


def receipt_page(user: Any, found: Receipt, *, drawer: bool) -> ReceiptPage:
    return ReceiptPage(
        title=f"Why {worded(found.quantity)}?",
        digest=found.digest,
        value=found.quantity,
        grade=found.grade.letter if found.grade else "",
        reasons=found.grade.reasons if found.grade else (),
        standing=found.standing,
        seal=seal(found),
        read_on=found.read_on,
        product=found.product,
        links=tuple(
            LinkLine(
                title=link.title,
                q=link.quantity,
                words=link.figure,
                text=link.text,
                note=link.note,
                digest=link.digest,
                url=address(link.thing) if link.thing else "",
            )
            for link in found.links
        ),
        command=f"kpi verify {found.digest[:SHORT]}",
        export_url=_address(user, found, "receipt.export", "receipt-export"),
        verify_url=_address(user, found, "receipt.verify", "receipt-verify"),
        page_url=reverse("receipt", args=[found.digest]),
        work=work_line(found),
        drawer=drawer,
    )


def _address(user: Any, found: Receipt, action: str, view: str) -> str:
    return reverse(view, args=[found.digest]) if access.may(user, action, found.product) else ""


def work_line(found: Receipt) -> WorkLine | None:
    """The newest recomputation of a receipt; None where nobody asked for one."""
    work = found.verification
    if work is None:
        return None
    url = reverse("receipt-verify", args=[found.digest])
    result = work.result or {}
    return WorkLine(
        state=work_queries.state(work),
        status_url=url,
        verdict=VERDICTS.get(str(result.get("verdict"))),
        differences=tuple(result.get("differences") or ()),
        says=tuple(result.get("says") or ()),
        error=work.error.splitlines()[0][:200] if work.error else "",
    )
