"""Runs of rows that stay in a lake, from inside a session of Spark that is there already.

    from kpiplatform.spark import log_run

    df = spark.read.format("delta").option("versionAsOf", 412).table("main.preds")
    log_run(df, product="churn", model="gbm", version="7", segments=["country"], source="delta:main.preds@v412")

The rows are checked and scanned where they lie; what leaves the cluster is their cube, or sums: a few MB. Needs
`pip install "kpiplatform[spark]"` where the session is, and numpy, pandas and pyarrow on its executors.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from kpiplatform.client import ClientError, manifest
from kpiplatform.client.client import Client
from kpiplatform.client.runs import Run

try:
    from pyspark.errors import PySparkException

    from metrics.core.evaluation.metrics.tasks import DEFAULT, TASKS, rows_of
    from metrics.core.evaluation.supplied import name_of
    from metrics.core.rows.refusal import UploadError
    from metrics.core.rows.upload.options import UploadOptions
    from metrics.engines.checked import Checked, checked
except ImportError as error:
    raise ImportError(f'{error.name} is missing: pip install "kpiplatform[spark]"') from error

try:
    from py4j.protocol import Py4JError
except ImportError:  # of pyspark, a client of Connect alone
    Py4JError = PySparkException

_OPTIONS = ("interval_level", "naive", "classes", "time_zone")
_NO_CONNECTOR = re.compile(r"No FileSystem for scheme|Class org\.apache\.hadoop\.fs\.\S+ not found")
_CONNECTORS = {
    "s3": "org.apache.hadoop:hadoop-aws",
    "s3a": "org.apache.hadoop:hadoop-aws",
    "abfs": "org.apache.hadoop:hadoop-azure",
    "abfss": "org.apache.hadoop:hadoop-azure",
    "gs": "com.google.cloud.bigdataoss:gcs-connector",
}


def log_run(
    df: Any,
    *,
    product: str,
    model: Any,
    version: str,
    source: str,
    task: str = DEFAULT,
    segments: Sequence[str] = (),
    amounts: Sequence[str] = (),
    least_count: int = 0,
    wait: bool = False,
    collect: bool = True,
    client: Client | None = None,
    idempotency_key: str | None = None,
    **more: Any,
) -> Run:
    """Log a run of the rows of a frame, whose columns have the platform's names; no other column is read.

    source: where the rows lie, at which snapshot, such as delta:main.preds@v412: whoever may read them can scan them
    again. segments, amounts: columns by name. least_count: groups of fewer rows are put together as "other", so that
    none of them tells of a few people; cells by score and label inside a group may still stand for one row.
    more: fields of the manifest, such as name, dataset, interval_level, naive, classes, time_zone, note. client: by
    default the one that `kpi login` or KPI_URL and KPI_TOKEN make.

    Gives the run, as `Client.log_run` does. Raises ClientError: a row that is refused is named with its part.
    """
    with nullcontext(client) if client else Client() as server:
        zone = server.product(product)["time_zone"]
        given = {key: more[key] for key in _OPTIONS if more.get(key) is not None}
        found, content = scan(
            df, task=task, segments=segments, amounts=amounts, least_count=least_count, months_in=zone, options=given
        )
        said = {"model": manifest.model_name(model), "version": version, "source": source, "task": task, **more}
        missing: Mapping[str, str] = {}
        if collect:
            collected = manifest.collect(said, model=model)
            said, missing = dict(collected.found), collected.missing
        said |= {
            "segments": list(found.segments),
            "amounts": list(amounts),
            "least_count": least_count,
            "n_rows": found.n,
            "rows_digest": found.digest,
            "months_in": zone,
            "cube": hashlib.sha256(content).hexdigest(),
            "first_event": found.first and found.first.isoformat(),
            "last_event": found.last and found.last.isoformat(),
            "parts": found.parts,
            "warnings": [
                {key: value for key, value in one.as_json().items() if key != "row"} for one in found.warnings
            ],
        }
        sent = server.log_scanned(product, said, content, key=idempotency_key or uuid.uuid4().hex)
        if wait:
            sent = server.wait_for_run(sent["id"]) | {"page": sent["page"]}
        return Run(sent, url=server.url, sent=said, missing=missing)


def read(path: str) -> Any:
    """The frame of a path of Parquet that the session can reach, in the one that is there or a new one: of the master
    or the server of Connect that Spark is told of where it looks (SPARK_REMOTE, spark-defaults.conf)."""
    from pyspark.sql import SparkSession

    return SparkSession.builder.getOrCreate().read.parquet(path)


@contextmanager
def in_one_line(path: str, *, field: str) -> Iterator[None]:
    """What Spark raises over the rows of a path, as a ClientError at a field of the command that named it."""
    try:
        yield
    except (PySparkException, Py4JError) as error:
        said = str(error)
        scheme = path.partition("://")[0]
        if _NO_CONNECTOR.search(said):
            message = f"this Spark has no connector for {scheme}://"
            jar = _CONNECTORS.get(scheme, "its connector")
            remedy = f"Give the session {jar}, such as by spark.jars.packages in spark-defaults.conf"
            remedy += " and say s3a://." if scheme == "s3" else "."
        else:
            # py4j puts what was called first, and the error after it
            first = said.partition("\n: ")[2] or said
            message = f"Spark: {first.strip().partition(chr(10))[0]}"
            remedy = "Mend the path, or where Spark looks for its session: SPARK_REMOTE, or spark-defaults.conf."
        raise ClientError(message, field=field, remedy=remedy) from error


def verify(df: Any, run: str, *, client: Client | None = None) -> dict[str, Any]:
    """Whether the rows of a frame are those of a lake run: {"verdict": "equal" or "differs", "differences", "says"}.

    They are scanned again as they were for it, and what comes of them is held against what the run is named by.
    """
    with nullcontext(client) if client else Client() as server:
        known = server.run(run)
    if not known.get("source"):
        raise ClientError("is no lake run: its rows are held there", field="run", remedy="kpi verify RECEIPT")
    said = known["manifest"]
    asked = said["scan"]
    found, content = scan(
        df,
        task=known["task"],
        segments=asked.get("segments", ()),
        amounts=asked.get("amounts", ()),
        least_count=asked.get("least_count", 0),
        months_in=asked["months_in"],
        options={key: asked.get(key, said.get(key)) for key in _OPTIONS if asked.get(key, said.get(key)) is not None},
    )
    differences = []
    for what, now, then in (("rows", found.n, known["n"]), ("ids and labels", found.digest, known["data_digest"])):
        if now != then:
            differences.append({"link": what, "digest": found.digest, "message": f"{now} now, {then} then"})
    cube = hashlib.sha256(content).hexdigest()
    name = name_of(known["source"], n=found.n, digest=found.digest, cube=cube)
    if name != known["rows_digest"] and not differences:
        differences.append({"link": "cube", "digest": cube, "message": "scanned again, it is not what was sent"})
    says = [f"{found.n:,} rows of {known['source']} scanned again"]
    return {"verdict": "differs" if differences else "equal", "differences": differences, "says": says}


def scan(
    df: Any,
    *,
    task: str = DEFAULT,
    segments: Sequence[str] = (),
    amounts: Sequence[str] = (),
    least_count: int = 0,
    months_in: str = "UTC",
    options: Mapping[str, Any] | None = None,
) -> tuple[Checked, bytes]:
    """The rows of a frame checked and scanned in its session: what is known of all of them, and their cube or sums.

    The same rows at the same snapshot give the same bytes, on whatever cluster. Raises ClientError.
    """
    try:
        given: dict[str, Any] = dict(options or {})
        if "classes" in given:
            given["classes"] = tuple(given["classes"])
        asked = UploadOptions(task=rows_of(task), segments=tuple(segments), amounts=tuple(amounts), **given)
        found = checked(df, asked, least=least_count)
        try:
            made = TASKS[task].scan_on(found.engine, segments=found.segments, time_zone=months_in)
        finally:
            found.release()
    except UploadError as refused:
        raise ClientError(
            refused.message, field=refused.field, code=refused.code, row=refused.row, remedy=refused.remedy
        ) from refused
    return found, made.to_bytes()
