"""Reading projections: what an executive reads of a product."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from metrics import jobs
from metrics.core.documents import Document, digest
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.models.kpi import KPIResult, MappingVersion, Target
from metrics.models.product import Product
from metrics.models.revenue import Projection, RevenueResult
from metrics.models.row import Result
from metrics.queries.documents import revenue as revenue_documents
from metrics.queries.documents.known import NO_APPROVED, NO_CHAMPION, Known
from metrics.queries.evaluation.results import quantity
from metrics.queries.kpi.board import NO_GRADE, chance, current_target
from metrics.queries.kpi.catalogue import targets_of
from metrics.queries.kpi.grade import Grade, grader

TOTAL = "total"


@dataclass(frozen=True)
class Month:
    period: str
    quantity: Quantity
    receipt: str


class Outlook:
    """What an executive reads of a product: the projected total, and what stands beside it.

    Each part is read when it is first asked for, so that a what-if, which asks for little, is quick; what several
    outlooks have is read for all of them at once. Where the projection is Unknown, `total` says why.

    document: that of the total as it should be now, None where there is nothing to be computed. receipt: its digest,
    once it is computed.
    """

    def __init__(self, known: Known) -> None:
        self.known, self.product, self.book = known, known.product, known.book
        self.projection = known.projection
        shared = revenue_documents.projected(self.book, self.projection, known) if self.projection else None
        self.document: Document | None = {**shared, "figure": TOTAL} if shared else None
        self.together: tuple[Outlook, ...] = (self,)

    @property
    def mapping(self) -> MappingVersion | None:
        """The mapping in force of the value a case."""
        return self.known.approved.get(self.projection.value_kpi.key) if self.projection else None

    @cached_property
    def _wanted(self) -> str:
        return digest(self.document) if self.document else ""

    @cached_property
    def _past(self) -> dict[str, str]:
        """Figure → digest, of the months realised."""
        return revenue_documents.realised(self.book, self.projection, self.known) if self.projection else {}

    @cached_property
    def _ahead(self) -> dict[str, str]:
        """Month → digest, of the months projected."""
        if self.document is None:
            return {}
        return {month: digest({**self.document, "figure": month}) for month in revenue_documents.ahead(self.document)}

    @cached_property
    def _row(self) -> RevenueResult | None:
        return self._money([outlook._wanted for outlook in self.together]).get(self._wanted)

    @cached_property
    def _month_rows(self) -> Mapping[str, RevenueResult]:
        months = [[*outlook._past.values(), *outlook._ahead.values()] for outlook in self.together]
        return self._money([digest for digests in months for digest in digests])

    def _money(self, digests: Iterable[str]) -> dict[str, RevenueResult]:
        """Digest → result, read at once for all outlooks that are read together."""
        return self.together[0].known.money([digest for digest in digests if digest])

    @property
    def receipt(self) -> str:
        return self._row.digest if self._row else ""

    @cached_property
    def total(self) -> Quantity:
        return self._figure(self._row)

    def _figure(self, row: Result | None) -> Quantity:
        if row is not None:
            return quantity(row)
        why = why_not(self.known)
        return Unknown(why or ("being computed" if self.computing else "not computed yet"))

    @cached_property
    def computing(self) -> bool:
        return jobs.open_count(self.product) > 0

    @cached_property
    def grade(self) -> Grade:
        return grader(self.known).of(self.document) if self.document else NO_GRADE

    @property
    def counts(self) -> bool:
        return isinstance(self.total, Estimate) and self.grade.counts

    @cached_property
    def target(self) -> Target | None:
        read = lambda: targets_of([outlook.product.pk for outlook in self.together])  # noqa: E731
        rows = self.together[0].known.once("targets", read).get(self.product.pk, [])
        return current_target(rows, first_month(self.document) or self.known.today)

    @cached_property
    def chance(self) -> float | None:
        return chance(self.total, self.target, None)

    @cached_property
    def history(self) -> int:
        return len(self.document["volume"]) if self.document else 0

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
        return self._months(self._ahead)

    @cached_property
    def realised(self) -> tuple[Month, ...]:
        return self._months({figure: name for figure, name in self._past.items() if figure != TOTAL})

    def _months(self, figures: Mapping[str, str]) -> tuple[Month, ...]:
        rows = self._month_rows
        return tuple(
            Month(month, quantity(rows.get(name)), name if name in rows else "")
            for month, name in sorted(figures.items())
        )

    @property
    def _realised_row(self) -> RevenueResult | None:
        return self._month_rows.get(self._past[TOTAL]) if self._past else None

    @cached_property
    def realised_total(self) -> Quantity:
        return self._figure(self._realised_row)

    @property
    def realised_receipt(self) -> str:
        return self._realised_row.digest if self._realised_row else ""


def outlook(known: Known) -> Outlook:
    return Outlook(known)


def outlooks(products: Iterable[Product], *, today: date | None = None) -> tuple[Outlook, ...]:
    """The outlooks of several products, in a number of queries that does not grow with them."""
    several = tuple(Outlook(known) for known in Known.of(products, today=today))
    for one in several:
        one.together = several
    return several


def why_not(known: Known) -> str:
    """Why nothing can be projected; "" where something can."""
    projection: Projection | None = known.projection
    if projection is None:
        return "no projection is set up"
    if projection.value_kpi.key not in known.approved:
        return f"{projection.value_kpi.name}: {NO_APPROVED}"
    return "" if known.champion else NO_CHAMPION


def first_month(document: Document | None) -> date | None:
    """The first projected month of a revenue document."""
    months = revenue_documents.ahead(document) if document else []
    return date.fromisoformat(months[0] + "-01") if months else None
