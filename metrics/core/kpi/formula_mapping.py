"""The kind of mapping that is plain arithmetic on metrics, assumptions and KPIs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from metrics.core.assumptions import Drawn
from metrics.core.estimate import Quantity
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.formula import Explanation, Formula, estimate, explain, parse
from metrics.core.kpi.kind import (
    SENTENCE,
    VALUE,
    Asked,
    Beginning,
    Facts,
    Field,
    Line,
    MappingKind,
    Priced,
    Start,
    Statistics,
    Vocabulary,
)
from metrics.core.kpi.worked import Lines, Worked
from metrics.core.rows.groups import Group

KIND = "formula"
SAYS = 300


@dataclass(frozen=True)
class FormulaMapping:
    """A checked formula, and its sentence."""

    formula: Formula
    says: str = ""

    @property
    def names(self) -> frozenset[str]:
        return self.formula.names

    @property
    def unit(self) -> str:
        return self.formula.unit

    def reckoned(self) -> str:
        """How the unit comes about, where the formula is a product."""
        return self.formula.reckoned()

    def definition(self) -> dict[str, Any]:
        return {"kind": KIND, "text": self.formula.text, "says": self.says}


class FormulaDefinition(TypedDict):
    kind: Literal["formula"]
    text: str
    says: str


class FormulaKind(MappingKind):
    key, words, offers, unit_from, names_metrics = KIND, "formula", "Formula", "text", True
    shape = FormulaDefinition
    fields = (
        Field(
            "text",
            "Formula",
            "lines",
            help="A name is a metric of the run, an assumption, or another KPI. It is checked while you write.",
        ),
        SENTENCE,
    )

    def start(self, known: Beginning) -> Start | None:
        """From the share of cases that earn something and their worth, where the task has such a metric."""
        earns = TASKS[known.task].earns
        if earns is None:
            return None
        metric, which = earns
        worth = Asked("earning_worth", f"Worth of one {known.noun} {which}", known.per_case)
        says = f"Each {known.noun} {which} is worth as much, and any other nothing."
        return Start({"kind": KIND, "text": f"{worth.key} * {metric}", "says": says}, (worth,))

    def read(self, definition: Mapping[str, Any], vocabulary: Vocabulary) -> FormulaMapping:
        formula = parse(str(definition.get("text", "")), vocabulary.names, vocabulary.measured)
        return FormulaMapping(formula, str(definition.get("says", ""))[:SAYS])

    def parts(self, reading: FormulaMapping, facts: Facts) -> dict[str, Any]:
        operands = {name: facts.operand(name) for name in sorted(reading.names)}
        # Aspects of metrics are no results of their own: the receipt finds the cube under them by its digest here.
        cubes = [operand["metric"]["cube"] for operand in operands.values() if "metric" in operand]
        return {"operands": operands} | ({"cube": cubes[0]} if cubes else {})

    def value(
        self, priced: Priced, drawn: Drawn, *, group: Group | None = None, sums: Statistics | None = None
    ) -> Quantity:
        return estimate(*_operands(priced, drawn))

    def explained(self, priced: Priced, drawn: Drawn) -> Explanation | None:
        return explain(*_operands(priced, drawn))

    def worked(self, priced: Priced, value: float) -> Worked:
        """The formula itself, over its operands."""
        formula, lines = _formula(priced), Lines()
        names = {name: lines.take(priced.worked_under(name)) for name in sorted(formula.names)}
        return lines.made(lines.step(VALUE, "Value", lines.formula(formula, names), value, formula.unit))

    def lines(self, definition: Mapping[str, Any]) -> tuple[Line, ...]:
        return (Line("text", "", str(definition["text"])),)


def _formula(priced: Priced) -> Formula:
    units = {name: operand["unit"] for name, operand in priced.document["operands"].items()}
    return parse(priced.document["definition"]["text"], units)


def _operands(priced: Priced, drawn: Drawn) -> tuple[Formula, dict[str, Quantity]]:
    return _formula(priced), {name: priced.operand(name, drawn) for name in priced.document["operands"]}
