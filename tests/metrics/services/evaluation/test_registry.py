"""The registry: metrics by formula, reported ones, and models."""

import pytest

from metrics import access
from metrics.core.estimate import Estimate, Unknown
from metrics.models.evaluation import Metric, MetricResult, Model
from metrics.models.product import AuditEntry
from metrics.queries.documents import definitions
from metrics.queries.evaluation import catalogue
from metrics.services.evaluation import registry
from metrics.services.kpi import kpis, mappings
from metrics.services.writing.refusal import Conflict, Invalid

WEIGHTED = {"key": "loss_by_value", "name": "Loss by value", "direction": "down"}
FORMULA = "sum(value * abs(y - p)) / sum(value)"


@pytest.fixture
def scientist(people):
    return people["scientist"]


@pytest.fixture
def run(scientist, product, rows, log, compute):
    found = log(scientist, product, rows())
    compute()
    return found


def figure(run, key):
    return catalogue.metric_figures([run])[run.pk][key].quantity


def test_a_metric_by_formula_is_computed_for_runs_that_were_there_before_it(scientist, product, run, rows, compute):
    registry.register_metric(scientist, product, formula=FORMULA, **WEIGHTED)
    compute()
    frame = rows()
    expected = (frame.value * (frame.y_true - frame.y_score).abs()).sum() / frame.value.sum()
    found = figure(run, "loss_by_value")
    assert isinstance(found, Estimate)
    assert found.point == pytest.approx(expected, rel=1e-9)
    low, high = found.band()
    assert low < found.point < high


def test_and_for_runs_that_come_after_it(scientist, product, rows, log, compute):
    log(scientist, product, rows())  # a formula names columns that rows have
    registry.register_metric(scientist, product, formula=FORMULA, **WEIGHTED)
    later = log(scientist, product, rows(seed=9))
    compute()
    assert isinstance(figure(later, "loss_by_value"), Estimate)


def test_a_run_whose_rows_lack_a_column_of_the_formula_says_so(scientist, product, run, rows, log, compute):
    registry.register_metric(scientist, product, formula=FORMULA, **WEIGHTED)
    bare = log(scientist, product, rows(seed=3).drop(columns="value"))
    compute()
    found = figure(bare, "loss_by_value")
    assert isinstance(found, Unknown)
    assert "value" in found.reason


@pytest.mark.parametrize(
    ("formula", "position"),
    [("sum(valu) / count()", 4), ("y - p", 0), ("sum(y", 3), ("sum(__import__('os'))", 15), ("", None)],
)
def test_a_formula_that_is_none_is_refused_at_its_place(scientist, product, run, formula, position):
    if not formula:
        assert registry.register_metric(scientist, product, **WEIGHTED).kind == Metric.Kind.REPORTED
        return
    with pytest.raises(Invalid) as refused:
        registry.register_metric(scientist, product, formula=formula, **WEIGHTED)
    fault = refused.value.faults[0]
    assert fault.field == "formula"
    assert fault.position is not None
    assert abs(fault.position - position) <= 1
    assert not Metric.objects.filter(product=product).exists()


def test_a_retired_metric_is_not_computed_for_new_runs_and_keeps_its_results(
    scientist, product, run, rows, log, compute
):
    metric = registry.register_metric(scientist, product, formula=FORMULA, **WEIGHTED)
    compute()
    registry.retire_metric(scientist, metric)
    later = log(scientist, product, rows(seed=9))
    compute()
    assert MetricResult.objects.filter(run=run, metric=metric.key).count() == 1
    assert not MetricResult.objects.filter(run=later, metric=metric.key).exists()
    registry.restore_metric(scientist, metric)
    assert Metric.objects.get(pk=metric.pk).retired_at is None


def test_what_a_metric_computes_does_not_change_only_what_it_is_called(scientist, product, run):
    metric = registry.register_metric(scientist, product, formula=FORMULA, **WEIGHTED)
    assert registry.update_metric(scientist, metric, name="Weighted loss").name == "Weighted loss"
    for field, value in {"formula": "sum(y) / count()", "unit": "EUR"}.items():
        with pytest.raises(Invalid) as refused:
            registry.update_metric(scientist, metric, **{field: value})
        assert refused.value.faults[0].field == field


@pytest.mark.parametrize("text", ["1 - loss_by_value", "churn_model.loss_by_value * 2"])
def test_the_way_to_the_better_changes_until_a_mapping_uses_the_metric(scientist, world, text):
    product = world.product
    metric = registry.register_metric(scientist, product, **WEIGHTED)
    assert registry.update_metric(scientist, metric, direction="up").direction == "up"
    kpi = kpis.create_kpi(world.people["manager"], product, key="saved", name="Saved", unit="")
    text = text.replace("churn_model", Model.objects.filter(product=product).first().key)
    definition = {"kind": "formula", "text": text}
    draft = mappings.create_mapping(scientist, product, kpi=kpi, name="Saved by it", definition=definition)
    assert registry.update_metric(scientist, metric, direction="down").direction == "down"
    mappings.propose(scientist, draft, seen=draft.digest)
    with pytest.raises(Invalid) as refused:
        registry.update_metric(scientist, metric, direction="up")
    (fault,) = refused.value.faults
    assert fault.field == "direction"
    assert "“Saved by it” uses it" in fault.message
    assert Metric.objects.get(pk=metric.pk).direction == "down"
    assert registry.update_metric(scientist, metric, direction="down", name="As before").name == "As before"
    assert AuditEntry.objects.filter(action="metric.update_definition").count() == 3


def test_a_built_in_metric_is_neither_changed_nor_retired(api, scientist, product):
    built_in, client = f"/api/v1/products/{product.slug}/metrics/roc_auc/", api(scientist)
    for answer in (client.patch(built_in, {"name": "mine"}), client.delete(built_in)):
        assert answer.status_code == 409
    with pytest.raises(Conflict):
        registry.own_metric(product, "roc_auc")
    with pytest.raises(access.Hidden):
        registry.own_metric(product, "nothing")


def test_no_built_in_metric_is_kept_in_the_database(product):
    assert not Metric.objects.exists()
    assert {metric.key for metric in definitions.of_product(product)} >= {"roc_auc", "mae"}


def test_built_in_keys_of_several_tasks_agree_in_direction_and_unit():
    kinds = {}
    for metric in definitions.built_in():
        kinds.setdefault(metric.key, set()).add((metric.direction, metric.unit))
    assert {key: found for key, found in kinds.items() if len(found) > 1} == {}


@pytest.mark.parametrize("name", ["manager", "executive", "admin"])
def test_only_a_scientist_registers(people, product, name):
    with pytest.raises(access.Denied):
        registry.register_metric(people[name], product, **WEIGHTED)
    with pytest.raises(access.Denied):
        registry.create_model(people[name], product, name="churn", task="binary")


def test_a_model_is_named_before_its_first_run_and_renamed(scientist, product):
    model = registry.create_model(scientist, product, name="demand", task="forecast")
    registry.rename_model(scientist, model, name="demand of Victoria")
    assert Model.objects.get(product=product).name == "demand of Victoria"
    with pytest.raises(Invalid):
        registry.create_model(scientist, product, name="demand of Victoria", task="forecast")
    assert list(AuditEntry.objects.filter(action__startswith="model.").values_list("action", flat=True)) == [
        "model.update",
        "model.create",
    ]


def test_a_list_of_metrics_goes_on_page_by_page_and_ends(api, scientist, product):
    client, address, keys = api(scientist), f"/api/v1/products/{product.slug}/metrics/?limit=20", []
    for _ in range(9):
        page = client.get(address).json()
        keys += [(metric["key"], metric["task"]) for metric in page["results"]]
        if (address := page["next"]) is None:
            break
    assert keys == [(metric.key, metric.task) for metric in definitions.of_product(product)]
    assert client.get(page["previous"]).status_code == 200
    assert client.get(f"/api/v1/products/{product.slug}/metrics/?cursor=cD14").status_code == 404
