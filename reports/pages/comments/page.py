"""What was said of things: threads with their answers, what became of them, and what this person may do with each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from metrics import access
from metrics.core.rows.refusal import enumerated
from metrics.queries.comments import threads
from metrics.queries.comments.mentions import pieces, unknown
from metrics.queries.comments.subjects import Subject
from metrics.queries.comments.threads import State, Thread
from reports.addresses import address
from reports.words.dates import day
from reports.words.phrases import Verdict, count

STATES: dict[State, str] = {"open": "Open", "resolved": "Resolved", "all": "All"}
DONE = {"edited": "changed", "withdrawn": "withdrawn", "resolved": "resolved", "reopened": "reopened"}


@dataclass(frozen=True)
class Piece:
    text: str
    mention: bool


@dataclass(frozen=True)
class CommentLine:
    """words: none of one that was withdrawn, of which `gone` tells. edit, withdraw: where this person may, else ""."""

    id: str
    who: str
    at: Any
    words: tuple[Piece, ...]
    gone: str
    edited: bool
    edit: str
    withdraw: str


@dataclass(frozen=True)
class ThreadLine:
    """about, url: the thing and its page. settle: where it is resolved or reopened, "" where this person may not."""

    first: CommentLine
    answers: tuple[CommentLine, ...]
    about: str
    url: str
    thing: str
    verdict: Verdict
    history: tuple[str, ...]
    settle: str
    settles: str
    answer: bool


@dataclass(frozen=True)
class CommentsCard:
    """Comments of one thing. people: the usernames that may be mentioned; url: where one is sent."""

    title: str
    about: str
    thing: str
    url: str
    own: str
    back: str
    lines: tuple[ThreadLine, ...]
    may_say: bool
    people: str


@dataclass(frozen=True)
class StateLine:
    words: str
    url: str
    chosen: bool


@dataclass(frozen=True)
class CommentsPage:
    product: Any
    title: str
    states: tuple[StateLine, ...]
    lines: tuple[ThreadLine, ...]
    none: str


def comments_card(user: Any, product: Any, of: Subject) -> CommentsCard:
    found = threads.of(product, of.thing)
    text, may_say = str(of.thing), access.may(user, "comment.create", product)
    still = sum(1 for one in found if one.open and one.counts)
    return CommentsCard(
        title=f"Comments: {count(still, 'thread')} open" if found else "Comments",
        about=of.called,
        thing=text,
        url=reverse("comments", args=[product.slug]),
        own=f"{reverse('comments-on', args=[product.slug])}?thing={text}",
        back=address(of.thing),
        lines=tuple(_thread(user, product, one) for one in found),
        may_say=may_say,
        people=" ".join(each.username for each in threads.readers(product, of)) if may_say else "",
    )


def comments_page(user: Any, product: Any, found: Sequence[Thread], state: State) -> CommentsPage:
    own = reverse("comments", args=[product.slug])
    states = [StateLine(words, f"{own}?state={key}", key == state) for key, words in STATES.items()]
    none = {"open": "Nothing is open.", "resolved": "Nothing was resolved yet.", "all": "Nothing was said yet."}[state]
    return CommentsPage(
        product=product,
        title=f"Comments in {product.name}",
        states=tuple(states),
        lines=tuple(_thread(user, product, one) for one in found),
        none=none,
    )


def _thread(user: Any, product: Any, one: Thread) -> ThreadLine:
    may = access.may(user, "comment.resolve", product) and one.counts
    act = "resolve" if one.open else "reopen"
    settled = [row for row in one.first.acts.all() if row.act in ("resolved", "reopened")]
    return ThreadLine(
        first=_line(user, one.first),
        answers=tuple(_line(user, each) for each in one.answers),
        about=one.of.called,
        url=address(one.of.thing),
        thing=str(one.of.thing),
        verdict=Verdict("info", "Open") if one.open else Verdict("good", "Resolved"),
        history=tuple(f"{row.get_act_display().capitalize()} by {row.user}, {day(row.created_at)}" for row in settled),
        settle=reverse(f"comment-{act}", args=[product.slug, one.first.pk]) if may else "",
        settles=act.capitalize(),
        answer=access.may(user, "comment.create", product),
    )


def _line(user: Any, row: Any) -> CommentLine:
    slug, own = row.product.slug, row.user_id == user.pk
    there = row.withdrawn_at is None
    may_edit = own and threads.editable(row) and access.may(user, "comment.edit", row.product, own=own)
    may_withdraw = there and access.may(user, "comment.delete", row.product, own=own)
    return CommentLine(
        id=row.pk,
        who=str(row.user),
        at=row.created_at,
        words=words(row) if there else (),
        gone=gone(row),
        edited=row.edited_at is not None,
        edit=reverse("comment-edit", args=[slug, row.pk]) if may_edit else "",
        withdraw=reverse("comment-withdraw", args=[slug, row.pk]) if may_withdraw else "",
    )


def gone(row: Any) -> str:
    """That a comment was withdrawn, by whom where not by its author, and when; "" of one that stands."""
    by = "" if row.withdrawn_by_id in (None, row.user_id) else f" by {row.withdrawn_by}"
    return f"Withdrawn{by}, {day(row.withdrawn_at)}." if row.withdrawn_at is not None else ""


def words(row: Any) -> tuple[Piece, ...]:
    """The text of a comment, its mentions marked."""
    names = [user.username for user in row.mentioned.all()]
    return tuple(Piece(text, bool(name)) for text, name in pieces(row.text, names))


def untold_words(text: str, readers: Sequence[Any]) -> str:
    """That names behind an @ are of nobody who may read it, so that nobody waits for an answer; "" for none."""
    names = [f"@{name}" for name in unknown(text, [user.username for user in readers]) if name]
    if not names:
        return ""
    return f"{enumerated(names)} {'is' if len(names) == 1 else 'are'} no member who may read this: nobody was told."
