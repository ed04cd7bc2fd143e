"""Files that are sent in parts: what is there of each, and what became of it."""

from django.db import models
from django.utils import timezone

from metrics.models.evaluation import DataSet, EvaluationRun
from metrics.models.product import Product, User
from metrics.models.row import Row


class Upload(Row):
    """A file on its way, known by the digest of its bytes. Refused: for its rows or what was said of them; its parts
    stay, so that more fitting words can be sent without them. Taken: it is the run or the data set that it names."""

    class State(models.TextChoices):
        OPEN = "open", "being sent"
        CHECKING = "checking", "being checked"
        REFUSED = "refused", "refused"
        TAKEN = "taken", "taken"

    product = models.ForeignKey(Product, models.CASCADE, related_name="uploads")
    created_by = models.ForeignKey(User, models.CASCADE, related_name="+")
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100, blank=True)
    size = models.PositiveBigIntegerField(help_text="bytes")
    digest = models.CharField(max_length=64, help_text="sha256 of the file, as its sender says it")
    part_bytes = models.PositiveIntegerField(help_text="of each part but the last, which has the rest")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    touched_at = models.DateTimeField(default=timezone.now, help_text="when something of it came last")
    faults = models.JSONField(blank=True, default=list, help_text="why it was refused")
    run = models.ForeignKey(EvaluationRun, models.CASCADE, null=True, blank=True, related_name="+")
    data_set = models.ForeignKey(DataSet, models.CASCADE, null=True, blank=True, related_name="+")
    new = models.BooleanField(default=True, help_text="of a data set: false where these rows were there already")
    warnings = models.JSONField(blank=True, default=list)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "created_by", "digest"],
                condition=models.Q(state__in=["open", "refused"]),
                name="one_open_upload_a_file",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def parts_in_all(self) -> int:
        return -(-self.size // self.part_bytes)

    def bytes_of(self, number: int) -> int:
        """How many bytes a part has, by its number from 1."""
        return min(self.part_bytes, self.size - (number - 1) * self.part_bytes)


class UploadPart(Row):
    """A part that is there: a file of the store."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField(help_text="from 1")
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["upload", "number"], name="one_part_a_number")]

    def __str__(self) -> str:
        return f"part {self.number} of {self.upload}"
