"""How often the bands of money by month hold what the months are worth: its section of docs/coverage.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import logit, ndtr

from metrics.core.calendar import later
from metrics.core.estimate import Estimate
from metrics.core.kpi.by_month import differences
from metrics.core.kpi.deciding import decide
from metrics.core.kpi.decisions import Decisions
from metrics.core.kpi.season import shrunk
from metrics.core.kpi.value import value
from metrics.core.revenue.projection import Projection, project
from metrics.core.rows.table import with_kinds
from tests.coverage import markdown
from tests.coverage.populations import AMOUNT, CELLS, SHARE, SIGMAS
from tests.coverage.repeats import repeated

Floats = NDArray[np.float64]

NAME = "months"
TITLE = "## Months of money"
LEVEL = 0.95
REPEATS = 2000
BATCH = 20
HISTORY = 60
SIZE, PEAK = 0.2, 0.5  # of a logarithm
SEASONS = ("none", "waves", "months", "peak")
SELECTED = ("the highest month", "the lowest month")
QUANTITIES = ("a month", *SELECTED, "a quarter", "the year")
THRESHOLD = 0.3
SEED = 17


@dataclass(frozen=True)
class Design:
    """What is drawn in each repeat: so many rows over a year, and how much the value of its months differs."""

    rows: int
    season: str


DESIGNS = tuple(Design(rows, season) for rows in (5000, 50_000) for season in SEASONS)


@dataclass(frozen=True)
class Cell:
    """One line of the table: coverage of the band, and its mean width as a share of the truth."""

    design: Design
    quantity: str
    coverage: float
    width: float

    @property
    def error(self) -> float:
        """Monte-Carlo standard error of the coverage, as if the months of one repeat were one."""
        return float(np.sqrt(self.coverage * (1 - self.coverage) / REPEATS))


def sample(random: np.random.Generator, design: Design) -> tuple[Decisions, Floats, Floats]:
    """Decisions on rows of a year, cases by calendar month (12,), and the true value a case of each month (12,)."""
    multiple = np.exp(_season(random, design.season))
    cases = 1000 * np.exp(0.3 * np.cos(2 * np.pi * np.arange(12) / 12))
    month = random.choice(12, design.rows, p=cases / cases.sum())
    label = random.random(design.rows) < SHARE
    odds = logit(SHARE) + SIGMAS[0] ** 2 * (label - 0.5) + SIGMAS[0] * random.normal(size=design.rows)
    times = np.datetime64("2025-01", "M") + month
    columns = {
        "example_id": pa.array(random.integers(2**62) + np.arange(design.rows)).cast(pa.string()),
        "y_true": label.astype(np.float64),
        "y_score": 1 / (1 + np.exp(-odds)),
        "amount": random.lognormal(*AMOUNT, design.rows) * multiple[month],
        "event_time": pa.array(times.astype("datetime64[D]").astype("datetime64[us]"), pa.timestamp("us", tz="UTC")),
    }
    table = with_kinds(pa.table(columns), segments=[], amounts=["amount"])
    acted = [
        1 - ndtr((logit(THRESHOLD) - logit(SHARE) - SIGMAS[0] ** 2 * (label - 0.5)) / SIGMAS[0]) for label in (0, 1)
    ]
    amount = np.exp(AMOUNT[0] + AMOUNT[1] ** 2 / 2) * multiple
    true = SHARE * acted[1] * (0.3 * amount - 5) - (1 - SHARE) * acted[0] * 5
    return decide(table, points=CELLS, threshold={"kind": "fixed", "at": THRESHOLD}), cases, true


def _season(random: np.random.Generator, season: str) -> Floats:
    """Logarithm of what a case of each month brings, by what it brings where there is no season, (12,)."""
    if season == "waves":
        at = 2 * np.pi * (np.arange(12) / 12 + random.random())
        return np.asarray(SIZE * (np.sin(at) + 0.5 * np.sin(2 * at + random.random())))
    if season == "months":
        return SIZE * random.normal(size=12)
    return np.where(np.arange(12) == random.integers(12), PEAK if season == "peak" else 0.0, 0.0)


def simulated(design: Design, *, repeats: int = REPEATS, processes: int | None = None) -> list[Cell]:
    """The cells of a design. Each repeat has a seed of its own: the result does not hang on the processes."""
    found = np.array(repeated(partial(_judged, design), repeats, at_once=BATCH, processes=processes)).mean(axis=0)
    return [Cell(design, name, *map(float, found[at])) for at, name in enumerate(QUANTITIES)]


def _judged(design: Design, repeat: int) -> list[tuple[float, float]]:
    """Of each quantity whether the band holds the truth (of months the share held), and its width by the truth."""
    random = np.random.default_rng([DESIGNS.index(design), repeat])
    decisions, cases, true = sample(random, design)
    seed = SEED  # the ids are other ones in each repeat, and so are the buckets that they fall into
    known: Any = {"seed": seed, "baseline": "act_on_none"}
    worth = value(decisions, CELLS, CELLS, per="case", unit="EUR", **known)
    season = differences(decisions, CELLS, CELLS, **known)
    assert season is not None
    volume = [(later("2020-01", at), float(cases[at % 12])) for at in range(HISTORY)]
    found = project(
        value=worth,
        volume=volume,
        months=12,
        growth=None,
        seed=seed,
        unit="EUR",
        season=shrunk(season, seed=seed, sampled=True),
    )
    assert isinstance(found, Projection)
    months = [one for one in found.months.values() if isinstance(one, Estimate)]
    money = cases * true
    points = [one.point / case for one, case in zip(months, cases, strict=True)]
    each = np.array([_held(one, truth) for one, truth in zip(months, money, strict=True)])
    high, low = int(np.argmax(points)), int(np.argmin(points))
    quarter = Estimate(1.0, "", np.sum([one.draws for one in months[:3]], axis=0))
    whole = found.total
    assert isinstance(whole, Estimate)
    held, width = each.mean(axis=0).tolist()
    return [
        (held, width),
        tuple(each[high]),
        tuple(each[low]),
        _held(quarter, money[:3].sum()),
        _held(whole, money.sum()),
    ]


def _held(figure: Estimate, truth: float) -> tuple[float, float]:
    low, high = figure.band(LEVEL) or (0.0, 0.0)
    return float(low <= truth <= high), (high - low) / abs(truth)


def promise(design: Design, quantity: str) -> tuple[float, float]:
    """Least and most coverage. Months that do not differ cannot be told from months that hardly do: wider, then."""
    few, alone = design.rows < 50_000, design.season == "peak" and quantity == SELECTED[0]
    if few:
        return (0.80 if alone else 0.91), 1.0
    summed = quantity == "the year" or (quantity == "a quarter" and design.season in ("waves", "months"))
    return (0.90 if alone else 0.93), (0.97 if summed else 1.0)


_HEAD = f"""{TITLE}

Bands of {LEVEL:.0%} of the money of twelve coming months: each line is {REPEATS:,} samples of a year's rows, with the
cases of the months known. Highest and lowest are the months that the projection itself has so: selected, and off by
chance more than others. The promise is at least 93 % with 50,000 rows, and at most 97 % of the year and, where months
differ, of a quarter; and at least 91 % with 5,000 rows, some 400 a month. Only of a month that alone stands out is less
promised, at least 90 % and with 5,000 rows 80 %: there it lies some two standard errors from the others, no further
than the highest of twelve that do not differ may by chance, and what guards these from being believed pulls it down.
Width is by the truth.

| rows | season of value | quantity | coverage of the band | ± | mean width | promise | holds |
| --- | --- | --- | ---: | ---: | ---: | ---: | --- |
"""

_TAIL = f"""
The population is the binary one above, acted upon where the score is above {THRESHOLD}, with amounts that differ by
month: not at all (none), by two waves of {SIZE} and {SIZE / 2:g} of a logarithm (waves), each by a normal draw of
{SIZE} (months), or one of them alone by {PEAK} (peak). Rows are as many as the month's cases, which have a season of
their own.
"""


def written(cells: Sequence[Cell]) -> str:
    """The section of these cells."""
    return markdown.table(_HEAD, map(_row, cells), _TAIL)


def _row(cell: Cell) -> tuple[str, ...]:
    least, most = promise(cell.design, cell.quantity)
    return (
        f"{cell.design.rows:,} rows",
        cell.design.season,
        cell.quantity,
        f"{cell.coverage:.2%}",
        f"{cell.error:.2%}",
        f"{cell.width:.4g}",
        f"at least {least:.0%}" if most == 1 else f"{least:.0%} to {most:.0%}",
        "yes" if least <= cell.coverage <= most else "no",
    )


def read(text: str) -> list[Cell]:
    """The cells of a section."""
    designs = {(f"{design.rows:,} rows", design.season): design for design in DESIGNS}
    return [
        Cell(designs[rows, season], quantity, markdown.share(coverage), float(width))
        for rows, season, quantity, coverage, _, width, _, _ in markdown.cells(text)
        if (rows, season) in designs
    ]
