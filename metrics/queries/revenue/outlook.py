"""Reading projections: one product's outlook, and what-ifs on stored draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.utils import timezone

from metrics import jobs
from metrics.core import replay
from metrics.core.documents import digest
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.kpi.summed import SUMMED
from metrics.core.kpi.value import Policy, cost, savings
from metrics.core.replay import Document
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import KPIResult, Target
from metrics.models.product import Product
from metrics.models.revenue import Projection, RevenueResult
from metrics.models.row import Result
from metrics.queries.documents import kpi
from metrics.queries.documents import revenue as revenue_documents
from metrics.queries.documents.book import Book
from metrics.queries.documents.known import NO_APPROVED, NO_CHAMPION, Known
from metrics.queries.documents.source import decisions_under
from metrics.queries.evaluation.results import quantity
from metrics.queries.kpi.board import NO_GRADE, chance, current_target
from metrics.queries.kpi.catalogue import targets
from metrics.queries.kpi.grade import Grade, Grader


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
        self.document: Document | None = {**shared, "figure": "total"} if shared else None
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


def costs(run: EvaluationRun, known: Known) -> dict[str, Quantity]:
    """What a run's decisions cost on its rows under the mapping in force: chosen, act on none, act on all, savings.

    Empty where there is no such mapping, or it is not computed yet.
    """
    projection = projection_of(known.product)
    version = known.approved.get(projection.value_kpi.key) if projection else None
    if version is None:
        return {}
    book = Book()
    document = book[kpi.kpi(book, run, version, known)]
    sums = decisions_under(document) if "decisions" in document else None
    if sums is None:
        return {}
    at_points, at_draws = replay.cells(document)
    terms: dict[str, Any] = {"seed": document["seed"], "per": "total", "unit": known.product.currency}
    policies: tuple[Policy, ...] = ("chosen", "act_on_none", "act_on_all")
    found = {policy: cost(sums, at_points, at_draws, policy=policy, **terms) for policy in policies}
    return found | {"savings": savings(sums, at_points, at_draws, seed=document["seed"])}
