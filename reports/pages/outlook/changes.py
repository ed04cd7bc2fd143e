"""The list of changes: what moved a headline, from what to what, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.urls import reverse

from metrics.core.estimate import Quantity, Unknown, difference
from metrics.queries.documents.known import Known
from metrics.queries.revenue.bridge_factors import DIGEST
from metrics.queries.revenue.changes import ends
from reports.pages.outlook.causes import Cause, causes

NOTHING = "nothing was projected: that needs a projection, its mapping in force and a champion"
RUN = "run"
SHOWN = 4  # causes of one change that are told; the rest is counted


@dataclass(frozen=True)
class ChangeLine:
    """Changes that were computed together, and the headline before and after them; `settled` once it is known.

    restated: how much of it is another way to count: "all", "part" or "none".
    """

    causes: tuple[Cause, ...]
    more: int
    when: datetime
    product: str
    url: str
    before: Quantity
    after: Quantity
    moved: Quantity
    receipt: str
    settled: bool
    restated: str

    @property
    def same(self) -> bool:
        """Whether the headline stayed what it was."""
        return self.settled and not isinstance(self.moved, Unknown) and self.moved.point == 0

    @property
    def nothing(self) -> bool:
        """Whether there was no headline before it, and is none after."""
        return self.settled and isinstance(self.before, Unknown) and isinstance(self.after, Unknown)


def lines(found: Sequence[Any], known: Known | None = None) -> list[ChangeLine]:
    """Neighbouring changes of one product that led to one headline stand together: no part of it is one's own."""
    told = ends(found, known)
    figures = told.figures
    made = []
    for (product_id, before, after), group in groupby(found, key=lambda one: (one.product_id, one.before, one.after)):
        held = list(group)
        parts = [held] if product_id and before != after else [[one] for one in held]
        for part in parts:
            old = figures.get(before, Unknown("no figure before"))
            new = figures.get(after, Unknown("being computed" if not after else NOTHING))
            part.sort(key=lambda one: one.cause == RUN)  # what people did is told before runs that came with it
            made.append(
                ChangeLine(
                    causes=(said := causes(part))[:SHOWN],
                    more=max(0, len(said) - SHOWN),
                    when=max(one.created_at for one in part),
                    product=part[0].product.name,
                    url=reverse("outlook", args=[part[0].product.slug]),
                    before=old,
                    after=new,
                    moved=difference(new, old),
                    receipt=reverse("receipt", args=[after]) if len(after) == DIGEST and after in figures else "",
                    settled=bool(after),
                    restated=told.restated.get((before, after), "none"),
                )
            )
    return made
