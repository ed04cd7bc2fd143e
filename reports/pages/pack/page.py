"""Packs as pages show them: the list with the next step, and one with its sheets, its files and what may be done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from metrics import access
from metrics.core.rows.refusal import enumerated
from metrics.queries.delivery.packs import Making
from reports.words.dates import day
from reports.words.phrases import Verdict, sentence

if TYPE_CHECKING:
    from metrics.models.pack import Pack
    from metrics.models.product import Product, User

STATES = {
    "making": Verdict("info", "Being made"),
    "issued": Verdict("good", "Issued"),
    "withdrawn": Verdict("bad", "Withdrawn"),
}
FILES = {"pdf": "PDF", "pptx": "PPTX", "xlsx": "XLSX", "zip": "CSV"}


@dataclass(frozen=True, kw_only=True)
class PackLine:
    """of: what it is a pack of. note: that it has comments, what it corrects, or what has corrected it.

    files: label and address.
    """

    name: str
    title: str
    of: str
    period: str
    state: Verdict
    when: Any
    by: str
    note: str
    url: str
    files: tuple[tuple[str, str], ...]


COMMENTS = "With comments, whoever gets it reads what was said here of what stands in it, and by whom."


@dataclass(frozen=True, kw_only=True)
class PacksPage:
    """product: None of a portfolio. asks: what is issued next, in words, and its hidden fields."""

    product: Product | None
    lines: tuple[PackLine, ...]
    may_issue: bool
    asks: str
    hidden: tuple[tuple[str, str], ...]
    url: str
    comments: str = COMMENTS


@dataclass(frozen=True, kw_only=True)
class PackPage:
    """sections: of the frozen document, () while it is made. compared: what came of writing it again; "" before that.

    making: None once it is issued. corrects, corrected_by: the other pack's name and address.
    """

    pack: Pack
    product: Product | None
    name: str
    title: str
    of: str
    state: Verdict
    files: tuple[tuple[str, str], ...]
    sections: Sequence[Any]
    foot: str
    making: Making | None
    corrects: tuple[str, str] | None
    corrected_by: tuple[str, str] | None
    compared: Verdict | None
    compared_says: str
    comparing: bool
    may_issue: bool
    may_withdraw: bool
    urls: dict[str, str]
    packs_url: str
    share_url: str
    withdrawn: str


def packs_page(
    user: User, product: Product | None, packs: Iterable[Pack], *, asks: str, hidden: Sequence[tuple[str, str]]
) -> PacksPage:
    may = access.may(user, "report.generate", product) if product is not None else access.may(user, "portfolio.issue")
    return PacksPage(
        product=product,
        lines=tuple(_line(pack) for pack in packs),
        may_issue=may,
        asks=asks,
        hidden=tuple(hidden),
        url=packs_url(product),
    )


def pack_page(user: User, pack: Pack, *, document: Any, making: Making | None, comparing: bool) -> PackPage:
    """document: the frozen one, None while it is made."""
    issued = pack.state == "issued"
    mine = pack.product is not None or pack.made_by_id == user.pk
    issue = "report.generate" if pack.product is not None else "portfolio.issue"
    withdraw = "pack.withdraw" if pack.product is not None else "portfolio.issue"
    newer = getattr(pack, "corrected_by", None)
    return PackPage(
        pack=pack,
        product=pack.product,
        name=name_of(pack),
        title=pack.title or f"{name_of(pack)} is being made",
        of=of_what(pack),
        state=STATES[pack.state],
        files=_files(pack),
        sections=document.sections if document is not None else (),
        foot=document.foot if document is not None else "",
        making=making,
        corrects=_other(pack.corrects),
        corrected_by=_other(newer),
        compared=_compared(pack),
        compared_says=_compared_says(pack),
        comparing=comparing,
        may_issue=mine and access.may(user, issue, pack.product) and (making is not None or (issued and newer is None)),
        may_withdraw=mine and issued and access.may(user, withdraw, pack.product),
        urls={act: address(pack, act) for act in ("state", "correct", "withdraw", "again", "retry")},
        packs_url=packs_url(pack.product),
        share_url=_share_url(user, pack) if mine and issued else "",
        withdrawn=_withdrawn(pack),
    )


def name_of(pack: Pack) -> str:
    return f"Pack {pack.number}"


def of_what(pack: Pack) -> str:
    """ "Cancellation calls", "Decision 3 of Cancellation calls", "The portfolio of executive"."""
    if pack.product is None:
        return f"The portfolio of {pack.made_by}"
    return f"Decision {pack.decision} of {pack.product.name}" if pack.decision else pack.product.name


def packs_url(product: Product | None) -> str:
    return reverse("portfolio-packs") if product is None else reverse("packs", args=[product.slug])


def address(pack: Pack, act: str = "", *more: str) -> str:
    """The page of a pack, or of one of its acts or files."""
    whose, args = ("portfolio-pack", [pack.pk]) if pack.product is None else ("pack", [pack.product.slug, pack.number])
    return reverse(f"{whose}-{act}" if act else whose, args=[*args, *more])


def _line(pack: Pack) -> PackLine:
    return PackLine(
        name=name_of(pack),
        title=pack.title or "is being made",
        of=of_what(pack),
        period=pack.period or "–",
        state=STATES[pack.state],
        when=pack.issued_at or pack.created_at,
        by=str(pack.made_by),
        note=_note(pack),
        url=address(pack),
        files=_files(pack),
    )


def _note(pack: Pack) -> str:
    newer = getattr(pack, "corrected_by", None)
    told = ["with comments"] if pack.comments else []
    told += [f"corrects {pack.corrects}"] if pack.corrects is not None else []
    told += [f"corrected by {newer}"] if newer is not None else []
    return ", ".join(told)


def _share_url(user: User, pack: Pack) -> str:
    """Where a link to it is made, for who may make one."""
    if pack.product is not None:
        may, url = access.may(user, "share.make", pack.product), reverse("shares", args=[pack.product.slug])
    else:
        may, url = access.may(user, "portfolio.share"), reverse("portfolio-shares")
    return f"{url}?pack={pack.pk}" if may else ""


def _files(pack: Pack) -> tuple[tuple[str, str], ...]:
    return tuple((words, address(pack, "file", kind)) for kind, words in FILES.items() if kind in pack.files)


def _other(pack: Pack | None) -> tuple[str, str] | None:
    return None if pack is None else (name_of(pack), address(pack))


def _compared(pack: Pack) -> Verdict | None:
    if pack.compared_at is None:
        return None
    return Verdict("bad", "Differs") if pack.differs else Verdict("good", "Same bytes")


def _compared_says(pack: Pack) -> str:
    if pack.compared_at is None:
        return ""
    when = day(pack.compared_at)
    if not pack.differs:
        return f"Written again from what is frozen on {when}: every file is the same, byte for byte."
    kinds = enumerated([FILES[kind] for kind in pack.differs])
    return f"Written again on {when}, not the same bytes: {kinds}. The files here are those that were issued."


def _withdrawn(pack: Pack) -> str:
    if pack.state != "withdrawn":
        return ""
    return f"Withdrawn on {day(pack.withdrawn_at)} by {pack.withdrawn_by}. {sentence(pack.withdrawn_why)}"
