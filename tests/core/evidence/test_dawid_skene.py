"""Dawid–Skene: the published example, simulated truth, and its edges."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.evidence.dawid_skene import dawid_skene, vote_table
from metrics.core.evidence.votes import Votes

# Dawid, Skene (1979), table 1: 45 patients by five anaesthetists, of whom the first judged each three times.
ANAESTHETISTS = """
1111111 3334334 1122122 2223121 2223222 2223322 1222111 3333433 2222223 2322223 4444444 2223343 1111111 2223212 1211111
1112111 1111111 1111111 2222221 2221322 2222222 2222221 2223222 2212222 1111111 1111111 2322222 1111111 1111111 1121121
1111111 3333233 1111111 2222222 2223232 4334343 2212223 2323233 3333432 1111111 1111111 1212111 2322222 1211111 2222222
"""


def anaesthetists():
    patients = ANAESTHETISTS.split()
    said = [
        (str(number), str(max(0, at - 2)), label) for number, row in enumerate(patients) for at, label in enumerate(row)
    ]
    columns = dict(zip(("example_id", "labeler_id", "label"), zip(*said, strict=True), strict=True))
    return Votes.of(pa.table({name: list(values) for name, values in columns.items()}))


def simulated(seed, *, n=600, labelers=12, votes=7):
    """Votes of labelers with confusions of their own, the truth and those confusions."""
    generator = np.random.default_rng(seed)
    truth = generator.choice(3, n, p=[0.5, 0.3, 0.2])
    confusion = np.stack([generator.dirichlet(np.eye(3)[t] * 8 + 1, labelers) for t in range(3)], axis=1)
    rows = [
        (f"{example:04d}", f"L{who:02d}", str(generator.choice(3, p=confusion[who, truth[example]])))
        for example in range(n)
        for who in generator.choice(labelers, votes, replace=False)
    ]
    columns = dict(zip(("example_id", "labeler_id", "label"), zip(*rows, strict=True), strict=True))
    return Votes.of(pa.table({name: list(values) for name, values in columns.items()})), truth, confusion


def test_the_anaesthetists_are_judged_as_published():
    found = dawid_skene(anaesthetists(), prior=0)
    # Dawid, Skene (1979), to two digits: the shares of the four classes, and how often the first observer calls
    # classes 1 and 2 by their names.
    assert found.prevalence.round(2).tolist() == [0.40, 0.42, 0.11, 0.07]
    assert found.confusion[0].diagonal()[:2].round(2).tolist() == [0.89, 0.88]
    assert found.converged


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_consensus_beats_the_majority_and_finds_the_confusions(seed):
    votes, truth, confusion = simulated(seed)
    found = dawid_skene(votes)
    right = (found.label == truth).mean()
    assert right >= (votes.majority == truth).mean()
    assert found.expected_accuracy == pytest.approx(right, abs=0.02)
    assert np.abs(found.confusion - confusion).mean() < 0.05
    assert found.prevalence.tolist() == pytest.approx([0.5, 0.3, 0.2], abs=0.05)


def test_a_labeler_who_always_says_the_opposite_is_believed_in_reverse(votes):
    said = {f"e{number}": "aaab" if number % 2 else "bbba" for number in range(40)}
    found = dawid_skene(Votes.of(votes(said)))
    assert found.confusion[3, 0, 1] > 0.9
    assert found.confusion[3, 1, 0] > 0.9


said = st.dictionaries(
    st.integers(0, 8).map(str), st.text(alphabet="abc", min_size=1, max_size=4), min_size=1, max_size=8
)


@settings(max_examples=30, deadline=None)
@given(said)
def test_posteriors_and_confusions_are_distributions(found):
    rows = [(example, str(at), label) for example, labels in found.items() for at, label in enumerate(labels)]
    columns = dict(zip(("example_id", "labeler_id", "label"), zip(*rows, strict=True), strict=True))
    votes = Votes.of(pa.table({name: list(values) for name, values in columns.items()}))
    fitted = dawid_skene(votes)
    assert fitted.posterior.sum(axis=1) == pytest.approx(1)
    assert fitted.confusion.sum(axis=2) == pytest.approx(1)
    assert fitted.prevalence.sum() == pytest.approx(1)
    assert vote_table(votes, fitted.posterior).sum() == pytest.approx(len(rows))


def test_without_votes_there_is_nothing_to_fit(votes):
    found = dawid_skene(Votes.of(votes({})))
    assert found.posterior.shape == (0, 0)
    assert found.expected_accuracy is None
    assert found.label.tolist() == []
