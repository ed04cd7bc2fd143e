"""What a product knows now, or knew at a moment, read once for all the documents made from it."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from metrics.models.calibration import Pair
from metrics.models.evaluation import EvaluationRun, ModelVersion
from metrics.models.kpi import KPI, Actual, AssumptionVersion, MappingVersion
from metrics.models.product import Product
from metrics.models.revenue import Correction, Projection
from metrics.queries.documents import calibration, definitions
from metrics.queries.documents.calibration import Key
from metrics.queries.documents.definitions import Definition

NO_APPROVED = "no approved mapping"


NO_CHAMPION = "no champion with a scored run"


HISTORY = 240  # months of volume at most in a document


class Known:
    """What a product knows now (or knew at `at`), read once for all the documents made from it."""

    def __init__(self, product: Product, *, at: datetime | None = None) -> None:
        self.product = product
        self.at = at
        self._actuals: dict[str, list[tuple[str, float]]] = {}

    @cached_property
    def assumptions(self) -> dict[str, AssumptionVersion]:
        """Key → newest version."""
        rows = AssumptionVersion.objects.filter(assumption__product=self.product).select_related("assumption")
        if self.at:
            rows = rows.filter(created_at__lte=self.at)
        return {row.assumption.key: row for row in rows.order_by("number")}

    @cached_property
    def approved(self) -> dict[str, MappingVersion]:
        """KPI key → the mapping version in force."""
        rows = MappingVersion.objects.filter(mapping__product=self.product, state=MappingVersion.State.APPROVED)
        return {row.mapping.kpi.key: row for row in rows.select_related("mapping__kpi")}

    @cached_property
    def kpis(self) -> dict[str, KPI]:
        return {kpi.key: kpi for kpi in KPI.objects.filter(product=self.product)}

    @cached_property
    def projection(self) -> Projection | None:
        rows = Projection.objects.filter(product=self.product).select_related("value_kpi", "volume_kpi")
        return next(iter(rows), None)  # one at most

    @cached_property
    def metrics(self) -> dict[str, Definition]:
        return {metric.key: metric for metric in definitions.of_product(self.product)}

    @cached_property
    def pairs(self) -> dict[Key, list[Pair]]:
        """(KPI, metric, kind) → the pairs that a calibrated mapping is fitted on."""
        return calibration.known_pairs(self.product, at=self.at)

    @cached_property
    def runs(self) -> list[EvaluationRun]:
        """Scored runs, newest first."""
        rows = EvaluationRun.objects.filter(product=self.product, state=EvaluationRun.State.SCORED)
        found = list(rows.select_related("version__model", "data_set"))
        for run in found:
            run.product = self.product
        return found

    @cached_property
    def corrections(self) -> dict[str, Correction]:
        """Mapping version → the correction of projections under it."""
        rows = Correction.objects.filter(product=self.product)
        return {row.version_id: row for row in (rows.filter(created_at__lte=self.at) if self.at else rows)}

    @cached_property
    def champion(self) -> EvaluationRun | None:
        """The newest scored run of a champion."""
        rows = EvaluationRun.objects.filter(
            product=self.product, state=EvaluationRun.State.SCORED, version__state=ModelVersion.State.CHAMPION
        )
        found = rows.select_related("version__model", "data_set").order_by("-created_at", "-pk").first()
        if found is not None:
            found.product = self.product
        return found

    def actuals(self, kpi: KPI) -> list[tuple[str, float]]:
        """(month, value) ascending, each month as known last."""
        if kpi.pk not in self._actuals:
            self._actuals[kpi.pk] = self._read_actuals(kpi)
        return self._actuals[kpi.pk]

    def _read_actuals(self, kpi: KPI) -> list[tuple[str, float]]:
        rows = Actual.objects.filter(kpi=kpi, withdrawn_at=None)
        if self.at:
            rows = rows.filter(known_at__lte=self.at)
        newest: dict[str, float] = {}
        for period, value in rows.order_by("known_at", "created_at").values_list("period", "value"):
            newest[f"{period:%Y-%m}"] = float(value)
        return sorted(newest.items())[-HISTORY:]


def value_version(of: Product) -> MappingVersion | None:
    """The mapping in force by which runs are worth money: that of the projection, else the first value matrix."""
    rows = MappingVersion.objects.filter(mapping__product=of, state=MappingVersion.State.APPROVED)
    rows = rows.select_related("mapping__kpi__product").order_by("mapping__name")
    projected = Projection.objects.filter(product=of).values_list("value_kpi_id", flat=True).first()
    found = list(rows)
    by_kpi = {row.mapping.kpi_id: row for row in found}
    matrices = [row for row in found if row.definition.get("kind") == "value_matrix"]
    return by_kpi.get(projected or "") or (matrices[0] if matrices else None)
