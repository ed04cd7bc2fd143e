"""Where the assumptions of a product lie: by the terms of its projection that they are, else by their units."""

from __future__ import annotations

from collections.abc import Mapping

from metrics.core.revenue.projecting import TERMS
from metrics.core.supports import ANYWHERE, Support, by_unit, support
from metrics.models.kpi import KPI
from metrics.models.product import Product
from metrics.models.revenue import Projection
from metrics.queries.documents import evaluation
from metrics.queries.documents.known import Known

GROWTH = "growth"


def _role(terms: Mapping[str, str | None], key: str) -> Support | None:
    """Where an assumption lies by the term that it is, or is going to be by its key; None where its unit has it.

    terms: term of the projection → key of its assumption.
    """
    taken = [name for name, held in terms.items() if held == key]
    if not taken and key in TERMS and terms.get(key) is None:
        taken = [key]
    return next((lies for name in taken if (lies := TERMS[name]) is not None), None)


def stated(product: Product, key: str, unit: str) -> Support:
    """Where what is stated of an assumption has to lie, whatever its distribution."""
    keys = [f"{name}__key" for name in TERMS]
    row = Projection.objects.filter(product=product).values_list(*keys).first()
    lies = _role(dict(zip(TERMS, row, strict=True)) if row else {}, key)
    return by_unit(unit) if lies is None else lies


def counts_cases(kpi: KPI) -> bool:
    """Whether a projection takes a KPI as the number of its cases, which are never below 0."""
    return Projection.objects.filter(volume_kpi=kpi).exists()


def supports(known: Known) -> dict[str, Support]:
    """Name that a what-if may move → where that lies; "growth" too, whatever the key of its assumption."""
    keys, projection = {row.assumption_id: key for key, row in known.assumptions.items()}, known.projection
    terms = {name: keys.get(getattr(projection, f"{name}_id")) for name in TERMS} if projection else {}
    found = {key: support(evaluation.assumption(row), _role(terms, key)) for key, row in known.assumptions.items()}
    growth = terms.get(GROWTH)
    return found | ({GROWTH: found[growth]} if growth else {})


def outside(known: Known, moved: Mapping[str, float]) -> dict[str, Support]:
    """Name → where it lies, of those that are moved to where they cannot be."""
    lies = supports(known)
    return {name: lies[name] for name, at in moved.items() if not lies.get(name, ANYWHERE).holds(at)}
