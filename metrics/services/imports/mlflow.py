"""Taking over the runs of an MLflow server: what is new since the last time, each run once, whole or not at all.

An MLflow run that finished becomes an evaluation run with its metrics as reported ones, and with rows where it holds
predictions that pass the checks of an upload. The first import of a run stands: a run is sealed here, so metrics that
changed there afterwards are told and not taken over. Runs that still run wait for the next time; runs that failed or
were killed there are refused.

An import asks for what ended after its watermark, less a day: clocks of other machines are wrong, and runs are sent
late. It never moves the watermark past now, whatever a clock says.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from metrics import access, jobs
from metrics.models.evaluation import EvaluationRun, Import, Model, ModelVersion
from metrics.models.work import Work
from metrics.queries.documents import definitions
from metrics.services.evaluation import registry, runs
from metrics.services.evaluation.rows import File
from metrics.services.evaluation.training_steps import MOST_POINTS as MOST_AT_ONCE
from metrics.services.evaluation.training_steps import log_history
from metrics.services.imports import mlflow_reading
from metrics.services.imports.addresses import Refused
from metrics.services.imports.mlflow_reading import ENDED, UNFINISHED, MLflowRun, printable
from metrics.services.imports.mlflow_server import MOST_POINTS, PAGE, NotServed, Server
from metrics.services.imports.outgoing import Outgoing, Unexpected, Unreachable
from metrics.services.writing.refusal import Invalid, invalid

OVERLAP = 24 * 3600 * 1000  # ms
MOST_TOLD = 50
SOURCE = "imported from MLflow; direction guessed from its name: check it"


@dataclass
class Counts:
    """What came of an import. seen: ended runs that the server gave; they are imported, already there, or refused."""

    seen: int = 0
    imported: int = 0
    with_rows: int = 0
    already_there: int = 0
    changed: int = 0
    refused: int = 0
    unfinished: int = 0
    new_metrics: list[str] = field(default_factory=list)
    told: list[dict[str, str]] = field(default_factory=list)

    def tell(self, run: MLflowRun, what: str) -> None:
        """Why a run, or a part of it, was not taken over; the first of many."""
        if len(self.told) < MOST_TOLD:
            self.told.append({"run": run.id, "name": printable(run.name), "reason": what[:300]})


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
            jobs.fail(work, text, now=timezone.now(), final=True)
    except (Unreachable, Unexpected) as error:
        taking.note("failed", error=str(error))
        raise
    else:
        with transaction.atomic():
            taking.note("done")
            jobs.finish(work, result=asdict(taking.counts))


class TakingOver:
    """One import under way."""

    def __init__(self, held: Import, *, page: int = PAGE) -> None:
        self._held, self._page = held, page
        self._product, self._actor = held.product, held.created_by
        self._metrics = {metric.key for metric in definitions.of_product(held.product)}
        self.counts = Counts()

    def note(self, state: str, *, error: str = "") -> None:
        """Write how far it has come, where the import is shown."""
        result = {"state": state, "error": error or None, "at": timezone.now().isoformat(), **asdict(self.counts)}
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
        watermark = int(self._held.watermark.get(pk, 0))
        now = int(timezone.now().timestamp() * 1000)
        for page in server.ended_runs(pk, since=watermark - OVERLAP):
            self._take_page(server, name, page)
            watermark = max(watermark, min(now, max((run.end_time or 0 for run in page), default=0)))
            self._held.watermark = {**self._held.watermark, pk: watermark}
            self.note("running")

    def _take_page(self, server: Server, experiment: str, page: list[MLflowRun]) -> None:
        rows = EvaluationRun.objects.filter(product=self._product, origin__in=[run.origin for run in page])
        there = dict(rows.values_list("origin", "reported"))
        new = [run for run in page if run.origin not in there and run.status == ENDED]
        models = server.registered(new) if new else {}
        for run in page:
            if run.status in UNFINISHED:
                self.counts.unfinished += 1
                continue
            self.counts.seen += 1
            if run.origin in there:
                self._again(run, there[run.origin])
            elif run.status != ENDED:
                self._refuse(run, f"it ended as {printable(run.status, 20)} there")
            else:
                self._take(server, run, experiment=experiment, model=printable(models.get(run.id, experiment)))

    def _again(self, run: MLflowRun, reported: Mapping[str, Any]) -> None:
        self.counts.already_there += 1
        names, _ = mlflow_reading.keyed(run.metrics)
        if any(key in reported and reported[key]["value"] != run.metrics[name] for key, name in names.items()):
            self.counts.changed += 1
            self.counts.tell(run, "its metrics changed there after it was imported; the first import stands")

    def _refuse(self, run: MLflowRun, why: str) -> None:
        self.counts.refused += 1
        self.counts.tell(run, why)

    def _take(self, server: Server, run: MLflowRun, *, experiment: str, model: str) -> None:
        names, left_out = mlflow_reading.keyed(run.metrics)
        manifest = mlflow_reading.manifest(run, experiment=experiment, uri=self._held.uri, left_out=left_out)
        held = Model.objects.filter(product=self._product, name=model).first()
        task = held.task if held and "kpi.task" not in run.tags else mlflow_reading.task_of(run, names)
        manifest |= {"model": model, "version": self._version(run, model), "task": task, "name": printable(run.name)}
        try:
            names = {self._registered(key, name, task): name for key, name in sorted(names.items())}
            manifest["metrics"] = {key: run.metrics[name] for key, name in names.items()}
            received = self._received(server, run, manifest)
        except Invalid as error:
            self._refuse(run, str(error))
            return
        points = self._history(server, run, names)
        with transaction.atomic():
            sealed = runs.seal(self._actor, self._product, received)
            for start in range(0, len(points), MOST_AT_ONCE):
                log_history(self._actor, sealed, points[start : start + MOST_AT_ONCE])
        self.counts.imported += 1
        self.counts.with_rows += received.rows is not None

    def _received(self, server: Server, run: MLflowRun, manifest: Mapping[str, Any]) -> runs.Received:
        """The run with its predictions; without them where they are refused and it reports metrics. Raises Invalid."""

        def receive(file: File | None) -> runs.Received:
            return runs.receive(self._actor, self._product, manifest=manifest, file=file, origin=run.origin)

        with tempfile.TemporaryDirectory() as folder:
            try:
                path = server.predictions(run, Path(folder), most_bytes=settings.UPLOAD_MAX_BYTES)
                return receive(File(path=path, name=path.name) if path else None)
            except NotServed as error:
                refusal = f"its predictions were not taken over: {error}"
            except Invalid as error:
                if not manifest["metrics"]:
                    raise
                refusal = f"its predictions were not taken over: {error}"
        received = receive(None)
        self.counts.tell(run, refusal)
        return received

    def _version(self, run: MLflowRun, model: str) -> str:
        """The run's name, with the start of its id where another run has that name."""
        name = printable(run.name) or run.id[:8]
        taken = ModelVersion.objects.filter(model__product=self._product, model__name=model, name=name).exists()
        return f"{name[:100]} {run.id[:8]}" if taken else name

    def _registered(self, key: str, name: str, task: str) -> str:
        """The key under which a metric is reported, registered if it is not; another where a KPI has that name."""
        for free in (key, f"mlflow_{key}"[: mlflow_reading.LONGEST_KEY]):
            if free in self._metrics:
                return free
            try:
                registry.register_metric(
                    self._actor,
                    self._product,
                    key=free,
                    name=printable(name),
                    direction=mlflow_reading.direction(key),
                    task=task,
                    source=SOURCE,
                )
            except Invalid:
                continue
            self._metrics.add(free)
            self.counts.new_metrics.append(free)
            return free
        raise invalid(f"metrics.{key}", "is the name of a KPI or an assumption here", code="taken")

    def _history(self, server: Server, run: MLflowRun, names: Mapping[str, str]) -> list[dict[str, Any]]:
        """Points of the metrics that have more than their last value; so many as are kept of one run."""
        points: list[dict[str, Any]] = []
        for key, name in names.items():
            found = server.history(run, name)
            if len(found) > 1:
                points += [{"metric": key, **point} for point in found]
            if len(points) > MOST_POINTS:
                self.counts.tell(run, f"of its history the first {MOST_POINTS:,} points were taken over")
                break
        return points[:MOST_POINTS]
