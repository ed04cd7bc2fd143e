"""Labelers one by one: how often each is right and what each confuses; segments that are judged differently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from metrics.core.arrays import Floats, Ints
from metrics.core.evidence.check import number
from metrics.core.evidence.columns import codes, segments
from metrics.core.evidence.dawid_skene import Consensus, vote_table
from metrics.core.evidence.votes import Votes
from metrics.core.late import pa, pc, stats

LEAST_RIGHT = 0.6
FEWEST_VOTES = 20
FEWEST_EXAMPLES = 10
MOST_GROUPS = 50
SIGNIFICANT = 0.05
APART = 0.1


@dataclass(frozen=True, eq=False)
class Labeler:
    """One labeler: votes, share right by gold and by the majority (None where undefined), mean consensus probability.

    by_gold: over votes for examples with gold. by_majority: over examples without a tie. by_consensus: mean posterior
    probability of the labels voted for. confusion: votes by (truth, vote), truth being gold where there is any in the
    data, else the consensus.
    """

    name: str
    n: int
    by_gold: float | None
    by_majority: float | None
    by_consensus: float
    confusion: Floats

    @property
    def right(self) -> float:
        """By gold where there is any, else by the consensus."""
        return self.by_consensus if self.by_gold is None else self.by_gold

    def as_json(self, *, confusion: bool = True) -> dict[str, Any]:
        rates = {key: value for key, value in vars(self).items() if key != "confusion"}
        return rates | ({"confusion": self.confusion.tolist()} if confusion else {})


@dataclass(frozen=True)
class Judgement:
    """How examples with one true label are judged in one segment: the mean share of their votes that is wrong."""

    column: str
    group: str
    truth: str
    examples: int
    wrong: float


@dataclass(frozen=True)
class Difference:
    """Whether the groups of a segment column are judged alike where the true label is `truth`."""

    column: str
    truth: str
    groups: tuple[Judgement, ...]
    p_value: float
    adjusted: float

    @property
    def spread(self) -> float:
        """Greatest rate of wrong votes less the least."""
        rates = [group.wrong for group in self.groups]
        return max(rates) - min(rates)

    @property
    def found(self) -> bool:
        return self.spread >= APART and self.adjusted < SIGNIFICANT

    def as_json(self) -> dict[str, Any]:
        groups = [vars(group) for group in self.groups]
        return {**vars(self), "groups": groups, "spread": self.spread, "found": self.found}


def labelers(votes: Votes, consensus: Consensus) -> list[Labeler]:
    """Every labeler, by name."""
    n = len(votes.labelers)
    majority, gold = votes.majority[votes.example], votes.gold[votes.example]
    by_gold = _mean(votes.labeler, votes.label == gold, gold >= 0, n)
    by_majority = _mean(votes.labeler, votes.label == majority, majority >= 0, n)
    own = consensus.posterior[votes.example, votes.label]
    by_consensus = _mean(votes.labeler, own, np.ones(len(own), dtype=np.bool_), n)
    tables = vote_table(votes, _truth(votes, consensus))
    sizes = np.bincount(votes.labeler, minlength=n)
    return [
        Labeler(name, int(sizes[at]), number(by_gold[at]), number(by_majority[at]), float(by_consensus[at]), tables[at])
        for at, name in enumerate(votes.labelers)
    ]


def below(everyone: list[Labeler]) -> list[Labeler]:
    """Labelers with 20 votes or more who are right in under 60 %, by gold where they have any, else the consensus."""
    return [labeler for labeler in everyone if labeler.n >= FEWEST_VOTES and labeler.right < LEAST_RIGHT]


def differences(votes: Votes, consensus: Consensus, rows: pa.Table) -> list[Difference]:
    """Per segment column of the rows and true label: are its groups judged alike? Most different first.

    The true label is gold where there is any in the data, else the likeliest by the consensus. Examples, not votes,
    are the units (votes for one example go together): the share of wrong votes of each, compared over the groups with
    at least 10 examples by the Kruskal–Wallis test. p-values are adjusted over all tests (Benjamini, Hochberg 1995).
    """
    truth = votes.gold if (votes.gold >= 0).any() else consensus.label
    wrong = 1 - votes.counts[np.arange(len(truth)), truth] / votes.counts.sum(axis=1)
    at = pc.index_in(pa.array(votes.examples, pa.string()), rows["example_id"].cast(pa.string()).combine_chunks())
    row = np.asarray(pc.fill_null(at, -1), dtype=np.int64)
    tests: list[tuple[str, str, list[Judgement], float]] = []
    for column in segments(rows):
        groups, of_row = codes(rows[column])
        if len(groups) > MOST_GROUPS:
            continue
        group = np.where(row >= 0, np.r_[of_row, -1][row], -1)
        for label, name in enumerate(votes.labels):
            test = _compared(column, groups, group[truth == label], wrong[truth == label], name)
            tests += [test] if test else []
    adjusted = stats.false_discovery_control([p for *_, p in tests]).tolist() if tests else []
    tested = [
        Difference(column, name, tuple(groups_of), p, q)
        for (column, name, groups_of, p), q in zip(tests, adjusted, strict=True)
    ]
    return sorted(tested, key=lambda test: (not test.found, -test.spread, test.column, test.truth))


def _compared(
    column: str, groups: list[str], group: Ints, wrong: Floats, truth: str
) -> tuple[str, str, list[Judgement], float] | None:
    samples = [(name, wrong[group == at]) for at, name in enumerate(groups)]
    samples = [(name, sample) for name, sample in samples if len(sample) >= FEWEST_EXAMPLES]
    if len(samples) < 2 or len(np.unique(np.concatenate([sample for _, sample in samples]))) < 2:
        return None
    p = float(stats.kruskal(*(sample for _, sample in samples)).pvalue)
    return (
        column,
        truth,
        [Judgement(column, name, truth, len(shares), float(shares.mean())) for name, shares in samples],
        p,
    )


def _truth(votes: Votes, consensus: Consensus) -> Floats:
    if not (votes.gold >= 0).any():
        return consensus.posterior
    truth = np.zeros_like(consensus.posterior)
    known = np.flatnonzero(votes.gold >= 0)
    truth[known, votes.gold[known]] = 1
    return truth


def _mean(owner: Ints, values: Any, given: Any, n: int) -> Floats:
    total = np.bincount(owner[given], weights=np.asarray(values, dtype=np.float64)[given], minlength=n)
    size = np.bincount(owner[given], minlength=n)
    return np.asarray(np.divide(total, size, out=np.full(n, np.nan), where=size > 0))
