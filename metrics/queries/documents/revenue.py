"""The documents of a projection and of what came of it, made from what is known now as those of `documents` are."""

from __future__ import annotations

from typing import Any

from metrics.core.calendar import later
from metrics.core.documents import Document
from metrics.core.engine import ENGINE
from metrics.core.kpi.kinds import kind_of
from metrics.core.revenue.projecting import TERMS
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import MappingVersion
from metrics.models.revenue import Projection
from metrics.queries.documents import evaluation, kpi, models
from metrics.queries.documents.book import Book
from metrics.queries.documents.known import NO_APPROVED, Known


def revenue(
    book: Book, projection: Projection, known: Known, *, version: MappingVersion | None = None
) -> dict[str, str]:
    """Figure → digest, of the projection ("total" and months) of the champion under the mapping in force, or `version`.

    Empty where there is no mapping in force, or no champion: then there is nothing to be computed.
    """
    shared = projected(book, projection, known, version=version)
    return book.add_each(shared, "figure", ("total", *ahead(shared))) if shared else {}


def projected(
    book: Book,
    projection: Projection,
    known: Known,
    *,
    version: MappingVersion | None = None,
    run: EvaluationRun | None = None,
) -> Document | None:
    """What the documents of all figures of a projection share: they add "figure" to it.

    run: in the champion's place, as if it had been chosen.
    """
    mapping = version or known.approved.get(projection.value_kpi.key)
    champion = run or (models.stands_on(mapping, known) if mapping is not None else None)
    if mapping is None or champion is None:
        return None
    return {
        "kind": "revenue",
        "product": known.product.slug,
        "value": kpi.kpi(book, champion, mapping, known),
        "volume": known.actuals(projection.volume_kpi),
        "growth": None,
        **_terms(projection, known, mapping),
        "baseline": mapping.definition.get("baseline", "none"),
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
    """Figure → digest, of what the champion's decisions were worth in the months that rows and actuals cover.

    Empty where nothing will be computed, for which `never_realised` has the reason.
    """
    mapping = known.approved.get(projection.value_kpi.key)
    champion = models.stands_on(mapping, known) if mapping is not None else None
    if mapping is None or champion is None or never_realised(projection, known):
        return {}
    volume = _covered(known.actuals(projection.volume_kpi), champion)
    document = {
        "kind": "realised",
        "product": known.product.slug,
        "value": kpi.kpi(book, champion, mapping, known),
        "volume": volume,
        "currency": known.product.currency,
        "seed": known.product.seed,
        "engine": ENGINE,
    }
    return book.add_each(document, "figure", ("total", *(month for month, _ in volume)))


def never_realised(projection: Projection, known: Known) -> str:
    """Why no past month will ever have a figure as things stand; "" where one will."""
    mapping = known.approved.get(projection.value_kpi.key)
    if mapping is None:
        return f"{projection.value_kpi.name}: {NO_APPROVED}"
    champion = models.stands_on(mapping, known)
    if champion is None:
        return models.no_champion(mapping, known)
    if not kind_of(mapping.definition).by_month:
        return "its mapping prices all rows together, and no month of them alone"
    rows, volume = champion.months, known.actuals(projection.volume_kpi)
    if not rows:
        return "the cases that the model was tested on have no dates, so what a month brought cannot be told"
    if not volume:
        return f"no full month of {projection.volume_kpi.name} is known"
    if not _covered(volume, champion):
        return (
            f"the cases that the model was tested on are of {rows[0]} to {rows[1]} and "
            f"{projection.volume_kpi.name} is known for {volume[0][0]} to {volume[-1][0]}: they share no month"
        )
    return ""


def _covered(volume: list[tuple[str, float]], champion: EvaluationRun) -> list[tuple[str, float]]:
    """The volume of the months that a run's rows cover."""
    rows = champion.months
    return [(month, count) for month, count in volume if rows and rows[0] <= month <= rows[1]]
