"""Whether definitions go round: KPIs that would be computed from themselves through others, or through too many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from metrics.core.formula import FormulaError
from metrics.core.kpi.kinds import kind_of
from metrics.core.kpi.matrix import MappingError
from metrics.models.kpi import MappingVersion
from metrics.queries.documents.known import Known
from metrics.queries.documents.vocabulary import vocabulary

MOST_DEEP = 20  # KPIs under one another

State = MappingVersion.State
Edges = Callable[[str], Iterable[str]]


def named(version: MappingVersion, known: Known) -> frozenset[str]:
    """KPIs that a mapping version names; none where it cannot be read any more."""
    try:
        names = kind_of(version.definition).read(version.definition, vocabulary(version.mapping.kpi, known)).names
    except (FormulaError, MappingError):
        return frozenset()
    return names & known.kpis.keys()


def round_trip(key: str, under: Iterable[str], edges: Edges) -> list[str]:
    """The shortest way from a KPI, through those that its mapping names, back to itself; [] where there is none."""
    before = dict.fromkeys(under, key)
    waiting = list(before)
    for name in waiting:  # grows while it is read
        if name == key:
            way = [key, before[name]]
            while way[-1] != key:
                way.append(before[way[-1]])
            return way[::-1]
        for other in edges(name):
            if other not in before:
                before[other] = name
                waiting.append(other)
    return []


def depth(under: Iterable[str], edges: Edges) -> int:
    """How many KPIs stand under one another at most, where none goes round; one more than MOST_DEEP ends the search."""
    level, deep = set(under), 0
    while level and deep <= MOST_DEEP:
        deep += 1
        level = {other for name in level for other in edges(name)}
    return deep


def in_words(way: Iterable[str]) -> str:
    return " → ".join(way)


def troubles(known: Known) -> Mapping[str, str]:
    """KPI → why its mapping in force cannot be computed: it goes round, or too deep. Only those that do."""
    held: dict[str, Any] = known.once("rounds", dict)
    if held.get("of") is not known.approved:  # what is in force may be supposed otherwise
        names = {key: named(version, known) for key, version in known.approved.items()}
        held |= {"of": known.approved, "why": dict(_troubles(names))}
    found: Mapping[str, str] = held["why"]
    return found


def open_names(known: Known) -> Mapping[str, frozenset[str]]:
    """KPI → those that its mapping names in force, or as it is proposed or endorsed."""
    rows = MappingVersion.objects.filter(mapping__product=known.product, state__in=[State.PROPOSED, State.ENDORSED])
    found = {key: named(version, known) for key, version in known.approved.items()}
    for version in rows.select_related("mapping__kpi__product"):
        key = version.mapping.kpi.key
        found[key] = found.get(key, frozenset()) | named(version, known)
    return found


def _troubles(names: Mapping[str, frozenset[str]]) -> Iterable[tuple[str, str]]:
    def edges(key: str) -> Iterable[str]:
        return names.get(key, frozenset())

    for key, under in names.items():
        if way := round_trip(key, under, edges):
            yield key, f"{key} would be computed from itself: {in_words(way)}"
        elif depth(under, edges) > MOST_DEEP:
            yield key, f"{key} is computed through more than {MOST_DEEP} KPIs"
