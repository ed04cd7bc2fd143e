"""Pairs that calibrated mappings are fitted on."""

from django.db import models
from django.db.models import Q

from metrics.models.kpi import KPI
from metrics.models.product import User
from metrics.models.taken_back import TakenBack


class Pair(TakenBack):
    """A metric and the KPI observed with it; in an experiment the change of the one and of the other.

    `covariance` of the two errors, or `disjoint` where metric and KPI were measured on different units: without either
    an experiment does not make a mapping causal.
    """

    class Kind(models.TextChoices):
        HISTORY = "history", "observed over time"
        EXPERIMENT = "experiment", "changes in experiments"

    kpi = models.ForeignKey(KPI, models.CASCADE, related_name="pairs")
    metric = models.CharField(max_length=60, help_text="key of the metric")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.HISTORY)
    x = models.FloatField()
    x_error = models.FloatField(null=True, blank=True, help_text="standard error of x")
    y = models.FloatField()
    y_error = models.FloatField(null=True, blank=True, help_text="standard error of y")
    covariance = models.FloatField(null=True, blank=True, help_text="of the errors of x and y")
    disjoint = models.BooleanField(default=False, help_text="x and y were measured on different units")
    at = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=240, blank=True)
    batch = models.CharField(max_length=12, help_text="shared by all pairs of one import")
    imported_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["at", "x", "y"]
        indexes = [models.Index(fields=["kpi", "metric", "kind"], name="pairs_of_a_mapping")]
        constraints = [
            models.CheckConstraint(
                name="errors_are_not_negative",
                condition=(Q(x_error=None) | Q(x_error__gte=0)) & (Q(y_error=None) | Q(y_error__gte=0)),
            )
        ]
