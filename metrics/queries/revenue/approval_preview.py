"""What a mapping version means on the champion, before anybody signs it: outcomes, value, and what it would restate."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

from metrics import store
from metrics.core.assumptions import as_draws, assumption
from metrics.core.estimate import Quantity, Unknown, difference, made
from metrics.core.kpi.decisions import CELLS, PLACE, CellName, Decisions
from metrics.core.kpi.matrix import cells_at, parse_matrix
from metrics.core.kpi.pricing import Pricing
from metrics.core.revenue.projecting import Projecting, figures
from metrics.core.revenue.projection import Projection
from metrics.models.evaluation import EvaluationRun, Model
from metrics.models.kpi import KPI, KPIResult, MappingVersion
from metrics.models.kpi import Mapping as MappingRow
from metrics.queries.documents import evaluation, revenue
from metrics.queries.documents import kpi as kpi_documents
from metrics.queries.documents.known import Known
from metrics.queries.documents.models import no_champion, stands_on
from metrics.queries.documents.vocabulary import vocabulary
from metrics.queries.evaluation.results import quantity, spelled
from metrics.queries.revenue.meeting import chance, no_chance
from metrics.queries.revenue.outlook import Outlook, outlook
from metrics.queries.revenue.supposed import NOT_COMPUTED, Supposed, instead

COMPUTING = "being computed"


@dataclass(frozen=True)
class Outcome:
    """One cell of a value matrix on the champion: money a case on average, and how many cases."""

    cell: CellName
    says: str
    money: Quantity
    count: float | None


@dataclass(frozen=True)
class Preview:
    """A version on the champion beside the one in force, and the projections that follow.

    held: its own decisions are not computed yet, so it is priced on those of the version in force.
    """

    run: EvaluationRun | None
    value: Quantity
    receipt: str
    in_force: MappingVersion | None
    in_force_value: Quantity
    difference: Quantity
    projected: Quantity | None = None
    projected_in_force: Quantity | None = None
    restates: Quantity | None = None
    chance: float | None = None
    no_chance: str = ""
    chance_in_force: float | None = None
    outlook: Outlook | None = None
    held: bool = False


def preview(version: MappingVersion, known: Known) -> Preview:
    """What approving a version would change, from stored results; `projected` is None where no projection uses it."""
    champion, mine = stands_on(version, known), version.mapping.kpi
    in_force = known.approved.get(mine.key)
    if champion is None:
        gone = Unknown(no_champion(version, known))
        return Preview(None, gone, "", in_force, gone, gone)
    value, receipt = _stored(kpi_documents.kpi(known.book, champion, version, known))
    sketched = Sketch(value)
    if not receipt:
        sketched = sketch(mine, version.definition, known, version.model)
        value = sketched.value
    before = value
    if in_force is not None and in_force.pk != version.pk:
        before = _in_force(in_force, known)
    elif in_force is None:
        before = Unknown("no version is in force")
    value, before = (spelled(found, mine.unit) for found in (value, before))
    change, now = difference(value, before), outlook(known)
    if known.projection is None or known.projection.value_kpi_id != mine.pk:
        return Preview(champion, value, receipt, in_force, before, change, held=sketched.held)
    projection = value if isinstance(value, Unknown) else _projection(version, value, known)
    projected = projection if isinstance(projection, Unknown) else projection.total
    ahead = {} if isinstance(projection, Unknown) else projection.months
    met = now.met_by(ahead, _brought(version, now), why_not=projected)
    return Preview(
        run=champion,
        value=value,
        receipt=receipt,
        in_force=in_force,
        in_force_value=before,
        difference=change,
        projected=projected,
        projected_in_force=now.total,
        restates=difference(projected, now.total),
        chance=chance(met),
        no_chance=no_chance(met),
        chance_in_force=now.chance,
        outlook=now,
        held=sketched.held,
    )


def _in_force(version: MappingVersion, known: Known) -> Quantity:
    """What the version in force gives, of the champion of its own model."""
    champion = stands_on(version, known)
    if champion is None:
        return Unknown(no_champion(version, known))
    return _stored(kpi_documents.kpi(known.book, champion, version, known))[0]


def _brought(version: MappingVersion, now: Outlook) -> Mapping[str, Quantity]:
    """What the months of the target that are over brought under a version, as `_projection` has those ahead."""
    known, projection, meeting = now.known, now.projection, now.meeting
    if projection is None or meeting is None or projection.revenue_kpi is not None:
        return now.brought
    then = copy(known)
    then.suppose(approved=known.approved | {version.mapping.kpi.key: version})
    held = revenue.realised(then.book, projection, then)
    wanted = now.brought.keys() & set(meeting.months)
    if not held or not wanted:
        return {}
    try:
        found = figures(then.book[held["total"]], Supposed(then.book, instead(known, [version])))
    except (store.Missing, ValueError):
        return dict.fromkeys(wanted, Unknown(NOT_COMPUTED))
    return {month: found[month] for month in wanted if month in found}


def _projection(version: MappingVersion, value: Quantity, known: Known) -> Projection | Unknown:
    """The projection under a version, from the sums of the version in force where its own are not computed yet."""
    assert known.projection is not None
    document = revenue.revenue(known.book, known.projection, known, version=version)["total"]
    source = Supposed(known.book, instead(known, [version]))
    try:
        return Projecting(known.book[document], source).projected(value=value)
    except store.Missing:
        return Unknown(NOT_COMPUTED)
    except ValueError as error:
        return Unknown(str(error)[:200] or "cannot be computed")


def _stored(digest: str) -> tuple[Quantity, str]:
    row = KPIResult.objects.filter(digest=digest).first()
    return quantity(row, reason=COMPUTING), digest if row else ""


def outcomes(version: MappingVersion, known: Known) -> list[Outcome]:
    """The four outcomes of a value matrix; without counts where the champion's decisions are not computed yet."""
    units, product = vocabulary(version.mapping.kpi, known).assumptions, known.product
    matrix = parse_matrix(version.definition, units, product.currency, case=product.case_noun)
    sums = _decisions(version, known)
    priced = {
        name: assumption(evaluation.assumption(row), known.product.seed)
        for name, row in known.assumptions.items()
        if name in matrix.names
    }
    at_points = cells_at(matrix, {name: estimate.point for name, estimate in priced.items()})
    at_draws = cells_at(matrix, {name: as_draws(estimate) for name, estimate in priced.items()})
    whole = None if sums is None else sums.dense().sum(axis=0)
    rows = []
    for name in CELLS:
        count = None if whole is None else float(whole[PLACE[name]][0])
        column, says = at_points[name].column, matrix.cells[name].says
        mean = 0.0
        if column is not None:
            if whole is None or sums is None or not count:
                reason = no_champion(version, known) or COMPUTING
                reason = "no such case in the test" if count == 0 else reason
                rows.append(Outcome(name, says, Unknown(reason), count))
                continue
            mean = float(whole[PLACE[name]][1 + sums.columns.index(column)]) / count
        draws = at_draws[name].base + at_draws[name].rate * mean
        spread = None if getattr(draws, "ndim", 0) == 0 or float(draws.std()) == 0 else draws
        money = made(at_points[name].base + at_points[name].rate * mean, spread, known.product.currency)
        rows.append(Outcome(name, says, money, count))
    return rows


def _decisions(version: MappingVersion, known: Known) -> Decisions | None:
    """The champion's decisions under a version; None while they are not computed."""
    champion = stands_on(version, known)
    if champion is None:
        return None
    document = known.book[kpi_documents.kpi(known.book, champion, version, known)]
    try:
        sums = Pricing(document, known.source).statistics
    except store.Missing:
        return None
    return sums if isinstance(sums, Decisions) else None


@dataclass(frozen=True)
class Sketch:
    """The value of a definition that is not saved yet; `held`: priced on the decisions of the version in force."""

    value: Quantity
    held: bool = False


def sketch(kpi: KPI, definition: Mapping[str, Any], known: Known, model: Model | None) -> Sketch:
    """A checked definition on the champion of the model that it names, without opening rows."""
    mapping = MappingRow(product=known.product, kpi=kpi, name=kpi.name)
    version = MappingVersion(mapping=mapping, number=0, model=model, definition=dict(definition), digest="")
    champion = stands_on(version, known)
    if champion is None:
        return Sketch(Unknown(no_champion(version, known)))
    document = known.book[kpi_documents.kpi(known.book, champion, version, known)]
    source = Supposed(known.book, instead(known, [version]))
    try:
        return Sketch(Pricing(document, source).value(), held=source.held)
    except store.Missing:
        return Sketch(Unknown(NOT_COMPUTED))
