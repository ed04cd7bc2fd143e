"""The chosen one: how often the band of the best of k holds its truth, corrected for the choice, and as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from metrics.core.draws import K
from metrics.core.estimate import Estimate
from metrics.core.selection.selected_winner import Chosen, chosen
from tests.coverage import markdown
from tests.coverage.repeats import repeated

NAME, TITLE = "winners", "## The chosen one"
LEVEL, REPEATS, BATCH = 0.95, 1000, 20
Floats = NDArray[np.float64]

OWN = 0.316228  # own noise of an estimate of standard error 1 whose errors have a correlation of 0.9
AHEAD = 3.0  # own noises by which a lone winner is ahead
NOISES = (0.3, 2.0)  # least and most, where they are unequal
PROMISED = 0.2  # standard errors of naive bias, beyond which the corrected one is to be nearer to 0


@dataclass(frozen=True)
class Design:
    """k candidates. truths: "equal", "scattered" by their own noise, or one "ahead". noise: of each estimate.

    chosen: "best" of the points, or "any" of them, for some other reason.
    """

    truths: str
    k: int
    correlation: float
    noise: str = "equal"
    chosen: str = "best"

    @property
    def promise(self) -> tuple[float, float]:
        """Least and most coverage, before Monte-Carlo error."""
        usual = self.correlation == 0.9 and self.truths != "ahead" and self.chosen == "best"
        return (0.93, 0.97) if usual else (0.90, 1.0)


DESIGNS = (
    *(Design(truths, k, 0.9) for truths in ("equal", "scattered") for k in (2, 3, 5, 14, 50)),
    *(Design("ahead", k, correlation) for correlation in (0.9, 0.0) for k in (2, 5, 14, 50)),
    *(Design("equal", k, 0.0) for k in (5, 14, 50)),
    *(Design("equal", k, 0.5, noise="unequal") for k in (2, 5, 14, 50)),
    Design("scattered", 14, 0.9, chosen="any"),
)


@dataclass(frozen=True)
class Cell:
    """One line. Coverage of the corrected and of the naive band; biases and width in standard errors of the chosen."""

    design: Design
    coverage: float
    naive: float
    bias: float
    naive_bias: float
    width: float
    repeats: int

    @property
    def error(self) -> float:
        """Monte-Carlo standard error of the coverage."""
        return float(np.sqrt(self.coverage * (1 - self.coverage) / self.repeats))

    @property
    def holds(self) -> bool:
        """Whether the coverage is what is promised but for noise, and the bias less than the naive one."""
        low, high = self.design.promise
        noise = 3 * np.sqrt(0.95 * 0.05 / self.repeats)
        nearer = self.naive_bias <= PROMISED or abs(self.bias) < self.naive_bias
        return bool(low - noise <= self.coverage <= high + noise and nearer)


def simulated(design: Design, *, repeats: int = REPEATS, processes: int | None = None) -> Cell:
    found = np.array(repeated(partial(_judged, design), repeats, at_once=BATCH, processes=processes))
    return Cell(design, *(float(one) for one in found.mean(axis=0)), repeats)


def sample(design: Design, random: np.random.Generator) -> tuple[Floats, Floats, Floats, Floats]:
    """Truths (k,), standard errors (k,), points (k,), and draws (k, K) about them."""
    k = design.k
    errors = np.linspace(*NOISES, k) if design.noise == "unequal" else np.ones(k)
    own = np.sqrt(1 - design.correlation)
    truths = np.zeros(k)
    if design.truths == "scattered":
        truths = OWN * random.normal(size=k)
    if design.truths == "ahead":
        truths[0] = AHEAD * own

    def noise(count: int) -> Floats:
        shared = np.sqrt(design.correlation) * random.normal(size=(1, count))
        return np.asarray(errors[:, None] * (shared + own * random.normal(size=(k, count))))

    points = truths + noise(1)[:, 0]
    return truths, errors, points, points[:, None] + noise(K)


def _judged(design: Design, repeat: int) -> tuple[float, ...]:
    random = np.random.default_rng([227, DESIGNS.index(design), repeat])
    truths, errors, points, draws = sample(design, random)
    at = int(points.argmax()) if design.chosen == "best" else int(random.integers(design.k))
    given = {str(place): Estimate(float(points[place]), "", draws[place]) for place in range(design.k)}
    found = chosen(given, str(at), "up")
    assert isinstance(found, Chosen), found
    (low, high), (naive_low, naive_high) = found.corrected.band(LEVEL), found.naive.band(LEVEL)  # type: ignore[misc]
    return (
        float(low <= truths[at] <= high),
        float(naive_low <= truths[at] <= naive_high),
        (found.corrected.point - truths[at]) / errors[at],
        (points[at] - truths[at]) / errors[at],
        (high - low) / errors[at],
    )


_HEAD = f"""{TITLE}

Bands of {LEVEL:.0%} of the candidate that was chosen because its figure came out best of k, as it was (naive) and
corrected for the choice with the covariance of the paired draws: each line is {REPEATS:,} worlds. Biases and widths
are in standard errors of the chosen one's figure; a naive band is 3.92 wide. The promise is 93 % to 97 % for
correlated candidates whose truths are equal or scatter, and at least 90 % elsewhere, three Monte-Carlo errors apart;
and that the corrected point's bias is nearer to 0 than the naive one's where that is above {PROMISED}.

| truths | noise | correlation | k | chosen | held | ± | naive held | bias | naive bias | width | promise | holds |
| --- | --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |
"""

_TAIL = f"""
The worlds. Each figure is its truth and a normal error; errors of any two candidates have the correlation, as runs on
the same rows have. Truths are equal, scatter by {OWN:.3f}, or one is ahead of the others, which are equal, by
{AHEAD:.0f} of what is its own of an error. Unequal noise: standard errors from {NOISES[0]} to {NOISES[1]}, truths
equal. Chosen for any other reason than this figure: the point stays, and the band is one for all k at once.
"""


def written(cells: Sequence[Cell]) -> str:
    return markdown.table(_HEAD, map(_row, cells), _TAIL)


def _row(cell: Cell) -> tuple[str, ...]:
    low, high = cell.design.promise
    return (
        *_named(cell.design),
        f"{cell.coverage:.1%}",
        f"{cell.error:.1%}",
        f"{cell.naive:.1%}",
        f"{cell.bias:+.2f}",
        f"{cell.naive_bias:+.2f}",
        f"{cell.width:.2f}",
        f"at least {low:.0%}" if high == 1 else f"{low:.0%} to {high:.0%}",
        "yes" if cell.holds else "no",
    )


def _named(design: Design) -> tuple[str, ...]:
    return design.truths, design.noise, f"{design.correlation:g}", str(design.k), design.chosen


def read(text: str) -> list[Cell]:
    """The cells of the section."""
    designs = {_named(one): one for one in DESIGNS}
    return [
        Cell(
            designs[tuple(row[:5])],
            markdown.share(row[5]),
            markdown.share(row[7]),
            *(float(one) for one in row[8:11]),
            repeats=REPEATS,
        )
        for row in markdown.cells(text)
        if tuple(row[:5]) in designs
    ]
