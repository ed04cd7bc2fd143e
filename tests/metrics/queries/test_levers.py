"""What moves a projection: shares of its band, effects at the ends, and the range of what may be slid."""

import numpy as np
import pytest

from metrics.core.estimate import Estimate, Unknown
from metrics.queries.documents import Known
from metrics.queries.levers import GROWTH, SAMPLING, VOLUME, difference, levers, movers
from metrics.queries.revenue import outlook, what_if


def test_shares_of_the_band_add_up_to_about_one(world) -> None:
    found = movers(outlook(world.product), Known(world.product))
    assert {"keep_rate", "unsold_share", SAMPLING, VOLUME} <= {mover.key for mover in found}
    assert 0.85 < sum(mover.share for mover in found) < 1.1
    assert [mover.share for mover in found] == sorted((mover.share for mover in found), reverse=True)


def test_an_effect_is_what_the_what_if_gives_at_the_ends(world) -> None:
    one = outlook(world.product)
    mover = next(mover for mover in movers(one, Known(world.product)) if mover.key == "unsold_share")
    ends = sorted(what_if(one, {"unsold_share": end}).total.point for end in (mover.low, mover.high))
    # a what-if also lets the months' shape move, by thousandths
    assert mover.effect == pytest.approx(ends, rel=5e-3)


def test_levers_span_the_95_percent_band_and_hold_the_point(world) -> None:
    found = {lever.key: lever for lever in levers(outlook(world.product), Known(world.product))}
    assert GROWTH in found
    for lever in found.values():
        assert lever.low < lever.point < lever.high
    assert found["keep_rate"].says == "90 % sure between 0.29 and 0.41"


def test_without_a_projection_there_is_nothing_to_move(product) -> None:
    one = outlook(product)
    assert levers(one, Known(product)) == []
    assert movers(one, Known(product)) == []


def test_a_difference_is_unknown_where_a_side_is_or_units_differ() -> None:
    draws = np.array([1.0, 2.0])
    euro = Estimate(2.0, "EUR", draws)
    assert difference(euro, Unknown("no")) == Unknown("no")
    assert difference(Unknown("why"), euro) == Unknown("why")
    assert isinstance(difference(euro, Estimate(1.0, "USD")), Unknown)
    assert difference(euro, Estimate(1.5, "EUR", draws)).point == 0.5
