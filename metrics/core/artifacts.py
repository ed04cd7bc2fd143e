"""Files made from rows: each a pure function of a document that names the rows by their digest.

cube         the sufficient statistics of a run, by its task
sums         per-row terms of a custom metric, summed
errors_beside  a run's errors, and those of its baseline on the same rows, summed
decisions    what a policy does with each row, summed
label_noise  how much a run's metrics move when disputed labels fall otherwise
evidence     the checks of a run
risk         what trouble with a run's rows would do to the value per case, and of which trouble they do not tell
foretold     what a run's scores foretell of its performance, and whether labels agree
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from metrics.core.documents import Document, RowsTooMany, Source, canonical
from metrics.core.draws import BUCKETS, bucket_ids
from metrics.core.estimate import Estimate
from metrics.core.evaluation.metrics.custom import parse_custom, scan_custom_on
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.evaluation.statistics.in_process import InProcess
from metrics.core.evidence import labels, panel
from metrics.core.evidence.check import Judged, NotChecked, too_many
from metrics.core.evidence.foretold import FORETOLD, At, judge_foretold
from metrics.core.kpi.beside import errors_beside
from metrics.core.kpi.class_decisions import decided
from metrics.core.kpi.deciding import decide_on
from metrics.core.kpi.decisions import CELLS, CellName, CellValue
from metrics.core.kpi.threshold import best_threshold
from metrics.core.late import pa
from metrics.core.revenue.at_risk import CAUSES, NOT_VALUED, Cause, at_risk, gains
from metrics.core.revenue.lately import not_known
from metrics.core.revenue.revaluing import revalued
from metrics.core.rows.reading import Numbered, Rows, TableRows, rows_at


def artifact(document: Document, source: Source) -> bytes:
    """The bytes of the file that a document stands for; the same document, the same bytes."""
    return MADE[document["kind"]](document, source)


def _rows(source: Source, digest: str) -> Rows:
    """Rows as they lie: in a file, a few blocks of which are read at a time, or as a table."""
    path = source.path(digest)
    return TableRows(source.rows(digest)) if path is None else rows_at(path)


def _cube(document: Document, source: Source) -> bytes:
    engine = InProcess(_rows(source, document["rows"]))
    return TASKS[document["task"]].scan_on(engine, time_zone=document["time_zone"]).to_bytes()


def _sums(document: Document, source: Source) -> bytes:
    metric = parse_custom(document["formula"], document["columns"])
    engine = InProcess(Numbered(_rows(source, document["rows"])))
    return scan_custom_on(engine, metric, time_zone=document["time_zone"]).to_bytes()


def _decisions(document: Document, source: Source) -> bytes:
    cells, threshold = _policy(document, source)
    engine = InProcess(_rows(source, document["rows"]))
    return decide_on(engine, points=cells, threshold=threshold, time_zone=document["time_zone"]).to_bytes()


def _policy(document: Document, source: Source) -> tuple[dict[CellName, CellValue], dict[str, Any]]:
    """The cells at the assumptions' points, and the threshold, chosen where it is the best one."""
    cells = {name: CellValue(*document["cells"][name]) for name in CELLS}
    threshold = document["threshold"]
    if threshold["kind"] == "best":
        chosen = best_threshold(Cube.from_bytes(source.content(document["cube"])), cells, seed=document["seed"])
        threshold = {"kind": "best", "even": chosen.even, "odd": chosen.odd}
    return cells, threshold


def _class_decisions(document: Document, source: Source) -> bytes:
    table = source.rows(document["rows"])
    return decided(table, document["cells"], time_zone=document["time_zone"]).to_bytes()


def _errors_beside(document: Document, source: Source) -> bytes:
    other = source.rows(document["against"]) if "against" in document else None
    name, zone = document.get("naive", ""), document["time_zone"]
    return errors_beside(source.rows(document["rows"]), name=name, other=other, time_zone=zone).to_bytes()


def _risk(document: Document, source: Source) -> bytes:
    try:
        return canonical(_risks(document, source))
    except RowsTooMany as many:
        return canonical({"causes": [], "not_known": dict.fromkeys(CAUSES, str(many))})


def _risks(document: Document, source: Source) -> dict[str, Any]:
    votes = source.rows(document["votes"]) if document["votes"] else None
    causes = (_risk_of_decisions if "decisions" in document else _risk_of_value)(document, source, votes)
    why = not_known(source.rows(document["rows"]), votes, document["time_zone"])
    why |= dict.fromkeys(set(CAUSES) - why.keys() - {cause.key for cause in causes}, NOT_VALUED)
    return {"causes": [cause.as_json() for cause in causes], "not_known": why}


def _risk_of_decisions(document: Document, source: Source, votes: pa.Table | None) -> list[Cause]:
    cells, threshold = _policy(source.document(document["decisions"]), source)
    return at_risk(
        source.rows(document["rows"]),
        points=cells,
        threshold=threshold,
        baseline=document["baseline"],
        seed=document["seed"],
        votes=votes,
        time_zone=document["time_zone"],
    )


def _risk_of_value(document: Document, source: Source, votes: pa.Table | None) -> list[Cause]:
    return revalued(
        source.document(document["value"]),
        source,
        rows=document["rows"],
        make=artifact,
        seed=document["seed"],
        votes=votes,
        time_zone=document["time_zone"],
    )


def _label_noise(document: Document, source: Source) -> bytes:
    task = TASKS[document["task"]]

    def points(table: pa.Table) -> dict[str, float]:
        measured = task.evaluate(task.scan(table, segments=(), time_zone="UTC"), seed=None)
        return {key: one.point for key, one in measured.items() if isinstance(one, Estimate)}

    noise = labels.label_noise(
        source.rows(document["rows"]), source.rows(document["votes"]), seed=document["seed"], evaluate=points
    )
    return canonical({key: [float(value) for value in deviations] for key, deviations in sorted(noise.items())})


def _evidence(document: Document, source: Source) -> bytes:
    return canonical([check.as_json() for check in panel.examine(document, source)])


def _foretold(document: Document, source: Source) -> bytes:
    try:
        seen = _foreseen(document, source)
    except RowsTooMany as many:
        seen = too_many(many)
    return canonical(FORETOLD.check(seen).as_json())


def _foreseen(document: Document, source: Source) -> Judged | NotChecked:
    rows, named, policy = source.rows(document["rows"]), document["reference"], document["policy"]
    at = At(policy=None, words="at a threshold of 0.5, for no mapping in force decides on rows")
    if policy is not None:
        cells, threshold = _policy(source.document(policy["decisions"]), source)
        bucket = bucket_ids(rows["cluster_id" if "cluster_id" in rows.column_names else "example_id"], BUCKETS)
        found = gains(rows, bucket.astype(np.int64), points=cells, threshold=threshold, baseline=policy["baseline"])
        at = At(policy=found, words="at the threshold of the mapping in force", unit=policy["unit"])
    shared = {"name": named["name"], "at": at, "seed": document["seed"], "time_zone": document["time_zone"]}
    return judge_foretold(rows, source.rows(named["rows"]), **shared)


MADE: Mapping[str, Callable[[Document, Source], bytes]] = {
    "cube": _cube,
    "sums": _sums,
    "decisions": _decisions,
    "class_decisions": _class_decisions,
    "errors_beside": _errors_beside,
    "label_noise": _label_noise,
    "evidence": _evidence,
    "risk": _risk,
    "foretold": _foretold,
}
