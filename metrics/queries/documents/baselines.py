"""The runs of a product that a cost of errors may be held against: scored ones with rows, by id or as model/version."""

from __future__ import annotations

from collections.abc import Container

from django.db.models import Q, QuerySet

from metrics.core.kpi.matrix import MappingError
from metrics.models.evaluation import EvaluationRun
from metrics.models.product import Product

MOST_OF_A_VERSION = 200  # runs of one version, the newest, among which that on the same data set is looked for


def run_called(run: EvaluationRun) -> str:
    return f"the run {run.name} ({run.version.model.name}, version {run.version.name})"


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

    def called(self, name: str) -> str:
        """A name that a definition gives, as readers know it: "the run week (demand, version 2)"."""
        run = EvaluationRun.objects.filter(pk=name, product=self.product).select_related("version__model").first()
        model, _, version = name.rpartition("/")
        return run_called(run) if run else f"{model}, version {version}" if model else f"the run {name}"

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
