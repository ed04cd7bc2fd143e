"""The evidence grade of a figure: how far its money may be believed, computed when it is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from metrics.core.replay import Document
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import AssumptionVersion, KPIResult
from metrics.models.product import Product
from metrics.queries import evidence

WORDS = {"A": "causal", "B": "backtested", "C": "assumed", "D": "opinion"}


@dataclass(frozen=True)
class Grade:
    letter: str
    word: str
    reasons: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether the figure may stand in an executive's total."""
        return self.letter != "D"


class Grader:
    """Grades the documents of one product on one day; its assumption versions are read once."""

    def __init__(self, product: Product, today: date) -> None:
        self.today = today
        self.gates = frozenset(product.gates)
        self._failed: dict[str, tuple[str, ...]] = {}
        rows = AssumptionVersion.objects.filter(assumption__product=product).select_related("assumption")
        self.versions = {(row.assumption.key, row.number): row for row in rows}

    def of(self, document: Document) -> Grade:
        """C where every assumption under the figure has a source that holds today, and no check that the product
        gates its KPIs by fails; else D with what is wanting."""
        reasons = [reason for run in _runs(document) for reason in self.failed(run)] if self.gates else []
        for found in _assumptions(document):
            row = self.versions.get((found["id"], found.get("version", 0)))
            if row is None or not row.source:
                name = row.assumption.name if row else found["id"]
                reasons.append(f"{name}: no source")
            elif row.valid_until and row.valid_until < self.today:
                reasons.append(f"{row.assumption.name}: expired on {row.valid_until:%-d %b %Y}")
        letter = "D" if reasons else "C"
        return Grade(letter, WORDS[letter], tuple(dict.fromkeys(reasons)))

    def failed(self, run: str) -> tuple[str, ...]:
        """What the gating checks of a run's evidence say against it."""
        if run not in self._failed:
            found = EvaluationRun.objects.select_related("product", "data_set", "reference", "training").get(pk=run)
            self._failed[run] = tuple(
                f"evidence fails: {check.name.lower()}"
                for check in evidence.checks(found, None)
                if check.key in self.gates and check.verdict == "fails"
            )
        return self._failed[run]


def _runs(document: Document) -> Iterator[str]:
    """Ids of the runs that a figure stands on."""
    if document["kind"] in ("revenue", "realised"):
        for found in KPIResult.objects.filter(digest=document["value"]).values_list("document", flat=True):
            yield from _runs(found)
    elif "run" in document:
        yield document["run"]


def _assumptions(document: Document) -> Iterator[dict[str, Any]]:
    yield from document.get("assumptions", {}).values()
    if document.get("growth"):
        yield document["growth"]
    for operand in document.get("operands", {}).values():
        if "assumption" in operand:
            yield operand["assumption"]
    under = [document["value"]] if document["kind"] in ("revenue", "realised") else []
    under += [o["result"] for o in document.get("operands", {}).values() if "result" in o]
    for found in KPIResult.objects.filter(digest__in=under).values_list("document", flat=True):
        yield from _assumptions(found)
