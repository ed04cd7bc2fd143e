"""Draws that hold under skew, and the tails under which none do.

Money and errors are skewed: percentiles of resampled means then miss the truth on the long side. Johnson's t, inverted
as Hall inverts it, corrects a mean for the skewness of its own sum; how uncertain its standard error is, is told by the
fourth moment, as Satterthwaite's degrees of freedom. Draws are mapped so that their percentiles are those: the map is
monotone and near to linear, so that draw k still goes with draw k of every other figure.

Where the variance is without an end, no such correction helps. Hill's index of the largest values tells it.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.draws import BUCKETS, uniforms
from metrics.core.estimate import Draws
from metrics.core.evaluation.statistics.histogram import Cells
from metrics.core.late import special

LEAST_INDEX = 1.8
# Of squares it is told too low where rows are few, for light tails are seen to be light only far out: what is asked of
# so many rows, and how much more of ten times as many.
LEAST_OF_SQUARES, PER_TENFOLD = (500, 1.5), 0.2
LEAST_ROWS = 200  # from which a tail is told
LEAST_POSITIVES = 10
RARE = 0.1
# A mean of fewer buckets is widened, but not corrected; nor is one that is less skewed, its standard error known.
FEWEST, SKEWED, FEW_DEGREES = 30, 0.25, 15
STEP = 2.0**-7  # by which the weight of a bucket is raised to see what it does to a figure
# Shares of the draws at which the map is pinned; the ends of the bands are among them.
_LEVELS = np.array([0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5])
_PINNED = np.concatenate([_LEVELS, 1 - _LEVELS[-2::-1]])


def skewed(draws: Draws, point: float, influence: Floats) -> Draws:
    """The draws (K,) of a figure with percentiles that are right under skew; as they are where there is none to see.

    influence: (B,) what one more unit of weight of each bucket adds to the figure: its sum of squares is the variance.
    Johnson 1978, JASA 73:536–544; Hall 1992, JRSS B 54:221–228; Satterthwaite 1946, Biometrics Bulletin 2:110–114.
    """
    second = float((influence**2).sum())
    if len(influence) < FEWEST or not np.isfinite(draws).all() or not np.isfinite(second) or second <= 0:
        return draws
    scale = influence / np.sqrt(second)
    skewness, fourth = float((scale**3).sum()), float((scale**4).sum())
    degrees = float(np.clip(2 / max(fourth - 1 / len(influence), 1e-6), 1, len(influence) - 1))
    if abs(skewness) < SKEWED and degrees > min(FEW_DEGREES, len(influence) / 4):
        return draws
    studentized: Floats = np.asarray(special.stdtrit(degrees, 1 - _PINNED), dtype=np.float64)
    wanted = point - np.sqrt(second) * _unskewed(studentized, skewness)
    return _mapped(draws, np.quantile(draws, _PINNED), wanted)


def at_an_end(draws: Draws, point: float, limits: tuple[float, float], *, trials: float, content: Floats) -> Draws:
    """The draws of a share; where the point stands at an end, none is nearer to it than one of an exact band.

    Of m trials that all succeeded a share has the bound (α/2)^(1/m) (Clopper, Pearson 1934, Biometrika 26:404–413);
    half of the draws stand at the end. It holds as well for a mean of numbers between the limits that all stand at one.
    Of a top share draws may reach rows that the point does not, and are then as far away as those lead them at least.
    trials: how many were independent. content: what was summed, which seeds what is drawn: two models that are never
    wrong are not one.
    """
    if point not in limits or not np.isfinite(limits).all() or trials < 1:
        return draws
    drawn = uniforms(int.from_bytes(sha256(_marks(content)).digest()[:8], "little"), "at an end")
    short = (limits[1] - limits[0]) * np.where(drawn < 0.5, 1 - drawn ** (1 / trials), 0.0)
    away = np.fmax(short, np.abs(draws - point))  # a draw that is not defined has nothing to add
    return np.asarray(point + away if point == limits[0] else point - away)


def _marks(sums: Floats) -> bytes:
    """What tells sums (…, c) from others, but not from the same rows in another order, whose last bits differ."""
    sums = np.nan_to_num(sums)
    largest = np.abs(sums).max(axis=tuple(range(sums.ndim - 1)), initial=0.0)
    return bytes(np.rint(sums / np.where(largest > 0, largest, 1) * 2**12).astype(np.int16).tobytes())


def independent(rows: float, in_buckets: Floats) -> float:
    """Of so many rows, how many are independent, by how unevenly all rows lie in the buckets that are resampled.

    in_buckets: (B,) rows in each bucket that holds any. Clusters fill buckets unevenly: the variance of the number in a
    bucket, to its mean, is their design effect (Kish 1965). Of few buckets none holds more than one.
    """
    if len(in_buckets) < BUCKETS:
        return min(rows, float(len(in_buckets)))
    return rows / max(1.0, float(in_buckets.var() / in_buckets.mean()))


def _unskewed(transformed: Floats, skewness: float) -> Floats:
    """Hall's cubic g(t) = t + s t²/3 + s² t³/27 + s/6 of a studentized mean, solved for t. s: skewness of the mean."""
    if abs(skewness) < 1e-8:
        return transformed
    return np.asarray(3 / skewness * (np.cbrt(1 + skewness * (transformed - skewness / 6)) - 1))


def _mapped(draws: Draws, at: Floats, to: Floats) -> Draws:
    """The draws under the broken line through (at, to), ascending; beyond its ends they are moved as these are."""
    places, first = np.unique(at, return_inverse=True)
    if len(places) < 2:
        return draws
    values = np.bincount(first, to) / np.bincount(first)
    mapped = np.interp(draws, places, values)
    for end, beyond in ((0, draws < places[0]), (-1, draws > places[-1])):
        mapped[beyond] = draws[beyond] + values[end] - places[end]
    return np.asarray(mapped)


@dataclass(frozen=True)
class Tail:
    """How the sum of |values| lies on its rows. half: rows that carry half of it. rows: those that are not 0.

    index: Hill's, of the largest 1.5 √rows; None where they are too few, or too few different ones. squares: whether
    the values are squares, or other powers.
    """

    half: int
    rows: int
    index: float | None
    squares: bool = False

    @classmethod
    def of(cls, cells: Cells, rows: int, *, power: int = 1, squares: bool = False) -> Tail:
        """The tail of so many rows. cells: of what to this power are the values, with their weight as the first sum.

        squares: whether they are squares before. Hill 1975, Annals of Statistics 3:1163–1174.
        """
        size = (np.abs(cells.lows() + cells.highs()) / 2) ** power
        order = np.argsort(-size, kind="stable")
        size, count = size[order], cells.sums[order, 0] / max(cells.sums[:, 0].sum(), 1e-300) * rows
        kept = (count > 0) & (size > 0) & np.isfinite(size)
        size, count = size[kept], count[kept]
        up_to, rows = np.cumsum(count), round(float(count.sum()))
        if not rows:
            return cls(0, 0, None)
        carried = np.cumsum(size * count)
        at = int(np.searchsorted(carried, carried[-1] / 2))
        missing = carried[-1] / 2 - (carried[at - 1] if at else 0.0)
        half = int(np.ceil((up_to[at - 1] if at else 0) + missing / size[at] - 1e-9))
        return cls(half, rows, cls._hill(size, count, up_to, rows), squares or power > 1)

    @staticmethod
    def _hill(size: Floats, count: Floats, up_to: Floats, rows: int) -> float | None:
        top = int(1.5 * np.sqrt(rows))
        if rows < LEAST_ROWS:
            return None
        edge = int(np.searchsorted(up_to, top, side="right"))  # the cell of the row after the largest `top`
        if edge < min(top / 2, 20) or edge >= len(size):
            return None
        over = float((count[:edge] * np.log(size[:edge] / size[edge])).sum())
        return float(up_to[edge - 1] / over) if over > 0 else None

    @property
    def least(self) -> float:
        """The index from which a mean has a band."""
        if not self.squares:
            return LEAST_INDEX
        rows, index = LEAST_OF_SQUARES
        return float(np.clip(index + PER_TENFOLD * np.log10(max(self.rows, 1) / rows), index, LEAST_INDEX))

    def no_band(self, name: str = "it") -> str | None:
        """Why a mean of these values has no band; None where it may have one. name: of what is summed."""
        if self.index is None or self.index > self.least:
            return None
        return f"{self.said(name)}: the tail (index {self.index:.1f}) is too heavy for a band"

    def said(self, name: str) -> str:
        """How many rows carry half, in words."""
        return f"{self.half:,} of {self.rows:,} rows {'carries' if self.half == 1 else 'carry'} half of {name}"


def too_rare(positives: float, rows: float) -> str | None:
    """Why money over rows of two outcomes has no band: fewer than 10 of the rarer, and under a tenth of the rows."""
    rarer, name = min((positives, "positive"), (rows - positives, "negative"))
    if rarer >= LEAST_POSITIVES or rarer >= RARE * rows:
        return None
    return f"{rarer:,.0f} of {rows:,.0f} rows {'is' if round(rarer) == 1 else 'are'} {name}: too few for a band"
