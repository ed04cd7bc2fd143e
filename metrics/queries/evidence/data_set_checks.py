"""The evidence of a data set's rows, examined when first asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from metrics import store
from metrics.core.documents import canonical
from metrics.core.evidence import panel
from metrics.core.rows.table import read_rows
from metrics.memory import remembered
from metrics.models.evaluation import DataSet
from metrics.queries.evidence.checks import Check

MOST_EXAMINED = 200_000  # rows that are examined while somebody waits


FIRST = Check(
    key="drift",
    verdict="not checked",
    text="There is no earlier version to measure drift against.",
    remedy="Log later rows under the same name.",
)


def checks(data: DataSet, before: DataSet | None) -> list[Check] | None:
    """The checks of a data set's rows, with the drift from the version before; None where they are too many.

    Computed when first asked for, and kept in memory by what it is computed from.
    """
    if not data.rows or not store.path(data.rows).exists() or data.n_rows > MOST_EXAMINED:
        return None
    made = document(data, before)
    found = [Check(**vars(check)) for check in _examined(canonical(made))]
    return found if made["reference"] else [FIRST if check.key == "drift" else check for check in found]


def document(data: DataSet, before: DataSet | None) -> Mapping[str, Any]:
    """What the checks of a data set are made from: those of a run, without a manifest."""
    usable = before is not None and before.rows and before.n_rows <= MOST_EXAMINED
    return {
        "kind": "evidence",
        "task": data.task,
        "rows": data.rows,
        "reference": {"name": f"version {before.number}", "rows": before.rows} if before and usable else None,
        "training": None,
        "votes": data.votes,
        "manifest": None,
        "warnings": data.warnings,
        "time_zone": data.product.time_zone,
        "seed": data.product.seed,
    }


class _Stored:
    """Finds rows and votes in the store."""

    def rows(self, digest: str) -> pa.Table:
        return read_rows(store.path(digest))


@remembered
def _examined(document: bytes) -> tuple[Any, ...]:
    return tuple(panel.examine(json.loads(document), _Stored()))
