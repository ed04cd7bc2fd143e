"""MLflow's JSON in our words; that of a server which is none, or wishes harm, is refused as malformed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.models.product import key_name
from metrics.services.imports.mlflow_reading import (
    DOWN,
    SAME,
    UP,
    Malformed,
    direction,
    key_of,
    keyed,
    manifest,
    printable,
    read_experiments,
    read_models,
    read_paths,
    read_points,
    read_runs,
    task_of,
)

PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
ANY = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
FIELDS = ["runs", "info", "data", "metrics", "params", "tags", "inputs", "dataset_inputs", "dataset", "run_id", "key"]
SHAPED = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*FIELDS, "value", "step", "timestamp", "end_time", "files", "path"]), inner, max_size=4
        )
    ),
    max_leaves=30,
)


def answer(**changes):
    """An answer of runs/search with one run."""
    info = {"run_id": "ab12", "run_name": "trees", "status": "FINISHED", "end_time": 1700000000000}
    data = {
        "metrics": [{"key": "roc_auc", "value": 0.8, "timestamp": 1, "step": 0}],
        "params": [{"key": "depth", "value": "6"}],
        "tags": [{"key": "mlflow.source.git.commit", "value": "c0ffee"}],
    }
    return {"runs": [{"info": info | changes.pop("info", {}), "data": data | changes.pop("data", {}), **changes}]}


def one(**changes):
    return read_runs(answer(**changes))[0]


def test_a_run_is_read_with_all_that_it_holds():
    run = one()
    assert (run.id, run.name, run.status, run.end_time, run.origin) == (
        "ab12", "trees", "FINISHED", 1700000000000, "mlflow:ab12"
    )  # fmt: skip
    assert (run.metrics, run.parameters, run.not_finite, run.data) == ({"roc_auc": 0.8}, {"depth": "6"}, (), ())


def test_times_and_steps_may_be_texts_as_protobuf_writes_64_bits():
    assert one(info={"end_time": "1700000000000"}).end_time == 1700000000000
    assert read_points({"metrics": [{"key": "a", "value": 1, "timestamp": "7", "step": "3"}]}) == [
        {"step": 3, "value": 1.0, "time": 7}
    ]


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", 1e301, float("nan")])
def test_a_value_that_is_not_finite_is_none_and_its_metric_is_named(value):
    run = one(data={"metrics": [{"key": "loss", "value": value}]})
    assert (run.metrics, run.not_finite) == ({}, ("loss",))
    assert "loss (not finite)" in manifest(run, experiment="e", uri="u", left_out=[])["note"]


def test_empty_lists_are_left_out_by_mlflow_and_read_as_empty():
    assert read_runs({}) == []
    assert read_points({}) == []
    assert read_experiments({}) == {}
    bare = read_runs({"runs": [{"info": {"run_id": "a", "status": "FINISHED"}}]})[0]
    assert (bare.metrics, bare.parameters, bare.end_time) == ({}, {}, None)


@pytest.mark.parametrize(
    "found",
    [
        [], None, "x", {"runs": {}}, {"runs": [1]}, {"runs": [{}]}, {"runs": [{"info": {}}]},
        answer(info={"run_id": "../x"}), answer(info={"run_id": 7}), answer(info={"end_time": "soon"}),
        answer(info={"end_time": 2**70}), answer(data={"metrics": [{"key": "a", "value": "much"}]}),
        answer(data={"metrics": [{"value": 1}]}), answer(data={"tags": [["a", "b"]]}), answer(inputs=[]),
    ],
)  # fmt: skip
def test_what_no_mlflow_server_answers_is_malformed(found):
    with pytest.raises(Malformed):
        read_runs(found)


@given(ANY | SHAPED)
@settings(max_examples=300)
def test_any_json_is_read_or_is_malformed(found):
    for read in (read_runs, read_points, read_experiments, read_models, read_paths):
        try:
            read(found)
        except Malformed:
            continue


@given(st.text(max_size=90))
@settings(max_examples=300)
def test_a_metrics_name_becomes_a_key_or_nothing_and_a_key_stays_itself(name):
    key = key_of(name)
    if key:
        key_name(key)
        assert key_of(key) == key


@given(st.lists(st.text(alphabet="ab/_ 1", max_size=4), max_size=8))
def test_each_key_stands_for_one_name_and_no_name_is_forgotten(names):
    kept, out = keyed(names)
    assert all(key_of(name) == key for key, name in kept.items())
    assert sorted([*kept.values(), *out]) == sorted(names)


def test_the_name_that_is_spelt_as_the_key_wins_whatever_comes_first():
    assert keyed(["A/B", "a_b"]) == keyed(["a_b", "A/B"]) == ({"a_b": "a_b"}, ["A/B"])


def test_names_of_scikit_learn_lead_to_metrics_that_are_built_in_with_the_direction_of_their_name():
    built_in = {key: one.direction for task in TASKS.values() for key, one in task.definitions.items()}
    assert set(SAME.values()) <= set(built_in)
    for theirs, ours in SAME.items():
        assert direction(theirs) == built_in[ours], theirs


def test_the_guess_agrees_with_every_built_in_direction_that_a_word_tells():
    built_in = {key: one.direction for task in TASKS.values() for key, one in task.definitions.items()}
    told = {key: found for key, found in built_in.items() if set(key.split("_")) & (UP | DOWN)}
    assert len(told) > 20
    assert {key: direction(key) for key in told} == told
    assert not UP & DOWN


@pytest.mark.parametrize(
    ("metrics", "tags", "task"),
    [
        ({"roc_auc": 1.0}, {}, "binary"),
        ({"rmse": 1.0, "r2": 0.5}, {}, "regression"),
        ({"ndcg_10": 0.4}, {}, "ranking"),
        ({"mase": 1.0, "mae": 2.0}, {}, "forecast"),
        ({"anything": 1.0}, {}, "binary"),
        ({"rmse": 1.0}, {"kpi.task": "forecast"}, "forecast"),
        ({"rmse": 1.0}, {"kpi.task": "guessing"}, "regression"),
    ],
)
def test_the_task_is_the_tagged_one_or_that_of_the_metrics(metrics, tags, task):
    run = one(data={"tags": [{"key": key, "value": value} for key, value in tags.items()]})
    assert task_of(run, metrics) == task


def test_the_manifest_says_what_the_run_says_of_how_it_was_made():
    def data(name, digest, context):
        tag = {"key": "mlflow.data.context", "value": context}
        return {"dataset": {"name": name, "digest": digest}, "tags": [tag]}

    params = [{"key": "random_state", "value": "42"}, {"key": "text", "value": "x" * 5000}]
    found = manifest(
        one(data={"params": params}, inputs={"dataset_inputs": [data("a", "1", "training"), data("b", "2", "eval")]}),
        experiment="trials",
        uri="https://mlflow.example.org",
        left_out=["odd/name"],
    )
    assert (found["trained_on"], found["dataset"], found["data_digest"], found["split"]) == ("a@1", "b", "2", "eval")
    assert found["seed"] == 42
    assert len(found["parameters"]["text"]) == 1000
    assert found["note"] == (
        "Imported from MLflow at https://mlflow.example.org: run ab12 of experiment trials. Metrics left out: odd/name."
    )


@given(st.text(max_size=200))
def test_a_name_prints_on_one_line_and_is_not_too_long(text):
    found = printable(text)
    assert len(found) <= 120
    assert found.isprintable()
    assert found == found.strip()
