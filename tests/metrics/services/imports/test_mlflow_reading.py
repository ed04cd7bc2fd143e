"""MLflow's JSON in our words; that of a server which is none, or wishes harm, is refused as malformed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.models.product import key_name
from metrics.services.imports.mlflow_reading import (
    BadRun,
    Malformed,
    key_of,
    manifest,
    named,
    printable,
    read_experiments,
    read_models,
    read_paths,
    read_points,
    read_runs,
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
    max_leaves=12,
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
    assert named(run) == ([], ["loss is not finite, and is left out"])


def test_empty_lists_are_left_out_by_mlflow_and_read_as_empty():
    assert read_runs({}) == []
    assert read_points({}) == []
    assert read_experiments({}) == {}
    bare = read_runs({"runs": [{"info": {"run_id": "a", "status": "FINISHED"}}]})[0]
    assert (bare.metrics, bare.parameters, bare.end_time) == ({}, {}, None)


@pytest.mark.parametrize(
    "found",
    [
        [], None, "x", {"runs": {}}, {"runs": [1]},
    ],
)  # fmt: skip
def test_what_no_mlflow_server_answers_is_malformed(found):
    with pytest.raises(Malformed):
        read_runs(found)


@pytest.mark.parametrize(
    ("found", "cause"),
    [
        ({"runs": [{}]}, "no info"),
        ({"runs": [{"info": {}}]}, "no run_id"),
        (answer(info={"run_id": "../x"}), "id"),
        (answer(info={"run_id": 7}), "run_id"),
        (answer(info={"end_time": "soon"}), "time"),
        (answer(info={"end_time": 2**70}), "time"),
        (answer(data={"metrics": [{"key": "a", "value": "much"}]}), "the value of a is no number"),
        (answer(data={"metrics": [{"value": 1}]}), "key"),
        (answer(data={"tags": [["a", "b"]]}), "tags"),
        (answer(inputs=[]), "inputs"),
    ],
)
def test_a_run_that_cannot_be_read_is_bad_alone_with_its_cause(found, cause):
    bad, good = read_runs({"runs": [*found["runs"], *answer()["runs"]]})
    assert isinstance(bad, BadRun)
    assert cause in bad.cause
    assert good == one()


def test_deleted_runs_and_experiments_are_not_there():
    assert read_runs(answer(info={"lifecycle_stage": "deleted"})) == []
    listed = [{"experiment_id": "1", "name": "a", "lifecycle_stage": "deleted"}, {"experiment_id": "2", "name": "b"}]
    assert read_experiments({"experiments": listed}) == {"2": "b"}


def test_an_end_of_0_is_none_as_clients_write_it():
    assert one(info={"end_time": 0}).end_time is None


@pytest.mark.parametrize(
    "changes",
    [
        {"info": {"run_name": "a\x00b"}},
        {"data": {"params": [{"key": "k", "value": "v\udfff"}]}},
        {"data": {"tags": [{"key": "\ud800", "value": "v"}]}},
    ],
)
def test_a_run_with_signs_that_no_database_keeps_is_bad_and_what_names_it_is_without_them(changes):
    run = one(**changes)
    assert run.cause == "a text of it holds NUL or half a character"
    assert (run.id, run.name) == ("ab12", "ab" if "info" in changes else "trees")


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


def of(**metrics):
    """A run of these metrics; a name with signs is written with two underscores for a slash."""
    rows = [{"key": name.replace("__", "/"), "value": value} for name, value in metrics.items()]
    return one(data={"metrics": rows})


@given(st.dictionaries(st.text(alphabet="ab/_ 1", min_size=1, max_size=4), st.integers(), max_size=8))
def test_each_key_stands_for_one_name_and_each_name_is_kept_or_told(given):
    run = one(data={"metrics": [{"key": name, "value": value} for name, value in given.items()]})
    kept, told = named(run)
    assert all(key_of(metric.name) == metric.key for metric in kept)
    assert len({metric.key for metric in kept}) == len(kept)
    assert len(kept) + len(told) == len(given)


def test_the_name_that_is_spelt_as_the_key_wins_whatever_comes_first():
    for run in (of(A__B=1, a_b=2), of(a_b=2, A__B=1)):
        kept, told = named(run)
        assert [(metric.name, metric.key, metric.value) for metric in kept] == [("a_b", "a_b", 2)]
        assert told == ["A/B is a_b, as a_b is; left out"]


def test_a_scorer_of_scikit_learn_is_kept_as_its_loss_with_its_sign_turned_back():
    kept, told = named(of(neg_mean_absolute_error=-3.2, test_neg_log_loss=-0.25, neg_max_error=0, roc_auc=0.9))
    assert [(metric.key, metric.value, metric.direction, metric.turned) for metric in kept] == [
        ("mae", 3.2, "down", True),
        ("max_error", 0, "down", True),
        ("roc_auc", 0.9, "up", False),
        ("test_log_loss", 0.25, "down", True),
    ]
    assert told == []


def test_a_scorer_beside_its_loss_or_with_its_sign_turned_already_is_told():
    kept, told = named(of(neg_log_loss=-0.31, log_loss=0.31))
    assert [(metric.name, metric.value) for metric in kept] == [("log_loss", 0.31)]
    assert told == ["neg_log_loss is log_loss, as log_loss is with the same value; left out"]
    (kept,), (said,) = named(of(neg_log_loss=0.31))
    assert (kept.key, kept.value, kept.direction) == ("neg_log_loss", 0.31, None)
    assert "neg_log_loss is above 0" in said
    (kept,), told = named(of(neg_log_loss=-0.31), own={"neg_log_loss"})
    assert (kept.key, kept.value, told) == ("neg_log_loss", -0.31, [])


def test_no_more_metrics_than_are_taken_and_the_rest_is_told():
    kept, told = named(one(data={"metrics": [{"key": f"m{n}", "value": n} for n in range(1203)]}))
    assert len(kept) == 1000
    assert told == ["of its 1,203 metrics the first 1,000 of the alphabet are taken over"]


def test_the_manifest_says_what_the_run_says_of_how_it_was_made():
    def data(name, digest, context):
        tag = {"key": "mlflow.data.context", "value": context}
        return {"dataset": {"name": name, "digest": digest}, "tags": [tag]}

    params = [{"key": "random_state", "value": "42"}, {"key": "text", "value": "x" * 5000}]
    found, told = manifest(
        one(data={"params": params}, inputs={"dataset_inputs": [data("a", "1", "training"), data("b", "2", "eval")]}),
        experiment="trials",
        uri="https://mlflow.example.org",
    )
    assert (found["trained_on"], found["dataset"], found["data_digest"], found["split"]) == ("a@1", "b", "2", "eval")
    assert found["seed"] == 42
    assert found["parameters"]["text"] == "x" * 5000
    assert found["note"] == "Imported from MLflow at https://mlflow.example.org: run ab12 of experiment trials."
    assert told == []


def test_what_of_a_manifest_is_cut_or_left_out_is_told():
    params = [{"key": "text", "value": "x" * 12_345}, *({"key": f"p{n}", "value": "y" * 9_000} for n in range(20))]
    tags = [{"key": "mlflow.source.git.commit", "value": "c" * 200}]
    found, told = manifest(one(data={"params": params, "tags": tags}), experiment="e", uri="u")
    assert "the parameter text of 12,345 characters is cut to 10,000" in told
    assert any("of its 21 parameters the 5 longest are left out" in what for what in told)
    assert any("code_commit is cut" in what for what in told)
    assert sum(len(text) for text in found["parameters"].values()) < 150_000


@given(st.text(max_size=200))
def test_a_name_prints_on_one_line_and_is_not_too_long(text):
    found = printable(text)
    assert len(found) <= 120
    assert found.isprintable()
    assert found == found.strip()
