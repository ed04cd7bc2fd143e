"""What a built-in metric is, told once: how pages and receipts call it, and how it is computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from metrics.core.arrays import Floats
from metrics.core.estimate import Draws

Direction = Literal["up", "down"]
NOMINAL = "the nominal level"  # an aim: that of the intervals
Figure = Callable[[Any], Floats | str]
OfCells = Callable[[Any, Any, Any, Any], Any]


@dataclass(frozen=True, kw_only=True)
class MetricDefinition:
    """A metric in words and as a function of what was measured of a run: one row of its task's table.

    key: its name in documents and formulas. asks: the heading that it stands under, with the others that ask the same.
    direction: which way is better. range: smallest and largest value it can take. aim: the best value, in words, where
    it lies between the ends; the direction then says nothing. unit "": a pure number, or the unit of the label.

    figure: (1 + K,) of what was weighted 1 + K times, row 0 with every weight 1; or, as text, why it is not defined.
    guard: the same reason where it can be told before anything is drawn, else None. exact: the point as the scan took
    it from the rows, where the bins of a cube give it only nearly. Guard and exact read one part of a cube; the guard
    of sums reads what was weighted. cells: the figure from the shares of true positives, false positives, true
    negatives and false negatives, where it can be asked above any threshold. elsewhere: what others call it, whose
    runs are taken over: functions of scikit-learn, and names of MLflow's own evaluation. tail: the distribution of the
    sums whose tail, to this power, may be too heavy for a band. spread: the draws about a point, where they are not as
    resampled, or why there are none. trials: rows that a share is of, where these are not all. in_percent: a share
    without an upper end that others write in percent.
    """

    key: str
    name: str
    asks: str
    direction: Direction
    range: tuple[float, float]
    formula: str
    source: str
    figure: Figure
    guard: Callable[[Any], str | None] | None = None
    exact: Callable[[Any], float] | None = None
    cells: OfCells | None = None
    elsewhere: tuple[str, ...] = ()
    unit: str = ""
    aim: str = ""
    tail: str = ""
    power: int = 1
    spread: Callable[[Any, float], Draws | str] | None = None
    trials: Callable[[Any], float] | None = None
    in_percent: bool = False


def table(rows: Iterable[MetricDefinition]) -> dict[str, MetricDefinition]:
    """The metrics of a task by key, in the order in which pages show them."""
    return {row.key: row for row in rows}
