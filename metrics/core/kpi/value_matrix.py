"""The kind of mapping that gives each of four outcomes its money: a value matrix over the decisions on rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypedDict

from metrics.core.assumptions import ALL, SAMPLING, Drawn
from metrics.core.documents import Document
from metrics.core.estimate import Quantity
from metrics.core.kpi import value as money
from metrics.core.kpi.by_month import differences
from metrics.core.kpi.decisions import CELLS, CellName, CellValue, Decisions
from metrics.core.kpi.kind import (
    Asked,
    Beginning,
    Called,
    Facts,
    Line,
    MappingKind,
    Priced,
    Start,
    Statistics,
    Vocabulary,
    per_words,
)
from metrics.core.kpi.matrix import KIND, OUTCOMES, Baseline, Matrix, Per, cells_at, parse_matrix
from metrics.core.kpi.season import Season, shrunk
from metrics.core.kpi.value import Means
from metrics.core.kpi.worked import Worked
from metrics.core.kpi.worked_cells import worked_cells
from metrics.core.rows.groups import Group

BARE = "nothing: the bare amount"
_AGAINST_NONE = {"baseline": "act_on_none", "per": "case"}


def matrix_of(document: Document) -> Matrix:
    """The value matrix of a KPI document."""
    units = {name: held["unit"] for name, held in document["assumptions"].items()}
    return parse_matrix(document["definition"], units, document["currency"], case=document["case"])


def cells(priced: Priced, drawn: Drawn) -> tuple[dict[CellName, CellValue], dict[CellName, CellValue]]:
    """The cells of a value matrix at the assumptions' points, and at their draws."""
    matrix = matrix_of(priced.document)
    return cells_at(matrix, priced.points(drawn)), cells_at(matrix, priced.draws(drawn))


class CellDefinition(TypedDict):
    """Money of one outcome: base, a formula, and rate times an amount column of the rows."""

    base: str
    rate: str
    column: str | None
    says: str


class FixedThreshold(TypedDict):
    kind: Literal["fixed"]
    at: float


class OwnThreshold(TypedDict):
    """Per row, or the best on the rows of a run."""

    kind: Literal["per_row", "best"]


class ValueMatrixDefinition(TypedDict):
    kind: Literal["value_matrix"]
    cells: dict[CellName, CellDefinition]
    threshold: FixedThreshold | OwnThreshold
    baseline: Baseline
    per: Per


class ValueMatrix(MappingKind):
    key, words, offers, sums = KIND, "value matrix", "Value matrix: four outcomes", "decisions"
    acts = by_month = True
    shape = ValueMatrixDefinition
    tasks = frozenset({"binary"})
    in_money = True

    def start(self, known: Beginning) -> Start:
        """From the cost of each outcome where the rows bring it; else an act that costs, and helps at times."""
        empty: dict[str, str | None] = {"base": "0", "rate": "0", "column": None}
        if {f"{cell}_cost" for cell in CELLS} <= set(known.amounts):
            cells = {
                cell: empty
                | {"rate": "-1", "column": f"{cell}_cost", "says": f"{words.capitalize()}: what the row says."}
                for cell, words in OUTCOMES.items()
            }
            return Start({"kind": KIND, "cells": cells, "threshold": {"kind": "per_row"}} | _AGAINST_NONE)
        asks = [
            Asked("act_cost", f"Cost of acting on one {known.noun}", known.per_case),
            Asked("helped_share", "Share of those acted on in time for whom it helps", "share"),
        ]
        worth: dict[str, str | None] = {"rate": "helped_share", "column": "value"}
        if "value" not in known.amounts:
            asks.append(Asked("case_worth", f"Worth of one {known.noun} that it helps", known.per_case))
            worth = {"base": "helped_share * case_worth - act_cost"}
        says = f"We act, and at times it helps: the {known.noun} keeps its worth."
        cells = dict.fromkeys(CELLS, empty)
        cells["tp"] = empty | {"base": "-act_cost", "says": says} | worth
        cells["fp"] = empty | {
            "base": "-act_cost",
            "says": "We act where it was not needed, which costs.",
        }
        return Start({"kind": KIND, "cells": cells, "threshold": {"kind": "per_row"}} | _AGAINST_NONE, tuple(asks))

    def read(self, definition: Mapping[str, Any], vocabulary: Vocabulary) -> Matrix:
        return parse_matrix(definition, vocabulary.assumptions, vocabulary.currency, case=vocabulary.case)

    def parts(self, reading: Matrix, facts: Facts) -> dict[str, Any]:
        used = {"assumptions": {key: facts.assumption(key) for key in sorted(reading.names)}}
        if not facts.rows:
            return {**used, "unknown": "the run has no rows to decide upon: only metrics were reported"}
        at = cells_at(reading, {name: facts.point(name) for name in used["assumptions"]})
        threshold = dict(reading.threshold)
        decisions: dict[str, Any] = {
            "kind": "decisions",
            "cells": {name: [float(at[name].base), float(at[name].rate), at[name].column] for name in CELLS},
            "threshold": threshold,
        }
        if threshold["kind"] == "best":
            decisions |= {"cube": facts.cube(), "seed": facts.seed}
        return {**used, "decisions": facts.add(decisions)}

    def statistics(self, priced: Priced) -> Decisions | None:
        file = priced.document.get(self.sums)
        return priced.source.read(file, Decisions.from_bytes) if file else None

    def value(
        self, priced: Priced, drawn: Drawn, *, group: Group | None = None, sums: Statistics | None = None
    ) -> Quantity:
        """A value matrix applied to the sums of decisions, against its baseline."""
        decisions = sums or self.statistics(priced)
        assert isinstance(decisions, Decisions)
        matrix = matrix_of(priced.document)
        at_points, at_draws = cells(priced, drawn)
        shares = money.value_share(
            decisions,
            at_points,
            at_draws,
            seed=priced.document["seed"],
            baseline=matrix.baseline,
            per=matrix.per,
            unit=matrix.unit,
            group=group,
        )
        if drawn.driver == ALL:
            return shares.both
        return shares.sampling if drawn.has(SAMPLING) else shares.assumptions

    def season(self, priced: Priced, drawn: Drawn) -> Season | None:
        decisions, matrix = self.statistics(priced), matrix_of(priced.document)
        if decisions is None or matrix.per != "case":
            return None
        seed, sampled = priced.document["seed"], drawn.has(SAMPLING)
        found = differences(decisions, *cells(priced, drawn), seed=seed, baseline=matrix.baseline)
        return None if found is None else shrunk(found, seed=seed, sampled=sampled)

    def acted(self, priced: Priced, *, sums: Statistics | None = None) -> Quantity:
        decisions = sums or self.statistics(priced)
        if not isinstance(decisions, Decisions):
            return super().acted(priced)
        return money.acted_share(decisions, seed=priced.document["seed"])

    def worked(self, priced: Priced, value: float) -> Worked:
        """Money of each outcome times its share of the cases, less the same with the baseline's decisions."""
        decisions, matrix = self.statistics(priced), matrix_of(priced.document)
        means = Means.of(decisions, seed=priced.document["seed"]) if decisions is not None else None
        assert isinstance(means, Means)
        return worked_cells(matrix, means, priced, value)

    def at_risk(self, document: Document) -> dict[str, Any]:
        """The decisions, whose money is a sum over rows."""
        return {"decisions": document["decisions"], "baseline": document["definition"]["baseline"]}

    def stands_in(self, new: Document, old: Document, wanted: Document, at_hand: Document) -> bool | None:
        """With one fixed threshold, money in the cells decides nothing; else decisions at hand are an approximation."""
        if wanted["rows"] != at_hand["rows"] or not set(matrix_of(new).columns) <= set(matrix_of(old).columns):
            return None
        return bool(wanted["threshold"] == at_hand["threshold"] and wanted["threshold"]["kind"] == "fixed")

    def lines(self, definition: Mapping[str, Any]) -> tuple[Line, ...]:
        return tuple(
            Line(
                cell,
                label,
                str(definition["cells"][cell].get("base") or "0"),
                str(definition["cells"][cell].get("rate") or "0"),
                str(definition["cells"][cell].get("column") or ""),
                str(definition["cells"][cell].get("says") or ""),
            )
            for cell, label in OUTCOMES.items()
        )

    def rules(self, definition: Mapping[str, Any], noun: str, called: Called = str) -> tuple[tuple[str, str], ...]:
        threshold = definition["threshold"]
        acts = {
            "per_row": f"where it pays for that {noun}, by its own amounts",
            "fixed": f"where the score is above {threshold.get('at', 0.5):g}",
            "best": "above the cut that pays best, scored on the half that did not choose it",
        }[threshold["kind"]]
        compared = self.against(definition, noun) or BARE
        return (("We act", acts), ("Compared with", compared), per_words(definition, noun))

    def against(self, definition: Mapping[str, Any], noun: str, called: Called = str) -> str:
        none, every = (f"no {noun}", f"every {noun}") if noun else ("no one", "everyone")
        ways = {"act_on_none": f"acting on {none}", "act_on_all": f"acting on {every}"}
        return ways.get(definition["baseline"], "")
