"""Reading projections: what an executive reads of a product."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from metrics import jobs
from metrics.core.assumptions import sure
from metrics.core.calendar import span
from metrics.core.documents import Document, digests
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.kpi.kinds import kind_of
from metrics.core.kpi.months import added
from metrics.core.revenue.meeting import money_over
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import KPIResult, MappingVersion, Target
from metrics.models.product import Product
from metrics.models.revenue import Projection, RevenueResult
from metrics.models.row import Result
from metrics.queries.documents import revenue as revenue_documents
from metrics.queries.documents.baselines import BaselineRuns
from metrics.queries.documents.known import NO_APPROVED, Known
from metrics.queries.documents.models import no_champion, stands_on
from metrics.queries.evaluation.results import quantity
from metrics.queries.kpi.board import FIGURES, NO_GRADE, current_target
from metrics.queries.kpi.catalogue import targets_of
from metrics.queries.kpi.grade import Grade, grader
from metrics.queries.kpi.months import LongAgo, long_ago
from metrics.queries.revenue.meeting import Meeting, chance, no_chance
from metrics.queries.revenue.risks import Threats, threats

TOTAL = "total"
NOT_ASKED = "not computed yet: the next sweep of the server asks for it"
FAILED = "computing it failed; an administrator finds why under Work, and can try it again there"


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
    once it is computed. What a portfolio asks of it is remembered (`metrics.queries.revenue.remembered`).
    """

    def __init__(self, known: Known) -> None:
        self.known, self.product, self.book = known, known.product, known.book
        self.projection = known.projection
        self.together: tuple[Outlook, ...] = (self,)

    @cached_property
    def document(self) -> Document | None:
        shared = revenue_documents.projected(self.book, self.projection, self.known) if self.projection else None
        return {**shared, "figure": TOTAL} if shared else None

    @property
    def mapping(self) -> MappingVersion | None:
        """The mapping in force of the value a case."""
        return self.known.approved.get(self.projection.value_kpi.key) if self.projection else None

    @property
    def champion(self) -> EvaluationRun | None:
        """The champion's run that the value a case is read from."""
        return stands_on(self.mapping, self.known) if self.mapping else None

    @cached_property
    def _figures(self) -> dict[str, str]:
        """Figure → digest, of the total and of the months projected."""
        if self.document is None:
            return {}
        return digests(self.document, "figure", (TOTAL, *revenue_documents.ahead(self.document)))

    @cached_property
    def _wanted(self) -> str:
        return self._figures.get(TOTAL, "")

    @cached_property
    def _past(self) -> dict[str, str]:
        """Figure → digest, of the months realised."""
        return revenue_documents.realised(self.book, self.projection, self.known) if self.projection else {}

    @cached_property
    def _ahead(self) -> dict[str, str]:
        """Month → digest, of the months projected."""
        return {figure: name for figure, name in self._figures.items() if figure != TOTAL}

    @cached_property
    def _row(self) -> RevenueResult | None:
        wanted = [outlook._wanted for outlook in self.together if "total" not in vars(outlook)]
        return self._money(wanted).get(self._wanted)

    @cached_property
    def _month_rows(self) -> Mapping[str, RevenueResult]:
        """Of all outlooks that are read together, read once."""
        first = self.together[0]
        if first is not self:
            return first._month_rows
        months = [[*outlook._past.values(), *outlook._ahead.values()] for outlook in self._unread()]
        return self._money([digest for digests in months for digest in digests])

    def _unread(self) -> list[Outlook]:
        """Of the outlooks that are read together, those whose months are not at hand already."""
        return [outlook for outlook in self.together if "months" not in vars(outlook)]

    def _money(self, digests: Iterable[str]) -> dict[str, RevenueResult]:
        """Digest → result, read at once for all outlooks that are read together."""
        return self.together[0].known.money([digest for digest in digests if digest])

    @cached_property
    def receipt(self) -> str:
        return self._row.digest if self._row else ""

    @cached_property
    def total(self) -> Quantity:
        return self._figure(self._row)

    def _figure(self, row: Result | None) -> Quantity:
        if row is not None:
            return quantity(row)
        why = why_not(self.known)
        return Unknown(why or ("being computed" if self.computing else FAILED if self.failed else NOT_ASKED))

    @cached_property
    def failed(self) -> bool:
        """Whether computing it was given up."""
        return jobs.gave_up(self.product, "recompute")

    @cached_property
    def computing(self) -> bool:
        return jobs.open_count(self.product) > 0

    @cached_property
    def grade(self) -> Grade:
        return grader(self.known).of(self.document) if self.document else NO_GRADE

    @property
    def counts(self) -> bool:
        """Whether it may stand in an executive's total: by its grade, and while it speaks of a month to come."""
        return self.may_count and not self.past

    @property
    def may_count(self) -> bool:
        """Whether it may stand in an executive's total by its grade, for the months that the total is of."""
        return isinstance(self.total, Estimate) and self.grade.counts and not self.bare

    @property
    def no_total(self) -> str:
        """Why what is known of it stands in no total; "" where it does, or where nothing is known."""
        if self.counts or isinstance(self.total, Unknown):
            return ""
        return self.past or self.bare or "; ".join(self.grade.reasons)

    @cached_property
    def coming(self) -> tuple[str, ...]:
        """The projected months that are not over."""
        return tuple(month for month in sorted(self._ahead) if month >= f"{self.known.today:%Y-%m}")

    @property
    def past(self) -> str:
        """Why what was projected is no projection any more: its months are over; "" while one is not."""
        if self.coming or not self._ahead:
            return ""
        first, last = min(self._ahead), max(self._ahead)
        return f"its projection is of {first} to {last}, which are over: import the volume since {first}"

    @cached_property
    def expected(self) -> Quantity:
        """Money of the projected months that are not over: the total where none is."""
        if isinstance(self.total, Unknown) or len(self.coming) == len(self._ahead):
            return self.total
        if self.past:
            return Unknown(self.past)
        coming = [month.quantity for month in self.months if month.period in self.coming]
        return added(coming, self.product.currency)

    @cached_property
    def bare(self) -> str:
        """Why the value is only a cost, which no total counts; "" where it is no such cost."""
        mapping = self.mapping
        return kind_of(mapping.definition).bare(mapping.definition) if mapping else ""

    def against(self, noun: str) -> str:
        """What the value is more than, in words; "" where it is held against nothing."""
        mapping = self.mapping
        called = BaselineRuns(self.product).called
        return kind_of(mapping.definition).against(mapping.definition, noun, called) if mapping else ""

    @property
    def targets(self) -> list[Target]:
        """Those of the product's money, the newest first."""
        read = lambda: targets_of([outlook.product.pk for outlook in self.together])  # noqa: E731
        return self.together[0].known.once("targets", read).get(self.product.pk, [])

    @cached_property
    def threats(self) -> Threats:
        """What may take its money away; of outlooks that are read together, read for all that are asked anew."""
        several = [one for one in self.together if "threats" not in vars(one)]
        for one, found in zip(several, threats([one.known for one in several]).values(), strict=True):
            vars(one)["threats"] = found
        found_: Threats = vars(self)["threats"]
        return found_

    @property
    def settled(self) -> bool:
        """Whether all that is asked of it is computed, and nothing that work makes later of its run grades it: no work
        that is under way moves it then."""
        if self.product.gates or any("pairs" in version.definition for version in self.known.approved.values()):
            return False
        if self.document is None:
            return not self._past and bool(why_not(self.known))
        months = self._month_rows
        computed = all(name in months for name in (*self._ahead.values(), *self._past.values()))
        return self._row is not None and computed and not self.threats.waits

    @cached_property
    def long_ago(self) -> tuple[LongAgo, ...]:
        """The KPIs under it that were last observed long ago."""
        return long_ago(self.known)

    @cached_property
    def target(self) -> Target | None:
        """That of today, or of the projection's first month where its months are over."""
        first = min(self._ahead) if self.past else ""
        return current_target(self.targets, date.fromisoformat(f"{first}-01") if first else self.known.today)

    @cached_property
    def brought(self) -> Mapping[str, Quantity]:
        """Month → what it brought, as the business counted it, or else as its decisions were worth."""
        counted = self.projection.revenue_kpi if self.projection else None
        if counted is None:
            return {month.period: month.quantity for month in self.realised}
        currency = self.product.currency
        return {month: sure(Estimate(value, currency)) for month, value in self.known.actuals(counted)}

    @cached_property
    def meeting(self) -> Meeting | None:
        """The target against its own months; None where there is no target."""
        return self.met_by({month.period: month.quantity for month in self.months})

    def met_by(
        self,
        ahead: Mapping[str, Quantity],
        brought: Mapping[str, Quantity] | None = None,
        *,
        why_not: Quantity | None = None,
    ) -> Meeting | None:
        """The same, were other money projected, and other money brought by past months. why_not: the other total."""
        if self.target is None:
            return None
        months = span(f"{self.target.from_period:%Y-%m}", f"{self.target.until_period:%Y-%m}")
        counted = self.projection is not None and self.projection.revenue_kpi is not None
        asks = counted or not set(months) <= ahead.keys()  # else no past month is read
        known = brought if brought is not None else self.brought if asks else {}
        total = self.total if why_not is None else why_not
        why = total.reason if isinstance(total, Unknown) else ""
        money = money_over(months, brought=known, ahead=ahead, unit=self.product.currency, why_not=why)
        together = {**ahead, **{month: found for month, found in known.items() if isinstance(found, Estimate)}}
        return Meeting(self.target, months, {month: together[month] for month in months if month in together}, money)

    @property
    def chance(self) -> float | None:
        """That the target is met; None where that is not known, for which `no_chance` has the reason."""
        return chance(self.meeting)

    @property
    def no_chance(self) -> str:
        return no_chance(self.meeting)

    @cached_property
    def history(self) -> tuple[str, ...]:
        """The months of volume that the projection is made from."""
        return tuple(month for month, _ in self.document["volume"]) if self.document else ()

    @cached_property
    def _value_row(self) -> KPIResult | None:
        return next(iter(FIGURES([self.document["value"]])), None) if self.document else None

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
        """Unknown says what holds: a figure that is on its way, or one that will never come as things stand."""
        if (
            self.projection
            and not self._past
            and (why := revenue_documents.never_realised(self.projection, self.known))
        ):
            return Unknown(why)
        return self._figure(self._realised_row)

    @cached_property
    def realised_receipt(self) -> str:
        return self._realised_row.digest if self._realised_row else ""


def outlook(known: Known) -> Outlook:
    """The outlook of one product as it stands at this moment: what is read of it later is of the same document."""
    one = Outlook(known)
    _ = one.document
    return one


def outlooks(products: Iterable[Product], *, today: date | None = None) -> tuple[Outlook, ...]:
    """The outlooks of several products, in a number of queries that does not grow with them."""
    return outlooks_of(Known.of(products, today=today))


def outlooks_of(known: Iterable[Known]) -> tuple[Outlook, ...]:
    """The outlooks of several products that are read together."""
    several = tuple(Outlook(each) for each in known)
    for one in several:
        one.together = several
    return several


def why_not(known: Known) -> str:
    """Why nothing can be projected; "" where something can."""
    projection: Projection | None = known.projection
    if projection is None:
        return "no projection is set up"
    version = known.approved.get(projection.value_kpi.key)
    return no_champion(version, known) if version else f"{projection.value_kpi.name}: {NO_APPROVED}"
