"""A formula mapping on the champion, part by part, from stored figures alone."""

from __future__ import annotations

from metrics import store
from metrics.core.formula import Explanation
from metrics.core.kpi.pricing import Pricing
from metrics.models.kpi import MappingVersion
from metrics.queries.documents import kpi
from metrics.queries.documents.known import Known
from metrics.queries.documents.models import stands_on


def explained(version: MappingVersion, known: Known) -> Explanation | None:
    """None where it has no parts, nothing is champion, or the figures under it are not computed yet."""
    champion = stands_on(version, known)
    if champion is None:
        return None
    document = known.book[kpi.kpi(known.book, champion, version, known)]
    try:
        return Pricing(document, known.source).explained()
    except store.Missing:
        return None
