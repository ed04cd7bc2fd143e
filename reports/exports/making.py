"""Making a pack: its document as it is known now, frozen, and the files that are written from it. A worker does it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from metrics.core.periods import NoPeriod, Period, asked
from metrics.queries.delivery import packs as queries
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import catalogue
from metrics.queries.revenue.asked import frame, read
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.revenue.portfolio import portfolio
from metrics.queries.selection import catalogue as decisions
from metrics.services.delivery import ledger, sending
from metrics.services.delivery import packs as services
from reports.exports import files
from reports.exports.changes import changes, corrected
from reports.exports.document import NOT_ISSUED, Document
from reports.exports.documents import portfolio as of_portfolio
from reports.exports.documents import product as of_product
from reports.exports.frozen import frozen, thawed

if TYPE_CHECKING:
    from collections.abc import Callable

    from metrics.models.delivery import Subscription
    from metrics.models.pack import Pack
    from metrics.models.product import Product, User


def make(work: Any) -> None:
    """Make the pack that a work row asks for; one that is issued already is left as it is."""
    pack = queries.by_id(work.scope)
    if pack.state != "making":
        services.finished(work)
        return
    services.at_step(pack, "Reading the figures")
    document, products = document_of(pack)
    told: tuple[str, ...] = ()
    if pack.corrects is not None:
        told = changes(thawed(queries.document(pack.corrects)), document)
        document = corrected(document, told, corrects=named(pack.corrects), reason=pack.reason)
    document = replace(document, number=named(pack))
    content = frozen(document)
    # Written from what is frozen, so that it is written again to the same bytes.
    written = _written(pack, thawed(content))
    made = services.Made(
        title=document.title,
        period=document.period,
        known_on=document.known_on,
        document=content,
        files=written,
        pages=len(document.sections),
        changed=told,
    )
    services.keep(work, pack, made, products)


def again(work: Any) -> None:
    """Write an issued pack again from what is frozen, and keep whether each file has the same bytes."""
    pack = queries.by_id(work.scope)
    services.compared(work, pack, _written(pack, thawed(queries.document(pack))))


def for_letter(work: Any) -> None:
    """Make the pack that goes with one letter, in the forms that were asked for; it is not issued, and says so."""
    row = ledger.unpacked(work)
    if row is None:
        return
    held, files_of = row.subscription, {}
    assert held is not None
    if not sending.why_not(row):
        document = replace(_of_subscription(held, row.receiver), number=NOT_ISSUED)
        files_of = {kind: files.WRITERS[kind](document) for kind in held.attached if kind in files.WRITERS}
    ledger.packed(row, work, files_of)


def named(pack: Pack) -> str:
    """ "Pack 3"."""
    return f"Pack {pack.number}"


def document_of(pack: Pack) -> tuple[Document, list[Product]]:
    """The document of a pack as all is known now, and the products that are in it."""
    user = pack.made_by
    if pack.product is None:
        held = list(catalogue.products(user))
        found = portfolio(user, currency=pack.asked.get("currency", ""), period=_period(pack, held), held=held)
        return of_portfolio.document(user, found, today=timezone.localdate(), comments=pack.comments), held
    product = pack.product
    if pack.decision is None:
        return _of_product(user, product, comments=pack.comments, months=_period(pack, [product])), [product]
    row = decisions.decision(product, pack.decision)
    with timezone.override(product.time_zone):
        one = Outlook(Known(product))
        return of_product.of_decision(user, row, one, today=product.today(), comments=pack.comments), [product]


def _period(pack: Pack, products: list[Product]) -> Period | None:
    now, starts = frame(products)
    try:
        return asked(pack.asked.get("period", {}), now=now, starts=starts)
    except NoPeriod:
        return None


def _of_product(user: User, product: Product, *, comments: bool = False, months: Period | None = None) -> Document:
    with timezone.override(product.time_zone):
        one = Outlook(Known(product))
        return of_product.document(user, one, today=product.today(), comments=comments, months=months)


def _of_subscription(held: Subscription, user: User) -> Document:
    """What its letter tells, to the eyes of its receiver: the product, or all that they see, for the period chosen."""
    if held.product is not None:
        return _of_product(user, held.product)
    products = list(catalogue.products(user))
    now, starts = frame(products)
    found = portfolio(user, period=read(user, {}, now=now, starts=starts).period, held=products)
    return of_portfolio.document(user, found, today=timezone.localdate())


def _written(pack: Pack, document: Document) -> dict[str, bytes]:
    made = {}
    for kind, written in files.WRITERS.items():
        services.at_step(pack, f"Writing the {kind.upper()}")
        made[kind] = written(document)
    services.at_step(pack, "Writing the tables")
    made["zip"] = files.zipped(document)
    return made


WORK: dict[str, Callable[[Any], None]] = {services.MAKE: make, services.COMPARE: again, ledger.PACK: for_letter}
