"""The kind of mapping that is fitted on pairs of a metric and the KPI observed with it, and read off a run's metric."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NotRequired, TypedDict

from metrics.core.assumptions import MAPPING, Drawn
from metrics.core.documents import Document
from metrics.core.estimate import Quantity, Unknown
from metrics.core.kpi.calibration import Calibration, Pair, Prediction, calibrate
from metrics.core.kpi.kind import Called, Facts, Line, MappingKind, Priced, Statistics, Vocabulary
from metrics.core.kpi.matrix import MappingError
from metrics.core.rows.groups import Group

KIND = "calibrated"  # of a mapping's definition
HELD = 16  # fits, in each process
HISTORY, EXPERIMENT = "history", "experiment"
PAIRS = {HISTORY: "pairs observed over time", EXPERIMENT: "changes in experiments"}
LIMIT = 1e15
SAYS = 300
PAIR = ("x", "y", "x_error", "y_error", "at", "covariance")  # of a row of a document's pairs
NOT_SEPARATE = "no covariance of errors, nor separate units, given for every experiment"


def calibration(document: Mapping[str, Any]) -> Calibration | Unknown:
    """The fit of a KPI document: {"pairs": [[x, y, x_error, y_error, at, covariance], …], "increasing", …}."""
    experiments = document["definition"]["pairs"] == EXPERIMENT
    return _fitted(json.dumps(document["pairs"]), document["increasing"], experiments)


@lru_cache(maxsize=HELD)
def _fitted(pairs: str, increasing: bool, experiments: bool) -> Calibration | Unknown:
    held = [Pair(**dict(zip(PAIR, row, strict=False))) for row in json.loads(pairs)]
    return calibrate(held, increasing=increasing, experiments=experiments)


def doubts(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Why a KPI fitted on experiments is not causal: what is not known of their errors, or how large they are."""
    separate = all(row[PAIR.index("covariance")] is not None for row in document["pairs"])
    found = calibration(document)
    drowned = "" if isinstance(found, Unknown) else found.doubt
    return tuple(filter(None, (drowned, "" if separate else NOT_SEPARATE)))


def stream(document: Mapping[str, Any]) -> str:
    """What names the resamples: the KPI and the metric, so that versions of a mapping stay paired."""
    return f"{document['kpi']}:{document['definition']['metric']}"


def prediction(document: Mapping[str, Any], metric: Quantity, *, certain: bool = False) -> Prediction:
    """The KPI of a run whose metric is this; Unknown for the metric's reason, the fit's, or the range's.

    Pairs of experiments are changes: the metric counts from the definition's base_x, and the KPI from its base_y.
    certain: as if the fit were exact.
    """
    if isinstance(metric, Unknown):
        return Prediction(quantity=metric, place="outside")
    found = calibration(document)
    if isinstance(found, Unknown):
        return Prediction(quantity=found, place="outside")
    base_x, base_y = bases(document["definition"])
    moved = metric.map(lambda x: x - base_x, "")
    if isinstance(moved, Unknown):
        return Prediction(quantity=moved, place="outside")
    read = found.predict(moved, seed=document["seed"], name=stream(document), unit=document["unit"], certain=certain)
    if isinstance(read.quantity, Unknown) or not base_y:
        return read
    return Prediction(
        quantity=read.quantity.map(lambda value: value + base_y),
        place=read.place,
        low=None if read.low is None else read.low + base_y,
        high=None if read.high is None else read.high + base_y,
        open_low=read.open_low,
        open_high=read.open_high,
    )


def bases(definition: Mapping[str, Any]) -> tuple[float, float]:
    """Metric and KPI from which the changes of experiments count; 0 and 0 for history."""
    if definition["pairs"] != EXPERIMENT:
        return 0.0, 0.0
    return float(definition["base_x"]), float(definition["base_y"])


@dataclass(frozen=True)
class Calibrated:
    """A checked definition. base_x, base_y: the levels from which the changes of experiments count."""

    metric: str
    pairs: str
    unit: str
    says: str = ""
    base_x: float = 0.0
    base_y: float = 0.0

    @property
    def names(self) -> frozenset[str]:
        return frozenset({self.metric})

    def reckoned(self) -> str:
        return ""

    def definition(self) -> dict[str, Any]:
        """The definition, complete, as it is stored and signed; the bases are those of experiments."""
        found = {"kind": KIND, "metric": self.metric, "pairs": self.pairs, "says": self.says}
        return found if self.pairs == HISTORY else found | {"base_x": self.base_x, "base_y": self.base_y}


class CalibratedDefinition(TypedDict):
    """base_x, base_y: of experiments, the level from which their changes count."""

    kind: Literal["calibrated"]
    metric: str
    pairs: Literal["history", "experiment"]
    says: str
    base_x: NotRequired[float]
    base_y: NotRequired[float]


class CalibratedMapping(MappingKind):
    key, words, offers, fitted, writes = KIND, "calibrated", "Calibrated: fitted on pairs", True, False
    shape = CalibratedDefinition

    def read(self, definition: Mapping[str, Any], vocabulary: Vocabulary) -> Calibrated:
        """{"kind": "calibrated", "metric", "pairs", "base_x", "base_y", "says"}."""
        metric, pairs = str(definition.get("metric", "")), definition.get("pairs")
        if not metric:
            raise MappingError("metric", "is needed", code="required", remedy="choose the metric that it reads")
        if metric not in vocabulary.metrics:
            message = f"there is no metric “{metric[:60]}” in this product"
            raise MappingError("metric", message, code="unknown")
        if pairs not in PAIRS:
            message = f"“{str(pairs)[:20]}” is no kind of pairs"
            raise MappingError("pairs", message, code="invalid", remedy="one of " + ", ".join(PAIRS))
        says = str(definition.get("says", ""))[:SAYS]
        if pairs == HISTORY:
            return Calibrated(metric, pairs, vocabulary.unit, says)
        base_x, base_y = (_base(definition.get(name), name) for name in ("base_x", "base_y"))
        return Calibrated(metric, pairs, vocabulary.unit, says, base_x, base_y)

    def parts(self, reading: Calibrated, facts: Facts) -> dict[str, Any]:
        return {
            "operands": {reading.metric: facts.operand(reading.metric)},
            **facts.pairs(reading.metric, reading.pairs),
        }

    def value(
        self, priced: Priced, drawn: Drawn, *, group: Group | None = None, sums: Statistics | None = None
    ) -> Quantity:
        document = priced.document
        (metric,) = document["operands"]
        certain = not drawn.has(MAPPING + document["kpi"])
        return prediction(document, priced.operand(metric, drawn), certain=certain).quantity

    def drivers(self, document: Document) -> tuple[str, ...]:
        return (MAPPING + document["kpi"],)

    def lines(self, definition: Mapping[str, Any]) -> tuple[Line, ...]:
        return ()

    def rules(self, definition: Mapping[str, Any], noun: str, called: Called = str) -> tuple[tuple[str, str], ...]:
        read_off = (("Read off", definition["metric"]), ("Fitted on", PAIRS[definition["pairs"]]))
        if definition["pairs"] != EXPERIMENT:
            return read_off
        return (
            *read_off,
            ("Changes count from", f"{definition['base_x']:g}, where the KPI is {definition['base_y']:g}"),
        )


def _base(value: Any, field: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > LIMIT:
        remedy = "give the level from which the experiments' changes count"
        raise MappingError(field, "must be a number", code="invalid", remedy=remedy)
    return float(value)
