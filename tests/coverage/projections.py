"""How often the bands of a projection hold the cases that then come: its section of docs/coverage.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from metrics.core.calendar import later
from metrics.core.draws import K
from metrics.core.estimate import Estimate
from metrics.core.revenue.projection import Projection, project
from tests.coverage import markdown
from tests.coverage.repeats import repeated

NAME = "projections"
TITLE = "## Projections"
LEVEL = 0.95
LEAST = 0.90
PROMISED_FROM = 36  # months of history
AHEAD = 12
REPEATS = 2000
BATCH = 20
SURE = Estimate(1.0, "EUR/case", np.ones(K))
PROCESSES = ("seasonal", "level shift", "steady trend")
GROWTH = 0.2  # a year, where the trend is steady


@dataclass(frozen=True)
class Design:
    """What is drawn in each repeat: so many months of history, of this process."""

    process: str
    history: int


DESIGNS = tuple(Design(process, history) for process in PROCESSES for history in (13, 18, 24, 36, 60))


@dataclass(frozen=True)
class Cell:
    """One line of the table: coverage of the band of the total of twelve months and of a month, mean width and bias."""

    design: Design
    total: float
    month: float
    width: float
    bias: float

    @property
    def error(self) -> float:
        """Monte-Carlo standard error of the coverage of the total."""
        return float(np.sqrt(self.total * (1 - self.total) / REPEATS))

    @property
    def holds(self) -> bool | None:
        """None where nothing is promised."""
        return None if self.design.history < PROMISED_FROM else min(self.total, self.month) >= LEAST


def series(random: np.random.Generator, n: int, process: str) -> NDArray[np.float64]:
    """Cases by month: a season with noise, one whose level also jumps about every 18 months, or one that grows."""
    at = np.arange(n)
    logs = 6 + 0.3 * np.sin(2 * np.pi * at / 12) + 0.1 * np.cos(4 * np.pi * at / 12)
    logs += 0.08 * random.standard_normal(n)
    if process == "level shift":
        logs += np.cumsum((random.random(n) < 1 / 18) * random.standard_normal(n) * 0.15)
    if process == "steady trend":
        logs += np.log1p(GROWTH) * at / 12
    return np.asarray(np.exp(logs))


def simulated(design: Design, *, repeats: int = REPEATS, processes: int | None = None) -> Cell:
    """The cell of a design. Each repeat has a seed of its own: the result does not hang on the processes."""
    found = np.array(repeated(partial(_judged, design), repeats, at_once=BATCH, processes=processes))
    return Cell(design, *(float(column) for column in found.mean(axis=0)))


def _judged(design: Design, repeat: int) -> tuple[float, float, float, float]:
    """Whether the total that comes is held, the share of months held, and the total's width and error by its point."""
    random = np.random.default_rng([PROCESSES.index(design.process), design.history, repeat])
    cases = series(random, design.history + AHEAD, design.process)
    known = [(later("2015-01", at), float(count)) for at, count in enumerate(cases[: design.history])]
    found = project(value=SURE, volume=known, months=AHEAD, growth=None, seed=repeat, unit="EUR")
    assert isinstance(found, Projection)
    assert isinstance(found.total, Estimate)
    bands = np.array([one.band(LEVEL) for one in found.months.values() if isinstance(one, Estimate)])
    came = cases[design.history :]
    low, high = found.total.band(LEVEL) or (0.0, 0.0)
    month = float(np.mean((bands[:, 0] <= came) & (came <= bands[:, 1])))
    point = found.total.point
    return float(low <= came.sum() <= high), month, (high - low) / point, 1 - float(came.sum()) / point


_HEAD = f"""{TITLE}

Bands of {LEVEL:.0%} of the cases of the {AHEAD} months after a history: each line is {REPEATS:,} histories. The
promise is at least {LEAST:.0%}, of the total and of a month, from {PROMISED_FROM} months of history; with fewer, pages
say "few years", and up to 24 months "assumed, not tested". Width is the mean of the total's band, and bias of the
total's point, as shares of the total.

| process | months of history | coverage of the total | ± | coverage of a month | mean width | bias | holds |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |
"""

_TAIL = f"""
The processes: a season of two waves (0.3 and 0.1 of a logarithm) with noise of 0.08; where the level shifts, it jumps
about every 18 months, by 0.15 of a logarithm, for good; where the trend is steady, it grows by {GROWTH:.0%} a year.
In a few years of such noise a trend is not told from a level that wandered, and points lie low where it is steady.
"""


def written(cells: Sequence[Cell]) -> str:
    """The section of these cells."""
    return markdown.table(_HEAD, map(_row, cells), _TAIL)


def _row(cell: Cell) -> tuple[str, ...]:
    return (
        cell.design.process,
        f"{cell.design.history}",
        f"{cell.total:.2%}",
        f"{cell.error:.2%}",
        f"{cell.month:.2%}",
        f"{cell.width:.4g}",
        f"{cell.bias:.2%}",
        {None: "not promised", True: "yes", False: "no"}[cell.holds],
    )


def read(text: str) -> list[Cell]:
    """The cells of a section."""
    designs = {(design.process, f"{design.history}"): design for design in DESIGNS}
    return [
        Cell(
            designs[process, history], markdown.share(total), markdown.share(month), float(width), markdown.share(bias)
        )
        for process, history, total, _, month, width, bias, _ in markdown.cells(text)
        if (process, history) in designs
    ]
