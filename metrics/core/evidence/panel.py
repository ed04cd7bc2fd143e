"""The evidence panel: every check of a run or data set, from a document that names its rows.

kind       "evidence"
task       binary, multiclass, regression, forecast, ranking
rows       digest of the canonical rows
reference  {"name", "rows"} to measure drift against, or null
training   {"rows"} of the training set, or null
votes      digest of the votes behind the labels, or null
manifest   that of the run, or null for a data set
warnings   what the upload said: [{"field", "code", "message", …}]
time_zone  of the product
seed       of the product; no check draws
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import pyarrow as pa

from metrics.core.evidence.check import Check, not_checked
from metrics.core.evidence.coverage import coverage_check
from metrics.core.evidence.drift import drift_check
from metrics.core.evidence.labelers import labeler_check, of_votes
from metrics.core.evidence.labels import MOST_LABELS, label_check, too_many_labels
from metrics.core.evidence.maturity import maturity_check
from metrics.core.evidence.quality import quality
from metrics.core.evidence.reproducibility import reproducibility_check
from metrics.core.evidence.timeliness import timeliness_check
from metrics.core.evidence.training import training_check


class Rows(Protocol):
    """Finds tables of rows and votes by their digest."""

    def rows(self, digest: str) -> pa.Table: ...


def examine(document: Mapping[str, Any], source: Rows) -> list[Check]:
    """All checks, in the order of `check.KEYS`; those that have nothing to look at say why.

    Does not raise for odd content: empty columns, one row, labels that are all missing, constant features.
    """
    rows, task, zone = source.rows(document["rows"]), document["task"], document["time_zone"]
    named = document.get("reference")
    reference = source.rows(named["rows"]) if named else None
    return [
        quality(rows, task=task, reference=reference, warnings=document.get("warnings") or (), time_zone=zone),
        *_labels(rows, source.rows(document["votes"]) if document.get("votes") else None),
        _training(rows, document, source),
        timeliness_check(rows, time_zone=zone),
        maturity_check(rows, time_zone=zone),
        _drift(rows, reference, named["name"] if named else "", task, zone),
        _intervals(rows, task, zone),
        reproducibility_check(document.get("manifest")),
    ]


def _labels(rows: pa.Table, votes: pa.Table | None) -> list[Check]:
    if votes is None:
        why = "There are no votes of several labelers."
        return [label_check(rows), not_checked("labelers", why, "Log example_id, labeler_id, label.")]
    if too_many_labels(votes):
        why = f"The votes name more than {MOST_LABELS} labels: agreement on classes cannot be measured."
        return [label_check(rows), not_checked("labelers", why)]
    read, consensus = of_votes(votes)
    return [label_check(rows, read, consensus), labeler_check(read, consensus, rows)]


def _training(rows: pa.Table, document: Mapping[str, Any], source: Rows) -> Check:
    named = document.get("training")
    if not named:
        return not_checked("training", "No training set was named.", "Log the training rows as a data set.")
    return training_check(rows, source.rows(named["rows"]))


def _drift(rows: pa.Table, reference: pa.Table | None, name: str, task: str, zone: str) -> Check:
    if reference is None:
        return not_checked("drift", "No reference was named.", "Name one, such as reference split=valid.")
    return drift_check(rows, reference, name=name, task=task, time_zone=zone)


def _intervals(rows: pa.Table, task: str, zone: str) -> Check:
    if task != "forecast":
        return not_checked("intervals", "Only forecasts have intervals.")
    return coverage_check(rows, time_zone=zone)
