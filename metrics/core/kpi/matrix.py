"""The value matrix: money per outcome, written as formulas over assumptions, and checked before it is saved.

A cell is `base + rate · column`: base is money per case, rate a pure number, column an amount of the row (money).
Rows of the matrix are truth, columns the decision; + is good for us.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from metrics.core import numerals, unit_names
from metrics.core.formula import Formula, FormulaError
from metrics.core.formula import parse as parse_formula
from metrics.core.kpi.decisions import CELLS, CellName, CellValue
from metrics.core.kpi.kind import InMoney
from metrics.core.units import UnitError, same

Baseline = Literal["act_on_none", "act_on_all", "none"]
BASELINES: tuple[Baseline, ...] = ("act_on_none", "act_on_all", "none")
Per = Literal["case", "total"]
PERS: tuple[Per, ...] = ("case", "total")

KIND = "value_matrix"
# In the order in which they are told.
OUTCOMES: Mapping[CellName, str] = {
    "tp": "acted, needed",
    "fp": "acted, not needed",
    "fn": "not acted, needed",
    "tn": "not acted, not needed",
}
_KEYS = {"kind", "cells", "threshold", "baseline", "per"}
_CELL_KEYS = {"base", "rate", "column", "says"}
_SAYS = 300


class MappingError(ValueError):
    """A definition that cannot be used. field: "cells.tp.base" and the like; position: 0-based, in its formula."""

    def __init__(
        self,
        field: str,
        message: str,
        position: int | None = None,
        length: int | None = None,
        *,
        code: str = "mapping",
        remedy: str = "",
    ) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message
        self.position = position
        self.length = length
        self.code = code
        self.remedy = remedy


@dataclass(frozen=True)
class Cell:
    """One outcome: its formulas, the amount column that the rate applies to, and the sentence a reader checks."""

    base: Formula
    rate: Formula
    column: str | None
    says: str


@dataclass(frozen=True)
class Matrix(InMoney):
    """A checked value matrix. case: what one row is ("booking"), "" where unnamed."""

    cells: Mapping[CellName, Cell]
    threshold: Mapping[str, Any]
    baseline: Baseline
    per: Per
    currency: str
    case: str = ""

    @property
    def names(self) -> frozenset[str]:
        """Assumptions that the cells use."""
        return frozenset().union(*(cell.base.names | cell.rate.names for cell in self.cells.values()))

    @property
    def columns(self) -> tuple[str, ...]:
        """Amount columns that the rows must have."""
        return tuple(sorted({cell.column for cell in self.cells.values() if cell.column is not None}))

    def definition(self) -> dict[str, Any]:
        """The definition, complete, as it is stored and signed."""
        return {
            "kind": KIND,
            "cells": {
                name: {"base": cell.base.text, "rate": cell.rate.text, "column": cell.column, "says": cell.says}
                for name, cell in self.cells.items()
            },
            "threshold": dict(self.threshold),
            "baseline": self.baseline,
            "per": self.per,
        }


def parse_matrix(
    definition: Mapping[str, Any],
    names: Mapping[str, str],
    currency: str,
    *,
    case: str = "",
    columns: Collection[str] | None = None,
) -> Matrix:
    """Check a definition: {"kind": "value_matrix", "cells", "threshold", "baseline", "per"}.

    names: assumption → unit text. columns: amount columns that may be used, None where not known yet.
    A base is money in `currency` (or money per `case`), a rate dimensionless; a plain number is read as either.
    Raises MappingError naming the field, and the position within its formula.
    """
    if definition.get("kind") != KIND:
        raise MappingError("kind", f"must be {KIND}")
    if unknown := sorted(set(definition) - _KEYS):
        raise MappingError(unknown[0], f"is not a field of a value matrix; its fields are {', '.join(sorted(_KEYS))}")
    cells = definition.get("cells")
    if not isinstance(cells, Mapping) or set(cells) != set(CELLS):
        raise MappingError("cells", f"must hold exactly {', '.join(CELLS)}")
    baseline = definition.get("baseline", "act_on_none")
    if baseline not in BASELINES:
        raise MappingError("baseline", f"must be one of {', '.join(BASELINES)}")
    per = definition.get("per", "case")
    if per not in PERS:
        raise MappingError("per", f"must be one of {', '.join(PERS)}")
    money = (currency, f"{currency}/{case}") if case else (currency,)
    return Matrix(
        cells={name: _cell(name, cells[name], names, money, columns) for name in CELLS},
        threshold=_threshold(definition.get("threshold", {"kind": "per_row"})),
        baseline=baseline,
        per=per,
        currency=currency,
        case=case,
    )


def cells_at(matrix: Matrix, values: Mapping[str, Any]) -> dict[CellName, CellValue]:
    """The cells in money: numbers where values are numbers, draws (K,) where they are draws.

    Raises EvaluationError of `metrics.core.formula` where a formula has no finite value.
    """
    return {
        name: CellValue(cell.base.evaluate(values), cell.rate.evaluate(values), cell.column)
        for name, cell in matrix.cells.items()
    }


def _cell(
    name: CellName, cell: Any, names: Mapping[str, str], money: tuple[str, ...], columns: Collection[str] | None
) -> Cell:
    field = f"cells.{name}"
    if not isinstance(cell, Mapping):
        raise MappingError(field, "must be an object with base, rate, column and says")
    if unknown := sorted(set(cell) - _CELL_KEYS):
        raise MappingError(f"{field}.{unknown[0]}", "is not a field of a cell")
    column, says = cell.get("column"), cell.get("says", "")
    if column is not None and not isinstance(column, str):
        raise MappingError(f"{field}.column", "must be the name of an amount column, or null")
    if column is not None and columns is not None and column not in columns:
        known = ", ".join(sorted(columns)) or "none"
        raise MappingError(f"{field}.column", f"the rows have no amount column {column!r}; they have {known}")
    if column is not None and "rate" not in cell:
        raise MappingError(f"{field}.rate", f"say how much of {column} counts, such as 1 or -1")
    if not isinstance(says, str) or len(says) > _SAYS:
        raise MappingError(f"{field}.says", f"must be a sentence of at most {_SAYS} characters")
    rate = money_formula(f"{field}.rate", cell.get("rate", "0"), names, ("",), "a pure number, as amounts are money")
    if column is None and (rate.names or rate.evaluate({}) != 0):
        raise MappingError(f"{field}.column", "a rate needs an amount column to apply to")
    base = money_formula(f"{field}.base", cell.get("base", "0"), names, money, f"money per case, in {money[0]}")
    return Cell(base, rate, column, says)


def money_formula(
    field: str, text: Any, names: Mapping[str, str], units: tuple[str, ...], wanted: str, *, hint: str = ""
) -> Formula:
    """A formula, or a plain number, in one of these units; raises MappingError saying what was wanted, and a hint."""
    if isinstance(text, int | float) and not isinstance(text, bool) and math.isfinite(text):
        text = repr(text)
    if not isinstance(text, str):
        raise MappingError(field, "must be a formula")
    try:
        formula = parse_formula(text, names)
        fits = not formula.names or any(same(formula.unit, unit) for unit in units)
    except FormulaError as error:
        raise MappingError(field, error.message, error.position, error.length) from error
    except UnitError as error:
        raise MappingError(field, str(error), 0) from error
    if not fits:
        unit = numerals.plain(unit_names.unit_words(str(formula.unit))) or "none"
        message = f"must be {wanted}, but the unit of “{text[:60]}” is {unit}"
        raise MappingError(field, f"{message}; {hint}" if hint else message, 0, len(text))
    return formula


def _threshold(threshold: Any) -> Mapping[str, Any]:
    match threshold:
        case {"kind": "per_row", **rest} | {"kind": "best", **rest} if not rest:
            return {"kind": threshold["kind"]}
        case {"kind": "fixed", "at": int() | float() as at, **rest} if not rest and not isinstance(at, bool):
            if not 0 <= at <= 1:
                raise MappingError("threshold.at", "must lie between 0 and 1")
            return {"kind": "fixed", "at": float(at)}
    raise MappingError("threshold", 'must be {"kind": "fixed", "at": 0.5}, {"kind": "per_row"} or {"kind": "best"}')
