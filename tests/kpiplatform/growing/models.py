from django.db import models


class Thing(models.Model):
    """As its last migration has it."""

    name = models.CharField(max_length=60)
    worth = models.FloatField()
    note = models.TextField(blank=True, default="", db_default="")

    class Meta:
        app_label = "growing"
        indexes = [models.Index(fields=["worth"], name="things_by_worth")]

    def __str__(self) -> str:
        return self.name
