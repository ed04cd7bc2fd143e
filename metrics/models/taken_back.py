"""What people enter, may take back, and may bring back: nothing of it is deleted, so that history keeps it."""

from django.db import models

from metrics.models.product import User
from metrics.models.row import Row


class TakenBack(Row):
    """An entry that counts until it is taken back; those that were taken back at one moment went together.

    Who brings it back enters it again: a row that counts from then on, and points to the one that it `restores`. What
    was known between the two moments stays as it was known.
    """

    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    restores = models.OneToOneField(
        "self", models.SET_NULL, null=True, blank=True, related_name="restored", help_text="the row that was taken back"
    )

    class Meta(Row.Meta):
        abstract = True
