"""A choice of model that waits: totals of the versions, and what knowing is worth before choosing."""

import numpy as np
import pytest

from metrics.queries.documents.known import Known
from metrics.queries.revenue.candidates import choice
from metrics.queries.revenue.drivers import VOLUME
from metrics.queries.revenue.outlook import outlook
from metrics.services.evaluation import promotion
from tests.world import bookings

pytestmark = pytest.mark.django_db


def found_for(world):
    return choice(outlook(Known(world.product)))


def candidate(world, *, shift, version="two"):
    """Another version of the champion's model on the same rows of the test, its scores moved."""
    run = world.log(
        world.people["scientist"], world.product, bookings(shift=shift), name=version, version=version,
        where={"split": "test"},
    )  # fmt: skip
    world.compute()
    run.refresh_from_db()
    return run


def test_without_a_candidate_there_is_nothing_to_choose(world):
    assert found_for(world) is None


def test_a_candidate_on_the_same_data_is_an_option_with_the_total_it_would_have(world):
    run = candidate(world, shift=0.05)
    now = outlook(Known(world.product)).total
    found = found_for(world)
    points = {option.run: option.total.point for option in found.options}
    assert points[world.run.pk] == now.point
    assert [option.in_force for option in found.options] == [option.run == world.run.pk for option in found.options]
    promotion.promote(world.people["manager"], run.version)
    world.compute()
    assert outlook(Known(world.product)).total.point == pytest.approx(points[run.pk], rel=1e-9)


def test_certainty_is_worth_the_mean_of_the_best_less_the_best_mean(world):
    candidate(world, shift=0.05)
    candidate(world, shift=-0.05, version="three")
    found = found_for(world)
    drawn = np.stack([option.total.draws for option in found.options])
    assert len(drawn) == 3
    assert found.certainty == pytest.approx(drawn.max(axis=0).mean() - drawn.mean(axis=1).max())
    assert found.certainty > 0
    worths = [held.worth for held in found.drivers]
    assert worths == sorted(worths, reverse=True)
    assert all(0 < worth <= found.certainty for worth in worths)


def test_the_number_of_cases_is_worth_nothing_to_know_since_it_moves_all_alike(world):
    candidate(world, shift=0.05)
    found = found_for(world)
    assert {held.key: held.worth for held in found.drivers}.get(VOLUME, 0.0) < 0.05 * found.certainty


def test_a_version_on_other_rows_or_passed_over_already_is_no_option(world):
    scientist = world.people["scientist"]
    world.log(scientist, world.product, bookings(seed=9), name="other", version="other", where={"split": "test"})
    world.compute()
    assert found_for(world) is None
    run = candidate(world, shift=0.05)
    assert len(found_for(world).options) == 2
    promotion.promote(world.people["manager"], run.version)
    world.compute()
    assert found_for(world) is None
