"""Populations whose true figures are known exactly, and samples of them as canonical rows.

Binary: the log odds s of a row score are normal given its label, N(m ± σ²/2, σ²), which makes the score calibrated and
AUC = Φ(σ/√2). A second model has its own σ and shares part of the noise. Clusters shift the scores of all their rows
and have base rates of their own, while a row drawn at random stays as it was: the truth is the same.
Forecast: hourly errors are a normal AR(1) process, so that the mean absolute error is σ √(2/π).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.signal import lfilter
from scipy.special import expit, logit, ndtr
from scipy.stats import norm

from metrics.core.kpi.value import CellValue
from metrics.core.rows.table import with_kinds

Floats = NDArray[np.float64]

SHARE = 0.2  # of positives
SIGMAS = (1.2, 1.0)  # of the two models' log odds
SHARED_NOISE = 0.8  # correlation of the two models' noise
AMOUNT = (4.0, 0.8)  # log mean and log deviation of the amounts, in EUR
# Acting costs 5 EUR and brings 30 % of the amount where the label is 1.
CELLS = {
    "tp": CellValue(-5.0, 0.3, "amount"),
    "fp": CellValue(-5.0, 0.0, None),
    "tn": CellValue(0.0, 0.0, None),
    "fn": CellValue(0.0, 0.0, None),
}
CLUSTER_ROWS = (20, 80)
CLUSTER_NOISE = 0.3  # share of the scores' variance between clusters
CLUSTER_CONCENTRATION = 10.0  # of the Beta distribution of the clusters' base rates

ERRORS = (10.0, 9.0)  # standard deviations of the two forecasts' errors
PERSISTENCE = 0.9  # of an error from one hour to the next
WEEK = 7 * 24

# The standard normal on a grid fine enough for expectations to ten digits.
_NODES = np.linspace(-10, 10, 200_001)
_MASS = norm.pdf(_NODES) / norm.pdf(_NODES).sum()


@dataclass(frozen=True)
class Truth:
    """True figures of both models of the binary population, or of both forecasts."""

    figures: dict[str, tuple[float, float]]

    def of(self, quantity: str) -> float:
        """The true value of a quantity; "difference of x" is the first model's x less the second's."""
        if quantity.startswith("difference of "):
            first, second = self.figures[quantity.removeprefix("difference of ")]
            return first - second
        return self.figures[quantity][0]


def binary_truth() -> Truth:
    """AUC, log loss and profit a row of both models."""
    return Truth(
        {
            "AUC": _both(_auc),
            "log loss": _both(_log_loss),
            "profit": _both(_profit),
        }
    )


def forecast_truth() -> Truth:
    """Mean absolute error of both forecasts."""
    first, second = (float(sigma * np.sqrt(2 / np.pi)) for sigma in ERRORS)
    return Truth({"MAE": (first, second)})


def binary_sample(random: np.random.Generator, *, rows: int, clusters: int) -> tuple[pa.Table, pa.Table]:
    """Rows of both models on the same examples. clusters 0: independent rows; else `rows` is not used."""
    if clusters:
        cluster = np.repeat(np.arange(clusters), random.integers(*CLUSTER_ROWS, clusters, endpoint=True))
        rows = len(cluster)
        share = random.beta(SHARE * CLUSTER_CONCENTRATION, (1 - SHARE) * CLUSTER_CONCENTRATION, clusters)[cluster]
        shifts = random.normal(size=(3, clusters))[:, cluster]
    else:
        cluster, share, shifts = np.arange(rows), np.full(rows, SHARE), np.zeros((3, rows))
    label = (random.random(rows) < share).astype(np.float64)
    between = CLUSTER_NOISE if clusters else 0.0
    noise = np.sqrt(between) * shifts + np.sqrt(1 - between) * random.normal(size=(3, rows))
    # Other ids in each sample: what falls into one bucket is drawn anew as well.
    first = random.integers(2**62)
    columns = {
        "example_id": _texts(first + np.arange(rows)),
        "y_true": label,
        "amount": random.lognormal(*AMOUNT, rows),
    }
    if clusters:
        columns["cluster_id"] = _texts(first + cluster)
    made = []
    for model, sigma in enumerate(SIGMAS):
        own = np.sqrt(SHARED_NOISE) * noise[0] + np.sqrt(1 - SHARED_NOISE) * noise[1 + model]
        score = expit(_center(sigma, label) + sigma * own)
        made.append(with_kinds(pa.table({**columns, "y_score": score}), segments=[], amounts=["amount"]))
    return made[0], made[1]


def forecast_sample(random: np.random.Generator, *, weeks: int) -> tuple[pa.Table, pa.Table]:
    """Hourly rows of both forecasts over whole weeks, from a Monday on."""
    hours = weeks * WEEK
    first = np.datetime64("2024-01-01T00", "h") + WEEK * int(random.integers(500))
    times = (first + np.arange(hours)).astype("datetime64[us]")
    load = 100 + 20 * np.sin(np.arange(hours) * 2 * np.pi / 24)
    process = [_persistent(random, hours) for _ in range(3)]
    made = []
    for model, sigma in enumerate(ERRORS):
        error = sigma * (np.sqrt(SHARED_NOISE) * process[0] + np.sqrt(1 - SHARED_NOISE) * process[1 + model])
        columns = {
            "example_id": _texts(np.arange(hours)),
            "event_time": pa.array(times, pa.timestamp("us", tz="UTC")),
            "y_true": load,
            "y_pred": load + error,
        }
        made.append(with_kinds(pa.table(columns), segments=[], amounts=[], task="forecast"))
    return made[0], made[1]


def _texts(numbers: NDArray[np.int64]) -> pa.Array:
    return pa.array(numbers).cast(pa.string())


def _persistent(random: np.random.Generator, hours: int) -> Floats:
    """A stationary AR(1) process with standard deviation 1."""
    steps = random.normal(size=hours) * np.sqrt(1 - PERSISTENCE**2)
    steps[0] /= np.sqrt(1 - PERSISTENCE**2)
    return np.asarray(lfilter([1.0], [1.0, -PERSISTENCE], steps))


def _both(figure: Callable[[float], float]) -> tuple[float, float]:
    first, second = (figure(sigma) for sigma in SIGMAS)
    return first, second


def _auc(sigma: float) -> float:
    return float(ndtr(sigma / np.sqrt(2)))


def _center(sigma: float, label: Floats | float) -> Floats | float:
    return logit(SHARE) + sigma**2 * (np.asarray(label) - 0.5)


def _log_loss(sigma: float) -> float:
    """−E log p(label)."""
    one, none = (_center(sigma, label) + sigma * _NODES for label in (1.0, 0.0))
    return float(_MASS @ (SHARE * np.log1p(np.exp(-one)) + (1 - SHARE) * np.log1p(np.exp(none))))


def _profit(sigma: float) -> float:
    """E of the money of a row; acting pays where p · gain > 5, i.e. where the log odds pass those of 5 / gain."""
    gain = 0.3 * np.exp(AMOUNT[0] + AMOUNT[1] * _NODES)
    worth = gain > 5.0
    edge = logit(5.0 / gain[worth])
    acted = {label: 1 - ndtr((edge - _center(sigma, label)) / sigma) for label in (0.0, 1.0)}
    money = SHARE * acted[1.0] * (gain[worth] - 5.0) - (1 - SHARE) * acted[0.0] * 5.0
    return float(_MASS[worth] @ money)
