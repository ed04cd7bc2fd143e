"""How far labelers agree beyond chance: Krippendorff's alpha, and the kappas of Fleiss and, of two, of Cohen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from metrics.core.arrays import Floats, Ints
from metrics.core.estimate import Quantity, Unknown, made
from metrics.core.rows.table import Scale

ONE_LABEL = "all votes are for one label: chance agreement cannot be told from real agreement"


def krippendorff_alpha(counts: Floats, *, level: Scale = "nominal", values: Floats | None = None) -> Quantity:
    """Krippendorff's alpha, 1 − observed disagreement / that expected by chance; 1 at best, 0 as by chance.

    counts: votes of each example for each label, shape (E, L); examples with a single vote say nothing and are left
    out, so labelers need not have seen all. level: how far two labels lie apart (DISTANCES), by their `values`, shape
    (L,), of which ordinal takes the order alone; their places where none are given. Unknown where no example has two
    votes, or all pairs are of one label. Krippendorff (2011), "Computing Krippendorff's alpha-reliability": with o the
    matrix of coincidences Σ over examples of n_c (n_k − [c = k]) / (m − 1), alpha = 1 − Σ o δ / Σ e δ.
    """
    votes = counts.sum(axis=1)
    paired, m = counts[votes > 1], votes[votes > 1]
    if not len(paired):
        return Unknown("no example was labelled twice")
    weighted = paired / (m - 1)[:, None]
    observed = weighted.T @ paired - np.diag(weighted.sum(axis=0))
    total = paired.sum(axis=0)
    expected = (np.outer(total, total) - np.diag(total)) / (total.sum() - 1)
    places = np.arange(counts.shape[1], dtype=np.float64) if values is None else values
    apart = DISTANCES[level](places, total)
    by_chance = float((expected * apart).sum())
    if by_chance <= 0:
        return Unknown(ONE_LABEL)
    return made(1 - float((observed * apart).sum()) / by_chance, None)


def _nominal(values: Floats, total: Floats) -> Floats:
    """1 for unlike labels."""
    return 1 - np.eye(len(values))


def _ordinal(values: Floats, total: Floats) -> Floats:
    """The square of the votes from the one label to the other in their order, the two themselves counted half."""
    order = np.argsort(values, kind="stable")
    middle = np.empty(len(values))
    middle[order] = np.cumsum(total[order]) - total[order] / 2
    return np.asarray(np.subtract.outer(middle, middle) ** 2)


def _interval(values: Floats, total: Floats) -> Floats:
    """The square of their difference."""
    return np.asarray(np.subtract.outer(values, values) ** 2)


def _ratio(values: Floats, total: Floats) -> Floats:
    """The square of their difference over their sum; values of 0 or more."""
    sums = np.add.outer(values, values)
    shares = np.divide(np.subtract.outer(values, values), sums, out=np.zeros_like(sums), where=sums > 0)
    return np.asarray(shares**2)


DISTANCES: Mapping[Scale, Callable[[Floats, Floats], Floats]] = {
    "nominal": _nominal,
    "ordinal": _ordinal,
    "interval": _interval,
    "ratio": _ratio,
}
"""Level of measurement → δ of each pair of labels (L, L), from their values and how many votes each has."""


def cohen_kappa(one: Ints, other: Ints) -> Quantity:
    """Cohen's kappa (P − Pe) / (1 − Pe) of two labelers: codes (n,) of their labels of the same n examples.

    Chance is by each labeler's own shares. Unknown without an example of both, and where both always say one label.
    Cohen (1960), Educational and Psychological Measurement 20:37–46.
    """
    if not len(one):
        return Unknown("no example was labelled by both")
    size = int(max(one.max(), other.max())) + 1
    shares = [np.bincount(side, minlength=size) / len(side) for side in (one, other)]
    by_chance = float(shares[0] @ shares[1])
    if by_chance >= 1:
        return Unknown(ONE_LABEL)
    return made((float((one == other).mean()) - by_chance) / (1 - by_chance), None)


def fleiss_kappa(counts: Floats) -> Quantity:
    """Fleiss' kappa (P − Pe) / (1 − Pe): agreement of the votes of an example, averaged, beyond that by chance.

    counts: shape (E, L). Unknown unless every example has the same number of votes, two or more, and two labels
    occur. Fleiss (1971), "Measuring nominal scale agreement among many raters".
    """
    votes = counts.sum(axis=1)
    if not len(votes) or votes.min() != votes.max():
        return Unknown("examples have unequal numbers of votes")
    if votes[0] < 2:
        return Unknown("no example was labelled twice")
    by_chance = float((shares_of(counts) ** 2).sum())
    if by_chance >= 1:
        return Unknown(ONE_LABEL)
    return made((float(pair_agreement(counts).mean()) - by_chance) / (1 - by_chance), None)


def pair_agreement(counts: Floats) -> Floats:
    """Share of the pairs of votes of each example that agree, shape (E,); NaN where it has fewer than two votes."""
    votes = counts.sum(axis=1)
    pairs = votes * (votes - 1)
    return np.asarray(
        np.divide((counts * (counts - 1)).sum(axis=1), pairs, out=np.full(len(votes), np.nan), where=pairs > 0)
    )


def shares_of(counts: Floats) -> Floats:
    """Share of each label among all votes, shape (L,)."""
    return np.asarray(counts.sum(axis=0) / counts.sum())
