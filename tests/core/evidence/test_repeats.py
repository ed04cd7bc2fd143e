"""Repeats: counted as a plain loop over the rows counts them."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.evidence.repeats import repeated_ids, repeats

found = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["u", "v"]), st.sampled_from([0.0, 1.0, None])),
    min_size=1,
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(found)
def test_repeats_are_those_a_loop_finds(rows, cells):
    table = rows(
        x_a=[one for one, _, _ in cells], x_b=[one for _, one, _ in cells], y_true=[one for _, _, one in cells]
    )
    one = repeats(table)
    features = Counter((a, b) for a, b, _ in cells)
    labels = {key: Counter(y for a, b, y in cells if (a, b) == key and y is not None) for key in features}
    assert (one.n, one.distinct, one.most) == (len(cells), len(features), max(features.values()))
    assert one.copies == len(cells) - len(set(cells))
    assert one.labelled == sum(y is not None for _, _, y in cells)
    assert one.conflicting == sum(sum(of.values()) for of in labels.values() if len(of) > 1)
    assert one.lost == sum(sum(of.values()) - max(of.values()) for of in labels.values() if of)
    assert one.telling == (len(features) >= len(cells) / 2)


def test_without_features_or_rows_there_are_none(rows):
    assert repeats(rows(y_true=[1.0])) is None
    assert repeats(rows(x_a=[1.0]).slice(0, 0)) is None
    assert repeats(rows(x_a=[1.0, 1.0])).copies == 1


def test_ids_are_counted_once_each(rows):
    assert repeated_ids(rows(example_id=["a", "b", "a", "a"])) == 2
