"""Projections: their points by hand, their bands by simulation, and what they refuse."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.calendar import later
from metrics.core.draws import K, uniforms
from metrics.core.estimate import Estimate, Unknown
from metrics.core.revenue.projection import FEW_YEARS, NOT_TESTED, probability_of_meeting, project, realised
from tests.places import SHARED

SEED = 7


def months_of(n, first="2015-07"):
    return [later(first, step) for step in range(n)]


def history_of(n, level=100.0):
    """A season that repeats exactly: 100, 101, … by calendar month."""
    return [(month, level + int(month[5:])) for month in months_of(n)]


def spread(point, width, unit="", name="x"):
    return Estimate(point, unit, point + width * (uniforms(3, name) - 0.5))


def projected(volume, months=12, growth=None, value=None, **more):
    value = value or spread(5.0, 1.0, "EUR/booking", "value")
    return project(value=value, volume=volume, months=months, growth=growth, seed=SEED, unit="EUR", **more)


def test_a_season_that_repeats_is_projected_as_it_was():
    found = projected(history_of(36))
    assert list(found.months) == months_of(12, "2018-07")
    for month, money in found.months.items():
        assert money.point == pytest.approx(5 * (100 + int(month[5:])), rel=1e-4)
        assert money.unit == "EUR"
    assert found.total.point == pytest.approx(5 * sum(100 + month for month in range(1, 13)), rel=1e-5)
    assert found.history == 36
    assert found.flags == ()


def test_growth_that_is_assumed_and_was_there_goes_on_compounding():
    """Cases of each calendar month 10 % above those of the year before: so are the coming ones."""
    volume = [(month, cases * 1.1 ** (at / 12)) for at, (month, cases) in enumerate(history_of(24))]
    found = projected(volume, months=25, growth=Estimate(0.1, "", np.full(K, 0.1)))
    volumes = [found.volume[month].point for month in months_of(25, "2017-07")]
    for step in (0, 12, 24):
        assert volumes[step] == pytest.approx(107 * 1.1 ** (2 + step / 12), rel=1e-4)


def test_growth_that_is_assumed_stands_in_place_of_what_the_history_says():
    """Cases grew by 30 % a year; 0 % are assumed, then 10 %: the second lie above the first by 10 % a year."""
    volume = [(month, cases * 1.3 ** (at / 12)) for at, (month, cases) in enumerate(history_of(36))]
    none, tenth = (projected(volume, months=24, growth=Estimate(rate, "", np.full(K, rate))) for rate in (0.0, 0.1))
    assert tenth.volume["2020-06"].point / none.volume["2020-06"].point == pytest.approx(1.1**2, rel=0.02)
    assert none.volume["2020-06"].point < volume[-1][1] * 1.1
    assert projected(volume, months=24).volume["2020-06"].point == pytest.approx(volume[-1][1] * 1.3**2, rel=0.02)


def test_draws_of_the_months_add_up_to_the_draws_of_the_total():
    rng = np.random.default_rng(1)
    volume = [(month, cases * np.exp(0.1 * rng.standard_normal())) for month, cases in history_of(40)]
    found = projected(volume, growth=spread(0.05, 0.1, name="growth"))
    assert np.allclose(found.total.draws, sum(money.draws for money in found.months.values()))
    assert found.total.point == pytest.approx(sum(money.point for money in found.months.values()), rel=1e-10)


def test_the_same_inputs_give_the_same_bytes():
    volume = [(month, cases + 7 * (at % 5)) for at, (month, cases) in enumerate(history_of(40))]
    one, other = projected(volume), projected(list(reversed(volume)))
    assert one.total.point == other.total.point
    assert one.total.draws.tobytes() == other.total.draws.tobytes()


def test_a_scenario_that_changes_the_value_leaves_volume_draws_as_they_were():
    volume = [(month, cases + 7 * (at % 5)) for at, (month, cases) in enumerate(history_of(40))]
    one, other = projected(volume), projected(volume, value=spread(6.0, 1.0, "EUR/booking", "value"))
    for month in one.volume:
        assert np.array_equal(one.volume[month].draws, other.volume[month].draws)


@pytest.mark.parametrize(
    ("n", "flags"), [(13, (NOT_TESTED, FEW_YEARS)), (24, (NOT_TESTED, FEW_YEARS)), (25, (FEW_YEARS,)), (36, ())]
)
def test_short_histories_are_flagged(n, flags):
    assert projected(history_of(n)).flags == flags


def test_fewer_than_thirteen_months_are_unknown_and_say_how_many_there_are():
    found = projected(history_of(12))
    assert isinstance(found, Unknown)
    assert "12 up to 2016-06" in found.reason


def test_a_gap_ends_the_history_and_is_named():
    volume = [row for row in history_of(30) if row[0] != "2017-02"]
    found = projected(volume)
    assert isinstance(found, Unknown)
    assert "2017-02 is missing" in found.reason
    assert projected([row for row in history_of(30) if row[0] != "2016-01"]).history == 23


@pytest.mark.parametrize("wrong", [-1.0, float("nan"), float("inf")])
def test_a_month_that_counts_no_cases_is_named(wrong):
    volume = [(month, wrong if month == "2016-05" else cases) for month, cases in history_of(30)]
    assert "2016-05" in projected(volume).reason


def test_a_month_without_cases_is_a_month_and_a_history_without_any_is_none():
    volume = [(month, 0 if month == "2016-05" else cases) for month, cases in history_of(30)]
    found = projected(volume)
    assert found.history == 30
    assert min(money.draws.min() for money in found.months.values()) >= 0
    assert isinstance(projected([(month, 0) for month, _ in volume]), Unknown)


def test_an_unknown_value_stays_unknown_with_its_reason():
    found = projected(history_of(30), value=Unknown("no approved mapping"))
    assert found == Unknown("no approved mapping")


def test_no_volume_and_ruinous_growth_are_unknown():
    assert isinstance(projected([]), Unknown)
    for rate in (-1.0, -1 + 1e-16, 1e5, 1e200):
        assert "growth" in projected(history_of(30), growth=Estimate(rate)).reason


def test_without_draws_of_an_input_there_are_points_and_no_bands():
    for found in (
        projected(history_of(30), value=Estimate(5.0, "EUR/booking")),
        projected(history_of(30), growth=Estimate(0.1)),
    ):
        assert found.total.draws is None
        assert found.total.point > 0
    assert isinstance(probability_of_meeting(found.total, 0), Unknown)


@pytest.mark.parametrize("month", ["2016-1", "201601", "2016-13", "16-01", "2016-01-01", "", "２０１６-01x"])
def test_months_of_another_form_are_refused(month):
    with pytest.raises(ValueError, match="YYYY-MM"):
        later(month, 1)


def test_a_month_given_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        projected([*history_of(30), ("2016-01", 5)])


@given(st.integers(1900, 2100), st.integers(1, 12), st.integers(-600, 600))
def test_month_arithmetic_goes_back_to_where_it_came_from(year, month, step):
    text = f"{year:04d}-{month:02d}"
    assert later(later(text, step), -step) == text


@settings(max_examples=30, deadline=None)
@given(st.floats(0.01, 1e6), st.integers(13, 60))
def test_money_scales_with_the_value_and_with_the_volume(factor, n):
    rng = np.random.default_rng(n)
    volume = [(month, cases * np.exp(0.2 * rng.standard_normal())) for month, cases in history_of(n)]
    plain = projected(volume)
    dearer = projected(volume, value=plain_times(spread(5.0, 1.0, "EUR/booking", "value"), factor))
    busier = projected([(month, cases * factor) for month, cases in volume])
    for scaled in (dearer, busier):
        assert scaled.total.point == pytest.approx(factor * plain.total.point, rel=1e-9)
        assert np.allclose(scaled.total.draws, factor * plain.total.draws, rtol=1e-9)


def plain_times(estimate, factor):
    return Estimate(estimate.point * factor, estimate.unit, estimate.draws * factor)


def test_realised_money_is_each_months_value_times_its_cases():
    values = {"2016-10": spread(5.0, 1.0, "EUR/booking", "a"), "2016-11": spread(4.0, 1.0, "EUR/booking", "b")}
    found = realised(values, {"2016-10": 100, "2016-11": 50}, unit="EUR")
    assert found.months["2016-10"].point == 500
    assert found.total.point == 700
    assert found.total.unit == "EUR"
    assert np.allclose(found.total.draws, 100 * values["2016-10"].draws + 50 * values["2016-11"].draws)
    assert found.left_out == {}


def test_a_month_without_decisions_stays_out_of_the_realised_total_and_is_listed():
    values = {"2016-10": spread(5.0, 1.0, "EUR/booking", "a"), "2016-12": Unknown("no labelled examples")}
    found = realised(values, {"2016-10": 100, "2016-11": 50, "2016-12": 70}, unit="EUR")
    assert found.total.point == 500
    assert set(found.left_out) == {"2016-11", "2016-12"}
    assert found.left_out["2016-12"] == "no labelled examples"
    assert isinstance(realised({}, {"2016-10": 1}, unit="EUR").total, Unknown)


def test_probability_of_meeting_a_target_is_the_share_of_draws_on_its_side():
    total = Estimate(0.5, "EUR", (np.arange(K) + 0.5) / K)
    assert probability_of_meeting(total, 0.25) == pytest.approx(0.75)
    assert probability_of_meeting(total, 0.25, direction="down") == pytest.approx(0.25)
    assert probability_of_meeting(Unknown("why"), 1) == Unknown("why")
    with pytest.raises(ValueError, match="direction"):
        probability_of_meeting(total, 1, direction="sideways")


def monthly_values():
    path = SHARED / "data" / "hotel_cancel" / "EXPECTED.json"
    rows = json.loads(path.read_text())["monthly_value"]
    cases = {}
    for row in rows:
        cases[row["month"]] = cases.get(row["month"], 0) + row["bookings"]
    return sorted(cases.items())


@pytest.mark.shared
def test_last_year_of_real_bookings_lies_in_the_band_of_a_projection_made_a_year_before():
    volume = monthly_values()
    known, later_months = volume[:-12], dict(volume[-12:])
    found = project(
        value=Estimate(1.0, "EUR/booking", np.ones(K)), volume=known, months=12, growth=None, seed=SEED, unit="EUR"
    )
    assert NOT_TESTED in found.flags
    low, high = found.total.band()
    assert low <= sum(later_months.values()) <= high
    assert list(found.months) == list(later_months)
