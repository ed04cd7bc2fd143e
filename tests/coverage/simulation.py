"""How often the product's 95 % bands hold the truth: its own scan, metrics and decisions on simulated rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa

from metrics.core.estimate import Estimate, Quantity
from metrics.core.evaluation.metrics import binary, forecast
from metrics.core.evaluation.statistics import scan_binary
from metrics.core.kpi.deciding import decide
from metrics.core.kpi.value import value
from metrics.core.selection.compare import compare, differences
from tests.coverage.populations import CELLS, Truth, binary_sample, binary_truth, forecast_sample, forecast_truth
from tests.coverage.repeats import repeated

LEVEL = 0.95
REPEATS = 2000
BATCH = 20


@dataclass(frozen=True)
class Design:
    """What is drawn in each repeat. Of rows, clusters and weeks one is set; promise: least and most coverage."""

    name: str
    rows: int = 0
    clusters: int = 0
    weeks: int = 0
    promise: tuple[float, float] = (0.93, 0.97)


SMALL = (0.91, 1.0)
DESIGNS = (
    Design("500 rows", rows=500, promise=SMALL),
    Design("5,000 rows", rows=5000),
    Design("100,000 rows", rows=100_000),
    Design("50 clusters of 20 to 80 rows", clusters=50, promise=SMALL),
    Design("100 clusters of 20 to 80 rows", clusters=100),
    Design("52 weeks of hours", weeks=52, promise=SMALL),
    Design("104 weeks of hours", weeks=104),
)


@dataclass(frozen=True)
class Cell:
    """One line of the table: coverage of the band over the repeats, and its mean width."""

    design: Design
    quantity: str
    coverage: float
    width: float
    repeats: int

    @property
    def error(self) -> float:
        """Monte-Carlo standard error of the coverage."""
        return float(np.sqrt(self.coverage * (1 - self.coverage) / self.repeats))


def simulated(design: Design, *, repeats: int = REPEATS, processes: int | None = None) -> list[Cell]:
    """The cells of a design. Each repeat has a seed of its own: the result does not hang on the processes."""
    truth = forecast_truth() if design.weeks else binary_truth()
    found = repeated(partial(_judged, design, truth), repeats, at_once=BATCH, processes=processes)
    return [
        Cell(
            design,
            quantity,
            float(np.mean([one[quantity][0] for one in found])),
            float(np.mean([one[quantity][1] for one in found])),
            repeats,
        )
        for quantity in found[0]
    ]


def _judged(design: Design, truth: Truth, repeat: int) -> dict[str, tuple[bool, float]]:
    """Of each quantity whether its band holds the truth, and the band's width."""
    random = np.random.default_rng([DESIGNS.index(design), repeat])
    seed = int(random.integers(2**63))
    judged = {}
    for name, quantity in _quantities(design, random, seed):
        assert isinstance(quantity, Estimate), quantity
        band = quantity.band(LEVEL)
        assert band is not None
        judged[name] = (band[0] <= truth.of(name) <= band[1], band[1] - band[0])
    return judged


def _quantities(design: Design, random: np.random.Generator, seed: int) -> Iterator[tuple[str, Quantity]]:
    if design.weeks:
        runs = [forecast.scan(table) for table in forecast_sample(random, weeks=design.weeks)]
        (row,) = compare(*runs, evaluate=forecast.evaluate, seed=seed, directions={"mae": "down"}, keys=["mae"])
        yield from (("MAE", row.a), ("difference of MAE", row.difference))
        return
    tables = binary_sample(random, rows=design.rows, clusters=design.clusters)
    runs = [scan_binary.scan(table) for table in tables]
    ways = {"roc_auc": "up", "log_loss": "down"}
    auc, loss = compare(*runs, evaluate=binary.evaluate, seed=seed, directions=ways, keys=list(ways))  # type: ignore[arg-type]
    first, second = (_profit(table, seed) for table in tables)
    (money,) = differences({"profit": first}, {"profit": second}, directions={"profit": "up"})
    for name, row in (("AUC", auc), ("log loss", loss), ("profit", money)):
        yield name, row.a
        yield f"difference of {name}", row.difference


def _profit(table: pa.Table, seed: int) -> Quantity:
    """Money a row where each row is acted upon for which it pays."""
    decisions = decide(table, points=CELLS, threshold={"kind": "per_row"})
    return value(decisions, CELLS, CELLS, seed=seed, baseline="none", per="case", unit="EUR")
