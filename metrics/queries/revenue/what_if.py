"""What-ifs: the drivers under a projection that may be moved, and the projection with some of them moved."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from metrics import store
from metrics.core import distributions
from metrics.core.assumptions import Drawn, assumption
from metrics.core.estimate import Quantity, Unknown
from metrics.core.kpi.kinds import kind_of
from metrics.core.revenue.projecting import Projecting, terms_of
from metrics.core.revenue.projection import Projection
from metrics.memory import MEMORY
from metrics.models.revenue import Scenario
from metrics.queries.documents.supports import GROWTH
from metrics.queries.revenue.meeting import Meeting, chance, no_chance
from metrics.queries.revenue.outlook import Outlook

T = TypeVar("T")
NOT_COMPUTED = "only a projection that is computed can be moved"
NO_ASSUMPTION = "no assumption prices this value"
ALL_EXACT = "every assumption under it is a single value without a spread"
NO_SUMS = "the sums that it is priced from are not in the store"


@dataclass(frozen=True)
class Movable:
    """A driver that may be moved within its 95 % band; `says` tells what is known of it.

    id: the key of its assumption, which `key` is too but for growth.
    """

    key: str
    name: str
    unit: str
    point: float
    low: float
    high: float
    says: str
    id: str = ""


@dataclass(frozen=True)
class WhatIf:
    """The projection with some drivers moved, the decisions on each row held as they are.

    meeting: the target, if it is set; what its months that are over brought stays what it is.
    """

    total: Quantity
    months: tuple[tuple[str, Quantity], ...]
    value: Quantity
    meeting: Meeting | None

    @property
    def chance(self) -> float | None:
        return chance(self.meeting)

    @property
    def no_chance(self) -> str:
        return no_chance(self.meeting)


def projecting(outlook: Outlook) -> Projecting | None:
    """The projection that an outlook shows, to be computed otherwise; None where it is not computed yet."""
    if outlook.document is None or not outlook.receipt:
        return None
    return outlook.known.once("projecting", lambda: Projecting(outlook.document or {}, outlook.known.source))


def solved(outlook: Outlook, what: Hashable, solve: Callable[[], T], *, whole: Callable[[T], bool]) -> T:
    """What is found by moving drivers, remembered while projection and target are what they are.

    what: names the search and all that it was given beside these. whole: whether all of it is known; else it is looked
    for anew the next time.
    """
    name = ("solved", outlook.receipt, outlook.meeting.state if outlook.meeting else "", what)
    held: T | None = MEMORY.recalled(name)
    if held is not None:
        return held
    found = solve()
    return MEMORY.made(name, lambda: found) if whole(found) else found


def movable(outlook: Outlook) -> list[Movable]:
    """The assumptions under a projection that have a spread; empty where there is no figure."""
    here = projecting(outlook)
    if here is None:
        return []
    growth = here.document.get(GROWTH)
    in_value = here.pricing.assumptions()
    drivers = []
    for key, held in here.assumptions().items():
        estimate = assumption(held, outlook.product.seed, here.role(key))
        band = estimate.band(0.95)
        if band is None or band[0] >= band[1]:
            continue
        name = GROWTH if growth and growth["id"] == key and key not in in_value else key
        says = distributions.parse(held["distribution"]).describe(held["unit"])
        words = outlook.known.assumptions[key].assumption.name
        drivers.append(Movable(name, words, held["unit"], estimate.point, *band, says, key))
    return drivers


def unmovable(outlook: Outlook) -> str:
    """The one reason why nothing can be moved; "" where something can."""
    here = projecting(outlook)
    if here is None:
        return outlook.total.reason if isinstance(outlook.total, Unknown) else NOT_COMPUTED
    if movable(outlook):
        return ""
    return ALL_EXACT if assumes(outlook) else NO_ASSUMPTION


def assumes(outlook: Outlook) -> bool:
    """Whether an assumption stands under the projection."""
    here = projecting(outlook)
    return here is not None and bool(here.assumptions())


def decides(outlook: Outlook) -> bool:
    """Whether the value is that of decisions on each case, which a what-if holds as they are."""
    return outlook.mapping is not None and kind_of(outlook.mapping.definition).acts


def names(outlook: Outlook) -> frozenset[str]:
    """The names that a what-if may move; "growth" names the assumption on growth, whatever its key."""
    here = projecting(outlook)
    if here is None:
        return frozenset()
    growth = {GROWTH} if GROWTH in terms_of(here.document) else set()
    return frozenset(here.assumptions()) | growth


def asked(outlook: Outlook, moved: Mapping[str, float], kept: Scenario | None = None) -> dict[str, float]:
    """Where drivers are moved to: by a kept scenario, as far as it may move them, and by what is moved beside it."""
    may = names(outlook)
    return {**{key: at for key, at in (kept.overrides if kept else {}).items() if key in may}, **moved}


def strange(outlook: Outlook, moved: Mapping[str, float]) -> list[str]:
    """Names that were moved and cannot be; none are where there is no figure to move."""
    may = names(outlook)
    return sorted(set(moved) - may) if may else []


def what_if(outlook: Outlook, moved: Mapping[str, float]) -> WhatIf | Unknown:
    """Move drivers: their draws go along within their support, and the stored sums are priced again. No rows, no queue.

    Unknown with the reason where one is moved to where it cannot be.
    """
    here = projecting(outlook)
    if here is None:
        return Unknown(NOT_COMPUTED)
    projection = _moved(here, moved)
    if isinstance(projection, Unknown):
        return projection
    months = tuple((str(month), figure) for month, figure in projection.months.items())
    return WhatIf(projection.total, months, here.value(_drawn(here, moved)), outlook.met_by(projection.months))


def money_if(outlook: Outlook, moved: Mapping[str, float]) -> Quantity:
    """Money over the target's own months with some drivers moved; Unknown where there is no target."""
    here, meeting = projecting(outlook), outlook.meeting
    if here is None or meeting is None:
        return Unknown(NOT_COMPUTED if here is None else no_chance(meeting))
    projection = _moved(here, moved) if moved else None
    if projection is None or isinstance(projection, Unknown):
        return meeting.money if projection is None else projection
    met = outlook.met_by(projection.months)
    return Unknown(no_chance(None)) if met is None else met.money


def _drawn(here: Projecting, moved: Mapping[str, float]) -> Drawn:
    growth = here.document.get(GROWTH)
    return Drawn(moved={**moved, growth["id"]: moved[GROWTH]} if growth and GROWTH in moved else moved)


def _moved(here: Projecting, moved: Mapping[str, float]) -> Projection | Unknown:
    try:
        return here.projected(_drawn(here, moved))
    except store.Missing:
        return Unknown(NO_SUMS)
    except ValueError as error:
        return Unknown(str(error)[:200])
