"""The value matrix of several classes: money for each true class under each decision.

Decided is for the predicted class, or for the one that pays best by the probabilities of the row (`class_decisions`).
V = Σ v[truth, decision] · n[truth, decision], against always deciding for one class, against the predicted one, or
against nothing; + is good for us. Cells are formulas over assumptions; amounts of the row are for two outcomes only
(`metrics.core.kpi.matrix`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.assumptions import NOTHING, Drawn
from metrics.core.documents import Document
from metrics.core.draws import K
from metrics.core.estimate import Quantity, Unknown, made
from metrics.core.evaluation.metrics.by_class import CONFUSION
from metrics.core.evaluation.statistics.bootstrap import Spread
from metrics.core.evaluation.statistics.sums import Sums
from metrics.core.evaluation.statistics.weighted import NO_LABELS, Weighted
from metrics.core.formula import Formula
from metrics.core.kpi.class_decisions import PREDICTED
from metrics.core.kpi.kind import (
    VALUE,
    Asked,
    Beginning,
    Called,
    Facts,
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

KIND = "class_matrix"
MOST_CLASSES = 20

Decide = Literal["predicted", "least_cost"]
DECIDES: tuple[Decide, ...] = ("predicted", "least_cost")

_KEYS = {"kind", "classes", "cells", "decide", "baseline", "per", "says"}
_SAYS = 300


@dataclass(frozen=True)
class ClassMatrix(InMoney):
    """A checked matrix. cells[t][d]: money a case of class t decided as class d.

    decide: for the predicted class, or the one that pays best on the row. baseline: a class, "predicted", or "none".
    """

    classes: tuple[str, ...]
    cells: tuple[tuple[Formula, ...], ...]
    baseline: str
    per: Per
    currency: str
    case: str = ""
    says: str = ""
    decide: Decide = "predicted"

    @property
    def names(self) -> frozenset[str]:
        """Assumptions that the cells use."""
        return frozenset().union(*(cell.names for row in self.cells for cell in row))

    def definition(self) -> dict[str, Any]:
        """The definition, complete, as it is stored and signed."""
        rows = zip(self.classes, self.cells, strict=True)
        return {
            "kind": KIND,
            "classes": list(self.classes),
            "cells": {
                truth: {decision: cell.text for decision, cell in zip(self.classes, row, strict=True)}
                for truth, row in rows
            },
            "decide": self.decide,
            "baseline": self.baseline,
            "per": self.per,
            "says": self.says,
        }

    def money(self, values: Mapping[str, Any]) -> list[list[Any]]:
        """The cells in money: numbers, or draws (K,) where the values are draws."""
        return [[cell.evaluate(values) for cell in row] for row in self.cells]

    def at(self, points: Mapping[str, float]) -> dict[str, dict[str, float]]:
        """Truth → decision → money at these points, by which the class that pays best is told."""
        rows = zip(self.classes, self.money(points), strict=True)
        return {truth: dict(zip(self.classes, map(float, row), strict=True)) for truth, row in rows}

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
        """Money of the decisions less the baseline's: the mean over labelled rows, or their weight times it.

        points, draws: name → the assumption's point, and its draws (K,). certain: with the rows as they are in every
        draw, so that the spread is the cells' alone. Unknown without labelled rows, and where the run has other
        classes. Raises EvaluationError where a cell has no finite value.
        """
        found = self._shares(sums, seed, group)
        if isinstance(found, Unknown):
            return found
        n, whole, (drawn, no_band) = found
        if certain:
            drawn, no_band = whole[None], None
        scale = n if self.per == "total" else 1.0
        point = scale * float(self._gain(whole, self.money(points)))
        spread = None
        if drawn is not None:
            spread = scale * np.broadcast_to(self._gain(drawn, self.money(draws)), (K,))
        return made(point, spread, self.unit, no_band=no_band)

    def _shares(self, sums: Sums, seed: int, group: Group | None) -> Unknown | tuple[float, Floats, Spread]:
        """The weight, and the share of each cell (L, L) at the point, (K, L, L) in each draw; classes in our order.

        Against the predicted class, it is what the share of a cell is more than with the predictions.
        """
        if CONFUSION not in sums.grids:
            return Unknown("a matrix of several classes needs a run of the task multiclass")
        theirs: Sequence[str] = sums.facts["classes"]
        if lacking := sorted(set(theirs) - set(self.classes)):
            return Unknown(f"the matrix has no class {lacking[0]!r}, which the run has")
        weighted = Weighted.of(sums, seed=seed, group=group)
        cells = None if weighted is None else weighted.grid(CONFUSION)[..., 0]
        if weighted is None or cells is None or not cells[0].sum() > 0:
            return Unknown(NO_LABELS)
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = cells / cells.sum(axis=(1, 2), keepdims=True)
        if self.baseline == PREDICTED:
            present = weighted.grid(PREDICTED)[..., 0]
            with np.errstate(divide="ignore", invalid="ignore"):
                shares = shares - present / present.sum(axis=(1, 2), keepdims=True)
        place = [self.classes.index(name) for name in theirs]
        ours = np.zeros((len(shares), len(self.classes), len(self.classes)))
        ours[:, np.array(place)[:, None], np.array(place)] = shares
        return float(cells[0].sum()), ours[0], weighted.draws(ours)

    def worked(
        self,
        sums: Sums,
        assumptions: Mapping[str, Any],
        points: Mapping[str, float],
        value: float,
        *,
        seed: int,
    ) -> Worked:
        """Money of each cell times its share, less the money of the baseline's class; value: what it comes to."""
        found, lines = self._shares(sums, seed, None), Lines()
        assert not isinstance(found, Unknown)
        n, shares, _ = found
        names = {name: lines.assume(assumptions[name], points[name]) for name in sorted(self.names)}
        against = None if self.baseline in ("none", PREDICTED) else self.classes.index(self.baseline)
        beyond = " beyond that of the predicted class" if self.baseline == PREDICTED else ""
        parts = []
        for truth, (row, money) in enumerate(zip(self.cells, self.money(points), strict=True)):
            words = [f"{self.classes[truth]}, decided as {name}" for name in self.classes]
            told = [lines.formula(cell, names, f"cell_{truth}_{at}") for at, cell in enumerate(row)]
            cells = [
                lines.step(f"cell_{truth}_{at}", f"{words[at]}: money a case", told[at], float(worth), self.currency)
                for at, worth in enumerate(money)
            ]
            less = "" if against is None else f" - {cells[against]}"
            for at, cell in enumerate(cells):
                label = f"{words[at]}: share of all cases{beyond}"
                share = lines.give(f"share_{truth}_{at}", label, float(shares[truth, at]), "share")
                parts.append(f"({cell}{less}) * {share}")
        result = summed(parts)
        if self.per == "total":
            result = f"({result}) * {lines.give('cases', 'Cases', n)}"
        if self.decide != "predicted":
            lines.hold(
                "Which class is decided for stays as it is: moved assumptions would decide some cases otherwise."
            )
        return lines.made(lines.step(VALUE, "Value", result, value, self.unit))

    def _gain(self, shares: Floats, cells: list[list[Any]]) -> Any:
        total: Any = 0.0
        against = None if self.baseline in ("none", PREDICTED) else self.classes.index(self.baseline)
        for truth, row in enumerate(cells):
            for decision, cell in enumerate(row):
                worth = cell if against is None else cell - row[against]
                if np.any(worth):
                    total = total + worth * shares[..., truth, decision]
        return total


def parse_class_matrix(
    definition: Mapping[str, Any], names: Mapping[str, str], currency: str, *, case: str = ""
) -> ClassMatrix:
    """Check a definition: {"kind": "class_matrix", "classes", "cells", "decide", "baseline", "per", "says"}.

    cells: truth → decision → money in `currency` (or money per `case`); a plain number is read so. Raises MappingError
    naming the field, as cells.<truth>.<decision>, and the position within its formula.
    """
    if unknown := sorted(set(definition) - _KEYS):
        raise MappingError(unknown[0], f"is not a field of this matrix; its fields are {', '.join(sorted(_KEYS))}")
    classes, says = _classes(definition.get("classes")), definition.get("says", "")
    baseline, per = definition.get("baseline", "none"), definition.get("per", "case")
    decide = definition.get("decide", "predicted")
    if decide not in DECIDES:
        raise MappingError("decide", f"must be one of {', '.join(DECIDES)}")
    if baseline not in ("none", PREDICTED, *classes):
        raise MappingError("baseline", f"must be none, predicted, or one of the classes {', '.join(classes)}")
    if baseline == decide:
        raise MappingError("baseline", "is what is decided already: compare with another rule, or decide by another")
    if per not in PERS:
        raise MappingError("per", f"must be one of {', '.join(PERS)}")
    if not isinstance(says, str) or len(says) > _SAYS:
        raise MappingError("says", f"must be a sentence of at most {_SAYS} characters")
    cells = definition.get("cells")
    if not isinstance(cells, Mapping) or set(cells) != set(classes):
        raise MappingError("cells", f"must hold a row for each class: {', '.join(classes)}")
    money = (currency, f"{currency}/{case}") if case else (currency,)
    rows = []
    for truth in classes:
        row = cells[truth]
        if not isinstance(row, Mapping) or set(row) != set(classes):
            raise MappingError(f"cells.{truth}", f"must hold a cell for each class: {', '.join(classes)}")
        wanted = f"money per case, in {currency}"
        rows.append(tuple(money_formula(f"cells.{truth}.{one}", row[one], names, money, wanted) for one in classes))
    return ClassMatrix(classes, tuple(rows), baseline, per, currency, case, says, decide)


def _classes(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list | tuple) or not all(isinstance(name, str) and name for name in given):
        raise MappingError("classes", "must be the list of the classes, as text")
    if not 2 <= len(given) <= MOST_CLASSES or len(set(given)) != len(given):
        raise MappingError("classes", f"must be 2 to {MOST_CLASSES} different classes")
    for word in ("none", PREDICTED):
        if word in given:
            raise MappingError("classes", f"a class cannot be called {word}, which names a baseline")
    return tuple(given)


BARE = "nothing: the bare amount"
DECIDE_WORDS = {
    "predicted": "the predicted class",
    "least_cost": "the class that pays best on the row, by its probabilities; of equals the first",
}


class ClassMatrixDefinition(TypedDict):
    """cells: truth → decision → a formula for its money. baseline: the class that all would be decided for."""

    kind: Literal["class_matrix"]
    classes: list[str]
    cells: dict[str, dict[str, str]]
    decide: Decide
    baseline: str
    per: Per
    says: str


class MatrixOfClasses(MappingKind):
    key, words, offers, sums = KIND, "matrix of classes", "Matrix of classes", "cube"
    shape = ClassMatrixDefinition
    tasks = frozenset({"multiclass"})
    by_month = in_money = True

    def start(self, known: Beginning) -> Start | None:
        """A wrong decision costs the same, whichever it is; held against always deciding for the commonest class."""
        if len(known.classes) < 2:
            return None
        asks = (Asked("wrong_cost", f"Cost of a wrong decision on one {known.noun}", known.per_case),)
        classes = known.classes[:MOST_CLASSES]
        cells = {truth: {one: "0" if one == truth else "-wrong_cost" for one in classes} for truth in classes}
        says = "A wrong decision costs, whichever it is; a right one costs nothing."
        definition = {"kind": KIND, "classes": list(classes), "cells": cells, "decide": "predicted", "per": "case"}
        baseline = known.commonest if known.commonest in classes else classes[0]
        return Start(definition | {"baseline": baseline, "says": says}, asks)

    def read(self, definition: Mapping[str, Any], vocabulary: Vocabulary) -> ClassMatrix:
        return parse_class_matrix(definition, vocabulary.assumptions, vocabulary.currency, case=vocabulary.case)

    def parts(self, reading: ClassMatrix, facts: Facts) -> dict[str, Any]:
        used = {"assumptions": {key: facts.assumption(key) for key in sorted(reading.names)}}
        if unknown := without_sums(facts):
            return used | unknown
        if reading.decide == "predicted":
            return used | {"cube": facts.cube()}
        at = reading.at({name: facts.point(name) for name in used["assumptions"]})
        return used | {"cube": facts.add({"kind": "class_decisions", "cells": at})}

    def statistics(self, priced: Priced) -> Sums | None:
        return sums_of(priced)

    def value(
        self, priced: Priced, drawn: Drawn, *, group: Group | None = None, sums: Statistics | None = None
    ) -> Quantity:
        return worth(class_matrix_of(priced.document), priced, drawn, group, sums)

    def worked(self, priced: Priced, value: float) -> Worked:
        sums, matrix = sums_of(priced), class_matrix_of(priced.document)
        assert sums is not None
        document, points = priced.document, priced.points(Drawn(NOTHING))
        return matrix.worked(sums, document["assumptions"], points, value, seed=document["seed"])

    def stands_in(self, new: Document, old: Document, wanted: Document, at_hand: Document) -> bool | None:
        """Where the class that pays best is decided for, other money decides otherwise: an approximation."""
        same_classes = new["definition"]["classes"] == old["definition"]["classes"]
        alike = wanted["kind"] == at_hand["kind"] and wanted["rows"] == at_hand["rows"]
        return False if same_classes and alike else None

    def lines(self, definition: Mapping[str, Any]) -> tuple[Line, ...]:
        return tuple(
            Line(f"{truth}.{decision}", f"{truth}, decided as {decision}", str(text))
            for truth, row in definition.get("cells", {}).items()
            for decision, text in row.items()
        )

    def rules(self, definition: Mapping[str, Any], noun: str, called: Called = str) -> tuple[tuple[str, str], ...]:
        compared = self.against(definition, noun) or BARE
        decides = DECIDE_WORDS[definition.get("decide", "predicted")]
        return (("We decide for", decides), ("Compared with", compared), per_words(definition, noun))

    def against(self, definition: Mapping[str, Any], noun: str, called: Called = str) -> str:
        named = definition["baseline"]
        always = "" if named == "none" else f"deciding for {named} always"
        return "deciding for the predicted class" if named == PREDICTED else always


def class_matrix_of(document: Document) -> ClassMatrix:
    """The matrix of classes of a KPI document."""
    units = {name: held["unit"] for name, held in document["assumptions"].items()}
    return parse_class_matrix(document["definition"], units, document["currency"], case=document["case"])
