"""What comes in kinds is registered in one place: one of each, registered here, goes all the way."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from metrics import jobs
from metrics.core.estimate import Estimate
from metrics.core.evaluation.metrics.binary_figures import at_half
from metrics.core.evaluation.metrics.definition import MetricDefinition
from metrics.core.evaluation.metrics.tasks import TASKS, Task
from metrics.core.evidence.check import Finding, Judged, NotChecked, Numbers
from metrics.core.evidence.columns import floats
from metrics.core.evidence.figures import Count, Figure, Line, Month, Pairs, Share, Toned, counted, table
from metrics.core.evidence.inputs import Inputs
from metrics.core.evidence.kind import CheckKind
from metrics.core.evidence.panel import LATER
from metrics.core.evidence.registry import CHECKS
from metrics.core.formula.aspects import AT_THRESHOLD, BY_SEGMENT
from metrics.core.offline.archive import read
from metrics.core.offline.verifying import verified
from metrics.models.evaluation import MetricResult
from metrics.models.kpi import KPIResult
from metrics.models.work import Work
from metrics.queries.documents.aspects import measured
from metrics.queries.evaluation import catalogue
from metrics.queries.receipts import receipts
from metrics.services.evaluation import checking, data_sets, registry
from metrics.services.evaluation.rows import File
from metrics.services.recompute import verification
from metrics.services.recompute.export import exported
from tests import newcomer_task, openapi
from tests.newcomer_task import COUNTED

pytestmark = pytest.mark.django_db


@pytest.fixture
def science(client: Client, scientist: Any) -> Client:
    client.force_login(scientist)
    return client


# --- a metric --------------------------------------------------------------------------------------------------------


def npv(tp: Any, fp: Any, tn: Any, fn: Any) -> Any:
    return tn / (tn + fn)


NPV = MetricDefinition(
    key="npv",
    name="Negative predictive value at 0.5",
    asks="Decisions at 0.5",
    direction="up",
    range=(0, 1),
    formula="TN / (TN + FN), acting on score > 0.5",
    source="Altman, Bland 1994, British Medical Journal 309:102",
    figure=at_half(npv),
    cells=npv,
)


@pytest.fixture
def metric(world: Any, monkeypatch: pytest.MonkeyPatch) -> MetricDefinition:
    """A metric that comes to a house in which a run was scored before; the sweep finds what the run lacks."""
    monkeypatch.setitem(TASKS["binary"].definitions, NPV.key, NPV)
    jobs.put("sweep", "all")
    world.compute()
    return NPV


def npv_of(frame: Any) -> float:
    left = frame[frame["y_score"] <= 0.5]
    return float((left["y_true"] == 0).mean())


def receipt_of(run: Any, key: str) -> str:
    return MetricResult.objects.get(run=run, metric=key, newest=True).digest


def assert_verifies(digest: str, person: Any, folder: Any) -> None:
    """Here, and by what is carried away."""
    assert verification.verified(digest)["verdict"] == "equal"
    carried = folder / "receipt.zip"
    carried.write_bytes(exported(receipts.receipt(person, digest)))
    assert verified(read(carried))["verdict"] == "equal"


def test_a_metric_appears_in_the_registry(science: Client, metric: MetricDefinition, world: Any) -> None:
    page = science.get(f"/p/{world.product.slug}/metrics/?task=binary")
    (row,) = [row for group in page.context["groups"] for row in group["rows"] if row["key"] == metric.key]
    assert (row["name"], row["better"], row["range"]) == (metric.name, "higher", "0 to 1")
    assert row["figure"]["point"] is not None
    one = science.get(f"/p/{world.product.slug}/metrics/{metric.key}/")
    assert metric.source in one.content.decode()
    assert [value["run"].pk for value in one.context["values"]] == [world.run.pk]


def test_a_metric_appears_on_the_page_of_a_run_that_was_scored_before(
    science: Client, metric: MetricDefinition, world: Any, rows: Any
) -> None:
    page = science.get(f"/p/{world.product.slug}/runs/{world.run.pk}/")
    (group,) = [group for group in page.context["metric_groups"] if group["title"] == metric.asks]
    row = group["rows"][-1]
    assert (row["key"], row["name"], row["formula"]) == (metric.key, metric.name, metric.formula)
    assert row["q"].point == pytest.approx(npv_of(rows()[lambda frame: frame["split"] == "test"]))
    assert row["receipt"] in page.content.decode()
    table = science.get(f"/p/{world.product.slug}/runs/?columns={metric.key}&where={metric.key}>0.1")
    assert [row["name"] for row in table.context["rows"]] == ["first"]


def test_a_metric_appears_in_the_api_as_its_schema_says(
    api: Any, metric: MetricDefinition, world: Any, scientist: Any
) -> None:
    client, product = api(scientist), f"/api/v1/products/{world.product.slug}"
    told = client.get(f"{product}/metrics/{metric.key}/").json()
    assert (told["kind"], told["task"], told["formula"]) == ("built_in", "binary", metric.formula)
    figures = client.get(f"/api/v1/runs/{world.run.pk}/").json()["metrics"]
    assert figures[metric.key]["receipt"] == receipt_of(world.run, metric.key)
    listed = client.get(f"{product}/runs/?sort=-{metric.key}&columns={metric.key}")
    assert listed.status_code == 200
    taken = client.post(f"{product}/metrics/", {"key": metric.key, "name": "Mine", "direction": "up"})
    assert taken.json()["errors"][0]["message"] == f"“{metric.key}” is a built-in metric"


def test_a_metric_appears_in_a_comparison(
    science: Client, api: Any, metric: MetricDefinition, world: Any, rows: Any, log: Any, scientist: Any
) -> None:
    frame = rows()
    frame["y_score"] = 0.3 + 0.6 * frame["y_score"]
    run = log(scientist, world.product, frame, version="two", where={"split": "test"})
    world.compute()
    page = science.get(f"/p/{world.product.slug}/compare/?run={world.run.pk}&run={run.pk}")
    assert metric.key in page.content.decode()
    answer = api(scientist).get(f"/api/v1/runs/compare/?run={world.run.pk}&run={run.pk}").json()
    (row,) = [row for row in answer["runs"][0]["metrics"] if row["key"] == metric.key]
    assert (row["direction"], row["verdict"]) == ("up", "better")


def test_a_metric_appears_in_a_receipt_that_verifies(
    science: Client, metric: MetricDefinition, world: Any, scientist: Any, tmp_path: Any
) -> None:
    digest = receipt_of(world.run, metric.key)
    assert metric.name in science.get(f"/receipts/{digest}/").content.decode()
    assert_verifies(digest, scientist, tmp_path)


def test_a_metric_is_a_name_in_formulas(api: Any, metric: MetricDefinition, world: Any, scientist: Any) -> None:
    names = api(scientist).get(f"/api/v1/products/{world.product.slug}/names/").json()
    assert metric.key in json.dumps(names)
    assert measured([metric.key])[metric.key] == (AT_THRESHOLD, BY_SEGMENT)


# --- a task ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def task(monkeypatch: pytest.MonkeyPatch) -> Iterator[Task]:
    monkeypatch.setitem(TASKS, COUNTED.name, COUNTED)
    monkeypatch.setattr(checking, "COMMAND", (sys.executable, "-m", newcomer_task.__name__))
    for forgotten in (checking.CHECKER.end, openapi.forget):
        forgotten()
    yield COUNTED
    for forgotten in (checking.CHECKER.end, openapi.forget):
        forgotten()


@pytest.fixture
def counts(task: Task, product: Any, scientist: Any, log: Any, compute: Any) -> list[Any]:
    """Two runs of the task on the same rows."""
    generator = np.random.Generator(np.random.Philox(7))
    truth = generator.poisson(40.0, 600).astype(float)
    frame = pd.DataFrame({"example_id": [f"d{number}" for number in range(600)], "y_true": truth})
    frame["place"] = np.where(np.arange(600) % 2, "harbour", "station")
    runs = []
    for version, spread in (("near", 3.0), ("far", 9.0)):
        sent = frame.assign(y_pred=truth + generator.normal(0, spread, 600))
        runs.append(log(scientist, product, sent, task=task.name, model="arrivals", version=version, name=version))
    compute()
    for run in runs:
        run.refresh_from_db()
    assert [run.state for run in runs] == ["scored", "scored"]
    return runs


def test_a_task_appears_in_the_registry_and_in_the_lists_to_choose_from(
    science: Client, task: Task, counts: list[Any]
) -> None:
    slug = counts[0].product.slug
    page = science.get(f"/p/{slug}/metrics/")
    assert (page.context["task"], page.context["count"]) == (task.name, len(task.definitions))
    assert task.words in page.content.decode()
    assert task.words in science.get(f"/p/{slug}/metrics/?new").content.decode()
    listed = science.get(f"/p/{slug}/runs/?task={task.name}")
    assert {row["name"] for row in listed.context["rows"]} == {"near", "far"}
    assert task.words in listed.content.decode()


def test_a_task_appears_on_the_page_of_a_run(science: Client, task: Task, counts: list[Any]) -> None:
    run = counts[0]
    address = f"/p/{run.product.slug}/runs/{run.pk}/"
    page = science.get(address)
    assert task.words in page.content.decode()
    assert [figure["key"] for figure in page.context["headlines"]] == list(task.headline)
    assert [group["title"] for group in page.context["metric_groups"]] == list(task.groups)
    for part in ("curves", "segments", "evidence", "threshold"):
        assert science.get(f"{address}{part}/").status_code == 200
    assert "place" in science.get(f"{address}segments/").content.decode()


def test_a_task_appears_in_the_api_and_in_its_schema(
    api: Any, task: Task, counts: list[Any], scientist: Any, tmp_path: Any
) -> None:
    answer = api(scientist).get(f"/api/v1/runs/{counts[0].pk}/").json()
    assert (answer["task"], set(answer["metrics"])) == (task.name, set(task.definitions))
    models = api(scientist).get(f"/api/v1/products/{counts[0].product.slug}/models/").json()
    assert [model["task"] for model in models["results"]] == [task.name]
    schema = tmp_path / "schema.yaml"
    call_command("spectacular", "--file", str(schema), "--validate", "--fail-on-warn")
    described = yaml.safe_load(schema.read_text())["components"]["schemas"]
    asked = described["RunInputRequest"]["properties"]["task"]
    assert task.name in described["Task"]["enum"]
    assert task.name in json.dumps(described[asked["$ref"].split("/")[-1]] if "$ref" in asked else asked)


def test_a_task_appears_in_a_comparison(science: Client, api: Any, counts: list[Any], scientist: Any) -> None:
    near, far = counts
    page = science.get(f"/p/{near.product.slug}/compare/?run={near.pk}&run={far.pk}&base={near.pk}")
    assert page.context["title"].startswith("far is worse than near in weighted absolute percentage error")
    answer = api(scientist).get(f"/api/v1/runs/compare/?run={near.pk}&run={far.pk}").json()
    verdicts = {row["key"]: row["verdict"] for row in answer["runs"][0]["metrics"]}
    assert (set(verdicts), verdicts["mae"]) == (set(COUNTED.definitions), "worse")


def test_a_task_appears_in_receipts_that_verify(counts: list[Any], scientist: Any, tmp_path: Any) -> None:
    for key in COUNTED.headline:
        assert_verifies(receipt_of(counts[0], key), scientist, tmp_path)


def test_a_formula_over_the_rows_of_a_task_is_measured_as_its_own_are(
    task: Task, counts: list[Any], scientist: Any, compute: Any
) -> None:
    made = {"key": "off_by", "name": "Off by", "direction": "down", "task": task.name}
    registry.register_metric(scientist, counts[0].product, formula="mean(abs(y - p))", **made)
    compute()
    mine, built_in = (catalogue.metric_figures(counts)[counts[0].pk][key].quantity for key in ("off_by", "mae"))
    assert isinstance(mine, Estimate)
    assert isinstance(built_in, Estimate)
    assert (mine.point, mine.band(0.95)) == (pytest.approx(built_in.point), pytest.approx(built_in.band(0.95)))


# --- a check ---------------------------------------------------------------------------------------------------------


def look(inputs: Inputs) -> Judged | NotChecked:
    """Whether scores, or the amounts of rows without any, were rounded before they were sent."""
    column = next((name for name in ("y_score", "value") if name in inputs.rows.column_names), None)
    if column is None:
        return NotChecked("There are neither scores nor amounts.")
    values = floats(inputs.rows[column])
    rounded, n = int(np.isclose(values, values.round(1)).sum()), len(values)
    text = f"{rounded:,} of {n:,} figures have one decimal."
    findings = [Finding("fails", text, "Send them as they are.")] if 2 * rounded > n else []
    return Judged(findings=findings, good="Figures have their decimals.", numbers={"rounded": rounded, "n": n})


def figures(numbers: Numbers) -> list[Figure]:
    rounded, n = numbers["rounded"], numbers["n"]
    pairs = Pairs("Decimals", (("Figures", Count(n)), ("Of one decimal", counted(rounded, n))))
    lines = [Line(Month("2016-10"), (Toned(Share(rounded / n), "bad"),))]
    return [pairs, *table("Since when", ("Month", "Rounded"), lines)]


ROUNDING = CheckKind(
    key="rounding",
    name="Rounded figures",
    rule="Fails: over half of the figures have one decimal.",
    needs={"rows": NotChecked("There are no rows.")},
    run=look,
    figures=figures,
)
WRONG = "960 of 960 figures have one decimal."


@pytest.fixture
def check(world: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[CheckKind]:
    """A check that comes to a house in which a run was examined before."""
    monkeypatch.setitem(CHECKS, ROUNDING.key, ROUNDING)
    openapi.forget()
    yield ROUNDING
    openapi.forget()


@pytest.fixture
def rounded(check: CheckKind, world: Any, rows: Any, log: Any) -> Any:
    """A run on the champion's rows whose scores were rounded."""
    frame = rows()
    frame["y_score"] = frame["y_score"].round(1)
    run = log(world.people["scientist"], world.product, frame, version="two", where={"split": "test"})
    world.compute()
    run.refresh_from_db()
    return run


def value_of(run: Any) -> str:
    """The receipt of what a run is worth."""
    return KPIResult.objects.get(run=run, newest=True).digest


def test_a_check_appears_on_the_page_of_a_run_with_its_figures(science: Client, rounded: Any) -> None:
    page = f"/p/{rounded.product.slug}/runs/{rounded.pk}/"
    named = {check["key"]: check for check in science.get(page).context["evidence"]["checks"]}
    assert (named["rounding"]["name"], named["rounding"]["kind"]) == ("Rounded figures", "bad")
    text = science.get(f"{page}evidence/").content.decode()
    for words in (WRONG, "Send them as they are.", ROUNDING.rule, "Of one decimal", "960 (100\u00a0%)"):
        assert words in text
    assert "Oct\u00a02016" in text
    assert "Rounded figures" in science.get(f"/p/{rounded.product.slug}/runs/").content.decode()


def test_a_run_that_was_examined_before_there_was_the_check_says_so(
    science: Client, check: CheckKind, world: Any
) -> None:
    text = science.get(f"/p/{world.product.slug}/runs/{world.run.pk}/evidence/").content.decode()
    assert LATER.why in text


def test_a_check_appears_on_the_page_of_a_data_set(
    science: Client, check: CheckKind, world: Any, rows: Any, tmp_path: Any
) -> None:
    path = tmp_path / "rows.parquet"
    rows().to_parquet(path)
    data = data_sets.log_data_set(
        world.people["scientist"], world.product, manifest={"name": "fresh"}, file=File(path=path, name=path.name)
    )
    panel = science.get(f"/p/{world.product.slug}/datasets/{data.pk}/evidence/").context["panel"]
    (shown,) = [one for one in panel if one["key"] == "rounding"]
    assert (shown["words"], shown["text"]) == ("Holds", "Figures have their decimals.")
    assert [block.title for block in shown["blocks"]] == ["Decimals", "Since when"]


def test_a_check_appears_in_the_api_and_in_its_schema(api: Any, rounded: Any, scientist: Any, tmp_path: Any) -> None:
    answer = api(scientist).get(f"/api/v1/runs/{rounded.pk}/evidence/").json()
    (told,) = [one for one in answer["checks"] if one["key"] == "rounding"]
    assert (told["name"], told["verdict"], told["text"]) == ("Rounded figures", "fails", WRONG)
    assert told["numbers"] == {"rounded": 960, "n": 960}
    schema = tmp_path / "schema.yaml"
    call_command("spectacular", "--file", str(schema), "--validate", "--fail-on-warn")
    described = yaml.safe_load(schema.read_text())["components"]["schemas"]
    asked = described["PatchedProductChangesRequest"]["properties"]["gates"]["items"]
    assert all("rounding" in keys["enum"] for keys in (described["CheckKey"], described["GateKey"], asked))


def test_a_check_may_gate_the_kpis_of_a_product(client: Client, api: Any, rounded: Any, manager: Any) -> None:
    slug = rounded.product.slug
    client.force_login(manager)
    assert "Rounded figures" in client.get(f"/p/{slug}/settings/").content.decode()
    (before,) = api(manager).get(f"/api/v1/runs/{rounded.pk}/").json()["kpis"]
    assert api(manager).patch(f"/api/v1/products/{slug}/", {"gates": ["rounding"]}, format="json").status_code == 200
    (after,) = api(manager).get(f"/api/v1/runs/{rounded.pk}/").json()["kpis"]
    assert (before["grade"], after["grade"]) == ("C", "D")
    assert "evidence fails: rounded figures" in receipts.receipt(manager, value_of(rounded)).grade.reasons


def test_a_check_appears_in_the_evidence_of_a_comparison(science: Client, world: Any, rounded: Any) -> None:
    page = science.get(f"/p/{world.product.slug}/compare/?run={world.run.pk}&run={rounded.pk}")
    facts = {fact["title"]: fact for fact in page.context["evidence"]["facts"]}
    assert facts["Rounded figures"]["verdict"].words == "Fails"
    assert "figures have one decimal" in facts["Rounded figures"]["why"]
    assert facts["Rounded figures"]["url"].endswith(f"{rounded.pk}/#check-rounding")


def test_a_check_appears_in_a_receipt_that_verifies(rounded: Any, manager: Any, tmp_path: Any) -> None:
    receipt = receipts.receipt(manager, value_of(rounded))
    (evidence,) = [link for link in receipt.links if link.link == "evidence"]
    assert "rounded figures" in evidence.text
    assert f"{len(CHECKS) + 1} checks" in evidence.note
    assert verification.verified(receipt.digest)["verdict"] == "equal"
    carried = tmp_path / "receipt.zip"
    carried.write_bytes(exported(receipt))
    assert verified(read(carried))["verdict"] == "equal"
    assert not Work.objects.exclude(state="done").exists()
