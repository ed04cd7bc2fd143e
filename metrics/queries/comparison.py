"""Runs side by side: paired differences by metric, by segment, by KPI and in money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils import timezone

from metrics import access
from metrics.core.estimate import Quantity
from metrics.core.evaluation.compare import Difference, Facts, compare_all, differences, refusal, same_predictions
from metrics.core.evaluation.tasks import TASKS
from metrics.models.evaluation import EvaluationRun
from metrics.models.product import Product, User
from metrics.queries import evaluation, kpi, measured
from metrics.queries.documents import Known
from metrics.queries.grade import Grade, Grader

FEWEST, MOST = 2, 12  # runs side by side
MOST_GROUPS = 60  # groups of one column that are compared


@dataclass(frozen=True, kw_only=True)
class Money:
    """A KPI of one run against that of the base run, with the grade that both share and the receipt of the run's."""

    name: str
    grade: Grade
    receipt: str
    difference: Difference


@dataclass(frozen=True, kw_only=True)
class Against:
    """One run against the base run. refused: why it cannot be compared; then there are no differences.

    same: the two are the same predictions under two names. metrics: of the whole; groups: of each group in turn.
    """

    run: EvaluationRun
    refused: str = ""
    same: bool = False
    metrics: tuple[Difference, ...] = ()
    groups: tuple[Difference, ...] = ()
    money: tuple[Money, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """columns: the columns that may be compared by; column: the one that was. figures: the base run's own, by key."""

    base: EvaluationRun
    against: tuple[Against, ...]
    columns: tuple[str, ...] = ()
    column: str = ""
    figures: Mapping[str, Quantity] = field(default_factory=dict)


def chosen(user: User, product: Product, keys: Sequence[str]) -> list[EvaluationRun]:
    """The runs under these keys, in their order, each once. Raises Hidden where one is not there for this person."""
    access.require(user, "run.compare", product)
    wanted = list(dict.fromkeys(keys))[:MOST]
    found = {run.pk: run for run in evaluation.runs(product).filter(pk__in=wanted)}
    if set(found) != set(wanted):
        raise access.Hidden
    return [found[key] for key in wanted]


def compared(
    runs: Sequence[EvaluationRun], base: EvaluationRun, *, column: str = "", smallest: Mapping[str, float] | None = None
) -> Comparison:
    """Every other run against `base`. column: a segment column, or "month", to compare each of its groups as well."""
    facts = {run.pk: _facts(run) for run in runs}
    others = [run for run in runs if run.pk != base.pk]
    refused = {run.pk: _refused(run, base, facts) for run in others}
    held = {run.pk: measured.of_run(run) for run in [base, *(run for run in others if not refused[run.pk])]}
    ready = {key: found for key, found in held.items() if found is not None}
    metrics: dict[str, tuple[Difference, ...]] = {}
    groups: dict[str, tuple[Difference, ...]] = {}
    columns: tuple[str, ...] = ()
    if base.pk in ready:
        task, seed = TASKS[base.task], base.product.seed
        directions = {key: found.direction for key, found in task.definitions.items()}
        metrics = compare_all(
            ready, base.pk, evaluate=task.evaluate, seed=seed, directions=directions, smallest=smallest
        )
        names = measured.groups(ready[base.pk])
        columns = tuple(dict.fromkeys(name for name, _ in names if name))
        inside = [group for group in names if group[0] == column][:MOST_GROUPS] if column in columns else []
        if inside:
            groups = compare_all(
                ready,
                base.pk,
                evaluate=task.evaluate,
                seed=seed,
                directions=directions,
                keys=task.headline,
                groups=inside,
            )
    own = _own_metrics([base, *others])
    money = _money([base, *others])
    return Comparison(
        base=base,
        columns=columns,
        column=column if column in columns else "",
        figures={key: one.quantity for key, one in evaluation.metric_figures([base])[base.pk].items()},
        against=tuple(
            Against(
                run=run,
                refused=refused[run.pk],
                same=same_predictions(facts[run.pk], facts[base.pk]),
                metrics=() if refused[run.pk] else (*metrics.get(run.pk, ()), *own.get(run.pk, ())),
                groups=groups.get(run.pk, ()),
                money=() if refused[run.pk] else money.get(run.pk, ()),
            )
            for run in others
        ),
    )


def _facts(run: EvaluationRun) -> Facts:
    return Facts(
        name=run.name,
        task=run.task,
        n_rows=run.n_rows or 0,
        data_digest=run.data_set.digest if run.data_set else "",
        rows_digest=run.rows,
        measured_digest=measured.cube_file(run),
    )


def _refused(run: EvaluationRun, base: EvaluationRun, facts: Mapping[str, Facts]) -> str:
    for one in (run, base):
        if one.state != EvaluationRun.State.SCORED:
            return f"{one.name} is {one.get_state_display()}"
    return refusal(facts[run.pk], facts[base.pk]) or ""


def _own_metrics(runs: Sequence[EvaluationRun]) -> dict[str, tuple[Difference, ...]]:
    """Run id → differences of the product's own metrics, by formula or reported, that the base, the first, has too."""
    base = runs[0]
    registered = {metric.key: metric for metric in evaluation.metrics(base.product)}
    figures = evaluation.metric_figures(runs)
    built_in = TASKS[base.task].definitions
    mine = {key: one.quantity for key, one in figures[base.pk].items() if key not in built_in and key in registered}
    found = {}
    for run in runs[1:]:
        shared = {key: one.quantity for key, one in figures[run.pk].items() if key in mine}
        directions = {key: "up" if registered[key].direction == "up" else "down" for key in shared}
        found[run.pk] = differences(shared, {key: mine[key] for key in shared}, directions=directions)  # type: ignore[arg-type]
    return found


def _money(runs: Sequence[EvaluationRun]) -> dict[str, tuple[Money, ...]]:
    """Run id → KPIs under the mappings in force against those of the base, the first."""
    product = runs[0].product
    known = Known(product)
    if not known.approved:
        return {}
    grader = Grader(product, timezone.localdate())
    figures = kpi.of_runs(runs, known, grader, known.approved.values())
    base = {one.kpi.key: one for one in figures[runs[0].pk]}
    found = {}
    for run in runs[1:]:
        mine = {one.kpi.key: one for one in figures[run.pk]}
        directions = {key: "up" if one.kpi.direction == "up" else "down" for key, one in mine.items()}
        rows = differences(
            {key: one.quantity for key, one in mine.items()},
            {key: base[key].quantity for key in mine},
            directions=directions,  # type: ignore[arg-type]
        )
        found[run.pk] = tuple(
            Money(name=mine[row.key].kpi.name, grade=mine[row.key].grade, receipt=mine[row.key].receipt, difference=row)
            for row in rows
        )
    return found
