"""A choice of model that waits: what each version would bring, and what knowing more first would be worth."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from metrics.core.estimate import Quantity, difference
from metrics.queries.documents.known import Known
from metrics.queries.revenue.candidates import Choice, choice
from metrics.queries.revenue.outlook import Outlook
from reports.words.phrases import count, money, worded

WORTH_TELLING = 0.001  # of the best figure, for the worth of an answer to be told
MOST = 3


@dataclass(frozen=True)
class OptionLine:
    """A version, its total, and the difference to the one in use; None where it is that one."""

    name: str
    url: str
    total: Quantity
    apart: Quantity | None


@dataclass(frozen=True)
class ChoiceCard:
    """What may be chosen, a sentence on what certainty is worth, and (what, worth in words) of single answers."""

    title: str
    options: tuple[OptionLine, ...]
    says: str
    answers: tuple[tuple[str, str], ...]


def choice_card(one: Outlook, known: Known) -> ChoiceCard | None:
    """None where there is nothing to choose from."""
    found = choice(one)
    if found is None:
        return None
    best = found.options[0].total
    least = WORTH_TELLING * abs(best.point)
    answers = [(held.name, worded(money(held.worth, best.unit))) for held in found.drivers if held.worth >= least]
    slug = one.product.slug
    in_use = next(held.total for held in found.options if held.in_force)
    return ChoiceCard(
        title=f"{count(len(found.options), 'version').capitalize()} to choose from",
        options=tuple(
            OptionLine(
                held.name,
                reverse("run", args=[slug, held.run]),
                held.total,
                None if held.in_force else difference(held.total, in_use),
            )
            for held in found.options
        ),
        says=_says(found, least, alone=bool(answers)),
        answers=tuple(answers[:MOST]),
    )


def _says(found: Choice, least: float, *, alone: bool) -> str:
    best = found.options[0]
    if found.certainty < least:
        sure = f"{best.name} is projected to bring most, as sure as can be told"
        return f"{sure}: there is no need to find out more before choosing."
    worth = worded(money(found.certainty, best.total.unit))
    told = f"Which of them will bring most is not certain. To know it for sure before choosing would be worth {worth}."
    return told + (" One answer alone would be worth:" if alone else " No single answer alone would settle it.")
