"""Reading comments: thread by thread, already narrowed to the things that a person may read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from django.db.models import Count, Prefetch, QuerySet
from django.utils import timezone

from metrics import access
from metrics.models.comment import Comment, CommentAct
from metrics.models.product import Membership, Product, User
from metrics.prepared import Prepared
from metrics.queries.comments.subjects import Subject, sees, subject, subjects
from metrics.things import Thing

State = Literal["open", "resolved", "all"]
EDITABLE = timedelta(minutes=15)


@dataclass(frozen=True, eq=False)
class Thread:
    """The first comment, and its answers in the order of time. of: what they are of."""

    first: Comment
    answers: tuple[Comment, ...]
    of: Subject

    @property
    def open(self) -> bool:
        return self.first.resolved_at is None

    @property
    def counts(self) -> bool:
        """Whether it has anything to read: all but one that was withdrawn and never answered."""
        return self.first.withdrawn_at is None or bool(self.answers)


def _rows(product: Product) -> QuerySet[Comment]:
    rows = Comment.objects.select_related("user", "withdrawn_by", "resolved_by", "product")
    acts = CommentAct.objects.select_related("user")
    return rows.filter(product=product).prefetch_related("mentioned", Prefetch("acts", queryset=acts))


def _threads(product: Product, firsts: Iterable[Comment], of: dict[str, Subject]) -> list[Thread]:
    listed = [row for row in firsts if row.thing in of]
    answers: dict[str, list[Comment]] = {}
    for row in _rows(product).filter(answers__in=[row.pk for row in listed]) if listed else ():
        answers.setdefault(str(row.answers_id), []).append(row)
    return [Thread(row, tuple(answers.get(row.pk, ())), of[row.thing]) for row in listed]


SAID = Prepared(
    lambda product, things: (
        Comment.objects.filter(product=product, thing__in=things).order_by().values_list("pk", flat=True)[:1]
    ),
    str,
    list,
)


def of(product: Product, *things: Thing, state: State = "all") -> list[Thread]:
    """What is said of things, the oldest first, whoever asks: for a page or a pack that shows the things themselves."""
    texts = [str(thing) for thing in things]
    said = SAID(product.pk, texts)  # of most things nothing is
    firsts = list(_of_state(_rows(product).filter(thing__in=texts, answers=None), state)) if said else []
    return _threads(product, firsts, subjects(product, texts) if firsts else {})


def of_product(user: User, product: Product, state: State = "open") -> QuerySet[Comment]:
    """First comments of threads, the newest first; `shown` narrows a page of them to what the person may read."""
    return _of_state(_rows(product).filter(answers=None), state).order_by("-created_at", "-pk")


def shown(user: User, product: Product, firsts: Iterable[Comment]) -> list[Thread]:
    listed = list(firsts)
    found = subjects(product, [row.thing for row in listed])
    return _threads(product, listed, {key: one for key, one in found.items() if sees(user, product, one)})


def _of_state(rows: QuerySet[Comment], state: State) -> QuerySet[Comment]:
    return rows if state == "all" else rows.filter(resolved_at__isnull=state == "open")


def counts(products: Iterable[Product], things: Iterable[str]) -> dict[str, int]:
    """Thing → how many open threads there are of it, withdrawn ones without an answer left out; in one query."""
    rows = Comment.objects.filter(product__in=list(products), thing__in=list(things), answers=None, resolved_at=None)
    kept = rows.exclude(withdrawn_at__isnull=False, answered=None)
    return dict(kept.values_list("thing").annotate(Count("pk", distinct=True)))


def comment(user: User, product: Product, pk: str) -> tuple[Comment, Subject]:
    """One comment, and what it is of. Raises Hidden where there is none that this person may read."""
    row = access.there(_rows(product).select_related("answers").filter(pk=pk).first())
    return row, subject(user, product, row.thing)


def thread(row: Comment) -> list[Comment]:
    """A comment's whole thread, the first one first."""
    first = row.answers or row
    return [first, *_rows(row.product).filter(answers=first)]


def readers(product: Product, of: Subject) -> list[User]:
    """The members who may read a thing now, who are those that may be mentioned."""
    rows = product.memberships.filter(user__is_active=True).select_related("user").order_by("user__username")
    for row in rows:
        access.remember(row.user, product, row.role)
    return [row.user for row in rows if sees(row.user, product, of)]


def roles(products: Iterable[Product]) -> dict[tuple[str, int], str]:
    """(id of a product, id of a person) → the role that they have in it now."""
    rows = Membership.objects.filter(product__in=list(products))
    return {(row.product_id, row.user_id): row.role for row in rows}


def editable(row: Comment) -> bool:
    """Whether its words may still be changed."""
    return row.withdrawn_at is None and timezone.now() - row.created_at <= EDITABLE
