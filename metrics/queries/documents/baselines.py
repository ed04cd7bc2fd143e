"""The runs of a product that a cost of errors may be held against: scored ones with rows, by id or as model/version."""

from __future__ import annotations

from collections.abc import Container

from django.db.models import Q, QuerySet

from metrics.core.kpi.matrix import MappingError
from metrics.models.evaluation import EvaluationRun
from metrics.models.product import Product

MOST_OF_A_VERSION = 200  # runs of one version, the newest, among which that on the same data set is looked for


class BaselineRuns(Container[str]):
    """The names that a definition may give."""

    def __init__(self, product: Product) -> None:
        self.product = product

    def named(self, name: object) -> QuerySet[EvaluationRun]:
        """Newest first."""
        model, _, version = str(name).rpartition("/")
        named = Q(pk=str(name)) | Q(version__model__name=model, version__name=version)
        runs = EvaluationRun.objects.filter(named, product=self.product, state=EvaluationRun.State.SCORED)
        return runs.exclude(rows="").order_by("-created_at", "-pk")

    def __contains__(self, name: object) -> bool:
        return self.named(name).exists()

    def rows_of(self, name: str, beside: EvaluationRun) -> str:
        """The rows of the run named; of several of a version those on the same data set, the newest.

        Raises MappingError where there are none.
        """
        runs = list(self.named(name)[:MOST_OF_A_VERSION])
        alike = [one for one in runs if one.data_set_id and one.data_set_id == beside.data_set_id]
        if not runs:
            raise MappingError("baseline", f"there is no run “{name[:60]}” with rows any more")
        return (alike or runs)[0].rows
