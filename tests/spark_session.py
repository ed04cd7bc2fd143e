"""A session of Spark in a process of its own, asked in lines of JSON; `python -m tests.spark_session WHERE SETTINGS`.

WHERE is a master, or the sc:// address of a server of Connect; SETTINGS are more of them, as JSON.

It runs in .venv-spark: there is pyspark, and neither Django nor pytest.
"""

import hashlib
import json
import os
import sys

from pyspark.sql import SparkSession

from kpiplatform.client import Client, ClientError
from kpiplatform.spark import in_one_line, log_run, read, verify
from metrics.core.evaluation.metrics.tasks import TASKS, rows_of
from metrics.core.rows.refusal import UploadError
from metrics.core.rows.upload.options import UploadOptions
from metrics.engines.checked import checked

LIGHT = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xss512k"
OF_THE_DRIVER = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "512m",
    "spark.driver.extraJavaOptions": LIGHT,
    "spark.executor.extraJavaOptions": LIGHT,
}
OF_QUERIES = {
    "spark.sql.shuffle.partitions": "4",
    "spark.sql.files.maxPartitionBytes": "1m",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.session.timeZone": "America/New_York",
}


def session(where: str, more: dict) -> SparkSession:
    if where.startswith("sc://"):
        made = SparkSession.builder.remote(where).getOrCreate()
        for name, value in (OF_QUERIES | {name: more[name] for name in more if name.startswith("spark.sql.")}).items():
            made.conf.set(name, value)
        return made
    builder = SparkSession.builder.master(where).appName("kpiplatform-tests")
    address = dict.fromkeys(("spark.driver.host", "spark.driver.bindAddress"), os.environ["SPARK_LOCAL_IP"])
    for name, value in (OF_THE_DRIVER | address | OF_QUERIES | more).items():
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
    with Client(asked["url"], asked["token"]) as client, in_one_line(asked["folder"], field="file"):
        run = log_run(read(asked["folder"]), client=client, task=asked["task"], **asked["log"])
    return {**run, "link": run.link}


def held_against(spark: SparkSession, asked: dict) -> dict:
    """The verdict on a run, of a folder scanned again."""
    with Client(asked["url"], asked["token"]) as client:
        return verify(spark.read.parquet(asked["folder"]), asked["verify"], client=client)


DOES = {"log": logged, "verify": held_against}


def say(answer: dict) -> None:
    os.write(1, json.dumps(answer).encode() + b"\n")


def main() -> None:
    spark = session(sys.argv[1], json.loads(sys.argv[2]))
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
