"""What a product keeps that days and months of its time zone cut, so that the zone is fixed."""

from __future__ import annotations

from metrics.models.evaluation import DataSet, EvaluationRun
from metrics.models.kpi import Actual
from metrics.models.product import Product


def kept(of: Product) -> str:
    """Rows and observed values in words, "2 runs with rows and 24 observed values"; "" where nothing is kept yet.

    Withdrawn ones count: their receipts stay, and times without a zone were read in the zone that stands.
    """
    counts = (
        (EvaluationRun.objects.filter(product=of).exclude(rows="").count(), "run with rows", "runs with rows"),
        (DataSet.objects.filter(product=of).count(), "data set", "data sets"),
        (Actual.objects.filter(kpi__product=of).count(), "observed value", "observed values"),
    )
    words = [f"{count:,} {one if count == 1 else several}" for count, one, several in counts if count]
    return ", ".join(words[:-1]) + (" and " if len(words) > 1 else "") + words[-1] if words else ""
