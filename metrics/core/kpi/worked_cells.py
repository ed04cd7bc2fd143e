"""The lines of a value matrix: what each outcome is worth, how many cases have it, and what the baseline would earn.

Per case, with shares s of the cases and mean amounts m (over all cases) by truth and decision:

    value = Σ (base · s + rate · m) of the decisions − the same with all cases decided as the baseline decides
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from metrics.core.assumptions import NOTHING, Drawn
from metrics.core.kpi.decisions import PLACE, CellName, CellValue
from metrics.core.kpi.kind import VALUE, Priced
from metrics.core.kpi.matrix import OUTCOMES, Baseline, Matrix, cells_at
from metrics.core.kpi.value import Means
from metrics.core.kpi.worked import Lines, Worked, name_of, summed
from metrics.core.unit_names import one_of

Part = tuple[CellName, tuple[CellName, ...]]
# Baseline → the cell that all cases of a truth, needed or not, fall into.
DECIDED: dict[Baseline, tuple[CellName, CellName]] = {"act_on_none": ("fn", "tn"), "act_on_all": ("tp", "fp")}
HELD = {
    "per_row": "On whom the model acts stays as it is: moved assumptions would decide some cases otherwise.",
    "best": "The cut above which the model acts stays as it is: moved assumptions would choose another.",
    "fixed": "",
}


def worked_cells(matrix: Matrix, means: Means, priced: Priced, value: float) -> Worked:
    """Lines of the value, which is known, from the means over the decisions."""
    lines, points, case = Lines(), priced.points(Drawn(NOTHING)), (matrix.case or "case").replace("_", " ")
    assumptions = priced.document["assumptions"]
    names = {name: lines.assume(assumptions[name], points[name]) for name in sorted(matrix.names)}
    found = _Cells(matrix, means, cells_at(matrix, points))
    found.write(lines, names, case)
    result = found.line(
        lines, "decided", f"Money {one_of(case)} as the model decides", [(one, (one,)) for one in OUTCOMES]
    )
    if matrix.baseline in DECIDED:
        needed, other = DECIDED[matrix.baseline]
        against: list[Part] = [(needed, ("tp", "fn")), (other, ("fp", "tn"))]
        label = f"Money {one_of(case)} of what it is held against"
        result = f"{result} - {found.line(lines, 'against', label, against)}"
    if matrix.per == "total":
        result = f"({result}) * {lines.give('cases', 'Cases', means.n)}"
    if held := HELD[matrix.threshold["kind"]]:
        lines.hold(held)
    return lines.made(lines.step(VALUE, "Value", result, value, matrix.unit))


@dataclass(frozen=True)
class _Cells:
    """A matrix, its cells at the points, and the means that they are applied to."""

    matrix: Matrix
    means: Means
    at: Mapping[CellName, CellValue]

    def write(self, lines: Lines, names: Mapping[str, str], case: str) -> None:
        """What each outcome is worth, and how many cases have it."""
        for cell, label in OUTCOMES.items():
            held = self.matrix.cells[cell]
            base, rate = (
                lines.formula(held.base, names, f"{cell}_base"),
                lines.formula(held.rate, names, f"{cell}_rate"),
            )
            lines.step(
                f"{cell}_base", f"{label}: money {one_of(case)}", base, float(self.at[cell].base), self.matrix.currency
            )
            if held.column is not None:
                lines.step(f"{cell}_rate", f"{label}: times {held.column}", rate, float(self.at[cell].rate))
        for cell, label in OUTCOMES.items():
            sums = self.means.whole[PLACE[cell]]
            lines.give(f"{cell}_share", f"{label}: share of all cases", float(sums[0]), "share")
            for column, mean in zip(self.means.columns, sums[1:], strict=True):
                label_of = f"{label}: {column}, {one_of(case)} of all"
                lines.give(_amount(cell, column), label_of, float(mean), self.matrix.currency)

    def line(self, lines: Lines, name: str, label: str, parts: Sequence[Part]) -> str:
        """Money of decisions, each part being a cell and those whose cases are all decided as in it."""
        total = sum(self._worth(cell, one) for cell, among in parts for one in among)
        told = summed(filter(None, (self._told(*part) for part in parts)))
        return lines.step(name, label, told, total, self.matrix.currency)

    def _told(self, cell: CellName, among: tuple[CellName, ...]) -> str:
        """Its money as an expression; "" of a cell that is written as nothing."""
        held, told = self.matrix.cells[cell], []
        if held.base.names or self.at[cell].base:
            told.append(f"{cell}_base * ({summed(f'{one}_share' for one in among)})")
        if held.column is not None:
            told.append(f"{cell}_rate * ({summed(_amount(one, held.column) for one in among)})")
        return " + ".join(told)

    def _worth(self, cell: CellName, of: CellName) -> float:
        held, sums = self.at[cell], self.means.whole[PLACE[of]]
        worth = float(held.base) * float(sums[0])
        if held.column is None:
            return worth
        return worth + float(held.rate) * float(sums[1 + self.means.columns.index(held.column)])


def _amount(cell: CellName, column: str) -> str:
    return f"{cell}_{name_of(column)}"
