"""Deliveries: what goes out to whom and when, alerts that watch, addresses of programs, and the ledger of sendings."""

from __future__ import annotations

from datetime import time

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone

from metrics.core.occasions import RULES, When
from metrics.models.product import Product, User, known_time_zone
from metrics.models.row import Row


class Stoppable(Row):
    """What goes out until somebody pauses or deletes it; what is deleted can be brought back."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="+", help_text="who made it")
    paused_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class Webhook(Stoppable):
    """An address of a program. Its secret is made from the server's key and `salt`, and stored nowhere."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="webhooks")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10)
    url = models.CharField(max_length=500)
    salt = models.CharField(max_length=32)
    rotated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Subscription(Stoppable):
    """Something that is sent again and again to one person, by a rule of time at a place."""

    receiver = models.ForeignKey(User, models.CASCADE, related_name="subscriptions")
    what = models.CharField(max_length=12)
    product = models.ForeignKey(Product, models.CASCADE, null=True, blank=True, related_name="+")
    rule = models.CharField(max_length=20, choices=[(key, rule.label) for key, rule in RULES.items()])
    day = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(31)])
    at = models.TimeField(default=time(7))
    time_zone = models.CharField(max_length=60, validators=[known_time_zone])
    attached = models.JSONField(blank=True, default=list, help_text="forms of the pack that go with it, such as pdf")
    anew = models.BooleanField(default=False, help_text="the pack is made for each letter, and is not issued")
    only_moved = models.BooleanField(default=False, help_text="nothing is sent while nothing has changed")
    next_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at"]
        indexes = [  # the dispatcher asks what is due
            models.Index(
                fields=["next_at"], condition=models.Q(paused_at=None, deleted_at=None), name="subscription_due"
            ),
        ]

    @property
    def when(self) -> When:
        start = self.product.fiscal_year_start if self.product else 1
        return When(self.rule, self.at, self.time_zone, self.day, start)


class Alert(Stoppable):
    """A rule that watches a product: its kind, and what its sentence leaves open, in `slots`."""

    receiver = models.ForeignKey(User, models.CASCADE, related_name="alerts")
    product = models.ForeignKey(Product, models.CASCADE, related_name="alerts")
    kind = models.CharField(max_length=20)
    slots = models.JSONField(blank=True, default=dict)
    digest = models.BooleanField(default=False, help_text="told in the next regular mail, and not at once")
    webhook = models.ForeignKey(Webhook, models.SET_NULL, null=True, blank=True, related_name="alerts")
    quiet_from = models.TimeField(default=time(0))
    quiet_until = models.TimeField(default=time(0))
    time_zone = models.CharField(max_length=60, validators=[known_time_zone])
    muted_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at"]


class Ring(Row):
    """One crossing: what an alert watches became true of `subject`. It rings again only after it has recovered."""

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="rings")
    subject = models.CharField(max_length=120)
    text = models.CharField(max_length=400)
    thing = models.CharField(max_length=240)
    recovered_at = models.DateTimeField(null=True, blank=True)
    digested_at = models.DateTimeField(null=True, blank=True, help_text="when a regular mail told it")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "subject"], condition=models.Q(recovered_at=None), name="one_open_ring"
            ),
        ]


class Delivery(Row):
    """One sending of one thing to one person or program: a row of the ledger.

    `source` names what it is of ("subscription 1a2b3c4d5e6f", "ring …", "notices …", "account …"), `period` which time.
    sent_as is the Message-ID, the same at each try. handed_at: the last byte of it went to the server, whose answer is
    not recorded yet. pack: what was made to go with it, form → digest, until it is delivered.
    """

    class State(models.TextChoices):
        DUE = "due", "waiting"
        SENDING = "sending", "being sent"
        SENT = "sent", "delivered"
        KEPT = "kept", "kept as a file"
        FAILED = "failed", "failed"
        NOT_SENT = "not_sent", "not sent"
        UNCERTAIN = "uncertain", "may have arrived"

    source = models.CharField(max_length=40)
    period = models.CharField(max_length=60)
    subscription = models.ForeignKey(Subscription, models.CASCADE, null=True, blank=True, related_name="deliveries")
    ring = models.ForeignKey(Ring, models.CASCADE, null=True, blank=True, related_name="deliveries")
    webhook = models.ForeignKey(Webhook, models.CASCADE, null=True, blank=True, related_name="deliveries")
    receiver = models.ForeignKey(User, models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=10, default="mail")
    test = models.BooleanField(default=False)
    state = models.CharField(max_length=9, choices=State.choices, default=State.DUE)
    why = models.CharField(max_length=300, blank=True)
    title = models.CharField(max_length=300, blank=True)
    content = models.CharField(max_length=64, blank=True, help_text="digest of the sentences and figures in it")
    pack = models.JSONField(blank=True, default=dict)
    packed_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(default=timezone.now)
    next_try = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_as = models.CharField(max_length=120)
    handed_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-due_at", "-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["source", "receiver", "period"], name="one_delivery_a_period"),
        ]
        indexes = [
            models.Index(fields=["receiver", "-due_at"], name="ledger_of_a_person"),
            # the sweep looks for what nobody works at
            models.Index(fields=["due_at"], condition=models.Q(state__in=["due", "sending"]), name="delivery_open"),
        ]

    def __str__(self) -> str:
        return f"{self.source}, {self.period}"
