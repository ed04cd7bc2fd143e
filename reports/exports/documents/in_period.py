"""A product in the period that a pack is asked for: what its months brought, what is expected, the target."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from metrics.core.estimate import Estimate, Quantity
from reports.exports.document import Block, Figures, Printed, Section, Sentences
from reports.exports.documents import figures

if TYPE_CHECKING:
    from reports.pages.outlook.period import InPeriodCard

EYEBROW = "In the period"


def section(card: InPeriodCard, *, of: str, grade: str) -> Section:
    """card: as the page of the product has it. grade: of the product's money."""
    grade = grade if isinstance(card.whole, Estimate) else ""
    found = Figures(figures=tuple(_figures(card, grade)))
    notes: tuple[Block, ...] = (Sentences(heading="Of its months", lines=card.notes),) if card.notes else ()
    return Section(key="period", title=card.title, eyebrow=f"{of} · {EYEBROW}", left=(found,), right=notes, grade=grade)


def _figures(card: InPeriodCard, grade: str) -> Iterator[Printed]:
    parts: tuple[tuple[str, str, Quantity | None], ...] = (
        ("whole", card.whole_label, card.whole),
        ("realised", card.realised_label, card.realised),
        ("expected", card.expected_label, card.expected),
        ("target", f"Target, {card.against.rpartition(' for ')[2]}", card.target),
    )
    for key, label, found in parts:
        if found is not None:
            yield figures.printed(f"period.{key}", label, found, grade="" if key == "target" else grade)
    yield figures.chance("period.chance", card.chance_label, card.chance, beside=card.against)
