"""How often the band of a calibrated mapping holds the KPI that is then observed: its section of docs/coverage.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from metrics.core.draws import K
from metrics.core.estimate import Estimate
from metrics.core.kpi.calibration import Calibration, Pair, calibrate
from tests.coverage import markdown
from tests.coverage.repeats import repeated

NAME = "calibration"
TITLE = "## Calibrated mappings"
LEVEL = 0.95
LEAST = 0.91
REPEATS = 2000
BATCH = 20
NOISE, X_ERROR = 0.3, 0.02

CURVES: dict[str, Callable[[float], float]] = {
    "a line": lambda x: 3 * x,
    "a bend": lambda x: float(3 / (1 + np.exp(-12 * (x - 0.5)))),
}


@dataclass(frozen=True)
class Design:
    """What is drawn in each repeat: so many pairs, about this curve."""

    pairs: int
    curve: str


DESIGNS = (Design(8, "a line"), *(Design(pairs, curve) for pairs in (20, 50) for curve in CURVES))


@dataclass(frozen=True)
class Cell:
    """One line of the table: coverage of the band, its mean width, and how often the isotonic form was chosen."""

    design: Design
    coverage: float
    width: float
    isotonic: float

    @property
    def error(self) -> float:
        """Monte-Carlo standard error of the coverage."""
        return float(np.sqrt(self.coverage * (1 - self.coverage) / REPEATS))


def simulated(design: Design, *, repeats: int = REPEATS, processes: int | None = None) -> Cell:
    """The cell of a design. Each repeat has a seed of its own: the result does not hang on the processes."""
    found = np.array(repeated(partial(_judged, design), repeats, at_once=BATCH, processes=processes))
    return Cell(design, *(float(column) for column in found.mean(axis=0)))


def _judged(design: Design, repeat: int) -> tuple[float, float, float]:
    """Whether the band holds the KPI observed next, the band's width, and whether the form is isotonic."""
    random = np.random.default_rng([DESIGNS.index(design), repeat])
    curve = CURVES[design.curve]
    xs = random.uniform(0, 1, design.pairs)
    ys = [curve(x) + NOISE * random.normal() for x in xs]
    found = calibrate([Pair(x=float(x), y=y) for x, y in zip(xs, ys, strict=True)], increasing=True)
    assert isinstance(found, Calibration)
    truth = random.uniform(*np.quantile(xs, [0.1, 0.9]))
    metric = truth + X_ERROR * random.normal()
    drawn = Estimate(metric, "", metric + X_ERROR * random.normal(size=K))
    told = found.predict(drawn, seed=repeat, name="coverage", unit="")
    assert told.low is not None
    assert told.high is not None
    observed = curve(truth) + NOISE * random.normal()
    return float(told.low <= observed <= told.high), told.high - told.low, float(found.form == "isotonic")


_HEAD = f"""{TITLE}

Bands of {LEVEL:.0%} of a KPI that is observed after the mapping was fitted on pairs of metric and KPI: each line is
{REPEATS:,} histories, with the form chosen by error on unseen pairs, the pairs resampled and leave-one-out residuals
added, as for any mapping. The promise is at least {LEAST:.0%}.

| pairs | about | coverage of the band | ± | mean width | isotonic chosen | holds |
| --- | --- | ---: | ---: | ---: | ---: | --- |
"""

_TAIL = f"""
The histories: metrics uniform from 0 to 1, the KPI 3 times the metric (a line) or 3 times a steep logistic of it (a
bend) plus normal noise of {NOISE}; the run's metric is known up to a standard error of {X_ERROR}.
"""


def written(cells: Sequence[Cell]) -> str:
    """The section of these cells."""
    return markdown.table(_HEAD, map(_row, cells), _TAIL)


def _row(cell: Cell) -> tuple[str, ...]:
    return (
        f"{cell.design.pairs} pairs",
        cell.design.curve,
        f"{cell.coverage:.2%}",
        f"{cell.error:.2%}",
        f"{cell.width:.4g}",
        f"{cell.isotonic:.0%}",
        "yes" if cell.coverage >= LEAST else "no",
    )


def read(text: str) -> list[Cell]:
    """The cells of a section."""
    designs = {(f"{design.pairs} pairs", design.curve): design for design in DESIGNS}
    return [
        Cell(designs[pairs, curve], markdown.share(coverage), float(width), markdown.share(isotonic))
        for pairs, curve, coverage, _, width, isotonic, _ in markdown.cells(text)
        if (pairs, curve) in designs
    ]
