"""What the commands about runs, data sets, metrics and imports do: ask the client, say it in JSON and in words."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from kpiplatform.client import lake, printing
from kpiplatform.client.client import Client
from kpiplatform.client.errors import ClientError
from kpiplatform.client.progress import Bar
from kpiplatform.client.said import Said


def run_log(given: argparse.Namespace) -> Said:
    """Log a run from a file, or from metrics alone.

    Code, packages and seed are those of the program that made the predictions, which is not this one: only what is
    given is sent, with the file's digest and the split that --where names.
    """
    if given.file is None and not given.metric:
        raise ClientError(
            "there is nothing to log", field="file", remedy="Name a file of predictions, or give --metric."
        )
    if given.engine and given.file:
        with Client() as kpi:
            return _logged(kpi, lake.log(given, kpi), given)
    lake.check(given)
    label = Path(given.file).name if given.file else "metrics"
    with Client() as kpi, Bar(label, sys.stderr) as bar:
        found: dict[str, Any] = kpi.log_run(
            product=given.product,
            model=given.model,
            version=given.version,
            task=given.task,
            file=given.file,
            metrics=dict(given.metric),
            collect=False,
            idempotency_key=given.idempotency_key,
            progress=bar,
            name=given.name,
            dataset=given.dataset,
            where=dict(given.where) or None,
            split=given.split or dict(given.where).get("split"),
            rename=dict(given.rename) or None,
            drop_missing=True if given.drop_missing else None,
            interval_level=given.interval,
            decimal=given.decimal,
            time_zone=given.time_zone,
            seed=given.seed,
            parameters=dict(given.param) or None,
            code_commit=given.code_commit,
            note=given.note,
            training_dataset=given.training,
            **_reference(given.reference),
        )
        return _logged(kpi, found, given)


def _logged(kpi: Client, found: dict[str, Any], given: argparse.Namespace) -> Said:
    if given.wait:
        found = kpi.wait_for_run(found["id"], timeout=given.timeout) | {"page": found["page"]}
    return Said(found, printing.run(found | {"page": kpi.url + str(found.get("page") or "")}))


def _reference(given: list[str]) -> dict[str, Any]:
    """COLUMN=VALUE are rows of the same file; anything else is the name of a data set logged before."""
    named = [text for text in given if "=" not in text]
    pairs = [text.partition("=") for text in given if "=" in text]
    if len(named) + bool(pairs) > 1:
        remedy = "Give --reference NAME, or --reference COLUMN=VALUE once or more, and not both."
        raise ClientError("is one data set, or rows of the file", field="reference", remedy=remedy)
    if pairs:
        return {"reference": {column: value for column, _, value in pairs}}
    return {"reference_dataset": named[0]} if named else {}


def run_show(given: argparse.Namespace) -> Said:
    """One run."""
    with Client() as kpi:
        found = kpi.run(given.run)
    return Said(found, printing.run(found))


def run_list(given: argparse.Namespace) -> Said:
    """The runs of a product, newest first."""
    with Client() as kpi:
        found = kpi.runs(given.product, model=given.model or "", state=given.state or "", limit=given.limit)
    rows = [
        (row.get("id"), row.get("name"), f"{row.get('model')} {row.get('version')}", row.get("state"), row.get("n"))
        for row in found
    ]
    return Said(found, printing.table(rows, ("run", "name", "model", "state", "rows")))


def run_compare(given: argparse.Namespace) -> Said:
    """Paired differences of runs."""
    with Client() as kpi:
        found = kpi.compare(given.runs)
    return Said(found, printing.comparison(found))


def run_accept(given: argparse.Namespace) -> Said:
    """Let a run stand for the champion, or take that back."""
    with Client() as kpi:
        found = kpi.accept_run(given.run, back=given.back)
    done = "no longer stands for the champion" if given.back else "stands for the champion"
    return Said(found, f"run {printing.text(found.get('name'))} {done}")


def run_withdraw(given: argparse.Namespace) -> Said:
    """Take a run back."""
    with Client() as kpi:
        found = kpi.withdraw_run(given.run, reason=given.reason)
    return Said(found, f"withdrew run {printing.text(found.get('name'))}")


def dataset_log(given: argparse.Namespace) -> Said:
    """Log named rows from a file."""
    with Client() as kpi, Bar(Path(given.file).name, sys.stderr) as bar:
        found = kpi.log_dataset(
            given.product,
            given.name,
            role=given.role,
            file=given.file,
            task=given.task,
            segments=given.segment or None,
            amounts=given.amount or None,
            rename=dict(given.rename) or None,
            where=dict(given.where) or None,
            time_zone=given.time_zone,
            decimal=given.decimal,
            label_scale=given.label_scale,
            label_order=given.label_order,
            progress=bar,
        )
    return Said(found, printing.dataset(found))


def dataset_list(given: argparse.Namespace) -> Said:
    """The data sets of a product."""
    with Client() as kpi:
        found = kpi.datasets(given.product, limit=given.limit)
    rows = [(row.get("name"), row.get("role"), row.get("n"), str(row.get("digest") or "")[:12]) for row in found]
    return Said(found, printing.table(rows, ("data set", "role", "rows", "digest")))


def metric_register(given: argparse.Namespace) -> Said:
    """Register a metric."""
    with Client() as kpi:
        found = kpi.register_metric(
            given.product,
            given.key,
            direction=given.direction,
            formula=given.formula or "",
            name=given.name or "",
            unit=given.unit or "",
            task=given.task,
            source=given.source or "",
        )
    kind = f", {printing.text(found.get('kind'))}" if found.get("kind") else ""
    return Said(found, f"registered metric {printing.text(found.get('key'))}{kind}")


def metric_update(given: argparse.Namespace) -> Said:
    """Change a metric's words, or the way to the better."""
    with Client() as kpi:
        found = kpi.update_metric(
            given.product, given.key, direction=given.direction or "", name=given.name or "", source=given.source
        )
    better = "higher" if found.get("direction") == "up" else "lower"
    return Said(
        found, f"metric {printing.text(found.get('key'))}, {printing.text(found.get('name'))}: {better} is better"
    )


def import_mlflow(given: argparse.Namespace) -> Said:
    """Take over the runs of an MLflow server."""
    with Client() as kpi:
        found = kpi.import_mlflow(
            given.product,
            given.uri,
            experiments=given.experiment,
            every_minutes=given.every,
            timeout=given.timeout,
        )
    return Said(found, printing.imported(found, given.product))
