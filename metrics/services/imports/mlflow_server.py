"""Asking an MLflow server over its REST API 2.0: experiments, ended runs by page, histories, artifacts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from metrics.services.imports.mlflow_reading import (
    BadRun,
    Malformed,
    MLflowRun,
    read_experiments,
    read_models,
    read_paths,
    read_points,
    read_runs,
)
from metrics.services.outgoing.requests import MOST_BYTES, Outgoing, TooLong, Unexpected

PAGE = 100  # runs, with all their metrics, parameters and tags, in one answer
MOST_PAGES = 2_000  # of one question
POINTS = 10_000
MOST_POINTS = 100_000  # of one run
PREDICTIONS = ("predictions.parquet", "predictions.csv")
PROXIED = "mlflow-artifacts:"
DOWNLOAD_SECONDS = 600.0

T = TypeVar("T")


class NotServed(Exception):
    """The artifact is there, and this server does not hand it out."""


class Server:
    """One MLflow server. Each method raises Refused, Unreachable or Unexpected (see `outgoing`)."""

    def __init__(self, outgoing: Outgoing, uri: str, *, page: int = PAGE) -> None:
        self._outgoing, self._uri, self._page = outgoing, uri, page

    def experiments(self) -> dict[str, str]:
        """Experiment id → name, of those that are not deleted."""
        found: dict[str, str] = {}
        for answer in self._pages("POST", "experiments/search", {"max_results": 1000, "view_type": "ACTIVE_ONLY"}):
            found |= _read(read_experiments, answer)
        return found

    def ended_runs(self, experiment: str, *, since: int) -> Iterator[list[MLflowRun | BadRun]]:
        """Runs of an experiment that ended at `since` (ms) or later, oldest end first, by page."""
        yield from self._runs(experiment, f"attributes.end_time >= {max(since, 1)}", "attributes.end_time ASC")

    def started_runs(self, experiment: str, *, since: int) -> Iterator[list[MLflowRun | BadRun]]:
        """Runs of an experiment that started at `since` (ms) or later, oldest start first, by page; all, from 0.

        Among them are those without an end: no question for an end finds them, as in SQL nothing compares with NULL.
        """
        yield from self._runs(
            experiment, f"attributes.start_time >= {since}" if since > 0 else "", "attributes.start_time ASC"
        )

    def _runs(self, experiment: str, which: str, order: str) -> Iterator[list[MLflowRun | BadRun]]:
        question = {
            "experiment_ids": [experiment],
            "filter": which,
            "run_view_type": "ACTIVE_ONLY",
            "max_results": self._page,
            "order_by": [order],
        }
        for answer in self._pages("POST", "runs/search", question):
            yield _read(read_runs, answer)

    def registered(self, runs: Sequence[MLflowRun]) -> dict[str, str]:
        """Run id → name of the registered model that was made by it; empty where the server has no registry."""
        found: dict[str, str] = {}
        ids = ", ".join(f"'{run.id}'" for run in runs)
        try:
            for answer in self._pages(
                "GET", "model-versions/search", {"filter": f"run_id IN ({ids})", "max_results": 1000}
            ):
                found = _read(read_models, answer) | found
        except Unexpected as error:
            if error.status is None:
                raise
        return found

    def history(self, run: MLflowRun, metric: str) -> list[dict[str, Any]]:
        """All points of a metric of a run, at most so many as are kept."""
        found: list[dict[str, Any]] = []
        question = {"run_id": run.id, "metric_key": metric, "max_results": POINTS}
        for answer in self._pages("GET", "metrics/get-history", question):
            found += _read(read_points, answer)
            if len(found) >= MOST_POINTS:
                break
        return found[:MOST_POINTS]

    def predictions(self, run: MLflowRun, folder: Path, *, most_bytes: int) -> Path | None:
        """The file of predictions among a run's artifacts, fetched into a folder; None where there is none.

        It is the one that the tag `kpi.predictions` names, else predictions.parquet, else predictions.csv. Raises
        NotServed where the server does not hand artifacts out.
        """
        path = run.tags.get("kpi.predictions", "") or self._conventional(run)
        if not path:
            return None
        if not run.artifact_uri.startswith(PROXIED):
            raise NotServed(f"{path} lies where the server does not hand it out; start it with --serve-artifacts")
        root = urlsplit(run.artifact_uri).path.strip("/")
        if ".." in (*root.split("/"), *path.split("/")):
            raise NotServed("the tag kpi.predictions is no path below the run's artifacts")
        to = folder / ("predictions.csv" if path.lower().endswith(".csv") else "predictions.parquet")
        url = f"{self._uri}/api/2.0/mlflow-artifacts/artifacts/{quote(root)}/{quote(path.strip('/'))}"
        try:
            self._outgoing.save(url, to, seconds=DOWNLOAD_SECONDS, most_bytes=most_bytes)
        except Unexpected as error:
            raise NotServed(f"{path}: {error}") from error
        return to

    def _conventional(self, run: MLflowRun) -> str:
        try:
            answer = self._ask("GET", "artifacts/list", {"run_id": run.id})
        except Unexpected as error:
            if error.status is None:
                raise
            return ""  # the store of its artifacts is not there any more
        there = _read(read_paths, answer)
        return next((name for name in PREDICTIONS if name in there), "")

    def _pages(self, method: str, path: str, question: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        token, before = "", None
        asked = dict(question)
        for _ in range(MOST_PAGES):
            if token == before:
                raise Unexpected("the server gives the same page without end")
            answer = self._shortened(method, path, asked | ({"page_token": token} if token else {}), asked)
            yield answer
            token, before = str(answer.get("next_page_token") or ""), token
            if not token:
                return
        raise Unexpected(f"the server gives more than {MOST_PAGES:,} pages")

    def _shortened(self, method: str, path: str, question: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
        """The answer; where it has too many bytes, that to a question for a tenth, as are all further ones."""
        while True:
            try:
                return self._ask(method, path, question)
            except TooLong as error:
                if asked["max_results"] == 1:
                    most = f"{MOST_BYTES // 2**20} MB"
                    raise Unexpected(f"one entry of {path} has more than {most}, which is all that is taken") from error
                asked["max_results"] = question["max_results"] = max(1, asked["max_results"] // 10)

    def _ask(self, method: str, path: str, question: Mapping[str, Any]) -> dict[str, Any]:
        url = f"{self._uri}/api/2.0/mlflow/{path}"
        if method == "GET":
            answer = self._outgoing.json(method, url, params={key: str(value) for key, value in question.items()})
        else:
            answer = self._outgoing.json(method, url, body=question)
        if not isinstance(answer, dict):
            raise Unexpected("the answer is not one of an MLflow server")
        return answer


def _read(reader: Callable[[Any], T], answer: Any) -> T:
    try:
        return reader(answer)
    except Malformed as error:
        raise Unexpected(f"the answer is not one of an MLflow server: {error}") from error
