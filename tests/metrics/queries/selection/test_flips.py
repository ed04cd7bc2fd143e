"""Where a choice turns over, once figures are priced in full: between one leader and two that stand alike as well."""

import numpy as np
import pytest

from metrics.core.selection.flip_points import Flip
from metrics.queries.selection.flips import SETTLED, _settled


def test_a_turn_from_one_leader_to_a_tie_with_it_is_met_where_the_tie_begins():
    def score(at: float) -> np.ndarray:
        return np.array([1.0, 1.0 - max(0.0, 0.52 - at)])

    interpolated = Flip(0.5, (0,), (0, 1), (0.5, 0.5))
    found = _settled(interpolated, score, (0.0, 1.0))
    assert found is not None
    assert found.value == pytest.approx(0.52, abs=SETTLED)
    assert (found.below, found.above) == ((0,), (0, 1))


def test_a_turn_to_who_may_not_be_chosen_before_it_has_a_value():
    def score(at: float) -> np.ndarray:
        return np.array([0.0, 1.0 if at >= 0.52 else -np.inf])

    found = _settled(Flip(0.5, (0,), (1,), (0.5, 0.5)), score, (0.0, 1.0))
    assert found is not None
    assert found.value == pytest.approx(0.52, abs=SETTLED)
