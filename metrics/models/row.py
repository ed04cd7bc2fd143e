"""What every table shares: an opaque key and the moment it was written."""

import secrets

from django.db import models
from django.utils import timezone

LEVELS = (0.8, 0.95)  # of the bands that a result keeps beside its draws


def new_id() -> str:
    """Twelve hexadecimal digits: short enough to read aloud, and telling nothing of how many rows there are."""
    return secrets.token_hex(6)


class Row(models.Model):
    id = models.CharField(primary_key=True, max_length=12, default=new_id, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True


class Result(Row):
    """One computed figure, stored for ever under the digest of the document that it is a pure function of.

    Exactly one of point and unknown_reason is set. `period` and `known_at` hold the two times: the month that the
    figure speaks of, and when it was known. Draws are float32, in order of the draw's number; absent where there is no
    spread, for the reason in `no_band` where one is known. Whether a result is current, and its grade, are computed
    when read.
    """

    digest = models.CharField(max_length=64, unique=True, help_text="sha256 of the canonical document")
    document = models.JSONField()
    unit = models.CharField(max_length=60, blank=True)
    point = models.FloatField(null=True, blank=True)
    unknown_reason = models.CharField(max_length=500, blank=True)
    low80 = models.FloatField(null=True, blank=True)
    high80 = models.FloatField(null=True, blank=True)
    low95 = models.FloatField(null=True, blank=True)
    high95 = models.FloatField(null=True, blank=True)
    draws = models.BinaryField(null=True, blank=True)
    no_band = models.CharField(max_length=500, blank=True, help_text="why a point has no band")
    period = models.DateField(
        null=True, blank=True, help_text="first day of the month; empty for a figure over all rows"
    )
    known_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_point_or_reason",
                condition=(
                    models.Q(point__isnull=False, unknown_reason="", point__gte=-1e300, point__lte=1e300)
                    | (models.Q(point__isnull=True) & ~models.Q(unknown_reason=""))
                ),
            ),
            models.CheckConstraint(
                name="%(class)s_band_or_reason",
                condition=models.Q(no_band="") | models.Q(point__isnull=False, draws__isnull=True),
            ),
        ]
