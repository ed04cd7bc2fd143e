"""What a mapping version means on the champion, before anybody signs it: outcomes, value, and what it would restate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq

from metrics import store
from metrics.core import replay
from metrics.core.draws import as_draws
from metrics.core.estimate import Estimate, Quantity, Unknown, difference, made
from metrics.core.kpi.decisions import CELLS, PLACE, CellName, Decisions
from metrics.core.kpi.matrix import Matrix, cells_at
from metrics.core.kpi.value import value
from metrics.core.replay import Document
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import KPI, KPIResult, MappingVersion
from metrics.models.kpi import Mapping as MappingRow
from metrics.queries.documents import evaluation, revenue
from metrics.queries.documents import kpi as kpi_documents
from metrics.queries.documents.book import Book
from metrics.queries.documents.known import NO_CHAMPION, Known
from metrics.queries.documents.source import Shelf, decisions_under
from metrics.queries.evaluation.results import quantity
from metrics.queries.kpi.board import chance
from metrics.queries.revenue.outlook import Outlook, outlook

COMPUTING = "being computed"
NOT_HELD = "its value is computed once it is saved"


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
    projected: Quantity | None
    projected_in_force: Quantity | None
    restates: Quantity | None
    chance: float | None
    chance_in_force: float | None
    outlook: Outlook | None
    held: bool = False


def preview(version: MappingVersion, known: Known) -> Preview:
    """What approving a version would change, from stored results; `projected` is None where no projection uses it."""
    champion, mine = known.champion, version.mapping.kpi
    in_force = known.approved.get(mine.key)
    if champion is None:
        gone = Unknown(NO_CHAMPION)
        return Preview(None, gone, "", in_force, gone, gone, None, None, None, None, None, None)
    book = Book()
    now, receipt = _stored(kpi_documents.kpi(book, champion, version, known))
    priced = Sketch(now)
    if not receipt:
        priced = sketch(mine, version.definition, known)
        now = priced.value
    held = now
    if in_force is not None and in_force.pk != version.pk:
        held, _ = _stored(kpi_documents.kpi(book, champion, in_force, known))
    elif in_force is None:
        held = Unknown("no version is in force")
    one = outlook(known.product, known)
    if one.projection is None or one.projection.value_kpi_id != mine.pk:
        return Preview(champion, now, receipt, in_force, held, difference(now, held), *[None] * 6, held=priced.held)
    digest = revenue.revenue(book, one.projection, known, version=version)["total"]
    projected: Quantity = now
    if isinstance(now, Estimate):
        found = replay.projection(book[digest], now, season=_season(book, champion, version, in_force, known))
        projected = found if isinstance(found, Unknown) else found.total
    return Preview(
        run=champion,
        value=now,
        receipt=receipt,
        in_force=in_force,
        in_force_value=held,
        difference=difference(now, held),
        projected=projected,
        projected_in_force=one.total,
        restates=difference(projected, one.total),
        chance=chance(projected, one.target, None),
        chance_in_force=one.chance,
        outlook=one,
        held=priced.held,
    )


def _season(
    book: Book, run: EvaluationRun, version: MappingVersion, in_force: MappingVersion | None, known: Known
) -> dict[str, float]:
    """The season of the version's own decisions, of those in force while its own are not computed yet."""
    for found in (version, in_force):
        document = book[kpi_documents.kpi(book, run, found, known)] if found else {}
        sums = decisions_under(document) if "decisions" in document else None
        if sums is not None:
            return replay.season(document, sums)
    return {}


def _stored(digest: str) -> tuple[Quantity, str]:
    row = KPIResult.objects.filter(digest=digest).first()
    return quantity(row, reason=COMPUTING), digest if row else ""


def outcomes(version: MappingVersion, known: Known) -> list[Outcome]:
    """The four outcomes of a value matrix; without counts where the champion's decisions are not computed yet."""
    book, champion = Book(), known.champion
    matrix = replay.matrix(_with_assumptions(version.definition, known))
    sums: Decisions | None = None
    if champion is not None:
        document = book[kpi_documents.kpi(book, champion, version, known)]
        sums = decisions_under(document) if "decisions" in document else None
    assumptions = {
        name: replay.assumption(evaluation.assumption(row), known.product.seed)
        for name, row in known.assumptions.items()
        if name in matrix.names
    }
    at_points = cells_at(matrix, {name: held.point for name, held in assumptions.items()})
    at_draws = cells_at(matrix, {name: as_draws(held) for name, held in assumptions.items()})
    whole = None if sums is None else sums.dense().sum(axis=0)
    found = []
    for name in CELLS:
        point, drawn = at_points[name], at_draws[name]
        count = None if whole is None else float(whole[PLACE[name]][0])
        mean = 0.0
        if point.column is not None:
            if whole is None or sums is None or not count:
                reason = COMPUTING if champion else NO_CHAMPION
                reason = "no such case in the test" if count == 0 else reason
                found.append(Outcome(name, matrix.cells[name].says, Unknown(reason), count))
                continue
            mean = float(whole[PLACE[name]][1 + sums.columns.index(point.column)]) / count
        unit = known.product.currency
        draws = drawn.base + drawn.rate * mean
        spread = None if getattr(draws, "ndim", 0) == 0 or float(draws.std()) == 0 else draws
        found.append(Outcome(name, matrix.cells[name].says, made(point.base + point.rate * mean, spread, unit), count))
    return found


def _with_assumptions(definition: Mapping[str, Any], known: Known) -> Document:
    return {
        "definition": definition,
        "assumptions": {key: evaluation.assumption(row) for key, row in known.assumptions.items()},
        "currency": known.product.currency,
        "case": known.product.case_noun,
    }


@dataclass(frozen=True)
class Sketch:
    """The value of a definition that is not saved yet; `held`: priced on the decisions of the version in force."""

    value: Quantity
    held: bool = False


def sketch(kpi: KPI, definition: Mapping[str, Any], known: Known) -> Sketch:
    """A checked definition on the champion, without opening rows."""
    champion, book = known.champion, Book()
    if champion is None:
        return Sketch(Unknown(NO_CHAMPION))
    mapping = MappingRow(product=known.product, kpi=kpi, name=kpi.name)
    version = MappingVersion(mapping=mapping, number=0, definition=dict(definition), digest="")
    document = book[kpi_documents.kpi(book, champion, version, known)]
    try:
        return Sketch(replay.quantity(document, Shelf(book)))
    except store.Missing:
        pass
    in_force = known.approved.get(kpi.key)
    if in_force is None or definition["kind"] != "value_matrix":
        return Sketch(Unknown(NOT_HELD))
    under = book[kpi_documents.kpi(book, champion, in_force, known)]
    sums = decisions_under(under) if "decisions" in under else None
    matrix = replay.matrix(document)
    if sums is None or not set(matrix.columns) <= set(sums.columns):
        return Sketch(Unknown(NOT_HELD))
    return Sketch(_priced(document, matrix, sums), held=True)


def _priced(document: Document, matrix: Matrix, sums: Decisions) -> Quantity:
    at_points, at_draws = replay.cells(document)
    return value(
        sums,
        at_points,
        at_draws,
        seed=document["seed"],
        baseline=matrix.baseline,
        per=matrix.per,
        unit=matrix.unit,
    )


def amount_columns(run: EvaluationRun | None) -> list[str]:
    """The amount columns that a run's rows have, which a value matrix may use."""
    if run is None or not run.rows or not store.path(run.rows).exists():
        return []
    schema = pq.read_schema(store.path(run.rows))
    found: list[str] = json.loads((schema.metadata or {}).get(b"amounts", b"[]"))
    return sorted(found)
