"""What was earned is scored against what was promised: golden cases, CRPS by all pairs, and bad input."""

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from metrics.core.estimate import Estimate, Unknown
from metrics.core.selection.outcome import NO_SPREAD, Record, record, score
from tests.core.selection.references import cases, close_to


def promised(described: dict, unit: str = "EUR") -> Estimate:
    if "draw_rule" in described:
        draws = norm.ppf((np.arange(2000) + 0.5) / 2000, described["point"], 200)
        return Estimate(described["point"], unit, draws)
    draws = described["draws"]
    return Estimate(described["point"], unit, None if draws is None else np.array(draws, dtype=float))


@pytest.mark.shared
@pytest.mark.parametrize("case", cases("decision_score", "earned"))
def test_golden_scores(case: dict) -> None:
    found = asdict(score(promised(case["inputs"]), case["inputs"]["earned"])) | {"unknown": True}
    found["absolute_error"] = found["error"]
    same = close_to(case["tolerance_abs"])
    for key, value in case["expected"].items():
        if isinstance(value, dict):
            assert found[key].keys() == {"reason"}, key
        else:
            assert same(found[key], value), (key, found[key], value)


@pytest.mark.shared
@pytest.mark.parametrize("case", cases("decision_score", "decisions"))
def test_golden_records(case: dict) -> None:
    scores = [
        Unknown("not yet") if one["earned"] is None else score(promised(one), one["earned"])
        for one in case["inputs"]["decisions"]
    ]
    found = record(scores)
    assert isinstance(found, Record)
    answers = {
        "scored": found.scored,
        "not_scored": found.not_scored,
        "mean_pit": found.mean_pit,
        "mean_surprise": found.mean_surprise,
        "mean_crps": found.mean_crps,
    }
    for level, inside in (("80", found.inside_80), ("95", found.inside_95)):
        answers |= {f"inside_{level}": inside.count, f"share_{level}": inside.share, f"p_{level}": inside.p}
    assert close_to(case["tolerance_abs"])(answers, case["expected"])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30), st.floats(-1e3, 1e3))
def test_crps_is_that_of_all_pairs(draws: list[float], earned: float) -> None:
    values = np.array(draws)
    expected = np.abs(values - earned).mean() - np.abs(values[:, None] - values).mean() / 2
    found = score(Estimate(0.0, "EUR", values), earned)
    assert found.crps == pytest.approx(expected, abs=1e-8)
    assert found.crps > -1e-9  # type: ignore[operator]


def test_a_record_of_nothing_of_other_units_and_of_no_spread() -> None:
    assert isinstance(record([Unknown("not yet")]), Unknown)
    flat = score(Estimate(1.0, "EUR", np.ones(3)), 2.0)
    assert flat.surprise == Unknown(NO_SPREAD)
    other = score(Estimate(1.0, "USD", np.array([0.0, 1.0, 2.0])), 1.0)
    found = record([flat, other])
    assert isinstance(found, Record)
    assert found.mean_crps == Unknown("the promises are in EUR and USD")
    assert found.mean_surprise == 0.0
    assert record([flat]).mean_surprise == Unknown(NO_SPREAD)  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="a finite number, not nan"):
        score(Estimate(1.0), float("nan"))
