"""How often the bands of what scores foretell without labels hold the truth: its section of docs/coverage.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa

from metrics.core.evidence.cbpe import Policy, auc, expected_performance, scored
from tests.coverage import markdown
from tests.coverage.repeats import repeated

NAME = "cbpe"
TITLE = "## Without labels"
REPEATS = 2000
BATCH = 10
LEAST = 0.93
FEW_LEAST = 0.91
THRESHOLD, GAIN, COST, SHARP = 0.3, 10.0, 4.0, 1.6
FIGURES = ("accuracy", "roc_auc", "value")


@dataclass(frozen=True)
class Design:
    """So many labelled rows in the reference, so many rows without labels, which are others by a shift of the odds."""

    reference: int
    rows: int
    shift: float = 0.0

    @property
    def least(self) -> float:
        return FEW_LEAST if min(self.reference, self.rows) < 5000 else LEAST


DESIGNS = (Design(500, 500), Design(2000, 500, 0.8), Design(5000, 5000), Design(5000, 5000, 0.8))


@dataclass(frozen=True)
class Cell:
    """One figure of a design: coverage of what the labels of the rows then show, mean width, and false alarms."""

    design: Design
    figure: str
    coverage: float
    width: float
    alarms: float

    @property
    def error(self) -> float:
        """Monte-Carlo standard error of the coverage."""
        return float(np.sqrt(self.coverage * (1 - self.coverage) / REPEATS))


def simulated(design: Design, *, repeats: int = REPEATS, processes: int | None = None) -> list[Cell]:
    """The cells of a design. Each repeat has a seed of its own: the result does not hang on the processes."""
    found = np.array(repeated(partial(_judged, design), repeats, at_once=BATCH, processes=processes)).mean(axis=0)
    return [Cell(design, name, *found[3 * at : 3 * at + 3].tolist()) for at, name in enumerate(FIGURES)]


def _judged(design: Design, repeat: int) -> list[float]:
    """For each figure whether its band holds what the labels show, its width, and whether labels seem to disagree."""
    random = np.random.default_rng([DESIGNS.index(design), repeat])
    reference, _ = _table(random, design.reference, 0.0, "r")
    table, labels = _table(random, design.rows, design.shift, "e")
    scores = table["y_score"].to_numpy()
    acted = scores > THRESHOLD
    policy = Policy(acted, np.where(acted, GAIN, 0.0), np.where(acted, -COST, 0.0))
    known = scored(table, reference, policy, seed=repeat)
    assert known is not None
    (whole,) = expected_performance(known, table)
    realised = {
        "accuracy": float(np.mean(acted == (labels == 1))),
        "roc_auc": auc(scores, labels, 1 - labels),
        "value": float(np.where(acted, np.where(labels == 1, GAIN, -COST), 0.0).mean()),
    }
    found = []
    for name, value in realised.items():
        told = whole.figures[name]
        assert told.low is not None
        assert told.high is not None
        assert told.chance is not None
        found += [float(told.low <= value <= told.high), told.high - told.low, float(told.chance < 0.01)]
    return found


def _table(random: np.random.Generator, n: int, shift: float, name: str) -> tuple[pa.Table, np.ndarray]:
    """Rows whose scores are too sharp, so that they need calibration, and their labels."""
    odds = random.normal(shift - 1, 1.5, n)
    labels = (random.random(n) < 1 / (1 + np.exp(-odds))).astype(float)
    columns = {"example_id": [f"{name}{row}" for row in range(n)], "y_true": labels}
    return pa.table({**columns, "y_score": 1 / (1 + np.exp(-SHARP * odds))}), labels


_HEAD = f"""{TITLE}

Bands of 95% of figures that scores foretell, at a threshold of {THRESHOLD}, from a calibration on a reference with
labels: each line is {REPEATS:,} samples, and what is held is what the labels of the rows then show. The promise is at
least {LEAST:.0%}, with fewer than 5,000 rows on either side {FEW_LEAST:.0%}; a band is of sampling and of calibration.
False alarms are samples in which labels that follow the scores seem to disagree with them at 1 in 100.

| labelled in the reference | rows | shift | figure | coverage of the band | ± | mean width | false alarms | holds |
| --- | --- | ---: | --- | ---: | ---: | ---: | ---: | --- |
"""

_TAIL = f"""
The rows: log odds are normal with mean −1 and the shift, spread 1.5; scores are those odds times {SHARP}, and so too
sure of themselves until they are calibrated. Acting brings {GAIN:g} EUR on a positive and costs {COST:g} EUR else.
"""


def written(cells: Sequence[Cell]) -> str:
    """The section of these cells."""
    return markdown.table(_HEAD, map(_row, cells), _TAIL)


def _row(cell: Cell) -> tuple[str, ...]:
    return (
        f"{cell.design.reference:,} labels",
        f"{cell.design.rows:,} rows",
        f"{cell.design.shift:g}",
        cell.figure,
        f"{cell.coverage:.2%}",
        f"{cell.error:.2%}",
        f"{cell.width:.4g}",
        f"{cell.alarms:.2%}",
        "yes" if cell.coverage >= cell.design.least else "no",
    )


def read(text: str) -> list[Cell]:
    """The cells of a section."""
    designs = {(f"{one.reference:,} labels", f"{one.rows:,} rows", f"{one.shift:g}"): one for one in DESIGNS}
    return [
        Cell(designs[row[0], row[1], row[2]], row[3], markdown.share(row[4]), float(row[6]), markdown.share(row[7]))
        for row in markdown.cells(text)
        if tuple(row[:3]) in designs
    ]
