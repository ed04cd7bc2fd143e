"""DeLong's test over the API: paired on the same rows, unpaired on others, and z = 0 of a score and itself."""

import numpy as np
import pytest

from metrics.core.selection.delong import paired, unpaired
from tests.world import bookings

pytestmark = pytest.mark.django_db

AT = "/runs/compare/?run={}&run={}"


def logged(world, name, frame):
    run = world.log(world.people["scientist"], world.product, frame, name=name, version=name, where={"split": "test"})
    world.compute()
    return run


def columns(frame):
    test = frame[frame.split == "test"]
    return test.y_true.to_numpy(), test.y_score.to_numpy()


def delong(asks, run, base):
    (found,) = asks("scientist").get(AT.format(base.pk, run.pk)).json()["runs"]
    return found["comparable"], found["delong"]


def test_two_scores_of_the_same_rows_are_tested_in_pairs(asks, world):
    frame = bookings()
    noisy = frame.assign(y_score=np.clip(frame.y_score + np.sin(np.arange(len(frame))) / 8, 0.001, 0.999))
    comparable, found = delong(asks, logged(world, "noisy", noisy), world.run)
    labels, scores = columns(noisy)
    expected = paired(labels, scores, columns(frame)[1])
    assert (comparable, found["paired"], found["degrees"]) == (True, True, None)
    assert (found["statistic"], found["p"]) == pytest.approx((expected.z, expected.p))


def test_a_score_and_itself_differ_by_nothing_for_certain(asks, world):
    frame = bookings()
    _, found = delong(asks, logged(world, "again", frame.assign(y_score=frame.y_score / 2)), world.run)
    assert (found["difference"], found["statistic"], found["p"]) == (0, 0, 1)


def test_two_runs_on_different_rows_are_tested_unpaired(asks, world):
    frame = bookings(seed=9).assign(example_id=lambda held: [f"other {at}" for at in range(len(held))])
    comparable, found = delong(asks, logged(world, "other", frame), world.run)
    expected = unpaired(*columns(frame), *columns(bookings()))
    assert (comparable, found["paired"]) == (False, False)
    assert (found["statistic"], found["degrees"], found["p"]) == pytest.approx(
        (expected.t, expected.degrees, expected.p)
    )


def test_rows_in_common_are_neither_paired_nor_independent(asks, world):
    frame = bookings()
    _, found = delong(asks, logged(world, "half", frame.iloc[: len(frame) // 2]), world.run)
    assert "share rows" in found["unknown"]
