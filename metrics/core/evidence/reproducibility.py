"""Reproducibility: what a run's manifest lacks, equal manifests with unequal metrics, one model under two names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from metrics.core.documents import digest
from metrics.core.evidence.check import Check, Finding, judged, not_checked
from metrics.core.evidence.columns import fingerprints, predictions

FIELDS: Mapping[str, str] = {
    "seed": "seed",
    "data_digest": "data digest",
    "split": "split",
    "parameters": "parameters",
    "code_commit": "code commit",
    "environment": "environment",
}
TOLERANCE = 1e-9
DIRTY = "-dirty"

RULE = (
    "Warning: seed, data digest, split, parameters, code commit or environment is missing, or the commit had changes; "
    "fails: a run with an equal manifest has other metrics (by more than 1e-9 relative)."
)


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What is recorded of a run: its name, manifest, metrics by key, and the digest of its predictions, if known."""

    name: str
    manifest: Mapping[str, Any]
    metrics: Mapping[str, float] = field(default_factory=dict)
    predictions: str | None = None


@dataclass(frozen=True)
class Contradiction:
    """Two runs with equal manifests, and the metrics in which they differ: key → (first, second)."""

    first: str
    second: str
    metrics: Mapping[str, tuple[float, float]]

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "metrics": {key: list(pair) for key, pair in self.metrics.items()}}


def lacking(manifest: Mapping[str, Any]) -> list[str]:
    """Fields that a manifest lacks, as words, in their usual order; a seed of 0 is a seed."""
    return [word for key, word in FIELDS.items() if manifest.get(key) in (None, "", {}, [])]


def not_reproducible(runs: Sequence[Recorded], *, tolerance: float = TOLERANCE) -> list[Contradiction]:
    """Pairs of runs whose complete manifests are equal and whose shared metrics are not.

    Manifests are compared in the six fields; one that lacks any proves nothing and is passed over. Each run is
    compared with the first of its manifest.
    """
    found: list[Contradiction] = []
    first: dict[str, Recorded] = {}
    for run in runs:
        if lacking(run.manifest):
            continue
        other = first.setdefault(digest({key: run.manifest[key] for key in FIELDS}), run)
        unequal = {
            key: (other.metrics[key], run.metrics[key])
            for key in sorted(set(other.metrics) & set(run.metrics))
            if abs(other.metrics[key] - run.metrics[key])
            > tolerance * max(abs(other.metrics[key]), abs(run.metrics[key]))
        }
        if unequal:
            found.append(Contradiction(other.name, run.name, unequal))
    return found


def same_predictions(runs: Iterable[Recorded]) -> list[list[str]]:
    """Names of runs that share their predictions, a list for each group of two or more, in the order given."""
    groups: dict[str, list[str]] = {}
    for run in runs:
        if run.predictions is not None:
            groups.setdefault(run.predictions, []).append(run.name)
    return [names for names in groups.values() if len(names) > 1]


def prediction_digest(table: pa.Table) -> str | None:
    """64 hexadecimal digits naming what a model predicted for each id, whatever the order of the rows; None without.

    Of scores, predictions, probabilities and interval bounds: SHA-256 over the sorted fingerprints of the rows.
    """
    names = sorted(predictions(table))
    if not names:
        return None
    content = hashlib.sha256(json.dumps(names).encode())
    content.update(np.sort(fingerprints(table, ["example_id", *names])).astype("<u8").tobytes())
    return content.hexdigest()


def reproducibility_check(manifest: Mapping[str, Any] | None, contradictions: Sequence[Contradiction] = ()) -> Check:
    """The check "reproducibility" of a run's manifest, and of what `not_reproducible` found about the run."""
    if manifest is None:
        return not_checked("reproducibility", "There is no manifest: these are rows, not a run.")
    absent = lacking(manifest)
    findings = []
    if absent:
        text = f"The manifest lacks {', '.join(absent)}."
        findings.append(Finding("warning", text, "Send them with the run: without them nobody can make it again."))
    if str(manifest.get("code_commit") or "").endswith(DIRTY):
        text = "The code had changes that are in no commit."
        findings.append(Finding("warning", text, "Commit before a run that counts."))
    for one in contradictions:
        key, (first, second) = next(iter(one.metrics.items()))
        text = f"{one.first} and {one.second} have equal manifests, but {key} is {first:.6g} and {second:.6g}."
        findings.append(
            Finding("fails", text, "Look for what the manifest does not fix, such as threads or the order of rows.")
        )
    numbers = {
        "fields": {key: word not in absent for key, word in FIELDS.items()},
        "contradictions": [one.as_json() for one in contradictions],
    }
    good = "Seed, data, split, parameters, code and environment are recorded."
    return judged("reproducibility", findings, good=good, rule=RULE, numbers=numbers)
