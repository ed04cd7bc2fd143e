"""Dawid–Skene: the labels behind the votes, and how each labeler confuses them, by expectation–maximisation.

Dawid, Skene (1979), "Maximum likelihood estimation of observer error-rates using the EM algorithm", Applied
Statistics 28:20–28. Given the true label, votes are taken as independent of one another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.core.arrays import Floats, Ints
from metrics.core.evidence.votes import Votes
from metrics.core.late import pa, special

MOST_STEPS = 500
TOLERANCE = 1e-7
# Added to each cell of a labeler's confusion, so that a label never seen under another is unlikely, not impossible.
PRIOR = 0.01


@dataclass(frozen=True, eq=False)
class Consensus:
    """Posterior of each example's label, shape (E, L); share of each label (L,); confusions (labeler, truth, vote).

    steps: how many the fit took; converged: whether it stood still within 500.
    """

    posterior: Floats
    prevalence: Floats
    confusion: Floats
    steps: int
    converged: bool

    @property
    def label(self) -> Ints:
        """The likeliest label of each example, shape (E,)."""
        return self.posterior.argmax(axis=1).astype(np.int64) if len(self.posterior) else np.zeros(0, dtype=np.int64)

    @property
    def expected_accuracy(self) -> float | None:
        """Mean probability of the likeliest label: how often the consensus is right if the model holds."""
        return float(self.posterior.max(axis=1).mean()) if len(self.posterior) else None


def dawid_skene(votes: Votes, *, prior: float = PRIOR) -> Consensus:
    """Fit by EM from the shares of votes, with `prior` votes added to each cell of each labeler's confusion.

    A labeler may vote several times for one example. Without votes all arrays are empty. Deterministic. With
    prior = 0 it is the method of 1979.
    """
    counts = votes.counts
    if not len(counts):
        size = len(votes.labels)
        return Consensus(counts, np.zeros(size), np.zeros((len(votes.labelers), size, size)), 0, True)
    posterior = counts / counts.sum(axis=1, keepdims=True)
    for step in range(1, MOST_STEPS + 1):
        prevalence = posterior.mean(axis=0)
        confusion = _confusion(votes, posterior, prior)
        before, posterior = posterior, _posterior(votes, prevalence, confusion)
        if np.abs(posterior - before).max() < TOLERANCE:
            return Consensus(posterior, prevalence, confusion, step, True)
    return Consensus(posterior, prevalence, confusion, MOST_STEPS, False)


def of_votes(table: pa.Table) -> tuple[Votes, Consensus]:
    """The votes of a table, and the consensus found in them."""
    votes = Votes.of(table)
    return votes, dawid_skene(votes)


def vote_table(votes: Votes, truth: Floats) -> Floats:
    """Votes of each labeler by true label and vote, (labeler, truth, vote), each split as truth (E, L) has it."""
    n, size = len(votes.labelers), len(votes.labels)
    cell = votes.labeler * size + votes.label
    by_truth = [
        np.bincount(cell, weights=truth[votes.example, label], minlength=n * size).reshape(n, size)
        for label in range(size)
    ]
    return np.stack(by_truth, axis=1) if size else np.zeros((n, 0, 0))


def _confusion(votes: Votes, posterior: Floats, prior: float) -> Floats:
    table = vote_table(votes, posterior) + prior
    total = table.sum(axis=2, keepdims=True)
    return np.asarray(np.divide(table, total, out=np.zeros_like(table), where=total > 0))


def _posterior(votes: Votes, prevalence: Floats, confusion: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        log_prevalence, log_confusion = np.log(prevalence), np.log(confusion)
    given = log_confusion[votes.labeler, :, votes.label]
    joint = np.stack(
        [
            # Sums over one bin an example: −inf, a vote that a label forbids, stays −inf.
            log_prevalence[label] + np.bincount(votes.example, weights=given[:, label], minlength=len(votes.examples))
            for label in range(len(votes.labels))
        ],
        axis=1,
    )
    return np.asarray(np.exp(joint - special.logsumexp(joint, axis=1, keepdims=True)))
