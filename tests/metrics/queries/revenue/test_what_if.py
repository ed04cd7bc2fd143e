"""What of a projection may be slid, and how far; differences of figures."""

import numpy as np

from metrics.core.estimate import Estimate, Unknown, difference
from metrics.models.revenue import Scenario
from metrics.queries.documents.known import Known
from metrics.queries.revenue.outlook import outlook
from metrics.queries.revenue.what_if import GROWTH, asked, movable, strange, unmovable


def test_drivers_span_the_95_percent_band_and_hold_the_point(world) -> None:
    found = {driver.key: driver for driver in movable(outlook(Known(world.product)))}
    assert GROWTH in found
    for driver in found.values():
        assert driver.low < driver.point < driver.high
    assert found["keep_rate"].says == "90 % sure between 29 and 41\u00a0%"


def test_without_a_projection_there_is_nothing_to_move(product) -> None:
    one = outlook(Known(product))
    assert movable(one) == []
    assert unmovable(one) == "no projection is set up"


def test_a_kept_scenario_moves_what_may_be_moved_and_what_is_moved_beside_it_comes_before(world) -> None:
    one = outlook(Known(world.product))
    kept = Scenario(overrides={"keep_rate": 0.3, "gone_since": 7.0, GROWTH: 0.1})
    assert asked(one, {"keep_rate": 0.4}, kept) == {"keep_rate": 0.4, GROWTH: 0.1}
    assert asked(one, {"keep_rate": 0.4}) == {"keep_rate": 0.4}
    assert strange(one, {"keep_rate": 0.4, "gone_since": 1.0}) == ["gone_since"]


def test_without_a_figure_no_name_is_strange(product) -> None:
    assert strange(outlook(Known(product)), {"anything": 1.0}) == []


def test_a_difference_is_unknown_where_a_side_is_or_units_differ() -> None:
    draws = np.array([1.0, 2.0])
    euro = Estimate(2.0, "EUR", draws)
    assert difference(euro, Unknown("no")) == Unknown("no")
    assert difference(Unknown("why"), euro) == Unknown("why")
    assert isinstance(difference(euro, Estimate(1.0, "USD")), Unknown)
    assert difference(euro, Estimate(1.5, "EUR", draws)).point == 0.5
