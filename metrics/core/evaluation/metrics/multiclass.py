"""Metrics of a choice among several classes, from the confusion of truth and prediction and from probabilities."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from metrics.core.arrays import Floats, Ints
from metrics.core.evaluation.metrics import by_class
from metrics.core.evaluation.metrics.by_class import CONFUSION
from metrics.core.evaluation.metrics.definition import Figure, MetricDefinition, table
from metrics.core.evaluation.statistics.in_process import InProcess
from metrics.core.evaluation.statistics.jobs import Engine
from metrics.core.evaluation.statistics.logarithm import log
from metrics.core.evaluation.statistics.resampling_units import by_row
from metrics.core.evaluation.statistics.scan_terms import measured, scan_terms
from metrics.core.evaluation.statistics.sums import ROWS, WEIGHT, Sums
from metrics.core.evaluation.statistics.term_sums import Terms
from metrics.core.evaluation.statistics.weighted import Weighted, evaluation
from metrics.core.late import pa, pc
from metrics.core.rows.groups import Group
from metrics.core.rows.labelled import Labelled, finite
from metrics.core.rows.reading import RowsError, TableRows
from metrics.core.rows.refusal import counted, shown
from metrics.core.rows.table import PROBABILITY_PREFIX, classes_of

MAX_CLASSES = 100
SUM_WITHIN = 1e-6  # of 1, for the probabilities of a row to count as such
NO_PROBABILITIES = "the rows have no probabilities of the classes (p.<class>)"
DECISIONS = "Decisions: is the class right?"
AVERAGES = "Averages over the classes"
PROBABILITIES = "Probabilities: are they right?"


def _mean(term: str) -> Figure:
    return lambda weighted: weighted.ratio(term, WEIGHT)


def _not_probable(weighted: Weighted) -> str | None:
    if not weighted.sums.facts["probabilities"]:
        return NO_PROBABILITIES
    off = round(weighted.total("off"))
    return f"the probabilities of {counted(off, 'row')} do not sum to 1 within {SUM_WITHIN:g}" if off else None


def _not_among(first: int) -> Callable[[Weighted], str | None]:
    """Of so many classes or fewer the figure is 1 whatever the rows."""

    def guard(weighted: Weighted) -> str | None:
        if not weighted.sums.facts["probabilities"]:
            return NO_PROBABILITIES
        if len(weighted.sums.facts["classes"]) > first:
            return None
        return f"of {first} classes or fewer the label is always among the first {first}"

    return guard


DEFINITIONS = table(
    (
        MetricDefinition(
            key="accuracy",
            name="Accuracy",
            asks=DECISIONS,
            direction="up",
            range=(0, 1),
            formula="share of rows whose prediction is the label",
            source="scikit-learn, accuracy_score",
            figure=_mean("correct"),
        ),
        MetricDefinition(
            key="top2_accuracy",
            name="Top-2 accuracy",
            asks=DECISIONS,
            direction="up",
            range=(0, 1),
            formula=(
                "share of rows whose label is among the 2 classes of highest probability; of equal probabilities the "
                "expectation over their order"
            ),
            source="Russakovsky et al. 2015, International Journal of Computer Vision 115:211–252",
            figure=_mean("top2"),
            guard=_not_among(2),
        ),
        MetricDefinition(
            key="top3_accuracy",
            name="Top-3 accuracy",
            asks=DECISIONS,
            direction="up",
            range=(0, 1),
            formula=(
                "share of rows whose label is among the 3 classes of highest probability; of equal probabilities the "
                "expectation over their order"
            ),
            source="Russakovsky et al. 2015, International Journal of Computer Vision 115:211–252",
            figure=_mean("top3"),
            guard=_not_among(3),
        ),
        MetricDefinition(
            key="balanced_accuracy",
            name="Balanced accuracy",
            asks=DECISIONS,
            direction="up",
            range=(0, 1),
            formula="mean recall of the classes that are a label",
            source="Brodersen, Ong, Stephan, Buhmann 2010, ICPR; scikit-learn, balanced_accuracy_score",
            figure=by_class.balanced_accuracy,
        ),
        MetricDefinition(
            key="mcc",
            name="Matthews correlation",
            asks=DECISIONS,
            direction="up",
            range=(-1, 1),
            formula="(n·TP − Σ labels·predictions) / √((n² − Σ predictions²)(n² − Σ labels²)), sums over the classes",
            source="Gorodkin 2004, Computational Biology and Chemistry 28:367–374",
            figure=by_class.mcc,
        ),
        MetricDefinition(
            key="f1_macro",
            name="F1, macro average",
            asks=AVERAGES,
            direction="up",
            range=(0, 1),
            formula="mean over the classes that are a label or a prediction of 2 TP / (labels + predictions)",
            source="Sokolova, Lapalme 2009, Information Processing and Management 45:427–437; scikit-learn, f1_score",
            figure=by_class.f1_macro,
        ),
        MetricDefinition(
            key="f1_weighted",
            name="F1, weighted average",
            asks=AVERAGES,
            direction="up",
            range=(0, 1),
            formula="mean of 2 TP / (labels + predictions) of each class, weighted by its labels",
            source="scikit-learn, f1_score",
            figure=by_class.f1_weighted,
        ),
        MetricDefinition(
            key="precision_macro",
            name="Precision, macro average",
            asks=AVERAGES,
            direction="up",
            range=(0, 1),
            formula=(
                "mean over the classes that are a label or a prediction of TP / predictions, 0 where never predicted"
            ),
            source="scikit-learn, precision_score",
            figure=by_class.precision_macro,
        ),
        MetricDefinition(
            key="recall_macro",
            name="Recall, macro average",
            asks=AVERAGES,
            direction="up",
            range=(0, 1),
            formula="mean over the classes that are a label or a prediction of TP / labels, 0 where never a label",
            source="scikit-learn, recall_score",
            figure=by_class.recall_macro,
        ),
        MetricDefinition(
            key="log_loss",
            name="Log loss",
            asks=PROBABILITIES,
            direction="down",
            range=(0, math.inf),
            formula="−mean of log p(label), p clipped at the eps of the probabilities' type",
            source="scikit-learn, log_loss",
            figure=_mean("log_loss"),
            guard=_not_probable,
        ),
        MetricDefinition(
            key="brier",
            name="Brier score",
            asks=PROBABILITIES,
            direction="down",
            range=(0, 2),
            formula=(
                "mean over rows of Σ over classes of (p − 1)² for the label, p² else; of 2 classes twice the "
                "binary score"
            ),
            source="Brier 1950, Monthly Weather Review 78:1–3",
            figure=_mean("squared"),
            guard=_not_probable,
        ),
    )
)


@dataclass(frozen=True, eq=False)
class Confusion:
    """counts[t, p]: weight of the rows with label classes[t] and prediction classes[p]."""

    classes: tuple[str, ...]
    counts: Floats


def scan(table: pa.Table, *, segments: Sequence[str] | None = None, time_zone: str = "UTC") -> Sums:
    """The sums of canonical rows: example_id, y_true (text, null = not labelled yet), y_pred, p.<class> where given.

    The classes are those the table lists, at most 100; probabilities are given for all of them or for none.
    segments, months, weight, cluster_id: as in `regression.scan`. Raises RowsError.
    """
    return scan_on(InProcess(TableRows(table)), segments=segments, time_zone=time_zone)


def scan_on(engine: Engine, *, segments: Sequence[str] | None = None, time_zone: str = "UTC") -> Sums:
    """`scan` of the rows of an engine."""
    classes = classes_of(engine.schema.empty_table())
    if not 1 <= len(classes) <= MAX_CLASSES:
        raise RowsError(f"{len(classes)} classes are listed; 1 to {MAX_CLASSES} can be evaluated")
    columns = [PROBABILITY_PREFIX + name for name in classes]
    given = [name for name in columns if name in engine.schema.names]
    if given and given != columns:
        raise RowsError(f"column {next(name for name in columns if name not in given)} is missing")
    reading = measured(engine, needs=("y_pred",), columns=given, segments=segments, time_zone=time_zone)
    sums = scan_terms(engine, reading, _TermsOf(classes, given), grids={CONFUSION: (len(classes), len(classes))})
    return sums.sums({"task": "multiclass", "classes": classes, "probabilities": bool(given)})


@dataclass(frozen=True)
class _TermsOf:
    """What is summed of rows of these classes. given: the columns of their probabilities, or none."""

    classes: Sequence[str]
    given: Sequence[str]

    def __call__(self, rows: Labelled) -> Terms:
        truth, prediction = (_places(rows.table, name, self.classes) for name in ("y_true", "y_pred"))
        terms = {ROWS: np.ones(len(truth)), WEIGHT: rows.weight, "correct": rows.weight * (truth == prediction)}
        if self.given:
            terms |= _probability_terms(rows, self.given, truth)
        units = by_row(rows.table)
        return Terms(
            unit=units.name,
            bucket=units.bucket,
            terms=terms,
            grids={CONFUSION: ((truth, prediction), rows.weight)},
        )


evaluate = evaluation(DEFINITIONS)


def confusion(sums: Sums, group: Group | None = None) -> Confusion:
    """Weight by label and prediction on the whole, or in one group; all 0 where no row is in it."""
    weighted = Weighted.of(sums, seed=None, group=group)
    classes = tuple(sums.facts["classes"])
    empty = np.zeros((len(classes), len(classes)))
    return Confusion(classes, empty if weighted is None else weighted.grid(CONFUSION)[0, ..., 0])


def _places(table: pa.Table, name: str, classes: Sequence[str]) -> Ints:
    """(n,) the place of each row's class among the classes."""
    values = table[name].cast(pa.string())
    places = pc.index_in(values, value_set=pa.array(classes, pa.string()))
    if places.null_count:
        first = values.filter(places.is_null())[0].as_py()
        missing = "empty cells" if first is None else f"{shown(first)}, which is not among the classes"
        raise RowsError(f"column {name} holds {missing}")
    return np.asarray(places, dtype=np.int64)


def _probability_terms(rows: Labelled, columns: Sequence[str], truth: Ints) -> dict[str, Floats]:
    """One column at a time, so that memory does not grow with the classes."""
    n, eps = len(truth), 0.0
    given = np.zeros(n)
    for place, name in enumerate(columns):
        given[truth == place] = finite(rows.table, name)[truth == place]
    total, squares = np.zeros(n), np.zeros(n)
    ahead, alike = np.zeros((2, n), dtype=np.int64)
    for place, name in enumerate(columns):
        values = finite(rows.table, name)
        if not bool(((values >= 0) & (values <= 1)).all()):
            raise RowsError(f"column {name} holds values outside 0 to 1")
        eps = max(eps, _eps(rows.table[name].type))
        total += values
        squares += (values - (truth == place)) ** 2
        ahead += values > given
        alike += values == given
    return {
        "log_loss": rows.weight * -log(np.clip(given, eps, 1 - eps)),
        "squared": rows.weight * squares,
        "top2": rows.weight * np.clip((2 - ahead) / alike, 0, 1),
        "top3": rows.weight * np.clip((3 - ahead) / alike, 0, 1),
        "off": (np.abs(total - 1) > SUM_WITHIN).astype(np.float64),
    }


def _eps(kind: Any) -> float:
    return float(np.finfo(kind.to_pandas_dtype()).eps) if pa.types.is_floating(kind) else float(np.finfo(float).eps)
