"""Runs side by side: paired differences by metric, by KPI and in money; corrected where several are chosen among."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from metrics import access, store
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.evaluation.statistics.sums import Sums
from metrics.core.late import pa
from metrics.core.rows.table import read_rows
from metrics.core.selection import delong, selection_bias
from metrics.core.selection.compare import (
    Difference,
    Facts,
    Group,
    compare_all,
    differences,
    refusal,
    same_predictions,
    ways,
)
from metrics.core.selection.objectives import Better
from metrics.memory import remembered
from metrics.models.evaluation import EvaluationRun
from metrics.models.product import Product, User
from metrics.queries.documents import definitions
from metrics.queries.documents.known import Known
from metrics.queries.documents.models import speaks_of
from metrics.queries.evaluation import catalogue, statistics
from metrics.queries.evaluation import rows as stored_rows
from metrics.queries.kpi import board
from metrics.queries.kpi.grade import Grade

FEWEST, MOST = 2, 12  # runs side by side
CROSS_CHECKED = "roc_auc"  # the metric whose difference has a test of its own, by DeLong
CROSS_CHECKED_ROWS = 200_000  # up to so many rows two AUCs are tested by DeLong as well
SAME_ROWS_ONLY = ("example_id", "y_true", "y_score", "weight", "cluster_id")


@dataclass(frozen=True, kw_only=True)
class Money:
    """A KPI of one run against that of the base run, with the grade that both share and the receipt of each."""

    key: str
    name: str
    grade: Grade
    receipt: str
    base_receipt: str
    difference: Difference


@dataclass(frozen=True, kw_only=True)
class Against:
    """One run against the base run. refused: why it cannot be compared; then there are no differences.

    same: the two are the same predictions under two names. corrected: metric or KPI → the difference corrected for
    choosing among the candidates; only what `Comparison.among` names. receipts: metric → digest of the run's own.
    """

    run: EvaluationRun
    refused: str = ""
    same: bool = False
    metrics: tuple[Difference, ...] = ()
    money: tuple[Money, ...] = ()
    corrected: Mapping[str, Difference] = field(default_factory=dict)
    receipts: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> dict[str, Difference]:
        """Key → difference, of metrics and KPIs."""
        return {one.key: one for one in (*self.metrics, *(money.difference for money in self.money))}


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """columns: the columns by whose groups the runs may be compared. receipts: those of the base, by metric.

    among: metric or KPI → how many different candidates its corrected differences were chosen among.
    """

    base: EvaluationRun
    against: tuple[Against, ...]
    columns: tuple[str, ...] = ()
    receipts: Mapping[str, str] = field(default_factory=dict)
    among: Mapping[str, int] = field(default_factory=dict)


def chosen(user: User, product: Product, keys: Sequence[str]) -> list[EvaluationRun]:
    """The runs under these keys, in their order, each once. Raises Hidden where one is not there for this person."""
    access.require(user, "run.compare", product)
    wanted = list(dict.fromkeys(keys))[:MOST]
    found = {run.pk: run for run in catalogue.runs(product).filter(pk__in=wanted)}
    if set(found) != set(wanted):
        raise access.Hidden
    return [found[key] for key in wanted]


def alike(run: EvaluationRun) -> QuerySet[EvaluationRun]:
    """The other scored runs that it can be compared with, the newest first."""
    if run.data_set is None:
        return EvaluationRun.objects.none()
    found = catalogue.runs(run.product).filter(
        state=EvaluationRun.State.SCORED, task=run.task, data_set__digest=run.data_set.digest
    )
    return found.exclude(rows="").exclude(pk=run.pk)


def compared(
    runs: Sequence[EvaluationRun], base: EvaluationRun, *, smallest: Mapping[str, float] | None = None
) -> Comparison:
    """Every other run against `base`. smallest: metric or KPI → the smallest difference worth having."""
    found = comparable(runs, base)
    others = [run for run in runs if run.pk != base.pk]
    figures = catalogue.metric_figures([base, *others])
    metrics = {run.pk: _built_in(run, found, smallest) for run in others}
    own = _own_metrics(base, others, figures, smallest)
    money = _money(base, [run for run in others if not found.refused[run.pk]], smallest)
    against = [
        Against(
            run=run,
            refused=found.refused[run.pk],
            same=run.pk in found.same,
            metrics=() if found.refused[run.pk] else (*metrics[run.pk], *own[run.pk]),
            money=() if found.refused[run.pk] else money.get(run.pk, ()),
            receipts={key: one.receipt for key, one in figures[run.pk].items()},
        )
        for run in others
    ]
    among, corrected = _corrected({one.run.pk: one.rows for one in against if not one.refused})
    return Comparison(
        base=base,
        columns=found.columns,
        receipts={key: one.receipt for key, one in figures[base.pk].items()},
        among=among,
        against=tuple(Against(**(vars(one) | {"corrected": corrected.get(one.run.pk, {})})) for one in against),
    )


@dataclass(frozen=True, kw_only=True)
class Comparable:
    """What may be compared with a base run. files: run id → what was measured, of the base and of those not refused.

    refused: run id → why not, "" where it may be. same: run ids of the same predictions as the base.
    """

    base: EvaluationRun
    files: Mapping[str, str]
    refused: Mapping[str, str]
    same: frozenset[str]

    @property
    def ready(self) -> bool:
        return self.base.pk in self.files

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that part the rows, months last."""
        groups = statistics.groups(statistics.read(self.files[self.base.pk], self.base.task)) if self.ready else []
        return tuple(dict.fromkeys(column for column, _ in groups if column))

    @property
    def directions(self) -> dict[str, Better]:
        """Which way each metric of the task is better."""
        held = statistics.read(self.files[self.base.pk], self.base.task)
        return ways(TASKS[self.base.task].definitions, held.facts if isinstance(held, Sums) else {})


def comparable(runs: Sequence[EvaluationRun], base: EvaluationRun) -> Comparable:
    """Which of the runs may be compared with the base."""
    files = statistics.cube_files([base, *runs])
    facts = {run.pk: _facts(run, files[run.pk]) for run in (base, *runs)}
    others = [run for run in runs if run.pk != base.pk]
    refused = {run.pk: _refused(run, base, facts) for run in others}
    held = [base, *(run for run in others if not refused[run.pk])]
    return Comparable(
        base=base,
        files={run.pk: files[run.pk] for run in held if files[run.pk]},
        refused=refused,
        same=frozenset(run.pk for run in others if same_predictions(facts[run.pk], facts[base.pk])),
    )


def cross_checked(run: EvaluationRun, base: EvaluationRun) -> delong.PairedAucs | Unknown | None:
    """DeLong's test of the AUCs of two runs that may be compared; None for another task, or too many rows for it."""
    return _delong(run.rows, base.rows) if _can_be_tested(run, base) else None


def told_apart(run: EvaluationRun, base: EvaluationRun) -> delong.UnpairedAucs | Unknown | None:
    """DeLong's test of the AUCs of two runs on different rows; None where `cross_checked` is, and of the same rows."""
    same_rows = run.data_set_id is not None and run.data_set_id == base.data_set_id
    return _unpaired(run.rows, base.rows) if not same_rows and _can_be_tested(run, base) else None


def _can_be_tested(*runs: EvaluationRun) -> bool:
    return all(
        TASKS[run.task].two_outcomes and run.rows and (run.n_rows or 0) <= CROSS_CHECKED_ROWS and store.has(run.rows)
        for run in runs
    )


@remembered
def _delong(a: str, b: str) -> delong.PairedAucs | Unknown:
    return delong.paired_runs(_scores(a), _scores(b))


@remembered
def _unpaired(a: str, b: str) -> delong.UnpairedAucs | Unknown:
    return delong.unpaired_runs(_scores(a), _scores(b))


def _scores(file: str) -> pa.Table:
    names = stored_rows.schema(file).names
    return read_rows(store.path(file), columns=[name for name in SAME_ROWS_ONLY if name in names])


@remembered
def _evaluated(file: str, task: str, seed: int) -> Mapping[str, Quantity]:
    """All metrics of a run with their draws."""
    return TASKS[task].evaluate(statistics.read(file, task), seed=seed)


def _built_in(run: EvaluationRun, found: Comparable, smallest: Mapping[str, float] | None) -> tuple[Difference, ...]:
    """The metrics of the task, from what was measured of both runs."""
    if not found.ready or run.pk not in found.files:
        return ()

    def evaluate(file: Any, /, *, seed: int, keys: Sequence[str] | None, group: Group) -> Mapping[str, Quantity]:
        return _evaluated(file, run.task, seed)

    both = {key: found.files[key] for key in (found.base.pk, run.pk)}
    return compare_all(
        both,
        found.base.pk,
        evaluate=evaluate,
        seed=found.base.product.seed,
        directions=found.directions,
        smallest=smallest,
    )[run.pk]


def _facts(run: EvaluationRun, file: str) -> Facts:
    return Facts(
        name=run.name,
        task=run.task,
        n_rows=run.n_rows or 0,
        data_digest=run.data_set.digest if run.data_set else "",
        rows_digest=run.rows,
        measured_digest=file,
    )


def _refused(run: EvaluationRun, base: EvaluationRun, facts: Mapping[str, Facts]) -> str:
    for one in (run, base):
        if one.state != EvaluationRun.State.SCORED:
            why = one.withdrawn_reason or one.error
            return f"{one.name} is {one.get_state_display()}{f': {why}' if why else ''}"
    return refusal(facts[run.pk], facts[base.pk]) or ""


def _own_metrics(
    base: EvaluationRun,
    others: Sequence[EvaluationRun],
    figures: Mapping[str, Mapping[str, catalogue.MetricFigure]],
    smallest: Mapping[str, float] | None,
) -> dict[str, tuple[Difference, ...]]:
    """Run id → differences of the product's own metrics, by formula or reported, that the base has too."""
    registered = {metric.key: metric for metric in definitions.of_product(base.product)}
    built_in = TASKS[base.task].definitions
    mine = {key: one.quantity for key, one in figures[base.pk].items() if key not in built_in and key in registered}
    directions: dict[str, Better] = {key: "up" if registered[key].direction == "up" else "down" for key in mine}
    found = {}
    for run in others:
        shared = {key: one.quantity for key, one in figures[run.pk].items() if key in mine}
        against = {key: mine[key] for key in shared}
        found[run.pk] = differences(shared, against, directions=directions, smallest=smallest)
    return found


def _money(
    base: EvaluationRun, others: Sequence[EvaluationRun], smallest: Mapping[str, float] | None
) -> dict[str, tuple[Money, ...]]:
    """Run id → KPIs under the mappings in force against those of the base."""
    product = base.product
    known = Known(product)
    versions = [version for version in known.approved.values() if speaks_of(version, base, known)]
    if not versions:
        return {}
    figures = board.of_runs([base, *others], known, versions)
    theirs = {one.kpi.key: one for one in figures[base.pk]}
    directions: dict[str, Better] = {key: "up" if one.kpi.direction == "up" else "down" for key, one in theirs.items()}
    found = {}
    for run in others:
        mine = {one.kpi.key: one for one in figures[run.pk]}
        a, b = ({key: one.quantity for key, one in held.items()} for held in (mine, theirs))
        found[run.pk] = tuple(
            Money(
                key=row.key,
                name=mine[row.key].kpi.name,
                grade=mine[row.key].grade,
                receipt=mine[row.key].receipt,
                base_receipt=theirs[row.key].receipt,
                difference=row,
            )
            for row in differences(a, b, directions=directions, smallest=smallest)
        )
    return found


def _corrected(
    rows: Mapping[str, Mapping[str, Difference]],
) -> tuple[dict[str, int], dict[str, dict[str, Difference]]]:
    """How many candidates by metric or KPI, and run id → key → the difference corrected for choosing among them.

    Only where higher or lower is better: what should be near a number is not chosen for being extreme.
    """
    among: dict[str, int] = {}
    found: dict[str, dict[str, Difference]] = {}
    keys = set.intersection(*(set(held) for held in rows.values())) if rows else set()
    for key in sorted(keys):
        mine = {run: held[key] for run, held in rows.items()}
        first = next(iter(mine.values()))
        candidates = {run: one.a for run, one in mine.items()} | {"": first.b}
        known = {run: one for run, one in candidates.items() if isinstance(one, Estimate)}
        if isinstance(first.direction, float) or len(known) < max(len(candidates), selection_bias.FEWEST):
            continue
        result = selection_bias.corrected(known)
        if isinstance(result, Unknown):
            continue
        among[key] = result.among
        for run, one in mine.items():
            a, b = {key: result.estimates[run]}, {key: result.estimates[""]}
            (row,) = differences(a, b, directions={key: one.direction}, smallest={key: one.smallest})
            found.setdefault(run, {})[key] = row
    return among, found
