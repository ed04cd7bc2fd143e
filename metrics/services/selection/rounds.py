"""Rounds: each role says blind what it would give up for what; all is revealed together, when the last has answered."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, get_args

from django.db import IntegrityError, transaction
from django.utils import timezone

from metrics import access
from metrics.core.documents import digest
from metrics.core.selection.answers import Says
from metrics.models.notice import Notice
from metrics.models.product import Role, User
from metrics.models.selection import Decision, Round, Sheet
from metrics.services.delivery import notices
from metrics.services.writing import audit
from metrics.services.writing.refusal import Conflict, Fault, Invalid, invalid
from metrics.things import Thing

MOST_ANSWERS = 20
FIELDS = ("of", "give", "to", "gain", "says")


@transaction.atomic
def begin(actor: User, decision: Decision, *, ends_on: date | None = None) -> Round:
    """Ask the roles, or ask them anew: answers of the round before are kept, and count no more.

    ends_on: the day on which it is revealed, whoever is missing. Raises Conflict while one is open, or nothing waits.
    """
    access.require(actor, "decision.close_round", decision.product)
    if Decision.objects.get(pk=decision.pk).state != Decision.State.OPEN:
        raise Conflict(f"{decision} is not open any more")
    if ends_on is not None and ends_on <= decision.product.today():
        raise invalid("ends_on", "lies in the past", remedy="give a day after today, or none")
    last = decision.rounds.first()
    try:
        with transaction.atomic():
            made = Round.objects.create(decision=decision, number=last.number + 1 if last else 1, ends_on=ends_on)
    except IntegrityError as error:
        raise Conflict(f"a round of {decision} is open; close it first") from error
    audit.record(actor, "decision.ask", str(made), product=decision.product)
    asked = [user for user in notices.members(decision.product, *awaited(decision)) if user.pk != actor.pk]
    words = f"{actor} asks what you would give up for what, to choose a version of {decision.model}"
    _tell(made, asked, "asked", words)
    return made


def awaited(decision: Decision) -> list[str]:
    """The roles that own an objective of the terms, and have members: a round waits for one of each."""
    if decision.terms is None:
        return []
    owners = {one["role"] for one in decision.terms.definition["objectives"]}
    present = set(decision.product.memberships.filter(user__is_active=True).values_list("role", flat=True))
    return [role for role in Role.values if role in owners & present]


@transaction.atomic
def fill(actor: User, decision: Decision, *, answers: Sequence[Mapping[str, Any]]) -> Sheet:
    """Keep one's answers so far, in place of those before; what was sealed is open again. Raises Invalid, Conflict."""
    sheet = _own(actor, decision)
    sheet.answers, sheet.weights = _read(answers, _objectives(decision)), None
    return _opened(sheet)


@transaction.atomic
def weigh(actor: User, decision: Decision, *, weights: Mapping[str, Any]) -> Sheet:
    """Set one's weights directly, in place of answers: shares of the objectives, which add up to 1."""
    sheet = _own(actor, decision)
    sheet.weights = _weights(weights, _objectives(decision))
    return _opened(sheet)


@transaction.atomic
def seal(actor: User, decision: Decision) -> Round:
    """Hand in one's sheet. The last that is waited for closes the round, which reveals them all."""
    sheet = _own(actor, decision)
    if not sheet.answers and sheet.weights is None:
        raise Conflict("there is nothing on your sheet yet; answer a question, or set your weights")
    if sheet.sealed_at is None:
        sheet.sealed_at = timezone.now()
        sheet.digest = digest({"answers": sheet.answers, "weights": sheet.weights, "role": sheet.role})
        sheet.save()
        audit.record(actor, "decision.answer", str(sheet.round), product=decision.product, digest=sheet.digest)
    sealed = set(sheet.round.sheets.exclude(sealed_at=None).values_list("role", flat=True))
    if set(awaited(decision)) <= sealed:
        _close(sheet.round, by=None)
    return sheet.round


@transaction.atomic
def close(actor: User, decision: Decision) -> Round:
    """Reveal what was answered, whoever is missing: their weights are not known. Raises Conflict where none is open."""
    access.require(actor, "decision.close_round", decision.product)
    current = _open(decision)
    _close(current, by=actor)
    audit.record(actor, "decision.close_round", str(current), product=decision.product)
    return current


def end_due() -> int:
    """Close the rounds whose day has come where their product is; periodic work. Gives how many."""
    ended = 0
    for current in Round.objects.filter(closed_at=None, ends_on__isnull=False).select_related("decision__product"):
        if current.ends_on is not None and current.ends_on <= current.decision.product.today():
            with transaction.atomic():
                _close(current, by=None)
            ended += 1
    return ended


def _open(decision: Decision) -> Round:
    """The open round, held by this transaction. Raises Conflict where there is none."""
    current = decision.rounds.filter(closed_at=None).select_for_update(of=("self",)).first()
    if current is None:
        raise Conflict(f"no round of {decision} is open: what was answered is revealed")
    return current


def _own(actor: User, decision: Decision) -> Sheet:
    """The actor's sheet of the open round, made where it is missing."""
    access.require(actor, "decision.answer", decision.product)
    role = access.role(actor, decision.product) or ""
    sheet, _ = Sheet.objects.get_or_create(round=_open(decision), user=actor, defaults={"role": role})
    sheet.role = role
    return sheet


def _opened(sheet: Sheet) -> Sheet:
    sheet.sealed_at, sheet.digest = None, ""
    sheet.save()
    return sheet


def _close(current: Round, *, by: User | None) -> None:
    changed = Round.objects.filter(pk=current.pk, closed_at=None).update(closed_at=timezone.now(), closed_by=by)
    if not changed:
        return
    current.refresh_from_db()
    people = notices.members(current.decision.product, *Role.values)
    words = f"What the roles would give up is revealed, to choose a version of {current.decision.model}"
    _tell(current, [user for user in people if by is None or user.pk != by.pk], "revealed", words)


def _tell(current: Round, people: Sequence[User], what: str, text: str) -> None:
    decision = current.decision
    thing = Thing("decision", (decision.product.slug, str(decision.number)))
    earlier = Notice.objects.filter(product=decision.product, thing=str(thing), read_at=None)
    earlier.update(read_at=timezone.now())
    subject = f"round {current.pk} {what}"
    notices.say(decision.product, people, kind=Notice.Kind.DECISION, subject=subject, text=f"{text}.", thing=str(thing))


def _objectives(decision: Decision) -> list[str]:
    return [one["key"] for one in decision.terms.definition["objectives"]] if decision.terms else []


def _read(answers: Sequence[Mapping[str, Any]], objectives: list[str]) -> list[dict[str, Any]]:
    if not isinstance(answers, list | tuple) or len(answers) > MOST_ANSWERS:
        raise invalid("answers", f"is no list of up to {MOST_ANSWERS} answers")
    faults = [fault for row, one in enumerate(answers, 1) for fault in _faults(row, one, objectives)]
    if faults:
        raise Invalid(*faults)
    return [{**{name: one[name] for name in FIELDS}} for one in answers]


def _faults(row: int, one: Any, objectives: list[str]) -> list[Fault]:
    if not isinstance(one, Mapping) or set(one) != set(FIELDS):
        remedy = "an answer has the fields " + ", ".join(FIELDS)
        return [Fault(field="answers", row=row, message="is no answer", remedy=remedy)]
    found = []
    for name in ("of", "to"):
        if one[name] not in objectives:
            remedy = "one of " + ", ".join(objectives)
            found.append(Fault(field=name, row=row, message="is no objective of the terms", remedy=remedy))
    if one["of"] == one["to"]:
        found.append(Fault(field="to", row=row, message="is what is given up", remedy="name another objective"))
    for name in ("give", "gain"):
        if not _positive(one[name]):
            remedy = "give the amount in the objective's unit"
            found.append(Fault(field=name, row=row, message="is no number above 0", remedy=remedy))
    if one["says"] not in get_args(Says):
        remedy = "one of " + ", ".join(get_args(Says))
        found.append(Fault(field="says", row=row, message="is no answer", remedy=remedy))
    return found


def _positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0


def _weights(given: Mapping[str, Any], objectives: list[str]) -> dict[str, float]:
    """Shares as they are kept: divided by their sum, which must be near 1."""
    if not isinstance(given, Mapping) or set(given) != set(objectives):
        raise invalid("weights", "does not name each objective once", remedy="name " + ", ".join(objectives))
    for key, value in given.items():
        if not (_positive(value) or value == 0) or isinstance(value, bool):
            raise invalid(f"weights.{key}", "is no share", remedy="give 0 to 1")
    total = math.fsum(given.values())
    if abs(total - 1) > 0.01:
        raise invalid("weights", f"add up to {total:g}", remedy="shares add up to 1")
    return {key: value / total for key, value in given.items()}
