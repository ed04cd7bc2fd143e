"""Reading pairs, and how far a calibrated mapping may be believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from metrics import access
from metrics.core.kpi.calibration_document import bases
from metrics.models.calibration import Pair
from metrics.models.evaluation import MetricResult
from metrics.models.product import Product

Key = tuple[str, str, str]
LOWER = {"A": "B", "B": "C", "C": "D"}
BEYOND = "the metric lies beyond the pairs that the mapping was fitted on"
NOT_SEPARATE = "no covariance of errors, nor separate units, given for every experiment"


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One import: its pairs, who made it, when, and whence."""

    id: str
    pairs: list[Pair]

    @property
    def first(self) -> Pair:
        return self.pairs[0]


def pairs(of: Product) -> QuerySet[Pair]:
    """Pairs that count, those imported last first."""
    rows = Pair.objects.filter(kpi__product=of, withdrawn_at=None)
    return rows.select_related("kpi__product", "imported_by").order_by("-created_at", "at", "x", "y", "pk")


def batches(of: Product, kpi: str) -> list[Batch]:
    """The imports of one KPI, the newest first."""
    found: dict[str, list[Pair]] = {}
    for row in pairs(of).filter(kpi__key=kpi):
        found.setdefault(row.batch, []).append(row)
    return [Batch(id=name, pairs=held) for name, held in found.items()]


def batch(of: Product, name: str) -> Pair:
    """A pair of a batch. Raises Hidden where there is none."""
    found = pairs(of).filter(batch=name).first()
    if found is None:
        raise access.Hidden
    return found


def known_pairs(of: Product, *, at: datetime | None = None) -> dict[Key, list[Pair]]:
    """(KPI key, metric key, kind) → pairs as known now, or at a moment; sorted, whatever the order of import."""
    rows = Pair.objects.filter(kpi__product=of, withdrawn_at=None).select_related("kpi")
    if at:
        rows = rows.filter(created_at__lte=at)
    found: dict[Key, list[Pair]] = {}
    for row in rows:
        found.setdefault((row.kpi.key, row.metric, row.kind), []).append(row)
    return {key: sorted(held, key=_order) for key, held in found.items()}


def _order(row: Pair) -> tuple[Any, ...]:
    return (str(row.at or ""), row.x, row.y, row.pk)


def part(held: list[Pair], *, increasing: bool) -> dict[str, Any]:
    """What a KPI document says of the pairs: themselves, the direction, and whether they are causal."""
    return {
        "pairs": [[row.x, row.y, row.x_error, row.y_error, str(row.at or "")] for row in held],
        "increasing": increasing,
        "causal": bool(held) and all(row.kind == "experiment" and _separate(row) for row in held),
    }


def _separate(row: Pair) -> bool:
    return row.disjoint or row.covariance is not None


def letter(document: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Grade of a calibrated KPI document, and why it is not better: A causal, B backtested, one lower in the fringe."""
    found, reasons = "A" if document["causal"] else "B", []
    if not document["causal"] and document["definition"]["pairs"] == "experiment":
        reasons.append(NOT_SEPARATE)
    if _in_fringe(document):
        found = LOWER[found]
        reasons.append(BEYOND)
    return found, tuple(reasons)


def _in_fringe(document: Mapping[str, Any]) -> bool:
    results = [operand["result"] for operand in document.get("operands", {}).values()]
    point = MetricResult.objects.filter(digest__in=results).values_list("point", flat=True).first()
    xs = [row[0] for row in document.get("pairs", ())]
    if point is None or not xs:
        return False
    x = point - bases(document["definition"])[0]
    return not min(xs) <= x <= max(xs)
