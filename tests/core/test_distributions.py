import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from metrics.core.distributions import TAIL_Z, Z90, DistributionError, parse
from metrics.core.numerals import stated

U = (np.arange(2000) + 0.5) / 2000


def test_the_normal_quantiles_are_those_of_scipy():
    assert float(special.ndtri(0.95)) == Z90
    assert float(special.ndtri(0.998)) == TAIL_Z


@pytest.mark.parametrize(
    ("doc", "reference"),
    [
        ({"kind": "normal", "mean": 40, "sd": 5}, stats.norm(40, 5)),
        ({"kind": "lognormal", "median": 30, "sigma": 0.4}, stats.lognorm(0.4, scale=30)),
        ({"kind": "beta", "alpha": 3, "beta": 7}, stats.beta(3, 7)),
        ({"kind": "pert", "low": 10, "mode": 20, "high": 40}, stats.beta(7 / 3, 11 / 3, loc=10, scale=30)),
        ({"kind": "pert", "low": 0, "mode": 0, "high": 1}, stats.beta(1, 5)),
    ],
)
def test_draws_and_mean_agree_with_scipy(doc, reference):
    distribution = parse(doc)
    np.testing.assert_allclose(distribution.draws(U), reference.ppf(U), rtol=1e-10)
    assert distribution.point == pytest.approx(reference.mean(), rel=1e-12)
    assert distribution.low90 == pytest.approx(reference.ppf(0.05), rel=1e-10)
    assert distribution.high90 == pytest.approx(reference.ppf(0.95), rel=1e-10)


def test_pert_mean_weighs_the_mode_four_times():
    assert parse({"kind": "pert", "low": 10, "mode": 20, "high": 40}).point == pytest.approx((10 + 80 + 40) / 6)


def test_a_point_is_the_same_at_every_draw():
    distribution = parse({"kind": "point", "value": 25})
    assert distribution.point == distribution.low90 == distribution.high90 == 25
    assert set(distribution.draws(U)) == {25.0}
    assert distribution.describe() == "exactly 25"


def test_normal_interval_is_centred_on_its_point():
    distribution = parse({"kind": "interval90", "low": 0.33, "high": 0.47})
    assert distribution.point == pytest.approx(0.40)
    assert distribution.describe() == "90 % sure between 0.33 and 0.47"
    np.testing.assert_allclose(distribution.draws(np.array([0.05, 0.5, 0.95])), [0.33, 0.40, 0.47])


def test_lognormal_interval_has_its_mean_as_point_above_the_geometric_centre():
    distribution = parse({"kind": "interval90", "low": 10, "high": 40, "shape": "lognormal"})
    assert distribution.draws(np.array([0.5]))[0] == pytest.approx(20)
    sigma = math.log(4) / (2 * stats.norm.ppf(0.95))
    assert distribution.point == pytest.approx(20 * math.exp(sigma**2 / 2))
    assert distribution.point == pytest.approx(stats.lognorm(sigma, scale=20).mean())


def test_beta_interval_stays_inside_zero_and_one():
    distribution = parse({"kind": "interval90", "low": 0.001, "high": 0.3, "shape": "beta"})
    draws = distribution.draws(U)
    assert draws.min() > 0
    assert draws.max() < 1
    assert 0.001 < distribution.point < 0.3


def test_a_stated_point_is_kept_while_the_draws_stay():
    plain = parse({"kind": "interval90", "low": 10, "high": 20})
    stated = parse({"kind": "interval90", "low": 10, "high": 20, "point": 13})
    assert (plain.point, stated.point) == (15, 13)
    np.testing.assert_array_equal(plain.draws(U), stated.draws(U))


@pytest.mark.parametrize(
    ("doc", "field"),
    [
        ({}, "kind"),
        ({"kind": "uniform"}, "kind"),
        ({"kind": ["normal"]}, "kind"),
        ({"kind": "point"}, "value"),
        ({"kind": "point", "value": True}, "value"),
        ({"kind": "point", "value": "3"}, "value"),
        ({"kind": "point", "value": float("nan")}, "value"),
        ({"kind": "point", "value": 10**400}, "value"),
        ({"kind": "point", "value": 1, "point": 1}, "point"),
        ({"kind": "normal", "mean": 1, "sd": 0}, "sd"),
        ({"kind": "normal", "mean": 1, "sd": 1e300}, "sd"),
        ({"kind": "normal", "mean": 1, "sd": 1, "sigma": 2}, "sigma"),
        ({"kind": "lognormal", "median": 0, "sigma": 1}, "median"),
        ({"kind": "lognormal", "median": 1, "sigma": 50}, "sigma"),
        ({"kind": "pert", "low": 1, "mode": 1, "high": 1}, "high"),
        ({"kind": "pert", "low": 1, "mode": 9, "high": 5}, "mode"),
        ({"kind": "beta", "alpha": -1, "beta": 1}, "alpha"),
        ({"kind": "interval90", "low": 2, "high": 1}, "high"),
        ({"kind": "interval90", "low": 0, "high": 1, "shape": "lognormal"}, "low"),
        ({"kind": "interval90", "low": 0.5, "high": 1, "shape": "beta"}, "high"),
        ({"kind": "interval90", "low": 1, "high": 2, "shape": "flat"}, "shape"),
        ({"kind": "interval90", "low": 1, "high": 2, "point": 3}, "point"),
        ({"kind": "interval90", "low": 0.3, "high": 0.3000001, "shape": "beta"}, "shape"),
    ],
)
def test_a_refusal_names_its_field(doc, field):
    with pytest.raises(DistributionError) as refusal:
        parse(doc)
    assert refusal.value.field == field
    assert str(refusal.value).startswith(field + ":")


@pytest.mark.parametrize("u", [0.0, 1.0, math.nan])
def test_uniforms_outside_the_open_interval_are_refused(u):
    with pytest.raises(ValueError, match="between 0 and 1"):
        parse({"kind": "normal", "mean": 0, "sd": 1}).draws(np.array([0.5, u]))


SHAPES = st.sampled_from(["normal", "lognormal", "beta"])


@given(SHAPES, st.floats(0.001, 0.9), st.floats(0.01, 0.99))
@settings(max_examples=200, deadline=None)
def test_five_percent_lies_on_either_side_of_a_stated_interval(shape, low, width):
    high = low + (0.999 - low) * width
    distribution = parse({"kind": "interval90", "low": low, "high": high, "shape": shape})
    np.testing.assert_allclose(distribution.draws(np.array([0.05, 0.95])), [low, high], rtol=1e-6)
    draws = distribution.draws(U)
    assert np.isfinite(draws).all()
    assert np.mean(draws < low) == pytest.approx(0.05, abs=0.0011)
    assert np.mean(draws > high) == pytest.approx(0.05, abs=0.0011)
    assert low <= distribution.point <= high


@given(st.sampled_from(["normal", "lognormal"]), st.floats(0.1, 100), st.floats(0.1, 50), st.floats(0.001, 1e6))
@settings(deadline=None)
def test_a_change_of_scale_scales_point_and_draws(shape, low, width, scale):
    plain = parse({"kind": "interval90", "low": low, "high": low + width, "shape": shape})
    scaled = parse({"kind": "interval90", "low": low * scale, "high": (low + width) * scale, "shape": shape})
    np.testing.assert_allclose(scaled.draws(U), plain.draws(U) * scale, rtol=1e-7, atol=1e-7 * scale)
    assert scaled.point == pytest.approx(plain.point * scale, rel=1e-9)


@given(st.floats(-100, 100), st.floats(0.01, 0.99), st.floats(0.1, 100))
def test_larger_uniforms_never_give_smaller_draws(low, share, width):
    draws = parse({"kind": "pert", "low": low, "mode": low + share * width, "high": low + width}).draws(U)
    assert (np.diff(draws) >= 0).all()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (25, "25"),
        (1234567, "1,234,567"),
        (0.33, "0.33"),
        (-3.5, "−3.5"),
        (1e20, "1e+20"),
        (12.34567, "12.35"),
    ],
)
def test_numbers_read_well(value, text):
    assert stated(value) == text


@pytest.mark.parametrize(
    ("doc", "law"),
    [
        ({"kind": "normal", "mean": 10, "sd": 2}, stats.norm(10, 2)),
        ({"kind": "lognormal", "median": 3, "sigma": 0.5}, stats.lognorm(0.5, scale=3)),
        ({"kind": "beta", "alpha": 2, "beta": 5}, stats.beta(2, 5)),
        ({"kind": "pert", "low": 1, "mode": 2, "high": 5}, stats.beta(2, 4, loc=1, scale=4)),
        ({"kind": "interval90", "low": 0.33, "high": 0.47}, stats.norm(0.4, 0.14 / (2 * stats.norm.ppf(0.95)))),
    ],
)
def test_the_curve_of_a_distribution_is_its_density(doc, law):
    values, heights = parse(doc).curve()
    assert np.all(np.diff(values) > 0)
    assert heights == pytest.approx(law.pdf(values), rel=5e-3)
    assert law.cdf(values[[0, -1]]) == pytest.approx([0.002, 0.998], abs=5e-4)
    assert parse(doc).quantiles(0.05, 0.5, 0.95) == pytest.approx(law.ppf([0.05, 0.5, 0.95]), rel=1e-6)


def test_a_point_has_no_curve():
    values, heights = parse({"kind": "point", "value": 3}).curve()
    assert values.shape == heights.shape == (0,)
    assert parse({"kind": "point", "value": 3}).quantiles(0.05, 0.95) == (3.0, 3.0)
