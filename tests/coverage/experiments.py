"""How often the bands of a mapping fitted on experiments hold the truth: its section of docs/coverage.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from metrics.core.draws import K
from metrics.core.estimate import Estimate, Unknown
from metrics.core.kpi.calibration import Pair, calibrate
from tests.coverage import markdown
from tests.coverage.repeats import repeated

NAME = "experiments"
TITLE = "## Experiment mappings with noise in x"
REPEATS = 2000
BATCH = 20
LEAST = 0.91
SLOPE, LEVEL, KPI_ERROR, X_ERROR = 2.0, 1.0, 0.3, 0.02


@dataclass(frozen=True)
class Design:
    """So many experiments; the share of the spread of the metric's changes that is signal; the correlation of the two
    errors of an experiment; the KPI's own scatter."""

    pairs: int
    reliability: float
    correlation: float = 0.0
    own: float = 0.0


DESIGNS = (
    Design(12, 0.8),
    Design(30, 0.5),
    Design(30, 0.8, correlation=0.8),
    Design(60, 0.5, correlation=-0.5, own=1.0),
    Design(12, 0.1),
)


@dataclass(frozen=True)
class Cell:
    """One line: share of sets whose slope is printed, and how often each band holds the truth or none is printed.

    plain: the mean slope that least squares print, without the errors. graded: share of sets with grade A.
    """

    design: Design
    printed: float
    slope: float
    kpi: float
    width: float
    plain: float
    graded: float

    @property
    def error(self) -> float:
        """Monte-Carlo standard error of the coverage of the slope."""
        return float(np.sqrt(self.slope * (1 - self.slope) / REPEATS))


def simulated(design: Design, *, repeats: int = REPEATS, processes: int | None = None) -> Cell:
    """The cell of a design. Each repeat has a seed of its own: the result does not hang on the processes."""
    found = np.array(repeated(partial(_judged, design), repeats, at_once=BATCH, processes=processes))
    printed, slope, kpi, width, plain, graded = found.mean(axis=0).tolist()
    return Cell(design, printed, slope, kpi, width / max(printed, 1 / repeats), plain, graded)


def _judged(design: Design, repeat: int) -> tuple[float, ...]:
    """Whether a slope is printed, the bands that hold the truth, the KPI's width, the plain slope, and grade A."""
    random = np.random.default_rng([DESIGNS.index(design), repeat])
    n = design.pairs
    signal = random.normal(size=n)
    x_error = np.sqrt(1 / design.reliability - 1) * np.ones(n)
    first, second = random.normal(size=(2, n))
    x = signal + x_error * first
    error = KPI_ERROR * (design.correlation * first + np.sqrt(1 - design.correlation**2) * second)
    y = LEVEL + SLOPE * signal + design.own * random.normal(size=n) + error
    covariance = design.correlation * KPI_ERROR * float(x_error[0])
    pairs = [
        Pair(x=a, y=b, x_error=float(x_error[0]), y_error=KPI_ERROR, covariance=covariance)
        for a, b in zip(x.tolist(), y.tolist(), strict=True)
    ]
    plain = float(np.polyfit(x, y, 1)[0])
    found = calibrate(pairs, increasing=True, experiments=True)
    if isinstance(found, Unknown):
        return 0.0, 1.0, 1.0, 0.0, plain, 0.0
    band = found.slope(seed=repeat, name="coverage")
    assert isinstance(band, Estimate)
    low, high = band.band() or (0.0, 0.0)
    change = random.uniform(-1, 1)
    metric = change + X_ERROR * random.normal()
    told = found.predict(Estimate(metric, "", metric + X_ERROR * random.normal(size=K)), seed=repeat, name="k", unit="")
    truth = LEVEL + SLOPE * change + design.own * random.normal()
    held = told.low is not None and told.high is not None and told.low <= truth <= told.high
    width = (told.high or 0.0) - (told.low or 0.0)
    return 1.0, float(low <= SLOPE <= high), float(held), width, plain, float(not found.doubt)


_HEAD = f"""{TITLE}

Bands of 95% of the slope, and of the KPI at a change of the metric that was not among the experiments: each line is
{REPEATS:,} sets of experiments whose true slope is {SLOPE:g}, fitted with the stated errors and covariance. Where the
errors leave the band of the slope without an end, nothing is printed and the reason is: held or refused at least
{LEAST:.0%} of the time is the promise. The plain slope is that of least squares, which know of no error in x.

| experiments | signal | correlation | scatter | printed | slope | ± | KPI | width | plain slope | grade A | holds |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |
"""

_TAIL = f"""
The experiments: true changes of the metric are standard normal, their errors normal of the size that leaves the share
of signal; the KPI changes by {LEVEL:g} + {SLOPE:g} times the metric's true change plus its own scatter, measured with
an error of {KPI_ERROR} that has the correlation with that of the metric. What is held is the true KPI, no measured one.
"""


def written(cells: Sequence[Cell]) -> str:
    """The section of these cells."""
    return markdown.table(_HEAD, map(_row, cells), _TAIL)


def _row(cell: Cell) -> tuple[str, ...]:
    design = cell.design
    return (
        f"{design.pairs} experiments",
        f"{design.reliability:.0%}",
        f"{design.correlation:g}",
        f"{design.own:g}",
        f"{cell.printed:.2%}",
        f"{cell.slope:.2%}",
        f"{cell.error:.2%}",
        f"{cell.kpi:.2%}",
        f"{cell.width:.4g}",
        f"{cell.plain:.4g}",
        f"{cell.graded:.2%}",
        "yes" if min(cell.slope, cell.kpi) >= LEAST else "no",
    )


def read(text: str) -> list[Cell]:
    """The cells of a section."""
    designs = {_row(Cell(design, 1, 1, 1, 1, 1, 1))[:4]: design for design in DESIGNS}
    cells = []
    for row in markdown.cells(text):
        if tuple(row[:4]) in designs:
            printed, slope, kpi, graded = (markdown.share(row[place]) for place in (4, 5, 7, 10))
            cells.append(Cell(designs[tuple(row[:4])], printed, slope, kpi, float(row[8]), float(row[9]), graded))
    return cells
