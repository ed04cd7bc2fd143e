"""Evidence of a run: what was checked, what was found, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from metrics import store
from metrics.core.documents import digest as digest_of
from metrics.core.evidence import check as core
from metrics.core.evidence.check import Verdict
from metrics.core.evidence.reproducibility import Recorded, not_reproducible, reproducibility_check
from metrics.memory import remembered
from metrics.models.evaluation import Artifact, EvaluationRun, MetricResult
from metrics.queries.documents import evaluation
from metrics.queries.evaluation.catalogue import not_comparable

SAME_ROWS = "same_rows"
NAMES = {
    SAME_ROWS: "Same rows",
    "quality": "Quality",
    "labels": "Labels",
    "labelers": "Labelers",
    "training": "Training data",
    "timeliness": "Timeliness",
    "maturity": "Label maturity",
    "drift": "Drift",
    "intervals": "Intervals",
    "reproducibility": "Reproducibility",
}
GATES = core.KEYS  # what a product may ask of a run before its KPIs count
TWINS = 200  # runs on the same data that are looked through for the same predictions or an equal manifest
NO_ROWS = "Only metrics were reported, so there are no rows to look at."
WAITING = "The rows are being examined."


@dataclass(frozen=True, kw_only=True)
class Check:
    """A check as pages and receipts show it: `core.Check` with the name that it is called by."""

    key: str
    verdict: Verdict
    text: str
    remedy: str = ""
    rule: str = ""
    numbers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return NAMES[self.key]


def checks(run: EvaluationRun, champion: EvaluationRun | None) -> list[Check]:
    """All checks of a run; those of its rows are "not checked" while a worker still examines them."""
    return of_runs([run], champion)[run.pk]


def of_runs(runs: Sequence[EvaluationRun], champion: EvaluationRun | None) -> dict[str, list[Check]]:
    """Run id → all its checks, in one query for all of them."""
    digests = {}
    for run in runs:
        document = evaluation.evidence(run)
        digests[run.pk] = "" if document is None else digest_of(document)
    files = dict(Artifact.objects.filter(digest__in=filter(None, digests.values())).values_list("digest", "file"))
    return {run.pk: [_same_rows(run, champion), *_of_rows(run, files.get(digests[run.pk], ""))] for run in runs}


def with_twins(run: EvaluationRun, found: list[Check]) -> list[Check]:
    """The checks, with what other runs say: the same predictions, or an equal manifest and other metrics."""
    if run.data_set is None:
        return found
    alike = EvaluationRun.objects.filter(product=run.product, task=run.task, data_set__digest=run.data_set.digest)
    near = list(alike.exclude(pk=run.pk).select_related("data_set").order_by("-created_at")[:TWINS])
    points = _points([run, *near])
    recorded = [
        Recorded(name=one.name, manifest=evaluation.manifest(one), metrics=points.get(one.pk, {}))
        for one in [run, *near]
    ]
    others = [one for one in not_reproducible(recorded) if run.name in (one.first, one.second)]
    renewed = Check(**vars(reproducibility_check(evaluation.manifest(run), others)))
    same = [one.name for one in near if one.rows == run.rows]
    if same:
        renewed = replace(renewed, text=f"The same predictions as {same[0]}, under two names. {renewed.text}")
    return [renewed if check.key == "reproducibility" else check for check in found]


def _of_rows(run: EvaluationRun, file: str) -> list[Check]:
    if file and store.path(file).exists():
        return [Check(**vars(check)) for check in _read(file)]
    waiting = run.state in (EvaluationRun.State.RECEIVED, EvaluationRun.State.SCORED) and bool(run.rows)
    why = WAITING if waiting else NO_ROWS
    return [
        *(Check(key=key, verdict="not checked", text=why) for key in ("quality", "labels", "drift")),
        Check(**vars(reproducibility_check(evaluation.manifest(run)))),
    ]


@remembered
def _read(file: str) -> tuple[core.Check, ...]:
    return tuple(core.Check.from_json(found) for found in json.loads(store.get(file)))


def _same_rows(run: EvaluationRun, champion: EvaluationRun | None) -> Check:
    def check(verdict: Verdict, text: str, remedy: str = "") -> Check:
        return Check(key=SAME_ROWS, verdict=verdict, text=text, remedy=remedy)

    if champion is None:
        return check("not checked", "There is no champion to compare with.", "Name a champion.")
    if run.task != champion.task:
        return check("not checked", f"The champion, {champion.name}, is of another task.", "Compare runs of one task.")
    reason = not_comparable(run, champion)
    if reason:
        return check("fails", f"Not comparable: {reason}.", "Score it on the champion's rows.")
    if champion.pk == run.pk:
        return check("holds", "This is the champion's run: others are compared with it.")
    if champion.data_set is None:
        return check("not checked", "The champion reports metrics only, so the rows behind them are not known.")
    return check("holds", f"It saw the champion's {run.n_rows:,} rows, with the same labels.")


def _points(runs: Sequence[EvaluationRun]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    rows = MetricResult.objects.filter(run__in=runs, newest=True, point__isnull=False)
    for key, metric, point in rows.values_list("run_id", "metric", "point"):
        found.setdefault(key, {})[metric] = float(point or 0.0)
    return found
