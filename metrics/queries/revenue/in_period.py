"""A product's money in the months of a period: what they brought, what is expected of the others, and both together.

A month that is over counts as it is known, any other as it is projected, as a target is met (`core.revenue.meeting`):
so the money of a period and the chance of its target speak of the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.kpi.months import added
from metrics.core.periods import Period
from metrics.core.revenue.meeting import money_over
from metrics.models.kpi import Target
from metrics.queries.revenue.meeting import Meeting
from metrics.queries.revenue.outlook import Outlook

NO_TARGET = "no target for these months"


@dataclass(frozen=True, eq=False)
class InPeriod:
    """One product in a period, in its own currency.

    realised: month → what it brought. expected: month → what is projected of it, of those that are not realised.
    late: of the expected, those that are over. lacking: months that are neither. whole: over all months of the period;
    Unknown where one lacks. target: that of exactly these months.
    """

    outlook: Outlook
    period: Period
    realised: Mapping[str, Quantity]
    expected: Mapping[str, Quantity]
    late: tuple[str, ...]
    lacking: tuple[str, ...]
    whole: Quantity
    target: Target | None

    @property
    def months(self) -> dict[str, Quantity]:
        """Month → money, of those that there are, ascending."""
        return dict(sorted({**self.expected, **self.realised}.items()))

    @property
    def over(self) -> bool:
        """Whether every month of the period is over."""
        return self.period.last < f"{self.outlook.known.today:%Y-%m}"

    @cached_property
    def realised_total(self) -> Quantity:
        if not self.realised:
            return Unknown("no month of it is known")
        return added(list(self.realised.values()), self.outlook.product.currency)

    @cached_property
    def expected_total(self) -> Quantity:
        if not self.expected:
            return Unknown("no month of it is projected")
        return added(list(self.expected.values()), self.outlook.product.currency)

    @cached_property
    def meeting(self) -> Meeting | None:
        """The target of the period against its money; None where there is no target for these months."""
        if self.target is None:
            return None
        return Meeting(self.target, self.period.months, self.months, self.whole)

    @property
    def chance(self) -> Quantity:
        if self.meeting is not None:
            return self.meeting.chance
        return Unknown(no_target(self.outlook))


def in_period(one: Outlook, period: Period) -> InPeriod:
    ahead = {month.period: month.quantity for month in one.months}
    now, months = f"{one.known.today:%Y-%m}", period.months
    realised = {
        month: found for month in months if isinstance(found := one.brought.get(month), Estimate) and month < now
    }
    expected = {month: ahead[month] for month in months if month in ahead and month not in realised}
    why = one.total.reason if isinstance(one.total, Unknown) else ""
    whole = money_over(months, brought=realised, ahead=ahead, unit=one.product.currency, why_not=why)
    return InPeriod(
        outlook=one,
        period=period,
        realised=realised,
        expected=expected,
        late=tuple(month for month in expected if month < now),
        lacking=tuple(month for month in months if month not in realised and month not in expected),
        whole=whole,
        target=target_of(one, months),
    )


def no_target(one: Outlook) -> str:
    """Why no target is held against a period; the months that the one at hand is for."""
    held = one.target
    if held is None:
        return "no target is set"
    return f"{NO_TARGET}: the target is for {held.from_period:%Y-%m} to {held.until_period:%Y-%m}"


def target_of(one: Outlook, months: Sequence[str]) -> Target | None:
    """The newest target of exactly these months."""
    ends = (months[0], months[-1])
    rows = ((row, (f"{row.from_period:%Y-%m}", f"{row.until_period:%Y-%m}")) for row in one.targets)
    return next((row for row, span in rows if span == ends), None)
