"""Hard cases: figures that chance can only raise, few positives and heavy tails, whose bands hold or are refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import norm

from metrics.core.estimate import Estimate, Quantity
from metrics.core.evaluation.metrics import binary, regression
from metrics.core.evaluation.statistics import scan_binary
from metrics.core.kpi.deciding import decide
from metrics.core.kpi.value import CellValue, value
from metrics.core.rows.table import with_kinds
from tests.coverage import markdown
from tests.coverage.repeats import repeated

NAME, TITLE = "hard", "## Hard cases"
LEVEL, REPEATS, BATCH = 0.95, 2000, 20
Floats = NDArray[np.float64]

SHARE, SIGMA = 0.3, 1.4  # of positives; of the log odds of a score, given the label
STEEP = 1.6  # what the log odds of a miscalibrated score are multiplied by
COST, GAIN = 5.0, 100.0  # of acting, and what it brings where it is needed
ACTED = (0.1, 0.7)  # share of negatives and of positives that are acted upon
AMOUNTS = {
    "lognormal 1": (lambda random, rows: random.lognormal(0, 1, rows), float(np.exp(0.5))),
    "lognormal 2": (lambda random, rows: random.lognormal(0, 2, rows), float(np.exp(2.0))),
    "Pareto 1.5": (lambda random, rows: 1 + random.pareto(1.5, rows), 3.0),
    "Pareto 1.1": (lambda random, rows: 1 + random.pareto(1.1, rows), 11.0),
}
ERRORS = {
    "normal": (lambda random, rows: random.normal(0, 1, rows), 1.0),
    "Student 3": (lambda random, rows: random.standard_t(3, rows), float(np.sqrt(3.0))),
    "lognormal 1": (lambda random, rows: random.lognormal(0, 1, rows), float(np.e)),
}


@dataclass(frozen=True)
class Design:
    """figure: "KS", "ECE", "value" or "RMSE". case: of what population.

    promise: least share of bands that hold or are none.
    """

    figure: str
    case: str
    rows: int

    @property
    def promise(self) -> float:
        return 0.93 if self.rows >= 5000 else 0.91


DESIGNS = (
    *(Design("KS", case, rows) for case in ("informative", "of no use") for rows in (100, 500, 5000)),
    *(Design("ECE", case, rows) for case in ("calibrated", "too steep") for rows in (100, 500, 5000)),
    *(Design("value", f"{share:.1%} positive", rows) for share, rows in ((0.01, 500), (0.02, 500), (0.04, 500))),
    *(Design("value", f"{share:.1%} positive", 5000) for share in (0.002, 0.004)),
    *(Design("value", case, rows) for case in AMOUNTS for rows in (500, 5000)),
    *(Design("RMSE", case, rows) for case in ERRORS for rows in (500, 5000)),
)


@dataclass(frozen=True)
class Cell:
    """One line. refused: share of samples whose figure has no band. held: of the others, those whose band holds."""

    design: Design
    refused: float
    held: float
    width: float
    repeats: int

    @property
    def kept(self) -> float:
        """Share of samples whose band holds the truth, or is none."""
        return self.refused + (1 - self.refused) * self.held

    @property
    def error(self) -> float:
        """Monte-Carlo standard error of `kept`."""
        return float(np.sqrt(self.kept * (1 - self.kept) / self.repeats))

    @property
    def holds(self) -> bool:
        return self.kept >= self.design.promise


def simulated(design: Design, *, repeats: int = REPEATS, processes: int | None = None) -> Cell:
    found = repeated(partial(_judged, design), repeats, at_once=BATCH, processes=processes)
    printed = [one for one in found if one is not None]
    held = float(np.mean([one[0] for one in printed])) if printed else 1.0
    width = float(np.median([one[1] for one in printed])) if printed else float("nan")
    return Cell(design, 1 - len(printed) / repeats, held, width, repeats)


def _judged(design: Design, repeat: int) -> tuple[bool, float] | None:
    """Whether the band holds the truth, and its width; None where there is none, with a reason."""
    random = np.random.default_rng([191, DESIGNS.index(design), repeat])
    seed = int(random.integers(2**63))
    quantity, truth = FIGURES[design.figure](design, random, seed)
    assert isinstance(quantity, Estimate), quantity
    if (band := quantity.band(LEVEL)) is None:
        assert quantity.no_band
        return None
    return band[0] <= truth <= band[1], band[1] - band[0]


def _ks(design: Design, random: np.random.Generator, seed: int) -> tuple[Quantity, float]:
    sigma = SIGMA if design.case == "informative" else 0.0
    return _metric("ks", random, design.rows, seed, sigma=sigma), float(2 * norm.cdf(sigma / 2) - 1)


def _ece(design: Design, random: np.random.Generator, seed: int) -> tuple[Quantity, float]:
    steep = STEEP if design.case == "too steep" else 1.0
    return _metric("ece", random, design.rows, seed, sigma=SIGMA, steep=steep), _true_ece(steep)


def _metric(
    key: str, random: np.random.Generator, rows: int, seed: int, *, sigma: float, steep: float = 1.0
) -> Quantity:
    label = (random.random(rows) < SHARE).astype(np.float64)
    label[:2] = 0, 1  # of a hundred rows too, both labels are there
    odds = logit(SHARE) + sigma**2 * (label - 0.5) + max(sigma, 1.0) * random.normal(size=rows)
    table = pa.table({"example_id": _ids(random, rows), "y_true": label, "y_score": expit(steep * odds)})
    cube = scan_binary.scan(with_kinds(table, segments=[], amounts=[]))
    return binary.evaluate(cube, seed=seed, keys=[key])[key]


@lru_cache
def _true_ece(steep: float) -> float:
    """Σ over tenths of the score |∫ (score − 1) p₁ + score p₀|."""
    odds = np.linspace(-14, 14, 400_001)
    ones, zeros = (
        share * norm.pdf(odds, logit(SHARE) + SIGMA**2 * (label - 0.5), SIGMA)
        for label, share in ((1, SHARE), (0, 1 - SHARE))
    )
    score = expit(steep * odds)
    gaps = ((score - 1) * ones + score * zeros) * (odds[1] - odds[0])
    return float(np.abs(np.bincount(np.minimum((score * 10).astype(int), 9), gaps, 10)).sum())


def _value(design: Design, random: np.random.Generator, seed: int) -> tuple[Quantity, float]:
    if design.case in AMOUNTS:
        draw, mean = AMOUNTS[design.case]
        columns = {"y_true": np.arange(design.rows) % 2.0, "y_score": np.ones(design.rows)}
        columns["amount"] = draw(random, design.rows)
        # Every second row is needed, and all are acted upon: half of the amounts, less what acting costs.
        return _money(columns, random, seed, CellValue(-1.0, 1.0, "amount"), -1.0), mean / 2 - 1
    share = float(design.case.partition("%")[0]) / 100
    label = (random.random(design.rows) < share).astype(np.float64)
    acted = random.random(design.rows) < np.where(label > 0, ACTED[1], ACTED[0])
    columns = {"y_true": label, "y_score": acted.astype(np.float64)}
    truth = share * ACTED[1] * (GAIN - COST) - (1 - share) * ACTED[0] * COST
    return _money(columns, random, seed, CellValue(GAIN - COST, 0.0, None), -COST), truth


def _money(columns: dict[str, Floats], random: np.random.Generator, seed: int, hit: CellValue, miss: float) -> Quantity:
    rows = len(columns["y_true"])
    amounts = [name for name in columns if name == "amount"]
    table = with_kinds(pa.table({"example_id": _ids(random, rows), **columns}), segments=[], amounts=amounts)
    nothing = CellValue(0.0, 0.0, None)
    cells = {"tp": hit, "fp": CellValue(miss, 0.0, None), "tn": nothing, "fn": nothing}
    decisions = decide(table, points=cells, threshold={"kind": "fixed", "at": 0.5})  # type: ignore[arg-type]
    return value(decisions, cells, cells, seed=seed, baseline="none", per="case", unit="EUR")  # type: ignore[arg-type]


def _rmse(design: Design, random: np.random.Generator, seed: int) -> tuple[Quantity, float]:
    draw, truth = ERRORS[design.case]
    columns = {"y_true": np.full(design.rows, 100.0), "y_pred": 100 + draw(random, design.rows)}
    sums = regression.scan(
        with_kinds(pa.table({"example_id": _ids(random, design.rows), **columns}), segments=[], amounts=[])
    )
    return regression.evaluate(sums, seed=seed, keys=["rmse"])["rmse"], truth


def _ids(random: np.random.Generator, rows: int) -> pa.Array:
    """Other ids in each sample: what falls into one bucket is drawn anew as well."""
    return pa.array(random.integers(2**62) + np.arange(rows)).cast(pa.string())


FIGURES: dict[str, Callable[[Design, np.random.Generator, int], tuple[Quantity, float]]] = {
    "KS": _ks,
    "ECE": _ece,
    "value": _value,
    "RMSE": _rmse,
}

_HEAD = f"""{TITLE}

Bands of {LEVEL:.0%} of figures that chance can only raise (KS, ECE), of the value a row where positives are few, and
where amounts or errors have heavy tails: each line is {REPEATS:,} samples. Where no band would hold, none is printed
and the reason is: held or refused in at least 91 % of samples is the promise, and in 93 % from 5,000 rows.

| figure | case | rows | refused | of bands, held | held or refused | ± | median width | holds |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |
"""

_TAIL = f"""
The populations. KS and ECE: {SHARE:.0%} of rows are positive, log odds of scores are normal given the label, and so
calibrated; of no use, they do not hang on the label; too steep, they are multiplied by {STEEP}. Few positives: acting
costs {COST:.0f} EUR and brings {GAIN:.0f} where the label is 1; {ACTED[1]:.0%} of positives and {ACTED[0]:.0%} of
negatives are acted upon. Amounts: all rows are acted upon, at 1 EUR, and the amount is earned on every second row; a
lognormal amount has the deviation of its logarithm, a Pareto amount its index, below 2 without a variance. RMSE: of
errors that are normal, Student's with three degrees of freedom, or lognormal.
"""


def written(cells: Sequence[Cell]) -> str:
    return markdown.table(_HEAD, map(_row, cells), _TAIL)


def _row(cell: Cell) -> tuple[str, ...]:
    none = cell.refused == 1
    return (
        cell.design.figure,
        cell.design.case,
        f"{cell.design.rows:,}",
        f"{cell.refused:.2%}",
        "–" if none else f"{cell.held:.2%}",
        f"{cell.kept:.2%}",
        f"{cell.error:.2%}",
        "–" if none else f"{cell.width:.4g}",
        "yes" if cell.holds else "no",
    )


def read(text: str) -> list[Cell]:
    """The cells of the section."""
    designs = {(one.figure, one.case, f"{one.rows:,}"): one for one in DESIGNS}
    return [
        Cell(
            designs[row[0], row[1], row[2]],
            markdown.share(row[3]),
            1.0 if row[4] == "–" else markdown.share(row[4]),
            float("nan") if row[7] == "–" else float(row[7]),
            REPEATS,
        )
        for row in markdown.cells(text)
        if (row[0], row[1], row[2]) in designs
    ]
