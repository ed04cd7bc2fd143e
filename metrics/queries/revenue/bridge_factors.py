"""What differs between two moments of a headline, from their documents alone.

A factor is whatever differs: the model (its rows and decisions), the mix of segments among its rows, which cases are
acted on where the model is the same, each assumption, months that were added, months that were restated, the
correction, and the definition: the mapping's text, and how the projection is set up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from metrics.core.documents import Document
from metrics.core.revenue.bridge import DEFINITION

MODEL, MIX, POLICY, ADDED, RESTATED, CORRECTION = "model", "mix", "policy", "volume", "actuals", "correction"
ASSUMPTION, OPERAND = "assumption:", "operand:"
DERIVED = frozenset({"value", "volume", "assumptions", "operands"})
DIGEST = 64

Restated = Literal["all", "part", "none"]


@dataclass(frozen=True)
class Documents:
    """One moment: the document of the headline, and that of its value a case."""

    revenue: Document
    kpi: Document

    def assumptions(self) -> dict[str, Any]:
        """Key → assumption, wherever it stands."""
        found = dict(self.kpi.get("assumptions", {}))
        held = [operand.get("assumption") for operand in self.kpi.get("operands", {}).values()]
        held += [value for value in self.revenue.values() if isinstance(value, dict) and "distribution" in value]
        return found | {one["id"]: one for one in held if one}


@dataclass(frozen=True)
class Differing:
    """What differs between two moments. read: a stored document, by its digest."""

    before: Documents
    after: Documents
    read: Callable[[str], Document]

    def restated(self) -> Restated:
        """How much of the change is another way to count, which brings no money: all of it, a part, or none."""
        factors = self.factors()
        if DEFINITION not in factors:
            return "none"
        return "all" if factors == [DEFINITION] and self.counts_otherwise else "part"

    @property
    def counts_otherwise(self) -> bool:
        """Whether the definition is another way to count alone; that of another kind takes the run with it."""
        kinds = [side.kpi["definition"]["kind"] for side in (self.before, self.after)]
        return kinds[0] == kinds[1] or self._same_run

    def factors(self) -> list[str]:
        """What differs, in the order in which a reader meets it."""
        found: dict[str, bool] = {}
        for document, other, owner in (
            (self.before.kpi, self.after.kpi, self.owner_in_kpi),
            (self.before.revenue, self.after.revenue, self.owner_in_revenue),
        ):
            for key in {**other, **document}:
                if key not in DERIVED and document.get(key) != other.get(key) and (name := owner(key)):
                    found[name] = True
        old, new = self.before.assumptions(), self.after.assumptions()
        found |= {f"{ASSUMPTION}{key}": True for key in new if key in old and _said(old[key]) != _said(new[key])}
        operands = self.before.kpi.get("operands", {}), self.after.kpi.get("operands", {})
        for name in operands[1]:
            if name in operands[0] and _figure_of(operands[0][name]) != _figure_of(operands[1][name]):
                found[self.owner_of_operand(name)] = True
        volumes = dict(self.before.revenue["volume"]), dict(self.after.revenue["volume"])
        found[ADDED] = volumes[0].keys() != volumes[1].keys()
        found[RESTATED] = any(volumes[1].get(month, cases) != cases for month, cases in volumes[0].items())
        order = (ADDED, RESTATED, MODEL, POLICY)
        rest = sorted(name for name in found if name not in order and name != DEFINITION)
        # Nothing differs but the engine that computes: how it is defined, then.
        return [name for name in (*order, *rest, DEFINITION) if found.get(name)] or [DEFINITION]

    @property
    def _same_run(self) -> bool:
        return bool(self.before.kpi.get("run") == self.after.kpi.get("run"))

    @property
    def _same_text(self) -> bool:
        return _without_threshold(self.before.kpi) == _without_threshold(self.after.kpi)

    def owner_in_kpi(self, key: str) -> str:
        """The factor that a key of the KPI's document moves with; "" where it moves nothing."""
        if key in ("engine", "seed"):
            return ""
        if self.before.kpi["definition"]["kind"] != self.after.kpi["definition"]["kind"]:
            return DEFINITION
        if key == "run":
            return MODEL
        text = self.after.kpi.get(key, self.before.kpi.get(key))
        file = key != "mapping" and isinstance(text, str) and len(text) == DIGEST
        if file and not self._same_run:
            return MODEL
        if not (file or key in ("mapping", "definition")) or not self._same_text:
            return DEFINITION
        thresholds = [side.kpi["definition"].get("threshold", {}) for side in (self.before, self.after)]
        # The file is named by the cells too, of which a fixed threshold makes no use.
        return "" if thresholds[0] == thresholds[1] and thresholds[0].get("kind") == "fixed" else POLICY

    def owner_in_revenue(self, key: str) -> str:
        if key in ("engine", "seed", "figure"):
            return ""
        if key == CORRECTION:
            return CORRECTION
        old, new = self.before.revenue.get(key), self.after.revenue.get(key)
        if isinstance(old, dict) and isinstance(new, dict) and "distribution" in new and old.get("id") == new["id"]:
            return f"{ASSUMPTION}{new['id']}" if _said(old) != _said(new) else ""
        return DEFINITION

    def owner_of_operand(self, name: str) -> str:
        """The model, where the operand is read from another run than before; a formula may read from several models."""
        runs = [self._run_of(side.kpi.get("operands", {}).get(name, {})) for side in (self.before, self.after)]
        return f"{OPERAND}{name}" if runs[0] == runs[1] else MODEL

    def _run_of(self, operand: Mapping[str, Any]) -> str:
        """The run that an operand is read from; "" of an assumption, and where it is unknown."""
        document = self.read(operand["result"]) if "result" in operand else operand.get("metric", {})
        return str(document.get("run", ""))


def _figure_of(operand: Mapping[str, Any]) -> Any:
    """What an operand that is no assumption stands for."""
    return operand.get("result") or operand.get("metric")


def _said(assumption: Mapping[str, Any]) -> dict[str, Any]:
    """What an assumption says, whatever its version."""
    return {name: held for name, held in assumption.items() if name != "version"}


def _without_threshold(kpi: Document) -> dict[str, Any]:
    return {name: held for name, held in kpi["definition"].items() if name not in ("threshold", "says")}
