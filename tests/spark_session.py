"""A session of Spark in a process of its own, asked in lines of JSON; `python -m tests.spark_session MASTER`.

It runs in .venv-spark: there is pyspark, and neither Django nor pytest.
"""

import hashlib
import json
import os
import sys

from pyspark.sql import SparkSession

from kpiplatform.client import Client, ClientError
from kpiplatform.spark import log_run, verify
from metrics.core.evaluation.metrics.tasks import TASKS, rows_of
from metrics.core.rows.refusal import UploadError
from metrics.core.rows.upload.options import UploadOptions
from metrics.engines.checked import checked

LIGHT = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xss512k"
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "512m",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": LIGHT,
    "spark.executor.memory": "512m",
    "spark.executor.extraJavaOptions": LIGHT,
    "spark.sql.shuffle.partitions": "4",
    "spark.sql.files.maxPartitionBytes": "1m",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.session.timeZone": "America/New_York",
}


def session(master: str) -> SparkSession:
    builder = SparkSession.builder.master(master).appName("kpiplatform-tests")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    made = builder.getOrCreate()
    made.sparkContext.setLogLevel("OFF")
    return made


def scanned(spark: SparkSession, asked: dict) -> dict:
    """What a folder of Parquet gives: digest of its cube or sums, and what is known of all its rows."""
    task = asked["task"]
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in asked["options"].items()}
    options, more = UploadOptions(task=rows_of(task), **given), {}
    if "rows_a_range" in asked:
        more["rows_a_range"] = asked["rows_a_range"]
    found = checked(spark.read.parquet(asked["folder"]), options, least=asked.get("least", 0), **more)
    if asked.get("tell"):
        say({"at": "checked"})
    try:
        made = TASKS[task].scan_on(found.engine, segments=found.segments, time_zone=asked.get("time_zone", "UTC"))
    finally:
        found.release()
    return {
        "sha256": hashlib.sha256(made.to_bytes()).hexdigest(),
        "digest": found.digest,
        "n": found.n,
        "n_unlabelled": found.n_unlabelled,
        "parts": found.parts,
        "segments": found.segments,
        "first": found.first and found.first.isoformat(),
        "last": found.last and found.last.isoformat(),
        "warnings": [warning.as_json() for warning in found.warnings],
    }


def logged(spark: SparkSession, asked: dict) -> dict:
    """The run that a folder becomes on a server."""
    with Client(asked["url"], asked["token"]) as client:
        run = log_run(spark.read.parquet(asked["folder"]), client=client, task=asked["task"], **asked["log"])
    return {**run, "link": run.link}


def held_against(spark: SparkSession, asked: dict) -> dict:
    """The verdict on a run, of a folder scanned again."""
    with Client(asked["url"], asked["token"]) as client:
        return verify(spark.read.parquet(asked["folder"]), asked["verify"], client=client)


DOES = {"log": logged, "verify": held_against}


def say(answer: dict) -> None:
    os.write(1, json.dumps(answer).encode() + b"\n")


def main() -> None:
    spark = session(sys.argv[1])
    say({"at": "ready"})
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            say(next((do for key, do in DOES.items() if key in asked), scanned)(spark, asked))
        except ClientError as refused:
            say({"refused": refused.as_problem() | {"line": refused.line()}})
        except UploadError as refused:
            say({"refused": refused.as_json()})
    spark.stop()


if __name__ == "__main__":
    main()
