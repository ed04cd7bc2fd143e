"""The page of a run of every task: its figures, its drawings, its segments and its evidence."""

import json

import pandas as pd
import pyarrow as pa
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from sklearn.metrics import mean_absolute_error

from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.models.work import Work
from metrics.queries.evaluation import segments
from metrics.services.evaluation.training_steps import log_history
from metrics.services.recompute import work
from tests.core.evidence.test_drift import psi_expected
from tests.places import SHARED

pytestmark = pytest.mark.django_db
OTHERS = [task for task in TASKS if task != "binary"]


@pytest.fixture
def science(client: Client, scientist) -> Client:
    client.force_login(scientist)
    return client


def page_of(run) -> str:
    return f"/p/{run.product.slug}/runs/{run.pk}/"


@pytest.mark.parametrize("task", OTHERS)
def test_the_page_shows_all_metrics_with_receipts_and_how_each_is_computed(science, logged, task) -> None:
    run = logged(task)
    answer = science.get(page_of(run))
    assert answer.status_code == 200
    rows = {row["key"]: row for group in answer.context["metric_groups"] for row in group["rows"]}
    assert set(TASKS[task].definitions) <= set(rows)
    assert all(row["receipt"] and row["formula"] and row["source"] and row["better"] for row in rows.values())
    assert [one["key"] for one in answer.context["headlines"]] == list(TASKS[task].headline)
    text = answer.content.decode()
    first = TASKS[task].headline[0]
    assert f'href="{rows[first]["receipt"]}"' in text


@pytest.mark.parametrize("task", OTHERS)
def test_the_home_of_a_data_scientist_shows_metrics_of_the_run_s_own_task(science, logged, task) -> None:
    logged(task)
    (row,) = science.get("/science/").context["recent"]
    assert [key for key, _ in row["metrics"]] == list(TASKS[task].headline[:2])
    assert all(figure is not None for _, figure in row["metrics"])


def test_a_regression_draws_its_errors_and_predictions_beside_what_came(science, logged) -> None:
    answer = science.get(f"{page_of(logged('regression'))}curves/")
    titles = " ".join(one["title"] for one in answer.context["charts"])
    says = " ".join(one["chart"].says for one in answer.context["charts"])
    assert "of the predictions are too high" in titles
    assert "was predicted" in titles
    assert "is the worst month, by mae" in titles
    assert "Histogram of prediction less truth" in says
    assert answer.content.decode().count('class="wide"') == 3


def test_a_forecast_draws_its_coverage_by_month_against_the_promised_level(science, logged) -> None:
    run = logged("forecast")
    charts = science.get(f"{page_of(run)}curves/").context["charts"]
    coverage = next(one for one in charts if "promised" in one["title"])
    assert ("dash", "promised: 90\u00a0%") in coverage["chart"].key
    held = {
        one.name: one.figures["interval_coverage"]["point"] for one in segments.segments(run, ("interval_coverage",))
    }
    assert f"Jan\u00a02024 {held['2024-01'] * 100:.1f}\u00a0%" in coverage["chart"].says
    text = science.get(f"{page_of(run)}evidence/").content.decode()
    assert "Kupiec’s test" in text
    assert "Christoffersen’s test" in text


def test_a_multiclass_run_shows_its_confusion_as_shares_of_each_label(science, logged, task_rows) -> None:
    frame = task_rows("multiclass")
    answer = science.get(f"{page_of(logged('multiclass', frame))}curves/")
    confusion, classes = answer.context["tables"]
    names = sorted(frame["y_true"].unique())
    predicted = frame[[f"p.{name}" for name in names]].to_numpy().argmax(axis=1)
    for line, name in zip(confusion.lines, names, strict=True):
        mine = predicted[(frame["y_true"] == name).to_numpy()]
        assert line.name == name
        assert [cell.text for cell in line.cells] == [f"{100 * (mine == at).mean():.0f}\u00a0%" for at in range(3)]
    assert "right" in confusion.lines[1].cells[1].tone
    assert [line.name for line in classes.lines] == names
    assert "±" in classes.lines[0].cells[2].text


def test_a_ranking_shows_its_figures_by_segment(science, logged) -> None:
    answer = science.get(f"{page_of(logged('ranking'))}segments/")
    assert answer.context["segment_keys"] == ("ndcg_10", "map_10", "mrr")
    assert "By region" in answer.content.decode()


def test_two_columns_crossed_give_the_figures_of_their_rows(science, logged, task_rows) -> None:
    frame = task_rows("regression")
    run = logged("regression", frame)
    answer = science.get(f"{page_of(run)}segments/?cross=region,plan")
    column = answer.context["crossing"]["column"]
    found = {row["name"]: dict(row["figures"])["mae"]["point"] for row in column["rows"]}
    wanted = {
        f"{region} × {plan}": mean_absolute_error(rows["y_true"], rows["y_pred"])
        for (region, plan), rows in frame.groupby(["region", "plan"])
    }
    assert found == pytest.approx(wanted)
    assert "region × plan" in answer.content.decode()
    assert "cross=region&amp;cross=plan" in science.get(f"{page_of(run)}?cross=region,plan").content.decode()


@pytest.mark.parametrize(
    ("cross", "why"),
    [
        ("region,nothing", "no segment column “nothing”"),
        ("region,region", "not crossed with itself"),
        ("region", "Two columns are crossed"),
    ],
)
def test_columns_that_cannot_be_crossed_say_why(science, logged, cross, why) -> None:
    answer = science.get(f"{page_of(logged('ranking'))}segments/?cross={cross}")
    assert answer.status_code == 200
    assert why in answer.content.decode()


def test_more_rows_than_somebody_waits_for_are_not_crossed(science, logged, monkeypatch) -> None:
    run = logged("regression")
    monkeypatch.setattr(segments, "MOST_CROSSED", 100)
    text = science.get(f"{page_of(run)}segments/?cross=region,plan").content.decode()
    assert "900 rows are too many" in text


@pytest.mark.parametrize("task", TASKS)
def test_rows_without_any_label_have_a_page_that_says_so(science, logged, task_rows, rows, task) -> None:
    frame = (rows(200) if task == "binary" else task_rows(task, 200)).assign(y_true=None)
    frame["y_true"] = frame["y_true"].astype("string" if task == "multiclass" else "float64")
    more = {"classes": ["bronze", "gold", "silver"]} if task == "multiclass" else {}
    run = logged(task, frame, segments=["hotel"] if task == "binary" else ["region"], **more)
    assert "labelled" in science.get(page_of(run)).content.decode()
    assert "Nothing to draw yet" in science.get(f"{page_of(run)}curves/").content.decode()
    assert science.get(f"{page_of(run)}segments/").status_code == 200
    assert "None of 200 rows has a label yet" in science.get(f"{page_of(run)}evidence/").content.decode()


@pytest.mark.parametrize("task", TASKS)
def test_a_handful_of_rows_has_every_part_of_a_page(science, logged, task_rows, rows, task) -> None:
    frame = rows(6) if task == "binary" else task_rows(task, 6)
    run = logged(task, frame, segments=["hotel"] if task == "binary" else ["region", "plan"])
    for part in ("", "curves/", "segments/", "evidence/", "money/"):
        assert science.get(page_of(run) + part).status_code == 200, part


def test_the_evidence_is_being_examined_until_a_worker_has_done_so(
    science, product, scientist, log, rows, compute
) -> None:

    run = log(scientist, product, rows(300))
    work.perform(Work.objects.get(kind="scan", scope=run.pk).pk)
    path = f"{page_of(run)}evidence/"
    assert 'hx-trigger="every 2s"' in science.get(path).content.decode()
    compute()
    text = science.get(path).content.decode()
    assert "every 2s" not in text
    assert "No id occurs twice" in text


def test_a_check_that_gates_the_products_kpis_is_marked(science, world) -> None:
    path = f"{page_of(world.run)}evidence/"
    assert "gates this product" not in science.get(path).content.decode()
    world.product.gates = ["quality"]
    world.product.save(update_fields=["gates"])
    checks = {check["key"]: check for check in science.get(path).context["panel"]}
    assert [key for key, check in checks.items() if check["gates"]] == ["quality"]
    assert "Gates this product’s KPIs" in science.get(page_of(world.run)).content.decode()


def test_every_check_states_its_rule_and_what_to_do_where_it_does_not_hold(science, world) -> None:
    for check in science.get(f"{page_of(world.run)}evidence/").context["panel"]:
        if check["words"] in ("Warning", "Fails"):
            assert check["remedy"], check
        if check["words"] != "Not checked" and check["key"] != "same_rows":
            assert check["rule"], check


def test_training_steps_are_drawn_a_chart_a_metric(science, world, scientist) -> None:

    assert "history/" not in science.get(page_of(world.run)).content.decode()
    points = [
        {"metric": name, "step": step, "value": value / (step + 1)}
        for step in range(20)
        for name, value in (("train_loss", 1.0), ("valid_loss", 1.2))
    ]
    log_history(scientist, world.run, points)
    assert "history/" in science.get(page_of(world.run)).content.decode()
    answer = science.get(f"{page_of(world.run)}history/")
    assert [one["title"] for one in answer.context["charts"]] == ["train_loss", "valid_loss"]
    assert answer.context["charts"][1]["aside"] == "0.06 at step 19"


def test_rows_are_downloaded_as_they_are_stored_by_who_may(client: Client, world, tmp_path) -> None:
    path = f"{page_of(world.run)}rows/"
    client.force_login(world.people["scientist"])
    assert path in client.get(page_of(world.run)).content.decode()
    answer = client.get(path)
    file = tmp_path / "rows.parquet"
    file.write_bytes(b"".join(answer.streaming_content))
    assert len(pd.read_parquet(file)) == world.run.n_rows
    assert answer["Content-Disposition"].endswith('.parquet"')
    client.force_login(world.people["executive"])
    assert path not in client.get(page_of(world.run)).content.decode()
    assert client.get(path).status_code == 403


def test_the_parts_of_a_page_ask_as_many_queries_with_many_runs_as_with_one(science, world, rows, log, compute) -> None:
    def asked() -> dict[str, int]:
        counts = {}
        for part in ("", "curves/", "segments/", "evidence/", "money/", "history/"):
            science.get(page_of(world.run) + part)  # what is kept in memory is kept
            with CaptureQueriesContext(connection) as queries:
                assert science.get(page_of(world.run) + part).status_code == 200
            counts[part] = len(queries)
        return counts

    before = asked()
    for number in range(4):
        log(world.people["scientist"], world.product, rows(400, seed=number), version=f"v{number}")
    compute()
    assert asked() == before
    assert max(before.values()) <= 40


@pytest.mark.shared
def test_the_monthly_drift_of_the_hotel_stands_on_the_page_with_the_values_of_the_references(
    science, product, scientist, log, compute
) -> None:
    folder = SHARED / "data" / "hotel_cancel"
    name = "hotel-01-logreg-c1"
    expected = json.loads((folder / "EXPECTED.json").read_text())
    inputs = ["lead_time", "adr", "total_of_special_requests"]
    features = pd.read_parquet(folder / "features.parquet", columns=["example_id", *inputs])
    features = features.rename(columns={column: f"feature.{column}" for column in inputs})
    frame = pd.read_parquet(folder / "predictions" / f"{name}.parquet").drop(columns=["run_id"])
    frame = frame.merge(features, on="example_id")
    test, valid = (pa.Table.from_pandas(frame[frame.split == part]) for part in ("test", "valid"))
    run = log(
        scientist,
        product,
        frame,
        name=name,
        where={"split": "test"},
        reference={"split": "valid"},
        segments=["segment", "channel"],
    )
    compute()
    answer = science.get(f"{page_of(run)}evidence/")
    drift = next(check for check in answer.context["panel"] if check["key"] == "drift")
    heat = drift["blocks"][0]
    months = sorted(expected["feature_drift_vs_valid"])
    assert len(heat.heads) == 2 + len(months)
    lines = {line.name: [cell.text for cell in line.cells[1:]] for line in heat.lines}
    for at, month in enumerate(months):
        scores = expected["runs"][name]["by_month"][month]["score_psi_vs_valid"]
        theirs = expected["feature_drift_vs_valid"][month]
        psi = {"score": scores} | {
            column: psi_expected(test, valid, f"feature.{column}", month, theirs[column]["psi"]) for column in inputs
        }
        for column, value in psi.items():
            assert lines[column][at] == (f"{value:.3f}" if value < 1 else f"{value:.2f}"), (column, month)
    text = answer.content.decode()
    assert "January 2017 stands out (adr 2.07" in heat.title
    assert heat.loud == {"Jan\u00a02017"}
    assert "2.07" in text  # room prices in January
    assert f"{expected['runs'][name]['by_month']['2017-01']['score_psi_vs_valid']:.3f}" in text
