"""The work table: what is still to be computed. The broker carries hints only; this is the truth."""

from django.db import models
from django.utils import timezone

from metrics.models.product import Product
from metrics.models.row import Row


class Work(Row):
    """One thing to do for one scope. A change while it runs raises `generation`, so that it is done once more."""

    class State(models.TextChoices):
        DUE = "due", "waiting"
        LEASED = "leased", "running"
        DONE = "done", "done"
        PARKED = "parked", "parked"

    kind = models.CharField(max_length=30)
    product = models.ForeignKey(Product, models.CASCADE, null=True, blank=True, related_name="+")
    scope = models.CharField(max_length=64)
    payload = models.JSONField(blank=True, default=dict)
    state = models.CharField(max_length=6, choices=State.choices, default=State.DUE)
    due_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True, help_text="when it was begun; empty while it waits")
    attempts = models.PositiveSmallIntegerField(default=0)
    published = models.PositiveSmallIntegerField(default=0)
    generation = models.PositiveIntegerField(default=1)
    result = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    request_id = models.CharField(max_length=64, blank=True, help_text="of the request that asked for it last")
    trace = models.CharField(max_length=55, blank=True, help_text="of that request, as in the header traceparent")

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "scope"], condition=~models.Q(state="done"), name="one_open_work_a_scope"
            ),
        ]
        indexes = [
            # the dispatcher asks, several times a second, what is due
            models.Index(fields=["due_at"], condition=models.Q(state__in=["due", "leased"]), name="work_due"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.scope}"


NO_FIGURE = "none"  # in place of a headline's digest, where nothing is projected, or not any more


class Change(Row):
    """Why a product's headline moved: which thing changed, from what to what. The bridge is built on these."""

    class Cause(models.TextChoices):
        DEFINITION = "definition", "definition"
        MODEL = "model", "model"
        ASSUMPTION = "assumption", "assumption"
        ACTUALS = "actuals", "actuals"
        RUN = "run", "new evaluation run"

    product = models.ForeignKey(Product, models.CASCADE, related_name="changes")
    cause = models.CharField(max_length=10, choices=Cause.choices)
    text = models.CharField(max_length=240)
    actor = models.CharField(max_length=150)
    before = models.CharField(max_length=64, blank=True, help_text="digest of the headline before")
    after = models.CharField(
        max_length=64, blank=True, help_text="digest of the headline after; empty while it is computed"
    )

    class Meta:
        ordering = ["-created_at"]
