"""What moves a projection: the share of its band that each driver causes, and the figure at both ends of each.

A driver's draws are those that the figure was made from. The rows of the test, what a calibrated mapping leaves open,
and the path of volumes are no single number: each stands as what it alone does, the others at their points.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from metrics import store
from metrics.core.assumptions import MAPPING, NOTHING, SAMPLING, Drawn, assumption
from metrics.core.draws import K
from metrics.core.estimate import Draws, Estimate, Quantity, Unknown
from metrics.core.revenue.budget import Budget, budget, value_of_certainty
from metrics.core.revenue.projecting import CORRECTION, VOLUME, Projecting
from metrics.core.unit_names import plural
from metrics.queries.documents.known import Known
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.revenue.what_if import projecting

SAMPLE_NAME, CORRECTION_NAME = "Size of the test sample", "How far past projections were off"
LEVEL = 0.8
AT_POINTS = Drawn(NOTHING)
Ends = tuple[float, float]


@dataclass(frozen=True)
class Driver:
    """An uncertain input, its 80 % band, the total at both ends of it, and its first-order share of the band."""

    key: str
    name: str
    unit: str
    low: float | None
    high: float | None
    share: float
    effect: Ends | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Drivers:
    """The drivers of a figure, the largest share first. measure_next: the key of the first that can be measured.

    certainty: what knowing the figure exactly would be worth before choosing between the policy and its baseline.
    """

    drivers: tuple[Driver, ...]
    measure_next: str
    certainty: float


NONE = Drivers(drivers=(), measure_next="", certainty=0.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Spread:
    """One driver: its draws, its 80 % band in its unit, and the figure at both ends."""

    draws: Draws
    unit: str = ""
    band: Ends | None = None
    effect: Ends | None = None


def drivers(outlook: Outlook) -> Drivers:
    """None where the figure has no band, or stands on a value whose drivers cannot be told apart."""
    here, total = projecting(outlook), outlook.total
    if here is None or not isinstance(total, Estimate) or total.draws is None:
        return NONE
    try:
        found = outlook.known.source.made(("drivers", outlook.receipt), lambda: _drivers(here, total))
    except store.Missing:
        return NONE
    names = names_of(outlook.known)
    return replace(found, drivers=tuple(replace(one, name=names[one.key]) for one in found.drivers))


def _drivers(here: Projecting, total: Estimate) -> Drivers:
    """The same of a figure that has draws, without names, which its document does not hold."""
    assert total.draws is not None
    if isinstance(here.pricing.value(AT_POINTS), Unknown):
        return NONE
    apart = spreads(here)
    shares = budget(total, {key: spread.draws for key, spread in apart.items()}, reducible=set(apart) - {CORRECTION})
    if not isinstance(shares, Budget):
        return NONE
    rows = [
        Driver(key, "", spread.unit, low, high, shares.shares[key], spread.effect)
        for key, spread in apart.items()
        for low, high in [spread.band or (None, None)]
    ]
    return Drivers(
        drivers=tuple(sorted(rows, key=lambda driver: -driver.share)),
        measure_next=shares.measure_next or "",
        certainty=value_of_certainty({"act": total.draws, "leave": np.zeros(K)}),
    )


def names_of(known: Known) -> dict[str, str]:
    """Key of a driver → what it is called."""
    cases = f"Number of {plural(known.product.case_noun.replace('_', ' '))} in the months projected"
    names = {SAMPLING: SAMPLE_NAME, CORRECTION: CORRECTION_NAME, VOLUME: cases}
    names |= {MAPPING + key: f"How well the past predicts {_inside(kpi.name)}" for key, kpi in known.kpis.items()}
    return names | {key: row.assumption.name for key, row in known.assumptions.items()}


def _inside(name: str) -> str:
    """A name within a sentence: small at its start, unless it begins as an abbreviation does."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


def spreads(projecting: Projecting) -> dict[str, Spread]:
    """Key → driver, for all that have a spread."""
    own = (SAMPLING, *projecting.pricing.drivers())
    apart = {driver: _of_value(projecting, driver) for driver in own} | {VOLUME: _volume(projecting)}
    for key, held in projecting.assumptions().items():
        estimate = assumption(held, projecting.document["seed"], projecting.role(key))
        band = estimate.band(LEVEL)
        if estimate.draws is not None and band is not None and band[0] < band[1]:
            ends = [projecting.total(Drawn(NOTHING, {key: end})) for end in band]
            apart[key] = Spread(draws=estimate.draws, unit=estimate.unit, band=band, effect=_between(*ends))
    factor = projecting.correction()
    if factor is not None and factor.draws is not None:
        apart[CORRECTION] = Spread(draws=factor.draws)
    return {key: spread for key, spread in apart.items() if spread is not None}


def _of_value(projecting: Projecting, driver: str) -> Spread | None:
    """What one driver alone does to the value a case, and the figure at both ends of that."""
    alone = projecting.pricing.value(Drawn(driver))
    if isinstance(alone, Unknown) or alone.draws is None:
        return None
    band = alone.band(LEVEL)
    if band is None or band[0] == band[1]:
        return None
    ends = [projecting.total(AT_POINTS, value=Estimate(end, alone.unit)) for end in band]
    return Spread(draws=alone.draws, effect=_between(*ends))


def _volume(projecting: Projecting) -> Spread | None:
    """Volume alone: all else at its point."""
    alone, cases = projecting.total(Drawn(VOLUME)), projecting.cases()
    if isinstance(alone, Unknown) or alone.draws is None or isinstance(cases, Unknown):
        return None
    noun = str(projecting.pricing.document["case"])
    return Spread(draws=alone.draws, unit=noun, band=cases.band(LEVEL), effect=alone.band(LEVEL))


def _between(first: Quantity, second: Quantity) -> Ends | None:
    if isinstance(first, Unknown) or isinstance(second, Unknown):
        return None
    return min(first.point, second.point), max(first.point, second.point)
