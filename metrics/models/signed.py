"""What two people of two roles sign before it is in force: its versions, their states, and who did what with one."""

from django.db import models

from metrics.models.product import Role, User
from metrics.models.row import Row


class SignedVersion(Row):
    """One text of a thing that is signed; at most one is in force. Editing makes a new version, without signatures."""

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        PROPOSED = "proposed", "proposed"
        ENDORSED = "endorsed", "endorsed"
        APPROVED = "approved", "approved"
        SUPERSEDED = "superseded", "superseded"
        RETIRED = "retired", "retired"

    number = models.PositiveIntegerField()
    definition = models.JSONField()
    digest = models.CharField(max_length=64, help_text="what a signature signs")
    note = models.CharField(max_length=500, blank=True, help_text="what is new in this version")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class SignedBy(Row):
    """What one person did with one version, over the digest of what they saw."""

    class Act(models.TextChoices):
        PROPOSED = "proposed", "proposed"
        ENDORSED = "endorsed", "endorsed"
        APPROVED = "approved", "approved"
        OBJECTED = "objected", "objected"
        WITHDRAWN = "withdrawn", "withdrawn"
        RETIRED = "retired", "retired"

    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, choices=Role.choices)
    act = models.CharField(max_length=9, choices=Act.choices)
    digest = models.CharField(max_length=64)
    reason = models.CharField(max_length=500, blank=True)
    cleared = models.BooleanField(
        default=False, help_text="an objection or a withdrawal sent the version back to draft"
    )

    class Meta:
        abstract = True
