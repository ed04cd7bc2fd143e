"""How often bands of forecasts hold where errors last and series share them: its section of docs/coverage.md.

Errors are normal, each with standard deviation σ, so that the mean absolute error is σ √(2/π) and the bias 0 whatever
the dependence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.signal import lfilter

from metrics.core.estimate import Estimate
from metrics.core.evaluation.metrics import forecast
from metrics.core.rows.table import with_kinds
from metrics.core.selection.compare import compare
from tests.coverage import markdown
from tests.coverage.populations import ERRORS, SHARED_NOISE
from tests.coverage.repeats import repeated

Floats = NDArray[np.float64]

NAME = "dependence"
TITLE = "## Dependence in time"
LEVEL = 0.95
REPEATS = 2000
BATCH = 50
MOST = 0.98
QUANTITIES = ("MAE", "bias", "difference of MAE")
SHOCK = 0.5  # share of the variance that all series have in common


def independent(random: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return random.normal(size=shape)


def lasting(persistence: float) -> Callable[[np.random.Generator, tuple[int, ...]], Floats]:
    """A stationary first-order autoregression along the last side, with standard deviation 1."""

    def drawn(random: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        steps = random.normal(size=shape) * np.sqrt(1 - persistence**2)
        steps[..., 0] /= np.sqrt(1 - persistence**2)
        return np.asarray(lfilter([1.0], [1.0, -persistence], steps))

    return drawn


def averaged(random: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """A moving average of five, with standard deviation 1."""
    steps = random.normal(size=(*shape[:-1], shape[-1] + 4))
    return np.asarray(sum(steps[..., at : at + shape[-1]] for at in range(5)) / np.sqrt(5))


PROCESSES = {
    "independent": independent,
    "AR(1) 0.5": lasting(0.5),
    "AR(1) 0.8": lasting(0.8),
    "AR(1) 0.9": lasting(0.9),
    "average of 5": averaged,
}
STEPS = {"week": 7, "day": 1, "month": 0}


@dataclass(frozen=True)
class Design:
    """What is drawn in each repeat: so many times, a week, a day or a month apart, of series that share a process."""

    times: int
    step: str
    series: int
    process: str

    @property
    def name(self) -> str:
        """In words, as the line begins."""
        return f"{self.times} {self.step}s" + (f", {self.series} series" if self.series > 1 else "")

    @property
    def least(self) -> float:
        """The promised coverage of what is printed."""
        weeks = self.times / 7 if self.step == "day" else self.times
        return 0.93 if weeks >= 104 else 0.91


DESIGNS = (
    *(Design(weeks, "week", 1, name) for name in PROCESSES if name != "AR(1) 0.9" for weeks in (52, 104)),
    *(Design(weeks, "week", 20, name) for name in ("independent", "AR(1) 0.8") for weeks in (52, 104)),
    Design(364, "day", 1, "AR(1) 0.9"),
    Design(60, "month", 1, "AR(1) 0.5"),
)


@dataclass(frozen=True)
class Cell:
    """One line: how often a band is printed, how often it then holds the truth, and its mean width."""

    design: Design
    quantity: str
    printed: float
    coverage: float
    width: float

    @property
    def error(self) -> float:
        """Monte-Carlo standard error of the coverage."""
        return float(np.sqrt(self.coverage * (1 - self.coverage) / (self.printed * REPEATS)))

    @property
    def holds(self) -> bool:
        """Whether the promise is kept; independent weeks must not have bands too wide either."""
        most = MOST if self.design.process == "independent" else 1.0
        return self.design.least <= self.coverage <= most


def sample(random: np.random.Generator, design: Design) -> tuple[pa.Table, pa.Table]:
    """Rows of two forecasts of the same series at the same times."""
    shape = (design.series, design.times)
    process = PROCESSES[design.process]
    common = [process(random, (1, design.times)) for _ in range(3)]
    own = [random.normal(size=shape) for _ in range(3)]
    shared = SHOCK if design.series > 1 else 1.0
    noise = [np.sqrt(shared) * one + np.sqrt(1 - shared) * its for one, its in zip(common, own, strict=True)]
    first = np.datetime64("2019-01", "M") + int(random.integers(48))
    if design.step == "month":
        times = (first + np.arange(design.times)).astype("datetime64[us]")
    else:
        times = (first.astype("datetime64[D]") + STEPS[design.step] * np.arange(design.times)).astype("datetime64[us]")
    columns = {
        "example_id": pa.array(np.arange(noise[0].size)).cast(pa.string()),
        "event_time": pa.array(np.tile(times, design.series), pa.timestamp("us", tz="UTC")),
        "series": pa.array(np.repeat(np.arange(design.series), design.times)).cast(pa.string()),
        "y_true": np.full(noise[0].size, 100.0),
    }
    made = []
    for model, sigma in enumerate(ERRORS):
        error = sigma * (np.sqrt(SHARED_NOISE) * noise[0] + np.sqrt(1 - SHARED_NOISE) * noise[1 + model])
        rows = pa.table({**columns, "y_pred": 100.0 + error.ravel()})
        made.append(with_kinds(rows, segments=[], amounts=[], task="forecast"))
    return made[0], made[1]


def simulated(design: Design, *, repeats: int = REPEATS, processes: int | None = None) -> list[Cell]:
    """The cells of a design. Each repeat has a seed of its own: the result does not hang on the processes."""
    found = np.array(repeated(partial(_judged, design), repeats, at_once=BATCH, processes=processes))
    printed = found[..., 0] == 1
    return [
        Cell(design, name, float(shown.mean()), *map(float, found[shown, at, 1:].mean(axis=0)))
        for at, (name, shown) in enumerate(zip(QUANTITIES, printed.T, strict=True))
    ]


def _judged(design: Design, repeat: int) -> list[tuple[float, float, float]]:
    """Of each quantity whether a band is printed, whether it holds the truth, and its width."""
    random = np.random.default_rng([DESIGNS.index(design), repeat] if design in DESIGNS else repeat)
    runs = [forecast.scan(table) for table in sample(random, design)]
    ways = {"mae": "down", "bias": "down"}
    seed = int(random.integers(2**63))
    mae, bias = compare(*runs, evaluate=forecast.evaluate, seed=seed, directions=ways, keys=list(ways))  # type: ignore[arg-type]
    truth = [sigma * np.sqrt(2 / np.pi) for sigma in ERRORS]
    return [_held(mae.a, truth[0]), _held(bias.a, 0.0), _held(mae.difference, truth[0] - truth[1])]


def _held(figure: object, truth: float) -> tuple[float, float, float]:
    assert isinstance(figure, Estimate), figure
    band = figure.band(LEVEL)
    if band is None:
        return 0.0, 0.0, 0.0
    return 1.0, float(band[0] <= truth <= band[1]), band[1] - band[0]


_HEAD = f"""{TITLE}

Bands of {LEVEL:.0%} of figures of forecasts whose errors last from one time to the next, or are shared by all series:
each line is {REPEATS:,} samples. A band is printed where the weeks tell as much as one independent week, else the
reason is; coverage is that of the printed bands. The promise is at least 93% from 104 weeks and at least 91% below, and
at most {MOST:.0%} where weeks are independent. A difference is that of two forecasts of the same rows, draw by draw.

| rows | errors | quantity | printed | coverage of the band | ± | mean width | holds |
| --- | --- | --- | ---: | ---: | ---: | ---: | --- |
"""

_TAIL = f"""
The errors are normal, those of the two forecasts with standard deviations of {ERRORS[0]:g} and {ERRORS[1]:g} and
{SHARED_NOISE:.0%} of the variance in common. AR(1): the process, with its persistence from one row of a series to the
next; average of 5: a moving average. Of several series, {SHOCK:.0%} of the variance is such a process that all share,
the rest their own and independent. Rows of days are resampled by ISO week too, and rows of months by the weeks that
they are in.
"""


def written(cells: Sequence[Cell]) -> str:
    """The section of these cells."""
    return markdown.table(_HEAD, map(_row, cells), _TAIL)


def _row(cell: Cell) -> tuple[str, ...]:
    return (
        cell.design.name,
        cell.design.process,
        cell.quantity,
        f"{cell.printed:.2%}",
        f"{cell.coverage:.2%}",
        f"{cell.error:.2%}",
        f"{cell.width:.4g}",
        "yes" if cell.holds else "no",
    )


def read(text: str) -> list[Cell]:
    """The cells of a section."""
    designs = {(design.name, design.process): design for design in DESIGNS}
    return [
        Cell(designs[row[0], row[1]], row[2], markdown.share(row[3]), markdown.share(row[4]), float(row[6]))
        for row in markdown.cells(text)
        if (row[0], row[1]) in designs
    ]
