"""Saying something of a thing: comments, answers and what becomes of them; whoever is concerned is told once each."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from metrics import access
from metrics.models.comment import Comment, CommentAct
from metrics.models.notice import Notice
from metrics.models.product import Product, User
from metrics.queries.comments import threads
from metrics.queries.comments.mentions import mentioned
from metrics.queries.comments.subjects import Subject, subject
from metrics.services.delivery import notices
from metrics.services.writing import audit
from metrics.services.writing.refusal import Conflict, clean, invalid

Act = CommentAct.Act
MOST_ANSWERS = 200


@transaction.atomic
def say(actor: User, product: Product, *, thing: str, text: str, answers: Comment | None = None) -> Comment:
    """Say something of a thing that one may read, or answer in its thread. Raises Invalid without words."""
    access.require(actor, "comment.create", product)
    of = subject(actor, product, thing)
    first = answers.answers or answers if answers is not None else None
    if first is not None and (first.product_id != product.pk or first.thing != str(of.thing)):
        raise access.Hidden
    if first is not None and first.answered.count() >= MOST_ANSWERS:
        raise invalid("text", f"it has {MOST_ANSWERS} answers", code="limit", remedy="begin another thread")
    said = Comment(product=product, thing=str(of.thing), user=actor, text=_words(text), answers=first)
    clean(said, known={"product", "user", "answers"}).save()
    new = _mention(said, of)
    _tell(said, of, {*new, *_concerned(said, of)})
    audit.record(actor, "comment.create", str(of.thing), product=product, comment=said.pk)
    return said


@transaction.atomic
def edit(actor: User, row: Comment, *, text: str) -> Comment:
    """Change one's own words, within 15 minutes; those before are kept. Whoever is mentioned newly is told."""
    access.require(actor, "comment.edit", row.product, own=row.user_id == actor.pk)
    of = subject(actor, row.product, row.thing)
    row = _locked(row)
    if not threads.editable(row):
        raise Conflict("its words can be changed for 15 minutes; answer it, or withdraw it")
    before, row.text = row.text, _words(text)
    if row.text == before:
        return row
    row.edited_at = timezone.now()
    clean(row, known={"product", "user", "answers"}).save()
    _done(actor, row, Act.EDITED, before=before)
    _tell(row, of, set(_mention(row, of)))
    return row


@transaction.atomic
def withdraw(actor: User, row: Comment) -> None:
    """Take one's own words back, or as an administrator another's; that there were some stays, and they are kept."""
    access.require(actor, "comment.delete", row.product, own=row.user_id == actor.pk)
    row = _locked(row)
    if row.withdrawn_at is not None:
        raise Conflict("it was withdrawn already")
    row.withdrawn_at, row.withdrawn_by = timezone.now(), actor
    row.save(update_fields=["withdrawn_at", "withdrawn_by"])
    _done(actor, row, Act.WITHDRAWN, before=row.text)


@transaction.atomic
def resolve(actor: User, row: Comment) -> Comment:
    """Say that nothing is left to do about a thread."""
    return _settle(actor, row, Act.RESOLVED)


@transaction.atomic
def reopen(actor: User, row: Comment) -> Comment:
    """Say that something is."""
    return _settle(actor, row, Act.REOPENED)


def _settle(actor: User, row: Comment, act: str) -> Comment:
    access.require(actor, "comment.resolve", row.product)
    row, resolving = _locked(row), act == Act.RESOLVED
    if row.answers_id is not None:
        raise Conflict("an answer is settled with its thread")
    if (row.resolved_at is not None) == resolving:
        raise Conflict(f"it is {'resolved' if resolving else 'open'} already")
    row.resolved_at, row.resolved_by = (timezone.now(), actor) if resolving else (None, None)
    row.save(update_fields=["resolved_at", "resolved_by"])
    _done(actor, row, act)
    return row


def _locked(row: Comment) -> Comment:
    return Comment.objects.select_for_update(of=("self",)).select_related("product").get(pk=row.pk)


def _words(text: str) -> str:
    words = text.replace("\r\n", "\n").strip()
    if not words:
        raise invalid("text", "there is nothing in it", code="required", remedy="write what you want to say")
    return words


def _done(actor: User, row: Comment, act: str, *, before: str = "") -> None:
    CommentAct.objects.create(comment=row, act=act, user=actor, before=before)
    action = {Act.EDITED: "comment.edit", Act.WITHDRAWN: "comment.delete"}.get(Act(act), f"comment.{act}")
    audit.record(actor, action, row.thing, product=row.product, comment=row.pk)


def _mention(row: Comment, of: Subject) -> list[User]:
    """Who is mentioned and was not before, of those who may read the thing now."""
    may = {user.username: user for user in threads.readers(row.product, of)}
    named = [may[name] for name in mentioned(row.text, may)]
    before = set(row.mentioned.values_list("pk", flat=True))
    row.mentioned.set(named)
    return [user for user in named if user.pk not in before]


def _concerned(row: Comment, of: Subject) -> list[User]:
    """Who takes part in the thread, and who answers for the thing, of those who may read it now."""
    part = set(of.owners)
    if row.answers_id is not None:
        for each in threads.thread(row):
            part |= {each.user_id, *(user.pk for user in each.mentioned.all())}
    owner = of.owned_by.strip().casefold()
    return [
        user
        for user in threads.readers(row.product, of)
        if user.pk in part or (owner and owner in (user.username.casefold(), user.email.casefold()))
    ]


def _tell(row: Comment, of: Subject, people: set[User]) -> None:
    told = sorted((user for user in people if user.pk != row.user_id), key=lambda user: user.pk)
    said = "answers on" if row.answers_id else "says of"
    notices.say(
        row.product,
        told,
        kind=Notice.Kind.COMMENTED,
        subject=f"comment {row.pk}",
        text=f"{row.user} {said} {of.called}: {row.text}",
        thing=row.thing,
    )
