"""Reading projections: one product's outlook, and what-ifs on stored draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from metrics import jobs, store
from metrics.core import replay
from metrics.core.documents import digest
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.evaluation.sums import Sums
from metrics.core.kpi.decisions import Decisions
from metrics.core.kpi.matrix import cells_at
from metrics.core.kpi.summed import SUMMED
from metrics.core.kpi.value import Policy, cost, savings, value
from metrics.core.replay import Document
from metrics.models.evaluation import Artifact, EvaluationRun
from metrics.models.kpi import KPIResult, Target
from metrics.models.product import Product, User
from metrics.models.revenue import Projection, RevenueResult
from metrics.models.row import Result
from metrics.models.work import Change
from metrics.queries import kpi_documents, revenue_documents
from metrics.queries.documents import NO_APPROVED, NO_CHAMPION, Book, Known
from metrics.queries.evaluation import products
from metrics.queries.figures import quantity
from metrics.queries.grade import Grade, Grader
from metrics.queries.kpi import NO_GRADE, chance, current_target, targets

MOVED_NOTHING = Q(before=F("after")) & ~Q(after="")


@dataclass(frozen=True)
class Month:
    period: str
    quantity: Quantity
    receipt: str


class Outlook:
    """What an executive reads of a product: the projected total, read at once, and what stands beside it, each part
    read when it is first asked for, so that a what-if, which asks for little, is quick. Where the projection is
    Unknown, `total` says why.

    document: that of the total as it should be now, None where there is nothing to be computed. receipt: its digest,
    once it is computed.
    """

    def __init__(self, product: Product, known: Known) -> None:
        self.product = product
        self.known = known
        self.book = Book()
        self.projection = projection_of(product)
        shared = revenue_documents.projected(self.book, self.projection, known) if self.projection else None
        self.document: Document | None = shared | {"figure": "total"} if shared else None
        rows = RevenueResult.objects.filter(digest=digest(self.document)) if self.document else ()
        row = next(iter(rows), None)
        self.receipt = row.digest if row else ""
        self.total = self._figure(row)

    def _figure(self, row: Result | None) -> Quantity:
        if row is not None:
            return quantity(row)
        why = why_not(self.projection, self.known)
        return Unknown(why or ("being computed" if self.computing else "not computed yet"))

    @cached_property
    def computing(self) -> bool:
        return jobs.open_count(self.product) > 0

    @cached_property
    def grade(self) -> Grade:
        return Grader(self.product, timezone.localdate()).of(self.document) if self.document else NO_GRADE

    @property
    def counts(self) -> bool:
        return isinstance(self.total, Estimate) and self.grade.counts

    @cached_property
    def target(self) -> Target | None:
        rows = targets(self.product).filter(kpi=None).select_related(None)
        return current_target(rows, first_month(self.document) or timezone.localdate())

    @cached_property
    def chance(self) -> float | None:
        return chance(self.total, self.target, None)

    @cached_property
    def history(self) -> int:
        return len(self.document["volume"]) if self.document else 0

    @cached_property
    def priced(self) -> Document | None:
        """The document of the value a case, where the projection is computed and assumptions price stored sums: a
        value matrix, a cost of errors, a matrix of several classes.
        """
        found = self.book[self.document["value"]] if self.document and self.receipt else None
        return found if found and ("decisions" in found or found["definition"]["kind"] in SUMMED) else None

    @cached_property
    def _value_row(self) -> KPIResult | None:
        rows = KPIResult.objects.filter(digest=self.document["value"]) if self.document else ()
        return next(iter(rows), None)

    @cached_property
    def value(self) -> Quantity:
        return self._figure(self._value_row)

    @cached_property
    def value_receipt(self) -> str:
        return self._value_row.digest if self._value_row else ""

    @cached_property
    def months(self) -> tuple[Month, ...]:
        document = self.document
        ahead = revenue_documents.ahead(document) if document else ()
        return _months({month: digest({**(document or {}), "figure": month}) for month in ahead})

    @cached_property
    def _past(self) -> dict[str, str]:
        return revenue_documents.realised(self.book, self.projection, self.known) if self.projection else {}

    @cached_property
    def realised(self) -> tuple[Month, ...]:
        return _months(self._past)

    @cached_property
    def _realised_row(self) -> RevenueResult | None:
        rows = RevenueResult.objects.filter(digest=self._past["total"]) if self._past else ()
        return next(iter(rows), None)

    @cached_property
    def realised_total(self) -> Quantity:
        return self._figure(self._realised_row)

    @cached_property
    def realised_receipt(self) -> str:
        return self._realised_row.digest if self._realised_row else ""


def outlook(product: Product, known: Known | None = None) -> Outlook:
    return Outlook(product, known or Known(product))


def projection_of(product: Product) -> Projection | None:
    rows = Projection.objects.filter(product=product).select_related("value_kpi", "volume_kpi")
    return next(iter(rows), None)  # one at most


def why_not(projection: Projection | None, known: Known) -> str:
    """Why nothing can be projected; "" where something can."""
    if projection is None:
        return "no projection is set up"
    if projection.value_kpi.key not in known.approved:
        return f"{projection.value_kpi.name}: {NO_APPROVED}"
    return "" if known.champion else NO_CHAMPION


def _months(figures: Mapping[str, str]) -> tuple[Month, ...]:
    months = {figure: name for figure, name in sorted(figures.items()) if figure != "total"}
    rows = {row.digest: row for row in RevenueResult.objects.filter(digest__in=months.values())}
    return tuple(
        Month(figure, quantity(rows.get(name)), name if name in rows else "") for figure, name in months.items()
    )


def first_month(document: Document | None) -> date | None:
    """The first projected month of a revenue document."""
    months = revenue_documents.ahead(document) if document else []
    return date.fromisoformat(months[0] + "-01") if months else None


def decisions_under(document: Document) -> Decisions | None:
    """The sums of the decisions under a KPI; None where they are not in the store."""
    try:
        return _decisions(document["decisions"])
    except LookupError:
        return None


@lru_cache(maxsize=16)
def _decisions(name: str) -> Decisions:
    """Remembered: a digest names the same sums for ever, and a what-if asks for them with each move of a slider."""
    return Decisions.from_bytes(_stored(name))


@lru_cache(maxsize=16)
def _sums(name: str) -> Sums:
    """Remembered, as `_decisions` are."""
    return Sums.from_bytes(_stored(name))


def _stored(name: str) -> bytes:
    row = Artifact.objects.filter(digest=name).first()
    if row is None or not store.path(row.file).exists():
        raise LookupError(name)
    return store.get(row.file)


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


def changes(product: Product, limit: int = 10) -> list[Change]:
    """Why the headline moved, the newest first; what moved nothing is left out."""
    return list(Change.objects.filter(product=product).exclude(MOVED_NOTHING)[:limit])


def latest_changes(user: User, limit: int = 8) -> list[Change]:
    """Why headlines moved, over all products of a person, the newest first."""
    return list(
        Change.objects.filter(product__in=products(user)).exclude(MOVED_NOTHING).select_related("product")[:limit]
    )


def change_figures(found: list[Change]) -> dict[str, Quantity]:
    """Digest → headline, for the befores and afters of changes."""
    wanted = {digest for change in found for digest in (change.before, change.after) if len(digest) == 64}
    return {row.digest: quantity(row) for row in RevenueResult.objects.filter(digest__in=wanted)}


def costs(run: EvaluationRun, known: Known) -> dict[str, Quantity]:
    """What a run's decisions cost on its rows under the mapping in force: chosen, act on none, act on all, savings.

    Empty where there is no such mapping, or it is not computed yet.
    """
    projection = projection_of(known.product)
    version = known.approved.get(projection.value_kpi.key) if projection else None
    if version is None:
        return {}
    book = Book()
    document = book[kpi_documents.kpi(book, run, version, known)]
    sums = decisions_under(document) if "decisions" in document else None
    if sums is None:
        return {}
    at_points, at_draws = replay.cells(document)
    terms: dict[str, Any] = {"seed": document["seed"], "per": "total", "unit": known.product.currency}
    policies: tuple[Policy, ...] = ("chosen", "act_on_none", "act_on_all")
    found = {policy: cost(sums, at_points, at_draws, policy=policy, **terms) for policy in policies}
    return found | {"savings": savings(sums, at_points, at_draws, seed=document["seed"])}
