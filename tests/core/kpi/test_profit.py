"""Maximum profit: the published cases, the integral done by quadrature, and what cannot be known."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta as beta_distribution

from metrics.core import distributions
from metrics.core.estimate import Unknown
from metrics.core.evaluation.statistics.scan_binary import scan
from metrics.core.kpi.matrix import parse_matrix
from metrics.core.kpi.profit import Beta, Hull, Terms, expected_maximum_profit, maximum_profit, terms_of
from tests.places import SHARED

# The parameters of the publication, which the golden cases leave unsaid: a customer's lifetime value, the offer, the
# cost of contacting, and the beta distribution of the share that accepts.
CLV, OFFER, CONTACT = 200.0, 10.0, 1.0
ACCEPTED = distributions.Beta(6, 14)
CHURN_CELLS = {"tp": "accepted * (clv - offer) - contact", "fp": "-(offer + contact)", "tn": "0", "fn": "0"}
UNITS = {"accepted": "share", "churned": "share", "clv": "EUR", "offer": "EUR", "contact": "EUR"}


def hull_of(truth, score):
    """From rows: labels 0 or 1, and scores of which a higher one is acted upon first."""
    label = np.asarray(truth, dtype=float)
    _, place = np.unique(np.asarray(score, dtype=float), return_inverse=True)
    return Hull.of(np.bincount(place, 1 - label), np.bincount(place, label))


def written(baseline="act_on_none", **cells):
    """The value matrix of the publication, cells of it written otherwise."""
    held = {name: text if isinstance(text, dict) else {"base": text} for name, text in (CHURN_CELLS | cells).items()}
    return parse_matrix({"kind": "value_matrix", "cells": held, "baseline": baseline}, UNITS, "EUR")


def churn(clv=CLV, accepted=ACCEPTED, **cells):
    points = {"accepted": 0.3, "churned": 0.2, "clv": clv, "offer": OFFER, "contact": CONTACT}
    return terms_of(written(**cells), points, {"accepted": accepted})


def money_of(terms):
    return {"slope": terms.slope, "offset": terms.offset, "cost": terms.cost}


def golden_cases():
    path = SHARED / "data" / "golden" / "mpc_empc.json"
    cases = json.loads(path.read_text())["cases"] if path.exists() else []
    by_id = {case["id"]: case for case in cases}
    for case in cases:
        under = by_id[case["inputs"].get("same_data_as", case["id"])]
        case["inputs"] = under["inputs"] | case["inputs"]
    return cases


@pytest.mark.shared
@pytest.mark.parametrize("case", golden_cases(), ids=lambda case: case["id"])
def test_published_maximum_profits_are_reproduced(case):
    given_ = case["inputs"]
    hull = hull_of(given_["y_true"], given_["y_score"])
    terms = churn(clv=given_.get("clv", CLV))
    if given_["measure"] == "mpc":
        found = maximum_profit(hull, x=terms.x, **money_of(terms))
    else:
        found = expected_maximum_profit(hull, x=terms.spread, **money_of(terms))
    assert found.per_case == pytest.approx(case["expected"]["profit_per_customer"], abs=case["tolerance_abs"])
    assert found.share_acted == pytest.approx(case["expected"]["fraction_targeted"], abs=case["tolerance_abs"])


def every_threshold(truth, score, benefit, cost):
    """Profit a case of acting above each distinct score, on all, and on none, by counting rows."""
    truth, score = np.asarray(truth), np.asarray(score)
    acted = score > np.array([-np.inf, *np.unique(score)])[:, None]
    right, wrong = ((acted & (truth == label)).sum(axis=1) for label in (1, 0))
    return ((benefit * right - cost * wrong) / len(truth)).tolist()


scored = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 12).map(lambda place: place / 12)), min_size=2, max_size=60
).filter(lambda rows: len({label for label, _ in rows}) == 2)


@given(scored, st.floats(0, 1), st.floats(0.5, 50), st.floats(-5, 5), st.floats(0.1, 20))
def test_the_maximum_is_that_over_every_threshold(rows, x, slope, offset, cost):
    truth, score = zip(*rows, strict=True)
    found = maximum_profit(hull_of(truth, score), x=x, slope=slope, offset=offset, cost=cost)
    assert found.per_case == pytest.approx(max(every_threshold(truth, score, slope * x + offset, cost)), abs=1e-9)


@given(scored, st.floats(1.5, 8), st.floats(1.5, 8), st.floats(0.5, 50), st.floats(-5, 5), st.floats(0.1, 20))
@settings(max_examples=10, deadline=None)
def test_the_expected_maximum_is_the_integral_of_the_maximum(rows, a, b, slope, offset, cost):
    truth, score = zip(*rows, strict=True)
    hull = hull_of(truth, score)
    found = expected_maximum_profit(hull, x=Beta(a, b), slope=slope, offset=offset, cost=cost)

    def at(x):
        return beta_distribution.pdf(x, a, b) * max(every_threshold(truth, score, slope * x + offset, cost))

    integral = sum(quad(at, low, low + 0.1, limit=60)[0] for low in np.arange(10) / 10)
    assert found.per_case == pytest.approx(integral, rel=1e-4, abs=1e-5)
    assert 0 <= found.share_acted <= 1 + 1e-12


@given(scored)
def test_a_perfect_order_is_worth_most_and_an_inverted_one_least(rows):
    truth, score = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    perfect, mine, inverted = (
        maximum_profit(hull_of(truth, order), x=0.3, **money_of(churn())).per_case for order in (truth, score, -truth)
    )
    assert perfect >= mine - 1e-9
    assert mine >= inverted - 1e-9


def test_a_cube_gives_what_its_rows_give():
    generator = np.random.default_rng(4)
    truth = (generator.random(3000) < 0.3).astype(float)
    score = np.round(0.4 * truth + 0.6 * generator.random(3000), 3)
    ids = [str(i) for i in range(3000)]
    cube = scan(pa.table({"example_id": ids, "y_true": truth, "y_score": score}), segments=[], amounts=[])
    of_cube, of_rows = Hull.of_cube(cube), hull_of(truth, score)
    assert np.allclose(of_cube.tpr, of_rows.tpr)
    assert np.allclose(of_cube.fpr, of_rows.fpr)
    assert of_cube.prevalence == pytest.approx(truth.mean())


def test_without_both_labels_there_is_no_maximum():
    assert isinstance(hull_of([1, 1], [0.2, 0.3]), Unknown)
    assert isinstance(hull_of([], []), Unknown)


@pytest.mark.parametrize("wrong", [{"slope": 0.0}, {"cost": 0.0}])
def test_an_expected_maximum_needs_something_to_gain_and_to_lose(wrong):
    hull = hull_of([0, 1], [0.1, 0.9])
    with pytest.raises(ValueError, match="above 0"):
        expected_maximum_profit(hull, x=Beta(6, 14), **({"slope": 1.0, "offset": 0.0, "cost": 1.0} | wrong))


def test_a_matrix_as_published_gives_the_parameters_of_the_publication():
    assert churn() == Terms("accepted", 0.3, CLV - OFFER, -CONTACT, OFFER + CONTACT, Beta(6, 14))
    turned = churn(tp="0", fp="0", fn="contact - accepted * (clv - offer)", tn="offer + contact")
    assert money_of(turned) == pytest.approx(money_of(churn())), "gains of acting, wherever they are written"


@pytest.mark.parametrize("spread", [distributions.Normal(0.3, 0.1), distributions.Beta(2, 3, 0.1, 0.9), None])
def test_only_a_beta_distribution_of_the_whole_share_has_an_expected_maximum(spread):
    assert churn(accepted=spread).spread is None


@pytest.mark.parametrize(
    "cells",
    [
        {"tp": {"base": "accepted * clv", "rate": "1", "column": "amount"}},
        {"baseline": "act_on_all"},
        {"fp": "-(offer + contact) * accepted"},
        {"fp": "offer"},
        {"tp": "accepted * accepted * clv"},
        {"tp": "-accepted * clv"},
        {"tp": "clv / accepted"},
        {"tp": "clv"},
        {"tp": "(accepted + churned) * clv"},
    ],
)
def test_a_matrix_of_another_form_does_not_fit_the_publication(cells):
    assert churn(**cells) is None
