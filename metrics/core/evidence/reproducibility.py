"""Reproducibility: what a run's manifest lacks, and equal manifests with unequal metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from metrics.core.documents import digest
from metrics.core.evidence.check import Finding, Judged, NotChecked, Numbers
from metrics.core.evidence.figures import Digits, Figure, Line, Pairs, table
from metrics.core.evidence.kind import CheckKind

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
MOST_METRICS = 20

RULE = (
    "Warning: seed, data digest, split, parameters, code commit or environment is missing, or the commit had changes; "
    "fails: a run with an equal manifest has other metrics (by more than 1e-9 relative)."
)


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What is recorded of a run: its name, manifest, and metrics by key."""

    name: str
    manifest: Mapping[str, Any]
    metrics: Mapping[str, float] = field(default_factory=dict)


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
    contradictions: list[Contradiction] = []
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
            contradictions.append(Contradiction(other.name, run.name, unequal))
    return contradictions


UNKNOWN = NotChecked("There is no manifest: these are rows, not a run.")


def judge_reproducibility(
    manifest: Mapping[str, Any] | None, contradictions: Sequence[Contradiction] = ()
) -> Judged | NotChecked:
    """Whether a run's manifest fixes it, and what `not_reproducible` found about the run."""
    if manifest is None:
        return UNKNOWN
    absent = lacking(manifest)
    numbers = {
        "fields": {key: word not in absent for key, word in FIELDS.items()},
        "contradictions": [contradiction.as_json() for contradiction in contradictions],
    }
    good = "Seed, data, split, parameters, code and environment are recorded."
    findings = [*_of_manifest(manifest, absent), *_of_others(contradictions)]
    return Judged(findings=findings, good=good, numbers=numbers)


def _of_manifest(manifest: Mapping[str, Any], absent: list[str]) -> list[Finding]:
    findings = []
    if absent:
        text = f"The manifest lacks {', '.join(absent)}."
        findings.append(Finding("warning", text, "Send them with the run: without them nobody can make it again."))
    if str(manifest.get("code_commit") or "").endswith(DIRTY):
        text = "The code had changes that are in no commit."
        findings.append(Finding("warning", text, "Commit before a run that counts."))
    return findings


def _of_others(contradictions: Sequence[Contradiction]) -> list[Finding]:
    findings = []
    for unlike in contradictions:
        key, (first, second) = next(iter(unlike.metrics.items()))
        text = f"{unlike.first} and {unlike.second} have equal manifests, but {key} is {first:.6g} and {second:.6g}."
        remedy = "Look for what the manifest does not fix, such as threads or the order of rows."
        findings.append(Finding("fails", text, remedy))
    return findings


def _figures(numbers: Numbers) -> list[Figure]:
    recorded = tuple(
        (FIELDS[key].capitalize(), "recorded" if there else "missing") for key, there in numbers["fields"].items()
    )
    unlike = table(
        "Equal manifests, other metrics",
        ("Runs", "Metric", "First", "Second"),
        (
            Line(f"{runs['first']} and {runs['second']}", (key, *(Digits(value) for value in pair)))
            for runs in numbers["contradictions"]
            for key, pair in list(runs["metrics"].items())[:MOST_METRICS]
        ),
    )
    return [Pairs("The manifest", recorded), *unlike]


REPRODUCIBILITY = CheckKind(
    key="reproducibility",
    name="Reproducibility",
    rule=RULE,
    needs={"manifest": UNKNOWN},
    run=lambda inputs: judge_reproducibility(inputs.manifest),
    figures=_figures,
    always=True,
)
