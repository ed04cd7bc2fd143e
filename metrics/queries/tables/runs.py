"""Tables of evaluation: runs with their metrics, one line a metric; and of selection: decisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from metrics.models.evaluation import EvaluationRun, MetricResult
from metrics.models.selection import Decision
from metrics.queries.documents import evaluation
from metrics.queries.documents.book import Book
from metrics.queries.documents.known import Known
from metrics.queries.tables.table import PRODUCT, RECEIPT, Column, Row, Table

AT_ONCE = 500  # runs whose metrics are read in one query


def _runs(several: Sequence[Known]) -> Iterable[Row]:
    for known in several:
        champions = {run.pk for run in known.champions.values()}
        for start in range(0, len(known.runs), AT_ONCE):
            yield from _metrics(known, known.runs[start : start + AT_ONCE], champions)


def _metrics(known: Known, runs: Sequence[EvaluationRun], champions: set[str]) -> Iterable[Row]:
    book, wanted = Book(), set[str]()
    for run in runs:
        wanted |= {evaluation.metric(book, run, key) for key in evaluation.metric_keys(book, run)}
    rows = MetricResult.objects.filter(run__in=runs).order_by("metric", "digest").defer("draws", "document")
    by_run: dict[str, list[MetricResult]] = {run.pk: [] for run in runs}
    for row in rows:
        if row.digest in wanted:
            by_run[row.run_id].append(row)
    for run in runs:
        for row in by_run[run.pk]:
            yield (
                known.product.slug,
                run.pk,
                run.version.model.key,
                run.version.name,
                run.data_set.name if run.data_set else None,
                run.task,
                run.created_at,
                run.pk in champions,
                row.metric,
                row.point,
                row.low95,
                row.high95,
                row.unknown_reason,
                row.digest,
            )


def _decisions(several: Sequence[Known]) -> Iterable[Row]:
    products = {known.product.pk: known.product.slug for known in several}
    rows = Decision.objects.filter(product__in=products).defer("record")
    rows = rows.select_related("model", "chosen__version", "before__version", "opened_by")
    for row in rows.order_by("product", "number"):
        yield (
            products[row.product_id],
            row.number,
            row.model.key,
            row.state,
            row.direct,
            row.before.version.name if row.before else None,
            row.chosen.version.name if row.chosen else None,
            row.opened_by.username,
            row.created_at,
            row.proposed_at,
            row.signed_at,
            row.digest or None,
        )


RUNS = Table(
    "runs",
    "scored runs, one line for each of their metrics over all rows",
    (
        PRODUCT,
        Column("run", "the run's id"),
        Column("model", "key of the model"),
        Column("version", "name of the model version"),
        Column("data_set", "name of the data set that it was evaluated on"),
        Column("task", "what the model answers"),
        Column("logged_at", "when the run was logged"),
        Column("champion", "whether it stands for the champion of its model"),
        Column("metric", "key of the metric"),
        Column("value", "the metric; empty where it is unknown"),
        Column("low95", "lower end of its 95 % band; empty where no spread is known"),
        Column("high95", "upper end of its 95 % band"),
        Column("unknown", "why there is no figure; empty where there is one"),
        RECEIPT,
    ),
    _runs,
)
DECISIONS = Table(
    "decisions",
    "decisions on champions, in whatever state",
    (
        PRODUCT,
        Column("number", "the decision's number in its product"),
        Column("model", "key of the model"),
        Column("state", "open, proposed, signed or withdrawn"),
        Column("direct", "whether it was a promotion that asked nobody"),
        Column("before", "model version that was champion till then"),
        Column("chosen", "model version that is proposed or was chosen"),
        Column("opened_by", "username of who opened it"),
        Column("opened_at", "when it was opened"),
        Column("proposed_at", "when a choice was proposed"),
        Column("signed_at", "when it was signed off"),
        Column("record", "digest of what was known when it was proposed"),
    ),
    _decisions,
)
