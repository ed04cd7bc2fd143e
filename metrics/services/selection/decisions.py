"""Decisions: opened, proposed with all that was known, signed or refused by the roles, and reverted by another one.

A manager proposes, a data scientist assents or dissents, an executive signs; how many of each, the terms say. What was
known when it was proposed is frozen, and every signature is over its digest: when a figure under it has moved since,
nobody signs until it is proposed anew. Dissent is kept, and stops nobody; a refusal opens the decision again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from metrics import access, store
from metrics.core.documents import digest
from metrics.core.selection.frozen import frozen
from metrics.models.evaluation import EvaluationRun, Model
from metrics.models.notice import Notice
from metrics.models.product import Role, User
from metrics.models.selection import Decision, DecisionSignature, TermsVersion
from metrics.queries.documents.known import Known
from metrics.queries.selection import record
from metrics.queries.selection.decisions import due
from metrics.services.delivery import notices
from metrics.services.evaluation import promotion
from metrics.services.selection import rounds
from metrics.services.selection.direct import numbered
from metrics.services.writing import audit
from metrics.services.writing.refusal import Conflict, invalid
from metrics.things import Thing

State, Act = Decision.State, DecisionSignature.Act
NEXT = {
    State.OPEN: "a manager proposes a candidate next",
    State.PROPOSED: "it is signed, refused or taken back next",
    State.SIGNED: "it can be reverted",
    State.WITHDRAWN: "open another",
}
SAID = {
    Act.PROPOSED: "{who} proposes {what}",
    Act.ASSENTED: "{who} assents to {what}",
    Act.DISSENTED: "{who} dissents from {what}: {words}",
    Act.SIGNED_OFF: "{who} signs {what}",
    Act.REFUSED: "{who} refuses {what}, which is open again: {words}",
    Act.WITHDRAWN: "{who} takes {what} back",
}


@transaction.atomic
def open_(actor: User, model: Model, *, ends_on: date | None = None) -> Decision:
    """Begin a choice of the model's champion by the terms in force, and ask the roles. Raises Conflict without terms.

    ends_on: the day on which the answers are revealed, whoever is missing.
    """
    access.require(actor, "decision.open", model.product)
    terms = model.terms.filter(state=TermsVersion.State.APPROVED).first()
    if terms is None:
        raise Conflict(f"{model.name} has no terms of choice in force; two sign them first")
    before = Known(model.product).champions.get(model.pk)
    made = numbered(Decision(product=model.product, model=model, terms=terms, opened_by=actor, before=before))
    audit.record(actor, "decision.open", str(made), product=model.product, terms=terms.digest)
    rounds.begin(actor, made, ends_on=ends_on)
    return made


def propose(actor: User, decision: Decision, run: EvaluationRun, *, reason: str = "") -> Decision:
    """Propose a run's version as champion, and freeze what is known. Its reason is due where the rule says another.

    Raises Conflict while the roles still answer, or where the run is none that may be chosen.
    """
    with transaction.atomic():
        held = _held(decision)
        access.require(actor, "decision.propose", held.product)
        _in(held, State.OPEN)
        if held.rounds.filter(closed_at=None).exists():
            raise Conflict("the roles still answer; close the round, and propose then")
        return _frozen(actor, held, run, reason.strip())


def _frozen(actor: User, held: Decision, run: EvaluationRun, reason: str) -> Decision:
    known = Known(held.product)
    desk = record.desk(held, known)
    if held.reverts is None and (why := record.may_not(desk, run)):
        raise Conflict(f"{run.version.name} cannot be proposed: {why}")
    if not reason and held.reverts is None and not desk.by_rule(run.pk):
        remedy = "say why this one, and not the one that the rule says"
        raise invalid("reason", "the rule says another", code="required", remedy=remedy)
    held.chosen, held.before = run, known.champions.get(held.model_id)
    held.reason, held.proposed_at = reason[:500], timezone.now()
    held.record = record.frozen(held, desk, known, figures=store.put(frozen(desk)))
    held.digest, held.state = digest(held.record), State.PROPOSED
    held.save()
    _sign(actor, held, Act.PROPOSED, held.reason)
    return _settled(actor, held)


def assent(actor: User, decision: Decision, *, seen: str, reason: str = "") -> Decision:
    """A data scientist's assent, with a remark or without."""
    return _signed(actor, decision, seen, "decision.assent", Act.ASSENTED, reason)


def dissent(actor: User, decision: Decision, *, seen: str, reason: str) -> Decision:
    """Disagree, with the reason: it is kept for ever and stops nobody. A data scientist has signed with it."""
    return _signed(actor, decision, seen, "decision.dissent", Act.DISSENTED, _due(reason, "a dissent"))


def sign(actor: User, decision: Decision, *, seen: str, reason: str = "") -> Decision:
    """An executive's signature. With the last that is due the chosen version becomes champion."""
    return _signed(actor, decision, seen, "decision.sign", Act.SIGNED_OFF, reason)


def _signed(actor: User, decision: Decision, seen: str, right: str, act: str, reason: str) -> Decision:
    with transaction.atomic():
        held = _held(decision)
        access.require(actor, right, held.product)
        _in(held, State.PROPOSED)
        _same(held, seen)
        if held.signatures.filter(user=actor, act=Act.PROPOSED, cleared=False).exists():
            raise access.Denied(right, "one person alone cannot sign twice: you proposed it")
        _sign(actor, held, act, reason.strip())
        return _settled(actor, held)


def refuse(actor: User, decision: Decision, *, seen: str, reason: str) -> Decision:
    """An executive's refusal, with the reason: the decision is open again, its signatures cleared and kept."""
    with transaction.atomic():
        held = _held(decision)
        access.require(actor, "decision.sign", held.product)
        _in(held, State.PROPOSED)
        if seen != held.digest:
            raise Conflict("the proposal has changed since you saw it; read it again")
        why = _due(reason, "a refusal")
        held.signatures.filter(cleared=False).update(cleared=True)
        _sign(actor, held, Act.REFUSED, why, cleared=True)
        return _reopened(held)


def withdraw(actor: User, decision: Decision) -> Decision:
    """Take a proposal back, so that it is open again; or end an open decision, of which nothing comes."""
    with transaction.atomic():
        held = _held(decision)
        access.require(actor, "decision.propose", held.product)
        _in(held, State.OPEN, State.PROPOSED)
        if held.state == State.PROPOSED and held.reverts is None:
            held.signatures.filter(cleared=False).update(cleared=True)
            _sign(actor, held, Act.WITHDRAWN, cleared=True)
            return _reopened(held)
        held.rounds.filter(closed_at=None).update(closed_at=timezone.now(), closed_by=actor)
        held.state = State.WITHDRAWN
        held.save(update_fields=["state"])
        audit.record(actor, "decision.withdraw", str(held), product=held.product)
        return held


def revert(actor: User, decision: Decision, *, reason: str) -> Decision:
    """Propose the champion that a signed decision replaced: a decision of its own, signed like any other.

    Raises Conflict where there was none before, it is champion again, or the model has another champion since.
    """
    access.require(actor, "decision.revert", decision.product)
    with transaction.atomic():
        old = _held(decision)
        _in(old, State.SIGNED)
        why = _due(reason, "a reversal")
        champion = Known(old.product).champions.get(old.model_id)
        if old.before is None or champion is None or champion.version_id != (old.chosen and old.chosen.version_id):
            raise Conflict(f"{old} cannot be reverted: what it chose is no champion any more, or took nobody's place")
        terms = old.model.terms.filter(state=TermsVersion.State.APPROVED).first() or old.terms
        if terms is None:
            raise Conflict(f"{old.model.name} has no terms of choice to freeze what is known by; two sign them first")
        made = Decision(
            product=old.product,
            model=old.model,
            terms=terms,
            opened_by=actor,
            before=champion,
            reverts=old,
        )
        try:
            with transaction.atomic():
                numbered(made)
        except IntegrityError as error:
            raise Conflict(f"{old} is being reverted already") from error
        audit.record(actor, "decision.revert", str(old), product=old.product, by=made.number)
        return _frozen(actor, made, old.before, why)


def _held(decision: Decision) -> Decision:
    """The decision as it is now, held by this transaction."""
    rows = Decision.objects.select_for_update(of=("self",))
    related = ("product", "model", "terms", "chosen__version__model", "before__version__model", "reverts")
    return rows.select_related(*related).get(pk=decision.pk)


def _in(decision: Decision, *states: str) -> None:
    if decision.state not in states:
        words = " or ".join(State(state).label for state in states)
        now = f"{decision} is {decision.get_state_display()} now; this needs one that is {words}"
        raise Conflict(f"{now}: {NEXT[State(decision.state)]}")


def _same(decision: Decision, seen: str) -> None:
    """Raise Conflict where somebody signs what has changed: the proposal, or a figure under it."""
    if seen != decision.digest:
        raise Conflict("the proposal has changed since you saw it; read it again, then sign")
    moved = record.moved(decision, Known(decision.product))
    if moved:
        raise Conflict(f"what was known has moved since it was proposed: {'; '.join(moved)}. Propose it anew")


def _due(reason: str, what: str) -> str:
    if not reason.strip():
        raise invalid("reason", f"{what} needs its reason", code="required", remedy="say why")
    return reason.strip()


def _sign(actor: User, decision: Decision, act: str, reason: str = "", *, cleared: bool = False) -> None:
    given: Mapping[str, Any] = {"act": act, "digest": decision.digest, "reason": reason[:500], "cleared": cleared}
    role = access.role(actor, decision.product) or ""
    try:
        with transaction.atomic():
            made = DecisionSignature.objects.create(decision=decision, user=actor, role=role, **given)
    except IntegrityError as error:
        raise Conflict(f"you have signed {decision} already") from error
    audit.record(actor, f"decision.{act}", str(decision), product=decision.product, digest=decision.digest)
    chosen = decision.chosen.version.name if decision.chosen else ""
    what = f"{chosen} as champion of {decision.model}" if chosen else str(decision)
    text = SAID[Act(act)].format(who=actor, what=what, words=reason)
    people = [user for user in notices.members(decision.product, *Role.values) if user.pk != actor.pk]
    _tell(decision, people, f"signature {made.pk}", text)


def _tell(decision: Decision, people: list[User], subject: str, text: str) -> None:
    thing = str(Thing("decision", (decision.product.slug, str(decision.number))))
    Notice.objects.filter(product=decision.product, thing=thing, read_at=None).update(read_at=timezone.now())
    notices.say(
        decision.product,
        people,
        kind=Notice.Kind.DECISION,
        subject=f"decision {subject}",
        text=f"{text.rstrip('.')}.",
        thing=thing,
    )


def _reopened(held: Decision) -> Decision:
    held.state, held.chosen, held.proposed_at = State.OPEN, None, None
    held.reason, held.record, held.digest = "", {}, ""
    held.save()
    return held


def _settled(actor: User, held: Decision) -> Decision:
    """Where all signatures that are due are there, the chosen version is champion."""
    if due(held):
        return held
    chosen = held.chosen
    assert chosen is not None  # a constraint of the table
    held.state, held.signed_at = State.SIGNED, timezone.now()
    held.save(update_fields=["state", "signed_at"])
    promotion.appoint(actor, chosen.version, run=chosen)
    audit.record(actor, "decision.settle", str(held), product=held.product, digest=held.digest)
    return held
