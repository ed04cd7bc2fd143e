"""Tables as a check takes them: an evidence document whose digests are names."""

from typing import Any

import pyarrow as pa

from metrics.core.evidence.check import Check
from metrics.core.evidence.inputs import Inputs
from metrics.core.evidence.kind import CheckKind


class Tables(dict[str, pa.Table]):
    """Rows by digest, which here is a name."""

    def rows(self, digest: str) -> pa.Table:
        return self[digest]


def document(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "evidence",
        "task": "binary",
        "rows": "rows",
        "reference": None,
        "training": None,
        "votes": None,
        "manifest": {},
        "warnings": [],
        "time_zone": "UTC",
        "seed": 1,
    } | changes


def examined(kind: CheckKind, rows: pa.Table, *, name: str = "reference", **given: Any) -> Check:
    """The check of rows by one kind. given: tables called reference, training, votes; all else is the document's."""
    tables = Tables(rows=rows, **{key: given.pop(key) for key in ("reference", "training", "votes") if key in given})
    named = {
        "reference": {"name": name, "rows": "reference"} if "reference" in tables else None,
        "training": {"rows": "training"} if "training" in tables else None,
        "votes": "votes" if "votes" in tables else None,
    }
    return kind.examine(Inputs(document(**named, **given), tables))
