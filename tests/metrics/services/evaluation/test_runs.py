"""Runs: received whole or not at all, scored as scikit-learn scores them, and taken back with a reason."""

import json

import pytest
from django.utils import timezone
from sklearn import metrics as sklearn

from metrics import access, jobs, store
from metrics.models.evaluation import DataSet, EvaluationRun, MetricResult, Model, ModelVersion
from metrics.models.product import User
from metrics.models.work import Work
from metrics.queries.evaluation import catalogue as queries
from metrics.services.evaluation import promotion, registry
from metrics.services.evaluation import runs as evaluation
from metrics.services.evaluation.rows import File
from metrics.services.product.products import add_member
from metrics.services.recompute import work
from metrics.services.writing.refusal import Invalid, TooLarge

pytestmark = pytest.mark.django_db

NAMES = {"model": "cancellation", "version": "one"}


def figures(run):
    return {key: one.quantity for key, one in queries.metric_figures([run])[run.pk].items()}


def stored_files(settings):
    return [file for file in settings.STORE_DIR.rglob("*") if file.is_file()]


def nothing_is_stored(settings):
    tables = (EvaluationRun, Model, ModelVersion, DataSet, Work)
    return not any(table.objects.exists() for table in tables) and not stored_files(settings)


def reported(scientist, product, metrics, **manifest):
    return evaluation.log_run(scientist, product, manifest=NAMES | {"metrics": metrics} | manifest)


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_scored_run_has_the_metrics_that_scikit_learn_gives(scientist, product, rows, log, compute, form):
    frame = rows()
    run = log(scientist, product, frame, form=form, where={"split": "test"})
    compute()
    run.refresh_from_db()
    test = frame[frame.split == "test"]
    found = figures(run)
    assert (run.state, run.n_rows, run.data_set.n_rows) == ("scored", len(test), len(test))
    for key, wanted in {
        "roc_auc": sklearn.roc_auc_score(test.y_true, test.y_score),
        "average_precision": sklearn.average_precision_score(test.y_true, test.y_score),
        "log_loss": sklearn.log_loss(test.y_true, test.y_score),
        "brier": sklearn.brier_score_loss(test.y_true, test.y_score),
        "f1": sklearn.f1_score(test.y_true, test.y_score > 0.5),
        "mcc": sklearn.matthews_corrcoef(test.y_true, test.y_score > 0.5),
        "base_rate": test.y_true.mean(),
    }.items():
        assert found[key].point == pytest.approx(wanted, abs=1e-9), key
        low, high = found[key].band()
        assert low < found[key].point < high


def test_the_same_rows_as_csv_and_parquet_are_the_same_data(scientist, product, rows, log):
    runs = [log(scientist, product, rows(), form=form) for form in ("csv", "parquet")]
    assert runs[0].data_set_id == runs[1].data_set_id


def test_two_runs_of_the_same_rows_both_have_their_metrics(scientist, product, rows, log, compute):
    runs = [log(scientist, product, rows(), version=version) for version in ("one", "two")]
    compute()
    shown = queries.metric_figures(runs)
    points = [{key: one.quantity.point for key, one in shown[run.pk].items()} for run in runs]
    assert points[0] == points[1]
    assert "roc_auc" in points[0]
    assert figures(runs[0])["roc_auc"].point == figures(runs[1])["roc_auc"].point


def test_metrics_alone_make_a_run_whose_band_comes_from_the_standard_error(scientist, product, compute):
    run = reported(scientist, product, {"roc_auc": {"value": 0.81, "standard_error": 0.01}, "brier": 0.14})
    compute()
    found = figures(run)
    assert found["roc_auc"].band()[0] == pytest.approx(0.81 - 1.96 * 0.01, abs=0.002)
    assert (found["brier"].point, found["brier"].band()) == (0.14, None)
    assert run.rows == ""


def test_a_metric_that_the_run_reports_stands_before_the_one_computed(scientist, product, rows, log, compute):
    run = log(scientist, product, rows(), metrics={"roc_auc": 0.5})
    compute()
    assert figures(run)["roc_auc"].point == 0.5


def test_a_run_names_its_model_version_and_data_and_keeps_what_makes_it_again(scientist, product, rows, log):
    run = log(
        scientist,
        product,
        rows(),
        name="night run",
        dataset="winter",
        seed=7,
        parameters={"depth": 3},
        code_commit="abc",
        reference={"split": "valid"},
        where={"split": "test"},
    )
    assert (run.version.model.name, run.version.name, run.name, run.data_set.name) == (
        "cancellation",
        "one",
        "night run",
        "winter",
    )
    assert run.manifest["seed"] == 7
    assert run.manifest["parameters"] == {"depth": 3}
    assert store.has(run.reference_rows)


def test_a_second_run_of_a_version_makes_no_second_model(scientist, product, rows, log):
    log(scientist, product, rows())
    log(scientist, product, rows(seed=6))
    assert (Model.objects.count(), ModelVersion.objects.count(), DataSet.objects.count()) == (1, 1, 2)


@pytest.mark.parametrize(
    ("manifest", "field"),
    [
        ({"version": "one"}, "model"),
        ({"model": "a"}, "version"),
        ({"model": "a\nb", "version": "one"}, "model"),
        ({"model": "a" * 121, "version": "one"}, "model"),
        (NAMES | {"metrics": {}}, "file"),
        (NAMES | {"metrics": {"": 1}}, "metrics."),
        (NAMES | {"metrics": {"accuracy": 91.2}}, "metrics.accuracy.value"),
        (NAMES | {"metrics": {"roc_auc": True}}, "metrics.roc_auc.value"),
        (NAMES | {"metrics": {"roc_auc": "high"}}, "metrics.roc_auc.value"),
        (NAMES | {"metrics": {"roc_auc": float("nan")}}, "metrics.roc_auc.value"),
        (NAMES | {"metrics": {"roc_auc": {"value": 0.8, "standard_error": -1}}}, "metrics.roc_auc.standard_error"),
        (NAMES | {"metrics": [0.8]}, "metrics"),
    ],
)
def test_a_bad_manifest_is_refused_by_field_and_nothing_is_stored(scientist, product, settings, manifest, field):
    with pytest.raises(Invalid) as refused:
        evaluation.log_run(scientist, product, manifest=manifest)
    assert refused.value.faults[0].field == field
    assert refused.value.faults[0].message
    assert nothing_is_stored(settings)


def test_a_thousand_and_one_metrics_are_too_many(scientist, product, settings):
    with pytest.raises(TooLarge):
        reported(scientist, product, {f"m{number}": 1 for number in range(1001)})
    assert nothing_is_stored(settings)


def test_a_manifest_over_200_kb_is_too_large(scientist, product, settings):
    with pytest.raises(TooLarge):
        reported(scientist, product, {"brier": 0.1}, parameters={"x": "y" * 200_001})
    assert nothing_is_stored(settings)


def test_rows_over_the_cap_are_too_many(scientist, product, rows, log, settings):
    settings.UPLOAD_MAX_ROWS = 1000
    with pytest.raises(TooLarge):
        log(scientist, product, rows())
    assert nothing_is_stored(settings)


def test_bad_rows_are_refused_by_field_and_row_and_nothing_is_stored(scientist, product, settings, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("example_id,y_true,y_score\na,1,0.5\nb,0,1.5\n")
    with pytest.raises(Invalid) as refused:
        evaluation.log_run(scientist, product, manifest=NAMES, file=File(path=path, name="bad.csv"))
    fault = refused.value.faults[0]
    assert (fault.field, fault.row) == ("y_score", 2)
    assert fault.remedy
    assert nothing_is_stored(settings)


@pytest.mark.parametrize("name", ["manager", "executive", "outsider", "admin"])
def test_only_a_scientist_of_the_product_logs_a_run(people, product, settings, name):
    with pytest.raises((access.Denied, access.Hidden)):
        reported(people[name], product, {"brier": 0.1})
    assert nothing_is_stored(settings)


def test_scanning_twice_writes_each_metric_once_and_the_same(scientist, product, rows, log, compute):
    run = log(scientist, product, rows())
    compute()
    before = dict(MetricResult.objects.values_list("digest", "draws"))
    jobs.put("scan", run.pk, product=product)
    compute()
    assert dict(MetricResult.objects.values_list("digest", "draws")) == before


def test_a_run_whose_rows_are_gone_fails_with_the_reason_and_is_mended_by_a_retry(
    scientist, admin, product, rows, log, compute
):

    run = log(scientist, product, rows())
    content = store.path(run.rows).read_bytes()
    store.path(run.rows).unlink()
    compute()
    run.refresh_from_db()
    assert run.state == "failed"
    assert "restore" in run.error
    store.put(content)
    assert work.retry(admin, Work.objects.get(kind="scan").pk)
    compute()
    run.refresh_from_db()
    assert (run.state, run.error) == ("scored", "")


def test_a_scientist_withdraws_an_own_run_with_a_reason(scientist, product, rows, log, compute):
    run = log(scientist, product, rows())
    compute()
    with pytest.raises(Invalid):
        evaluation.withdraw(scientist, run, reason=" ")
    evaluation.withdraw(scientist, run, reason="labels were shifted")
    compute()
    run.refresh_from_db()
    assert (run.state, run.withdrawn_reason, run.withdrawn_by) == ("withdrawn", "labels were shifted", scientist)


def test_withdrawing_twice_keeps_the_first_reason(scientist, manager, product, rows, log):
    run = log(scientist, product, rows())
    evaluation.withdraw(scientist, run, reason="labels were shifted")
    evaluation.withdraw(manager, run, reason="another")
    assert run.withdrawn_reason == "labels were shifted"


def test_a_scientist_may_not_withdraw_the_run_of_another(people, product, rows, log, admin):

    other = User.objects.create_user("second", password="a-long-password")
    add_member(admin, product, username="second", role="data_scientist")
    run = log(people["scientist"], product, rows())
    with pytest.raises(access.Denied):
        evaluation.withdraw(other, run, reason="mine is better")
    evaluation.withdraw(people["manager"], run, reason="wrong window")


def test_a_withdrawn_run_that_was_never_scored_is_not_scored(scientist, product, rows, log, compute):
    run = log(scientist, product, rows())
    evaluation.withdraw(scientist, run, reason="wrong file")
    compute()
    assert not MetricResult.objects.exists()
    assert Work.objects.get(kind="scan").state == "done"


def test_a_run_on_other_rows_than_the_champions_is_stored_and_not_comparable(
    scientist, manager, product, rows, log, compute
):
    champion = log(scientist, product, rows())
    other = log(scientist, product, rows(n=600), version="two")
    same = log(scientist, product, rows(shift=0.01), version="three")
    alone = reported(scientist, product, {"roc_auc": 0.7}, version="four")
    promotion.promote(manager, champion.version)
    compute()
    named = queries.champion_of(other)
    assert named == champion
    assert "other rows (600" in queries.not_comparable(other, named)
    assert queries.not_comparable(same, named) == ""
    assert "metrics only" in queries.not_comparable(alone, named)
    other.refresh_from_db()
    assert other.state == "scored"


def test_a_registered_metric_may_be_reported_and_a_built_in_key_not_registered_again(scientist, product, compute):
    with pytest.raises(Invalid):
        registry.register_metric(scientist, product, key="roc_auc", name="mine", direction="up")
    registry.register_metric(scientist, product, key="lost", name="Loss in money", direction="down", unit="EUR")
    run = reported(scientist, product, {"lost": 12.5})
    compute()
    assert (figures(run)["lost"].point, figures(run)["lost"].unit) == (12.5, "EUR")


def test_what_a_run_keeps_is_json_and_dated(scientist, product):
    run = reported(scientist, product, {"brier": 0.1}, note="first")
    assert json.loads(json.dumps(run.manifest)) == {"note": "first"}
    assert run.created_at <= timezone.now()
