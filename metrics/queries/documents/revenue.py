"""The documents of a projection and of what came of it, made from what is known now as those of `documents` are."""

from __future__ import annotations

from typing import Any

from metrics.core.calendar import later, month_of
from metrics.core.documents import Document
from metrics.core.engine import ENGINE
from metrics.core.kpi.kinds import kind_of
from metrics.core.revenue.projecting import TERMS
from metrics.models.kpi import MappingVersion
from metrics.models.revenue import Projection
from metrics.queries.documents import evaluation, kpi
from metrics.queries.documents.book import Book
from metrics.queries.documents.known import Known


def revenue(
    book: Book, projection: Projection, known: Known, *, version: MappingVersion | None = None
) -> dict[str, str]:
    """Figure → digest, of the projection ("total" and months) of the champion under the mapping in force, or `version`.

    Empty where there is no mapping in force, or no champion: then there is nothing to be computed.
    """
    shared = projected(book, projection, known, version=version)
    return {figure: book.add({**shared, "figure": figure}) for figure in ("total", *ahead(shared))} if shared else {}


def projected(
    book: Book, projection: Projection, known: Known, *, version: MappingVersion | None = None
) -> Document | None:
    """What the documents of all figures of a projection share: they add "figure" to it."""
    mapping = version or known.approved.get(projection.value_kpi.key)
    champion = known.champion
    if mapping is None or champion is None:
        return None
    return {
        "kind": "revenue",
        "product": known.product.slug,
        "value": kpi.kpi(book, champion, mapping, known),
        "volume": known.actuals(projection.volume_kpi),
        "growth": None,
        **_terms(projection, known, mapping),
        # the value a case is against its mapping's baseline, whatever the projection was set up with
        "baseline": mapping.definition.get("baseline", projection.baseline),
        "months": projection.months,
        "currency": known.product.currency,
        "seed": known.product.seed,
        "engine": ENGINE,
    }


def ahead(document: Document) -> list[str]:
    """The months that a projection is for; none without a past."""
    last = document["volume"][-1][0] if document["volume"] else None
    return [later(last, step) for step in range(1, document["months"] + 1)] if last else []


def _terms(projection: Projection, known: Known, mapping: MappingVersion) -> dict[str, Any]:
    """The assumptions of the projection that are set, and the correction of the mapping version where one is proven."""
    newest = {row.assumption_id: row for row in known.assumptions.values()}
    held = {name: newest.get(getattr(projection, f"{name}_id")) for name in TERMS}
    found: dict[str, Any] = {name: evaluation.assumption(row) for name, row in held.items() if row is not None}
    corrected = known.corrections.get(mapping.pk)
    if corrected is not None:
        numbers = {"factor": corrected.factor, "error": corrected.error, "scores": corrected.scores}
        found["correction"] = numbers | {"mapping": mapping.digest}
    return found


def realised(book: Book, projection: Projection, known: Known) -> dict[str, str]:
    """Figure → digest, of what the champion's decisions were worth in the months that rows and actuals cover."""
    mapping = known.approved.get(projection.value_kpi.key)
    champion = known.champion
    if mapping is None or champion is None or not kind_of(mapping.definition).acts or not champion.data_set:
        return {}
    data = champion.data_set
    if data.first_event is None or data.last_event is None:
        return {}
    first, last = (month_of(moment, known.product.time_zone) for moment in (data.first_event, data.last_event))
    volume = [(month, count) for month, count in known.actuals(projection.volume_kpi) if first <= month <= last]
    document = {
        "kind": "realised",
        "product": known.product.slug,
        "value": kpi.kpi(book, champion, mapping, known),
        "volume": volume,
        "currency": known.product.currency,
        "seed": known.product.seed,
        "engine": ENGINE,
    }
    return {figure: book.add(document | {"figure": figure}) for figure in ("total", *(month for month, _ in volume))}
