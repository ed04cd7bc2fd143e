"""Metrics that a run reports: within the range of their definition, registered or kept without a direction."""

import pytest

from metrics.models.evaluation import EvaluationRun, MetricResult
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import catalogue
from metrics.queries.evaluation import registry as queries
from metrics.services.evaluation import registry
from metrics.services.evaluation import runs as evaluation
from metrics.services.writing.refusal import Invalid

pytestmark = pytest.mark.django_db


@pytest.fixture
def report(scientist, product):
    def send(metrics, *, task="binary", version="one") -> EvaluationRun:
        manifest = {"model": "gbm", "version": version, "task": task, "metrics": metrics}
        return evaluation.log_run(scientist, product, manifest=manifest)

    return send


def told(run: EvaluationRun) -> dict[str, str]:
    return {warning["code"]: f"{warning['message']}. {warning.get('remedy', '')}" for warning in run.warnings}


@pytest.mark.parametrize(
    ("task", "key", "value", "cause"),
    [
        ("binary", "accuracy", 91.2, "percent: report 0.912"),
        ("binary", "brier", 25, "percent: report 0.25"),
        ("binary", "gini", 64.5, "percent: report 0.645"),
        ("binary", "mcc", -31, "percent: report -0.31"),
        ("binary", "log_loss", -0.34, "negated, so that more is better? then report 0.34"),
        ("binary", "roc_auc", -0.8, "negated, so that more is better? then report 0.8"),
        ("binary", "accuracy", 912, "on the scale of its definition"),
        ("binary", "mcc", -1.2, "on the scale of its definition"),
        ("binary", "roc_auc", 1.02, "on the scale of its definition"),
        ("multiclass", "brier", 2.5, "percent: report 0.025"),
        ("regression", "r2", 87, "percent: report 0.87"),
        ("regression", "smape", 12, "percent: report 0.12"),
        ("regression", "rmse", -4.5, "negated, so that more is better? then report 4.5"),
        ("forecast", "interval_coverage", 88, "percent: report 0.88"),
        ("ranking", "ndcg_10", 45.1, "percent: report 0.451"),
    ],
)
def test_a_number_outside_the_range_of_its_metric_is_refused_with_the_likely_cause(report, task, key, value, cause):
    with pytest.raises(Invalid) as refused:
        report({key: value}, task=task)
    (fault,) = refused.value.faults
    assert (fault.field, fault.code) == (f"metrics.{key}.value", "out_of_range")
    assert key in fault.message
    assert cause in fault.remedy
    assert not EvaluationRun.objects.exists()


def test_a_number_that_the_remedy_names_is_taken(report):
    assert report({"accuracy": 0.912, "brier": 0.25, "mcc": -0.31, "log_loss": 0.34}).warnings == []
    assert report({"brier": 1.5, "accuracy": 1.0}, task="multiclass", version="two").warnings == []


def test_a_standard_error_wider_than_the_range_is_refused(report):
    with pytest.raises(Invalid) as refused:
        report({"accuracy": {"value": 0.91, "standard_error": 1.2}})
    assert refused.value.faults[0].field == "metrics.accuracy.standard_error"


@pytest.mark.parametrize("key", ["mape", "wape"])
def test_a_share_without_an_upper_end_is_kept_and_told_as_the_percent_that_it_is(report, key):
    run = report({key: 12}, task="regression")
    assert "1,200 %" in told(run)["percent"]
    assert "report 0.12" in told(run)["percent"]
    assert report({key: 0.12}, task="regression", version="two").warnings == []


def test_a_metric_that_nobody_registered_is_kept_and_told(report, product, compute):
    run = report({"latency_p95": 31.0, "roc_auc": 0.8})
    compute()
    assert (run.reported["latency_p95"]["value"], MetricResult.objects.filter(run=run).count()) == (31.0, 2)
    assert "--direction" in told(run)["unregistered"]
    assert catalogue.unregistered(run, Known(product).metrics) == ["latency_p95"]
    assert "latency_p95" not in Known(product).metrics
    assert [(row.key, row.task, row.runs) for row in queries.unregistered(product)] == [("latency_p95", "binary", 1)]


def test_once_registered_it_has_a_direction_and_the_same_figure(report, scientist, product, compute):
    run = report({"latency_p95": 31.0})
    compute()
    before = catalogue.metric_figures([run])[run.pk]["latency_p95"]
    registry.register_metric(scientist, product, key="latency_p95", name="latency_p95", direction="down")
    assert catalogue.unregistered(run, Known(product).metrics) == []
    assert queries.unregistered(product) == []
    after = catalogue.metric_figures([run])[run.pk]["latency_p95"]
    assert (after.receipt, after.quantity.point) == (before.receipt, 31.0)
    assert report({"latency_p95": 30.0}, version="two").warnings == []


def test_a_name_close_to_a_known_one_is_told(report):
    assert "did you mean roc_auc?" in told(report({"roc_aux": 0.8}))["unregistered"]


def test_a_name_that_is_no_key_is_kept_under_one_and_told(report):
    run = report({"val/Accuracy (top-5)": 0.9, "5_fold": 0.8, "ROC AUC": 0.7})
    assert sorted(run.reported) == ["metric_5_fold", "roc_auc", "val_accuracy_top_5"]
    assert {warning["field"] for warning in run.warnings if warning["code"] == "renamed"} == set(run.reported)


def test_two_names_of_one_known_metric_are_refused(report):
    with pytest.raises(Invalid) as refused:
        report({"roc_auc": 0.8, "ROC AUC": 0.7})
    assert refused.value.faults[0].code == "duplicate"
