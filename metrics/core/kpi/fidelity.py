"""Fidelity: does the KPI mimic the loss, and what does choosing by the one cost in the other?

Over runs that may be compared. Signs are aligned first, so that more is better on both sides: agreement is positive
whichever way either is declared. Bands are those of the draws: conditional on these runs, they say how well the
figures of these runs are known, not what other runs would show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from metrics.core.estimate import Draws, Estimate, Quantity, Unknown, made
from metrics.core.late import stats

Floats = NDArray[np.float64]
Better = Literal["up", "down"]
Verdict = Literal["faithful", "weak", "misleading", "insufficient evidence"]

LEAST = 8  # comparable runs
LEVEL = 0.95  # of the band that a difference must leave 0 out of, to be outside noise
FAITHFUL_TAU = 0.5
FAITHFUL_AGREEMENT = 0.8
MISLEADING_AGREEMENT = 0.5
RELEASES = 3
ALL_EQUAL = "all runs are equal"
RULES: Mapping[Verdict, str] = {
    "insufficient evidence": f"fewer than {LEAST} comparable runs, or over half of their pairs inside noise",
    "misleading": "the band of rank agreement lies below 0, or fewer than half of the pairs outside noise are "
    "decided alike",
    "faithful": f"rank agreement of at least {FAITHFUL_TAU} with a band above 0, at least {FAITHFUL_AGREEMENT:.0%} of "
    "the pairs outside noise decided alike, and no segment with the opposite sign",
    "weak": "more agreement than disagreement, but not enough to be faithful",
}
_PIECE = 100  # draws at a time


@dataclass(frozen=True, eq=False, kw_only=True)
class Side:
    """One quantity over n runs, turned so that more is better: points (n,), draws (n, K) or None where any has none."""

    points: Floats
    draws: Draws | None

    @classmethod
    def of(cls, figures: Sequence[Estimate], better: Better) -> Side:
        """The figures of the runs in their order."""
        sign = 1.0 if better == "up" else -1.0
        points = sign * np.array([figure.point for figure in figures], dtype=np.float64)
        held = [figure.draws for figure in figures if figure.draws is not None]
        whole = bool(figures) and len(held) == len(figures)
        return cls(points=points, draws=sign * np.stack(held) if whole else None)

    @property
    def best(self) -> int:
        """Which run this side would choose; the first of equals."""
        return int(np.argmax(self.points))


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Of all pairs of runs those that both sides tell apart (outside noise), and of these those decided alike."""

    pairs: int
    outside: int
    alike: int

    @property
    def share(self) -> float | None:
        """Share decided alike; None where no pair is outside noise."""
        return self.alike / self.outside if self.outside else None

    @property
    def noisy(self) -> bool:
        """Whether over half of the pairs are inside noise."""
        return 2 * (self.pairs - self.outside) > self.pairs


def kendall(loss: Side, kpi: Side) -> Quantity:
    """Kendall's τ-b, ties on either side counted (Kendall 1945), with draws where both sides have them.

    Unknown where all runs are equal on one side.
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
        return Unknown(ALL_EQUAL)
    point = float(of(loss.points[:, None], kpi.points[:, None])[0])
    draws = None
    if loss.draws is not None and kpi.draws is not None:
        held = (loss.draws, kpi.draws)
        places = range(0, held[0].shape[1], _PIECE)
        draws = np.concatenate([of(*(side[:, start : start + _PIECE] for side in held)) for start in places])
        draws = np.clip(draws, -1, 1)
    return made(float(np.clip(point, -1, 1)), draws, undefined=ALL_EQUAL)


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
        return Unknown("some of the runs have no standard error: noise cannot be told from difference")
    first, second = np.triu_indices(len(loss.points), 1)
    outside = by_loss[first, second] & by_kpi[first, second]
    signs = [np.sign(side.points[first] - side.points[second]) for side in (loss, kpi)]
    alike = outside & (signs[0] == signs[1])
    return Agreement(pairs=len(first), outside=int(outside.sum()), alike=int(alike.sum()))


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
    return made(float(kpi.points[kpi.best] - kpi.points[loss.best]), draws, unit)


def regret(halves: tuple[tuple[Side, Side], tuple[Side, Side]], unit: str = "") -> Quantity:
    """KPI lost when the run is chosen by the loss, in KPI, on rows that did not choose.

    halves: (loss, KPI) on the even buckets and on the odd. Chosen on one half by either side, scored by KPI on the
    other; then swapped, and averaged. It may fall below 0: choosing by the KPI is not always lucky either.
    """
    points, drawn = [], []
    for (loss, chosen_by), (_, scored) in (halves, halves[::-1]):
        if not len(loss.points):
            return Unknown("no runs")
        better, taken = chosen_by.best, loss.best
        points.append(scored.points[better] - scored.points[taken])
        if scored.draws is not None:
            drawn.append(scored.draws[better] - scored.draws[taken])
    draws = (drawn[0] + drawn[1]) / 2 if len(drawn) == 2 else None
    return made(float(np.mean(points)), draws, unit)


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


def verdict(runs: int, tau: Quantity, agreed: Agreement | Unknown, flipped: Sequence[str] = ()) -> Verdict:
    """By RULES, in their order: the first that holds."""
    if runs < LEAST or isinstance(tau, Unknown) or isinstance(agreed, Unknown) or agreed.noisy:
        return "insufficient evidence"
    band, share = tau.band(LEVEL), agreed.share
    if band is None or share is None:
        return "insufficient evidence"
    if band[1] < 0 or share < MISLEADING_AGREEMENT:
        return "misleading"
    if tau.point >= FAITHFUL_TAU and band[0] > 0 and share >= FAITHFUL_AGREEMENT and not flipped:
        return "faithful"
    return "weak"


def alarming(loss: Sequence[float], kpi: Sequence[float], *, loss_better: Better, kpi_better: Better) -> int:
    """Of the latest releases how many in a row improved the loss and not the KPI; an alarm from RELEASES on.

    loss, kpi: of each release, the oldest first; the first release has nothing to improve upon.
    """
    row = 0
    for place in range(len(loss) - 1, 0, -1):
        gains = [
            (now - before) * (1 if better == "up" else -1)
            for now, before, better in (
                (loss[place], loss[place - 1], loss_better),
                (kpi[place], kpi[place - 1], kpi_better),
            )
        ]
        if not (gains[0] > 0 and gains[1] <= 0):
            break
        row += 1
    return row
