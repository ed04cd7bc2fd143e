"""Labelers one by one: how often each is right, what each confuses, and who is judged differently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import stats

from metrics.core.evidence.check import Check, Finding, judged, not_checked, number, percent
from metrics.core.evidence.columns import Floats, Ints, codes, segments
from metrics.core.evidence.dawid_skene import Consensus, dawid_skene, vote_table
from metrics.core.evidence.votes import Votes

LEAST_RIGHT = 0.6
FEWEST_VOTES = 20
FEWEST_EXAMPLES = 10
MOST_GROUPS = 50
SIGNIFICANT = 0.05
APART = 0.1
NAMED = 5
# A page draws a confusion for each of these; beyond it only the rates are kept.
MOST_CONFUSIONS = 200

RULE = (
    "Warning: a labeler with 20 votes or more who is right in under 60 % of them (by gold where there is any, else by "
    "the Dawid–Skene consensus); a segment whose examples of one label are judged wrongly at a rate 10 points from "
    "another's, by a Kruskal–Wallis test over examples at 5 % after Benjamini–Hochberg. Fails: such labelers gave over "
    "half of the votes."
)


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

    def as_json(self, *, confusion: bool = True) -> dict[str, Any]:
        found = {key: value for key, value in vars(self).items() if key != "confusion"}
        return found | ({"confusion": self.confusion.tolist()} if confusion else {})


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
        rates = [one.wrong for one in self.groups]
        return max(rates) - min(rates)

    @property
    def found(self) -> bool:
        return self.spread >= APART and self.adjusted < SIGNIFICANT

    def as_json(self) -> dict[str, Any]:
        groups = [vars(one) for one in self.groups]
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


def below(found: list[Labeler]) -> list[Labeler]:
    """Labelers with 20 votes or more who are right in under 60 %, by gold where they have any, else the consensus."""
    return [one for one in found if one.n >= FEWEST_VOTES and _right(one) < LEAST_RIGHT]


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
    adjusted = stats.false_discovery_control([one[3] for one in tests]).tolist() if tests else []
    found = [
        Difference(column, name, tuple(groups_of), p, q)
        for (column, name, groups_of, p), q in zip(tests, adjusted, strict=True)
    ]
    return sorted(found, key=lambda one: (not one.found, -one.spread, one.column, one.truth))


def labeler_check(votes: Votes, consensus: Consensus, rows: pa.Table) -> Check:
    """The check "labelers": those often wrong, and segments that are judged differently."""
    if not len(votes.example):
        return not_checked("labelers", "There are no votes.", "Log the votes of the labelers.")
    everyone, unlike = labelers(votes, consensus), differences(votes, consensus, rows)
    poor = below(everyone)
    findings = [*_poor(poor, len(votes.example)), *_unlike(unlike)]
    numbers = {
        "labels": votes.labels,
        "truth": "gold" if (votes.gold >= 0).any() else "consensus",
        "labelers": [one.as_json(confusion=at < MOST_CONFUSIONS) for at, one in enumerate(_by_votes(everyone))],
        "below": sorted(one.name for one in poor),
        "differences": [one.as_json() for one in unlike],
    }
    many = sum(one.n >= FEWEST_VOTES for one in everyone)
    good = f"{many:,} of {len(everyone):,} labelers gave {FEWEST_VOTES} votes or more; none of them is often wrong."
    return judged("labelers", findings, good=good, rule=RULE, numbers=numbers)


def of_votes(table: pa.Table) -> tuple[Votes, Consensus]:
    """The votes of a table and the consensus that Dawid–Skene finds in them."""
    votes = Votes.of(table)
    return votes, dawid_skene(votes)


def _poor(poor: list[Labeler], n_votes: int) -> list[Finding]:
    if not poor:
        return []
    worst_first = sorted(poor, key=lambda one: (_right(one), one.name))
    named = ", ".join(f"{one.name} ({percent(_right(one))} of {one.n:,})" for one in worst_first[:NAMED])
    more = f" and {len(poor) - NAMED} more" if len(poor) > NAMED else ""
    text = f"{len(poor)} labelers are right in under {percent(LEAST_RIGHT)} of their votes: {named}{more}."
    if len(poor) == 1:
        text = f"One labeler is right in under {percent(LEAST_RIGHT)} of the votes given: {named}."
    many = 2 * sum(one.n for one in poor) > n_votes
    return [Finding("fails" if many else "warning", text, "Show them the instructions again, or leave them out.")]


def _unlike(unlike: list[Difference]) -> list[Finding]:
    found = []
    for one in unlike:
        if one.found:
            ordered = sorted(one.groups, key=lambda group: group.wrong)
            least, most = ordered[0], ordered[-1]
            text = (
                f"Where the label is {one.truth}, votes for {one.column} {most.group} are wrong in "
                f"{percent(most.wrong)}, for {least.group} in {percent(least.wrong)}."
            )
            found.append(Finding("warning", text, "See whether the instructions fit every segment."))
    return found


def _compared(
    column: str, groups: list[str], group: Ints, wrong: Floats, truth: str
) -> tuple[str, str, list[Judgement], float] | None:
    samples = [(name, wrong[group == at]) for at, name in enumerate(groups)]
    samples = [(name, sample) for name, sample in samples if len(sample) >= FEWEST_EXAMPLES]
    if len(samples) < 2 or len(np.unique(np.concatenate([sample for _, sample in samples]))) < 2:
        return None
    p = float(stats.kruskal(*(sample for _, sample in samples)).pvalue)
    return column, truth, [Judgement(column, name, truth, len(one), float(one.mean())) for name, one in samples], p


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


def _right(one: Labeler) -> float:
    return one.by_consensus if one.by_gold is None else one.by_gold


def _by_votes(found: list[Labeler]) -> list[Labeler]:
    return sorted(found, key=lambda one: (-one.n, one.name))
