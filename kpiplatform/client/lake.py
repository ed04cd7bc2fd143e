"""Commands whose rows stay where they lie: scanned by an engine that is there, which the extra of its name installs."""

from __future__ import annotations

import argparse
import importlib
from typing import Any

from kpiplatform.client import arguments
from kpiplatform.client.client import Client
from kpiplatform.client.errors import ClientError

ENGINES = ("spark",)
_OF_FILES = ("where", "rename", "drop_missing", "decimal", "reference", "training", "metric")
_OF_LAKES = ("source", "segment", "amount", "classes", "least_count")


def add(log: argparse.ArgumentParser) -> None:
    """The arguments of `kpi run log` that are about rows in a lake."""
    log.add_argument("--engine", choices=ENGINES, help="scan FILE (Parquet) where it lies: a cube is sent")
    log.add_argument("--source", help="with --engine: what to call the rows and their snapshot (default: FILE)")
    for name, says in (("segment", "parts the rows into groups"), ("amount", "is money of each row")):
        of_a_column: dict[str, Any] = {"metavar": "COLUMN", "help": f"with --engine: a column that {says}"}
        log.add_argument(f"--{name}", action="append", default=[], **of_a_column)
    classes = "with --engine: the classes, where no columns p.<class> name them"
    log.add_argument("--classes", type=arguments.names, metavar="A,B,…", help=classes)
    log.add_argument("--least-count", type=int, default=0, metavar="N", help="with --engine: smaller groups are one")


def add_to_verify(verify: argparse.ArgumentParser) -> None:
    """The arguments of `kpi verify` that are about rows in a lake."""
    says = "scan the rows of a lake run again, and compare: then DIGEST is the id of the run"
    verify.add_argument("--engine", choices=ENGINES, help=says)
    verify.add_argument("--rows", metavar="PATH", help="with --engine: where the Parquet of its snapshot lies")


def check(given: argparse.Namespace) -> None:
    """Raises ClientError for an argument that says something of rows in a lake, where a file is sent."""
    for name in _OF_LAKES:
        if getattr(given, name):
            message = "says how rows that stay where they lie are scanned, and a file is sent with its columns"
            remedy = "Leave it out, or add --engine spark."
            raise ClientError(message, field=name.replace("_", "-"), remedy=remedy)


def log(given: argparse.Namespace, kpi: Client) -> dict[str, Any]:
    """Log a run of rows that stay where they are."""
    for name in _OF_FILES:
        if getattr(given, name):
            message = "is read of files that are sent, not of rows that stay where they lie"
            remedy = "Leave it out: log a path that holds these rows, by these names."
            raise ClientError(message, field=name.replace("_", "-"), remedy=remedy)
    spark = _engine(given.engine)
    more = {"name": given.name, "dataset": given.dataset, "split": given.split, "seed": given.seed, "note": given.note}
    more |= {"interval_level": given.interval, "time_zone": given.time_zone, "code_commit": given.code_commit}
    more |= {"parameters": dict(given.param), "classes": given.classes}
    with spark.in_one_line(given.file, field="file"):
        found: dict[str, Any] = spark.log_run(
            spark.read(given.file),
            product=given.product,
            model=given.model,
            version=given.version,
            source=given.source or given.file,
            segments=given.segment,
            amounts=given.amount,
            least_count=given.least_count,
            collect=False,
            client=kpi,
            idempotency_key=given.idempotency_key,
            **({"task": given.task} if given.task else {}),
            **{key: value for key, value in more.items() if value},
        )
    return found


def verified(given: argparse.Namespace, kpi: Client) -> dict[str, Any]:
    """The verdict on a lake run, of its rows scanned again."""
    if not given.rows:
        raise ClientError("is needed", field="rows", remedy="Say where the snapshot lies: --rows PATH.")
    spark = _engine(given.engine)
    with spark.in_one_line(given.rows, field="rows"):
        found: dict[str, Any] = spark.verify(spark.read(given.rows), given.digest, client=kpi)
    return found


def _engine(name: str) -> Any:
    try:
        return importlib.import_module(f"kpiplatform.{name}")
    except ImportError as error:
        remedy = f'Install it: pip install "kpiplatform[{name}]".'
        raise ClientError(f"the engine {name} is not here: {error}", field="engine", remedy=remedy) from error
