"""Evidence of a run: what was checked, what came of it, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from metrics import store
from metrics.core.documents import RowsElsewhere
from metrics.core.documents import digest as digest_of
from metrics.core.evidence import panel
from metrics.core.evidence.check import Check, NotChecked, Verdict
from metrics.core.evidence.foretold import FORETOLD, UNNAMED
from metrics.core.evidence.inputs import Inputs
from metrics.core.evidence.registry import CHECKS
from metrics.core.rows.refusal import capitalised
from metrics.memory import remembered
from metrics.models.evaluation import EvaluationRun
from metrics.queries.documents import evaluation
from metrics.queries.documents.foretold import foretold
from metrics.queries.documents.known import Known
from metrics.queries.documents.source import FILES
from metrics.queries.evaluation.catalogue import not_comparable

SAME_ROWS = "same_rows"
NO_ROWS = "Only metrics were reported, so there are no rows to look at."
WAITING = "The rows are being examined."


def checks(run: EvaluationRun, champion: EvaluationRun | None) -> list[Check]:
    """All checks of a run; those of its rows are "not checked" while a worker still examines them."""
    champions = {run.version.model_id: champion} if champion is not None else {}
    return of_runs([run], champions)[run.pk]


def of_runs(runs: Sequence[EvaluationRun], champions: Mapping[str, EvaluationRun]) -> dict[str, list[Check]]:
    """Run id → all its checks, in one query for all of them. champions: id of a model → its champion's run."""
    digests, apart, known = {}, {}, Later()
    for run in runs:
        document, foretells = evaluation.evidence(run), foretold(run, known.of(run)) if _foretells(run) else None
        digests[run.pk] = "" if document is None else digest_of(document)
        apart[run.pk] = "" if foretells is None else digest_of(foretells)
    named = filter(None, (*digests.values(), *apart.values()))
    files = dict(FILES(named))
    best = {run.pk: champions.get(run.version.model_id) for run in runs}
    return {
        run.pk: [
            same_rows(run, best[run.pk]),
            *_in_order([*_of_rows(run, files.get(digests[run.pk], "")), *_apart(run, files.get(apart[run.pk], ""))]),
        ]
        for run in runs
    }


def waits(found: Sequence[Check]) -> bool:
    """Whether a worker still examines what some of the checks look at."""
    return any(check.text == WAITING for check in found)


class Later:
    """What the products of some runs know, read when a run is the first to need it."""

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}

    def of(self, run: EvaluationRun) -> Known:
        if run.product_id not in self._known:
            self._known[run.product_id] = Known(run.product)
        return self._known[run.product_id]


def _foretells(run: EvaluationRun) -> bool:
    return bool(run.rows) and (run.reference_id is not None or bool(run.reference_rows))


def _elsewhere(run: EvaluationRun) -> str:
    return f"{capitalised(str(RowsElsewhere(run.source)))}."


def _apart(run: EvaluationRun, file: str) -> list[Check]:
    """What the scores foretell, of a run of two outcomes: made, being made, or why it is not."""
    if not FORETOLD.asked_of(run.task):
        return []
    if file and store.has(file):
        return [Check(name=FORETOLD.name, **_stored(file))]
    if run.source:
        return [FORETOLD.check(NotChecked(_elsewhere(run)))]
    return [FORETOLD.check(NotChecked(WAITING) if _foretells(run) else UNNAMED)]


def _in_order(found: list[Check]) -> list[Check]:
    return sorted(found, key=lambda check: list(CHECKS).index(check.key))


def same_rows(run: EvaluationRun, champion: EvaluationRun | None) -> Check:
    """Whether a run may be compared with the champion's: a check of two runs, and so none of the registry."""

    def check(verdict: Verdict, text: str, remedy: str = "") -> Check:
        return Check(key=SAME_ROWS, name="Same rows", verdict=verdict, text=text, remedy=remedy)

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


def _of_rows(run: EvaluationRun, file: str) -> list[Check]:
    if file and store.has(file):
        return panel.read(_stored(file))
    waiting = run.state in (EvaluationRun.State.RECEIVED, EvaluationRun.State.SCORED) and bool(run.rows)
    unseen = NotChecked(_elsewhere(run) if run.source else WAITING if waiting else NO_ROWS)
    manifest = Inputs({"task": run.task, "manifest": evaluation.manifest(run)})
    return [
        kind.examine(manifest) if kind.of_manifest else kind.check(unseen) for kind in CHECKS.values() if kind.always
    ]


@remembered
def _stored(file: str) -> Any:
    return json.loads(store.get(file))
