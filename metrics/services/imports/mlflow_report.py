"""What came of an import from MLflow: counts, and in words what was refused, cut or left out."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from metrics.services.imports.mlflow_reading import BadRun, MLflowRun, printable
from metrics.services.writing.refusal import Conflict, Fault, Invalid

MOST_TOLD = 50
MOST_METRICS_TOLD = 200


@dataclass
class Counts:
    """What came of an import. seen: ended runs that the server gave; they are imported, already there, or refused.

    new_metrics: keys registered, as their names tell which way is better; unregistered: keys of which nobody knows.
    renamed: {"name", "key", "turned"} of metrics kept under another name, or with their sign turned back. told: why a
    run was refused, then what of others was not taken over; told_more: how many more there were. more: whether runs
    were left for the next import.
    """

    seen: int = 0
    imported: int = 0
    with_rows: int = 0
    already_there: int = 0
    changed: int = 0
    refused: int = 0
    unfinished: int = 0
    more: bool = False
    new_metrics: list[str] = field(default_factory=list)
    unregistered: list[str] = field(default_factory=list)
    renamed: list[dict[str, Any]] = field(default_factory=list)
    told: list[dict[str, str]] = field(default_factory=list)
    told_more: int = 0
    refusals_told: int = 0

    def refuse(self, run: MLflowRun | BadRun, why: str) -> None:
        self.refused += 1
        if self.refusals_told < MOST_TOLD:
            self.told.insert(self.refusals_told, _told(run, why))
            self.refusals_told += 1
        else:
            self.told_more += 1

    def tell(self, run: MLflowRun, what: str) -> None:
        """What of a run was not taken over as it is there."""
        if len(self.told) - self.refusals_told < MOST_TOLD:
            self.told.append(_told(run, what))
        else:
            self.told_more += 1

    def show(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != "refusals_told"}


def _told(run: MLflowRun | BadRun, why: str) -> dict[str, str]:
    return {"run": run.id, "name": printable(run.name), "reason": why[:500]}


def in_words(error: Invalid | Conflict) -> str:
    return "; ".join(map(words, error.faults)) if isinstance(error, Invalid) else str(error)


def words(fault: Fault, *, field: bool = True) -> str:
    place = f"{fault.field}{f', row {fault.row}' if fault.row is not None else ''}: " if field else ""
    return f"{place}{fault.message}{f'. {fault.remedy}' if fault.remedy else ''}"
