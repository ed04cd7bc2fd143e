import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from metrics.core.evaluation.statistics.container import ContainerError, packed, unpacked

kinds = st.sampled_from([np.int64, np.float64, np.uint8, np.float32, np.uint32])


@settings(deadline=None)
@given(st.lists(kinds.flatmap(lambda kind: hnp.arrays(kind, hnp.array_shapes(max_dims=3, min_side=0, max_side=5)))))
def test_arrays_come_back_exactly(arrays: list[np.ndarray]) -> None:
    content = packed({"a": [1, "b"]}, arrays)
    header, again = unpacked(content)
    assert header == {"a": [1, "b"]}
    for mine, its in zip(arrays, again, strict=True):
        assert its.dtype == (np.int64 if mine.dtype.kind in "iu" else np.float64)
        assert its.shape == mine.shape
        np.testing.assert_array_equal(its, mine)
    assert packed({"a": [1, "b"]}, arrays) == content


@pytest.mark.parametrize("values", [[-0.0], [np.nan], [np.inf, -np.inf], [2.0**60], [0.5, 1.0], [-3.0]])
def test_numbers_that_are_not_small_whole_ones_are_kept_bit_by_bit(values: list[float]) -> None:
    (again,) = unpacked(packed({}, [np.array(values)]))[1]
    assert again.tobytes() == np.array(values).tobytes()


def test_ascending_whole_numbers_take_a_byte_each_at_most() -> None:
    assert len(packed({}, [np.arange(10**6, 10**6 + 50_000, dtype=np.int64)])) < 500


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=60), st.integers(0, 400), st.booleans())
def test_changed_bytes_are_refused_or_read_and_never_raise_anything_else(junk: bytes, at: int, cut: bool) -> None:
    content = packed({"kind": "x"}, [np.arange(40.0) / 3, np.arange(9)])
    changed = content[:at] + junk + (b"" if cut else content[at + len(junk) :])
    try:
        unpacked(changed)
    except ContainerError:
        return
