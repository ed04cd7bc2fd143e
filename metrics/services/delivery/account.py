"""Telling the owner of an account what happened to it, by mail."""

from __future__ import annotations

from django.db import transaction

from metrics import jobs
from metrics.models.product import User
from metrics.models.work import Work
from metrics.services.delivery import ledger


def tell(work: Work) -> None:
    """Owe the letter that a work asks for, once for its period."""
    asked = work.payload
    with transaction.atomic():
        user = User.objects.filter(pk=asked["user"], removed_at=None).first()
        if user is not None:
            ledger.owe(source=f"account {asked['what']}", receiver=user, period=asked["period"])
        jobs.finish(work)
