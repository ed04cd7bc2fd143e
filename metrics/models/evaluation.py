"""Models, data sets, metrics, runs, and what was computed from a run's rows."""

from django.db import models

from metrics.models.product import Product, User, key_name
from metrics.models.row import Result, Row


def tasks() -> list[tuple[str, str]]:
    """Name and words of every task that the code has."""
    # Not at the top: commands that ask no table would wait for the libraries of numbers.
    from metrics.core.evaluation.metrics.tasks import in_words

    return in_words()


class Direction(models.TextChoices):
    UP = "up", "higher is better"
    DOWN = "down", "lower is better"


class Model(Row):
    """What is evaluated. Its key, which never changes, is its name in formulas: `fraud.recall`."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="models")
    key = models.CharField(max_length=60, validators=[key_name])
    name = models.CharField(max_length=120)
    task = models.CharField(max_length=20, choices=tasks, default="binary")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["product", "name"], name="one_model_a_name"),
            models.UniqueConstraint(fields=["product", "key"], name="one_model_a_key"),
        ]

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
    """Named rows at one version; runs with the same digest saw the same ids and labels.

    It was logged for itself, or came into being with the first run on its rows: `rows` is then that run's file.
    """

    class Role(models.TextChoices):
        TRAIN = "train", "train"
        EVALUATION = "evaluation", "evaluation"
        REFERENCE = "reference", "reference"
        PRODUCTION = "production", "production"

    product = models.ForeignKey(Product, models.CASCADE, related_name="data_sets")
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.EVALUATION)
    task = models.CharField(max_length=20, choices=tasks, default="binary")
    number = models.PositiveIntegerField(default=1, help_text="version under this name, from 1")
    digest = models.CharField(max_length=32, help_text="order-free digest of (id, label)")
    rows = models.CharField(max_length=64, blank=True, help_text="sha256 of the stored rows")
    votes = models.CharField(max_length=64, blank=True, help_text="sha256 of the stored votes of labelers")
    n_rows = models.PositiveBigIntegerField()
    first_event = models.DateTimeField(null=True, blank=True)
    last_event = models.DateTimeField(null=True, blank=True)
    warnings = models.JSONField(blank=True, default=list)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["name", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["product", "name", "digest"], name="one_version_a_digest"),
            models.UniqueConstraint(fields=["product", "name", "number"], name="one_data_set_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.number}"


class Metric(Row):
    """A metric that a product registered itself; those that are built in are told by the code, and have no row."""

    class Kind(models.TextChoices):
        CUSTOM = "custom", "by a formula over the rows"
        REPORTED = "reported", "reported by the run"

    product = models.ForeignKey(Product, models.CASCADE, related_name="metrics")
    key = models.CharField(max_length=60, validators=[key_name])
    name = models.CharField(max_length=120)
    task = models.CharField(max_length=20, choices=tasks, default="binary")
    direction = models.CharField(max_length=4, choices=Direction.choices)
    unit = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.REPORTED)
    formula = models.TextField(blank=True)
    columns = models.JSONField(blank=True, default=list, help_text="columns of the rows that the formula names")
    source = models.TextField(blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["key", "task"]
        constraints = [
            models.UniqueConstraint(fields=["product", "key"], name="one_metric_a_key"),
            models.CheckConstraint(
                name="custom_metric_has_a_formula", condition=~models.Q(kind="custom") | ~models.Q(formula="")
            ),
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
    task = models.CharField(max_length=20, choices=tasks, default="binary")
    state = models.CharField(max_length=9, choices=State.choices, default=State.RECEIVED)
    rows = models.CharField(
        max_length=64, blank=True, help_text="sha256 of the stored rows; empty when only metrics were reported"
    )
    n_rows = models.PositiveBigIntegerField(null=True, blank=True)
    first_event = models.DateTimeField(
        null=True, blank=True, help_text="of its rows: another file with the same ids and labels may have other times"
    )
    last_event = models.DateTimeField(null=True, blank=True)
    reference_rows = models.CharField(
        max_length=64, blank=True, help_text="sha256 of the rows of the same file that drift is measured against"
    )
    reference = models.ForeignKey(DataSet, models.PROTECT, null=True, blank=True, related_name="+")
    training = models.ForeignKey(DataSet, models.PROTECT, null=True, blank=True, related_name="+")
    origin = models.CharField(
        max_length=200, blank=True, help_text="where it was imported from, such as mlflow:<run id>"
    )
    source = models.CharField(
        max_length=300,
        blank=True,
        help_text="where its rows lie, such as delta:main.preds@v412; empty: held here",
    )
    manifest = models.JSONField(blank=True, default=dict)
    reported = models.JSONField(blank=True, default=dict, help_text="metrics given by the run")
    search = models.TextField(
        blank=True, editable=False, help_text="what a search looks into, in small letters; written when sealed"
    )
    warnings = models.JSONField(blank=True, default=list)
    error = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [  # the runs table: its page of keys is read from an index alone
            models.Index(  # and a search by names goes through all of it, so the names lie in it too
                fields=["product", "-created_at", "-id"], include=["name", "version"], name="runs_newest_first"
            ),
            models.Index(fields=["product", "name", "id"], name="runs_by_name"),
            models.Index(fields=["version", "-created_at", "-id"], name="runs_of_a_version"),  # what stands for one
        ]
        constraints = [
            models.CheckConstraint(
                name="withdrawn_with_a_reason", condition=~models.Q(state="withdrawn") | ~models.Q(withdrawn_reason="")
            ),
            models.UniqueConstraint(
                fields=["product", "origin"], condition=~models.Q(origin=""), name="one_run_an_origin"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def months(self) -> tuple[str, ...]:
        """The first and the last month of its rows where its product is; empty where they have no times."""
        if self.first_event is None or self.last_event is None:
            return ()
        return tuple(f"{self.product.day(moment):%Y-%m}" for moment in (self.first_event, self.last_event))


class ChampionRun(Row):
    """Which run a champion stands on, since when, and by whom: chosen when its version was promoted, or accepted since.

    Later runs on the same rows count for it by themselves; see `queries.documents.standing`.
    """

    class Act(models.TextChoices):
        PROMOTED = "promoted", "promoted"
        ACCEPTED = "accepted", "accepted"

    version = models.ForeignKey(ModelVersion, models.CASCADE, related_name="champion_runs")
    run = models.ForeignKey(EvaluationRun, models.CASCADE, related_name="+")
    act = models.CharField(max_length=8, choices=Act.choices)
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["version", "-created_at"], name="champions_newest_first")]  # what stands

    def __str__(self) -> str:
        return f"{self.version} on {self.run}"


class Artifact(Row):
    """A file in the store that was computed from a document: a cube, sums, or the evidence of a run."""

    digest = models.CharField(max_length=64, unique=True)
    document = models.JSONField()
    file = models.CharField(max_length=64, help_text="sha256 of the bytes")
    size = models.PositiveBigIntegerField()


class RemovedRows(Row):
    """A stored file of rows that retention removed, and when; whoever logs the same rows again brings them back."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="removed_rows")
    digest = models.CharField(max_length=64, unique=True, help_text="sha256 of what the file was")
    size = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.digest


class MetricResult(Result):
    """`newest`: of this metric of this run no later result was stored. By it the runs table sorts, and nothing else."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="+")
    run = models.ForeignKey(EvaluationRun, models.CASCADE, related_name="metric_results")
    metric = models.CharField(max_length=60)
    newest = models.BooleanField(default=True)

    class Meta(Result.Meta):
        ordering = ["metric"]
        indexes = [
            models.Index(fields=["run", "metric"], name="metrics_of_a_run"),  # run page, runs table
            models.Index(  # the runs table by any metric
                fields=["product", "metric", "point", "run"], condition=models.Q(newest=True), name="runs_by_a_metric"
            ),
        ]


class MetricStep(models.Model):
    """One value of a metric on the way to a run: a step of its training, as the run reported it."""

    run = models.ForeignKey(EvaluationRun, models.CASCADE, related_name="steps")
    metric = models.CharField(max_length=60)
    step = models.BigIntegerField()
    value = models.FloatField(null=True, blank=True, help_text="empty where it was not finite")
    at = models.DateTimeField()

    class Meta:
        ordering = ["metric", "step", "at"]
        constraints = [models.UniqueConstraint(fields=["run", "metric", "step", "at"], name="one_value_a_step")]

    def __str__(self) -> str:
        return f"{self.metric} at {self.step}"


class Import(Row):
    """Where runs are imported from, and how far that has come."""

    class Kind(models.TextChoices):
        MLFLOW = "mlflow", "MLflow"

    product = models.ForeignKey(Product, models.CASCADE, related_name="imports")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.MLFLOW)
    uri = models.CharField(max_length=500)
    experiments = models.JSONField(blank=True, default=list, help_text="names; empty for all")
    every_minutes = models.PositiveIntegerField(null=True, blank=True, help_text="empty: only when asked")
    watermark = models.JSONField(blank=True, default=dict, help_text="experiment id: newest end time seen, in ms")
    last_at = models.DateTimeField(null=True, blank=True)
    last_result = models.JSONField(blank=True, default=dict)
    stopped_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["created_at"]
        constraints = [models.UniqueConstraint(fields=["product", "kind", "uri"], name="one_import_an_address")]

    def __str__(self) -> str:
        return self.uri
