"""Taking over the runs of an MLflow server: what is new since the last time, each run once, whole or not at all.

An MLflow run that finished becomes an evaluation run with its metrics as reported ones, and with rows where it holds
predictions that pass the checks of an upload. The first import of a run stands: a run is sealed here, so metrics that
changed there afterwards are told and not taken over. Runs that still run wait for the next time; runs that failed or
were killed there are refused. A run that cannot be taken over is refused alone; the others come.

An import asks for what ended after its watermark, less a day: clocks of other machines are wrong, and runs are sent
late. It never moves the watermark past now, whatever a clock says. Runs that finished without an end are found by their
start, from thirty days before the newest one that was looked at.

A metric is registered where the libraries' tables (`core.evaluation.metrics.libraries`) know which way is better. Any
other one stays with its run without a direction until somebody says it.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from metrics import access, jobs
from metrics.core.evaluation.metrics.libraries import task_of
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.models.evaluation import EvaluationRun, Import, Metric, Model, ModelVersion
from metrics.models.work import Work
from metrics.queries.documents import definitions
from metrics.services.evaluation import registry, runs
from metrics.services.evaluation.reported import reported
from metrics.services.evaluation.rows import File
from metrics.services.evaluation.training_steps import MOST_POINTS as MOST_AT_ONCE
from metrics.services.evaluation.training_steps import log_history
from metrics.services.imports import mlflow_reading
from metrics.services.imports.mlflow_reading import ENDED, UNFINISHED, BadRun, MLflowRun, NamedMetric, printable
from metrics.services.imports.mlflow_report import MOST_METRICS_TOLD, Counts, in_words, words
from metrics.services.imports.mlflow_server import MOST_POINTS, PAGE, NotServed, Server
from metrics.services.outgoing.addresses import Refused
from metrics.services.outgoing.requests import Outgoing, Unexpected, Unreachable
from metrics.services.writing.names import check_free
from metrics.services.writing.refusal import Busy, Conflict, Invalid, invalid

log = logging.getLogger(__name__)

DAY = 24 * 3600 * 1000  # ms
OVERLAP = DAY
OVERLAP_OF_STARTS = 30 * DAY
MOST_RUNS = 2_000  # that one import takes over or refuses; the next goes on
MOST_HISTORIES = 200  # metrics of a run whose history is asked for
SOURCE = "imported from MLflow, where it is called"


def take_over(work: Work) -> None:
    """Do the work of an import: once more when the server gives no answer, never when it may not be asked."""
    held = Import.objects.select_related("product", "created_by").get(pk=work.scope)
    if held.stopped_at is not None:
        jobs.finish(work, result={"stopped": True})
        return
    Import.objects.filter(pk=held.pk).update(last_at=timezone.now())
    taking = TakingOver(held)
    try:
        access.require(held.created_by, "import.mlflow", held.product)
        taking.run()
    except (Refused, Invalid, access.Denied, access.Hidden) as error:
        text = str(error) or f"{held.created_by} is no member of this product any more"
        with transaction.atomic():
            taking.note("failed", error=text)
            jobs.fail(work, text, now=jobs.clock(), final=True)
    except (Unreachable, Unexpected, Busy) as error:
        taking.note("failed", error=str(error))
        raise
    else:
        with transaction.atomic():
            taking.note("done")
            jobs.finish(work, result=taking.counts.show())


class TakingOver:
    """One import under way."""

    def __init__(self, held: Import, *, page: int = 0) -> None:
        self._held, self._page = held, page or PAGE
        self._product, self._actor = held.product, held.created_by
        self._known = {metric.key for metric in definitions.of_product(held.product)}
        self._own = set(Metric.objects.filter(product=held.product).values_list("key", flat=True))
        self._tasks = dict(Model.objects.filter(product=held.product).values_list("name", "task"))
        self._keys: dict[str, str] = {}  # key of MLflow's → key here
        self._bad: set[str] = set()  # ids of runs that cannot be read
        self._of_tasks: set[tuple[str, str]] = set()  # (model, task) of which it was told that it is not certain
        self.counts = Counts()

    def note(self, state: str, *, error: str = "") -> None:
        """Write how far it has come, where the import is shown."""
        result = {"state": state, "error": error or None, "at": timezone.now().isoformat(), **self.counts.show()}
        Import.objects.filter(pk=self._held.pk).update(last_result=result, watermark=self._held.watermark)

    def run(self) -> None:
        """Take over what is new. What was taken over before an error is whole, and stays."""
        with Outgoing() as outgoing:
            server = Server(outgoing, self._held.uri, page=self._page)
            there = server.experiments()
            asked = set(self._held.experiments) or set(there.values())
            if missing := sorted(asked - set(there.values())):
                raise invalid("experiments", f"the server has no experiment “{missing[0][:80]}”", code="unknown")
            for pk, name in sorted(there.items()):
                if name in asked:
                    self._experiment(server, pk, name)

    def _experiment(self, server: Server, pk: str, name: str) -> None:
        """Take the runs of an experiment: those that ended, then those that have no end."""
        now, ended, started = int(timezone.now().timestamp() * 1000), pk, f"{pk} started"
        seen = int(self._held.watermark.get(ended, 0))
        for page in server.ended_runs(pk, since=seen - OVERLAP):
            if self._is_enough():
                return
            self._take_page(server, name, page)
            self._reached(ended, (run.end_time for run in _good(page)), now)
        seen = int(self._held.watermark.get(started, 0))
        for page in server.started_runs(pk, since=seen - OVERLAP_OF_STARTS):
            without_end = [run for run in page if isinstance(run, BadRun) or run.end_time is None]
            if without_end and self._is_enough():
                return
            self._take_page(server, name, without_end)
            self._reached(started, (run.start_time for run in _good(page)), now)

    def _reached(self, mark: str, times: Iterable[int | None], now: int) -> None:
        newest = min(now, max((time or 0 for time in times), default=0))
        self._held.watermark = {**self._held.watermark, mark: max(int(self._held.watermark.get(mark, 0)), newest)}
        self.note("running")

    def _is_enough(self) -> bool:
        """Whether a page that there is, is left for the next import."""
        self.counts.more |= self.counts.imported + self.counts.refused >= MOST_RUNS
        return self.counts.more

    def _take_page(self, server: Server, experiment: str, page: list[MLflowRun | BadRun]) -> None:
        good = list(_good(page))
        rows = EvaluationRun.objects.filter(product=self._product, origin__in=[run.origin for run in good])
        there = dict(rows.values_list("origin", "reported"))
        new = [run for run in good if run.origin not in there and run.status == ENDED]
        models = server.registered(new) if new else {}
        for run in page:
            if isinstance(run, BadRun):
                self._refuse_bad(run)
                continue
            if run.status in UNFINISHED:
                self.counts.unfinished += 1
                continue
            self.counts.seen += 1
            if run.origin in there:
                self._again(run, there[run.origin])
            elif run.status != ENDED:
                self.counts.refuse(run, f"it ended as {printable(run.status, 20) or 'nothing that is known'} there")
            else:
                model = printable(models.get(run.id, experiment))
                pooled = [
                    name for one in new if printable(models.get(one.id, experiment)) == model for name in one.metrics
                ]
                self._take_alone(server, run, experiment, model, pooled)

    def _refuse_bad(self, run: BadRun) -> None:
        if run.id not in self._bad:  # both questions find it
            self._bad.add(run.id)
            self.counts.seen += 1
            self.counts.refuse(run, f"it cannot be read: {run.cause}")

    def _again(self, run: MLflowRun, given: Mapping[str, Any]) -> None:
        self.counts.already_there += 1
        values = {self._keys.get(metric.key, metric.key): metric for metric in mlflow_reading.named(run, self._own)[0]}
        if any(key in given and given[key]["value"] != metric.value for key, metric in values.items()):
            self.counts.changed += 1
            self.counts.tell(run, "its metrics changed there after it was imported; the first import stands")

    def _take_alone(self, server: Server, run: MLflowRun, experiment: str, model: str, pooled: list[str]) -> None:
        """Take a run over, or refuse it alone with the cause. What concerns all of the server's answers is raised."""
        try:
            self._take(server, run, experiment, model, pooled)
        except (Invalid, Conflict) as error:
            self.counts.refuse(run, in_words(error))
        except (Unreachable, Unexpected, Refused, Busy, access.Denied, access.Hidden):
            raise
        except Exception as error:
            log.exception("run %s of an import was not taken over", run.id)
            self.counts.refuse(
                run, f"it could not be taken over ({type(error).__name__}); the log of this server says more"
            )

    def _take(self, server: Server, run: MLflowRun, experiment: str, model: str, pooled: list[str]) -> None:
        metrics, told = mlflow_reading.named(run, self._own)
        manifest, cut = mlflow_reading.manifest(run, experiment=experiment, uri=self._held.uri)
        told += cut
        task, model, doubt = self._task(run, model, pooled)
        metrics, wrong = self._fitting([self._at_its_key(metric) for metric in metrics], task)
        told += wrong
        manifest |= {"model": model, "version": self._version(run, model), "task": task, "name": printable(run.name)}
        manifest["metrics"] = {metric.key: metric.value for metric in metrics}
        manifest["note"] = f"{manifest['note']} {'; '.join(told)}".strip()[: mlflow_reading.LONGEST_NOTE]
        received, without = self._received(server, run, manifest)
        points, lost = self._history(server, run, metrics)
        with transaction.atomic():
            for metric in metrics:
                self._register(metric, task)
            sealed = runs.seal(self._actor, self._product, self._with_definitions(received, manifest))
            for start in range(0, len(points), MOST_AT_ONCE):
                log_history(self._actor, sealed, points[start : start + MOST_AT_ONCE])
        self._taken(run, metrics, received, task, model)
        for what in (*without, *([] if received.rows else doubt), *told, *lost):
            self.counts.tell(run, what)

    def _taken(
        self, run: MLflowRun, metrics: list[NamedMetric], received: runs.Received, task: str, model: str
    ) -> None:
        """Count a run, and name those of its metrics that were not named before."""
        self.counts.imported += 1
        self.counts.with_rows += received.rows is not None
        self._tasks.setdefault(model, task)
        for metric in metrics:
            key = metric.key
            if key not in self._known and metric.direction is not None:
                self._known.add(key)
                self._own.add(key)
                self.counts.new_metrics.append(key)
            elif key not in self._known and key not in self.counts.unregistered:
                self.counts.unregistered.append(key)
            renamed = {"name": printable(metric.name), "key": key, "turned": metric.turned}
            if metric.name != key and renamed not in self.counts.renamed[:MOST_METRICS_TOLD]:
                self.counts.renamed.append(renamed)
        del self.counts.renamed[MOST_METRICS_TOLD:], self.counts.unregistered[MOST_METRICS_TOLD:]
        for warning in received.warnings:
            if warning["code"] not in ("unregistered", "renamed"):
                self.counts.tell(run, f"{warning['message']}. {warning.get('remedy') or ''}".strip())

    def _task(self, run: MLflowRun, model: str, pooled: list[str]) -> tuple[str, str, list[str]]:
        """The task of a run, the model that it is of, and what is told where either is not as it seems.

        The tag `kpi.task` says it, else the run's metrics, else the model's task or, for a new one, the metrics of its
        other runs. A run of another task than its model's is one of another model.
        """
        tagged, (told, certain) = run.tags.get("kpi.task", ""), task_of(run.metrics)
        said = []
        if tagged in TASKS:
            told, certain = tagged, True
        elif tagged:
            said.append(f"its tag kpi.task is “{printable(tagged, 40)}”, which is no task: one of {', '.join(TASKS)}")
        if not certain:
            of_all, agreed = task_of(pooled)
            told = self._tasks.get(model) or (of_all if agreed else told)
            if (model, told) not in self._of_tasks:
                self._of_tasks.add((model, told))
                like = f", which {model} is of" if model in self._tasks else ""
                said.append(
                    f"its metrics do not say which task it is of: the task is taken as {told}{like}; the tag kpi.task"
                    f" says it, one of {', '.join(TASKS)}"
                )
        held = self._tasks.get(model, told)
        if held == told:
            return told, model, said
        other = printable(f"{model[:100]} {told}")
        if (other, told) not in self._of_tasks:
            self._of_tasks.add((other, told))
            said.append(f"it is of the task {told}, and {model} of {held}: its model is called {other}")
        return told, other, said

    def _fitting(self, metrics: list[NamedMetric], task: str) -> tuple[list[NamedMetric], list[str]]:
        """The metrics that their definitions allow, and why each other one is left out."""
        kept, said = {metric.key: metric for metric in metrics}, []
        while True:
            try:
                reported(self._product, {key: metric.value for key, metric in kept.items()}, task=task)
            except Invalid as error:
                field_of = error.faults[0].field.split(".")
                if field_of[0] != "metrics" or len(field_of) < 2 or field_of[1] not in kept:
                    raise
                out = kept.pop(field_of[1])
                said.append(f"{printable(out.name)} is left out: it {words(error.faults[0], field=False)}")
            else:
                return list(kept.values()), said

    def _at_its_key(self, metric: NamedMetric) -> NamedMetric:
        """The metric under a key that is free here, or that is a metric already: another where a KPI has that name."""
        if metric.key not in self._keys:
            self._keys[metric.key] = self._free(metric.key)
        return replace(metric, key=self._keys[metric.key])

    def _free(self, key: str) -> str:
        for free in (key, f"mlflow_{key}"[: mlflow_reading.LONGEST_KEY]):
            if free in self._known:
                return free
            try:
                check_free(self._product, free)
            except Invalid:
                continue
            return free
        raise invalid(f"metrics.{key}", "is the name of a KPI or an assumption here", code="taken")

    def _register(self, metric: NamedMetric, task: str) -> None:
        if metric.key not in self._known and metric.direction is not None:
            registry.register_metric(
                self._actor,
                self._product,
                key=metric.key,
                name=printable(metric.name),
                direction=metric.direction,
                task=task,
                source=f"{SOURCE} {printable(metric.name)}",
            )

    def _with_definitions(self, received: runs.Received, manifest: Mapping[str, Any]) -> runs.Received:
        """The run as its metrics are defined now that they are registered."""
        given, told = reported(self._product, manifest["metrics"], task=received.task)
        rows = received.rows.warnings if received.rows else []
        return replace(received, reported=given, warnings=[*rows, *told])

    def _received(self, server: Server, run: MLflowRun, manifest: Mapping[str, Any]) -> tuple[runs.Received, list[str]]:
        """The run with its predictions; without them, and why, where they are refused and it reports metrics.

        Raises Invalid.
        """

        def receive(file: File | None) -> runs.Received:
            return runs.receive(self._actor, self._product, manifest=manifest, file=file, origin=run.origin)

        with tempfile.TemporaryDirectory() as folder:
            try:
                path = server.predictions(run, Path(folder), most_bytes=settings.UPLOAD_MAX_BYTES)
                return receive(File(path=path, name=path.name) if path else None), []
            except NotServed as error:
                refusal = f"its predictions were not taken over: {error}"
            except Invalid as error:
                if not manifest["metrics"]:
                    raise
                refusal = f"its predictions were not taken over: {in_words(error)}"
        return receive(None), [refusal]

    def _version(self, run: MLflowRun, model: str) -> str:
        """The run's name, with the start of its id where another run has that name."""
        name = printable(run.name) or run.id[:8]
        taken = ModelVersion.objects.filter(model__product=self._product, model__name=model, name=name).exists()
        return f"{name[:100]} {run.id[:8]}" if taken else name

    def _history(
        self, server: Server, run: MLflowRun, metrics: list[NamedMetric]
    ) -> tuple[list[dict[str, Any]], list[str]]:
        """Points of the metrics that have more than their last value; so many as are kept of one run, and what is told
        of others."""
        points: list[dict[str, Any]] = []
        told = []
        if len(metrics) > MOST_HISTORIES:
            told.append(f"of its {len(metrics):,} metrics the first {MOST_HISTORIES} have their history here")
        for metric in metrics[:MOST_HISTORIES]:
            try:
                found = server.history(run, metric.name)
            except Unexpected as error:
                told.append(f"the history of {printable(metric.name)} was not taken over: {error}")
                continue
            if len(found) > 1:
                turned = [_turned(point) for point in found] if metric.turned else found
                points += [{"metric": metric.key, **point} for point in turned]
            if len(points) > MOST_POINTS:
                told.append(f"of its history the first {MOST_POINTS:,} points were taken over")
                break
        return points[:MOST_POINTS], told


def _good(page: Iterable[MLflowRun | BadRun]) -> Iterator[MLflowRun]:
    return (run for run in page if isinstance(run, MLflowRun))


def _turned(point: Mapping[str, Any]) -> dict[str, Any]:
    return {**point, "value": None if point["value"] is None else 0.0 - point["value"]}
