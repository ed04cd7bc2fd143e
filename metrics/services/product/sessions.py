"""Sessions of browsers: kept in the database with who is signed in from where, and ended there.

`SESSION_ENGINE` of the settings names this module.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.db import InterfaceError, OperationalError, transaction
from django.http import HttpRequest
from django.utils import timezone

from metrics import access
from metrics.models.product import User
from metrics.models.session import Session
from metrics.prepared import Prepared
from metrics.services.product import tokens
from metrics.services.writing import audit

LONGEST = 200  # characters of what a browser calls itself
NOTED = timedelta(minutes=5)  # uses within it are one: they write nothing


OF_KEY = Prepared(lambda key: Session.objects.filter(session_key=key), str)


class SessionStore(db.SessionStore):
    """Django's, in a table that says whose a session is. `row` is what was read or written of it, or None."""

    address = browser = ""  # where the request comes from, told by the middleware
    row: Session | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        now = timezone.now()
        self.row = next((row for row in OF_KEY(self.session_key) if row.expire_date > now), None)
        if self.row is None:
            self._session_key = None
        return self.row

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        made = super().create_model_instance(data)
        assert isinstance(made, Session)
        if self.row is not None and self.row.pk == made.pk:
            made.name, made.created_at = self.row.name, self.row.created_at
        made.user_id, made.address, made.browser = data.get(SESSION_KEY), self.address, self.browser
        self.row = made
        return made

    @property
    def name(self) -> str:
        """What pages call this session; "" of one that is not kept."""
        return "" if self.row is None else self.row.name


def present(request: HttpRequest) -> str:
    """What pages call the session that a request comes in; "" where it comes in none."""
    return request.session.name if isinstance(request.session, SessionStore) else ""


def used(store: SessionStore) -> None:
    """Note that a session was used, and where from; within five minutes of the last time, or of nobody, nothing.

    A database that cannot write now loses the note alone.
    """
    row, now = store.row, timezone.now()
    if row is None or row.user_id is None or now - row.last_used_at < NOTED:
        return
    with suppress(OperationalError, InterfaceError):
        told = {"address": store.address, "browser": store.browser}
        Session.objects.filter(pk=row.pk).update(last_used_at=now, **told)


@transaction.atomic
def end(user: User, held: Session) -> None:
    """End one of one's own sessions."""
    access.require(user, "me.session_end")
    if held.user_id != user.pk:
        raise access.Hidden
    held.delete()
    audit.record(user, "session.end", user.mark)


@transaction.atomic
def end_all(actor: User, of: User, *, with_tokens: bool = False) -> int:
    """End all of a person's sessions, one's own with the present one among them; and, where wished, their tokens.

    For the person, and for administrators. Gives how many sessions there were.
    """
    access.require(actor, "me.session_end" if actor.pk == of.pk else "user.end_sessions")
    count, _ = Session.objects.filter(user=of).delete()
    audit.record(actor, "session.end_all", of.mark, count=count)
    if with_tokens:
        tokens.end(of, "everywhere", by=actor)
    return count


def forget_old() -> None:
    """Delete what has ended by itself."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
