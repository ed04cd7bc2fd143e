"""Fidelity: does the KPI mimic the loss, and what does choosing by the one cost in the other?

Over runs that may be compared. Signs are aligned first, so that more is better on both sides: agreement is positive
whichever way either is declared. Bands are those of the draws: conditional on these runs, they say how well the
figures of these runs are known, not what other runs would show.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import FLOOR, WITHIN, Floats, settled
from metrics.core.estimate import Draws, Estimate, Quantity, Unknown, made, no_band_of
from metrics.core.late import stats

Better = Literal["up", "down"]

LEVEL = 0.95  # of the band that a difference must leave 0 out of, to be outside noise
RELEASES = 3
TOO_FEW = "fewer than two runs can be compared"
METRIC_EQUAL = "the metric is equal for all runs"
KPI_EQUAL = "the KPI is equal for all runs"
NO_NOISE = "some of the runs have no standard error: noise cannot be told from difference"
_PIECE = 100  # draws at a time


@dataclass(frozen=True, eq=False, kw_only=True)
class Side:
    """One quantity over n runs, turned so that more is better: points (n,), draws (n, K) or None where any has none.

    no_band: the reason of the first that has none, where it gives one.
    """

    points: Floats
    draws: Draws | None
    no_band: str | None = None

    @classmethod
    def of(cls, figures: Sequence[Estimate], better: Better) -> Side:
        """The figures of the runs in their order."""
        sign = 1.0 if better == "up" else -1.0
        points = sign * np.array([figure.point for figure in figures], dtype=np.float64)
        held = [figure.draws for figure in figures if figure.draws is not None]
        whole = bool(figures) and len(held) == len(figures)
        draws = settled(sign * np.stack(held)) if whole else None
        return cls(points=settled(points[:, None])[:, 0], draws=draws, no_band=no_band_of(figures))

    @property
    def all_equal(self) -> bool:
        """Whether nothing can be chosen by it."""
        return bool((self.points == self.points[0]).all())

    @property
    def best(self) -> int:
        """Which run this side would choose; the first of equals."""
        return int(np.argmax(self.points))


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Of all pairs of runs those that both sides tell apart (outside noise), and of these those decided alike.

    helped: pairs that the KPI tells apart, so that a change from one run to the other helps it, whatever the loss says.
    """

    pairs: int
    outside: int
    alike: int
    helped: int

    @property
    def share(self) -> float | None:
        """Share decided alike; None where no pair is outside noise."""
        return self.alike / self.outside if self.outside else None

    @property
    def recall(self) -> float | None:
        """Of the changes that help the KPI, the share that choosing by the loss would take; None where none helps.

        A change is taken where the loss prefers it outside noise. Agreement looks only at pairs that both tell apart,
        so it may be high where the loss overlooks most of what helps.
        """
        return self.alike / self.helped if self.helped else None

    @property
    def noisy(self) -> bool:
        """Whether over half of the pairs are inside noise."""
        return 2 * (self.pairs - self.outside) > self.pairs


def kendall(loss: Side, kpi: Side) -> Quantity:
    """Kendall's τ-b, ties on either side counted (Kendall 1945), with draws where both sides have them.

    Unknown where all runs are equal on one side; values that differ by rounding alone are equal.
    """
    first, second = np.triu_indices(len(loss.points), 1)

    def tau(a: Floats, b: Floats) -> Floats:
        """Of values (n, R): (R,)."""
        signs = [np.sign(side[first] - side[second]) for side in (a, b)]
        untied = [np.abs(sign).sum(axis=0) for sign in signs]
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray((signs[0] * signs[1]).sum(axis=0) / np.sqrt(untied[0] * untied[1]))

    return _over_draws(loss, kpi, tau)


def spearman(loss: Side, kpi: Side) -> Quantity:
    """Spearman's ρ: Pearson's correlation of mid-ranks. Unknown where all runs are equal on one side."""

    def rho(a: Floats, b: Floats) -> Floats:
        ranks = [stats.rankdata(side, axis=0) for side in (a, b)]
        off = [side - side.mean(axis=0) for side in ranks]
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = np.sqrt((off[0] ** 2).sum(axis=0) * (off[1] ** 2).sum(axis=0))
            return np.asarray((off[0] * off[1]).sum(axis=0) / spread)

    return _over_draws(loss, kpi, rho)


def _over_draws(loss: Side, kpi: Side, of: Callable[[Floats, Floats], Floats]) -> Quantity:
    if len(loss.points) < 2:
        return Unknown(TOO_FEW)
    if loss.all_equal or kpi.all_equal:
        return Unknown(METRIC_EQUAL if loss.all_equal else KPI_EQUAL)
    point = float(of(loss.points[:, None], kpi.points[:, None])[0])
    draws = None
    if loss.draws is not None and kpi.draws is not None:
        held = (loss.draws, kpi.draws)
        places = range(0, held[0].shape[1], _PIECE)
        draws = np.concatenate([of(*(side[:, start : start + _PIECE] for side in held)) for start in places])
        draws = np.clip(draws, -1, 1)
    return made(float(np.clip(point, -1, 1)), draws, no_band=loss.no_band or kpi.no_band)


def apart(side: Side, level: float = LEVEL) -> NDArray[np.bool_] | None:
    """(n, n): whether the band of the paired difference of two runs leaves 0 out; None without draws."""
    if side.draws is None:
        return None
    n, tail = len(side.points), (1 - level) / 2
    found = np.zeros((n, n), dtype=bool)
    for run in range(n - 1):
        low, high = np.quantile(side.draws[run] - side.draws[run + 1 :], [tail, 1 - tail], axis=1)
        found[run, run + 1 :] = (low > 0) | (high < 0)
    return found | found.T


def agreement(loss: Side, kpi: Side) -> Agreement | Unknown:
    """How often both sides choose the same of two runs that both can tell apart."""
    by_loss, by_kpi = apart(loss), apart(kpi)
    if by_loss is None or by_kpi is None:
        return Unknown(loss.no_band or kpi.no_band or NO_NOISE)
    first, second = np.triu_indices(len(loss.points), 1)
    outside = by_loss[first, second] & by_kpi[first, second]
    signs = [np.sign(side.points[first] - side.points[second]) for side in (loss, kpi)]
    alike = outside & (signs[0] == signs[1])
    helped = int(by_kpi[first, second].sum())
    return Agreement(pairs=len(first), outside=int(outside.sum()), alike=int(alike.sum()), helped=helped)


def saturation(kpi: Side) -> float | None:
    """Share of the other runs that the KPI cannot tell from the best by it: 1 where it cannot choose at all."""
    told = apart(kpi)
    if told is None or len(told) < 2:
        return None
    return float(1 - told[kpi.best].sum() / (len(told) - 1))


def hindsight(loss: Side, kpi: Side, unit: str = "") -> Quantity:
    """KPI lost on the same rows by which the run was chosen: of the best by KPI, less that of the best by loss."""
    if not len(loss.points):
        return Unknown("no runs")
    draws = None if kpi.draws is None else kpi.draws[kpi.best] - kpi.draws[loss.best]
    return made(float(kpi.points[kpi.best] - kpi.points[loss.best]), draws, unit, no_band=kpi.no_band)


def regret(halves: tuple[tuple[Side, Side], tuple[Side, Side]], unit: str = "") -> Quantity:
    """KPI lost when the run is chosen by the loss, in KPI, on rows that did not choose.

    halves: (loss, KPI) on the even buckets and on the odd. Chosen on one half by either side, scored by KPI on the
    other; then swapped, and averaged. It may fall below 0: choosing by the KPI is not always lucky either.
    """
    points, drawn = [], []
    no_band = halves[0][1].no_band or halves[1][1].no_band
    for (loss, chosen_by), (_, scored) in (halves, halves[::-1]):
        if not len(loss.points):
            return Unknown("no runs")
        better, taken = chosen_by.best, loss.best
        points.append(scored.points[better] - scored.points[taken])
        if scored.draws is not None:
            drawn.append(scored.draws[better] - scored.draws[taken])
    draws = (drawn[0] + drawn[1]) / 2 if len(drawn) == 2 else None
    return made(float(np.mean(points)), draws, unit, no_band=no_band)


def flips(overall: Quantity, segments: Mapping[str, Quantity]) -> tuple[str, ...]:
    """Segments whose rank agreement has the opposite sign of the whole's, with a band that leaves 0 out."""
    if isinstance(overall, Unknown) or overall.point == 0:
        return ()
    sign = np.sign(overall.point)
    found = []
    for name, tau in segments.items():
        band = tau.band(LEVEL) if isinstance(tau, Estimate) else None
        if band is not None and (band[1] < 0 if sign > 0 else band[0] > 0):
            found.append(name)
    return tuple(found)


def alarming(loss: Sequence[float], kpi: Sequence[float], *, loss_better: Better, kpi_better: Better) -> int:
    """Of the latest releases how many in a row improved the loss and not the KPI; an alarm from RELEASES on.

    loss, kpi: of each release, the oldest first; the first release has nothing to improve upon.
    """
    row = 0
    for place in range(len(loss) - 1, 0, -1):
        gains = [
            0.0 if math.isclose(now, before, rel_tol=WITHIN, abs_tol=FLOOR) else sign * (now - before)
            for now, before, sign in (
                (loss[place], loss[place - 1], 1 if loss_better == "up" else -1),
                (kpi[place], kpi[place - 1], 1 if kpi_better == "up" else -1),
            )
        ]
        if not (gains[0] > 0 and gains[1] <= 0):
            break
        row += 1
    return row
