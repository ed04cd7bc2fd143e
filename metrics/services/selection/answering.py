"""Answering a proposal from a mail: a link that works once, after signing in, for whom it was made and nobody else."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from metrics import access
from metrics.models.product import User
from metrics.models.selection import AnswerLink, Decision
from metrics.queries.selection.decisions import asked_of
from metrics.services.selection import decisions
from metrics.services.writing.refusal import Conflict

LIVES = timedelta(days=7)
SIGN, REFUSE = "sign", "refuse"
ACTS = {SIGN: decisions.sign, REFUSE: decisions.refuse}


def link(user: User, decision: Decision) -> str:
    """The secret of a new link, to be mailed to this person; "" where the decision waits for no signature of theirs."""
    if (
        decision.state != Decision.State.PROPOSED
        or asked_of(decision, access.role(user, decision.product), user) != SIGN
    ):
        return ""
    secret = secrets.token_urlsafe(32)
    AnswerLink.objects.create(
        decision=decision,
        user=user,
        digest=decision.digest,
        hash=access.fingerprint(secret),
        expires_at=timezone.now() + LIVES,
    )
    return secret


def followed(user: User, secret: str) -> AnswerLink:
    """The link that a secret opens to a person. Raises Hidden to anybody else, and where there is none."""
    rows = AnswerLink.objects.filter(hash=access.fingerprint(secret), user=user).select_related("decision__product")
    found = access.there(rows.first())
    access.require(user, "decision.read", found.decision.product)
    return found


def why_not(found: AnswerLink) -> str:
    """Why a link answers nothing any more; "" where it does."""
    if found.used_at is not None:
        return "you have answered by this link already"
    if found.expires_at <= timezone.now():
        return f"this link held for {LIVES.days} days"
    if found.decision.state != Decision.State.PROPOSED:
        return "nothing waits for a signature there now"
    if found.decision.digest != found.digest:
        return "it was proposed anew since this mail was sent"
    return ""


def answer(user: User, found: AnswerLink, act: str, *, reason: str) -> Decision:
    """Sign or refuse by a link, which is used up by it. Raises Conflict where it answers nothing any more, and as the
    act itself does; then it stays as it was."""
    with transaction.atomic():
        used = AnswerLink.objects.filter(pk=found.pk, user=user, used_at=None).update(used_at=timezone.now())
        if not used:
            raise Conflict("you have answered by this link already")
        if why := why_not(found):
            raise Conflict(why)
        return ACTS[act](user, found.decision, seen=found.digest, reason=reason)
