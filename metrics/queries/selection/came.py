"""What came of each objective that a choice was made by: measured again since, or observed over whole months.

A metric comes from the newest run of the chosen version on other rows; a KPI from what was observed of it; money from
the outcome. A difference to a champion that is gone, or a segment's figure, is not measured again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.kpi.months import AGGREGATIONS
from metrics.core.selection import figures
from metrics.core.selection.outcome import Record, Score, record, score
from metrics.models.evaluation import EvaluationRun, MetricResult
from metrics.models.kpi import KPIResult
from metrics.models.selection import Decision
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import catalogue
from metrics.queries.evaluation.catalogue import MetricFigure
from metrics.queries.evaluation.results import quantity
from metrics.queries.kpi.months import over
from metrics.queries.selection.outcome import Outcome


@dataclass(frozen=True, kw_only=True, eq=False)
class Came:
    """An objective of a role: what the chosen one promised of it, what came, and its score or why there is none."""

    key: str
    name: str
    role: str
    promised: Quantity
    came: Quantity
    score: Score | Unknown


def came(several: Sequence[Known], found: Mapping[str, Outcome]) -> dict[str, tuple[Came, ...]]:
    """Id of a decision → its objectives in their order, of those that were asked for. found: their outcomes.

    The number of queries grows neither with the products nor with the decisions.
    """
    by_product = {known.product.pk: known for known in several}
    asked = [one for one in found.values() if not one.direct]
    held = _held([one.decision for one in asked])
    stored = _stored(held.values())
    newer = _newer(asked)
    measured = catalogue.metric_figures(newer.values()) if newer else {}
    made = {}
    for one in asked:
        run = newer.get(one.decision.pk)
        since = _Since(one, by_product[one.decision.product_id], measured.get(run.pk, {}) if run else None)
        made[one.decision.pk] = tuple(_came(objective, since, stored) for objective in held[one.decision.pk])
    return made


@dataclass(frozen=True)
class Calibration:
    """How far promises held. every: of the money of all decisions; roles: role → of all its objectives. Unknown where
    none is scored."""

    every: Record | Unknown
    roles: Mapping[str, Record | Unknown]


def calibration(found: Iterable[Outcome], objectives: Mapping[str, Sequence[Came]]) -> Calibration:
    """Over decisions that were asked for; what is not scored yet is counted so. objectives: by decision, of `came`."""
    roles: dict[str, list[Score | Unknown]] = defaultdict(list)
    for each in objectives.values():
        for one in each:
            roles[one.role].append(one.score)
    return Calibration(
        record([one.total for one in found if not one.direct]), {role: record(each) for role, each in roles.items()}
    )


@dataclass(frozen=True)
class _Objective:
    """An objective as it was frozen. told: the chosen one's figure; receipt: its digest, "" where none is stored."""

    key: str
    name: str
    role: str
    figure: figures.Figure
    told: Mapping[str, Any]
    receipt: str


def _held(asked: Sequence[Decision]) -> dict[str, list[_Objective]]:
    """Id of a decision → its objectives with the chosen one's figures."""
    rows = Decision.objects.filter(pk__in=[one.pk for one in asked])
    given = rows.values_list(
        "pk",
        "chosen",
        "record__terms__definition__objectives",
        "record__desk__objectives",
        "record__desk__candidates",
    )
    found = {}
    for pk, chosen, defined, named, candidates in given:
        row = next((one for one in candidates or () if any(run["run"] == chosen for run in one["runs"])), None)
        names = {one["key"]: one["name"] for one in named or ()}
        found[pk] = [
            _Objective(
                one["key"],
                names[one["key"]],
                one["role"],
                one["figure"],
                row["figures"].get(one["key"], {"unknown": "it was not known then"}),
                row["receipts"].get(figures.name(one["figure"]), ""),
            )
            for one in defined or ()
            if row is not None and one["key"] in names
        ]
    return found


def _stored(held: Iterable[Iterable[_Objective]]) -> dict[str, Quantity]:
    """Digest → figure with its draws, of what the chosen ones had."""
    wanted = {one.receipt for several in held for one in several if one.receipt}
    return {
        row.digest: quantity(row)
        for table in (MetricResult, KPIResult)
        for row in table.objects.filter(digest__in=wanted).defer("document")
    }


def _newer(asked: Iterable[Outcome]) -> dict[str, EvaluationRun]:
    """Id of a decision → the newest scored run of its version on other rows, logged since it was signed."""
    chosen = {one.decision.pk: one.decision for one in asked if one.decision.chosen is not None}
    versions = {one.chosen.version_id for one in chosen.values() if one.chosen is not None}
    runs = EvaluationRun.objects.filter(version__in=versions, state=EvaluationRun.State.SCORED)
    found = {}
    for run in runs.select_related("product", "version__model", "data_set").order_by("created_at", "pk"):
        for pk, one in chosen.items():
            own, signed = one.chosen, one.signed_at
            since = signed is not None and run.created_at > signed
            if since and own is not None and run.version_id == own.version_id and run.rows != own.rows:
                found[pk] = run
    return found


@dataclass(frozen=True)
class _Since:
    """What is known since a decision; see `core.selection.figures.Since`. measured: of the run since, None without."""

    outcome: Outcome
    known: Known
    measured: Mapping[str, MetricFigure] | None

    def metric(self, key: str) -> Quantity:
        chosen = self.outcome.decision.chosen
        if self.measured is None:
            return Unknown(f"no run of {chosen.version.name if chosen else ''} on other rows was scored since")
        return self.measured[key].quantity if key in self.measured else Unknown("the run since has no such metric")

    def kpi(self, key: str) -> Quantity:
        kpi = self.known.kpis.get(key)
        if kpi is None:
            return Unknown("there is no such KPI any more")
        if AGGREGATIONS[kpi.aggregation].adds:
            return Unknown("its months are added, and those of the rows that it was promised on were others")
        if not self.outcome.whole:
            return Unknown("no whole month is over since")
        return over(self.known, kpi, self.outcome.whole).figure

    def money(self) -> Quantity:
        total = self.outcome.total
        return total if isinstance(total, Unknown) else Estimate(total.earned, total.unit)


def _came(one: _Objective, since: _Since, stored: Mapping[str, Quantity]) -> Came:
    found = figures.since(one.figure, since)
    if figures.kind_of(one.figure).projected:
        promised, result = since.outcome.so_far, since.outcome.total
        if isinstance(result, Unknown):
            promised = since.outcome.promised
        return Came(key=one.key, name=one.name, role=one.role, promised=promised, came=found, score=result)
    promised = _promised(one, stored)
    return Came(key=one.key, name=one.name, role=one.role, promised=promised, came=found, score=_score(promised, found))


def _promised(one: _Objective, stored: Mapping[str, Quantity]) -> Quantity:
    """What was frozen of the chosen one, with the draws that are stored under it."""
    if "unknown" in one.told:
        return Unknown(one.told["unknown"])
    kept = stored.get(one.receipt)
    point, unit = float(one.told["point"]), one.told["unit"]
    if isinstance(kept, Estimate):
        return replace(kept, point=point, unit=unit)
    return Estimate(point, unit, None, "its draws are not stored")


def _score(promised: Quantity, found: Quantity) -> Score | Unknown:
    """A figure that is measured has an error of its own, which widens what had to be expected of it."""
    if isinstance(found, Unknown):
        return found
    if isinstance(promised, Unknown):
        return Unknown(f"what was promised is unknown: {promised.reason}")
    if promised.draws is not None and found.draws is not None:
        promised = replace(promised, draws=promised.draws - (found.draws - found.point))
    return score(promised, found.point)
