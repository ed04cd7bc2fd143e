"""Packs: asked for, kept once they are made, compared, corrected by another one, and withdrawn.

What stands in a pack is made on the floor of the pages, by work that a worker does; here is what may be asked, by whom,
and what of it is kept. An issued pack never changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from metrics import access, jobs, store
from metrics.models.pack import Pack
from metrics.models.product import Product, User
from metrics.models.selection import Decision
from metrics.models.work import Work
from metrics.services.writing import audit
from metrics.services.writing.refusal import Conflict, invalid, save_next

MAKE, COMPARE = "pack", "pack_again"
ISSUE, ISSUE_PORTFOLIO = "report.generate", "portfolio.issue"
State, Kind = Pack.State, Pack.Kind
MOST_REASON = 300


@dataclass(frozen=True, kw_only=True)
class Made:
    """A pack as it was made: its document's bytes, the files by kind, and what is shown of it in lists."""

    title: str
    period: str
    known_on: date
    document: bytes
    files: Mapping[str, bytes]
    pages: int
    changed: tuple[str, ...] = ()


def issue(
    actor: User,
    product: Product,
    *,
    decision: Decision | None = None,
    comments: bool = False,
    period: Mapping[str, str] | None = None,
) -> Pack:
    """Ask for a pack of a product, or of a decision of it; a worker makes it. comments: what was said goes with it.

    period: of which it tells beside the months of the projection, as an address names it; of a product alone.
    """
    access.require(actor, ISSUE, product)
    if decision is not None and decision.product_id != product.pk:
        raise access.Hidden
    kind = Kind.PRODUCT if decision is None else Kind.DECISION
    number = decision.number if decision else None
    asked = {"period": dict(period)} if period else {}
    return _asked(actor, Pack(kind=kind, product=product, decision=number, comments=comments, asked=asked))


def issue_portfolio(
    actor: User, *, currency: str = "", period: Mapping[str, str] | None = None, comments: bool = False
) -> Pack:
    """Ask for a pack of all that a person may see, in one currency. period: as an address names it, all months else."""
    access.require(actor, ISSUE_PORTFOLIO)
    asked: dict[str, Any] = {"currency": currency[:3], "period": dict(period or {})}
    return _asked(actor, Pack(kind=Kind.PORTFOLIO, asked=asked, comments=comments))


def correct(actor: User, pack: Pack, *, reason: str) -> Pack:
    """Ask for a pack of the same as it is known now, which says what it changes. Raises Conflict where there is one."""
    may_issue(actor, pack)
    reason = reason.strip()
    if not reason:
        raise invalid("reason", "is needed", code="required", remedy="say in a sentence why it is corrected")
    with transaction.atomic():
        held = Pack.objects.select_related("product").get(pk=pack.pk)
        if held.state != State.ISSUED:
            raise Conflict(f"{_called(held)} is {held.get_state_display()}; only what is issued is corrected")
        if Pack.objects.filter(corrects=held).exists():
            raise Conflict(f"{_called(held)} is corrected already; correct the newer one")
        new = Pack(kind=held.kind, product=held.product, decision=held.decision, asked=held.asked)
        new.corrects, new.reason, new.comments = held, reason[:MOST_REASON], held.comments
        return _asked(actor, new)


def withdraw(actor: User, pack: Pack, *, reason: str) -> Pack:
    """Say that a pack is no longer to be used; it stays as it is, with the reason on it."""
    may_issue(actor, pack, "pack.withdraw")
    reason = reason.strip()
    if not reason:
        raise invalid("reason", "is needed", code="required", remedy="say in a sentence why it is withdrawn")
    with transaction.atomic():
        changed = Pack.objects.filter(pk=pack.pk, state=State.ISSUED).update(
            state=State.WITHDRAWN,
            withdrawn_at=timezone.now(),
            withdrawn_by=actor,
            withdrawn_why=reason[:MOST_REASON],
        )
        if not changed:
            raise Conflict(f"{_called(pack)} is {pack.get_state_display()}; only what is issued is withdrawn")
        audit.record(actor, "pack.withdraw", pack.pk, product=pack.product, reason=reason[:MOST_REASON])
    pack.refresh_from_db()
    return pack


def compare(actor: User, pack: Pack) -> None:
    """Ask that a pack be written again from what is frozen, and held against its files byte for byte."""
    reads(actor, pack)
    if pack.state == State.MAKING:
        raise Conflict(f"{_called(pack)} is being made; it is compared once it is issued")
    jobs.ask(COMPARE, pack.pk, product=pack.product)


def retry(actor: User, pack: Pack) -> None:
    """Try again to make a pack that could not be made. Raises Conflict where nothing failed."""
    may_issue(actor, pack)
    failed = Work.objects.filter(kind=MAKE, scope=pack.pk, state=Work.State.PARKED).first()
    if failed is None or not jobs.retry(failed.pk):
        raise Conflict(f"{_called(pack)} did not fail; there is nothing to try again")
    audit.record(actor, "report.generate", pack.pk, product=pack.product, again=True)


def may_issue(actor: User, pack: Pack, action: str = ISSUE) -> None:
    """Raise Hidden or Denied for who may not issue such a pack; a portfolio's is its issuer's own."""
    if pack.product is not None:
        access.require(actor, action, pack.product)
        return
    reads(actor, pack)
    access.require(actor, ISSUE_PORTFOLIO)
    if pack.made_by_id != actor.pk:
        raise access.Denied(ISSUE_PORTFOLIO, f"it is of {pack.made_by}’s portfolio; issue one of your own")


def reads(actor: User, pack: Pack) -> None:
    """Raise Hidden for who may not read a pack: of a portfolio, whoever may not read all products in it."""
    if pack.product is not None:
        access.require(actor, "report.export_csv_xlsx_pdf", pack.product)
        return
    inside = list(pack.products.all())
    if pack.made_by_id != actor.pk and not inside:
        raise access.Hidden
    if not all(access.may(actor, "report.export_csv_xlsx_pdf", product) for product in inside):
        raise access.Hidden


def at_step(pack: Pack, step: str) -> None:
    """What is being done, for who waits."""
    Pack.objects.filter(pk=pack.pk).update(step=step[:60])


def keep(work: Work, pack: Pack, made: Made, products: Sequence[Product]) -> None:
    """Freeze a pack that was made: its files first, then the row that names them, with the end of the work."""
    document = store.put(made.document)
    files = {kind: store.put(content) for kind, content in sorted(made.files.items())}
    with transaction.atomic():
        Pack.objects.filter(pk=pack.pk, state=State.MAKING).update(
            state=State.ISSUED,
            step="",
            title=made.title[:240],
            period=made.period[:60],
            known_on=made.known_on,
            digest=document,
            files=files,
            pages=made.pages,
            changed=list(made.changed),
            issued_at=timezone.now(),
        )
        pack.products.set(products)
        jobs.finish(work, result={"digest": document, "files": files})


def finished(work: Work) -> None:
    """Work whose pack is there already."""
    with transaction.atomic():
        jobs.finish(work)


def compared(work: Work, pack: Pack, files: Mapping[str, bytes]) -> None:
    """Keep what came of writing a pack again."""
    again = {kind: store.put(content) for kind, content in sorted(files.items())}
    differs = [kind for kind, digest in again.items() if pack.files.get(kind) != digest]
    with transaction.atomic():
        Pack.objects.filter(pk=pack.pk).update(compared_at=timezone.now(), differs=differs)
        jobs.finish(work, result={"differs": differs})


def _asked(actor: User, pack: Pack) -> Pack:
    """Number a pack, and put in the work that makes it."""
    pack.made_by = actor
    others = Pack.objects.filter(product=pack.product)
    if pack.product is None:
        others = others.filter(made_by=actor)
    with transaction.atomic():
        pack.number = (others.aggregate(last=Max("number"))["last"] or 0) + 1
        save_next(pack, "a pack")
        jobs.ask(MAKE, pack.pk, product=pack.product)
        told = {"corrects": pack.corrects.pk, "reason": pack.reason} if pack.corrects else {}
        audit.record(actor, "report.generate", pack.pk, product=pack.product, number=pack.number, **told)
    return pack


def _called(pack: Pack) -> str:
    return f"pack {pack.number}"
