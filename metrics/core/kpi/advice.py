"""Training advice: weights that make the loss follow the money, as text to paste into a training script.

Two outcomes: a row is weighted by what a wrong decision on it costs against a right one, v_tp − v_fn where it is
positive and v_tn − v_fp where it is negative (Elkan 2001, The foundations of cost-sensitive learning; Zadrozny,
Langford, Abe 2003, Cost-sensitive learning by cost-proportionate example weighting). A model trained so acts above 0.5,
whatever the row's own amounts, and its scores are no probabilities any more. Numbers: the quantile under / (under +
over) costs least by an asymmetric price (Koenker, Bassett 1978). Classes: the mean cost of deciding otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from metrics.core.estimate import Unknown, rounded
from metrics.core.kpi.class_matrix import ClassMatrix
from metrics.core.kpi.cost import ErrorCost
from metrics.core.kpi.decisions import PLACE, CellName
from metrics.core.kpi.sweep import Cells, Sweep

NO_STAKES = "a wrong decision costs nothing on either side, so that no weight would follow the money"
ONE_SIDED = "a wrong decision on one side earns money: acting on all, or on none, is best whatever the score"


@dataclass(frozen=True)
class Stake:
    """What a wrong decision costs on a row of one truth: base + Σ rate · column, and its mean over such rows."""

    base: float
    rates: tuple[tuple[str, float], ...]
    mean: float

    @property
    def text(self) -> str:
        """As Python over a table of rows named `rows`."""
        terms = [repr(self.base)] if self.base or not self.rates else []
        terms += [f"{rate!r} * rows[{column!r}]" for column, rate in self.rates]
        return " + ".join(terms)


@dataclass(frozen=True)
class Advice:
    """class_weight: label → weight, their mean over the rows 1. columns: of the rows that the snippet reads."""

    class_weight: Mapping[str, float]
    columns: tuple[str, ...]
    snippet: str


def stakes(cells: Cells, sweep: Sweep) -> tuple[Stake, Stake]:
    """Of a negative and of a positive row, at the assumptions' points; means over the labelled rows of each truth."""
    return _stake(cells, sweep, ("tn", "fp")), _stake(cells, sweep, ("tp", "fn"))


def _stake(cells: Cells, sweep: Sweep, pair: tuple[CellName, CellName]) -> Stake:
    right, wrong = (cells[name] for name in pair)
    totals = sweep.acted[0, PLACE[pair[0]][0]]
    rates: dict[str, float] = {}
    for sign, cell in ((1.0, right), (-1.0, wrong)):
        if cell.column is not None:
            rates[cell.column] = rates.get(cell.column, 0.0) + sign * float(cell.rate)
    base = float(right.base) - float(wrong.base)
    kept = tuple((column, rounded(rate)) for column, rate in sorted(rates.items()) if rate)
    sums = sum(rate * float(totals[1 + sweep.columns.index(column)]) for column, rate in kept)
    n = float(totals[0])
    return Stake(rounded(base), kept, rounded(base + sums / n) if n else 0.0)


def advise(cells: Cells, sweep: Sweep) -> Advice | Unknown:
    """Weights for a classifier of two outcomes. Unknown where no weight would follow the money."""
    negative, positive = stakes(cells, sweep)
    if negative.mean <= 0 and positive.mean <= 0:
        return Unknown(NO_STAKES)
    if negative.mean <= 0 or positive.mean <= 0:
        return Unknown(ONE_SIDED)
    share = float(sweep.acted[0, 1, 0])
    scale = share * positive.mean + (1 - share) * negative.mean
    weights = {"0": rounded(negative.mean / scale), "1": rounded(positive.mean / scale)}
    columns = tuple(sorted({column for stake in (negative, positive) for column, _ in stake.rates}))
    return Advice(weights, columns, _snippet(negative, positive, weights))


def _snippet(negative: Stake, positive: Stake, weights: Mapping[str, float]) -> str:
    return f'''import numpy as np


def money_weights(rows, y):
    """What a wrong decision on each row costs, the mean being 1; rows: a table, y: 1 where acting was needed."""
    at_stake = np.where(np.asarray(y) == 1, {positive.text}, {negative.text})
    at_stake = np.clip(at_stake, 0, None)
    return at_stake / at_stake.mean()


# Each row by its own money. Act above 0.5: the weights already hold the costs.
model.fit(X, y, sample_weight=money_weights(rows, y))

# Where a model takes weights of classes only: the average of each.
CLASS_WEIGHT = {{0: {weights["0"]:.6g}, 1: {weights["1"]:.6g}}}
'''


def advise_numbers(found: ErrorCost, points: Mapping[str, float]) -> Advice | Unknown:
    """The loss for predicted numbers. Unknown where an error costs nothing on either side."""
    under, over = (float(price.evaluate(points)) for price in (found.under, found.over))
    if under < 0 or over < 0 or under + over == 0:
        return Unknown(NO_STAKES)
    template = _QUANTILE if found.shape == "linear" else _SQUARES
    level = rounded(under / (under + over))
    return Advice({}, (), template.format(under=f"{under:g}", over=f"{over:g}", level=level))


_QUANTILE = """from sklearn.ensemble import HistGradientBoostingRegressor

# Too low costs {under} a unit, too high {over}: this quantile costs least.
model = HistGradientBoostingRegressor(loss="quantile", quantile={level!r})
model.fit(X, y)
"""
_SQUARES = """import numpy as np


def money_weights(y, prediction):
    # Of the square of each error: too low costs {under}, too high {over}.
    weight = np.where(np.asarray(y) > prediction, {under}, {over})
    return weight / weight.mean()


# Least squares, weighted by the side on which the last fit erred; a few rounds settle (asymmetric least squares).
model.fit(X, y)
for _ in range(10):
    model.fit(X, y, sample_weight=money_weights(y, model.predict(X)))
"""


def advise_classes(found: ClassMatrix, points: Mapping[str, float]) -> Advice | Unknown:
    """Weights of classes: what deciding otherwise costs a case of each, over the other classes alike."""
    money: Any = np.array(found.money(points), dtype=np.float64)
    others = len(found.classes) - 1
    lost = [(row[at] * others - (row.sum() - row[at])) / others for at, row in enumerate(money)]
    if min(lost) < 0 or max(lost) == 0:
        return Unknown(NO_STAKES if max(lost) <= 0 else ONE_SIDED)
    weights = {name: rounded(one / float(np.mean(lost))) for name, one in zip(found.classes, lost, strict=True)}
    lines = "\n".join(f"    {name!r}: {weight:.6g}," for name, weight in weights.items())
    body = f"""import numpy as np

CLASS_WEIGHT = {{
{lines}
}}
model.fit(X, y, sample_weight=np.array([CLASS_WEIGHT[label] for label in y]))
"""
    return Advice(weights, (), body)
