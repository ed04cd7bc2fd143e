"""The demonstration's deliveries: a weekly mail to the executive, tried once, and an alert that rings.

Where no mail server is set, their letters are files in the folder "mail" of VAR_DIR, as the ledger says. The address
is of a name that no mail server takes.
"""

from __future__ import annotations

from datetime import time

from django.db import transaction

from kpiplatform.demo import story
from metrics.models.delivery import Subscription
from metrics.models.product import Product, User
from metrics.services.delivery import alerts, subscriptions

ADDRESS = "executive@demo.invalid"
BELOW = 70  # percent: a chance that is worth an interruption


def deliver() -> None:
    """Set both up, once."""
    executive = User.objects.get(username="executive")
    if Subscription.objects.filter(owner=executive).exists():
        return
    owner = Product.objects.get(slug=story.CALLS)
    with transaction.atomic():
        if not executive.email:
            executive.email = ADDRESS
            executive.save(update_fields=["email"])
        held = subscriptions.save(
            executive, what="portfolio", rule="weekly", day=0, at=time(7), time_zone=owner.time_zone
        )
        subscriptions.test(executive, held)
        alerts.save(executive, owner, kind="chance_below", slots={"below": BELOW}, time_zone=owner.time_zone)
