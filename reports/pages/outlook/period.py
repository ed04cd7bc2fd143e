"""One product in a period: what the months brought, what is expected of the others, and the target for them."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.periods import Period
from metrics.queries.revenue.against import Standing, compared
from metrics.queries.revenue.asked import Asked
from metrics.queries.revenue.in_period import InPeriod, in_period
from metrics.queries.revenue.outlook import Outlook
from reports.pages.period.compared import ComparedCard, compared_card
from reports.pages.period.selector import Selector, selector
from reports.words.periods import called, stretches
from reports.words.phrases import beside, goal_words, likely, money, of_target, span, worded


@dataclass(frozen=True, kw_only=True)
class InPeriodCard:
    """title: the answer. whole: over all months of the period. realised, expected: apart, None where one is all of it.
    notes: what is to be said of its months."""

    title: str
    whole: Quantity
    whole_label: str
    realised: Quantity | None
    realised_label: str
    expected: Quantity | None
    expected_label: str
    target: Quantity | None
    chance: Quantity
    chance_label: str
    against: str
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PeriodCard:
    """The selector, and the product in the period; None where all months are asked for."""

    selector: Selector
    held: InPeriodCard | None
    compared: ComparedCard | None


def period_card(one: Outlook, asked: Asked) -> PeriodCard:
    path = reverse("outlook", args=[one.product.slug])
    held = in_period(one, asked.period) if asked.period is not None else None
    months = held.months if held is not None else {m.period: m.quantity for m in one.months if m.period in one.coming}
    against = compared([Standing(one, months)], asked.against, asked.period, one.product.currency)
    return PeriodCard(
        selector=selector(asked, path=path),
        held=_card(held) if held is not None else None,
        compared=compared_card(against),
    )


def in_period_card(one: Outlook, period: Period) -> InPeriodCard:
    """A product in a period, as a pack tells it too."""
    return _card(in_period(one, period))


def _card(held: InPeriod) -> InPeriodCard:
    goal, months = held.meeting.goal if held.meeting else None, held.period.months
    currency = held.outlook.product.currency
    return InPeriodCard(
        title=_title(held),
        whole=held.whole,
        whole_label=f"{_word(held)}, {called(held.period)}",
        realised=held.realised_total if held.realised and held.expected else None,
        realised_label=f"Realised, {stretches(held.realised)}",
        expected=held.expected_total if held.realised and held.expected else None,
        expected_label=f"Still expected, {stretches(held.expected)}",
        target=None if goal is None else money(goal, currency),
        chance=held.chance,
        chance_label=of_target(held.over),
        against="" if goal is None else f"target of {goal_words(goal, currency, held.whole)} for {span(months)}",
        notes=tuple(_notes(held)),
    )


def _word(held: InPeriod) -> str:
    return "Realised" if held.realised and not held.expected else "Expected"


def _title(held: InPeriod) -> str:
    called_ = called(held.period)
    if isinstance(held.whole, Unknown):
        return f"{called_[:1].upper()}{called_[1:]}: the value is not known"
    meeting = held.meeting
    if meeting is not None and isinstance(meeting.chance, Estimate):
        goal = beside(meeting.goal, held.whole)
        if not held.expected:
            word = "met" if held.whole.point >= meeting.goal else "missed"
            return f"{called_[:1].upper()}{called_[1:]}: the target of {goal} is {word}"
        return f"{called_[:1].upper()}{called_[1:]}: meeting the target of {goal} is {likely(meeting.chance.point)}"
    return f"{called_[:1].upper()}{called_[1:]}: {worded(held.whole)} {_word(held).lower()}"


def _notes(held: InPeriod) -> list[str]:
    told = []
    if held.late:
        verb = "is" if len(held.late) == 1 else "are"
        told.append(f"{stretches(held.late)} {verb} over and counted as projected: what came is not known yet.")
    if held.lacking and held.months:
        verb = "is" if len(held.lacking) == 1 else "are"
        told.append(f"{stretches(held.months)} alone {'is' if len(held.months) == 1 else 'are'} known or projected.")
    return told
