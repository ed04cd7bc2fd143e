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
seed       of the product, for the bands
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from metrics.core.evidence.check import Check, NotChecked
from metrics.core.evidence.inputs import Inputs, Rows
from metrics.core.evidence.registry import CHECKS

LATER = NotChecked("The rows were examined before there was this check.", "Log the run again to have it checked.")


def examine(document: Mapping[str, Any], source: Rows) -> list[Check]:
    """All checks but those made apart, in the order of the registry; those that have nothing to look at say why.

    Does not raise for odd content: empty columns, one row, labels that are all missing, constant features.
    """
    inputs = Inputs(document, source)
    return [kind.examine(inputs) for kind in CHECKS.values() if not kind.apart]


def read(stored: Iterable[Mapping[str, Any]]) -> list[Check]:
    """The checks of which `as_json` is stored, in the order of the registry.

    A check that has come since says so; one that is gone is left out. Raises TypeError where a field is missing or not
    known.
    """
    by_key = {content["key"]: content for content in stored}
    return [
        Check(name=kind.name, **by_key[key]) if key in by_key else kind.check(LATER)
        for key, kind in CHECKS.items()
        if not kind.apart
    ]
