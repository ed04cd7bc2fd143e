"""What-ifs: the assumptions under a projection that may be moved, and the projection with some of them moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metrics.core import distributions, replay
from metrics.core.estimate import Quantity, Unknown
from metrics.core.kpi.decisions import Decisions
from metrics.core.kpi.matrix import cells_at
from metrics.core.kpi.value import value
from metrics.core.replay import Document
from metrics.queries.documents.known import Known
from metrics.queries.documents.source import _decisions, _sums
from metrics.queries.kpi.board import chance
from metrics.queries.revenue.outlook import Outlook

GROWTH = "growth"


@dataclass(frozen=True)
class Lever:
    """An assumption that may be moved within its 95 % band; `says` tells what is known of it."""

    key: str
    name: str
    unit: str
    point: float
    low: float
    high: float
    says: str


def levers(one: Outlook, known: Known) -> list[Lever]:
    """The assumptions under a projection that have a spread; empty where the value a case is not priced from sums."""
    document, revenue = one.priced, one.document
    if document is None or revenue is None:
        return []
    found = [(key, known.assumptions[key].assumption.name, held) for key, held in document["assumptions"].items()]
    for term, held in terms_of(revenue).items():
        key = GROWTH if term == "growth" else held["id"]
        if key not in document["assumptions"]:
            found.append((key, known.assumptions[held["id"]].assumption.name, held))
    made = []
    for key, name, held in found:
        band = (estimate := replay.assumption(held, one.product.seed)).band(0.95)
        if band is not None and band[0] < band[1]:
            says = distributions.parse(held["distribution"]).describe()
            made.append(Lever(key, name, held["unit"], estimate.point, *band, says))
    return made


@dataclass(frozen=True)
class WhatIf:
    """The projection with some assumptions moved, the decisions on each row held as they are."""

    total: Quantity
    months: tuple[tuple[str, Quantity], ...]
    value: Quantity
    chance: float | None


def movable(one: Outlook) -> frozenset[str]:
    """The names that a what-if may move: the assumptions under the value a case, those of the projection, and growth.

    "growth" names the assumption on growth, whatever its key. None without a figure.
    """
    if one.priced is None or one.document is None:
        return frozenset()
    terms = terms_of(one.document)
    growth = {"growth"} if "growth" in terms else set()
    return frozenset(one.priced["assumptions"]) | {held["id"] for held in terms.values()} | growth


def terms_of(document: Document) -> dict[str, Document]:
    """Term → assumption, of those that a projection has."""
    return {term: document[term] for term in replay.PROJECTED if document.get(term)}


def what_if(one: Outlook, moved: Mapping[str, float]) -> WhatIf | Unknown:
    """Move assumptions: their draws shift to the new point, and the stored sums are priced again. No rows, no queue."""
    document, revenue = one.priced, one.document
    if document is None or revenue is None:
        return Unknown("only a projection whose value is priced from a run's sums can be moved")
    points: dict[str, float] = {}
    draws: dict[str, Any] = {}
    for key, held in replay.assumptions(document).items():
        at = moved.get(key, held.point)
        points[key] = at
        draws[key] = at if held.draws is None else held.draws + (at - held.point)
    try:
        quantity_, season, sums = _priced(document, points, draws)
        growth = revenue.get("growth")
        projected = replay.projection(
            revenue,
            quantity_,
            season=season,
            acted=replay.acted(revenue, sums),
            moved={**moved, growth["id"]: moved["growth"]} if growth and "growth" in moved else moved,
        )
    except LookupError:
        return Unknown("the sums that it is priced from are not in the store")
    except ValueError as error:
        return Unknown(str(error)[:200])
    if isinstance(projected, Unknown):
        return projected
    return WhatIf(
        projected.total,
        tuple((str(month), figure) for month, figure in projected.months.items()),
        quantity_,
        chance(projected.total, one.target, None),
    )


def _priced(
    document: Document, points: Mapping[str, float], draws: Mapping[str, Any]
) -> tuple[Quantity, dict[str, float], Decisions | None]:
    """The value a case, its season and its decisions, at these assumptions. Raises LookupError, ValueError."""
    if "decisions" not in document:
        sums = _sums(document["cube"])
        return replay.summed(document).value(sums, points, draws, seed=document["seed"]), {}, None
    decisions, matrix = _decisions(document["decisions"]), replay.matrix(document)
    at = cells_at(matrix, points)
    found = value(
        decisions,
        at,
        cells_at(matrix, draws),
        seed=document["seed"],
        baseline=matrix.baseline,
        per=matrix.per,
        unit=matrix.unit,
    )
    return found, replay.season(document, decisions, at), decisions
