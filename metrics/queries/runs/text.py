"""The text of a run that a search of the runs table looks into."""

from __future__ import annotations

from metrics.models.evaluation import EvaluationRun

MOST_TEXT = 4000  # characters


def run_text(run: EvaluationRun) -> str:
    """Names, parameters as key=value, commit, split, note and origin, in small letters.

    Written on the run when it is sealed. The model's name is not in it: a model can be renamed.
    """
    kept = run.manifest
    parameters = kept.get("parameters") or {}
    parts = [
        run.name,
        run.version.name,
        run.data_set.name if run.data_set else "",
        *(str(kept.get(key) or "") for key in ("code_commit", "split", "note")),
        run.origin,
        *(f"{key}={value}" for key, value in parameters.items()),
    ]
    return " ".join(part for part in parts if part).lower()[:MOST_TEXT]
