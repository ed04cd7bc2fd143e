"""What a change would do before it is made: each KPI, the quarters realised and the projected total, before and after.

A change is a second `Known`: the present one with an assumption's next version in it, or with another mapping version
in force. Both sides are replayed from documents, draw k beside draw k, so differences are paired. No rows are opened:
where decisions are not computed yet, those in force are held, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from metrics import store
from metrics.core import replay
from metrics.core.documents import Document
from metrics.core.estimate import Estimate, Quantity, Unknown, difference, no_band_of
from metrics.core.revenue.projecting import figures
from metrics.models.kpi import Assumption, AssumptionVersion, KPIResult, MappingVersion
from metrics.models.product import Product
from metrics.models.revenue import RevenueResult
from metrics.queries.documents import kpi as kpi_documents
from metrics.queries.documents import revenue
from metrics.queries.documents.known import NO_APPROVED, Known
from metrics.queries.documents.models import no_champion, stands_on
from metrics.queries.documents.source import Shelf
from metrics.queries.evaluation.results import quantity, spelled
from metrics.queries.kpi.grade import Grade, Grader
from metrics.queries.revenue.outlook import why_not
from metrics.queries.revenue.supposed import NOT_COMPUTED, Supposed, stand_in

QUARTERS = 8  # realised ones that are shown, the newest
Kind = Literal["kpi", "realised", "projected"]


@dataclass(frozen=True)
class Moved:
    """One figure before and after. key: of the KPI, the quarter's name, or "total"; months: of a quarter, the known;
    projected: the months that a projection is of."""

    kind: Kind
    key: str
    name: str
    before: Quantity
    after: Quantity
    difference: Quantity
    months: int = 0
    projected: tuple[str, ...] = ()


@dataclass(frozen=True)
class Regraded:
    """One figure whose grade changes."""

    kind: Kind
    key: str
    name: str
    before: Grade
    after: Grade


@dataclass(frozen=True)
class Impact:
    """rows: what moves. still: how many KPIs in force do not. held: priced with the decisions in force.

    grades: the figures with another grade than before, whether they move or not.
    """

    rows: tuple[Moved, ...]
    still: int
    held: bool
    grades: tuple[Regraded, ...] = ()

    def of(self, kind: Kind) -> tuple[Moved, ...]:
        return tuple(row for row in self.rows if row.kind == kind)


def of_version(version: MappingVersion, known: Known) -> Impact:
    """What approving a version would change."""
    then = copy(known)
    then.suppose(approved=known.approved | {version.mapping.kpi.key: version})
    return impact(known, then)


def of_assumption(
    of: Assumption,
    distribution: Mapping[str, Any],
    known: Known,
    *,
    source: str = "",
    valid_until: date | None = None,
) -> Impact:
    """What saving this as an assumption's next version would change."""
    held = known.assumptions.get(of.key)
    row = AssumptionVersion(
        assumption=of,
        number=(held.number if held else 0) + 1,
        distribution=dict(distribution),
        source=source,
        valid_until=valid_until,
    )
    then = copy(known)
    then.suppose(assumptions=known.assumptions | {of.key: row})
    found = impact(known, then, supposed=row)
    same = held is not None and held.distribution == distribution
    return replace(found, rows=(), still=len(known.approved)) if same and known.champions else found


def impact(now: Known, then: Known, *, supposed: AssumptionVersion | None = None) -> Impact:
    """What differs between two states of a product; empty without a champion. supposed: what `then` would write."""
    if not now.champions:
        return Impact((), 0, False)
    before, after = Side(now), Side(then)
    source = Supposed(after.book, _instead(before, after))
    stored = Stored(before)
    rows, still = [], 0
    for key, digest in after.kpis.items():
        if before.kpis.get(key) == digest:
            still += 1
            continue
        was = stored.kpi(before.kpis[key]) if key in before.kpis else Unknown(NO_APPROVED)
        kpi, will = then.kpis[key], _replayed(after.book[digest], source)
        rows.append(_moved("kpi", key, kpi.name, spelled(was, kpi.unit), spelled(will, kpi.unit)))
    for key, digest in before.kpis.items():
        if key not in after.kpis:
            kpi = now.kpis[key]
            gone = Unknown(_why_gone(key, then))
            rows.append(_moved("kpi", key, kpi.name, spelled(stored.kpi(digest), kpi.unit), gone))
    rows += _realised(before, after, stored, source)
    if before.projected and not after.projected:
        gone = Unknown(why_not(then))
        was = stored.money(before.projected["total"])
        rows.append(_moved("projected", "total", "Projection", was, gone, projected=before.ahead))
    if after.projected and before.projected.get("total") != after.projected["total"]:
        was = stored.money(before.projected["total"]) if before.projected else Unknown(NO_APPROVED)
        will = _replayed(after.book[after.projected["total"]], source)
        rows.append(_moved("projected", "total", "Projection", was, will, projected=after.ahead))
    return Impact(tuple(rows), still, source.held, _regraded(before, after, then, supposed))


def _why_gone(key: str, then: Known) -> str:
    """Why a KPI that a mapping gave has no figure any more."""
    version = then.approved.get(key)
    return no_champion(version, then) if version else NO_APPROVED


def _regraded(before: Side, after: Side, then: Known, supposed: AssumptionVersion | None) -> tuple[Regraded, ...]:
    was, will = Grader(before.known), Grader(after.known, supposed=[supposed] if supposed else [])
    kinds: list[tuple[Kind, str, str, str | None, str]] = [
        ("kpi", key, then.kpis[key].name, before.kpis.get(key), digest) for key, digest in after.kpis.items()
    ]
    if after.projected:
        kinds.append(("projected", "total", "Projection", before.projected.get("total"), after.projected["total"]))
    found = []
    for kind, key, name, old, new in kinds:
        if old is None or old == new:
            continue
        grades = was.of(before.book[old]), will.of(after.book[new])
        if grades[0].letter != grades[1].letter:
            found.append(Regraded(kind, key, name, *grades))
    return tuple(found)


class Side:
    """The documents of one state: KPI key → digest, and figure → digest of what is projected and realised."""

    def __init__(self, known: Known) -> None:
        self.known, self.product, self.book = known, known.product, known.book
        standing = ((key, stands_on(one, known), one) for key, one in known.approved.items())
        self.kpis = {
            key: kpi_documents.kpi(self.book, run, one, known) for key, run, one in standing if run is not None
        }
        projection = known.projection
        self.projected = revenue.revenue(self.book, projection, known) if projection else {}
        self.realised = revenue.realised(self.book, projection, known) if projection else {}

    @property
    def ahead(self) -> tuple[str, ...]:
        """The months projected."""
        return tuple(sorted(figure for figure in self.projected if figure != "total"))


class Stored:
    """Figures of one state as they are stored, or replayed where one is not stored yet."""

    def __init__(self, side: Side) -> None:
        self.side = side
        flows = [*side.projected.values(), *side.realised.values()]
        self._kpis = {row.digest: row for row in KPIResult.objects.filter(digest__in=side.kpis.values())}
        self._money = {row.digest: row for row in RevenueResult.objects.filter(digest__in=flows)}

    def kpi(self, digest: str) -> Quantity:
        return self._of(digest, self._kpis)

    def money(self, digest: str) -> Quantity:
        return self._of(digest, self._money)

    def _of(self, digest: str, rows: Mapping[str, Any]) -> Quantity:
        if digest in rows:
            return quantity(rows[digest])
        return _replayed(self.side.book[digest], self.side.known.source)


def _replayed(document: Document, source: Shelf) -> Quantity:
    try:
        return replay.quantity(document, source)
    except store.Missing:
        return Unknown(NOT_COMPUTED)


def _instead(before: Side, after: Side) -> dict[str, tuple[str, bool]]:
    """What may stand in for the sums after the change: those in force."""
    pairs: dict[str, tuple[str, bool]] = {}
    before.book.update({key: held for key, held in after.book.items() if key not in before.book})
    for key, digest in after.kpis.items():
        if key in before.kpis:
            pairs |= stand_in(before.book, digest, before.kpis[key])
    return pairs


def _realised(before: Side, after: Side, stored: Stored, source: Shelf) -> list[Moved]:
    if before.realised.get("total") == after.realised.get("total"):
        return []
    will, reason = _brought(after, source)
    months = [month for month in {**before.realised, **after.realised} if month != "total"]
    rows = []
    for name, held in list(quarters(after.product, months).items())[-QUARTERS:]:
        was = total([stored.money(before.realised[month]) for month in held if month in before.realised])
        now = total([will.get(month, Unknown(reason)) for month in held])
        rows.append(_moved("realised", name, name, was, now, months=len(held)))
    return rows


def _brought(after: Side, source: Shelf) -> tuple[Mapping[str, Quantity], str]:
    """Figure → what came in it after the change; and why one that is not there is not known."""
    if not after.realised:
        projection = after.known.projection
        return {}, revenue.never_realised(projection, after.known) if projection else NO_APPROVED
    try:
        return figures(after.book[after.realised["total"]], source), "the month is not known"
    except (store.Missing, ValueError) as error:
        return {}, NOT_COMPUTED if isinstance(error, store.Missing) else str(error)[:200]


def quarters(product: Product, months: Iterable[str]) -> dict[str, list[str]]:
    """ "Q3 2016" → its months, ascending; by the fiscal year, named by the year in which it ends, where one is set."""
    start, found = product.fiscal_year_start, dict[str, list[str]]()
    for month in sorted(months):
        year, number = int(month[:4]), int(month[5:7])
        quarter = (number - start) % 12 // 3 + 1
        ends = year if start == 1 else year + (number >= start)
        found.setdefault(f"Q{quarter} {'' if start == 1 else 'FY '}{ends}", []).append(month)
    return found


def total(parts: Iterable[Quantity]) -> Quantity:
    """The sum, draw by draw; Unknown where one of them is, or there is none."""
    found: Estimate | None = None
    for part in parts:
        if isinstance(part, Unknown):
            return part
        if found is None:
            found = part
            continue
        draws = None if found.draws is None or part.draws is None else found.draws + part.draws
        found = Estimate(found.point + part.point, found.unit, draws, no_band_of((found, part)))
    return found if found is not None else Unknown(NO_APPROVED)


def _moved(
    kind: Kind,
    key: str,
    name: str,
    before: Quantity,
    after: Quantity,
    *,
    months: int = 0,
    projected: tuple[str, ...] = (),
) -> Moved:
    return Moved(kind, key, name, before, after, difference(after, before), months, projected)
