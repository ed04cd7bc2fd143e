"""Reading pairs, and how far a calibrated mapping may be believed."""

from __future__ import annotations

from dataclasses import dataclass

from metrics import access
from metrics.models.calibration import Pair
from metrics.models.product import Product
from metrics.queries.documents.calibration import pairs


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One import: its pairs, who made it, when, and whence."""

    id: str
    pairs: list[Pair]

    @property
    def first(self) -> Pair:
        return self.pairs[0]


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
