"""The public data sets through the API: every run logged as a client would, its figures as the references say."""

import json

import pandas as pd
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from metrics.queries.evaluation import catalogue
from metrics.queries.evidence import checks
from metrics.queries.evidence.twins import with_twins
from metrics.queries.selection import comparison
from tests.places import SHARED

pytestmark = [pytest.mark.shared, pytest.mark.django_db]

EXPECTED = {path.parent.name: json.loads(path.read_text()) for path in sorted(SHARED.glob("data/*/EXPECTED.json"))}
BINARY = [name for name, found in EXPECTED.items() if "delong_vs_best_auc" in found]
FORECAST = [name for name, found in EXPECTED.items() if "mase_denominator" in found]
VOTES = [name for name, found in EXPECTED.items() if "krippendorff_alpha_nominal" in found]
# Key of the references → our metric, and how many times larger theirs is.
BINARY_KEYS = {
    "roc_auc": "roc_auc",
    "average_precision": "average_precision",
    "log_loss": "log_loss",
    "brier": "brier",
    "accuracy@0.5": "accuracy",
    "recall@0.5": "recall",
}
FORECAST_KEYS = {
    "me": ("bias", -1),
    "mae": ("mae", 1),
    "rmse": ("rmse", 1),
    "wape": ("wape", 1),
    "smape_0_200": ("smape", 100),
    "mape": ("mape", 100),
    "mase": ("mase", 1),
    "coverage90": ("interval_coverage", 1),
    "mean_width90": ("interval_width", 1),
    "pinball05": ("pinball_low", 1),
    "pinball95": ("pinball_high", 1),
    "winkler90": ("winkler", 1),
}


@pytest.fixture
def post(product, people, api):
    """Log a file over the API as the scientist; gives the answer's body."""

    def posted(path, manifest, kind="runs"):
        client = api(people["scientist"])
        file = SimpleUploadedFile(path.name, path.read_bytes())
        body = {"manifest": json.dumps(manifest), "file": file}
        answer = client.post(f"/api/v1/products/{product.slug}/{kind}/", body, format="multipart")
        assert answer.status_code in (201, 202), answer.content
        return answer.json()

    return posted


def figures(product):
    """Name of a run → metric → point, over the whole product."""
    runs = list(catalogue.runs(product))
    found = catalogue.metric_figures(runs)
    return {run.name: {key: one.quantity for key, one in found[run.pk].items()} for run in runs}


def files(name):
    return sorted((SHARED / "data" / name / "predictions").glob("*.parquet"))


def ends_in_a_tie(path, k, where):
    """Whether the k highest scores end among equal ones of which not all have one label."""
    rows = pd.read_parquet(path)
    for column, value in where.items():
        rows = rows[rows[column] == value]
    edge = rows.y_score.nlargest(k).min()
    return (rows.y_score >= edge).sum() > k and rows.y_true[rows.y_score == edge].nunique() > 1


@pytest.mark.parametrize("name", BINARY)
def test_binary_runs_have_the_metrics_of_the_references_and_the_half_scored_one_is_refused(
    product, post, compute, name
):
    expected = EXPECTED[name]
    where = {"where": {"split": expected["evaluated_split"][0]}} if expected["evaluated_split"] else {}
    for path in files(name):
        post(path, {"model": name, "version": path.stem, "name": path.stem, **where})
    compute()
    found = figures(product)
    # the references act at a score of 0.5, here a row is acted upon above it
    at_half = {path.stem for path in files(name) if (pd.read_parquet(path, columns=["y_score"]).y_score == 0.5).any()}
    top = {run: references["top10pct"]["k"] for run, references in expected["runs"].items()}
    tied = {path.stem for path in files(name) if ends_in_a_tie(path, top[path.stem], where.get("where", {}))}
    for run, references in expected["runs"].items():
        for theirs, ours in BINARY_KEYS.items():
            if theirs.endswith("@0.5") and run in at_half:
                continue
            assert found[run][ours].point == pytest.approx(references["metrics"][theirs], abs=1e-6), (run, ours)
        assert found[run]["ece"].point == pytest.approx(references["ece10"], abs=1e-6), run
        # theirs cut tied scores by id, ours are the mean over the tie
        if run not in tied:
            assert found[run]["lift_top10"].point == pytest.approx(references["top10pct"]["lift"], abs=1e-6), run

    runs = {run.name: run for run in catalogue.runs(product)}
    base = runs[next(iter(expected["runs"]))]
    for half in expected["not_comparable_runs"]:
        answer = comparison.compared([base, runs[half]], base).against[0]
        assert "different data" in answer.refused
        assert answer.metrics == ()


@pytest.mark.parametrize("name", FORECAST)
@pytest.mark.parametrize("split", ["valid", "test"])
def test_forecasts_have_the_metrics_of_the_references_and_two_names_of_one_run_are_recognised(
    product, post, compute, name, split
):
    expected = EXPECTED[name]
    manifest = {
        "model": name,
        "task": "forecast",
        "where": {"split": split},
        "naive": {"name": "in sample", "mae": expected["mase_denominator"]},
    }
    for path in files(name):
        post(path, {**manifest, "version": path.stem, "name": path.stem})
    compute()
    found = figures(product)
    for run, references in expected["runs"].items():
        for theirs, (ours, times) in FORECAST_KEYS.items():
            if theirs in references[split]:
                assert found[run][ours].point * times == pytest.approx(references[split][theirs], rel=1e-6), (run, ours)

    runs = {run.name: run for run in catalogue.runs(product)}
    frames = {path.stem: pd.read_parquet(path).drop(columns="run_id") for path in files(name)}
    twins = [
        (a, b)
        for a in frames
        for b in frames
        if a < b and frames[a].reset_index(drop=True).equals(frames[b].reset_index(drop=True))
    ]
    for a, b in twins:
        answer = comparison.compared([runs[a], runs[b]], runs[a]).against[0]
        assert answer.same
        assert {row.verdict for row in answer.metrics if row.probability is not None} == {"alike"}
        said = {check.key: check.text for check in with_twins(runs[b], checks.checks(runs[b], None))}
        assert f"same predictions as {a}" in said["reproducibility"]


@pytest.mark.parametrize("name", FORECAST)
def test_intervals_that_cover_too_little_are_flagged_by_the_test_of_kupiec(product, post, compute, name):
    expected = EXPECTED[name]["runs"]
    for path in files(name):
        post(
            path,
            {"model": name, "task": "forecast", "version": path.stem, "name": path.stem, "where": {"split": "test"}},
        )
    compute()
    for run in catalogue.runs(product):
        test = expected[run.name]["test"]["kupiec_both_tails"]
        check = next(one for one in checks.checks(run, None) if one.key == "intervals")
        if test["p"] < 0.01 and test["observed_rate"] > test["expected_rate"]:
            assert check.verdict in ("warning", "fails"), (run.name, check)


@pytest.mark.parametrize("name", VOTES)
def test_votes_are_logged_as_a_data_set_and_their_ties_are_no_labels(product, post, people, name):
    expected = EXPECTED[name]
    path = SHARED / "data" / name / "labels.parquet"
    body = post(path, {"name": name, "task": "binary"}, kind="datasets")
    assert body["n"] == expected["n_examples"]
    assert body["voted"]
    told = " ".join(warning["message"] for warning in body["warnings"] if warning["code"] == "tie")
    assert str(expected["ties"]) in told
