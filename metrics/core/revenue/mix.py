"""Mix: what other shares of the segments did to a mean, apart from what changed within the segments.

    mean = Σ share_g · mean_g                     within = Σ share⁰_g · (mean¹_g − mean⁰_g)
    mix = Σ (share¹_g − share⁰_g) · mean⁰_g       interaction = Σ (share¹_g − share⁰_g) · (mean¹_g − mean⁰_g)

The three add up to the change; Shapley's two parts share the interaction equally (Kitagawa 1955, "Components of a
difference between two rates"). A segment that one side lacks takes the other side's mean: it is all mix.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.evaluation.statistics.sums import WEIGHT, Sums
from metrics.core.evaluation.statistics.tally import Tally
from metrics.core.kpi.decisions import Decisions
from metrics.core.kpi.kind import Statistics
from metrics.core.rows.groups import MONTH, OTHER, WHOLE

H = TypeVar("H", Decisions, Sums)


@dataclass(frozen=True, kw_only=True, eq=False)
class Split:
    """A change in three parts that add up to it, draw by draw where all four means have draws."""

    within: Quantity
    mix: Quantity
    interaction: Quantity


def split(before: Quantity, *, within: Quantity, mix: Quantity, after: Quantity) -> Split | Unknown:
    """The change from before to after.

    within: the segments as after in the shares of before; mix: the segments as before in the shares of after. Unknown
    where one of the four is.
    """
    found: list[Estimate] = []
    for one in (before, within, mix, after):
        if isinstance(one, Unknown):
            return one
        found.append(one)
    start, inside, shares, end = found
    inner, outer, whole = inside.minus(start), shares.minus(start), end.minus(start)
    if isinstance(inner, Unknown) or isinstance(outer, Unknown) or isinstance(whole, Unknown):
        return Unknown("the change is too large to be taken apart")
    rest = whole.minus(inner)
    both = rest if isinstance(rest, Unknown) else rest.minus(outer)
    return Split(within=inner, mix=outer, interaction=both)


def columns(one: Statistics, other: Statistics) -> tuple[str, ...]:
    """The columns of segments that both have and whose shares differ, ascending."""
    both = {column for column, _ in one.groups} & {column for column, _ in other.groups} - {WHOLE[0], MONTH}
    return tuple(sorted(column for column in both if _differ(_shares(one, other, column), _shares(other, one, column))))


def at_mix_of(own: Statistics, other: Statistics | None, column: str) -> Statistics:
    """As `at_mix`, of sums of any kind. ValueError where the two are of different kinds."""
    if isinstance(own, Decisions) and isinstance(other, Decisions):
        return at_mix(own, other, column)
    if isinstance(own, Sums) and isinstance(other, Sums):
        return at_mix(own, other, column)
    raise ValueError("the rows of the two were summed otherwise")


def at_mix(own: H, other: H, column: str) -> H:
    """`own` with each segment of a column weighted to the share that it has in `other`; its total weight stays.

    The whole only: it has no groups. ValueError where a segment that own lacks was summed otherwise than own's are.
    """
    mine, wanted = _weights(own, other, column), _shares(other, own, column)
    theirs = _weights(other, own, column)
    whole = sum(mine.values())
    taken = {name: wanted.get(name, 0.0) * whole / weight for name, weight in mine.items() if weight}
    lacking = {name: share * whole / theirs[name] for name, share in wanted.items() if share and name not in taken}
    sides = [(own, _factors(own, other, column, taken))]
    if lacking:
        sides.append((other, _factors(other, own, column, lacking)))
    n_buckets = min(side.n_buckets for side, _ in sides)
    if isinstance(own, Decisions):
        return _decisions(own, sides, n_buckets)
    return _sums(own, sides, n_buckets)


def _decisions(own: Decisions, sides: Sequence[tuple[Decisions, Floats]], n_buckets: int) -> Decisions:
    if any(side.columns != own.columns for side, _ in sides):
        raise ValueError("the two sides have different amounts a row")
    buckets = np.unique(np.concatenate([side.buckets % n_buckets for side, _ in sides]))
    dense = np.zeros((len(buckets), 2, 2, 1 + len(own.columns)))
    for side, factors in sides:
        at = np.searchsorted(buckets, side.buckets % n_buckets)
        for place in np.flatnonzero(factors):
            np.add.at(dense, at, factors[place] * side.dense(side.groups[place]))
    flat = dense.reshape(-1, dense.shape[-1])
    keys = np.flatnonzero(flat.any(axis=1)).astype(np.int64)
    return replace(own, n_buckets=n_buckets, groups=(WHOLE,), buckets=buckets, keys=keys, sums=flat[keys])


def _sums(own: Sums, sides: Sequence[tuple[Sums, Floats]], n_buckets: int) -> Sums:
    if any(side.names != own.names or side.grids.keys() != own.grids.keys() for side, _ in sides):
        raise ValueError("the two sides were scanned otherwise")

    def mixed(of: Callable[[Sums], Tally]) -> Tally:
        parts = [_scaled(of(side), factors).placed(1, np.arange(side.n_buckets) % n_buckets, n_buckets)
                 for side, factors in sides]  # fmt: skip
        return parts[0] if len(parts) == 1 else parts[0] + parts[1]

    return replace(
        own,
        n_buckets=n_buckets,
        groups=(WHOLE,),
        terms=mixed(lambda side: side.terms),
        unlabelled=own.unlabelled[:1],
        grids={name: mixed(lambda side, name=name: side.grids[name]) for name in own.grids},  # type: ignore[misc]
        cells={},
    )


def _scaled(tally: Tally, factors: Floats) -> Tally:
    """The sums of each group times its factor, together as the one group there is; groups of factor 0 left out."""
    group, *rest = tally.places()
    kept = factors[group] > 0
    values = (tally.sums[kept] * factors[group[kept]][:, None]).T
    return Tally.of(
        (1, *tally.shape[1:]), [np.zeros(int(kept.sum()), dtype=np.int64), *(p[kept] for p in rest)], values
    )


def _differ(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    return any(abs(one.get(name, 0.0) - other.get(name, 0.0)) > 1e-9 for name in {*one, *other})


def _shares(one: Statistics, other: Statistics, column: str) -> dict[str, float]:
    """Segment → share of the weight of all rows."""
    found = _weights(one, other, column)
    whole = sum(found.values())
    return {name: weight / whole for name, weight in found.items()} if whole else {}


def _weights(one: Statistics, other: Statistics, column: str) -> dict[str, float]:
    """Segment → weight of its labelled rows."""
    found: dict[str, float] = {}
    for name, key in _keys(one, other, column).items():
        group = (column, name)
        found[key] = found.get(key, 0.0) + (one.n(group) if isinstance(one, Decisions) else one.total(WEIGHT, group))
    return found


def _factors(one: Statistics, other: Statistics, column: str, wanted: Mapping[str, float]) -> Floats:
    """By place of the group, what its sums are multiplied by: 0 for those that are no segment of the column."""
    keys = _keys(one, other, column)
    return np.array([wanted.get(keys[name], 0.0) if held == column else 0.0 for held, name in one.groups])


def _keys(one: Statistics, other: Statistics, column: str) -> dict[str, str]:
    """Name → segment; a name that the other side may have counted under OTHER is counted there here too."""
    theirs = {name for held, name in other.groups if held == column}
    return {
        name: OTHER if name not in theirs and OTHER in theirs else name for held, name in one.groups if held == column
    }
