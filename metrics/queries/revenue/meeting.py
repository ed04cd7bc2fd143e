"""A target of a product's money beside what is known and projected of the target's own months."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.revenue.meeting import chance_of
from metrics.models.kpi import Target


@dataclass(frozen=True, eq=False)
class Meeting:
    """A target of a product's money, and what is known of its own months.

    by_month: of the months that are known or projected. money: over all months of the target; Unknown where one lacks.
    chance: that it is enough, a share; Unknown with the reason.
    """

    target: Target
    months: tuple[str, ...]
    by_month: Mapping[str, Quantity]
    money: Quantity

    @property
    def goal(self) -> float:
        return float(self.target.value)

    @cached_property
    def state(self) -> str:
        """A digest of all that is known of the target and of its months."""
        found = hashlib.sha256(repr((self.goal, self.months)).encode())
        for name, held in (*self.by_month.items(), ("money", self.money)):
            point = held.reason if isinstance(held, Unknown) else held.point
            found.update(repr((name, point)).encode())
            if isinstance(held, Estimate) and held.draws is not None:
                found.update(held.draws.tobytes())
        return found.hexdigest()

    @cached_property
    def chance(self) -> Quantity:
        return chance_of(self.money, self.goal)


def chance(of: Meeting | None) -> float | None:
    """That a target is met; None where that is not known."""
    return of.chance.point if of is not None and isinstance(of.chance, Estimate) else None


def no_chance(of: Meeting | None) -> str:
    """Why it is not known whether a target is met; "" where it is."""
    if of is None:
        return "no target is set"
    return of.chance.reason if isinstance(of.chance, Unknown) else ""
