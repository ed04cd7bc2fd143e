"""What must be true to meet the target: each driver alone, the others as they are, where the target is just met."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from metrics.core.assumptions import assumption
from metrics.core.estimate import Estimate, Unknown
from metrics.core.revenue.needed import Aim, Money, Needed, needed
from metrics.core.supports import Support, reach, support, vicinity
from metrics.queries.revenue.meeting import Meeting, no_chance
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.revenue.what_if import Movable, money_if, movable, projecting, solved, unmovable

CHANCES = (0.5, 0.75, 0.9)  # that may be asked for; None asks for the expected total
TOLD = 50  # steps of a 95 % band in which a value is told, at least


@dataclass(frozen=True, eq=False)
class Needs:
    """One driver: where it turns the target, or why that is not known.

    now: today's value, or where it is moved already. step: between values that are told. band: its 80 % band. likely:
    that it lies on the side of the nearest turn on which the target is met, by its own draws; None where none is.
    """

    driver: Movable
    now: float
    step: float
    band: tuple[float, float]
    found: Needed | Unknown
    likely: float | None = None

    @property
    def inside(self) -> bool:
        """Whether the nearest turn lies in the 80 % band."""
        turn = self.found.nearest if isinstance(self.found, Needed) else None
        return turn is not None and self.band[0] <= turn.met <= self.band[1]


@dataclass(frozen=True, eq=False)
class MustBeTrue:
    """meeting: the target, and money over its months as everything is. why: why nothing can be said, else ""."""

    aim: Aim | None
    meeting: Meeting | None
    met: bool
    needs: tuple[Needs, ...]
    why: str = ""


def must_be_true(
    outlook: Outlook, chance: float | None, under: Mapping[str, float] = MappingProxyType({})
) -> MustBeTrue:
    """chance: with which the target is to be met; None: by the expected total. under: what is moved besides, a
    scenario. What may become true within the bands stands first.
    """
    meeting = outlook.meeting
    if meeting is None:
        return MustBeTrue(None, None, met=False, needs=(), why=no_chance(None))
    aim, money = Aim(meeting.goal, chance), money_if(outlook, under)
    if isinstance(money, Unknown):
        return MustBeTrue(aim, meeting, met=False, needs=(), why=money.reason)
    if chance is not None and money.draws is None:
        return MustBeTrue(aim, meeting, met=False, needs=(), why=str(money.why_no_band))
    drivers = movable(outlook)
    if not drivers:
        return MustBeTrue(aim, meeting, met=False, needs=(), why=unmovable(outlook))
    needs = [_needs(outlook, driver, aim, under, money) for driver in drivers]
    met = aim.margin(money.point, money.draws) >= 0
    return MustBeTrue(aim, meeting, met, tuple(sorted(needs, key=_order)))


def _order(one: Needs) -> tuple[int, float, str]:
    turns = isinstance(one.found, Needed) and one.found.nearest is not None
    return (0 if one.inside else 1 if turns else 2, -(one.likely or 0.0), one.driver.name)


def _needs(outlook: Outlook, driver: Movable, aim: Aim, under: Mapping[str, float], money: Estimate) -> Needs:
    here = projecting(outlook)
    assert here is not None
    document, role = here.assumptions()[driver.id], here.role(driver.id)
    known, lies = assumption(document, outlook.product.seed, role), support(document, role)
    now, step = under.get(driver.key, driver.point), told_step(driver)

    def at(value: float) -> Estimate | Unknown:
        return money if value == now else money_if(outlook, {**under, driver.key: value})

    found: Needed | Unknown = solved(
        outlook,
        ("needed", driver.key, driver.id, aim, tuple(sorted(under.items()))),
        lambda: _looked(at, aim, now=now, known=known, lies=lies, step=step),
        whole=lambda found: isinstance(found, Needed),
    )
    band = known.band(0.8) or (known.point, known.point)
    return Needs(driver, now, step, band, found, _likely(found, known))


def _looked(at: Money, aim: Aim, *, now: float, known: Estimate, lies: Support, step: float) -> Needed | Unknown:
    """In all its range, or in a narrower one where no figure is known at an end of that."""
    found: Needed | Unknown = Unknown("it has no range")
    for low, high in (reach(known, lies), vicinity(known, lies)):
        found = needed(at, aim, now=now, low=min(low, now), high=max(high, now), step=step)
        if isinstance(found, Needed):
            break
    return found


def _likely(found: Needed | Unknown, known: Estimate) -> float | None:
    turn = found.nearest if isinstance(found, Needed) else None
    if turn is None or known.draws is None:
        return None
    return float(np.mean(known.draws >= turn.met if turn.met > turn.missed else known.draws <= turn.met))


def told_step(driver: Movable) -> float:
    """A power of ten, at most a TOLD-th of the 95 % band."""
    return 10.0 ** math.floor(math.log10((driver.high - driver.low) / TOLD))
