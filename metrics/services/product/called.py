"""What people are called where texts say it and nothing seals them: written anew when it changes.

What is sealed or frozen names nobody: people stand there by their marks. Names that others wrote in words of their own
are theirs, and stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet

from metrics.models.comment import Comment, CommentAct
from metrics.models.delivery import Delivery
from metrics.models.kpi import KPI, AssumptionVersion
from metrics.models.notice import Notice
from metrics.models.product import IdempotencyKey, User
from metrics.models.work import Change, Work

AT_ONCE = 500
Places = tuple[tuple[type[models.Model], str], ...]  # (table, column) each
OWNED = (KPI, AssumptionVersion)  # whose owner is a text: a username, a mail, or what else a team calls itself
BEGUN: Places = ((Notice, "text"), (Delivery, "why"))  # sentences of the platform's own that begin with who did it
MENTIONING: Places = ((Comment, "text"), (CommentAct, "before"), (Notice, "text"))
ANSWERED: Places = ((IdempotencyKey, "answer"), (Work, "payload"), (Work, "result"))


def rename(before: User, after: User) -> None:
    """Call a person anew. before, after: the person as they were and are. In the caller's transaction."""
    old, new = str(before), str(after)
    if old != new:
        for table, column in BEGUN:
            _write(table, column, Q(**{f"{column}__contains": old}), lambda text: _begun(text, old, new))
    names = {before.username: after.username, before.email: after.email or after.username}
    for was, now in ((was, now) for was, now in names.items() if was and was != now):
        for owned in OWNED:
            owned._default_manager.filter(owner__iexact=was).update(owner=now)
        for table, column in ANSWERED:
            _write(table, column, Q(**{f"{column}__icontains": was}), partial(_in, was=was, now=now))
    if before.username != after.username:
        Change.objects.filter(actor=before.username).update(actor=after.username)
        at = re.compile(rf"(?<![\w@.+-])@{re.escape(before.username)}(?![\w@+-])", re.IGNORECASE)
        for table, column in MENTIONING:
            held = Q(**{f"{column}__icontains": f"@{before.username}"})
            _write(table, column, held, lambda text: at.sub(f"@{after.username}", text))


def _begun(text: str, old: str, new: str) -> str:
    """A sentence with its subject anew, and whom an administrator made a member."""
    text = new + text.removeprefix(old) if text.startswith((f"{old} ", f"{old},")) else text
    return text.replace(f", an administrator, made {old} ", f", an administrator, made {new} ")


def _in(value: Any, was: str, now: str) -> Any:
    """JSON with each text that is a name, whole, in its new form."""
    if isinstance(value, dict):
        return {key: _in(part, was, now) for key, part in value.items()}
    if isinstance(value, list):
        return [_in(part, was, now) for part in value]
    return now if isinstance(value, str) and value.casefold() == was.casefold() else value


def _write(table: type[models.Model], column: str, held: Q, anew: Callable[[Any], Any]) -> None:
    longest = getattr(table._meta.get_field(column), "max_length", None)
    for row in _chunks(table._default_manager.filter(held)):
        value = anew(getattr(row, column))
        value = value[:longest] if isinstance(value, str) and longest else value
        if value != getattr(row, column):
            table._default_manager.filter(pk=row.pk).update(**{column: value})


def _chunks(rows: QuerySet[Any]) -> Iterator[Any]:
    """Rows by their keys, so that what is written meanwhile is not read again."""
    last: Any = None
    while found := list((rows if last is None else rows.filter(pk__gt=last)).order_by("pk")[:AT_ONCE]):
        yield from found
        last = found[-1].pk
