"""Value: what a policy's decisions are worth, against a named baseline.

V = Σ v[truth, decision] · n[truth, decision], where a cell is money per case, base + rate · amount, and + is good for
us. A draw is always a ratio of weighted sums, mean_k = Σ w·S_b / Σ w·n_b, and a total is N times it; sampling draw k
goes with assumption draw k. Policies and baselines are fixed at the point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal
from weakref import WeakKeyDictionary

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.draws import K, bucket_weights
from metrics.core.estimate import Quantity, Unknown, made
from metrics.core.evaluation.statistics.bootstrap import ONE_BLOCK, widening
from metrics.core.evaluation.statistics.spread import STEP, Tail, skewed, too_rare
from metrics.core.kpi.decisions import PLACE, CellName, CellValue, Decisions
from metrics.core.kpi.matrix import BASELINES, PERS, Baseline, Cell, MappingError, Matrix, Per, cells_at, parse_matrix
from metrics.core.rows.groups import WHOLE, Group

__all__ = [
    "BASELINES",
    "PERS",
    "Baseline",
    "Cell",
    "CellValue",
    "MappingError",
    "Matrix",
    "Means",
    "Per",
    "Shares",
    "acted_share",
    "cells_at",
    "cost",
    "money",
    "parse_matrix",
    "savings",
    "value",
    "value_share",
]

Cells = Mapping[CellName, CellValue]
Policy = Literal["chosen", "act_on_none", "act_on_all", "perfect"]

NO_LABELS = "no labelled examples"
NO_BASE = "the cheaper of acting on none and acting on all costs nothing"


@dataclass(frozen=True, eq=False)
class Shares:
    """A value with all its draws, and the same value with draws of one cause only, the other held at the point."""

    both: Quantity
    sampling: Quantity
    assumptions: Quantity


def money(sums: Floats, cells: Cells, columns: tuple[str, ...], policy: Policy = "chosen") -> Any:
    """Money of a policy from sums shaped (..., truth 2, decision 2, 1 + columns); shape (...), or (K,) with draws.

    Only "chosen" reads the decisions in the sums; the others place all rows of one truth in one cell.
    """
    if policy == "chosen":
        parts = {cell: sums[..., truth, decision, :] for cell, (truth, decision) in PLACE.items()}
    else:
        used: dict[Policy, tuple[CellName, CellName]]
        used = {"act_on_none": ("fn", "tn"), "act_on_all": ("tp", "fp"), "perfect": ("tp", "tn")}
        parts = {cell: sums[..., PLACE[cell][0], :, :].sum(axis=-2) for cell in used[policy]}
    total: Any = np.float64(0)
    for name, part in parts.items():
        cell = cells[name]
        total = total + cell.base * part[..., 0]
        if cell.column is not None:
            total = total + cell.rate * part[..., 1 + columns.index(cell.column)]
    return total


@dataclass(frozen=True, eq=False)
class Means:
    """Sums of a group per unit of its weight n: whole (2, 2, 1 + columns), and drawn (K, 2, 2, 1 + columns).

    Money is linear in these, so spread known from few buckets is widened here, by Student's t, for every figure alike.
    drawn is None where fewer than two buckets leave nothing to resample; a draw without any weight is NaN.
    apart: (B, 2, 2, 1 + columns) what one more unit of each bucket's weight adds. tails: of the amounts, by column.
    """

    columns: tuple[str, ...]
    n: float
    whole: Floats
    drawn: Floats | None
    apart: Floats
    tails: Mapping[str, Tail]

    @property
    def one_block(self) -> str | None:
        """Why there are no draws."""
        return ONE_BLOCK if self.drawn is None else None

    def no_band(self, cells: Cells) -> str | None:
        """Why money in these cells has no band: nothing to resample, too heavy a tail, too few of the rarer outcome."""
        if self.drawn is None:
            return ONE_BLOCK
        for cell in cells.values():
            tail = self.tails.get(cell.column or "")
            if tail is not None and np.any(cell.rate) and (reason := tail.no_band(str(cell.column))):
                return reason
        return too_rare(self.n * float(self.whole[1, :, 0].sum()), self.n)

    def spread(self, figure: Callable[[Floats], Any]) -> Floats:
        """(K,) what skewness adds to the draws of a figure of the means. figure: of whole, drawn, or others alike."""
        assert self.drawn is not None
        point, draws = float(figure(self.whole)), np.asarray(figure(self.drawn))
        influence = (np.asarray(figure(self.whole + STEP * self.apart)) - point) / STEP
        return np.asarray(skewed(draws, point, influence) - draws)

    def scale(self, per: Per) -> float:
        """What a mean is multiplied by."""
        return self.n if per == "total" else 1.0

    def gain(self, sums: Floats, cells: Cells, *, baseline: Baseline, per: Per) -> Any:
        """Money of the decisions in `sums` (whole, or drawn) less the baseline's."""
        against = 0.0 if baseline == "none" else money(sums, cells, self.columns, baseline)
        return (money(sums, cells, self.columns) - against) * self.scale(per)

    @classmethod
    def of(cls, decisions: Decisions, *, seed: int, group: Group | None = None) -> Means | Unknown:
        """Unknown where the group has no labelled rows. Those over all rows are remembered while the decisions live."""
        if group is not None:
            if group not in decisions.groups:
                return Unknown(f"{NO_LABELS}: no rows with {group[0]} {group[1]}")
            return cls.together(decisions, [group], seed=seed)
        held = _WHOLE.setdefault(decisions, {})
        if seed not in held:
            held[seed] = cls.together(decisions, [WHOLE], seed=seed)
        return held[seed]

    @classmethod
    def together(cls, decisions: Decisions, groups: Sequence[Group], *, seed: int) -> Means | Unknown:
        """Of several groups as one. Unknown where they have no labelled rows."""
        if not groups:
            return Unknown(NO_LABELS)
        dense: Floats = np.sum([decisions.dense(group) for group in groups], axis=0)
        blocks = int((dense[..., 0].sum(axis=(1, 2)) > 0).sum())
        if not blocks:
            return Unknown(NO_LABELS)
        n = float(dense[..., 0].sum())
        whole = dense.sum(axis=0) / n
        if blocks == 1:
            return cls(decisions.columns, n, whole, None, np.zeros((0, *whole.shape)), {})
        weights = bucket_weights(seed, decisions.n_buckets, columns=decisions.buckets)  # remembered: all groups ask
        sums = (weights @ dense.reshape(len(dense), -1)).reshape(-1, *whole.shape)
        with np.errstate(divide="ignore", invalid="ignore"):
            means = sums / sums[..., 0].sum(axis=(1, 2))[:, None, None, None]
        drawn = whole + widening(blocks) * (means - whole)
        whole.flags.writeable = drawn.flags.writeable = False  # one of them for all who ask
        apart = (dense - whole * dense[..., 0].sum(axis=(1, 2))[:, None, None, None]) / n
        tails = {column: Tail.of(cells, decisions.n_labelled) for column, cells in decisions.amounts.items()}
        return cls(decisions.columns, n, whole, drawn, apart, tails)


# Decisions → seed → means over all rows: every figure of a policy asks for the same.
_WHOLE: WeakKeyDictionary[Decisions, dict[int, Means | Unknown]] = WeakKeyDictionary()


def value(
    decisions: Decisions,
    cells_points: Cells,
    cells_draws: Cells | None,
    *,
    seed: int,
    baseline: Baseline,
    per: Per,
    unit: str,
    group: Group | None = None,
) -> Quantity:
    """Money of the chosen policy less the baseline's, paired draw by draw; exact at the point.

    cells_draws: cells with draws (K,) or numbers; None where an assumption has no draws, which leaves a point only.
    baseline: "none" subtracts nothing. per: "case" is the mean over labelled rows, "total" N times it.
    Unknown where the group has no labelled rows.
    """
    return value_share(
        decisions, cells_points, cells_draws, seed=seed, baseline=baseline, per=per, unit=unit, group=group
    ).both


def value_share(
    decisions: Decisions,
    cells_points: Cells,
    cells_draws: Cells | None,
    *,
    seed: int,
    baseline: Baseline,
    per: Per,
    unit: str,
    group: Group | None = None,
) -> Shares:
    """The value with both causes of spread, and with each alone, so that a page can show which to reduce."""
    means = Means.of(decisions, seed=seed, group=group)
    if isinstance(means, Unknown):
        return Shares(means, means, means)

    gain = partial(means.gain, baseline=baseline, per=per)
    point = float(gain(means.whole, cells_points))
    both = alone = sampling = None
    more: Any = 0.0
    if means.drawn is not None:
        more = means.spread(partial(gain, cells=cells_points))
        sampling = gain(means.drawn, cells_points) + more
    if cells_draws is not None:
        alone = np.broadcast_to(gain(means.whole, cells_draws), (K,)).copy()
        both = None if means.drawn is None else gain(means.drawn, cells_draws) + more
    no_band = None if sampling is not None and np.ptp(sampling) == 0 else means.no_band(cells_points)
    return Shares(
        made(point, both, unit, no_band=no_band), made(point, sampling, unit, no_band=no_band), made(point, alone, unit)
    )


def cost(
    decisions: Decisions,
    cells_points: Cells,
    cells_draws: Cells | None,
    *,
    seed: int,
    per: Per,
    unit: str,
    policy: Policy = "chosen",
    group: Group | None = None,
) -> Quantity:
    """What a policy itself costs: minus its money, with no baseline. Unknown where the group has no labelled rows."""
    means = Means.of(decisions, seed=seed, group=group)
    if isinstance(means, Unknown):
        return means
    scale, draws = -means.scale(per), None
    if cells_draws is not None and means.drawn is not None:
        of = partial(money, cells=cells_points, columns=means.columns, policy=policy)
        draws = scale * (money(means.drawn, cells_draws, means.columns, policy) + means.spread(of))
    point = scale * float(money(means.whole, cells_points, means.columns, policy))
    return made(point, draws, unit, no_band=means.no_band(cells_points))


def savings(
    decisions: Decisions,
    cells_points: Cells,
    cells_draws: Cells | None,
    *,
    seed: int,
    group: Group | None = None,
) -> Quantity:
    """1 − cost / min(cost of acting on none, on all), a share (Bahnsen et al. 2015); Unknown unless that base is > 0.

    The cheaper base is chosen at the point and kept in every draw.
    """
    means = Means.of(decisions, seed=seed, group=group)
    if isinstance(means, Unknown):
        return means
    columns = means.columns
    bases: tuple[Policy, Policy] = ("act_on_none", "act_on_all")
    base, cheaper = max((float(money(means.whole, cells_points, columns, policy)), policy) for policy in bases)
    if base >= 0:
        return Unknown(NO_BASE)
    draws = None
    if cells_draws is not None and means.drawn is not None:
        with np.errstate(divide="ignore", invalid="ignore"):
            draws = 1 - money(means.drawn, cells_draws, columns) / money(means.drawn, cells_draws, columns, cheaper)
    no_band = means.no_band(cells_points)
    return made(1 - float(money(means.whole, cells_points, columns)) / base, draws, "", no_band=no_band)


def acted_share(decisions: Decisions, *, seed: int, group: Group | None = None) -> Quantity:
    """Share of labelled rows on which the policy acts."""
    means = Means.of(decisions, seed=seed, group=group)
    if isinstance(means, Unknown):
        return means
    draws = None if means.drawn is None else np.clip(means.drawn[:, :, 1, 0].sum(axis=1), 0, 1)
    return made(float(means.whole[:, 1, 0].sum()), draws, "", no_band=means.one_block)
