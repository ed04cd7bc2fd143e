"""What moves a projection: shares of its band, effects at the ends, what to measure next."""

import numpy as np
import pytest

from metrics.queries.budget import NONE, SAMPLING, VOLUME, movers
from metrics.queries.documents import Known
from metrics.queries.revenue import outlook, what_if
from metrics.services import kpi, revenue

pytestmark = pytest.mark.django_db


def found_for(world):
    return movers(outlook(world.product), Known(world.product))


def test_shares_of_the_band_add_up_to_about_one(world) -> None:
    found = found_for(world).found
    assert {"keep_rate", "unsold_share", "offer", "call_cost", "growth", SAMPLING, VOLUME} == {one.key for one in found}
    assert 0.85 < sum(mover.share for mover in found) < 1.15
    assert [mover.share for mover in found] == sorted((mover.share for mover in found), reverse=True)


def test_a_share_is_what_the_band_loses_where_the_input_is_certain(world) -> None:
    """Var(E[Y | X]) / Var(Y), against the variance that is left once the assumption is known exactly."""
    one = outlook(world.product)
    share = next(mover.share for mover in found_for(world).found if mover.key == "unsold_share")
    held = world.product.assumptions.get(key="unsold_share")
    kpi.update_assumption(
        world.people["manager"], held, distribution={"kind": "point", "value": 0.4}, owner="o", source="s"
    )
    world.compute()
    left = np.var(outlook(world.product).total.draws) / np.var(one.total.draws)
    assert share == pytest.approx(1 - left, abs=0.06)


def test_an_effect_is_what_the_what_if_gives_at_the_ends(world) -> None:
    one = outlook(world.product)
    for key in ("unsold_share", "growth"):
        mover = next(mover for mover in found_for(world).found if mover.key == key)
        ends = sorted(what_if(one, {key: end}).total.point for end in (mover.low, mover.high))
        assert mover.effect == pytest.approx(ends, rel=1e-9)


def test_the_next_to_measure_is_the_widest_that_can_be_measured(world) -> None:
    found = found_for(world)
    assert found.measure_next == found.found[0].key


def test_certainty_is_worth_little_where_the_policy_hardly_ever_loses(world) -> None:
    one = outlook(world.product).total
    assert found_for(world).certainty == pytest.approx(np.maximum(-one.draws, 0).mean(), abs=1e-6)


def test_terms_of_the_projection_have_their_share_and_their_ends(world) -> None:
    serving = kpi.create_assumption(
        world.people["manager"], world.product, key="serving", name="Serving", unit="EUR/month",
        distribution={"kind": "interval90", "low": 100, "high": 3000}, owner="o", source="s",
    ).assumption  # fmt: skip
    revenue.set_projection(
        world.people["manager"], world.product, value_kpi=world.value, volume_kpi=world.volume, serving=serving
    )
    world.compute()
    mover = next(mover for mover in found_for(world).found if mover.key == "serving")
    assert mover.name == "Serving"
    assert mover.effect[1] - mover.effect[0] == pytest.approx(12 * (mover.high - mover.low), rel=1e-6)
    assert mover.share > 0.02


def test_without_a_projection_nothing_moves(product) -> None:
    assert movers(outlook(product), Known(product)) == NONE
