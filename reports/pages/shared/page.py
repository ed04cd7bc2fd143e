"""Links that are shared: those of a product or of the portfolio, each with its state in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from metrics import access
from reports.pages.pack.page import name_of
from reports.words.dates import day
from reports.words.phrases import Verdict, count


@dataclass(frozen=True)
class Line:
    """shows: the page as it is then, or which pack. read: how often it was, and when last. revoke: where it is ended;
    "" for who may not, or where it has ended."""

    key: str
    name: str
    shows: str
    made: str
    state: Verdict
    until: str
    phrase: bool
    read: str
    last: datetime | None
    revoke: str


@dataclass(frozen=True)
class SharesPage:
    title: str
    lines: Sequence[Line]
    may_make: bool
    of: str


def shares_page(user: Any, rows: Sequence[Any], product: Any, now: datetime) -> SharesPage:
    """product: None for the portfolio."""
    made = [_line(user, row, product, now) for row in rows]
    open_ = sum(1 for line in made if line.state.kind == "good")
    of = product.name if product else "the portfolio"
    return SharesPage(
        title=_title(len(made), open_, of),
        lines=made,
        may_make=access.may(user, "share.make", product) if product else access.may(user, "portfolio.share"),
        of=of,
    )


def _title(number: int, open_: int, of: str) -> str:
    if not number:
        return f"Nobody outside reads {of}"
    if not open_:
        return f"No link to {of} is open any more"
    verb = "opens" if open_ == 1 else "open"
    return f"{count(open_, 'link').capitalize()} {verb} {of} to people without an account"


def _line(user: Any, row: Any, product: Any, now: datetime) -> Line:
    state = _state(row, now)
    address = [product.slug, row.pk] if product else [row.pk]
    return Line(
        key=row.pk,
        name=row.name,
        shows=name_of(row.pack) if row.pack else "as it is when it is read",
        made=f"{day(row.created_at)}, by {row.made_by}",
        state=state,
        until=day(row.expires_at),
        phrase=bool(row.phrase),
        read="never" if not row.times else "once" if row.times == 1 else f"{row.times:,} times",
        last=row.last,
        revoke=reverse("share-revoke" if product else "portfolio-share-revoke", args=address)
        if state.kind == "good" and _may_revoke(user, row, product)
        else "",
    )


def _state(row: Any, now: datetime) -> Verdict:
    if row.revoked_at is not None:
        return Verdict("bad", "Revoked")
    return Verdict("same", "Ended") if row.expires_at <= now else Verdict("good", "Open")


def _may_revoke(user: Any, row: Any, product: Any) -> bool:
    own = row.made_by_id == user.pk
    return access.may(user, "share.revoke", product, own=own) if product else own or user.is_staff
