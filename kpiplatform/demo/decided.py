"""The demonstration's decisions: one that was signed and is scored, and one that waits, half answered.

They are told once the runs are computed. The past one was proposed in June with what was known then: the volume until
May, six of the runs, and another champion. The rows of these runs go on until August, as those of a real one could not.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from kpiplatform.demo import rows, story
from metrics import jobs, store
from metrics.core.documents import digest
from metrics.core.selection.frozen import frozen
from metrics.models.evaluation import ChampionRun, EvaluationRun, Model
from metrics.models.product import Product, User
from metrics.models.selection import Decision, DecisionSignature, Round, Sheet, TermsVersion
from metrics.queries.documents.known import Known
from metrics.queries.documents.standing import Standing
from metrics.queries.evaluation import catalogue as evaluation
from metrics.queries.selection import desk as desks
from metrics.queries.selection import record
from metrics.queries.selection import terms as readings
from metrics.services.delivery import notices
from metrics.services.selection import decisions, rounds, terms
from metrics.services.selection.direct import numbered

Act = DecisionSignature.Act
REASON = "its probabilities carry over to other offers, and it is simple to serve"
# The runs that there were in June, by how their names begin.
THEN = ("hotel-01", "hotel-05", "hotel-06", "hotel-07", "hotel-11", "hotel-12")
DISSENT = "35 of 100 called guests staying was never counted; I would count 400 calls first"
SIGNED = ((Act.PROPOSED, "manager", REASON), (Act.DISSENTED, "scientist", DISSENT), (Act.SIGNED_OFF, "executive", ""))
WEIGHTS = {  # of the past round, by the keys of the objectives
    "scientist": {"log_loss": 0.6, "top_hit_rate": 0.2, "money": 0.2},
    "manager": {"log_loss": 0.2, "top_hit_rate": 0.5, "money": 0.3},
    "executive": {"log_loss": 0.1, "top_hit_rate": 0.1, "money": 0.8},
}


def decide(years: int) -> None:
    """Tell both, as far as they are not told yet, of the product whose calls are chosen for. years: the story's."""
    owner = Product.objects.get(slug=story.CALLS)
    model = Model.objects.get(product=owner)
    who = {name: User.objects.get(username=name) for name in story.PEOPLE}
    if EvaluationRun.objects.filter(product=owner).exclude(state=EvaluationRun.State.SCORED).exists():
        return
    with transaction.atomic():
        if not model.terms.exists():
            _terms(who, model)
        first = Decision.objects.filter(product=owner, direct=True, before=None).first()
        told = Decision.objects.filter(product=owner, direct=False).exists()
        if not told and first is not None and first.chosen is not None and first.chosen.version.name == story.FIRST:
            _past(who, model, first, years)
            jobs.ask("recompute", owner.pk, product=owner)
        if not Decision.objects.filter(product=owner, direct=False).exclude(state=Decision.State.SIGNED).exists():
            _waiting(who, model)
        for person in who.values():
            notices.read_all(person)


def _terms(who: dict[str, User], model: Model) -> None:
    draft = terms.create(who["manager"], model, note="what there is to choose by")
    for act, person in ((terms.propose, "manager"), (terms.endorse, "scientist"), (terms.approve, "manager")):
        draft = act(who[person], draft, seen=draft.digest)


def _past(who: dict[str, User], model: Model, first: Decision, years: int) -> None:
    """The champion of today in place of the first one: proposed in June with what was known then, and signed by all."""
    year, zone = rows.LAST.year + years, ZoneInfo(model.product.time_zone)
    chosen = EvaluationRun.objects.select_related("version__model").get(product=model.product, name=story.CHAMPION)
    before = first.chosen
    assert before is not None
    made = numbered(
        Decision(
            product=model.product,
            model=model,
            terms=model.terms.get(state=TermsVersion.State.APPROVED),
            opened_by=who["manager"],
            before=before,
        )
    )
    asked = rounds.begin(who["manager"], made)
    for name, weights in WEIGHTS.items():
        rounds.weigh(who[name], made, weights=weights)
        rounds.seal(who[name], made)
    opened, proposed, signed = (datetime(year, 6, day, 10, tzinfo=zone) for day in (19, 24, 28))
    _signed_before(made.terms, datetime(year, 6, 15, 9, tzinfo=zone))
    Round.objects.filter(pk=asked.pk).update(created_at=opened, closed_at=proposed)
    Sheet.objects.filter(round=asked).update(created_at=opened, sealed_at=proposed)
    known = _known_then(model, before, proposed.date())
    made.chosen, made.reason, made.proposed_at = chosen, REASON, proposed
    runs = [run for run in evaluation.runs(model.product).filter(version__model=model) if run.name.startswith(THEN)]
    assert made.terms is not None
    desk = desks.desk(known, model, readings.read(made.terms.definition, known, model), runs)
    made.record = record.frozen(made, desk, known, figures=store.put(frozen(desk)))
    made.digest, made.state, made.created_at, made.signed_at = digest(made.record), made.State.SIGNED, opened, signed
    made.save()
    for act, name, reason in SIGNED:
        at = {Act.PROPOSED: proposed, Act.SIGNED_OFF: signed}.get(act, datetime(year, 6, 26, 9, tzinfo=zone))
        role = model.product.memberships.get(user=who[name]).role
        DecisionSignature.objects.create(
            decision=made, user=who[name], role=role, act=act, reason=reason, digest=made.digest, created_at=at
        )
    _dated(first, datetime(year, 3, 2, 9, tzinfo=zone))


def _signed_before(of: TermsVersion | None, at: datetime) -> None:
    """The terms, signed a day apart from a day on that is before anybody looked."""
    assert of is not None
    TermsVersion.objects.filter(pk=of.pk).update(created_at=at)
    for days, signature in enumerate(of.signatures.order_by("created_at")):
        of.signatures.filter(pk=signature.pk).update(created_at=at + timedelta(days=days))


def _known_then(model: Model, before: EvaluationRun, day: date) -> Known:
    """What the product knows, but for what it knew not in June: months from June on, and the champion of today."""
    known, month = Known(model.product, today=day), f"{day:%Y-%m}"
    assert known.projection is not None
    volume = known.projection.volume_kpi
    observed = {name: held for name, held in known.observed(volume).items() if name < month}
    choice = ChampionRun.objects.get(version=before.version)
    known.suppose(observed={volume.pk: observed}, standing={model.pk: Standing(choice, before)})
    return known


def _dated(made: Decision, at: datetime) -> None:
    """The promotion that the story begins with, on a day before the decision."""
    made.record = made.record | {"at": at.isoformat()}
    made.digest, made.created_at, made.proposed_at, made.signed_at = digest(made.record), at, at, at
    made.save()
    made.signatures.update(digest=made.digest, created_at=at)


def _waiting(who: dict[str, User], model: Model) -> None:
    """One that is open: the scientist has handed in, the manager has begun, the executive has not."""
    made = decisions.open_(who["manager"], model)
    answers: list[dict[str, Any]] = [
        {"of": "money", "give": 4000.0, "to": "log_loss", "gain": 0.01, "says": "yes"},
        {"of": "top_hit_rate", "give": 0.01, "to": "log_loss", "gain": 0.005, "says": "no"},
    ]
    rounds.fill(who["scientist"], made, answers=answers)
    rounds.seal(who["scientist"], made)
    rounds.fill(who["manager"], made, answers=answers[1:])
