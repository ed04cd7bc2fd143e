"""DeLong's variance of the AUC, and tests of two AUCs: the cross-check of what resampling says.

Paired, of two scores of the same rows; unpaired, of two sets of rows that have none in common.

DeLong, DeLong, Clarke-Pearson 1988, Biometrics 44:837–845, by the midranks of Sun, Xu 2014, IEEE Signal Processing
Letters 21:1389–1393. Rows are taken as independent and of equal weight: it knows neither clusters nor weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats
from metrics.core.estimate import Unknown
from metrics.core.late import pa, pc, stats

TOO_FEW = "DeLong's variance needs two rows of each label at least"
WEIGHTED = "DeLong's test takes rows of equal weight, and these have weights"
CLUSTERED = "DeLong's test takes independent rows, and these come in clusters"
OTHER_ROWS = "the two runs do not hold the same ids with the same labels"
SHARED_ROWS = "the two runs share rows, so that they are neither independent nor paired"
NO_VARIANCE = "the AUCs differ, and no row is placed otherwise than the rest of its label: there is no error to test by"


@dataclass(frozen=True)
class Auc:
    """An AUC and its standard error by DeLong."""

    auc: float
    standard_error: float


@dataclass(frozen=True)
class PairedAucs:
    """Two AUCs on the same rows: difference a − b, its standard error, z and the two-sided p value."""

    a: Auc
    b: Auc
    difference: float
    standard_error: float
    z: float
    p: float


@dataclass(frozen=True)
class UnpairedAucs:
    """Two AUCs on different rows: difference a − b, its standard error, t, degrees of freedom, two-sided p value."""

    a: Auc
    b: Auc
    difference: float
    standard_error: float
    t: float
    degrees: float
    p: float


def auc(labels: NDArray[Any], scores: NDArray[Any]) -> Auc | Unknown:
    """AUC of scores (n,) for labels (n,) of 0 and 1, ties counted half; Unknown below two rows of either label."""
    found = _covariance(labels, [scores])
    if isinstance(found, Unknown):
        return found
    areas, covariance = found
    return Auc(float(areas[0]), float(np.sqrt(covariance[0, 0])))


def paired(labels: NDArray[Any], a: NDArray[Any], b: NDArray[Any]) -> PairedAucs | Unknown:
    """Test of equal AUCs of two scores (n,) of the same rows with labels (n,).

    Scores that order the rows alike, as a score and itself, have z = 0 and p = 1, as in pROC. Unknown below two rows of
    either label, and where AUCs differ without any variance.
    """
    found = _covariance(labels, [a, b])
    if isinstance(found, Unknown):
        return found
    areas, covariance = found
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    one, two = (Auc(float(areas[at]), float(np.sqrt(covariance[at, at]))) for at in range(2))
    # What rounding leaves of equal placements is no variance.
    if variance <= 1e-14 * (covariance[0, 0] + covariance[1, 1]):
        return PairedAucs(one, two, 0.0, 0.0, 0.0, 1.0) if _equal(one, two) else Unknown(NO_VARIANCE)
    difference, error = float(areas[0] - areas[1]), float(np.sqrt(variance))
    z = difference / error
    return PairedAucs(one, two, difference, error, z, float(2 * stats.norm.sf(abs(z))))


def unpaired(
    labels_a: NDArray[Any], a: NDArray[Any], labels_b: NDArray[Any], b: NDArray[Any]
) -> UnpairedAucs | Unknown:
    """Test of equal AUCs of scores of two independent sets of rows: labels and scores (n,) of one, (m,) of the other.

    t = (A − B) / √(V_A + V_B) on (V_A + V_B)² / (V_A² / (n − 1) + V_B² / (m − 1)) degrees of freedom (Welch–
    Satterthwaite), as pROC's unpaired test (Robin et al. 2011, BMC Bioinformatics 12:77). Unknown as for `paired`.
    """
    one, two = auc(labels_a, a), auc(labels_b, b)
    if isinstance(one, Unknown):
        return one
    if isinstance(two, Unknown):
        return two
    parts = [found.standard_error**2 for found in (one, two)]
    variance = sum(parts)
    if variance == 0:
        same = UnpairedAucs(one, two, 0.0, 0.0, 0.0, float(len(labels_a) + len(labels_b) - 2), 1.0)
        return same if _equal(one, two) else Unknown(NO_VARIANCE)
    degrees = variance**2 / (parts[0] ** 2 / (len(labels_a) - 1) + parts[1] ** 2 / (len(labels_b) - 1))
    difference, error = one.auc - two.auc, float(np.sqrt(variance))
    t = difference / error
    return UnpairedAucs(one, two, difference, error, t, float(degrees), float(2 * stats.t.sf(abs(t), degrees)))


def _equal(one: Auc, two: Auc) -> bool:
    return abs(one.auc - two.auc) <= 1e-12


def unpaired_runs(a: pa.Table, b: pa.Table) -> UnpairedAucs | Unknown:
    """The unpaired test for two tables of canonical rows, unlabelled rows apart.

    Unknown where they share an id, and where they hold weights or clusters.
    """
    if reason := _unfit(a, b):
        return Unknown(reason)
    one, two = (_by_id(table) for table in (a, b))
    if bool(pc.any(pc.is_in(one["example_id"], value_set=two["example_id"])).as_py()):
        return Unknown(SHARED_ROWS)
    return unpaired(*(column.to_numpy() for table in (one, two) for column in (table["y_true"], table["y_score"])))


def _unfit(*tables: pa.Table) -> str:
    for table in tables:
        if "weight" in table.column_names:
            return WEIGHTED
        if "cluster_id" in table.column_names:
            return CLUSTERED
    return ""


def paired_runs(a: pa.Table, b: pa.Table) -> PairedAucs | Unknown:
    """The same test for two tables of canonical rows, matched by example_id, in whatever order; unlabelled rows apart.

    Unknown where the tables hold other ids or labels, weights, or clusters.
    """
    if reason := _unfit(a, b):
        return Unknown(reason)
    one, two = (_by_id(table) for table in (a, b))
    if not all(one[name].equals(two[name]) for name in ("example_id", "y_true")):
        return Unknown(OTHER_ROWS)
    return paired(*(column.to_numpy() for column in (one["y_true"], one["y_score"], two["y_score"])))


def _by_id(table: pa.Table) -> pa.Table:
    labelled = table.select(["example_id", "y_true", "y_score"]).filter(pc.is_valid(table["y_true"]))
    return labelled.sort_by("example_id").combine_chunks()


def _covariance(labels: NDArray[Any], scores: list[NDArray[Any]]) -> tuple[Floats, Floats] | Unknown:
    """AUCs (r,) and their covariance (r, r) of r scores."""
    positive = np.asarray(labels) == 1
    m, n = int(positive.sum()), int((~positive).sum())
    if m < 2 or n < 2:
        return Unknown(TOO_FEW)
    above, below = np.empty((len(scores), m)), np.empty((len(scores), n))
    for row, score in enumerate(scores):
        together = stats.rankdata(score)
        # The share of negatives below each positive, and of positives above each negative, ties counted half.
        above[row] = (together[positive] - stats.rankdata(score[positive])) / n
        below[row] = 1 - (together[~positive] - stats.rankdata(score[~positive])) / m
    return above.mean(axis=1), _scatter(above) / m + _scatter(below) / n


def _scatter(rows: Floats) -> Floats:
    """Covariance (r, r) of r rows, each entry by itself: one run's is the same to the last bit beside any other."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    products = [[float((one * two).sum()) for two in centred] for one in centred]
    return np.array(products, dtype=np.float64) / float(rows.shape[1] - 1)
