"""What errors cost: a mapping for numbers and forecasts, with one price for too low and another for too high.

Linear: Σ price · |error|. Quadratic: Σ price · error². Which side costs more is the point of it: an asymmetric linear
cost is least where the prediction is the under / (under + over) quantile (Koenker, Bassett 1978, Econometrica 46:33–50;
the newsvendor's critical ratio).

A cost is worth something only against a baseline: the value is the baseline's cost less the model's, on the same rows,
draw by draw, + being good for us. The baseline is a run, or a naive forecast (`metrics.core.kpi.beside`). Without one
the value is a bare cost, with a minus sign: what the errors take away, and nothing that the model earns.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.assumptions import NOTHING, Drawn
from metrics.core.documents import Document
from metrics.core.draws import K
from metrics.core.estimate import Quantity, Unknown, made
from metrics.core.evaluation.statistics.sums import WEIGHT as N
from metrics.core.evaluation.statistics.sums import Sums
from metrics.core.evaluation.statistics.weighted import NO_LABELS, Weighted
from metrics.core.formula import Formula
from metrics.core.kpi.beside import BASELINE, LEFT_OUT, NAIVES
from metrics.core.kpi.kind import (
    PER,
    SENTENCE,
    VALUE,
    Asked,
    Beginning,
    Called,
    Facts,
    Field,
    InMoney,
    Line,
    MappingKind,
    Priced,
    Start,
    Statistics,
    Vocabulary,
    per_words,
)
from metrics.core.kpi.matrix import PERS, MappingError, Per, money_formula
from metrics.core.kpi.summed import sums_of, without_sums, worth
from metrics.core.kpi.worked import Lines, Worked, summed
from metrics.core.rows.groups import Group
from metrics.core.unit_names import one_of
from metrics.core.units import CURRENCIES, UnitError, unit

Shape = Literal["linear", "quadratic"]
SHAPES: tuple[Shape, ...] = ("linear", "quadratic")
KIND = "error_cost"

NONE = "none"
BARE_COST = "a cost of errors against no baseline is no money that is earned"
BARE = "nothing: the bare cost of the errors"
SILENT = "the baseline says nothing of any labelled row"

_KEYS = {"kind", "under", "over", "shape", "of", "baseline", "per", "says"}
_SAYS = 300


@dataclass(frozen=True)
class ErrorCost(InMoney):
    """A checked cost of errors.

    under, over: money for one unit of truth above, and below, the prediction (for its square where quadratic). of: the
    unit of what is predicted, as text, "" where it has none. baseline: a naive forecast's name, a run, or "none".
    """

    under: Formula
    over: Formula
    shape: Shape
    of: str
    per: Per
    currency: str
    case: str = ""
    says: str = ""
    baseline: str = NONE

    @property
    def names(self) -> frozenset[str]:
        """Assumptions that the prices use."""
        return self.under.names | self.over.names

    def definition(self) -> dict[str, Any]:
        """The definition, complete, as it is stored and signed."""
        against = {} if self.baseline == NONE else {"baseline": self.baseline}
        return against | {
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
        """The baseline's cost less the run's, or minus the latter: a mean over labelled rows, or their number times it.

        points, draws: name → the assumption's point, and its draws (K,). certain: with the rows as they are in every
        draw, so that the spread is the prices' alone. Unknown without labelled rows, or where the run is of another
        task. Raises EvaluationError where a price has no finite value.
        """
        if ERROR not in sums.names:
            return Unknown("a cost of errors needs a run of predicted numbers, of the task regression or forecast")
        weighted = Weighted.of(sums, seed=seed, group=group)
        if weighted is None or not weighted[N][0] > 0:
            return Unknown(SILENT if sums.facts.get(LEFT_OUT) else NO_LABELS)
        if self.baseline != NONE and BASELINE + ERROR not in sums.names:
            return Unknown("the errors of the baseline are not computed yet")
        if self.shape == "quadratic" and SQUARED_OVER not in sums.names:
            return Unknown("the run was scanned before squared errors were told apart: log it again")
        errors = self._errors(weighted, "")
        least = 0.0
        if self.baseline != NONE:
            errors = tuple(ours - theirs for ours, theirs in zip(errors, self._errors(weighted, BASELINE), strict=True))
            least = -np.inf
        scale = -(float(weighted[N][0]) if self.per == "total" else 1.0)
        prices = [float(side.evaluate(points)) for side in (self.under, self.over)]
        whole = prices[0] * errors[0] + prices[1] * errors[1]
        point = scale * float(whole[0])
        # The band is the cost's own, which neither side's may be; a price that is drawn takes the draws of its side.
        limits = (least if min(prices) >= 0 else -np.inf, np.inf)
        total, no_band = (whole[:1], None) if certain else weighted.draws(whole, limits)
        if not certain and no_band is None:
            no_band = weighted.tail(ERROR, power=2 if self.shape == "quadratic" else 1)
        if total is None or no_band is not None:
            return made(point, None, self.unit, no_band=no_band)
        for side, price, error in zip((self.under, self.over), prices, errors, strict=True):
            if side.names:
                drawn = None if certain else weighted.draws(error, (least, np.inf))[0]
                total = total + (np.asarray(side.evaluate(draws)) - price) * (error[0] if drawn is None else drawn)
        return made(point, scale * np.broadcast_to(total, (K,)), self.unit)

    def worked(self, sums: Sums, assumptions: Mapping[str, Any], points: Mapping[str, float], value: float) -> Worked:
        """Each side's price times its mean error, the model's against the baseline's; value: what it comes to."""
        weighted, lines = Weighted.of(sums, seed=None), Lines()
        assert weighted is not None
        names = {name: lines.assume(assumptions[name], points[name]) for name in sorted(self.names)}
        for side, words in SIDES.items():
            price = getattr(self, side)
            lines.step(f"price_{side}", words, lines.formula(price, names, side), float(price.evaluate(points)))

        def cost(of: str, whose: str) -> str:
            errors = zip(("under", "over"), ("too low", "too high"), self._errors(weighted, of), strict=True)
            form = "squared error" if self.shape == "quadratic" else "error"
            parts = [
                f"price_{side} * {lines.give(f'{of}{side}', f'{whose}: mean {form} {way}', float(error[0]), self.of)}"
                for side, way, error in errors
            ]
            return f"({summed(parts)})"

        told = f"0 - {cost('', 'the model')}"
        if self.baseline != NONE:
            told = f"{cost(BASELINE, 'what it is held against')} - {cost('', 'the model')}"
        if self.per == "total":
            told = f"({told}) * {lines.give('cases', 'Cases', float(weighted[N][0]))}"
        return lines.made(lines.step(VALUE, "Value", told, value, self.unit))

    def _errors(self, weighted: Weighted, of: str) -> tuple[Floats, ...]:
        """(1 + K,) mean error too low and too high, each ≥ 0. of: whose, BASELINE or ""."""
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.shape == "quadratic":
                both, over = weighted.ratio(f"{of}squared", N), weighted.ratio(of + SQUARED_OVER, N)
            else:
                both = weighted.ratio(f"{of}absolute", N)
                over = (both + weighted.ratio(of + ERROR, N)) / 2
        return np.maximum(both - over, 0), over


ERROR, SQUARED_OVER = "error", "squared_over"


def parse_error_cost(
    definition: Mapping[str, Any],
    names: Mapping[str, str],
    currency: str,
    *,
    case: str = "",
    runs: Container[str] | None = None,
) -> ErrorCost:
    """Check a definition: {"kind": "error_cost", "under", "over", "shape", "of", "baseline", "per", "says"}.

    A price is money, or money per unit of what is predicted (per its square where quadratic); a plain number is read
    as either. runs: those that may be the baseline, None where that is not to be checked. Raises MappingError naming
    the field, and the position within its formula.
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
    baseline = definition.get("baseline") or NONE
    if not isinstance(baseline, str) or len(baseline) > _SAYS:
        raise MappingError("baseline", "must be the name of a naive forecast, or of a run")
    if baseline != NONE and baseline not in NAIVES and runs is not None and baseline not in runs:
        raise MappingError(
            "baseline",
            f"there is no run “{baseline[:60]}” with rows in this product",
            code="unknown",
            remedy=f"name a run by its id or as model/version, or one of {', '.join(NAIVES)}, or none",
        )
    units = _price_units(of, currency, shape)
    prices = {}
    for side in ("under", "over"):
        if definition.get(side) in (None, ""):
            raise MappingError(side, "say what one unit of error costs on this side, 0 where it costs nothing")
        prices[side] = money_formula(
            side, definition[side], names, units, f"money for an error, in {units[-1]}", hint="" if of else _SAY_UNIT
        )
        if not prices[side].names and prices[side].evaluate({}) < 0:
            raise MappingError(side, "a cost is 0 or more: an error that earns money is no error")
    return ErrorCost(prices["under"], prices["over"], shape, of, per, currency, case, says, baseline)


_SAY_UNIT = "a price per unit needs “One unit is” to name that unit, such as GW (the field of)"


def _price_units(of: Any, currency: str, shape: Shape) -> tuple[str, ...]:
    if not isinstance(of, str):
        raise MappingError("of", "must be a unit as text, such as night")
    try:
        predicted = unit(of)
        price = unit(currency) / (predicted**2 if shape == "quadratic" else predicted)
    except UnitError as error:
        raise MappingError("of", str(error)) from error
    return (currency,) if predicted.is_number else (currency, str(price))


def _predicted_in(prices: Sequence[str], currency: str) -> str:
    """The unit of what is predicted, where named prices say it: "GW" of AUD/GW; "" where they do not."""
    try:
        found = {unit(currency) / unit(price) for price in prices}
    except UnitError:
        return ""
    of = found.pop() if len(found) == 1 else None
    if of is None or any(name in CURRENCIES or power < 0 for name, power in of.factors().items()):
        return ""
    return str(of)


SIDES = {"under": "predicted too low, a unit", "over": "predicted too high, a unit"}


class ErrorCostDefinition(TypedDict):
    """under, over: formulas for the money that one unit of truth above, and below, the prediction costs.

    baseline: what the cost is held against: a run by its id or as model/version, or a naive forecast from the rows, one
    of day, week, year, last and mean; without it the value is the bare cost.
    """

    kind: Literal["error_cost"]
    under: str
    over: str
    shape: Shape
    of: str
    baseline: NotRequired[str]
    per: Per
    says: str


class CostOfErrors(MappingKind):
    key, words, offers, sums = KIND, "cost of errors", "Cost of errors: numbers and forecasts", "cube"
    shape = ErrorCostDefinition
    tasks = frozenset({"regression", "forecast"})
    by_month = in_money = True
    asks = "What a wrong number costs"
    hint = "For predicted numbers and forecasts. A price may be a number, or made of assumptions."
    fields = (
        SENTENCE,
        Field("under", "Each unit predicted too low costs", first="0"),
        Field("over", "Each unit predicted too high costs", first="0"),
        Field("of", "One unit is", "text", help="such as guest, night or GW", required=False),
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
        Field(
            "baseline",
            "Compared with",
            "choice",
            choices=((NONE, BARE), *((name, words) for name, (words, _) in NAIVES.items())),
            runs=True,
            first=NONE,
            required=False,
            help="Against nothing the value is what the errors cost, and no money that the model earns.",
        ),
        PER,
    )

    def start(self, known: Beginning) -> Start:
        """Both sides have a price; held against what is known without a model, such as the week before."""
        sides = {
            "cost_too_low": "Cost of a unit predicted too low",
            "cost_too_high": "Cost of a unit predicted too high",
        }
        named = [known.units[key] for key in sides if key in known.units]
        of = _predicted_in(named, known.currency)
        price = named[0] if of else known.currency
        asks = tuple(Asked(key, name, price) for key, name in sides.items())
        definition = {"kind": KIND, "under": asks[0].key, "over": asks[1].key, "shape": "linear", "of": of}
        says = f"Each {known.noun} costs in step with how far the prediction was off."
        return Start(definition | {"baseline": known.naive, "per": "case", "says": says}, asks)

    def read(self, definition: Mapping[str, Any], vocabulary: Vocabulary) -> ErrorCost:
        names, runs = vocabulary.assumptions, vocabulary.runs
        return parse_error_cost(definition, names, vocabulary.currency, case=vocabulary.case, runs=runs)

    def parts(self, reading: ErrorCost, facts: Facts) -> dict[str, Any]:
        used = {"assumptions": {key: facts.assumption(key) for key in sorted(reading.names)}}
        if unknown := without_sums(facts):
            return used | unknown
        if reading.baseline == NONE:
            return used | {"cube": facts.cube()}
        against = {"naive": reading.baseline} if reading.baseline in NAIVES else None
        against = against or {"against": facts.rows_of(reading.baseline)}
        return used | {"cube": facts.add({"kind": "errors_beside", **against})}

    def statistics(self, priced: Priced) -> Sums | None:
        return sums_of(priced)

    def value(
        self, priced: Priced, drawn: Drawn, *, group: Group | None = None, sums: Statistics | None = None
    ) -> Quantity:
        return worth(error_cost_of(priced.document), priced, drawn, group, sums)

    def worked(self, priced: Priced, value: float) -> Worked:
        sums, mapping = sums_of(priced), error_cost_of(priced.document)
        assert sums is not None
        return mapping.worked(sums, priced.document["assumptions"], priced.points(Drawn(NOTHING)), value)

    def lines(self, definition: Mapping[str, Any]) -> tuple[Line, ...]:
        return tuple(Line(side, words, str(definition[side])) for side, words in SIDES.items())

    def rules(self, definition: Mapping[str, Any], noun: str, called: Called = str) -> tuple[tuple[str, str], ...]:
        grows = "the square of the error" if definition["shape"] == "quadratic" else "the error itself"
        unit_words = (("One unit is", one_of(definition["of"].replace("_", " "))),) if definition["of"] else ()
        compared = ("Compared with", self.against(definition, noun, called) or BARE)
        return (("The cost grows with", grows), *unit_words, compared, per_words(definition, noun))

    def against(self, definition: Mapping[str, Any], noun: str, called: Called = str) -> str:
        named = definition.get("baseline", NONE)
        if named == NONE:
            return ""
        return NAIVES[named][0] if named in NAIVES else f"the errors of {called(named)}"

    def bare(self, definition: Mapping[str, Any]) -> str:
        return "" if self.against(definition, "") else BARE_COST


def error_cost_of(document: Document) -> ErrorCost:
    """The cost of errors of a KPI document."""
    units = {name: held["unit"] for name, held in document["assumptions"].items()}
    return parse_error_cost(document["definition"], units, document["currency"], case=document["case"])
