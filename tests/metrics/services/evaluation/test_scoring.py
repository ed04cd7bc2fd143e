"""What a worker makes of a run: metrics of its task, evidence, and what disputed labels add."""

from copy import copy

import numpy as np
import pandas as pd
import pytest
from django.db import transaction

from metrics import jobs
from metrics.core.estimate import Estimate
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.models.evaluation import Artifact, DataSet, MetricResult, ModelVersion
from metrics.models.kpi import KPIResult
from metrics.models.row import new_id
from metrics.models.work import Change, Work
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import catalogue
from metrics.queries.evidence import checks as evidence
from metrics.queries.kpi.grade import Grader
from metrics.services.evaluation import runs as services
from metrics.services.product import products
from metrics.services.recompute import work
from metrics.services.writing.ledger import put
from metrics.services.writing.refusal import Invalid


@pytest.fixture
def scientist(people):
    return people["scientist"]


def frame(task, n=400):
    random = np.random.default_rng(11)
    truth = random.normal(10, 2, n)
    found = pd.DataFrame({"example_id": [f"e{i}" for i in range(n)]})
    if task == "multiclass":
        chances = random.dirichlet([1, 1, 1], n)
        found["y_true"] = [["a", "b", "c"][random.choice(3, p=row)] for row in chances]
        return found.assign(**{f"p.{name}": chances[:, at] for at, name in enumerate("abc")})
    if task == "ranking":
        return found.assign(
            query_id=[f"q{i // 10}" for i in range(n)], y_true=random.integers(0, 3, n), y_score=random.normal(size=n)
        )
    found = found.assign(y_true=truth, y_pred=truth + random.normal(0, 1, n))
    if task == "forecast":
        hours = pd.date_range("2026-01-01", periods=n, freq="h", tz="UTC")
        found = found.assign(event_time=hours, lo90=found.y_pred - 1.7, hi90=found.y_pred + 1.7)
    return found


@pytest.mark.parametrize("task", ["multiclass", "regression", "forecast", "ranking"])
def test_a_run_of_every_task_gets_its_metrics_and_its_evidence(scientist, product, log, compute, task):
    run = log(scientist, product, frame(task), task=task)
    compute()
    run.refresh_from_db()
    assert run.state == "scored"
    found = catalogue.metric_figures([run])[run.pk]
    assert set(found) == set(TASKS[task].definitions)
    for key in TASKS[task].headline:
        quantity = found[key].quantity
        assert isinstance(quantity, Estimate), (key, quantity)
        assert quantity.band() is not None
    checks = {check.key: check for check in evidence.checks(run, None)}
    assert {"quality", "labels", "drift", "reproducibility"} <= set(checks)
    assert checks["labels"].verdict == "holds"
    assert checks["intervals"].verdict != "not checked" if task == "forecast" else True


def test_the_same_run_scanned_again_stores_nothing_new(scientist, product, rows, log, compute):
    run = log(scientist, product, rows())
    compute()
    before = set(MetricResult.objects.values_list("digest", flat=True))

    jobs.put("scan", run.pk, product=product)
    compute()
    assert set(MetricResult.objects.values_list("digest", flat=True)) == before
    assert MetricResult.objects.filter(newest=False).count() == 0


def test_a_result_that_is_lost_comes_back_as_the_newest(scientist, product, rows, log, compute):
    run = log(scientist, product, rows())
    compute()
    MetricResult.objects.filter(run=run, metric="roc_auc").update(digest="0" * 64)

    jobs.put("scan", run.pk, product=product)
    compute()
    held = MetricResult.objects.filter(run=run, metric="roc_auc")
    assert sorted(held.values_list("newest", flat=True)) == [False, True]
    assert held.get(newest=False).digest == "0" * 64


def votes(rows, disputed):
    """Three votes an example; each labeler alone differs on `disputed` of the examples."""
    base = rows()
    parts = []
    for at, labeler in enumerate(("L1", "L2", "L3")):
        part = base.assign(labeler_id=labeler)
        alone = part.index[at * disputed : (at + 1) * disputed]
        part.loc[alone, "y_true"] = 1 - part.loc[alone, "y_true"]
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def test_votes_become_one_label_an_example_and_what_is_disputed_widens_the_band(scientist, product, rows, log, compute):
    plain = log(scientist, product, rows(), name="plain")
    voted = log(scientist, product, votes(rows, 150), name="voted", dataset="voted")
    compute()
    voted.refresh_from_db()
    assert voted.n_rows == len(rows())
    assert voted.data_set.votes
    found = catalogue.metric_figures([plain, voted])
    for key in ("accuracy", "log_loss", "roc_auc"):
        sure, disputed = found[plain.pk][key].quantity, found[voted.pk][key].quantity
        assert disputed.point == sure.point
        assert disputed.standard_error() > sure.standard_error()
    check = next(one for one in evidence.checks(voted, None) if one.key == "labelers")
    assert check.verdict != "not checked"


def test_votes_that_all_agree_leave_the_band_as_it_is(scientist, product, rows, log, compute):
    plain = log(scientist, product, rows(), name="plain")
    voted = log(scientist, product, votes(rows, 0), name="voted", dataset="voted")
    compute()
    found = catalogue.metric_figures([plain, voted])
    sure, agreed = (found[run.pk]["log_loss"].quantity for run in (plain, voted))
    assert agreed.standard_error() == pytest.approx(sure.standard_error(), rel=0.02)


def test_lost_evidence_is_made_again_by_the_sweep(scientist, product, rows, log, compute):

    log(scientist, product, rows())
    compute()
    lost = Artifact.objects.get(document__kind="evidence")
    digest, file = lost.digest, lost.file
    lost.delete()
    jobs.put("sweep", "all")
    compute()
    again = Artifact.objects.get(document__kind="evidence")
    assert (again.digest, again.file) == (digest, file)


def test_gates_that_do_not_fail_leave_the_grade_as_it_is(world):
    result = KPIResult.objects.filter(run=world.run).first()

    assert Grader(Known(world.product)).of(result.document).letter == "C"
    products.update_product(world.people["manager"], world.product, gates=["drift", "reproducibility"])
    grade = Grader(Known(world.product)).of(result.document)
    assert not [check for check in evidence.checks(world.run, None) if check.verdict == "fails"]
    assert grade.letter == "C"


def test_a_run_that_drifted_is_of_grade_d_where_drift_gates(scientist, product, rows, log, compute, people):
    moved = rows(shift=0.0)
    reference = rows(seed=8)
    reference = reference.assign(split="valid", **{"feature.age": np.linspace(20, 30, len(reference))})
    moved = moved.assign(split="test", **{"feature.age": np.linspace(50, 60, len(moved))})
    both = pd.concat([moved, reference.assign(example_id="r" + reference.example_id.astype(str))], ignore_index=True)
    run = log(scientist, product, both, where={"split": "test"}, reference={"split": "valid"})
    compute()
    run.refresh_from_db()
    drift = next(check for check in evidence.checks(run, None) if check.key == "drift")
    assert drift.verdict == "fails", drift.text
    products.update_product(people["manager"], product, gates=["drift"])

    grade = Grader(Known(product)).of({"kind": "kpi", "run": run.pk})
    assert grade.letter == "D"
    assert "drift" in grade.reasons[0]


def test_a_gate_that_is_no_check_is_refused(people, product):
    with pytest.raises(Invalid, match="no check"):
        products.update_product(people["manager"], product, gates=["luck"])


def test_the_second_data_set_of_a_name_takes_the_next_number(scientist, product, rows, log):
    for seed in (1, 2, 1):
        log(scientist, product, rows(seed=seed), dataset="may")
    assert sorted(DataSet.objects.filter(product=product).values_list("number", flat=True)) == [1, 2]


def test_a_sweep_over_nothing_that_is_missing_asks_for_nothing(scientist, product, rows, log, compute):

    log(scientist, product, rows())
    compute()
    jobs.put("sweep", "all")
    compute()
    assert Work.objects.filter(kind="sweep").latest("created_at").result["runs"] == 0
    assert work.DO.keys() >= {"scan", "evidence", "recompute", "import"}


def test_runs_that_only_report_are_scored_together_by_one_row_of_work(scientist, product, compute):

    manifests = [{"model": "m", "version": str(at), "metrics": {"roc_auc": 0.5 + at / 100}} for at in range(12)]
    runs = [services.log_run(scientist, product, manifest=manifest) for manifest in manifests]
    assert Work.objects.filter(kind="reported", state="due").count() == 1
    compute()
    found = catalogue.metric_figures(runs)
    points = [found[run.pk]["roc_auc"].quantity.point for run in runs]
    assert points == pytest.approx([0.5 + at / 100 for at in range(12)])
    assert set(catalogue.runs(product).values_list("state", flat=True)) == {"scored"}
    assert not Change.objects.filter(product=product).exists()  # none is of a champion, so none moves a figure

    ModelVersion.objects.filter(pk=runs[0].version.pk).update(state="champion")
    for at in (0, 0, 1):
        services.log_run(scientist, product, manifest=manifests[at] | {"name": f"again {at}"})
    compute()
    assert Change.objects.get(product=product).text == "again 0, and 1 more: new run"


def test_results_are_put_once_with_all_their_columns(scientist, product, rows, log, compute):
    run = log(scientist, product, rows())
    compute()
    before = {row.digest: row for row in MetricResult.objects.filter(run=run)}
    assert any(row.draws for row in before.values())
    MetricResult.objects.filter(run=run).delete()
    with transaction.atomic():
        put(list(before.values()))
    again = [copy(row) for row in before.values()]
    for row in again:
        row.pk, row.point = new_id(), 0.5
    with transaction.atomic():
        put(again)
        put([])
    after = {row.digest: row for row in MetricResult.objects.filter(run=run)}
    columns = [column.attname for column in MetricResult._meta.local_concrete_fields]
    assert after.keys() == before.keys()
    for digest, row in before.items():
        for column in columns:
            held, told = getattr(after[digest], column), getattr(row, column)
            assert held == told or bytes(held) == bytes(told), column


def test_a_run_that_reports_is_found_by_the_sweep_when_its_work_is_lost(scientist, product, compute):

    run = services.log_run(scientist, product, manifest={"model": "m", "version": "1", "metrics": {"brier": 0.1}})
    Work.objects.all().delete()
    jobs.put("sweep", "all")
    compute()
    run.refresh_from_db()
    assert run.state == "scored"
