"""Projections: KPI times volume over months, and what came of them."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from metrics.models.kpi import KPI, Assumption, MappingVersion
from metrics.models.product import Product, User, currency_code, key_name
from metrics.models.row import Result, Row
from metrics.models.taken_back import TakenBack


class Projection(Row):
    """What a product's revenue is made of: a money KPI a case, the volume of cases, and how that grows."""

    product = models.OneToOneField(Product, models.CASCADE, related_name="projection")
    value_kpi = models.ForeignKey(KPI, models.PROTECT, related_name="+")
    volume_kpi = models.ForeignKey(KPI, models.PROTECT, related_name="+")
    revenue_kpi = models.ForeignKey(
        KPI, models.PROTECT, null=True, blank=True, related_name="+", help_text="the money that came, from its actuals"
    )
    growth = models.ForeignKey(Assumption, models.PROTECT, null=True, blank=True, related_name="+")
    adoption = models.ForeignKey(Assumption, models.PROTECT, null=True, blank=True, related_name="+")
    ramp = models.ForeignKey(Assumption, models.PROTECT, null=True, blank=True, related_name="+")
    serving = models.ForeignKey(Assumption, models.PROTECT, null=True, blank=True, related_name="+")
    intervention = models.ForeignKey(Assumption, models.PROTECT, null=True, blank=True, related_name="+")
    discount = models.ForeignKey(Assumption, models.PROTECT, null=True, blank=True, related_name="+")
    months = models.PositiveSmallIntegerField(default=12, validators=[MinValueValidator(1), MaxValueValidator(60)])

    def __str__(self) -> str:
        return f"projection of {self.product}"


class Correction(Row):
    """A proven bias of past projections, taken out of those to come; one a mapping version, and never a second."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="corrections")
    version = models.OneToOneField(MappingVersion, models.CASCADE, related_name="correction")
    factor = models.FloatField(help_text="what projections are multiplied by")
    error = models.FloatField(help_text="standard error of the factor's logarithm")
    scores = models.PositiveIntegerField(help_text="scores that do not overlap")
    p = models.FloatField()

    class Meta:
        constraints = [models.CheckConstraint(name="a_correction_is_above_0", condition=models.Q(factor__gt=0))]

    def __str__(self) -> str:
        return f"correction of {self.version}"


class Scenario(TakenBack):
    """A named set of assumptions held at other values than their own; it changes no stored figure."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="scenarios")
    key = models.CharField(max_length=60, validators=[key_name])
    name = models.CharField(max_length=120)
    why = models.CharField(max_length=300, blank=True, help_text="a sentence on why it may come so")
    overrides = models.JSONField(help_text="assumption key → its value here")
    stood = models.JSONField(
        default=dict, blank=True, help_text="assumption key → id of its version that was the newest when this was saved"
    )
    saved_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta(TakenBack.Meta):
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "key"], condition=models.Q(withdrawn_at=None), name="one_scenario_a_key"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ExchangeRate(Row):
    """How many units of `quote` one unit of `base` was worth at the end of a day, and who says so.

    Totals of several currencies are converted by it when they are read; no stored figure depends on one.
    """

    base = models.CharField(max_length=3, validators=[currency_code])
    quote = models.CharField(max_length=3, validators=[currency_code])
    date = models.DateField()
    rate = models.DecimalField(max_digits=20, decimal_places=10)
    source = models.CharField(max_length=240, help_text="who published it, such as ECB")
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-date", "base", "quote"]
        constraints = [
            models.UniqueConstraint(fields=["base", "quote", "date"], name="one_rate_a_pair_and_day"),
            models.CheckConstraint(name="a_rate_is_above_0", condition=models.Q(rate__gt=0)),
            models.CheckConstraint(name="a_rate_is_of_two_currencies", condition=~models.Q(base=models.F("quote"))),
        ]

    def __str__(self) -> str:
        return f"{self.base}/{self.quote} on {self.date}"

    @property
    def exact(self) -> str:
        """The rate without the zeros that the table adds: "0.92"."""
        return f"{self.rate.normalize():f}"


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
