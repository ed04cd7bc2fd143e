import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.evaluation.statistics.bins import Bins
from metrics.core.rows import sorting
from metrics.core.rows.sorting import SortedRuns, ordered

keys = st.lists(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 40), max_size=60), max_size=12)


@settings(max_examples=60, deadline=None)
@given(runs=keys, memory=st.sampled_from([0, 300, 1 << 20]), apart=st.sampled_from([0, 3]))
def test_ranges_hold_every_row_once_ascending_in_memory_or_in_a_file(runs, memory, apart) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorting, "RANGE", 16)
        patch.setattr(sorting, "_SAMPLED", 4)
        held = SortedRuns(apart=apart, memory=memory)
        row = 0
        for run in runs:
            key = np.array(run, dtype=np.uint64)
            held.add(ordered((key, np.arange(row, row + len(key)))))
            row += len(key)
        found = [ordered(columns, runs=True) for columns in held.ranges()]
    everything = np.array([key for run in runs for key in run], dtype=np.uint64)
    order = np.argsort(everything, kind="stable")
    assert [key for part, _ in found for key in part.tolist()] == everything[order].tolist()
    assert [row for _, part in found for row in part.tolist()] == order.tolist()
    prefixes = [set((part >> np.uint64(apart)).tolist()) for part, _ in found]
    assert sum(map(len, prefixes)) == len(set().union(*prefixes))


@settings(max_examples=60, deadline=None)
@given(
    edges=st.lists(st.floats(0, 1, width=32) | st.floats(0, 1), max_size=300, unique=True),
    seed=st.integers(0, 100),
    narrow=st.booleans(),
)
def test_bins_are_those_of_a_binary_search(edges, seed, narrow) -> None:
    edges = np.unique(np.array(edges) + 0.0)
    random = np.random.default_rng(seed)
    scores = np.concatenate([random.random(9000), edges, np.nextafter(edges, 1), [0.0, -0.0, 1.0]]).clip(0, 1)
    scores = scores.astype(np.float32) if narrow else scores
    expected = np.searchsorted(edges, scores.astype(np.float64), side="left")
    assert Bins(edges).of(scores).tolist() == expected.tolist()
