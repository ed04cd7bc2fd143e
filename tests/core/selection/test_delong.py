"""DeLong's test against pROC's published figures, the data folders' independent references, and its own definition."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from scipy.stats import t as student
from sklearn.metrics import roc_auc_score

from metrics.core.estimate import Unknown
from metrics.core.selection.delong import (
    CLUSTERED,
    NO_VARIANCE,
    OTHER_ROWS,
    SHARED_ROWS,
    TOO_FEW,
    WEIGHTED,
    Auc,
    PairedAucs,
    UnpairedAucs,
    auc,
    paired,
    paired_runs,
    unpaired,
    unpaired_runs,
)
from tests.places import SHARED

EXACT = {"rel": 0, "abs": 1e-10}
FOLDERS = ("hotel_cancel", "tv_churn")

labelled = st.lists(st.tuples(st.booleans(), st.integers(0, 12), st.integers(0, 12)), min_size=4, max_size=40).filter(
    lambda rows: 2 <= sum(label for label, _, _ in rows) <= len(rows) - 2
)


def known(found: Any) -> Any:
    assert not isinstance(found, Unknown), found
    return found


def golden(case: str) -> tuple[dict[str, Any], dict[str, Any], float]:
    """Inputs, expected figures and tolerance of one case of the golden file."""
    cases = {one["id"]: one for one in json.loads((SHARED / "data/golden/delong_asah.json").read_text())["cases"]}
    inputs = dict(cases[case]["inputs"])
    if "same_data_as" in inputs:
        inputs = {**cases[inputs["same_data_as"]]["inputs"], **inputs}
    return inputs, cases[case]["expected"], cases[case]["tolerance_abs"]


def run_table(folder: str, run: str, split: list[str]) -> pa.Table:
    table = pq.read_table(SHARED / "data" / folder / "predictions" / f"{run}.parquet")
    if split:
        table = table.filter(pc.is_in(table["split"].cast(pa.string()), pa.array(split)))
    return canonical(table["example_id"], table["y_true"], table["y_score"])


def canonical(ids: Any, labels: Any, scores: Any, **others: Any) -> pa.Table:
    columns = {"example_id": ids, "y_true": labels, "y_score": scores, **others}
    table = pa.table(columns)
    return table.set_column(0, "example_id", table["example_id"].cast(pa.string())).set_column(
        1, "y_true", table["y_true"].cast(pa.float64())
    )


# --- published and independent figures -----------------------------------------------------------------------------


@pytest.mark.shared
@pytest.mark.parametrize("case", ["auc-wfns", "auc-s100b"])
def test_the_areas_published_for_the_haemorrhage_patients_come_out(case: str) -> None:
    inputs, expected, tolerance = golden(case)
    found = known(auc(np.array(inputs["y_true"]), np.array(inputs[inputs["score"]])))
    assert found.auc == pytest.approx(expected["auc"], rel=0, abs=tolerance)


@pytest.mark.shared
def test_the_paired_test_published_for_the_haemorrhage_patients_comes_out() -> None:
    inputs, expected, _ = golden("paired-wfns-s100b")
    scores = (np.array(inputs[inputs[name]]) for name in ("score_1", "score_2"))
    found = known(paired(np.array(inputs["y_true"]), *scores))
    assert found.z == pytest.approx(expected["z"], **EXACT)
    assert found.p == pytest.approx(expected["p_two_sided"], **EXACT)
    reach = norm.ppf(0.975) * found.standard_error
    assert [found.difference - reach, found.difference + reach] == pytest.approx(expected["diff_ci95"], **EXACT)


@pytest.mark.shared
@pytest.mark.parametrize("folder", FOLDERS)
def test_every_run_of_the_data_folders_gets_its_expected_standard_error(folder: str) -> None:
    expected = json.loads((SHARED / "data" / folder / "EXPECTED.json").read_text())
    for run, figures in expected["runs"].items():
        table = run_table(folder, run, expected["evaluated_split"])
        found = known(auc(table["y_true"].to_numpy(), table["y_score"].to_numpy()))
        assert found.auc == pytest.approx(figures["auc_delong"]["auc"], **EXACT), run
        assert found.standard_error == pytest.approx(figures["auc_delong"]["se"], **EXACT), run


@pytest.mark.shared
@pytest.mark.parametrize("folder", FOLDERS)
def test_every_run_of_the_data_folders_gets_its_expected_test_against_the_best(folder: str) -> None:
    expected = json.loads((SHARED / "data" / folder / "EXPECTED.json").read_text())
    best = run_table(folder, expected["delong_reference_run"], expected["evaluated_split"])
    assert len(expected["delong_vs_best_auc"]) >= 10
    for run, figures in expected["delong_vs_best_auc"].items():
        found = known(paired_runs(best, run_table(folder, run, expected["evaluated_split"])))
        assert (found.a.auc, found.b.auc) == pytest.approx((figures["auc1"], figures["auc2"]), **EXACT), run
        assert found.difference == pytest.approx(figures["diff"], **EXACT), run
        assert found.standard_error == pytest.approx(figures["se_diff"], **EXACT), run
        # z divides by the standard error: what is left of 16 digits there is left of z.
        assert found.z == pytest.approx(figures["z"], rel=1e-10, abs=0), run
        assert found.p == pytest.approx(figures["p"], rel=1e-8, abs=1e-10), run


# --- properties ----------------------------------------------------------------------------------------------------


def placements(labels: Any, scores: Any) -> tuple[Any, Any]:
    """DeLong's structural components by their definition, pair by pair."""
    one, none = scores[labels == 1], scores[labels == 0]
    wins = (one[:, None] > none[None, :]) + 0.5 * (one[:, None] == none[None, :])
    return wins.mean(axis=1), wins.mean(axis=0)


@settings(max_examples=40, deadline=None)
@given(labelled)
def test_variance_is_that_of_the_structural_components(rows: list[tuple[bool, int, int]]) -> None:
    labels, scores, _ = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    ten, one = placements(labels, scores)
    found = known(auc(labels, scores))
    assert found.auc == pytest.approx(roc_auc_score(labels, scores))
    variance = ten.var(ddof=1) / len(ten) + one.var(ddof=1) / len(one)
    assert found.standard_error == pytest.approx(np.sqrt(variance), abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(labelled)
def test_exchanging_the_runs_turns_the_sign_and_nothing_else(rows: list[tuple[bool, int, int]]) -> None:
    labels, a, b = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    one, two = paired(labels, a, b), paired(labels, b, a)
    if isinstance(one, Unknown):
        assert two == one
        return
    assert isinstance(two, PairedAucs)
    assert (one.a, one.b) == (two.b, two.a)
    assert one.difference == pytest.approx(-two.difference)
    assert one.p == pytest.approx(two.p)


@settings(max_examples=20, deadline=None)
@given(labelled)
def test_only_the_order_of_the_scores_counts(rows: list[tuple[bool, int, int]]) -> None:
    labels, scores, _ = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    stretched = known(auc(labels, np.exp(scores / 3)))
    plain = known(auc(labels, scores))
    assert stretched.auc == plain.auc
    assert stretched.standard_error == pytest.approx(plain.standard_error, rel=1e-9)
    same = known(paired(labels, scores, 7 + 2 * scores))
    assert (same.difference, same.z, same.p, same.a) == (0, 0, 1, plain)


@settings(max_examples=40, deadline=None)
@given(labelled, labelled)
def test_the_unpaired_test_is_welchs_of_the_structural_components(one: Any, two: Any) -> None:
    """As in pROC: each AUC has the variance of its placements; degrees of freedom by Satterthwaite over all rows."""
    sides = [tuple(np.array(column, dtype=float) for column in zip(*rows, strict=True))[:2] for rows in (one, two)]
    areas, parts, rows = [], [], []
    for labels, scores in sides:
        ten, none = placements(labels, scores)
        areas.append(ten.mean())
        parts.append(ten.var(ddof=1) / len(ten) + none.var(ddof=1) / len(none))
        rows.append(len(labels))
    found = unpaired(*sides[0], *sides[1])
    if sum(parts) < 1e-12:
        same = isinstance(found, UnpairedAucs) and (found.t, found.p) == (0, 1)
        assert same if areas[0] == pytest.approx(areas[1]) else found == Unknown(NO_VARIANCE)
        return
    found = known(found)
    degrees = sum(parts) ** 2 / sum(part**2 / (n - 1) for part, n in zip(parts, rows, strict=True))
    t = (areas[0] - areas[1]) / np.sqrt(sum(parts))
    assert (found.t, found.degrees) == (pytest.approx(t, abs=1e-9), pytest.approx(degrees))
    assert found.p == pytest.approx(2 * student.sf(abs(t), degrees), abs=1e-9)


def test_two_scores_without_any_variance_are_told_apart_by_no_test() -> None:
    labels, up = np.array([0, 0, 0, 1, 1, 1]), np.arange(6.0)
    assert paired(labels, up, -up) == unpaired(labels, up, labels, -up) == Unknown(NO_VARIANCE)
    assert known(paired(labels, up, up)).p == known(unpaired(labels, up, labels, up)).p == 1


def test_without_a_difference_the_unpaired_test_is_seldom_significant() -> None:
    random = np.random.default_rng(1)
    alarms = 0
    for _ in range(400):
        sides = []
        for n in (60, 150):
            labels = np.repeat([0, 1], [n - n // 4, n // 4])
            sides += [labels, random.normal(size=n) + labels]
        alarms += known(unpaired(*sides)).p < 0.05
    assert 6 <= alarms <= 34  # 20 expected; four standard deviations of chance


def test_perfect_order_has_no_variance() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1])
    assert auc(labels, np.arange(6.0)) == Auc(1.0, 0.0)
    assert auc(labels, -np.arange(6.0)) == Auc(0.0, 0.0)


@pytest.mark.parametrize("labels", [[0, 0, 0], [1, 1, 1], [0, 0, 1], [0, 1, 1], []])
def test_fewer_than_two_rows_of_a_label_are_unknown(labels: list[int]) -> None:
    scores = np.arange(float(len(labels)))
    assert auc(np.array(labels), scores) == Unknown(TOO_FEW)
    assert paired(np.array(labels), scores, scores) == Unknown(TOO_FEW)


# --- tables --------------------------------------------------------------------------------------------------------


def test_rows_are_matched_by_id_and_unlabelled_ones_left_out() -> None:
    random = np.random.default_rng(5)
    labels, a, b = random.integers(0, 2, 60).astype(float), random.random(60), random.random(60)
    ids = np.arange(60)
    expected = known(paired(labels, a, b))
    order = random.permutation(60)
    given_labels = pa.array([*labels[order], None])
    shuffled = canonical([*ids[order], 99], given_labels, [*b[order], 0.5])
    found = known(paired_runs(canonical(ids, labels, a), shuffled))
    assert (found.z, found.p) == pytest.approx((expected.z, expected.p))


def test_other_ids_labels_weights_or_clusters_are_refused() -> None:
    labels, scores = np.array([0, 1, 0, 1, 1, 0]), np.linspace(0, 1, 6)
    table = canonical(range(6), labels, scores)
    assert paired_runs(table, canonical(range(1, 7), labels, scores)) == Unknown(OTHER_ROWS)
    assert paired_runs(table, canonical(range(6), 1 - labels, scores)) == Unknown(OTHER_ROWS)
    assert paired_runs(table, table.slice(0, 5)) == Unknown(OTHER_ROWS)
    assert paired_runs(table, canonical(range(6), labels, scores, weight=np.ones(6))) == Unknown(WEIGHTED)
    clustered = canonical(range(6), labels, scores, cluster_id=list("aabbcc"))
    assert paired_runs(clustered, table) == Unknown(CLUSTERED)
    itself = known(paired_runs(table, table))
    assert (itself.difference, itself.standard_error, itself.z, itself.p) == (0, 0, 0, 1)


def test_the_unpaired_test_takes_runs_that_share_no_row() -> None:
    random = np.random.default_rng(4)
    labels, scores = random.integers(0, 2, 80).astype(float), random.random(80)
    one, two = canonical(range(40), labels[:40], scores[:40]), canonical(range(40, 80), labels[40:], scores[40:])
    found = known(unpaired_runs(one, two))
    expected = known(unpaired(labels[:40], scores[:40], labels[40:], scores[40:]))
    assert (found.t, found.degrees, found.p) == pytest.approx((expected.t, expected.degrees, expected.p))
    assert unpaired_runs(one, one) == Unknown(SHARED_ROWS)
    assert unpaired_runs(one, canonical(range(39, 79), labels[40:], scores[40:])) == Unknown(SHARED_ROWS)
    assert unpaired_runs(one, canonical(range(40, 80), labels[40:], scores[40:], weight=np.ones(40))) == Unknown(
        WEIGHTED
    )
