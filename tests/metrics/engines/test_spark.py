"""A scan inside a real cluster of Spark gives the bytes of one process, and refuses what an upload refuses."""

import hashlib
import json
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metrics import store
from metrics.core.evaluation.metrics.tasks import TASKS, rows_of
from metrics.core.evaluation.supplied import name_of
from metrics.core.rows.table import data_digest
from metrics.core.rows.upload.limits import Caps
from metrics.core.rows.upload.options import UploadOptions
from metrics.core.rows.upload.table import read_upload
from metrics.models.evaluation import DataSet, EvaluationRun
from metrics.services.product.tokens import create_token
from tests.spark_cluster import Cluster

PARTS = 6
SOURCE = "delta:main.preds@v412"


def binary(n: int, *, weighted: bool = False, narrow: bool = True, seed: int = 0) -> pa.Table:
    random = np.random.default_rng(seed)
    label = (random.random(n) < 0.3).astype(float)
    score = np.clip(0.3 * label + random.beta(1, 3, n), 0, 1)
    columns = {
        "example_id": random.permutation(n),
        "y_true": pa.array(label, mask=random.random(n) < 0.1),
        "y_score": score.astype(np.float32) if narrow else score,
        "shop": pa.array(random.choice(["a", "b", "c"], n).tolist(), mask=random.random(n) < 0.1),
        "shop_country": ["NL"] * n,
        "value": random.normal(0, 1, n) * 10.0 ** random.integers(-9, 12, n),
        "event_time": times(n, random),
        "a.note": [f"free text {at}" for at in range(n)],
    }
    return pa.table(columns | ({"weight": random.gamma(2, 1, n)} if weighted else {}))


def times(n: int, random: np.random.Generator) -> pa.Array:
    moments = np.datetime64("2022-01-31T20", "us") + np.arange(n) * np.timedelta64(min(37 * 1_500 // n, 37) + 1, "m")
    return pa.array(moments[random.permutation(n)], pa.timestamp("us", tz="UTC"))


def rows(task: str, n: int) -> pa.Table:
    random = np.random.default_rng(n)
    columns: dict[str, Any] = {
        "example_id": [f"r{at}" for at in random.permutation(n)],
        "shop": random.choice(["a", "b", "c"], n).tolist(),
        "event_time": times(n, random),
    }
    truth = np.round(random.normal(0, 1, n) * 10.0 ** random.integers(-6, 9, n), 3)
    number = {"y_true": pa.array(truth, mask=random.random(n) < 0.1), "y_pred": truth * random.uniform(0.5, 1.5, n)}
    if task == "regression":
        columns |= number | {"weight": random.gamma(2, 1, n) * (random.random(n) < 0.9)}
    elif task == "forecast":
        low = truth - np.round(random.gamma(1, 1, n), 1) + 0.3
        series = random.choice(["s", "t", "u"], n).tolist()
        columns |= number | {"y_low": low, "y_high": low + 1.5, "series": series}
    elif task == "multiclass":
        names, given = np.array(["p", "q", "r"]), random.dirichlet([1, 1, 1], n)
        columns["y_true"] = pa.array(names[random.integers(0, 3, n)].tolist(), mask=random.random(n) < 0.1)
        columns |= {f"p.{name}": given[:, at] for at, name in enumerate(names)}
    else:
        columns["query_id"] = random.integers(0, n // 8, n)
        columns["y_true"] = pa.array(np.round(random.gamma(0.3, 1, n), 1), mask=random.random(n) < 0.1)
        columns["y_score"] = np.round(random.random(n), 2)
    return pa.table(columns)


def in_parts(table: pa.Table, folder: Path, *, parts: int = PARTS) -> Path:
    folder.mkdir()
    for at in range(parts):
        start = at * table.num_rows // parts
        part = table.slice(start, (at + 1) * table.num_rows // parts - start)
        pq.write_table(part, folder / f"part-{at:05}.parquet", row_group_size=20_000)
    return folder


def uploaded(table: pa.Table, task: str, folder: Path, **options: Any) -> dict[str, Any]:
    """What one process makes of the same rows in one file, checked as an upload."""
    file = folder / "whole.parquet"
    pq.write_table(table, file)
    found = read_upload(
        file,
        name=file.name,
        content_type="",
        options=UploadOptions(task=rows_of(task), **options),
        caps=Caps(),
        now=datetime.now(UTC),
    )
    made = TASKS[task].scan(found.table)
    return {
        "sha256": hashlib.sha256(made.to_bytes()).hexdigest(),
        "digest": data_digest(found.table),
        "n": found.n,
        "n_unlabelled": found.n_unlabelled,
    }


def alike(found: dict[str, Any], known: dict[str, Any]) -> None:
    assert {name: found.get(name) for name in known} == known, found


def test_the_rows_of_a_cluster_give_the_bytes_of_one_process_with_a_worker_killed_too(
    spark_cluster: Cluster,
    tmp_path: Path,
) -> None:
    table = binary(300_000).drop_columns(["shop_country", "a.note"])
    options = {"segments": ("shop",), "amounts": ("value",)}
    known, folder = uploaded(table, "binary", tmp_path, **options), in_parts(table, tmp_path / "parts")
    alike(spark_cluster.ask(folder, "binary", options=options), known)
    alike(spark_cluster.ask(folder, "binary", options=options, between=spark_cluster.kill), known)


@pytest.mark.parametrize("narrow", [True, False], ids=["float32", "float64"])
@pytest.mark.parametrize("weighted", [False, True], ids=["alike", "weighted"])
def test_binary_rows_of_each_form_give_the_bytes_of_one_process(
    spark_cluster: Cluster,
    tmp_path: Path,
    narrow: bool,
    weighted: bool,
) -> None:
    table = binary(2_000, narrow=narrow, weighted=weighted, seed=3)
    options = {"segments": ("shop", "shop_country"), "amounts": ("value",)}
    found = spark_cluster.ask(in_parts(table, tmp_path / "parts"), "binary", options=options, rows_a_range=250)
    wanted = table.drop_columns(["shop_country", "a.note"])
    alike(found, uploaded(wanted, "binary", tmp_path, segments=("shop",), amounts=("value",)))
    assert found["segments"] == ["shop"]
    told = {said["field"]: said["message"] for said in found["warnings"]}
    assert told["shop_country"].endswith("every row holds the same")


@pytest.mark.parametrize("task", ["regression", "multiclass", "forecast", "ranking"])
def test_rows_of_each_task_give_the_bytes_of_one_process(spark_cluster: Cluster, tmp_path: Path, task: str) -> None:
    table = rows(task, 1_500)
    options = {"segments": ("shop",)} | ({"interval_level": 0.8} if task == "forecast" else {})
    found = spark_cluster.ask(in_parts(table, tmp_path / "parts"), task, options=options, rows_a_range=250)
    alike(found, uploaded(table, task, tmp_path, **options))


@pytest.mark.parametrize("last", ["1.0", "x"])
def test_ids_written_by_a_column_of_floats_are_told_by_all_parts(
    spark_cluster: Cluster, tmp_path: Path, last: str
) -> None:
    table = binary(600).drop_columns(["shop", "shop_country", "a.note", "event_time", "value"])
    ids = [f"{at}.0" for at in range(2, 601)] + [last]
    table = table.set_column(0, "example_id", [ids])
    alike(spark_cluster.ask(in_parts(table, tmp_path / "parts"), "binary"), uploaded(table, "binary", tmp_path))


def test_small_groups_are_told_together(spark_cluster: Cluster, tmp_path: Path) -> None:
    table = binary(2_000).drop_columns(["shop_country", "a.note", "event_time"])
    shops = ["a"] * 1_990 + ["b"] * 4 + ["c"] * 6
    table = table.set_column(table.column_names.index("shop"), "shop", [shops])
    together = table.set_column(table.column_names.index("shop"), "shop", [["a"] * 1_990 + ["other"] * 10])
    found = spark_cluster.ask(in_parts(table, tmp_path / "parts"), "binary", options={"segments": ("shop",)}, least=7)
    alike(found, uploaded(together.drop_columns(["value"]), "binary", tmp_path, segments=("shop",)))


@pytest.mark.parametrize(
    ("column", "value", "field", "code"),
    [
        ("y_score", 1.5, "y_score", "out_of_range"),
        ("y_score", float("nan"), "y_score", "missing_value"),
        ("y_true", 2.0, "y_true", "out_of_range"),
        ("value", float("inf"), "value", "not_finite"),
    ],
)
def test_a_bad_row_far_into_the_last_part_is_refused_with_its_part_and_row(
    spark_cluster: Cluster,
    tmp_path: Path,
    column: str,
    value: float,
    field: str,
    code: str,
) -> None:
    table = binary(30_000).drop_columns(["shop_country", "a.note"])
    cells = table[column].to_pylist()
    cells[-7] = value
    table = table.set_column(table.column_names.index(column), column, pa.array(cells, table.schema.field(column).type))
    folder = in_parts(table, tmp_path / "parts")
    refused = spark_cluster.ask(folder, "binary", options={"amounts": ("value",)})["refused"]
    assert (refused["field"], refused["code"]) == (field, code)
    assert refused["message"].startswith("in part ")
    assert refused["row"] > 4_000
    assert refused["remedy"]


def test_an_id_that_comes_again_in_another_part_is_refused(spark_cluster: Cluster, tmp_path: Path) -> None:
    table = binary(1_000).drop_columns(["shop_country", "a.note"])
    ids = table["example_id"].to_pylist()
    ids[-1] = ids[0]
    table = table.set_column(0, "example_id", [ids])
    refused = spark_cluster.ask(in_parts(table, tmp_path / "parts"), "binary")["refused"]
    assert (refused["field"], refused["code"]) == ("example_id", "duplicate")
    assert str(ids[0]) in refused["message"]


def test_what_needs_all_rows_at_once_is_refused_with_a_remedy(spark_cluster: Cluster, tmp_path: Path) -> None:
    table = rows("multiclass", 40).drop_columns(["p.p", "p.q", "p.r"])
    table = table.append_column("y_pred", [["p"] * 40])
    refused = spark_cluster.ask(in_parts(table, tmp_path / "parts"), "multiclass")["refused"]
    assert refused["field"] == "classes"
    assert "classes=[" in refused["remedy"]


@pytest.mark.django_db(transaction=True)
def test_a_frame_becomes_a_run_of_its_source_and_a_bad_row_becomes_none(
    spark_cluster: Cluster, tmp_path: Path, live_server: Any, world: Any
) -> None:
    table = binary(3_000).drop_columns(["shop_country", "a.note"])
    _, token = create_token(world.people["scientist"], name="spark")
    log = {"product": world.product.slug, "model": "lake", "version": "1", "source": SOURCE}
    log |= {"segments": ["shop"], "amounts": ["value"], "collect": False}
    door = {"url": live_server.url, "token": token, "log": log}
    sent = spark_cluster.ask(in_parts(table, tmp_path / "parts"), "binary", **door)
    world.compute()
    run = EvaluationRun.objects.get(pk=sent["id"])
    assert (run.state, run.source, run.n_rows) == ("scored", SOURCE, 3_000)
    again = {"url": live_server.url, "token": token, "verify": run.pk}
    assert spark_cluster.ask(tmp_path / "parts", "binary", **again)["verdict"] == "equal"
    cells = table["y_score"].to_pylist()
    cells[-1] = 0.5
    other = table.set_column(2, "y_score", pa.array(cells, pa.float32()))
    found = spark_cluster.ask(in_parts(other, tmp_path / "other"), "binary", **again)
    assert (found["verdict"], [one["link"] for one in found["differences"]]) == ("differs", ["cube"])
    cells[-1] = 7.0
    bad = table.set_column(2, "y_score", pa.array(cells, pa.float32()))
    runs = kept()
    refused = spark_cluster.ask(in_parts(bad, tmp_path / "bad"), "binary", **door)["refused"]
    assert "y_score, row " in refused["line"]
    assert "in part " in refused["line"]
    assert runs == kept()


def kept() -> tuple[int, int, set[str]]:
    return EvaluationRun.objects.count(), DataSet.objects.count(), {file.name for file in store.files()}


@pytest.mark.django_db(transaction=True)
def test_the_commands_log_and_verify_rows_over_connect_and_where_spark_defaults_say(
    spark_cluster: Cluster, tmp_path: Path, live_server: Any, world: Any
) -> None:
    table = binary(2_000).drop_columns(["shop_country", "a.note"])
    options = {"segments": ("shop",), "amounts": ("value",)}
    known, folder = uploaded(table, "binary", tmp_path, **options), in_parts(table, tmp_path / "parts", parts=2)
    _, token = create_token(world.people["scientist"], name="spark")
    door = {"KPI_URL": live_server.url, "KPI_TOKEN": token}
    remote = door | {"SPARK_REMOTE": spark_cluster.connect()}
    log = f"run log {{}} --engine spark --source {SOURCE} --product {world.product.slug} --model lake --version 1"
    log += " --segment shop --amount value --json"

    def kpi(words: str, where: Path | str, environment: dict[str, str]) -> tuple[int, str, str]:
        done = spark_cluster.kpi(*shlex.split(words.format(where)), **environment)
        return done.returncode, done.stdout, done.stderr

    code, out, err = kpi(log, folder, remote)
    assert code == 0, err
    world.compute()
    run = EvaluationRun.objects.get(pk=json.loads(out)["id"])
    named = name_of(SOURCE, n=2_000, digest=known["digest"], cube=known["sha256"])
    assert (run.state, run.source, run.rows) == ("scored", SOURCE, named)

    (tmp_path / "spark-defaults.conf").write_text(f"spark.master {spark_cluster.master}\nspark.cores.max 1\n")
    defaults = door | {"SPARK_CONF_DIR": str(tmp_path)}
    verify = f"verify {run.pk} --engine spark --rows {{}} --json"
    code, out, err = kpi(verify, folder, defaults)
    assert (code, json.loads(out)["verdict"]) == (0, "equal"), err

    cells = table["y_score"].to_pylist()
    cells[-2] = 7.0
    bad = in_parts(table.set_column(2, "y_score", pa.array(cells, pa.float32())), tmp_path / "bad", parts=2)
    before = kept()
    code, out, err = kpi(log, bad, remote)
    assert (code, out, err.count("\n")) == (2, "", 1), err
    assert re.search(r"^kpi: y_score, row 999: in part \d of the rows: .* outside \[0, 1\].*\. \w", err), err
    code, out, err = kpi(log, "s3://lake/preds", remote)
    assert (code, out, err.count("\n")) == (2, "", 1), err
    assert err.startswith(
        "kpi: file: this Spark has no connector for s3://. Give the session org.apache.hadoop:hadoop-aws"
    )
    assert before == kept()


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("s3://lake/preds", "no connector for s3://. Give the session org.apache.hadoop:hadoop-aws, such as by"),
        ("s3a://lake/preds", "no connector for s3a://. Give the session org.apache.hadoop:hadoop-aws, such as by"),
        ("gs://lake/preds", "no connector for gs://. Give the session com.google.cloud.bigdataoss:gcs-connector"),
        ("/nowhere/at/all", "Spark: [PATH_NOT_FOUND] Path does not exist: file:/nowhere/at/all"),
        (__file__, "Spark: org.apache.spark.SparkException: [FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER]"),
    ],
)
def test_what_spark_cannot_read_is_told_in_one_line_with_a_remedy(spark_cluster: Cluster, path: str, says: str) -> None:
    door = {"url": "http://127.0.0.1:9", "token": "of nobody", "log": {"product": "churn"}}
    refused = spark_cluster.ask(path, "binary", **door)["refused"]
    assert refused["line"].startswith("file: ")
    assert says in refused["line"]
    assert "spark-defaults.conf" in refused["line"]
