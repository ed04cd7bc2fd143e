"""Projections: KPI times volume over months, against a named baseline, and what came of them."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from metrics.models.kpi import KPI, Assumption
from metrics.models.product import Product
from metrics.models.row import Result, Row


class Projection(Row):
    """What a product's revenue is made of: a money KPI a case, the volume of cases, and how that grows."""

    class Baseline(models.TextChoices):
        ACT_ON_NONE = "act_on_none", "acting on no one"
        ACT_ON_ALL = "act_on_all", "acting on everyone"

    product = models.OneToOneField(Product, models.CASCADE, related_name="projection")
    value_kpi = models.ForeignKey(KPI, models.PROTECT, related_name="+")
    volume_kpi = models.ForeignKey(KPI, models.PROTECT, related_name="+")
    growth = models.ForeignKey(Assumption, models.PROTECT, null=True, blank=True, related_name="+")
    baseline = models.CharField(max_length=12, choices=Baseline.choices, default=Baseline.ACT_ON_NONE)
    months = models.PositiveSmallIntegerField(default=12, validators=[MinValueValidator(1), MaxValueValidator(60)])

    def __str__(self) -> str:
        return f"projection of {self.product}"


class RevenueResult(Result):
    """The projected total (period empty), a projected month, or a realised month or total."""

    class Kind(models.TextChoices):
        PROJECTED = "projected", "projected"
        REALISED = "realised", "realised"

    product = models.ForeignKey(Product, models.CASCADE, related_name="revenue_results")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    detail = models.JSONField(blank=True, default=dict)

    class Meta(Result.Meta):
        indexes = [models.Index(fields=["product", "kind", "period"], name="revenue_by_month")]  # executive pages
