"""What errors cost: a mapping for numbers and forecasts, with one price for too low and another for too high.

Linear: Σ price · |error|. Quadratic: Σ price · error². Which side costs more is the point of it: an asymmetric linear
cost is least where the prediction is the under / (under + over) quantile (Koenker, Bassett 1978, Econometrica 46:33–50;
the newsvendor's critical ratio). The value is minus the cost, since + is good for us.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.assumptions import Drawn
from metrics.core.documents import Document
from metrics.core.draws import K
from metrics.core.estimate import Quantity, Unknown, made
from metrics.core.evaluation.statistics.sums import WEIGHT as N
from metrics.core.evaluation.statistics.sums import Sums
from metrics.core.evaluation.statistics.weighted import NO_LABELS, Weighted
from metrics.core.formula import Formula
from metrics.core.kpi.kind import (
    PER,
    SENTENCE,
    Facts,
    Field,
    InMoney,
    Line,
    MappingKind,
    Priced,
    Statistics,
    Vocabulary,
    per_words,
)
from metrics.core.kpi.matrix import PERS, MappingError, Per, money_formula
from metrics.core.kpi.summed import sums_of, without_sums, worth
from metrics.core.rows.groups import Group
from metrics.core.units import UnitError, unit

Shape = Literal["linear", "quadratic"]
SHAPES: tuple[Shape, ...] = ("linear", "quadratic")
KIND = "error_cost"

_KEYS = {"kind", "under", "over", "shape", "of", "per", "says"}
_SAYS = 300


@dataclass(frozen=True)
class ErrorCost(InMoney):
    """A checked cost of errors.

    under, over: money for one unit of truth above, and below, the prediction (for its square where quadratic). of: the
    unit of what is predicted, as text, "" where it has none.
    """

    under: Formula
    over: Formula
    shape: Shape
    of: str
    per: Per
    currency: str
    case: str = ""
    says: str = ""

    @property
    def names(self) -> frozenset[str]:
        """Assumptions that the prices use."""
        return self.under.names | self.over.names

    def definition(self) -> dict[str, Any]:
        """The definition, complete, as it is stored and signed."""
        return {
            "kind": KIND,
            "under": self.under.text,
            "over": self.over.text,
            "shape": self.shape,
            "of": self.of,
            "per": self.per,
            "says": self.says,
        }

    def value(
        self,
        sums: Sums,
        points: Mapping[str, float],
        draws: Mapping[str, Any],
        *,
        seed: int,
        group: Group | None = None,
        certain: bool = False,
    ) -> Quantity:
        """Minus the cost of the errors of a run: the mean over labelled rows, or their number times it.

        points, draws: name → the assumption's point, and its draws (K,). certain: with the rows as they are in every
        draw, so that the spread is the prices' alone. Unknown without labelled rows, or where the run is of another
        task. Raises EvaluationError where a price has no finite value.
        """
        if ERROR not in sums.names:
            return Unknown("a cost of errors needs a run of predicted numbers, of the task regression or forecast")
        weighted = Weighted.of(sums, seed=seed, group=group)
        if weighted is None or not weighted[N][0] > 0:
            return Unknown(NO_LABELS)
        if self.shape == "quadratic" and SQUARED_OVER not in sums.names:
            return Unknown("the run was scanned before squared errors were told apart: log it again")
        errors = self._errors(weighted)
        scale = -(float(weighted[N][0]) if self.per == "total" else 1.0)
        low, high = (float(error[0]) for error in errors)
        point = scale * (float(self.under.evaluate(points)) * low + float(self.over.evaluate(points)) * high)
        lows, highs = (error[:1] if certain else weighted.draws(error, (0.0, np.inf)) for error in errors)
        if lows is None or highs is None:
            return made(point, None, self.unit)
        total = np.asarray(self.under.evaluate(draws)) * lows + np.asarray(self.over.evaluate(draws)) * highs
        return made(point, scale * np.broadcast_to(total, (K,)), self.unit)

    def _errors(self, weighted: Weighted) -> tuple[Floats, Floats]:
        """(1 + K,) mean error too low and too high, each ≥ 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.shape == "quadratic":
                both, over = weighted.ratio("squared", N), weighted.ratio(SQUARED_OVER, N)
            else:
                both = weighted.ratio("absolute", N)
                over = (both + weighted.ratio(ERROR, N)) / 2
        return np.maximum(both - over, 0), over


ERROR, SQUARED_OVER = "error", "squared_over"


def parse_error_cost(
    definition: Mapping[str, Any], names: Mapping[str, str], currency: str, *, case: str = ""
) -> ErrorCost:
    """Check a definition: {"kind": "error_cost", "under", "over", "shape", "of", "per", "says"}.

    A price is money, or money per unit of what is predicted (per its square where quadratic); a plain number is read
    as either. Raises MappingError naming the field, and the position within its formula.
    """
    if unknown := sorted(set(definition) - _KEYS):
        raise MappingError(unknown[0], f"is not a field of a cost of errors; its fields are {', '.join(sorted(_KEYS))}")
    shape, per = definition.get("shape", "linear"), definition.get("per", "case")
    if shape not in SHAPES:
        raise MappingError("shape", f"must be one of {', '.join(SHAPES)}")
    if per not in PERS:
        raise MappingError("per", f"must be one of {', '.join(PERS)}")
    of, says = definition.get("of", ""), definition.get("says", "")
    if not isinstance(says, str) or len(says) > _SAYS:
        raise MappingError("says", f"must be a sentence of at most {_SAYS} characters")
    units = _price_units(of, currency, shape)
    prices = {}
    for side in ("under", "over"):
        if definition.get(side) in (None, ""):
            raise MappingError(side, "say what one unit of error costs on this side, 0 where it costs nothing")
        prices[side] = money_formula(side, definition[side], names, units, f"money for an error, in {units[-1]}")
        if not prices[side].names and prices[side].evaluate({}) < 0:
            raise MappingError(side, "a cost is 0 or more: an error that earns money is no error")
    return ErrorCost(prices["under"], prices["over"], shape, of, per, currency, case, says)


def _price_units(of: Any, currency: str, shape: Shape) -> tuple[str, ...]:
    if not isinstance(of, str):
        raise MappingError("of", "must be a unit as text, such as night")
    try:
        predicted = unit(of)
        price = unit(currency) / (predicted**2 if shape == "quadratic" else predicted)
    except UnitError as error:
        raise MappingError("of", str(error)) from error
    return (currency,) if predicted.is_number else (currency, str(price))


SIDES = {"under": "predicted too low, a unit", "over": "predicted too high, a unit"}


class ErrorCostDefinition(TypedDict):
    """under, over: formulas for the money that one unit of truth above, and below, the prediction costs."""

    kind: Literal["error_cost"]
    under: str
    over: str
    shape: Shape
    of: str
    per: Per
    says: str


class CostOfErrors(MappingKind):
    key, words, offers, sums = KIND, "cost of errors", "Cost of errors: numbers and forecasts", "cube"
    shape = ErrorCostDefinition
    asks = "What a wrong number costs"
    hint = "For predicted numbers and forecasts. A price may be a number, or made of assumptions."
    fields = (
        SENTENCE,
        Field("under", "Each unit predicted too low costs", first="0"),
        Field("over", "Each unit predicted too high costs", first="0"),
        Field("of", "One unit is", "text", help="a noun in lower-case letters, such as night", required=False),
        Field(
            "shape",
            "The cost grows",
            "radio",
            choices=(
                ("linear", "in step with the error: twice as far off costs twice as much"),
                ("quadratic", "with its square: twice as far off costs four times as much"),
            ),
            first="linear",
        ),
        PER,
    )

    def read(self, definition: Mapping[str, Any], vocabulary: Vocabulary) -> ErrorCost:
        return parse_error_cost(definition, vocabulary.assumptions, vocabulary.currency, case=vocabulary.case)

    def parts(self, reading: ErrorCost, facts: Facts) -> dict[str, Any]:
        used = {"assumptions": {key: facts.assumption(key) for key in sorted(reading.names)}}
        return used | (without_sums(facts) or {"cube": facts.cube()})

    def statistics(self, priced: Priced) -> Sums | None:
        return sums_of(priced)

    def value(
        self, priced: Priced, drawn: Drawn, *, group: Group | None = None, sums: Statistics | None = None
    ) -> Quantity:
        return worth(error_cost_of(priced.document), priced, drawn, group, sums)

    def lines(self, definition: Mapping[str, Any]) -> tuple[Line, ...]:
        return tuple(Line(side, words, str(definition[side])) for side, words in SIDES.items())

    def rules(self, definition: Mapping[str, Any], noun: str) -> tuple[tuple[str, str], ...]:
        grows = "the square of the error" if definition["shape"] == "quadratic" else "the error itself"
        unit_words = (("One unit is", f"a {definition['of'].replace('_', ' ')}"),) if definition["of"] else ()
        return (("The cost grows with", grows), *unit_words, per_words(definition, noun))


def error_cost_of(document: Document) -> ErrorCost:
    """The cost of errors of a KPI document."""
    units = {name: held["unit"] for name, held in document["assumptions"].items()}
    return parse_error_cost(document["definition"], units, document["currency"], case=document["case"])
