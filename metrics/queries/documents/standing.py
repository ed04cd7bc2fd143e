"""Which run stands for a champion: its figures are those in force.

It is the run that its version was promoted with, or one that a manager accepted since; and of later runs of the version
the newest on the same rows, which alone count by themselves. The same rows are those with the same ids and labels, with
predictions of them, for the same task; and where they are of a data set of production, which goes on, a later version
of it. Every other run stands beside the champion until a manager accepts it: one person's run moves no figure in force.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import OuterRef, Q, QuerySet, Subquery

from metrics.models.evaluation import ChampionRun, DataSet, EvaluationRun, ModelVersion
from metrics.prepared import Prepared

State = EvaluationRun.State
METRICS_ONLY = "it reports metrics only, so nothing tells which rows they are of"
UNKNOWN_ROWS = "the champion's run reports metrics only, so nothing tells whether the rows are the same"


@dataclass(frozen=True)
class Standing:
    """What stands for a model: what was chosen last, and the run; None where the chosen ones are withdrawn."""

    chosen: ChampionRun
    run: EvaluationRun | None


def standing(products: Iterable[str], *, without: str = "", untaken: str = "") -> dict[str, Standing]:
    """Id of a model → what stands for its champion; the runs with their version, model and data set.

    without: a run that would be withdrawn; untaken: one of which the acceptance would be taken back.
    """
    chosen: dict[str, ChampionRun] = {}
    runs: dict[str, str] = {}
    chosen_of = CHOICES(products) if not (without or untaken) else _choices(list(products), without, untaken)
    for choice in chosen_of:
        model = choice.version.model_id
        chosen.setdefault(model, choice)
        own = choice.run_id if choice.run.state == State.SCORED and choice.run_id != without else None
        counted = vars(choice)  # with what the query adds
        run = counted["newest"] or own or counted["before"]
        if run is not None:
            runs.setdefault(model, run)
    held = {choice.run_id: choice.run for choice in chosen.values()}
    others = set(runs.values()) - held.keys()
    if others:
        held |= {run.pk: run for run in RUNS(sorted(others))}
    return {model: Standing(choice, held.get(runs.get(model, ""))) for model, choice in chosen.items()}


def _choices(products: list[str], without: str = "", untaken: str = "") -> QuerySet[ChampionRun]:
    """What was chosen for the present champions and not taken back, the newest first.

    newest: the run that counts by itself since then; before: the newest that did by then.
    """
    since, alike = OuterRef("created_at"), _alike().exclude(pk=without)
    rows = ChampionRun.objects.filter(
        version__model__product__in=products, version__state=ModelVersion.State.CHAMPION, withdrawn_at=None
    ).exclude(run=untaken, act=ChampionRun.Act.ACCEPTED)
    return (
        rows.select_related("version", "run__data_set", "run__version__model")
        .annotate(
            newest=Subquery(alike.filter(created_at__gt=since).values("pk")[:1]),
            before=Subquery(alike.filter(created_at__lte=since).values("pk")[:1]),
        )
        .order_by("-created_at", "-pk")
    )


CHOICES = Prepared(_choices, list)


def _alike() -> QuerySet[EvaluationRun]:
    """Scored runs of a choice's version that count for it by themselves, the newest first."""
    same = Q(data_set__digest=OuterRef("run__data_set__digest"))
    goes_on = Q(
        Q(data_set__role=DataSet.Role.PRODUCTION),
        data_set__role=OuterRef("run__data_set__role"),
        data_set__name=OuterRef("run__data_set__name"),
        data_set__number__gte=OuterRef("run__data_set__number"),
    )
    rows = EvaluationRun.objects.filter(version=OuterRef("version"), state=State.SCORED, task=OuterRef("run__task"))
    return rows.filter(same | goes_on).exclude(rows="").order_by("-created_at", "-pk")


RUNS = Prepared(
    lambda keys: EvaluationRun.objects.filter(pk__in=keys).select_related("version__model", "data_set"), list
)


def why_beside(run: EvaluationRun, held: Standing | None) -> str:
    """Why a scored run of a champion does not count for it; "" where it does or did, and for every other run.

    held: what stands for its model.
    """
    if held is None or run.state != State.SCORED or run.version_id != held.chosen.version_id:
        return ""
    base = held.chosen.run
    if run.pk == base.pk or (held.run is not None and held.run.pk == run.pk):
        return ""
    if not run.rows or run.data_set is None:
        return METRICS_ONLY
    if not base.rows or base.data_set is None:
        return UNKNOWN_ROWS
    if run.task != base.task:
        return f"it is a {run.get_task_display()}, and the champion's a {base.get_task_display()}"
    if _same_rows(run.data_set, base.data_set):
        return ""
    if run.data_set.name == base.data_set.name:
        numbers = f"version {run.data_set.number}, not {base.data_set.number}"
        return f"it is on other rows of {run.data_set.name} than the champion ({numbers})"
    return f"it is on another data set, {run.data_set}, than the champion, {base.data_set}"


def _same_rows(mine: DataSet, theirs: DataSet) -> bool:
    production = DataSet.Role.PRODUCTION
    goes_on = mine.role == theirs.role == production and mine.name == theirs.name and mine.number >= theirs.number
    return mine.digest == theirs.digest or goes_on
