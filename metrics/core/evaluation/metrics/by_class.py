"""Figures of a multiclass run that follow from its confusion of labels and predictions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats, Ints
from metrics.core.evaluation.statistics.weighted import Weighted

CONFUSION = "confusion"
ONE_CLASS = "all labelled rows have the same label"
ONE_PREDICTION = "all labelled rows have the same prediction"


@dataclass(frozen=True, eq=False)
class ByClass:
    """(1 + K, classes) each; hits: rows of a class that were predicted so."""

    labels: Floats
    predictions: Floats
    hits: Floats

    @classmethod
    def of(cls, weighted: Weighted) -> ByClass:
        """From the cells of the confusion that hold rows, without a table of classes × classes in each draw."""
        tally = weighted.sums.grids[CONFUSION].only(weighted.place)
        bucket, truth, prediction = tally.places()
        at, size = np.searchsorted(weighted.buckets, bucket), tally.shape[1]
        weight, same = tally.sums[:, 0], truth == prediction

        def total(place: Ints, weights: Floats) -> Floats:
            table = np.bincount(at * size + place, weights, len(weighted.buckets) * size).astype(np.float64)
            return weighted.resampling.summed(table.reshape(-1, size))

        return cls(total(truth, weight), total(prediction, weight), total(truth, weight * same))

    def shares(self, of: Floats) -> Floats:
        """Hits as a share, 0 where there is nothing to share."""
        return np.divide(self.hits, of, out=np.zeros_like(of), where=of > 0)

    def average(self, values: Floats, counted_in: NDArray[np.bool_]) -> Floats:
        """Mean over some classes."""
        return np.asarray((values * counted_in).sum(axis=1) / counted_in.sum(axis=1))

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Classes that are a label or a prediction."""
        return np.asarray(self.labels + self.predictions > 0)

    @property
    def one_label(self) -> bool:
        """Whether all rows have one label."""
        return bool(np.count_nonzero(self.labels[0]) < 2)


def balanced_accuracy(weighted: Weighted) -> Floats | str:
    classes = ByClass.of(weighted)
    if classes.one_label:
        return ONE_CLASS
    return classes.average(classes.shares(classes.labels), classes.labels > 0)


def f1_macro(weighted: Weighted) -> Floats:
    classes = ByClass.of(weighted)
    return classes.average(2 * classes.shares(classes.labels + classes.predictions), classes.seen)


def f1_weighted(weighted: Weighted) -> Floats:
    classes = ByClass.of(weighted)
    scores = 2 * classes.shares(classes.labels + classes.predictions)
    return np.asarray((scores * classes.labels).sum(axis=1) / classes.labels.sum(axis=1))


def precision_macro(weighted: Weighted) -> Floats:
    classes = ByClass.of(weighted)
    return classes.average(classes.shares(classes.predictions), classes.seen)


def recall_macro(weighted: Weighted) -> Floats:
    classes = ByClass.of(weighted)
    return classes.average(classes.shares(classes.labels), classes.seen)


def mcc(weighted: Weighted) -> Floats | str:
    classes = ByClass.of(weighted)
    if classes.one_label:
        return ONE_CLASS
    if np.count_nonzero(classes.predictions[0]) < 2:
        return ONE_PREDICTION
    n = classes.labels.sum(axis=1)
    labels, predictions = (part / n[:, np.newaxis] for part in (classes.labels, classes.predictions))
    agreed = classes.hits.sum(axis=1) / n - (labels * predictions).sum(axis=1)
    spread = (1 - (predictions**2).sum(axis=1)) * (1 - (labels**2).sum(axis=1))
    return np.asarray(agreed / np.sqrt(spread))
