"""What an assumption may look like: one number, or a spread of them.

A distribution is read from JSON and drawn from by its inverse distribution function at given uniforms, so equal
uniforms give equal draws. Its point is its mean, since a result's point is "the value at the assumptions' means",
unless the document states a `point` of its own.

| kind | fields | note |
|---|---|---|
| point | value | no spread |
| normal | mean, sd | |
| lognormal | median, sigma | log of the quantity is normal with mean log(median) and sd sigma |
| pert | low, mode, high | beta on low…high with mean (low + 4 mode + high) / 6 (Malcolm et al. 1959) |
| beta | alpha, beta | a share |
| interval90 | low, high, shape | 5 % below low, 5 % above high; shape normal (default), lognormal or beta |

For interval90 the mean is the centre (low + high) / 2 with the normal shape; with the lognormal shape it lies above the
geometric centre sqrt(low · high), and with the beta shape where the fitted beta has it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from metrics.core.estimate import LIMIT, Draws
from metrics.core.late import optimize, special
from metrics.core.numerals import stated, stated_ends

Array = NDArray[np.float64]

Z90 = 1.6448536269514722  # the normal quantiles of 0.95 and 0.998, as scipy.special.ndtri gives them
TAIL_Z = 2.878161739095483
WIDEST_SIGMA = 10.0
LEAST_SHAPE, MOST_SHAPE = 0.01, 1e9

FIELDS: dict[str, tuple[str, ...]] = {
    "point": ("value",),
    "normal": ("mean", "sd"),
    "lognormal": ("median", "sigma"),
    "pert": ("low", "mode", "high"),
    "beta": ("alpha", "beta"),
    "interval90": ("low", "high"),
}
OPTIONAL: dict[str, tuple[str, ...]] = {"point": (), "interval90": ("point", "shape")}  # the others: a point
SHAPES = ("normal", "lognormal", "beta")
PLACES = ("value", "mean", "median", "low", "mode", "high", "point")  # fields that are values of the quantity
NO_ENDS = (-math.inf, math.inf)


class DistributionError(ValueError):
    """A document is no distribution. field: the key at fault; message: what is wrong and the remedy."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(field, message)
        self.field = field
        self.message = message

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class Family(Protocol):
    """A family of distributions at given parameters."""

    @property
    def mean(self) -> float: ...

    @property
    def ends(self) -> tuple[float, float]:
        """Between what it lies."""
        ...

    def ppf(self, u: Array) -> Array:
        """The value below which a share u of the distribution lies, shape as u."""
        ...


@dataclass(frozen=True)
class Constant:
    value: float
    ends: tuple[float, float] = NO_ENDS

    @property
    def mean(self) -> float:
        return self.value

    def ppf(self, u: Array) -> Array:
        return np.full(np.shape(u), self.value)


@dataclass(frozen=True)
class Normal:
    mean: float
    sd: float
    ends: tuple[float, float] = NO_ENDS

    def ppf(self, u: Array) -> Array:
        return np.asarray(self.mean + self.sd * special.ndtri(u))


@dataclass(frozen=True)
class Lognormal:
    median: float
    sigma: float
    ends: tuple[float, float] = (0.0, math.inf)

    @property
    def mean(self) -> float:
        return self.median * math.exp(self.sigma**2 / 2)

    def ppf(self, u: Array) -> Array:
        return np.asarray(self.median * np.exp(self.sigma * special.ndtri(u)))


@dataclass(frozen=True)
class Beta:
    """Beta distribution stretched from 0…1 to low…high."""

    alpha: float
    beta: float
    low: float = 0.0
    high: float = 1.0

    @property
    def ends(self) -> tuple[float, float]:
        return self.low, self.high

    @property
    def mean(self) -> float:
        return self.low + (self.high - self.low) * self.alpha / (self.alpha + self.beta)

    def ppf(self, u: Array) -> Array:
        return np.asarray(self.low + (self.high - self.low) * special.betaincinv(self.alpha, self.beta, u))


@dataclass(frozen=True)
class Distribution:
    """A checked distribution.

    kind: as in the document. family: the distribution behind it. point: its mean, or the point that was stated.
    low90, high90: its 5 % and 95 % quantiles.
    """

    kind: str
    family: Family
    point: float
    low90: float
    high90: float

    def draws(self, u: Array) -> Draws:
        """The quantile at each uniform, shape as u. Raises ValueError where a uniform is not inside (0, 1)."""
        if not np.all((u > 0) & (u < 1)):
            raise ValueError("uniforms lie between 0 and 1, both excluded")
        return np.asarray(self.family.ppf(np.asarray(u, dtype=np.float64)), dtype=np.float64)

    def quantiles(self, *shares: float) -> tuple[float, ...]:
        """The values below which these shares lie, each share inside (0, 1)."""
        return tuple(float(value) for value in self.draws(np.array(shares)))

    def curve(self, count: int = 121) -> tuple[Array, Array]:
        """Values and densities there, each shape (count,), from the 0.2 % to the 99.8 % quantile; empty for a point.

        density(ppf(u)) = 1 / ppf'(u), by differences of the quantile function over steps of equal normal width.
        """
        if self.kind == "point":
            return np.empty(0), np.empty(0)
        u = special.ndtr(np.linspace(-TAIL_Z, TAIL_Z, count + 1))
        ends = self.draws(u)
        wide = np.maximum(np.diff(ends), np.finfo(float).tiny)
        return (ends[1:] + ends[:-1]) / 2, np.diff(u) / wide

    def describe(self, unit: str = "") -> str:
        """One phrase for a reader, such as "90 % sure between 2.4 and 3.6", or "exactly 3"; shares in percent."""
        if self.kind == "point":
            return f"exactly {stated(self.point, unit)}"
        return f"90 % sure between {' and '.join(stated_ends(self.low90, self.high90, unit))}"


def parse(doc: Mapping[str, Any]) -> Distribution:
    """Read a distribution document. Raises DistributionError naming the field.

    >>> parse({"kind": "interval90", "low": 0.33, "high": 0.47}).describe()
    '90 % sure between 0.33 and 0.47'
    """
    kind = doc.get("kind") if isinstance(doc, Mapping) else None
    if not isinstance(kind, str) or kind not in FIELDS:
        raise DistributionError("kind", "choose one of " + ", ".join(FIELDS))
    for field in doc:
        if field != "kind" and field not in FIELDS[kind] and field not in OPTIONAL.get(kind, ("point",)):
            raise DistributionError(str(field)[:60], f"is not a field of {kind}: remove it")
    numbers = {field: _number(doc, field) for field in FIELDS[kind]}
    family = _family(kind, numbers, doc.get("shape", "normal"))
    low90, high90 = (float(value) for value in family.ppf(np.array([0.05, 0.95])))
    reach = family.ppf(np.array([1e-12, 1 - 1e-12]))
    if not np.isfinite([family.mean, *reach]).all() or max(abs(family.mean), *np.abs(reach)) > LIMIT:
        raise DistributionError(FIELDS[kind][-1], "spreads beyond every number: make it smaller")
    if kind == "interval90":
        low90, high90 = numbers["low"], numbers["high"]
    point = family.mean
    if doc.get("point") is not None:
        point = _number(doc, "point")
        if not low90 <= point <= high90:
            message = f"lies outside of the 90 % range {stated(low90)} to {stated(high90)}: choose a point inside it"
            raise DistributionError("point", message)
    return Distribution(kind=kind, family=family, point=point, low90=low90, high90=high90)


def _number(doc: Mapping[str, Any], field: str) -> float:
    if field not in doc:
        raise DistributionError(field, "is missing: give a number")
    value = doc[field]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DistributionError(field, "must be a number")
    if not abs(value) <= LIMIT:  # also refuses NaN
        raise DistributionError(field, "must be a finite number")
    return float(value)


def _family(kind: str, numbers: Mapping[str, float], shape: Any) -> Family:
    match kind:
        case "point":
            return Constant(numbers["value"])
        case "normal":
            _positive(numbers, "sd", "a point has no spread: choose kind point")
            return Normal(numbers["mean"], numbers["sd"])
        case "lognormal":
            _positive(numbers, "median", "a lognormal quantity is positive")
            _positive(numbers, "sigma", "a point has no spread: choose kind point")
            if numbers["sigma"] > WIDEST_SIGMA:
                raise DistributionError("sigma", f"must be at most {WIDEST_SIGMA:g}: it is the spread of the logarithm")
            return Lognormal(numbers["median"], numbers["sigma"])
        case "pert":
            return _pert(**numbers)
        case "beta":
            for field in ("alpha", "beta"):
                if not LEAST_SHAPE <= numbers[field] <= MOST_SHAPE:
                    raise DistributionError(field, f"must be between {LEAST_SHAPE:g} and {MOST_SHAPE:g}")
            return Beta(numbers["alpha"], numbers["beta"])
        case _:
            return _interval(numbers["low"], numbers["high"], shape)


def _positive(numbers: Mapping[str, float], field: str, why: str) -> None:
    if numbers[field] <= 0:
        raise DistributionError(field, f"must be above 0; {why}")


def _pert(low: float, mode: float, high: float) -> Beta:
    if not low < high:
        raise DistributionError("high", "must be above low; a point has no spread: choose kind point")
    if not low <= mode <= high:
        raise DistributionError("mode", "must lie between low and high")
    share = (mode - low) / (high - low)
    return Beta(1 + 4 * share, 1 + 4 * (1 - share), low, high)


def _interval(low: float, high: float, shape: Any) -> Family:
    if not low < high:
        raise DistributionError("high", "must be above low; a point has no spread: choose kind point")
    if shape == "normal":
        return Normal((low + high) / 2, (high - low) / (2 * Z90))
    if shape == "lognormal":
        if low <= 0:
            raise DistributionError("low", "must be above 0 with the lognormal shape; choose shape normal")
        sigma = (math.log(high) - math.log(low)) / (2 * Z90)
        if sigma > WIDEST_SIGMA:
            raise DistributionError("high", "is too far above low: narrow the interval")
        return Lognormal(math.sqrt(low) * math.sqrt(high), sigma)
    if shape == "beta":
        if low <= 0:
            raise DistributionError("low", "must be above 0 with the beta shape, which is for shares")
        if high >= 1:
            raise DistributionError("high", "must be below 1 with the beta shape, which is for shares")
        return _fitted_beta(low, high)
    raise DistributionError("shape", "choose one of " + ", ".join(SHAPES))


@lru_cache(maxsize=1024)
def _fitted_beta(low: float, high: float) -> Beta:
    """The beta distribution with 5 % below low and 5 % above high.

    Solved for the logarithms of alpha and beta, starting at the moments of the normal shape. Raises DistributionError
    where no beta within the allowed parameters has these quantiles.
    """
    mean, sd = (low + high) / 2, (high - low) / (2 * Z90)
    size = max(mean * (1 - mean) / sd**2 - 1, 0.5)

    def misses(logs: Array) -> list[float]:
        alpha, beta = np.exp(np.clip(logs, -20.0, 30.0))
        # Log-odds keep both conditions of the same scale however thin the tails are.
        below = special.logit(np.clip(special.betainc(alpha, beta, low), 1e-300, 1 - 1e-16))
        above = special.logit(np.clip(special.betaincc(alpha, beta, high), 1e-300, 1 - 1e-16))
        goal = special.logit(0.05)
        return [float(below - goal), float(above - goal)]

    solved = optimize.root(misses, np.log([mean * size, (1 - mean) * size]), method="hybr", tol=1e-13)
    alpha, beta = (float(value) for value in np.exp(np.clip(solved.x, -20.0, 30.0)))
    fitted = Beta(alpha, beta)
    reached = fitted.ppf(np.array([0.05, 0.95]))
    close = np.allclose(reached, [low, high], rtol=1e-6, atol=0)
    if not close or not (min(alpha, beta) >= LEAST_SHAPE and max(alpha, beta) <= MOST_SHAPE):
        raise DistributionError("shape", "no beta distribution has these limits: choose shape normal or lognormal")
    return fitted
