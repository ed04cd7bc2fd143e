"""Correcting a bias of past projections, once it is proven."""

from __future__ import annotations

from metrics import jobs
from metrics.core.numerals import percent
from metrics.core.revenue.track_record import correction
from metrics.models.product import Product
from metrics.models.revenue import Correction
from metrics.models.work import Change
from metrics.queries.documents.known import Known
from metrics.queries.revenue.track_record import money_by_month, past

ACTOR = "track record"


def correct(product: Product) -> Correction | None:
    """Write a correction where the projections under the mapping in force are proven biased; never a second one.

    Only projections that were made without a correction prove anything. The figures are then computed once more.
    """
    known = Known(product)
    projection = known.projection
    version = known.approved.get(projection.value_kpi.key) if projection else None
    if projection is None or version is None:
        return None
    scores = past(known, version, money_by_month(projection, known), corrected=False)
    corrected = [version.digest] if version.pk in known.corrections else []
    found = correction(scores, mapping=version.digest, corrected=corrected)
    if found is None:
        return None
    row = Correction.objects.create(
        product=product, version=version, factor=found.factor, error=found.error, scores=found.scores, p=found.p
    )
    high = 1 / found.factor - 1
    text = f"past projections ran {percent(abs(high))} {'high' if high > 0 else 'low'}: corrected"
    Change.objects.create(product=product, cause=Change.Cause.ACTUALS, text=text, actor=ACTOR)
    jobs.ask("recompute", product.pk, product=product)
    return row
