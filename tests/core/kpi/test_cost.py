"""The cost of errors, and the value matrix of several classes, against rows counted one by one."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from metrics.core.draws import K
from metrics.core.estimate import Estimate, Unknown
from metrics.core.evaluation.metrics import forecast, multiclass, regression
from metrics.core.evaluation.statistics.sums import Sums
from metrics.core.kpi.kind import Beginning
from metrics.core.kpi.kinds import KINDS
from metrics.core.kpi.matrix import MappingError
from tests.core.kpi.definitions import parsed
from tests.places import SHARED

SEED = 5
NAMES = {"short": "EUR/mwh", "long": "EUR/mwh", "churn_loss": "EUR", "share": ""}


def costs(**more):
    given_ = {"kind": "error_cost", "under": "60", "over": "25", "per": "total"} | more
    return parsed(given_, NAMES, "EUR", case="booking")


def numbers(truth, prediction, **more):
    ids = [str(i) for i in range(len(truth))]
    return pa.table(
        {"example_id": ids, "y_true": np.asarray(truth, float), "y_pred": np.asarray(prediction, float)} | more
    )


def elec_runs():
    path = SHARED / "data" / "elec_demand" / "EXPECTED.json"
    return sorted(json.loads(path.read_text())["runs"]) if path.exists() else []


@pytest.mark.shared
@pytest.mark.parametrize("run", elec_runs())
def test_imbalance_money_of_the_demand_forecasts_equals_the_reference(run):
    folder = SHARED / "data" / "elec_demand"
    expected = json.loads((folder / "EXPECTED.json").read_text())["runs"][run]
    place = {one["run_id"]: one["predictions"] for one in json.loads((folder / "runs.json").read_text())}[run]
    table = pq.read_table(folder / place)
    for split in ("test", "valid"):
        rows = table.filter(pc.equal(table["split"].cast(pa.string()), split))
        sums = regression.scan(numbers(rows["y_true"].to_numpy(), rows["y_pred"].to_numpy()), segments=())
        # 60 and 25 a MWh; the rows are GW over half an hour, so 500 MWh each.
        found = costs(under="60 * 500", over="25 * 500").value(sums, {}, {}, seed=SEED)
        assert -found.point == pytest.approx(expected[split]["money_lost"], rel=1e-6)
        assert found.unit == "EUR"


pairs = st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=2, max_size=40)


@given(pairs, st.floats(0, 100), st.floats(0, 100), st.sampled_from(["linear", "quadratic"]))
def test_the_cost_is_that_of_each_row_on_its_side(rows, under, over, shape):
    truth, prediction = (np.array(column, float) for column in zip(*rows, strict=True))
    power = 1 if shape == "linear" else 2
    each = under * np.maximum(truth - prediction, 0) ** power + over * np.maximum(prediction - truth, 0) ** power
    sums = regression.scan(numbers(truth, prediction), segments=())
    for per, expected in (("total", each.sum()), ("case", each.mean())):
        found = costs(under=repr(under), over=repr(over), shape=shape, per=per).value(sums, {}, {}, seed=SEED)
        assert found.point == pytest.approx(-expected, rel=1e-9, abs=1e-9)


def test_the_under_quantile_of_the_critical_ratio_costs_least_by_an_asymmetric_price():
    generator = np.random.default_rng(1)
    truth = generator.lognormal(2, 0.6, 4000)
    found = {}
    for level in (0.3, 0.5, 60 / 85, 0.9):
        sums = regression.scan(numbers(truth, np.full(4000, np.quantile(truth, level))), segments=())
        found[level] = costs().value(sums, {}, {}, seed=SEED).point
    assert max(found, key=found.get) == 60 / 85


def test_prices_with_draws_widen_the_band_and_pair_with_the_draws_of_the_rows():
    generator = np.random.default_rng(2)
    truth = generator.normal(10, 2, 2000)
    noise = generator.normal(0, 1, 2000)
    sums = regression.scan(numbers(truth, truth + noise), segments=())
    mapping = costs(under="short", over="short / 2", of="mwh", per="case")
    points = {"short": 60.0}
    sure = mapping.value(sums, points, {"short": np.full(K, 60.0)}, seed=SEED)
    unsure = mapping.value(sums, points, {"short": generator.normal(60, 15, K)}, seed=SEED)
    assert sure.point == unsure.point
    assert unsure.standard_error() > 2 * sure.standard_error()
    assert sure.unit == "EUR/booking"
    each = 60 * np.maximum(-noise, 0) + 30 * np.maximum(noise, 0)
    means = [each[generator.integers(0, 2000, 2000)].mean() for _ in range(1000)]
    assert sure.standard_error() == pytest.approx(np.std(means, ddof=1), rel=0.15)


def test_a_forecast_is_costed_and_another_task_is_not():
    table = numbers([1.0, 2.0, 4.0], [2.0, 2.0, 1.0], event_time=pa.array([0, 1, 2], pa.timestamp("us", tz="UTC")))
    found = costs().value(forecast.scan(table, segments=()), {}, {}, seed=SEED)
    assert found.point == pytest.approx(-(25 + 180))
    classes = multiclass.scan(labelled(["a", "b"], ["a", "a"]), segments=())
    assert isinstance(costs().value(classes, {}, {}, seed=SEED), Unknown)


def test_sums_scanned_before_squared_errors_were_told_apart_say_so():
    sums = regression.scan(numbers([1.0, 2.0], [2.0, 2.0]), segments=())
    kept = [place for place, name in enumerate(sums.names) if name != "squared_over"]
    older = Sums(
        unit=sums.unit,
        n_buckets=sums.n_buckets,
        names=tuple(sums.names[place] for place in kept),
        groups=sums.groups,
        terms=type(sums.terms)(sums.terms.shape, sums.terms.index, sums.terms.sums[:, kept]),
        unlabelled=sums.unlabelled,
        facts=sums.facts,
    )
    assert isinstance(costs(shape="quadratic").value(older, {}, {}, seed=SEED), Unknown)
    assert isinstance(costs().value(older, {}, {}, seed=SEED), Estimate)


def labelled(truth, prediction, **more):
    ids = [str(i) for i in range(len(truth))]
    table = pa.table({"example_id": ids, "y_true": list(truth), "y_pred": list(prediction)} | more)
    return table.replace_schema_metadata({"classes": json.dumps(sorted({*truth, *prediction}))})


def matrix(classes, worth, **more):
    cells = {t: {d: str(worth[i][j]) for j, d in enumerate(classes)} for i, t in enumerate(classes)}
    return parsed({"kind": "class_matrix", "classes": list(classes), "cells": cells} | more, NAMES, "EUR")


CLASSES = ("bronze", "gold", "silver")


@given(st.lists(st.tuples(st.sampled_from(CLASSES), st.sampled_from(CLASSES)), min_size=2, max_size=60), st.data())
def test_the_matrix_of_classes_is_money_times_the_confusion_of_another_library(rows, data):
    truth, prediction = zip(*rows, strict=True)
    worth = np.array(data.draw(st.lists(st.integers(-9, 9), min_size=9, max_size=9))).reshape(3, 3)
    sums = multiclass.scan(labelled(truth, prediction), segments=())
    counted = confusion_matrix(truth, prediction, labels=CLASSES)
    total = matrix(CLASSES, worth, per="total").value(sums, {}, {}, seed=SEED)
    assert total.point == pytest.approx((worth * counted).sum(), abs=1e-9)
    against = matrix(CLASSES, worth, per="case", baseline="gold").value(sums, {}, {}, seed=SEED)
    always_gold = (counted.sum(axis=1) * worth[:, 1]).sum()
    assert against.point == pytest.approx(((worth * counted).sum() - always_gold) / len(rows), abs=1e-9)


def test_a_matrix_of_classes_has_a_band_as_wide_as_a_bootstrap_of_its_rows():
    generator = np.random.default_rng(4)
    truth = generator.choice(CLASSES, 3000, p=[0.5, 0.1, 0.4])
    prediction = np.where(generator.random(3000) < 0.7, truth, generator.choice(CLASSES, 3000))
    worth = np.array([[1.0, -5.0, 0.0], [-20.0, 9.0, 0.0], [0.0, -3.0, 2.0]])
    sums = multiclass.scan(labelled(truth, prediction), segments=())
    found = matrix(CLASSES, worth).value(sums, {}, {}, seed=SEED)
    each = worth[np.searchsorted(CLASSES, truth), np.searchsorted(CLASSES, prediction)]
    means = [each[generator.integers(0, 3000, 3000)].mean() for _ in range(1000)]
    assert found.standard_error() == pytest.approx(np.std(means, ddof=1), rel=0.15)


def test_with_certain_rows_the_spread_is_that_of_the_prices_alone():
    prices = np.random.default_rng(1).uniform(20, 80, K)
    truth, prediction = np.array([3.0, 5.0, 8.0]), np.array([2.0, 7.0, 8.0])
    sums = regression.scan(numbers(truth, prediction), segments=())
    costed = costs(under="short", over="25", of="mwh", per="case")
    found = costed.value(sums, {"short": 50.0}, {"short": prices}, seed=SEED, certain=True)
    assert found.point == pytest.approx(-(50 * 1 + 25 * 2) / 3)
    assert found.draws == pytest.approx(-(prices * 1 + 25 * 2) / 3)
    sure = costed.value(sums, {"short": 50.0}, {"short": 50.0}, seed=SEED, certain=True)
    assert sure.draws == pytest.approx(np.full(K, sure.point))


def test_with_certain_rows_the_spread_of_several_classes_is_that_of_the_cells_alone():
    lost = np.random.default_rng(2).uniform(5, 15, K)
    table = labelled(["gold", "gold", "silver", "bronze"], ["gold", "silver", "silver", "silver"])
    worth = [["0", "0", "-churn_loss"], ["0", "7", "-churn_loss"], ["0", "0", "3"]]
    found = matrix(CLASSES, worth).value(
        multiclass.scan(table, segments=()), {"churn_loss": 10.0}, {"churn_loss": lost}, seed=SEED, certain=True
    )
    assert found.point == pytest.approx((7 - 10 + 3 - 10) / 4)
    assert found.draws == pytest.approx((7 - lost + 3 - lost) / 4)


def test_a_run_of_other_classes_is_unknown_and_a_missing_class_is_named():
    sums = multiclass.scan(labelled(["a", "b"], ["a", "c"]), segments=())
    found = matrix(("a", "b"), [[1, 0], [0, 1]]).value(sums, {}, {}, seed=SEED)
    assert "'c'" in found.reason
    assert isinstance(
        matrix(("a", "b"), [[1, 0], [0, 1]]).value(regression.scan(numbers([1.0], [2.0])), {}, {}, seed=SEED), Unknown
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"under": ""}, "under"),
        ({"under": "-3"}, "under"),
        ({"over": "short * short"}, "over"),
        ({"over": "short"}, "over"),
        ({"shape": "cubic"}, "shape"),
        ({"of": "%"}, "of"),
        ({"per": "week"}, "per"),
        ({"over": "shrt", "of": "mwh"}, "over"),
        ({"colour": 1}, "colour"),
        ({"says": 3}, "says"),
    ],
)
def test_what_is_wrong_with_a_cost_is_said_at_its_field(change, field):
    with pytest.raises(MappingError) as refused:
        costs(**change)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"classes": ["a"]}, "classes"),
        ({"classes": ["a", "a"]}, "classes"),
        ({"classes": ["a", "none"]}, "classes"),
        ({"classes": ["a", "predicted"]}, "classes"),
        ({"decide": "best"}, "decide"),
        ({"baseline": "predicted"}, "baseline"),
        ({"cells": {}}, "cells"),
        ({"cells": {"a": {}, "b": {}}}, "cells.a"),
        ({"cells": {"a": {"a": "share", "b": "0"}, "b": {"a": "0", "b": "0"}}}, "cells.a.a"),
        ({"baseline": "c"}, "baseline"),
        ({"per": "week"}, "per"),
        ({"colour": 1}, "colour"),
    ],
)
def test_what_is_wrong_with_a_matrix_of_classes_is_said_at_its_field(change, field):
    whole = {"a": {"a": "1", "b": "0"}, "b": {"a": "0", "b": "1"}}
    given_ = {"kind": "class_matrix", "classes": ["a", "b"], "cells": whole} | change
    with pytest.raises(MappingError) as refused:
        parsed(given_, NAMES, "EUR")
    assert refused.value.field == field


def test_a_definition_that_is_read_and_written_is_the_same():
    for one in (costs(of="mwh", under="short", says="Bought short."), matrix(("a", "b"), [[1, 0], [0, 1]])):
        again = parsed(one.definition(), NAMES, "EUR", case=one.case)
        assert again == one


@pytest.mark.parametrize("shape", ["linear", "quadratic"])
def test_a_cost_of_errors_with_too_heavy_a_tail_has_no_band_and_a_quadratic_one_sooner(shape):
    random = np.random.default_rng(4)
    for heavy, refused in ((random.normal(size=5000), False), (random.standard_t(2.5, 5000), shape == "quadratic")):
        sums = regression.scan(numbers(np.full(5000, 100.0), 100 + heavy), segments=())
        found = costs(shape=shape).value(sums, {}, {}, seed=SEED)
        assert (found.draws is None) == refused
        assert ("too heavy for a band" in str(found.no_band)) == refused


@pytest.mark.parametrize(
    ("named", "of", "asked"),
    [
        ({}, "", "AUD"),
        ({"cost_too_low": "AUD"}, "", "AUD"),
        ({"cost_too_low": "AUD/GW"}, "GW", "AUD/GW"),
        ({"cost_too_low": "AUD/GW", "cost_too_high": "AUD/GW"}, "GW", "AUD/GW"),
        ({"cost_too_low": "AUD/GW", "cost_too_high": "AUD"}, "", "AUD"),
        ({"cost_too_low": "EUR/GW"}, "", "AUD"),
        ({"cost_too_low": "AUD*GW"}, "", "AUD"),
        ({"another": "AUD/GW"}, "", "AUD"),
    ],
)
def test_a_first_cost_of_errors_begins_in_the_unit_that_its_named_prices_are_per(named, of, asked):
    kind = KINDS["error_cost"]
    begun = kind.start(Beginning(currency="AUD", case="half_hour", task="forecast", units=named))
    assert begun is not None
    assert begun.definition["of"] == of
    assert {one.unit for one in begun.asks} == {asked}
    units = {one.key: one.unit for one in begun.asks} | named
    if len({*units.values()}) == 1 and of:
        assert parsed(begun.definition, units, "AUD", case="half_hour").of == of


def test_a_price_per_unit_that_no_unit_is_named_for_says_where_it_is_named():
    with pytest.raises(MappingError, match=r"is EUR / mwh; a price per unit needs “One unit is” to name that unit"):
        costs(under="short")
