"""KPIs, targets, assumptions, actuals, mappings with their two signatures, and KPI results."""

from decimal import Decimal

from django.db import models
from django.db.models import Q

from metrics.core.kpi.months import PLACES, ratio_of
from metrics.models.evaluation import Direction, EvaluationRun, Model
from metrics.models.product import Product, User, key_name
from metrics.models.row import Result, Row
from metrics.models.signed import SignedBy, SignedVersion
from metrics.models.taken_back import TakenBack


class KPI(Row):
    """A business quantity with owner, unit and direction."""

    class Aggregation(models.TextChoices):
        SUM = "sum", "sum"
        RATIO = "ratio", "ratio"
        LAST = "last", "last"

    product = models.ForeignKey(Product, models.CASCADE, related_name="kpis")
    key = models.CharField(max_length=60, validators=[key_name])
    name = models.CharField(max_length=120)
    meaning = models.CharField(max_length=240, blank=True)
    unit = models.CharField(max_length=60, blank=True)
    direction = models.CharField(max_length=4, choices=Direction.choices, default=Direction.UP)
    aggregation = models.CharField(max_length=5, choices=Aggregation.choices, default=Aggregation.RATIO)
    owner = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["product", "key"], name="one_kpi_a_key")]

    def __str__(self) -> str:
        return self.name


class Target(TakenBack):
    """What a KPI, or the product's revenue where kpi is empty, should reach over a span of months."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="targets")
    kpi = models.ForeignKey(KPI, models.CASCADE, null=True, blank=True, related_name="targets")
    value = models.DecimalField(max_digits=16 + PLACES, decimal_places=PLACES)
    from_period = models.DateField()
    until_period = models.DateField()
    set_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-from_period", "-created_at"]
        constraints = [
            models.CheckConstraint(
                name="target_ends_after_it_starts", condition=Q(until_period__gte=models.F("from_period"))
            )
        ]


class Actual(TakenBack):
    """An observed value of a KPI for a month, as known from known_at on; a newer row restates it.

    A ratio has a value, or its numerator and denominator, of which its value is made. partial: it was known while the
    month ran, so it is not of the whole month; it stays so when the month is over, until it is entered again.
    """

    kpi = models.ForeignKey(KPI, models.CASCADE, related_name="actuals")
    period = models.DateField(help_text="first day of the month")
    value = models.DecimalField(max_digits=16 + PLACES, decimal_places=PLACES, null=True)
    numerator = models.DecimalField(max_digits=16 + PLACES, decimal_places=PLACES, null=True)
    denominator = models.DecimalField(max_digits=16 + PLACES, decimal_places=PLACES, null=True)
    partial = models.BooleanField(default=False)
    known_at = models.DateTimeField()
    source = models.CharField(max_length=240, blank=True)
    imported_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["period", "known_at"]
        indexes = [models.Index(fields=["kpi", "period", "-known_at"], name="actuals_as_known")]  # newest known first
        constraints = [
            models.CheckConstraint(name="period_is_a_month", condition=Q(period__day=1)),
            models.CheckConstraint(
                name="a_value_or_both_parts",
                condition=Q(value__isnull=False, numerator=None, denominator=None)
                | Q(value=None, numerator__isnull=False, denominator__isnull=False),
            ),
        ]

    @property
    def figure(self) -> Decimal | None:
        """The value, of a ratio with parts to 12 decimals; None where its denominator is 0."""
        if self.value is not None:
            return self.value
        if self.numerator is None or self.denominator is None:
            return None
        return ratio_of(self.numerator, self.denominator)


class Assumption(Row):
    """A named business quantity. Its key, which never changes, seeds its draws: versions stay paired."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="assumptions")
    key = models.CharField(max_length=60, validators=[key_name])
    name = models.CharField(max_length=120)
    unit = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["product", "key"], name="one_assumption_a_key")]

    def __str__(self) -> str:
        return self.name


class AssumptionVersion(Row):
    assumption = models.ForeignKey(Assumption, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    distribution = models.JSONField()
    owner = models.CharField(max_length=120, blank=True)
    source = models.CharField(
        max_length=500, blank=True, help_text="where the number comes from; without one the grade is D"
    )
    valid_until = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["assumption", "number"], name="one_assumption_version_a_number")]

    def __str__(self) -> str:
        return f"{self.assumption}, version {self.number}"


class Mapping(Row):
    """The rule from metrics, or from decisions, to one KPI; its versions hold the text."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="mappings")
    kpi = models.OneToOneField(KPI, models.CASCADE, related_name="mapping")
    name = models.CharField(max_length=120)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class MappingVersion(SignedVersion):
    """Its definition is {"kind": "value_matrix" | "formula" | …, …}."""

    mapping = models.ForeignKey(Mapping, models.CASCADE, related_name="versions")
    model = models.ForeignKey(
        Model,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="the one whose champion it is read from; empty where its text names the models, or reads none",
    )

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["mapping", "number"], name="one_mapping_version_a_number"),
            models.UniqueConstraint(fields=["mapping"], condition=Q(state="approved"), name="one_approved_version"),
        ]

    def __str__(self) -> str:
        return f"{self.mapping}, version {self.number}"


class Signature(SignedBy):
    version = models.ForeignKey(MappingVersion, models.CASCADE, related_name="signatures")

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "act"], condition=Q(cleared=False) & ~Q(act="objected"), name="one_signature_an_act"
            ),
            models.CheckConstraint(name="an_objection_has_a_reason", condition=~Q(act="objected") | ~Q(reason="")),
        ]


class KPIResult(Result):
    """A KPI of one run under one mapping version.

    `newest`: of this run and version no later result was stored. By it the runs table sorts, and nothing else.
    """

    run = models.ForeignKey(EvaluationRun, models.CASCADE, related_name="kpi_results")
    version = models.ForeignKey(MappingVersion, models.CASCADE, related_name="results")
    detail = models.JSONField(blank=True, default=dict, help_text="counts a cell, totals, reference policies")
    newest = models.BooleanField(default=True)

    class Meta(Result.Meta):
        indexes = [
            models.Index(fields=["version", "run"], name="kpis_of_a_version"),  # recompute, boards
            models.Index(  # the runs table by value
                fields=["version", "point", "run"], condition=Q(newest=True), name="runs_by_a_value"
            ),
        ]


class InForce(Row):
    """The figure of a KPI, or of the product's total, that was in force from a moment on: what was shown then.

    Append-only, so that nothing that changes or is withdrawn later changes what was known. The digest is that of the
    stored result; where there was no figure it is empty, and the reason says why.
    """

    product = models.ForeignKey(Product, models.CASCADE, related_name="+")
    kpi = models.ForeignKey(
        KPI, models.CASCADE, null=True, blank=True, related_name="+", help_text="empty: the product's projected total"
    )
    digest = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["product", "kpi", "-created_at"], name="in_force_at_a_moment")]
        constraints = [
            models.CheckConstraint(
                name="in_force_digest_or_reason",
                condition=Q(digest="", reason__gt="") | (~Q(digest="") & Q(reason="")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kpi or self.product} since {self.created_at}"
