"""The evidence of a data set's rows, examined when first asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from metrics import store
from metrics.core.documents import canonical
from metrics.core.evidence import panel
from metrics.core.evidence.check import Check
from metrics.core.evidence.registry import CHECKS
from metrics.core.late import pa
from metrics.core.rows.table import whole
from metrics.memory import remembered
from metrics.models.evaluation import DataSet

MOST_EXAMINED = 200_000  # rows that are examined while somebody waits


def checks(data: DataSet, before: DataSet | None) -> list[Check] | None:
    """The checks that ask of a data set's rows what can be asked of its task; None where the rows are too many.

    The reference is the version before. Computed when first asked for, and kept in memory by what it is computed from.
    """
    if not data.rows or not store.has(data.rows) or data.n_rows > MOST_EXAMINED:
        return None
    asked = document(data, before)
    examined = _examined(canonical(asked), tuple(CHECKS))
    wanted = [check for check in examined if _is_asked(check.key, data.task)]
    return wanted if asked["reference"] else [_of_the_first(check) for check in wanted]


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


def _is_asked(key: str, task: str) -> bool:
    return CHECKS[key].asked_of(task) and not CHECKS[key].of_runs_only


def _of_the_first(check: Check) -> Check:
    """The check of a version that has none before it."""
    if "reference" not in CHECKS[check.key].needs:
        return check
    text = f"There is no earlier version to measure {check.name.lower()} against."
    return replace(check, text=text, remedy="Log later rows under the same name.")


class _Stored:
    """Finds rows and votes in the store."""

    def rows(self, digest: str) -> pa.Table:
        return whole(store.path(digest))


@remembered
def _examined(document: bytes, known: tuple[str, ...]) -> tuple[Check, ...]:
    """known: the keys of the registry, by which what was examined before there was a check is not taken for it."""
    return tuple(panel.examine(json.loads(document), _Stored()))
