"""Revenue at risk: what trouble with the data or the assumptions could take from a product's money, by cause."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from metrics import store
from metrics.core.documents import Document, RowsElsewhere, made_from_rows
from metrics.core.engine import ENGINE
from metrics.core.estimate import Unknown
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.kpi.kinds import kind_of
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import MappingVersion
from metrics.models.revenue import Projection
from metrics.queries.documents import kpi as kpi_documents
from metrics.queries.documents.known import Known
from metrics.queries.documents.models import read_from, stands_on
from metrics.queries.documents.source import FILES
from metrics.queries.kpi.board import KPIFigure, of_run
from metrics.queries.kpi.months import last_year
from metrics.queries.product import owners

SOON = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Risk:
    """One cause: what it does to the money of a year's cases, and the 80 % band; + is good for us.

    key: recent, drift, maturity or labels. name: the column. facts: what its sentence needs, as `core.revenue.at_risk`
    gives it. low, high: None where there is no band, why: the reason.
    """

    key: str
    name: str
    change: float
    low: float | None
    high: float | None
    facts: Mapping[str, Any]
    why: str = ""

    @property
    def amount(self) -> float:
        """What the lower end of the band would take away; 0 where it takes nothing, or is not known."""
        return 0.0 if self.low is None else max(0.0, -self.low)


@dataclass(frozen=True)
class Expiring:
    """An assumption without which the money counts in no total, now or within 30 days.

    owner_left: whether the owner is no member of the product any more.
    """

    name: str
    until: date
    expired: bool
    owner: str
    owner_left: bool = False


@dataclass(frozen=True)
class Risks:
    """Causes, the costliest first. months, cases: of the past year's volume; why: why there are none, or "".

    figure: the champion's value that they would move; its grade is theirs. None where there is none. two_outcomes:
    whether the champion's cases have but two, one of which happens or does not. unseen: the other models that the value
    is read from, in whose rows no cause is looked for. year: the months of that volume. not_known: kind of cause → why
    the rows tell nothing of it.
    """

    causes: tuple[Risk, ...]
    expiring: tuple[Expiring, ...]
    cases: float
    months: int
    why: str = ""
    figure: KPIFigure | None = None
    two_outcomes: bool = True
    unseen: tuple[str, ...] = ()
    year: tuple[str, ...] = ()
    not_known: Mapping[str, str] = field(default_factory=dict)


def document(known: Known) -> str:
    """The digest of the document of the champion's risks, or "" where its value is not made from its rows."""
    basis = _basis(known)
    champion = stands_on(basis[1], known) if basis else None
    if basis is None or champion is None:
        return ""
    kpi = known.book[kpi_documents.kpi(known.book, champion, basis[1], known)]
    if champion.source or _without(kpi, known):
        return ""
    return known.book.add(
        {
            "kind": "risk",
            "rows": champion.rows,
            **kind_of(kpi["definition"]).at_risk(kpi),
            "votes": champion.data_set.votes if champion.data_set else "",
            "time_zone": known.product.time_zone,
            "tells": "causes, and what is not known",
            "seed": known.product.seed,
            "engine": ENGINE,
        }
    )


def of_product(known: Known) -> Risks:
    """The causes that are known today, in money a year at the volume of the last twelve months of actuals."""
    basis = _basis(known)
    champion = stands_on(basis[1], known) if basis else None
    if basis is None or champion is None:
        return Risks((), (), 0.0, 0, "there is no projection of an approved mapping yet")
    projection, version = basis
    volume = last_year(known, projection.volume_kpi)
    cases = sum(volume.values())
    digest = document(known)
    file = dict(FILES([digest])).get(digest) if digest else None
    told = json.loads(store.get(file)) if file and store.has(file) else {"causes": [], "not_known": {}}
    found = [_risk(one, cases) for one in told["causes"]]
    (figure,) = of_run(champion, known, [version])
    kpi = known.book[kpi_documents.kpi(known.book, champion, version, known)]
    unknown = figure.quantity.reason if isinstance(figure.quantity, Unknown) and not found else ""
    why = unknown if file else "being computed" if digest else _elsewhere(champion) or _without(kpi, known)
    ordered = sorted(found, key=lambda one: (one.low is None, -one.amount, one.key, one.name))
    expiring = _expiring(kpi.get("assumptions", {}), known)
    two_outcomes = TASKS[champion.task].two_outcomes
    unseen = tuple(model.name for model in read_from(version, known) if model.pk != champion.version.model_id)
    return Risks(
        causes=tuple(ordered),
        expiring=tuple(expiring),
        cases=cases,
        months=len(volume),
        why=why,
        figure=figure,
        two_outcomes=two_outcomes,
        unseen=unseen,
        year=tuple(volume),
        not_known=told["not_known"],
    )


def _elsewhere(champion: EvaluationRun) -> str:
    """Why no trouble is looked for in rows that are not here; "" of those that are."""
    return RowsElsewhere(champion.source).place if champion.source else ""


def _without(kpi: Document, known: Known) -> str:
    """Why the rows can tell of no cause; "" where the value is made from them."""
    if "unknown" in kpi:
        return str(kpi["unknown"])
    return "" if made_from_rows(kpi, known.book) else "the value is not made from the rows of the run"


def _basis(known: Known) -> tuple[Projection, MappingVersion] | None:
    """The projection, and the mapping in force of its value."""
    projection = known.projection
    version = known.approved.get(projection.value_kpi.key) if projection else None
    return (projection, version) if projection and version else None


def _risk(found: Mapping[str, Any], cases: float) -> Risk:
    low, high = (None if found[end] is None else found[end] * cases for end in ("low", "high"))
    named = {field: found[field] for field in ("key", "name", "facts", "why")}
    return Risk(change=found["change"] * cases, low=low, high=high, **named)


def _expiring(used: Mapping[str, Any], known: Known) -> Iterator[Expiring]:
    versions, today = known.assumptions, known.today
    for key in sorted(used):
        row = versions[key]
        if row.valid_until and row.valid_until < today + SOON:
            expired, left = row.valid_until < today, row.owner in owners.left(known)
            yield Expiring(row.assumption.name, row.valid_until, expired, row.owner, left)


@dataclass(frozen=True, kw_only=True)
class Threats:
    """What threatens a product's money, for a page of many products: causes that may take some away, the costliest
    first, and the assumptions that run out. two_outcomes: as in `Risks`. waits: whether causes are not computed yet.
    """

    causes: tuple[Risk, ...] = ()
    expiring: tuple[Expiring, ...] = ()
    two_outcomes: bool = True
    waits: bool = False


def threats(several: Sequence[Known]) -> dict[str, Threats]:
    """Product id → its threats, in a number of queries that does not grow with the products."""
    names = {known.product.pk: document(known) for known in several}
    wanted = {name for name in names.values() if name}
    files = dict(FILES(wanted))
    return {
        known.product.pk: _threats(known, files.get(names[known.product.pk], ""), asked=bool(names[known.product.pk]))
        for known in several
    }


def _threats(known: Known, file: str, *, asked: bool) -> Threats:
    basis = _basis(known)
    champion = stands_on(basis[1], known) if basis else None
    if basis is None or champion is None:
        return Threats()
    cases = sum(last_year(known, basis[0].volume_kpi).values())
    held = bool(file) and store.has(file)
    told = json.loads(store.get(file)) if held else {"causes": []}
    found = [one for one in (_risk(cause, cases) for cause in told["causes"]) if one.amount > 0]
    kpi = known.book[kpi_documents.kpi(known.book, champion, basis[1], known)]
    return Threats(
        causes=tuple(sorted(found, key=lambda one: (-one.amount, one.key, one.name))),
        expiring=tuple(one for one in _expiring(kpi.get("assumptions", {}), known) if not one.expired),
        two_outcomes=TASKS[champion.task].two_outcomes,
        waits=asked and not held,
    )
