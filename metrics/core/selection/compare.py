"""Paired comparison of runs: what is different, how surely, and whether it is worth having.

Runs of a product share their draws (see `draws`), so draw k of one run less draw k of another is a draw of their
difference: what both have in common, above all which rows were drawn, falls out. This holds only for runs on the same
examples; `refusal` says when they are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from metrics.core.estimate import Draws, Quantity, Unknown
from metrics.core.evaluation.metrics import definition as definition_of
from metrics.core.evaluation.metrics.definition import MetricDefinition
from metrics.core.rows.refusal import counted, shown
from metrics.core.selection.objectives import Better, goodness

Verdict = Literal["better", "worse", "alike", "cannot tell"]
Group = tuple[str, str] | None
LEVEL = 0.95


class Evaluate(Protocol):
    """The `evaluate` of a task: metrics of what was measured of a run (a cube, or sums), whole or in one group."""

    def __call__(
        self, measured: Any, /, *, seed: int, keys: Sequence[str] | None, group: Group
    ) -> Mapping[str, Quantity]: ...


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a run before its figures: whether it can be compared, and whether it is another run's double.

    data_digest: of the set of (id, label). rows_digest, measured_digest: of the stored rows, and of the cube or sums
    made of them. n_rows is 0 and the digests are empty where the run reported metrics without rows.
    """

    name: str
    task: str
    n_rows: int
    data_digest: str
    rows_digest: str = ""
    measured_digest: str = ""


def refusal(a: Facts, b: Facts) -> str | None:
    """Why the two runs must not be compared, with the remedy; None where they may be."""
    for run in (a, b):
        if not run.n_rows or not run.data_digest:
            return (
                f"{shown(run.name)} has no rows, only metrics it reported: log its predictions on the same examples "
                "as the other run to compare the two"
            )
    if a.task != b.task:
        return f"{shown(a.name)} is a run of the task {a.task} and {shown(b.name)} of the task {b.task}"
    if a.data_digest != b.data_digest:
        on, other = (f"{counted(run.n_rows, 'row')} (digest {run.data_digest[:12]})" for run in (a, b))
        return (
            f"the runs saw different data: {shown(a.name)} {on}, {shown(b.name)} {other}; "
            "score both on the same examples with the same labels"
        )
    return None


def same_predictions(a: Facts, b: Facts) -> bool:
    """Whether the two runs are one under two names: the same rows, or rows of which the very same was measured."""
    pairs = ((a.rows_digest, b.rows_digest), (a.measured_digest, b.measured_digest))
    return any(mine and mine == its for mine, its in pairs)


def ways(definitions: Mapping[str, MetricDefinition], facts: Mapping[str, Any]) -> dict[str, Better]:
    """Which way each metric of a task is better. facts: of the sums measured, which hold the level of intervals."""
    found: dict[str, Better] = {}
    for key, definition in definitions.items():
        match definition.aim:
            case "":
                found[key] = definition.direction
            case definition_of.NOMINAL:
                # Without intervals their coverage is Unknown, whichever way is better.
                found[key] = float(facts["interval"]) if "interval" in facts else definition.direction
            case number:
                found[key] = float(number)
    return found


@dataclass(frozen=True, eq=False)
class Difference:
    """One quantity of run a against run b.

    difference: a − b, paired draw by draw; Unknown where either is. group: None for the whole.
    probability: that a is better, draws without a difference counted half. worth_having: that a is better by more
    than `smallest`, the smallest difference worth having. Both None without draws.
    """

    key: str
    group: Group
    direction: Better
    smallest: float
    a: Quantity
    b: Quantity
    difference: Quantity
    probability: float | None
    worth_having: float | None
    verdict: Verdict


def compare(
    a: Any,
    b: Any,
    *,
    evaluate: Evaluate,
    seed: int,
    directions: Mapping[str, Better],
    keys: Sequence[str] | None = None,
    groups: Sequence[Group] = (None,),
    smallest: Mapping[str, float] | None = None,
) -> tuple[Difference, ...]:
    """Each metric of `keys` (all by default) in each of `groups` in turn, a against b.

    a, b: what was measured of two runs that `refusal` lets pass. seed: the product's. directions: which way is better,
    by metric. smallest: the smallest difference worth having, by metric; 0 where it is not named.
    """
    runs = {"a": a, "b": b}
    return compare_all(
        runs, "b", evaluate=evaluate, seed=seed, directions=directions, keys=keys, groups=groups, smallest=smallest
    )["a"]


def compare_all(
    runs: Mapping[str, Any],
    base: str,
    *,
    evaluate: Evaluate,
    seed: int,
    directions: Mapping[str, Better],
    keys: Sequence[str] | None = None,
    groups: Sequence[Group] = (None,),
    smallest: Mapping[str, float] | None = None,
) -> dict[str, tuple[Difference, ...]]:
    """Every other run against the run `base`, as `compare` does, by the run's name. KeyError if there is no base."""
    found: dict[str, list[Difference]] = {name: [] for name in runs if name != base}
    for group in groups:
        against = evaluate(runs[base], seed=seed, keys=keys, group=group)
        for name, rows in found.items():
            quantities = evaluate(runs[name], seed=seed, keys=keys, group=group)
            rows.extend(differences(quantities, against, directions=directions, smallest=smallest, group=group))
    return {name: tuple(rows) for name, rows in found.items()}


def differences(
    a: Mapping[str, Quantity],
    b: Mapping[str, Quantity],
    *,
    directions: Mapping[str, Better],
    smallest: Mapping[str, float] | None = None,
    group: Group = None,
) -> tuple[Difference, ...]:
    """a against b for quantities that are at hand already: metrics, KPIs or money with common draws.

    Both hold the same keys, each in the same unit on both sides. Raises ValueError for a smallest difference below 0.
    """
    least = smallest or {}
    return tuple(_difference(key, a[key], b[key], directions[key], least.get(key, 0.0), group) for key in a)


def _difference(key: str, a: Quantity, b: Quantity, direction: Better, smallest: float, group: Group) -> Difference:
    if not smallest >= 0:
        raise ValueError(f"the smallest difference worth having of {key} is 0 or more, not {smallest}")
    difference: Quantity
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        reasons = {quantity.reason for quantity in (a, b) if isinstance(quantity, Unknown)}
        difference = Unknown("; ".join(sorted(reasons)))
    else:
        difference = a.minus(b)
    gains = _gains(a, b, direction)
    probability = worth_having = None
    verdict: Verdict = "cannot tell"
    if gains is not None:
        probability = _exceeding(gains, 0.0)
        worth_having = _exceeding(gains, smallest)
        verdict = _verdict(gains, smallest)
    return Difference(key, group, direction, smallest, a, b, difference, probability, worth_having, verdict)


def _gains(a: Quantity, b: Quantity, direction: Better) -> Draws | None:
    """How much better a is, draw by draw; None where either side has no draws."""
    if isinstance(a, Unknown) or isinstance(b, Unknown) or a.draws is None or b.draws is None:
        return None
    return goodness(a.draws, direction) - goodness(b.draws, direction)


def _exceeding(gains: Draws, limit: float) -> float:
    """Share of the draws above the limit, those at it counted half."""
    return float((np.mean(gains > limit) + np.mean(gains >= limit)) / 2)


def _verdict(gains: Draws, smallest: float) -> Verdict:
    """By where the 95 % band lies: beyond the smallest difference worth having, wholly within it, or neither.

    Kruschke 2018, Advances in Methods and Practices in Psychological Science 1:270–280 (region of practical
    equivalence). With a smallest difference of 0 only identical draws are the same.
    """
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(gains, [tail, 1 - tail])
    if -smallest <= low and high <= smallest:
        return "alike"
    if low > smallest:
        return "better"
    return "worse" if high < -smallest else "cannot tell"
