"""Models, data sets, metrics, runs, and what was computed from a run's rows."""

from django.db import models

from metrics.models.product import Product, User, key_name
from metrics.models.row import Result, Row


class Task(models.TextChoices):
    BINARY = "binary", "binary classification"


class Direction(models.TextChoices):
    UP = "up", "higher is better"
    DOWN = "down", "lower is better"


class Model(Row):
    product = models.ForeignKey(Product, models.CASCADE, related_name="models")
    name = models.CharField(max_length=120)
    task = models.CharField(max_length=20, choices=Task.choices, default=Task.BINARY)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["product", "name"], name="one_model_a_name")]

    def __str__(self) -> str:
        return self.name


class ModelVersion(Row):
    class State(models.TextChoices):
        CANDIDATE = "candidate", "candidate"
        CHAMPION = "champion", "champion"
        RETIRED = "retired", "retired"

    model = models.ForeignKey(Model, models.CASCADE, related_name="versions")
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=9, choices=State.choices, default=State.CANDIDATE)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["model", "name"], name="one_version_a_name"),
            models.UniqueConstraint(
                fields=["model"], condition=models.Q(state="champion"), name="one_champion_a_model"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DataSet(Row):
    """Named rows at one version; runs with the same digest saw the same ids and labels."""

    class Role(models.TextChoices):
        TRAIN = "train", "train"
        EVALUATION = "evaluation", "evaluation"
        REFERENCE = "reference", "reference"
        PRODUCTION = "production", "production"

    product = models.ForeignKey(Product, models.CASCADE, related_name="data_sets")
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.EVALUATION)
    digest = models.CharField(max_length=32, help_text="order-free digest of (id, label)")
    n_rows = models.PositiveBigIntegerField()
    first_event = models.DateTimeField(null=True, blank=True)
    last_event = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "created_at"]
        constraints = [models.UniqueConstraint(fields=["product", "name", "digest"], name="one_version_a_digest")]

    def __str__(self) -> str:
        return self.name


class Metric(Row):
    """A registered definition. Built-in ones belong to no product and are kept in step with the code by a migration."""

    class Kind(models.TextChoices):
        BUILT_IN = "built_in", "built in"
        REPORTED = "reported", "reported by the run"

    product = models.ForeignKey(Product, models.CASCADE, null=True, blank=True, related_name="metrics")
    key = models.CharField(max_length=60, validators=[key_name])
    name = models.CharField(max_length=120)
    task = models.CharField(max_length=20, choices=Task.choices, default=Task.BINARY)
    direction = models.CharField(max_length=4, choices=Direction.choices)
    unit = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.REPORTED)
    formula = models.TextField(blank=True)
    source = models.TextField(blank=True)

    class Meta:
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(fields=["product", "key"], name="one_metric_a_key"),
            models.UniqueConstraint(fields=["key"], condition=models.Q(product=None), name="one_built_in_a_key"),
        ]

    def __str__(self) -> str:
        return self.key


class EvaluationRun(Row):
    """One model version on one data set at one time. Its rows and manifest never change; it may be withdrawn."""

    class State(models.TextChoices):
        RECEIVED = "received", "being computed"
        SCORED = "scored", "scored"
        FAILED = "failed", "failed"
        WITHDRAWN = "withdrawn", "withdrawn"

    product = models.ForeignKey(Product, models.CASCADE, related_name="runs")
    version = models.ForeignKey(ModelVersion, models.PROTECT, related_name="runs")
    data_set = models.ForeignKey(DataSet, models.PROTECT, null=True, blank=True, related_name="runs")
    name = models.CharField(max_length=120)
    task = models.CharField(max_length=20, choices=Task.choices, default=Task.BINARY)
    state = models.CharField(max_length=9, choices=State.choices, default=State.RECEIVED)
    rows = models.CharField(
        max_length=64, blank=True, help_text="sha256 of the stored rows; empty when only metrics were reported"
    )
    n_rows = models.PositiveBigIntegerField(null=True, blank=True)
    manifest = models.JSONField(blank=True, default=dict)
    reported = models.JSONField(blank=True, default=dict, help_text="metrics given by the run")
    warnings = models.JSONField(blank=True, default=list)
    error = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["product", "-created_at"], name="runs_newest_first")]  # the runs table
        constraints = [
            models.CheckConstraint(
                name="withdrawn_with_a_reason", condition=~models.Q(state="withdrawn") | ~models.Q(withdrawn_reason="")
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Artifact(Row):
    """A file in the store that was computed from a document: a cube, or the sums of decisions."""

    digest = models.CharField(max_length=64, unique=True)
    document = models.JSONField()
    file = models.CharField(max_length=64, help_text="sha256 of the bytes")
    size = models.PositiveBigIntegerField()


class MetricResult(Result):
    run = models.ForeignKey(EvaluationRun, models.CASCADE, related_name="metric_results")
    metric = models.CharField(max_length=60)

    class Meta(Result.Meta):
        ordering = ["metric"]
        indexes = [models.Index(fields=["run", "metric"], name="metrics_of_a_run")]  # run page, runs table
