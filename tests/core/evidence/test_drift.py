"""Drift: against the expected figures of the hotel, and where it must and must not be seen."""

import json
import math
from collections import Counter
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from scipy import stats

from metrics.core.evidence.drift import DRIFT
from metrics.core.evidence.shifts import drift
from tests.examined import examined

CLOSE = {"rel": 0, "abs": 1e-9}
RUNS = [f"hotel-{number:02d}" for number in range(1, 15)]


@lru_cache(maxsize=1)
def expected(shared):
    return json.loads((shared / "data" / "hotel_cancel" / "EXPECTED.json").read_text())


def canonical(table, columns):
    found = {"example_id": table["example_id"].cast(pa.string()), "event_time": table["event_time"]}
    return pa.table(found | {name: table[source].cast(pa.float64()) for name, source in columns.items()})


def halves(table, columns):
    """The test rows and the valid rows, canonical."""
    split = table["split"].cast(pa.string())
    return [canonical(table.filter(pc.equal(split, name)), columns) for name in ("test", "valid")]


def psi_by_hand(reference, current):
    """PSI value by value: the share of each common one, and those between the deciles of all others."""
    common = [one for one, times in Counter(reference).items() if times >= len(reference) / 10]
    rest = [one for one in reference if one not in common]
    edges = np.unique(np.percentile(rest, range(10, 100, 10)))

    def counted(values):
        return Counter(one if one in common else f"bin {sum(edges <= one)}" for one in values)

    total = 0.0
    before, after = counted(reference), counted(current)
    for name in before.keys() | after.keys():
        p, q = max(before[name] / len(reference), 1e-4), max(after[name] / len(current), 1e-4)
        total += (q - p) * math.log(q / p)
    return total


def psi_expected(current, reference, name, month, figure):
    """Theirs, made of deciles alone, where no value is common in the reference; else by hand."""
    known = reference[name].drop_null().to_pylist()
    if Counter(known).most_common(1)[0][1] < len(known) / 10:
        return figure
    months = pc.strftime(current["event_time"], format="%Y-%m")
    return psi_by_hand(known, current[name].filter(pc.equal(months, month)).drop_null().to_pylist())


def drift_check(rows, reference, *, name):
    return examined(DRIFT, rows, reference=reference, name=name)


@pytest.mark.shared
@pytest.mark.parametrize("run", RUNS)
def test_the_monthly_score_drift_of_every_hotel_run_is_as_expected(shared, run):
    (name,) = [one for one in expected(shared)["runs"] if one.startswith(run)]
    table = pq.read_table(shared / "data" / "hotel_cancel" / "predictions" / f"{name}.parquet")
    current, reference = halves(table, {"y_score": "y_score"})
    found = {one.period: one for one in drift(current, reference) if one.period}
    wanted = expected(shared)["runs"][name]["by_month"]
    assert set(found) == set(wanted)
    for month, figures in wanted.items():
        assert found[month].n == figures["n"]
        wanted_psi = psi_expected(current, reference, "y_score", month, figures["score_psi_vs_valid"])
        assert found[month].psi == pytest.approx(wanted_psi, **CLOSE)
        assert found[month].ks == pytest.approx(figures["score_ks_vs_valid"]["D"], **CLOSE)
        assert found[month].p_value == pytest.approx(figures["score_ks_vs_valid"]["p_asymp"], **CLOSE)


@pytest.mark.shared
def test_the_monthly_feature_drift_of_the_hotel_is_as_expected(shared):
    wanted = expected(shared)["feature_drift_vs_valid"]
    names = list(next(iter(wanted.values())))
    table = pq.read_table(shared / "data" / "hotel_cancel" / "features.parquet")
    current, reference = halves(table, {f"feature.{name}": name for name in names})
    found = {(one.period, one.column): one for one in drift(current, reference) if one.period}
    assert len(found) == len(wanted) * len(names)
    for month, features in wanted.items():
        for name, figures in features.items():
            one = found[month, f"feature.{name}"]
            wanted_psi = psi_expected(current, reference, f"feature.{name}", month, figures["psi"])
            assert one.psi == pytest.approx(wanted_psi, **CLOSE)
            assert one.ks == pytest.approx(figures["D"], **CLOSE)
            assert one.p_value == pytest.approx(figures["p_asymp"], **CLOSE)
    check = drift_check(current, reference, name="valid")
    assert check.verdict == "fails"
    assert "adr with a PSI of 2.07 in 2017-01" in check.text


def normal(n, seed, shift=0.0, scale=1.0):
    return np.random.default_rng(seed).normal(shift, scale, n).tolist()


def test_all_distances_of_a_column_are_those_of_scipy(rows):
    one, other = normal(400, 1), normal(600, 2, 0.3)
    (found,) = drift(rows(x_a=other), rows(x_a=one))
    assert found.wasserstein == pytest.approx(stats.wasserstein_distance(one, other), abs=1e-12)
    assert found.ks == pytest.approx(stats.ks_2samp(one, other).statistic, abs=1e-12)
    edges = np.quantile(one, np.linspace(0.1, 0.9, 9))
    shares = [np.bincount(np.searchsorted(edges, x, side="right"), minlength=10) / len(x) for x in (one, other)]
    assert found.jensen_shannon**2 == pytest.approx(
        stats.entropy(shares[0], np.mean(shares, axis=0), base=2) / 2
        + stats.entropy(shares[1], np.mean(shares, axis=0), base=2) / 2
    )


def test_p_values_are_adjusted_over_all_columns_and_months(rows):
    current = rows(x_a=normal(200, 1, 0.2), x_b=normal(200, 2), event_time=["2025-01-05"] * 100 + ["2025-02-05"] * 100)
    found = drift(current, rows(x_a=normal(200, 3), x_b=normal(200, 4)))
    assert len(found) == 6
    wanted = stats.false_discovery_control([one.p_value for one in found])
    assert [one.adjusted for one in found] == pytest.approx(wanted.tolist())


def test_columns_are_ranked_by_their_psi_over_all_rows(rows):
    current = rows(x_a=normal(500, 1), x_b=normal(500, 2, 2), x_c=normal(500, 3, 1))
    found = drift(current, rows(x_a=normal(500, 4), x_b=normal(500, 5), x_c=normal(500, 6)))
    assert [one.column for one in found] == ["feature.b", "feature.c", "feature.a"]


def test_rows_of_the_reference_itself_hold(rows):
    table = rows(x_a=normal(800, 1), x_c=["u", "v"] * 400, y_score=[0.2, 0.7] * 400, y_true=[0.0, 1.0] * 400)
    check = drift_check(table, table, name="valid")
    assert check.verdict == "holds"
    assert {one["column"] for one in check.numbers["columns"]} == {"feature.a", "feature.c", "y_score", "y_true"}
    assert all(one["psi"] == 0 for one in check.numbers["columns"])


def test_a_large_psi_of_few_rows_is_no_drift(rows):
    few = rows(x_a=normal(8, 1))
    reference = rows(x_a=normal(2000, 2))
    assert drift(few, reference)[0].psi > 0.25
    assert drift_check(few, reference, name="valid").verdict == "holds"


@pytest.mark.parametrize(("shift", "verdict"), [(0.05, "holds"), (0.4, "warning"), (1.0, "fails")])
def test_the_verdict_follows_the_thresholds_of_the_rule(rows, shift, verdict):
    current = rows(x_a=normal(4000, 1, shift))
    check = drift_check(current, rows(x_a=normal(4000, 2)), name="valid")
    assert check.verdict == verdict
    assert "above 0.1" in check.rule
    assert "above 0.25" in check.rule


def test_a_month_that_moved_is_named_though_the_whole_did_not(rows):
    values = normal(1900, 1) + normal(100, 2, 3)
    table = rows(x_a=values, event_time=["2025-01-05"] * 1900 + ["2025-02-05"] * 100)
    check = drift_check(table, rows(x_a=normal(2000, 3)), name="valid")
    assert check.verdict == "fails"
    assert " in 2025-02 " in check.text


def test_a_count_that_most_rows_share_moves(rows):
    """95 % zeros to 60 %: 0.35 ln(0.95 / 0.6) from the zeros, and what the rest of the values adds."""
    before, after = [0.0] * 950 + [1.0, 2.0] * 25, [0.0] * 600 + [1.0, 2.0] * 200
    (found,) = drift(rows(x_a=after), rows(x_a=before))
    ones = np.array([0.025, 0.2])
    expected = 0.35 * np.log(0.95 / 0.6) + 2 * (ones[1] - ones[0]) * np.log(ones[1] / ones[0])
    assert found.psi == pytest.approx(expected)
    assert drift_check(rows(x_a=after), rows(x_a=before), name="valid").verdict == "fails"


def test_what_only_one_side_has_values_of_is_named(rows):
    filled, empty = normal(50, 1), pa.nulls(50, pa.float64())
    both = {"x_a": normal(50, 2)}
    for given, reference in ((filled, empty), (filled, pa.nulls(50)), (["u", "v"] * 25, pa.nulls(50, pa.string()))):
        check = drift_check(rows(x_income=given, **both), rows(x_income=reference, **both), name="valid")
        assert check.verdict == "warning"
        assert "income is empty in the reference, filled in these rows, so that drift is not measured" in check.text
    check = drift_check(rows(x_income=filled, **both), rows(**both), name="valid")
    assert "income is empty in the reference" in check.text
    check = drift_check(rows(x_income=empty, **both), rows(x_income=filled, **both), name="valid")
    assert "income is filled in the reference, empty in these rows" in check.text
    check = drift_check(rows(x_income=filled, **both), rows(x_income=["u"] * 50, **both), name="valid")
    assert "income is a number on one side and a text on the other" in check.text


def test_a_label_or_score_that_the_reference_has_no_value_of_is_named(rows):
    empty = [None] * 50
    both = {"x_a": normal(50, 2)}
    here = rows(y_true=[0.0, 1.0] * 25, y_score=[0.2, 0.7] * 25, **both)
    check = drift_check(here, rows(y_true=empty, y_score=empty, **both), name="valid")
    assert "y_score, y_true are empty in the reference" in check.text
    # Labels that have not come yet are the matter of their maturity, and a reference without scores is no fault.
    later = rows(y_true=empty, y_score=[0.2, 0.7] * 25, **both)
    assert drift_check(later, rows(y_true=[0.0, 1.0] * 25, **both), name="valid").verdict == "holds"


def test_empty_on_both_sides_is_no_finding(rows):
    table = rows(x_a=normal(50, 2), x_income=pa.nulls(50, pa.float64()))
    assert drift_check(table, table, name="valid").verdict == "holds"


def test_the_rule_says_how_psi_is_made(rows):
    table = rows(x_a=normal(50, 2))
    assert "10 % of it or more share is a bin of its own" in drift_check(table, table, name="valid").rule


def test_categories_have_a_psi_and_a_chi_squared_test(rows):
    reference, current = ["u"] * 60 + ["v"] * 40, ["u"] * 30 + ["v"] * 60 + ["w"] * 10
    (found,) = drift(rows(x_c=current), rows(x_c=reference))
    p, q = np.array([0.6, 0.4, 1e-4]), np.array([0.3, 0.6, 0.1])
    assert found.psi == pytest.approx(((q - p) * np.log(q / p)).sum())
    assert found.p_value == pytest.approx(stats.chi2_contingency([[60, 40, 0], [30, 60, 10]]).pvalue)
    assert (found.ks, found.wasserstein) == (None, None)


def test_binary_labels_drift_as_categories_and_others_as_numbers(rows):
    (binary,) = drift(rows(y_true=[0.0, 1.0, None]), rows(y_true=[0.0, 0.0, 1.0]))
    assert (binary.ks, binary.n) == (None, 2)
    (number,) = drift(rows(y_true=[3.5, 1.0]), rows(y_true=[0.0, 2.0]))
    assert number.ks == 0.5


def test_empty_cells_are_left_out_of_the_comparison(rows):
    current = rows(x_a=[1.0, None, float("nan"), 2.0])
    (found,) = drift(current, rows(x_a=[1.0, 2.0]))
    assert (found.n, found.wasserstein) == (2, 0.0)


def test_without_a_column_in_common_nothing_is_checked(rows):
    assert drift_check(rows(x_a=[1.0]), rows(x_b=[1.0]), name="valid").verdict == "not checked"
    assert drift_check(rows(x_a=[1.0]), rows(x_a=["text"]), name="valid").verdict == "not checked"
    assert drift_check(rows(x_a=[None, None]), rows(x_a=[1.0]), name="valid").verdict == "not checked"
