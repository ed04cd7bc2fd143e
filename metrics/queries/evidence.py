"""Evidence of a run: what was checked, what was found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from metrics.models.evaluation import EvaluationRun
from metrics.queries.evaluation import not_comparable

Verdict = Literal["holds", "warning", "fails", "not checked"]
MANIFEST = {
    "seed": "seed",
    "split": "split",
    "parameters": "parameters",
    "code_commit": "code commit",
    "environment": "environment",
}


# What an upload remarks without anything being wrong with the rows that were kept.
NOTES = frozenset({"unlabelled", "unknown_column", "naive_timezone"})


@dataclass(frozen=True)
class Check:
    name: str
    verdict: Verdict
    text: str
    remedy: str = ""


def checks(run: EvaluationRun, champion: EvaluationRun | None) -> list[Check]:
    return [_same_rows(run, champion), _quality(run), _labels(run), _reproducibility(run), _drift(run)]


def _same_rows(run: EvaluationRun, champion: EvaluationRun | None) -> Check:
    if champion is None:
        return Check("Same rows", "not checked", "There is no champion to compare with.", "Name a champion.")
    reason = not_comparable(run, champion)
    if reason:
        return Check("Same rows", "fails", f"Not comparable: {reason}.", "Score it on the champion's rows.")
    if champion.pk == run.pk:
        return Check("Same rows", "holds", "This is the champion's run: others are compared with it.")
    return Check("Same rows", "holds", f"It saw the champion's {run.n_rows:,} rows, with the same labels.")


def _quality(run: EvaluationRun) -> Check:
    if not run.rows:
        return Check(
            "Quality", "not checked", "Only metrics were reported.", "Log predictions to have the rows checked."
        )
    found = [
        f"{warning['field']}: {warning['message']}" if warning.get("field") else warning["message"]
        for warning in run.warnings
        if warning.get("code") not in NOTES
    ]
    if found:
        more = f" And {len(found) - 2} more." if len(found) > 2 else ""
        return Check("Quality", "warning", ". ".join(text.rstrip(".") for text in found[:2]) + "." + more)
    return Check("Quality", "holds", "No missing scores, no duplicate ids, no stamps from the future.")


def _labels(run: EvaluationRun) -> Check:
    if not run.rows:
        return Check("Labels", "not checked", "Only metrics were reported.")
    waiting = [warning for warning in run.warnings if warning.get("field") == "y_true"]
    if waiting:
        return Check("Labels", "warning", f"{waiting[0]['message']}.", "Log the run again once the labels are in.")
    return Check("Labels", "holds", "Every row has its label.")


def _reproducibility(run: EvaluationRun) -> Check:
    missing = [word for key, word in MANIFEST.items() if run.manifest.get(key) in (None, "", {}, [])]
    if missing:
        return Check(
            "Reproducibility",
            "warning",
            f"The manifest lacks {', '.join(missing)}.",
            "Send them with the run: without them nobody can make it again.",
        )
    return Check("Reproducibility", "holds", "Seed, split, parameters, code and environment are recorded.")


def _drift(run: EvaluationRun) -> Check:
    if "reference_rows" not in run.manifest:
        return Check("Drift", "not checked", "No reference was named.", "Name one, such as reference split=valid.")
    return Check("Drift", "not checked", "The reference rows are kept; drift against them is not computed yet.")
