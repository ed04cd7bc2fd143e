"""Runs from Python: log them with all that a manifest needs, read, compare and withdraw them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kpiplatform.client import manifest, parts, printing, rows, sending
from kpiplatform.client.connection import PATIENCE, Answer, Connection, answer, part
from kpiplatform.client.errors import ClientError, a_run, unreadable
from kpiplatform.client.waiting import waited


class Run(dict[str, Any]):
    """A logged run: the API's JSON as a dictionary. Printed, it says its link, its metrics and what was not found.

    link: the address of its page. manifest: what was sent about it. missing: what the client looked for and did not
    find, each with the reason, "" where there is none to tell.
    """

    def __init__(self, found: Answer, *, url: str, sent: Answer, missing: Mapping[str, str]) -> None:
        super().__init__(found)
        self.link = url + str(found.get("page") or "")
        self.manifest = sent
        self.missing = dict(missing)

    def __str__(self) -> str:
        lines = [printing.run({**self, "page": self.link})]
        if self.missing:
            lines.append("could not find: " + printing.reasons(self.missing))
        return "\n".join(lines)


class Runs(Connection):
    """The part of the client that is about runs."""

    def log_run(
        self,
        product: str,
        *,
        model: Any,
        version: str | None = None,
        task: str | None = None,
        y_true: Any = None,
        y_score: Any = None,
        y_pred: Any = None,
        example_id: Any = None,
        event_time: Any = None,
        classes: Any = None,
        segments: Any = None,
        amounts: Any = None,
        features: Any = None,
        frame: Any = None,
        file: str | Path | None = None,
        metrics: Mapping[str, Any] | None = None,
        wait: bool = False,
        collect: bool = True,
        idempotency_key: str | None = None,
        progress: sending.Told | None = None,
        **more: Any,
    ) -> Run:
        """Log one evaluation of a model version; model and version are made when new.

        model: its name, or a fitted estimator (get_params), whose class names it and whose settings are kept.
        version: without one, the digest of parameters, seed, commit and training data names it.
        task: binary (the default), multiclass, regression, forecast or ranking; what each takes stands in
        `kpiplatform.client.rows`.

        Give predictions as y_true with y_score or y_pred (lists, arrays, series; None or NaN in y_true: not labelled
        yet), as a frame whose columns have the platform's names, or as a file (CSV, Parquet or a folder of Parquet); or
        give metrics alone, such as {"roc_auc": 0.81} or {"roc_auc": {"value": 0.81, "standard_error": 0.01}}. Class
        probabilities are a row an example, their columns named by those of a frame, or by classes (default:
        model.classes_). Objects of pandas are paired by place and must have one index. Without example_id the rows are
        numbered from 0, which makes runs comparable only where they score the same rows in the same order.
        segments, amounts, features: columns by name or a frame, or for a file the names of its columns. Segments part
        the rows into groups; an amount is money, by a name that is value, amount, or ends in _cost, _value, _amount.

        more: columns (query_id, series, y_low, y_high, weight, cluster_id, ingest_time, split) and fields of the
        manifest (name, dataset, where, reference, reference_dataset, training_dataset, rename, drop_missing, seed,
        split, parameters, code_commit, environment, trained_on, interval_level, naive, label_scale, label_order,
        time_zone (of times without one), decimal (of amounts, "," or "."), data_digest, note). Of these, seed, split,
        parameters, commit and environment are found by the client unless collect=False.

        Gives {"id", "state", "page", "warnings", …}, and with wait=True the run once it is computed. Sent again under
        the same key when the connection breaks, so that one call makes one run. Raises ClientError.
        """
        by_name = {name: more.pop(name) for name in rows.COLUMNS & set(more) if not isinstance(more[name], str)}
        by_name |= {"y_true": y_true, "y_score": y_score, "y_pred": y_pred}
        by_name |= {"example_id": example_id, "event_time": event_time}
        named_classes = getattr(model, "classes_", None) if classes is None else classes
        given = rows.Given(
            columns=by_name, classes=named_classes, segments=segments, amounts=amounts, features=features, frame=frame
        )
        columns = rows.columns(given, task)
        known = more | {"segments": rows.names_of(segments), "amounts": rows.names_of(amounts), "task": task}
        known["classes"] = rows.labels(named_classes) if rows.TASKS[task or rows.USUAL].classed else None
        key = idempotency_key or uuid.uuid4().hex
        with parts.whole(file) as sent:
            body, missing = _manifest(known, model=model, version=version, file=sent, columns=columns, collect=collect)
            if metrics:
                body["metrics"] = {name: _plain(value, f"metrics.{name}") for name, value in metrics.items()}
            found = self._send_rows(product, "run", body, key=key, file=sent, columns=columns, told=progress)
        if wait:
            found = self.wait_for_run(found["id"]) | {"page": found["page"]}
        return Run(found, url=self.url, sent=body, missing=missing)

    def log_scanned(self, product: str, said: Mapping[str, Any], content: bytes, *, key: str) -> Answer:
        """Log a run whose rows stay where they lie: a manifest, and the cube or sums that were made of them there."""
        fields, file = {"manifest": sending.as_json(said)}, ("cube.kpi", content, "application/octet-stream")
        path = f"/products/{part(product)}/runs/lake/"
        return answer(self._server.post_keyed(path, key=key, fields=fields, file=file), self.url)

    def log_runs(self, product: str, manifests: Iterable[Mapping[str, Any]]) -> list[Answer]:
        """Log many runs that report their metrics, in one request: each a manifest with model, version and metrics.

        Gives, in their order, {"id", …} of a run that was taken and {"errors": […], …} of one that was not.
        """
        answers: list[Answer] = []
        sent: dict[int, Answer] = {}  # place → manifest
        for place, one in enumerate(manifests):
            try:
                sending.as_json(one)
            except ClientError as error:
                answers.append(error.as_problem())
            else:
                sent[place] = dict(one)
                answers.append({})
        if sent:
            path, key = f"/products/{part(product)}/runs/batch/", uuid.uuid4().hex
            told = self._send(path, {"runs": list(sent.values())}, key=key)["runs"]
            for place, one_told in zip(sent, told, strict=True):
                answers[place] = one_told
        return answers

    def log_history(self, run_id: str, points: Iterable[Mapping[str, Any]]) -> Answer:
        """Add points of a metric's course, such as its value after each epoch: {"metric", "step", "value", "time"}."""
        body = {"points": [dict(point) for point in points]}
        path, key = f"/runs/{part(run_id)}/history/", uuid.uuid4().hex
        return self._send(path, body, key=key)

    def run(self, run_id: str) -> Answer:
        """One run with its metrics, warnings and what it implies for the KPIs."""
        with a_run(run_id):
            return self._get(f"/runs/{part(run_id)}/")

    def runs(self, product: str, *, model: str = "", state: str = "", limit: int = 50) -> list[Answer]:
        """The runs of a product, newest first."""
        return list(self._server.listed(f"/products/{part(product)}/runs/", limit=limit, model=model, state=state))

    def compare(self, runs: Sequence[str]) -> Answer:
        """Paired differences of two runs or more on the same examples, against the first of them."""
        if len(runs) < 2:
            raise ClientError("are two or more", field="run", remedy="`kpi run list PRODUCT` prints their ids.")
        return self._get("/runs/compare/", run=[str(run) for run in runs])

    def accept_run(self, run_id: str, *, back: bool = False) -> Answer:
        """Let a run of the champion stand for it that does not by itself; back: take that back. For managers."""
        path = f"/runs/{part(run_id)}/accept/"
        with a_run(run_id):
            if not back:
                return self._post(path)
            self._server.delete(path)
        return self.run(run_id)

    def withdraw_run(self, run_id: str, *, reason: str) -> Answer:
        """Take a run out of every figure, saying why."""
        with a_run(run_id):
            return self._post(f"/runs/{part(run_id)}/withdraw/", {"reason": reason}, safe=True)

    def wait_for_run(self, run_id: str, *, timeout: float = PATIENCE) -> Answer:
        """The run once it is computed. Raises ClientError where it fails or takes longer than `timeout` seconds."""
        run = waited(lambda: self.run(run_id), {"scored", "failed", "withdrawn"}, timeout)
        if run["state"] == "failed":
            told = f"run {run_id} failed: {run.get('error') or 'no reason given'}"
            raise ClientError(told, code="failed", remedy="Mend what it names, and log it as another version.")
        return run


def _manifest(
    known: Answer, *, model: Any, version: str | None, file: Any, columns: sending.Columns, collect: bool
) -> tuple[Answer, Mapping[str, str]]:
    """The manifest to send, and what was not found for it."""
    name = manifest.model_name(model)
    found: Answer = {key: value for key, value in known.items() if value is not None}
    missing: dict[str, str] = {}
    if file is not None:
        if columns:
            raise ClientError("is given, and values too", field="file", remedy="Give one of the two.")
        try:
            found.setdefault("data_digest", "sha256:" + manifest.file_sha256(file))
        except OSError as error:
            raise unreadable(file, error) from error
    elif not columns:
        missing["data digest"] = "there are no rows"
    if collect:
        collected = manifest.collect(found, model=model)
        found = dict(collected.found)
        missing = {**collected.missing, **missing}
    return {"model": name, "version": version or manifest.version_name(found)} | found, missing


def _plain(value: Any, field: str) -> Any:
    """A number of any library as Python's own; what is no number stays as it is, for the server to judge."""
    try:
        return value.item() if hasattr(value, "item") else value
    except (TypeError, ValueError) as error:
        message = f"holds {getattr(value, 'size', 'several')} values where a metric is one number"
        raise ClientError(message, field=field, remedy="Give its mean, or each under a name of its own.") from error
