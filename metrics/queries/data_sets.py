"""Data sets: the list, one with its versions and its runs, what its file holds, and the evidence of its rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.db.models import Count, Exists, OuterRef, QuerySet

from metrics import access, store
from metrics.core.documents import canonical
from metrics.core.evaluation.rows import FEATURE_PREFIX, PROBABILITY_PREFIX, amount_columns, read_rows, segment_columns
from metrics.core.evidence import panel
from metrics.models.evaluation import DataSet, EvaluationRun
from metrics.models.product import Product
from metrics.queries.evidence import Check

MOST_EXAMINED = 200_000  # rows that are examined while somebody waits
MOST_RUNS = 50
HELD = 32  # data sets whose checks are kept in memory, in each process
FILES = 512
FIRST = Check(
    key="drift",
    verdict="not checked",
    text="There is no earlier version to measure drift against.",
    remedy="Log later rows under the same name.",
)
PREDICTED = ("y_score", "y_pred", "y_low", "y_high")


@dataclass(frozen=True)
class Content:
    """What a file of rows holds: labels that are in, and its columns by what they are; empty without a file."""

    labelled: int | None = None
    segments: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    predictions: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def listed(of: Product) -> QuerySet[DataSet]:
    """The newest version of each data set of a product, newest first, with how many runs all its versions have."""
    newer = DataSet.objects.filter(product=of, name=OuterRef("name"), number__gt=OuterRef("number"))
    rows = DataSet.objects.filter(~Exists(newer), product=of)
    return rows.annotate(n_runs=Count("runs")).order_by("-created_at", "-pk")


def one(of: Product, key: str) -> DataSet:
    """A data set of a product. Raises Hidden where there is none under that key."""
    found = DataSet.objects.select_related("product", "created_by").filter(product=of, pk=key).first()
    if found is None:
        raise access.Hidden
    return found


def versions(data: DataSet) -> list[DataSet]:
    """All versions under the name of a data set, newest first, each with how many runs it has."""
    rows = DataSet.objects.filter(product=data.product_id, name=data.name).select_related("created_by")
    return list(rows.annotate(n_runs=Count("runs")).order_by("-number"))


def runs(data: DataSet) -> list[EvaluationRun]:
    """The newest runs on a data set."""
    rows = EvaluationRun.objects.filter(data_set=data).select_related("product", "version__model", "data_set")
    return list(rows.order_by("-created_at")[:MOST_RUNS])


def content(data: DataSet) -> Content:
    """What the file of a data set holds, from its footer alone."""
    return _content(data.rows) if data.rows and store.path(data.rows).exists() else Content()


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


@lru_cache(maxsize=HELD)
def _examined(document: bytes) -> tuple[Any, ...]:
    return tuple(panel.examine(json.loads(document), _Stored()))


@lru_cache(maxsize=FILES)
def _content(rows: str) -> Content:
    file = pq.read_metadata(store.path(rows))
    schema = file.schema.to_arrow_schema()
    empty = schema.empty_table()
    segments, amounts = segment_columns(empty), amount_columns(empty)
    features = [name for name in schema.names if name.startswith(FEATURE_PREFIX)]
    predictions = [name for name in schema.names if name in PREDICTED or name.startswith(PROBABILITY_PREFIX)]
    placed = {*segments, *amounts, *features, *predictions}
    return Content(
        labelled=file.num_rows - _nulls(file, schema.names.index("y_true")) if "y_true" in schema.names else None,
        segments=tuple(segments),
        amounts=tuple(amounts),
        features=tuple(name.removeprefix(FEATURE_PREFIX) for name in features),
        predictions=tuple(predictions),
        others=tuple(name for name in schema.names if name not in placed),
    )


def _nulls(file: pq.FileMetaData, column: int) -> int:
    found = (file.row_group(at).column(column).statistics for at in range(file.num_row_groups))
    return sum(int(one.null_count) for one in found if one is not None and one.has_null_count)
