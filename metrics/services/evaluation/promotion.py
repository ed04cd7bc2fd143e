"""Naming the champion and the run that stands for it: what others are compared with, and figures in force stand on."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from metrics import access
from metrics.models.evaluation import ChampionRun, EvaluationRun, Model, ModelVersion
from metrics.models.product import Product, User
from metrics.models.work import Change
from metrics.services.writing import audit
from metrics.services.writing.change import changed
from metrics.services.writing.refusal import Conflict

Act, State = ChampionRun.Act, EvaluationRun.State


def promote(actor: User, version: ModelVersion, *, run: EvaluationRun | None = None) -> ModelVersion:
    """Make a version the champion at once, as a manager may. Raises as `appoint`."""
    access.require(actor, "version.promote", version.model.product)
    return appoint(actor, version, run=run)


@transaction.atomic
def appoint(actor: User, version: ModelVersion, *, run: EvaluationRun | None = None) -> ModelVersion:
    """Make a version the one champion of its model, as was decided; the one before becomes a candidate again.

    run: the one that it stands on from now; without one the newest that has rows, else the newest. Raises Conflict
    where no run can stand for it.
    """
    product = version.model.product
    stands_on = run or _newest(version)
    if stands_on is None or stands_on.state not in (State.SCORED, State.RECEIVED):
        raise Conflict(f"{version.name} has no run that could stand for it; log one, then make it champion")
    _take_turns(version)
    champions = ModelVersion.objects.filter(model=version.model, state=ModelVersion.State.CHAMPION)
    champions.exclude(pk=version.pk).update(state=ModelVersion.State.CANDIDATE)
    version.state = ModelVersion.State.CHAMPION
    version.save(update_fields=["state"])
    ChampionRun.objects.create(version=version, run=stands_on, act=Act.PROMOTED, by=actor)
    changed(actor, product, Change.Cause.MODEL, f"{version.model.name}: {version.name} is champion")
    audit.record(actor, "version.promote", version.name, product=product, run=stands_on.pk)
    return version


@transaction.atomic
def accept(actor: User, run: EvaluationRun) -> ChampionRun:
    """Let a run of the champion stand for it that does not by itself: on other rows, or of reported metrics.

    Raises Conflict for a run that is not scored, of no champion, or that stands already.
    """
    access.require(actor, "run.accept", run.product)
    version = ModelVersion.objects.select_related("model").get(pk=run.version_id)
    _take_turns(version)
    version.refresh_from_db(fields=["state"])
    if run.state != State.SCORED:
        raise Conflict(f"{run.name} is {run.get_state_display()}; only a scored run can stand for the champion")
    if version.state != ModelVersion.State.CHAMPION:
        raise Conflict(f"{version.name} is no champion; make it champion, and it stands on its runs")
    last = _choices(version).first()
    if last is not None and last.run_id == run.pk:
        raise Conflict(f"{run.name} was chosen for the champion already")
    made = ChampionRun.objects.create(version=version, run=run, act=Act.ACCEPTED, by=actor)
    changed(actor, run.product, Change.Cause.RUN, f"{run.name}: accepted for the champion {version.name}")
    audit.record(actor, "run.accept", run.name, product=run.product, run=run.pk)
    return made


@transaction.atomic
def take_back(actor: User, run: EvaluationRun) -> None:
    """Undo of `accept`: what stood before stands again. Raises Conflict where the run was not accepted."""
    access.require(actor, "run.accept", run.product)
    accepted = _choices(run.version).filter(run=run, act=Act.ACCEPTED)
    if not accepted.update(withdrawn_at=timezone.now()):
        raise Conflict(f"{run.name} was not accepted for the champion, or that was taken back already")
    changed(actor, run.product, Change.Cause.RUN, f"{run.name}: no longer accepted for the champion")
    audit.record(actor, "run.accept_undo", run.name, product=run.product, run=run.pk)


def _choices(version: ModelVersion) -> QuerySet[ChampionRun]:
    return ChampionRun.objects.filter(version=version, withdrawn_at=None).order_by("-created_at", "-pk")


def _newest(version: ModelVersion) -> EvaluationRun | None:
    """The newest run that can stand: rather one with rows than without, rather a scored one than one being computed."""
    runs = version.runs.filter(state__in=[State.SCORED, State.RECEIVED]).order_by("-created_at", "-pk")
    return max(runs, key=lambda run: (bool(run.rows), run.state == State.SCORED), default=None)


def _take_turns(version: ModelVersion) -> None:
    """Writing the model's row first makes two choices at once take turns; retention, which spares the rows of
    champions, waits for the product's."""
    Product.objects.select_for_update(no_key=True).get(pk=version.model.product_id)
    Model.objects.filter(pk=version.model_id).update(name=version.model.name)
