"""Terms of a projection: each by hand, together in their order, and nothing where none is set."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from metrics.core.calendar import later
from metrics.core.draws import K, uniforms
from metrics.core.estimate import Estimate, Unknown
from metrics.core.revenue.projection import project
from metrics.core.revenue.terms import Terms, correcting

VALUE = Estimate(5.0, "EUR/booking", 5.0 + 0 * uniforms(1, "value"))


def sure(point, unit=""):
    return Estimate(point, unit, np.full(K, float(point)))


def projected(months=12, value=VALUE, **terms):
    volume = [(later("2015-01", at), 100.0) for at in range(36)]
    return project(value=value, volume=volume, months=months, growth=None, seed=7, unit="EUR", terms=Terms(**terms))


def points(found):
    return [money.point for money in found.months.values()]


def test_no_terms_leave_value_times_volume():
    assert points(projected()) == [500.0] * 12


def test_adoption_reaches_a_share_of_the_cases():
    assert points(projected(adoption=sure(0.4))) == pytest.approx([200.0] * 12)


def test_a_ramp_grows_by_equal_steps_until_all_are_reached():
    assert points(projected(months=6, ramp=sure(4, "month"))) == pytest.approx([125, 250, 375, 500, 500, 500])
    assert points(projected(months=2, ramp=sure(0, "month"))) == pytest.approx([500, 500])


def test_serving_costs_the_same_each_month_and_an_intervention_per_case_acted_on():
    assert points(projected(serving=sure(120, "EUR/month"))) == pytest.approx([380.0] * 12)
    found = projected(intervention=sure(2, "EUR/booking"), acted=sure(0.3), adoption=sure(0.5))
    assert points(found) == pytest.approx([50 * (5 - 2 * 0.3)] * 12)


def test_the_total_is_the_net_present_value_of_revenue_and_costs():
    """An annuity: 380 a month at 5 % a year, at the end of each month."""
    found = projected(serving=sure(120, "EUR/month"), discount=sure(0.05))
    monthly = 1.05 ** (1 / 12) - 1
    assert found.total.point == pytest.approx(380 * (1 - (1 + monthly) ** -12) / monthly)
    assert points(found)[11] == pytest.approx(380 / 1.05)


def test_a_correction_scales_what_is_projected_and_not_what_serving_costs():
    found = projected(serving=sure(120, "EUR/month"), correction=sure(0.9))
    assert points(found) == pytest.approx([500 * 0.9 - 120] * 12)


def test_draws_follow_the_same_formula_as_the_point():
    spread = {
        "adoption": Estimate(0.5, "", 0.4 + 0.2 * uniforms(1, "a")),
        "ramp": Estimate(5.0, "month", 3 + 4 * uniforms(1, "r")),
        "serving": Estimate(100.0, "EUR/month", 200 * uniforms(1, "s")),
        "discount": Estimate(0.05, "", 0.1 * uniforms(1, "d")),
        "intervention": Estimate(2.0, "EUR/booking", 4 * uniforms(1, "i")),
        "acted": Estimate(0.3, "", 0.2 + 0.2 * uniforms(1, "c")),
    }
    found = projected(**spread)
    at = 17
    held = {name: sure(estimate.draws[at]) for name, estimate in spread.items()}
    cases = np.array([month.draws[at] for month in found.volume.values()])
    by_formula = Terms(**held).applied(np.full(12, VALUE.point), cases, drawn=False)
    assert found.total.draws[at] == pytest.approx(by_formula.sum(), rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 1), st.floats(0, 24), st.floats(0, 0.5), st.floats(0, 100))
def test_months_add_up_and_more_of_a_burden_never_brings_more(adoption, ramp, discount, serving):
    found = projected(adoption=sure(adoption), ramp=sure(ramp), discount=sure(discount), serving=sure(serving))
    assert found.total.point == pytest.approx(sum(points(found)), rel=1e-9, abs=1e-6)
    lighter = projected(adoption=sure(adoption), ramp=sure(ramp / 2), serving=sure(serving / 2))
    assert lighter.total.draws is not None
    if found.total.point > 0:
        assert found.total.point <= lighter.total.point + 1e-9


def test_terms_that_make_no_sense_say_so():
    assert "present value" in projected(discount=sure(-1)).reason
    assert "below 0" in projected(ramp=sure(-2)).reason
    assert isinstance(projected(intervention=sure(2)), Unknown)


def test_a_term_without_draws_leaves_points():
    assert projected(serving=Estimate(10.0, "EUR/month")).total.draws is None


def test_a_correction_is_spread_as_its_error_says():
    found = correcting({"factor": 0.9, "error": 0.03, "scores": 12}, seed=3, name="m1")
    logs = np.log(found.draws / 0.9)
    assert found.point == 0.9
    assert np.quantile(logs, [0.05, 0.5, 0.95]) == pytest.approx(0.03 * stats.t.ppf([0.05, 0.5, 0.95], 11), abs=0.004)
