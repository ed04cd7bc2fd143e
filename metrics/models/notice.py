"""Notices: what a person is told once, and whether it was read and mailed."""

from django.db import models

from metrics.models.delivery import Delivery
from metrics.models.product import Product, User
from metrics.models.row import Row


class Notice(Row):
    """One thing that one person is told about a product.

    `subject` names what it is about ("assumption version 1a2b3c4d5e6f", "signature …", "comment …", "step …"), so that
    nobody is told the same thing twice; `text` is the sentence that is read; `thing` is what to look at ("mapping/…",
    as `metrics.things` writes it).
    """

    class Kind(models.TextChoices):
        EXPIRES_30 = "expires_30", "expires within 30 days"
        EXPIRES_7 = "expires_7", "expires within 7 days"
        EXPIRED = "expired", "has expired"
        COMMENTED = "commented", "comment"
        OBJECTED = "objected", "objection"
        ENDORSED = "endorsed", "endorsed"
        APPROVED = "approved", "approved"
        ASKED = "asked", "asked"
        DECISION = "decision", "decision"
        JOINED = "joined", "joined"

    user = models.ForeignKey(User, models.CASCADE, related_name="notices")
    product = models.ForeignKey(Product, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    subject = models.CharField(max_length=80)
    text = models.CharField(max_length=300)
    thing = models.CharField(max_length=240)
    read_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True, help_text="when a mail was made of it")
    letter = models.ForeignKey(Delivery, models.SET_NULL, null=True, blank=True, related_name="notices")

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["user", "kind", "subject"], name="one_notice_of_a_kind")]
        indexes = [  # the count at the side of every page
            models.Index(fields=["user"], condition=models.Q(read_at=None), name="unread_notices")
        ]

    def __str__(self) -> str:
        return self.text
