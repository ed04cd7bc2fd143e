"""Data sets: the list, one with its versions and its runs, what its file holds, and the evidence of its rows."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, QuerySet

from metrics import access, store
from metrics.core.late import pq
from metrics.core.rows.table import FEATURE_PREFIX, PROBABILITY_PREFIX, amount_columns, segment_columns
from metrics.memory import remembered
from metrics.models.evaluation import DataSet, EvaluationRun
from metrics.models.product import Product

MOST_RUNS = 50
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
    return _content(data.rows) if data.rows and store.has(data.rows) else Content()


@remembered
def _content(rows: str) -> Content:
    with store.opened(rows) as held:
        file = pq.read_metadata(held)
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
