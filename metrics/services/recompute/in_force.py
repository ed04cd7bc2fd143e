"""Keeping what is in force from now on: the figure of each KPI and of the total, as pages show them."""

from __future__ import annotations

from metrics import jobs
from metrics.core.estimate import Unknown
from metrics.models.kpi import InForce
from metrics.models.product import Product
from metrics.queries.documents.known import Known
from metrics.queries.kpi import board
from metrics.queries.revenue.outlook import outlook

REASON = 500
NO_MAPPING = "no mapping in force gave it"


def note(product: Product) -> None:
    """Write what differs from what was in force; what is not computed yet is in force once it is."""
    known = Known(product)
    held = _held(known)
    made: list[tuple[str | None, str, str]] = []
    for row in board.board(known):
        figure = row.figure
        if figure.receipt:
            made.append((figure.kpi.pk, figure.receipt, ""))
        elif figure.version is None and isinstance(figure.quantity, Unknown) and figure.kpi.pk in held:
            made.append((figure.kpi.pk, "", figure.quantity.reason[:REASON]))
        elif figure.version is None and figure.kpi.pk in held:  # observed only, from now on
            made.append((figure.kpi.pk, "", NO_MAPPING))
    one = outlook(known)
    if one.receipt:
        made.append((None, one.receipt, ""))
    elif isinstance(one.total, Unknown) and None in held and one.document is None:
        made.append((None, "", one.total.reason[:REASON]))
    since = jobs.clock()  # of several workers, whose clocks may differ: what was in force last is found by it
    InForce.objects.bulk_create(
        InForce(product=product, kpi_id=kpi, digest=digest, reason=reason, created_at=since)
        for kpi, digest, reason in made
        if held.get(kpi) != (digest, reason)
    )


def _held(known: Known) -> dict[str | None, tuple[str, str]]:
    """KPI, None for the total → (digest, reason) in force; none of what never was."""
    keys: list[str | None] = [None, *(kpi.pk for kpi in known.kpis.values())]
    rows = (InForce.objects.filter(product=known.product, kpi=key).first() for key in keys)
    return {row.kpi_id: (row.digest, row.reason) for row in rows if row is not None}
