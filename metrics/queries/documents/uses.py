"""Why a KPI, an assumption or a mapping cannot be corrected or deleted any more: what stands on it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from metrics.core.kpi.kinds import KINDS
from metrics.core.revenue.projecting import TERMS
from metrics.models.kpi import KPI, Assumption, MappingVersion
from metrics.models.product import Product
from metrics.models.revenue import Projection, Scenario

State = MappingVersion.State
KPI_PARTS = ("value_kpi", "volume_kpi", "revenue_kpi")


def of_kpi(kpi: KPI) -> str:
    """What stands on a KPI, with what to do; "" where nothing does."""
    own = MappingVersion.objects.filter(mapping__kpi=kpi).exclude(state=State.DRAFT).order_by("-number").first()
    if own is not None:
        return _signed(own, "its mapping")
    return next(_others(kpi.product, kpi.key, but=kpi), "") or next(_projected(kpi.product, KPI_PARTS, kpi), "")


def of_assumption(assumption: Assumption) -> str:
    """What stands on an assumption, with what to do; "" where nothing does."""
    product, key = assumption.product, assumption.key
    found = [*_others(product, key), *_projected(product, TERMS, assumption)]
    scenarios = Scenario.objects.filter(product=product, withdrawn_at=None, overrides__has_key=key)
    found += [f"the scenario {one.name} moves it: remove that first" for one in scenarios]
    return next(iter(found), "")


def of_version(version: MappingVersion) -> str:
    """Why a version of a mapping stays; "" for a draft."""
    return "" if version.state == State.DRAFT else _signed(version, "it")


def names_in(definition: object) -> set[str]:
    """The words of a definition's formulas, of whatever kind it is: all that it can name is among them."""
    return set(re.findall(r"[a-z][a-z0-9_]*", " ".join(_texts(definition))))


def _texts(part: object) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for key, value in part.items():
            if key != "says":  # a sentence names nothing
                yield from _texts(value)
    elif isinstance(part, list):
        for value in part:
            yield from _texts(value)


def _signed(version: MappingVersion, what: str) -> str:
    said = {
        State.PROPOSED: "is proposed, which whoever proposed it has signed: it is taken back or objected to first",
        State.ENDORSED: "is endorsed: it is taken back or objected to first",
    }
    kept = "was signed and in force: what figures stood on is kept"
    return f"{what}, version {version.number}, {said.get(State(version.state), kept)}"


def _others(product: Product, key: str, but: KPI | None = None) -> Iterator[str]:
    """The mappings that name a key, those that are signed first."""
    rows = MappingVersion.objects.filter(mapping__product=product).select_related("mapping")
    rows = rows.exclude(mapping__kpi=but) if but is not None else rows
    naming = [row for row in rows if row.definition.get("kind") in KINDS and key in names_in(row.definition)]
    for row in sorted(naming, key=lambda row: row.state == State.DRAFT):
        if row.state == State.DRAFT:
            yield f"the draft of {row.mapping.name} names it: change or delete that first"
        else:
            yield f"{row.mapping.name}, version {row.number}, which was signed or is to be, names it"


def _projected(product: Product, parts: Iterable[str], used: KPI | Assumption) -> Iterator[str]:
    projection = Projection.objects.filter(product=product).first()
    for part in parts:
        if projection is not None and getattr(projection, f"{part}_id") == used.pk:
            yield f"the projection is made of it ({part.replace('_kpi', '').replace('_', ' ')}): change that first"
