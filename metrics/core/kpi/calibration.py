"""A mapping fitted on pairs (metric, observed KPI): from history, or from experiments as pairs of changes.

Draw k of the KPI: the pairs resampled, the form fitted to them, read at the metric's draw k, and one resampled
leave-one-out residual added; so the band holds what was seen, not only the curve. The form is chosen at the point, by
error on pairs that the fit had not seen, and kept in every draw. Nothing is said far from where pairs are.

Experiments that state the error of each change are fitted with errors in both (`errors_in_both`), with an intercept:
what a change does to the KPI by other ways than the metric is not forced to nothing. The KPI's own scatter is added to
the draws, not the errors of the experiments, which are none of the KPI's. Where these drown the slope, it is Unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from metrics.core.arrays import Floats, settled
from metrics.core.draws import K, uniforms
from metrics.core.estimate import Draws, Estimate, Quantity, Unknown, made
from metrics.core.evaluation.statistics.bootstrap import widening
from metrics.core.kpi import errors_in_both
from metrics.core.kpi.calibration_fits import Form, Lines, Steps, lines, steps
from metrics.core.late import special

Place = Literal["inside", "fringe", "outside"]
How = Literal["leave one out", "rolling origin"]
Refit = Callable[[Floats], Lines | Steps]  # weights (R, n) to a curve a row

LEAST = 8  # pairs, below which nothing is known
LEAST_ISOTONIC = 20
LEAST_PLACES = 4  # different values of the metric
LEAST_FOLDS = 4  # pairs that a rolling origin predicts, else each pair is left out in turn
FRINGE = 0.1  # of the range, beyond either end
MOST_CLIPPED = 0.2  # of the draws, before the band is open on that side
LEAST_RELIABILITY = 0.5  # below which more of the metric's spread is error than signal
SPREAD_OF_MEDIAN = 1.4826  # standard deviation of a normal in median absolute deviations


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One metric and the KPI observed with it, in an experiment one change and the other.

    x_error, y_error: their standard errors, covariance: of their errors, 0 where measured on different units; None
    where unknown. at: when, as text that sorts, "" where unknown.
    """

    x: float
    y: float
    x_error: float | None = None
    y_error: float | None = None
    at: str = ""
    covariance: float | None = None


@dataclass(frozen=True, kw_only=True)
class FormError:
    """Error of one form on pairs that its fit had not seen: mean absolute, root mean squared, over so many pairs."""

    form: Form
    how: How
    mean: float
    root: float
    pairs: int


@dataclass(frozen=True, eq=False, kw_only=True)
class Prediction:
    """A KPI read off a calibration, and how far it may be believed.

    open_low, open_high: more than a fifth of the metric's draws lay beyond where pairs are, so that the band has no
    end on that side. The quantity has then no draws: whatever stands on it must not take a cut band for a whole one.
    """

    quantity: Quantity
    place: Place
    low: float | None = None
    high: float | None = None
    open_low: bool = False
    open_high: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Calibration:
    """A fitted mapping: the pairs as arrays (n,), their weights, the chosen form, its residuals, and all errors.

    reliability: share of the metric's spread over the pairs that is no error of measurement; None where that is
    unknown. A slope fitted by `lines` on such pairs is flatter than the true one by about this factor (Fuller 1987).
    both: the fit with errors in both, None of other forms.
    """

    x: Floats
    y: Floats
    weights: Floats
    form: Form
    increasing: bool
    errors: tuple[FormError, ...]
    residuals: Floats
    curve: Lines | Steps
    reliability: float | None
    refit: Refit
    both: errors_in_both.Fit | None = None

    @property
    def range(self) -> tuple[float, float]:
        """Least and largest metric among the pairs."""
        return float(self.x.min()), float(self.x.max())

    @property
    def allowed(self) -> tuple[float, float]:
        """The range and its fringe of a tenth on either side."""
        low, high = self.range
        reach = FRINGE * (high - low)
        return low - reach, high + reach

    @property
    def rises(self) -> bool:
        """Whether the KPI rises with the metric, as fitted."""
        return bool(self.curve.slope[0] >= 0) if isinstance(self.curve, Lines) else self.increasing

    @property
    def agrees(self) -> bool:
        """Whether the fit goes the way that the declared directions of metric and KPI say."""
        return self.rises == self.increasing

    def place(self, x: float) -> Place:
        """Inside the range of the pairs, in the fringe of a tenth beyond it, or outside."""
        low, high = self.range
        if low <= x <= high:
            return "inside"
        return "fringe" if self.allowed[0] <= x <= self.allowed[1] else "outside"

    def at(self, x: Floats) -> Floats:
        """The curve fitted to all pairs at each x, (G,)."""
        return self.curve.at(np.asarray(x, dtype=np.float64)[:, None])[:, 0]

    def predict(
        self, metric: Estimate, *, seed: int, name: str, unit: str, level: float = 0.95, certain: bool = False
    ) -> Prediction:
        """The KPI where the metric is this. name: of the mapping, whose resamples these are; versions stay paired.

        certain: the fit taken as exact, which leaves the metric's noise alone; a metric whose draws are all its point
        leaves the mapping's alone. Unknown more than a tenth of the range beyond the pairs; without draws of the
        metric, a point without draws.
        """
        place = self.place(metric.point)
        if place == "outside":
            return Prediction(quantity=Unknown(self._too_far(metric.point)), place=place)
        point = float(self.at(np.array([metric.point]))[0])
        if metric.draws is None:
            return Prediction(quantity=made(point, None, unit, no_band=metric.no_band), place=place)
        below, above = (float(np.mean(side)) > MOST_CLIPPED for side in self._beyond(metric.draws))
        open_low, open_high = (below, above) if self.rises else (above, below)
        read = np.clip(metric.draws, *self.allowed)
        draws = self.at(read) if certain else self._read(read, seed, name)
        tail = (1 - level) / 2
        low, high = (float(end) for end in np.quantile(draws, [tail, 1 - tail]))
        return Prediction(
            quantity=made(point, None if below or above else draws, unit),
            place=place,
            low=None if open_low else low,
            high=None if open_high else high,
            open_low=open_low,
            open_high=open_high,
        )

    def band(self, x: Floats, *, seed: int, name: str, level: float = 0.95) -> tuple[Floats, Floats]:
        """Ends of the band of an observed KPI at each exactly known x, (G,) each."""
        draws = self._read(np.asarray(x)[:, None], seed, name)
        tail = (1 - level) / 2
        low, high = np.quantile(draws, [tail, 1 - tail], axis=1)
        return low, high

    def slope(self, *, seed: int, name: str) -> Quantity:
        """The KPI's change a unit of the metric, of a straight line."""
        if not isinstance(self.curve, Lines):
            return Unknown("a monotone curve has no one slope")
        curves = self._curves(seed, name) if self.both is None else self._drawn(seed, name)
        return made(float(self.curve.slope[0]), np.asarray(curves.slope) if not isinstance(curves, Steps) else None)

    @property
    def doubt(self) -> str:
        """Why pairs of experiments do not tell the slope well enough to be causal; "" where they do."""
        if self.both is None or self.reliability is None:
            return NO_ERRORS
        least = float(special.chdtri(len(self.x) - 1, 0.05)) / (len(self.x) - 1)
        if 1 - self.reliability <= min(1 - LEAST_RELIABILITY, 1 / least):
            return ""
        share = f"{100 * (1 - self.reliability):.0f} %"
        return f"{share} of the spread of the metric's changes is their own error; at most 50 % may be for grade A"

    def _beyond(self, draws: Draws) -> tuple[Floats, Floats]:
        low, high = self.allowed
        return np.asarray(draws < low), np.asarray(draws > high)

    def _too_far(self, x: float) -> str:
        low, high = self.range
        return f"the metric is {x:.4g}; pairs are known from {low:.4g} to {high:.4g} only"

    def _read(self, x: Floats, seed: int, name: str) -> Floats:
        """Draws of the KPI at x of shape (K,), or (G, 1) for each."""
        if self.both is None:
            return self._curves(seed, name).at(x) + self._left_over(seed, name)
        drawn = self._drawn(seed, name)
        own = drawn.scatter * special.ndtri(uniforms(seed, f"calibration:{name}:own"))
        return np.asarray(drawn.slope * x + drawn.intercept + own)

    def _drawn(self, seed: int, name: str) -> errors_in_both.Drawn:
        assert self.both is not None
        at = [uniforms(seed, f"calibration:{name}:{part}") for part in ("scatter", "slope", "level")]
        return self.both.drawn(at[0], at[1], at[2])

    def _curves(self, seed: int, name: str) -> Lines | Steps:
        """The chosen form fitted to K resamples of the pairs."""
        n = len(self.x)
        picked = np.stack([_picked(seed, f"calibration:{name}:{place}", n) for place in range(n)], axis=1)
        cells = picked + n * np.arange(K)[:, None]
        times = np.bincount(cells.ravel(), minlength=K * n).reshape(K, n)
        curves = self.refit(times * self.weights)
        if isinstance(curves, Steps):
            return curves
        # A resample of one x alone has no slope of its own; the few there are take the whole's.
        lost = np.isnan(curves.slope)
        level = (times @ (self.y - self.curve.slope[0] * self.x)) / n if isinstance(self.curve, Lines) else 0.0
        return Lines(
            slope=np.where(lost, self.curve.slope[0] if isinstance(self.curve, Lines) else 0.0, curves.slope),
            intercept=np.where(lost, level, curves.intercept),
        )

    def _left_over(self, seed: int, name: str) -> Floats:
        """One leave-one-out residual a draw, widened as few pairs ask."""
        picked = _picked(seed, f"calibration:{name}:residual", len(self.residuals))
        return np.asarray(widening(len(self.residuals)) * self.residuals[picked])


NO_ERRORS = "the error of the metric's change is not stated for every experiment, so that the slope may be too flat"


def calibrate(pairs: Sequence[Pair], *, increasing: bool, experiments: bool = False) -> Calibration | Unknown:
    """Fit the pairs; linear, or from 20 pairs isotonic where that errs less on pairs it had not seen.

    increasing: whether the KPI should rise with the metric, by their declared directions; binds the isotonic form.
    experiments: the pairs are changes; where each states the error of its x, a line with errors in both is fitted.
    Unknown with fewer than 8 pairs, fewer than 4 different metrics among them, or errors that drown the slope.
    """
    if len(pairs) < LEAST:
        return Unknown(f"{len(pairs)} pairs of metric and KPI are known; {LEAST} are needed")
    held = sorted(pairs, key=lambda pair: (pair.at, pair.x, pair.y))
    x, y = (np.array([getattr(pair, name) for pair in held], dtype=np.float64) for name in ("x", "y"))
    if len(np.unique(settled(x[:, None]))) < LEAST_PLACES:
        return Unknown(f"the pairs have fewer than {LEAST_PLACES} different values of the metric")
    reliability = _reliability(x, held)
    if experiments and reliability is not None:
        both = _in_both(x, y, held)
        if not both.ends:
            return Unknown(
                f"the metric's changes in the {len(held)} experiments are hardly larger than their errors, so that no "
                "slope can be told; larger changes or larger experiments are needed"
            )
        refits: dict[Form, Refit] = {"errors in both": lambda weights: _without(both, weights)}
        return _chosen(refits, x, y, np.ones(len(x)), held, increasing, reliability, both)
    weights = _weights(x, y, held)
    refits = {"linear": lambda weights: lines(x, y, weights)}
    if len(held) >= LEAST_ISOTONIC:
        refits["isotonic"] = lambda weights: steps(x, y, weights, increasing=increasing)
    return _chosen(refits, x, y, weights, held, increasing, reliability)


def _in_both(x: Floats, y: Floats, pairs: Sequence[Pair]) -> errors_in_both.Fit:
    """What is not stated of an error of y, or of a covariance, is 0: the scatter stands for the one."""
    stated = {"x_errors": "x_error", "y_errors": "y_error", "covariances": "covariance"}
    columns = {name: np.array([getattr(pair, field) or 0.0 for pair in pairs]) for name, field in stated.items()}
    return errors_in_both.fit(x, y, **columns)


def _without(both: errors_in_both.Fit, weights: Floats) -> Lines:
    slope, intercept = both.without(weights)
    return Lines(slope=slope, intercept=intercept)


def _chosen(
    refits: dict[Form, Refit],
    x: Floats,
    y: Floats,
    weights: Floats,
    pairs: Sequence[Pair],
    increasing: bool,
    reliability: float | None,
    both: errors_in_both.Fit | None = None,
) -> Calibration:
    """The form that errs least on pairs it had not seen."""
    errors = tuple(_error(form, refit, x, y, weights, pairs) for form, refit in refits.items())
    form = min(errors, key=lambda error: error.mean).form
    curve = refits[form](weights[None])
    if both is not None:
        curve = Lines(slope=np.array([both.slope]), intercept=np.array([both.intercept]))
    return Calibration(
        x=x,
        y=y,
        weights=weights,
        form=form,
        increasing=increasing,
        errors=errors,
        residuals=y - _left_out(refits[form], x, weights),
        curve=curve,
        reliability=reliability,
        refit=refits[form],
        both=both,
    )


def _picked(seed: int, name: str, n: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.asarray((uniforms(seed, name) * n).astype(np.int64))


def _left_out(refit: Refit, x: Floats, weights: Floats) -> Floats:
    """Each pair's KPI as fitted to all the others, (n,)."""
    return refit(weights * (1 - np.eye(len(x)))).at(x)


def _error(form: Form, refit: Refit, x: Floats, y: Floats, weights: Floats, pairs: Sequence[Pair]) -> FormError:
    """Error by rolling origin where all pairs are dated and there are enough of them, else by leaving each out."""
    how: How = "leave one out"
    off = y - _left_out(refit, x, weights)
    times = np.array([pair.at for pair in pairs])
    before = times[None, :] < times[:, None]
    told = before.sum(axis=1) >= LEAST
    if all(pair.at for pair in pairs) and told.sum() >= LEAST_FOLDS:
        predicted = refit(before[told] * weights).at(x[told])
        how, off = "rolling origin", (y[told] - predicted)[np.isfinite(predicted)]
    mean, root = float(np.mean(np.abs(off))), float(np.sqrt(np.mean(off**2)))
    return FormError(form=form, how=how, mean=mean, root=root, pairs=len(off))


def _weights(x: Floats, y: Floats, pairs: Sequence[Pair]) -> Floats:
    """s² / (s² + e²) of each pair, s being the scatter about an unweighted line that the errors e do not explain.

    A pair whose error is unknown takes the median of the known; all weigh 1 where none is known.
    """
    known = [pair.y_error for pair in pairs if pair.y_error is not None]
    if not known or not max(known):
        return np.ones(len(x))
    middle = float(np.median(known))
    errors = np.array([middle if pair.y_error is None else pair.y_error for pair in pairs])
    line = lines(x, y, np.ones((1, len(x))))
    scatter = SPREAD_OF_MEDIAN * float(np.median(np.abs(y - line.at(x[:, None])[:, 0])))
    # At least a tenth of the scatter stays: the reported errors are never all that there is.
    rest = max(scatter**2 - float(np.mean(errors**2)), 0.1 * scatter**2)
    rest = rest or float(np.mean(errors**2))
    return np.asarray(rest / (rest + errors**2))


def _reliability(x: Floats, pairs: Sequence[Pair]) -> float | None:
    known = [pair.x_error for pair in pairs if pair.x_error is not None]
    if len(known) < len(pairs):
        return None
    return max(0.0, 1 - float(np.square(known).mean()) / float(x.var(ddof=1)))
