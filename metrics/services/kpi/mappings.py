"""Mappings and their two signatures: draft → proposed → endorsed → approved → superseded | retired.

A data scientist endorses and a manager approves; they are two people. Each signs the digest of what they saw, inside a
transaction that holds the version: a version that has moved on is a Conflict, and two equal acts at once make one row.
"""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from metrics import access, jobs
from metrics.core.documents import digest
from metrics.models.evaluation import Model
from metrics.models.kpi import KPI, Comment, Mapping, MappingVersion, Signature
from metrics.models.product import Product, Role, User
from metrics.models.work import Change
from metrics.queries.documents.known import Known
from metrics.queries.kpi.fitting import begun
from metrics.services.delivery import notices
from metrics.services.kpi.definition import checked
from metrics.services.writing import audit
from metrics.services.writing.change import changed
from metrics.services.writing.refusal import Conflict, clean, invalid, save_next

State, Act = MappingVersion.State, Signature.Act


def signed_digest(kpi: KPI, definition: Dictionary[str, Any], model: Model | None) -> str:
    """What a signature signs: the definition, the model that it names, and the KPI, unit and currency of its value."""
    speaks_of = {"kpi": kpi.key, "unit": kpi.unit, "currency": kpi.product.currency}
    return digest({"definition": dict(definition), "model": model.key if model else None, **speaks_of})


@transaction.atomic
def create_mapping(
    actor: User,
    product: Product,
    *,
    kpi: KPI,
    name: str = "",
    definition: Dictionary[str, Any] | None = None,
    note: str = "",
    model: str = "",
) -> MappingVersion:
    """A new mapping with its first draft; called as its KPI where it has no name. model: see `definition.checked`.

    Without a definition it is begun from what fits the champion's task, whose assumptions are named first.
    """
    access.require(actor, "mapping.create_draft", product)
    if kpi.product_id != product.pk:
        raise access.Hidden
    if Mapping.objects.filter(kpi=kpi).exists():
        raise invalid("kpi", f"{kpi.name} has a mapping already", code="taken", remedy="make a new version of it")
    mapping = Mapping(product=product, kpi=kpi, name=name or kpi.name)
    clean(mapping).save()
    return _draft(actor, mapping, _first(product) if definition is None else definition, note, model, 0)


def _first(product: Product) -> Dictionary[str, Any]:
    """What a first mapping begins from. Raises Invalid where nothing does, or an assumption of it is not named yet."""
    found = begun(Known(product))
    if found.start is None:
        message = f"a {found.kind.words} begins from nothing"
        raise invalid("definition", message, code="required", remedy="write it")
    if found.missing:
        keys = ", ".join(one.key for one in found.missing)
        message = f"a {found.kind.words} begins from assumptions that nobody named yet: {keys}"
        raise invalid("definition", message, code="required", remedy="name them first, or write the definition")
    return found.start.definition


@transaction.atomic
def create_version(
    actor: User, mapping: Mapping, *, definition: Dictionary[str, Any], note: str = "", model: str | None = None
) -> MappingVersion:
    """Editing makes a new version, in draft and with no signature on it. model: None for that of the one before."""
    access.require(actor, "mapping.create_draft", mapping.product)
    before = mapping.versions.select_related("model").first()
    return _draft(actor, mapping, definition, note, _as_before(model, before), before.number if before else 0)


def _as_before(model: str | None, before: MappingVersion | None) -> str:
    return model if model is not None else before.model.key if before and before.model else ""


def _draft(
    actor: User, mapping: Mapping, definition: Dictionary[str, Any], note: str, model: str, newest: int
) -> MappingVersion:
    complete = checked(mapping.kpi, definition, Known(mapping.product), model=model)
    version = MappingVersion(
        mapping=mapping,
        number=newest + 1,
        model=complete.model,
        definition=complete.definition,
        digest=signed_digest(mapping.kpi, complete.definition, complete.model),
        note=note,
        author=actor,
    )
    save_next(version, f"version {version.number}")
    audit.record(actor, "mapping.create_draft", str(version), product=mapping.product, digest=version.digest)
    jobs.ask("recompute", mapping.product_id, product=mapping.product)  # its value on the champion, to be looked at
    return version


@transaction.atomic
def edit_draft(
    actor: User,
    version: MappingVersion,
    *,
    definition: Dictionary[str, Any],
    seen: str,
    note: str = "",
    model: str | None = None,
) -> MappingVersion:
    """Change a draft in place. Raises Conflict when it is no draft any more, or not the text that the caller saw.

    model: None where it stays.
    """
    held = _held(version, seen)
    access.require(actor, "mapping.edit_draft", held.mapping.product, own=held.author_id == actor.pk)
    _in(held, State.DRAFT)
    complete = checked(held.mapping.kpi, definition, Known(held.mapping.product), model=_as_before(model, held))
    held.definition, held.model = complete.definition, complete.model
    held.digest = signed_digest(held.mapping.kpi, held.definition, held.model)
    held.note = note
    clean(held).save()
    audit.record(actor, "mapping.edit_draft", str(held), product=held.mapping.product, digest=held.digest)
    jobs.ask("recompute", held.mapping.product_id, product=held.mapping.product)
    return held


def propose(actor: User, version: MappingVersion, *, seen: str) -> MappingVersion:
    """Send a draft to be signed. A data scientist who wrote it and proposes it thereby endorses it."""
    with transaction.atomic():
        held = _held(version, seen)
        own = held.author_id == actor.pk
        access.require(actor, "mapping.submit", held.mapping.product, own=own)
        _in(held, State.DRAFT)
        # What was proposed since it was drafted may close a circle with it.
        checked(held.mapping.kpi, held.definition, Known(held.mapping.product), model=_as_before(None, held))
        scientist = access.role(actor, held.mapping.product) == Role.DATA_SCIENTIST
        _sign(actor, held, Act.PROPOSED)
        if scientist and own:
            _sign(actor, held, Act.ENDORSED)
        return _move(actor, held, State.ENDORSED if scientist and own else State.PROPOSED, "mapping.submit")


def endorse(actor: User, version: MappingVersion, *, seen: str) -> MappingVersion:
    with transaction.atomic():
        held = _held(version, seen)
        access.require(actor, "mapping.endorse", held.mapping.product)
        _in(held, State.PROPOSED)
        _sign(actor, held, Act.ENDORSED)
        return _move(actor, held, State.ENDORSED, "mapping.endorse")


def approve(actor: User, version: MappingVersion, *, seen: str) -> MappingVersion:
    """Put a version in force. Needs the endorsement of a data scientist who is another person."""
    with transaction.atomic():
        held = _held(version, seen)
        product = held.mapping.product
        access.require(actor, "mapping.approve", product)
        _in(held, State.ENDORSED)
        endorsers = held.signatures.filter(
            act=Act.ENDORSED, cleared=False, role=Role.DATA_SCIENTIST, digest=held.digest
        )
        if not endorsers.exclude(user=actor).exists():
            raise access.Denied("mapping.approve", "one person alone cannot sign twice: another has to endorse")
        _one_approval_at_a_time(product)
        # what came in force since the draft may close a circle with it
        checked(held.mapping.kpi, held.definition, Known(product), model=_as_before(None, held))
        _sign(actor, held, Act.APPROVED)
        held.mapping.versions.filter(state=State.APPROVED).update(state=State.SUPERSEDED)
        held.approved_at = timezone.now()
        held.save(update_fields=["approved_at"])
        moved = _move(actor, held, State.APPROVED, "mapping.approve")
        note = f": {held.note}" if held.note else ""
        changed(actor, product, Change.Cause.DEFINITION, f"{held.mapping.name}, version {held.number}{note}")
        return moved


def object_to(actor: User, version: MappingVersion, *, seen: str, reason: str) -> MappingVersion:
    """Send a version back to draft, with the reason; its signatures are cleared and kept."""
    with transaction.atomic():
        held = _held(version, seen)
        access.require(actor, "mapping.object", held.mapping.product)
        _in(held, State.PROPOSED, State.ENDORSED)
        if not reason.strip():
            raise invalid(
                "reason", "an objection needs its reason", code="required", remedy="say what would have to change"
            )
        held.signatures.filter(cleared=False).update(cleared=True)
        _sign(actor, held, Act.OBJECTED, reason=reason.strip())
        return _move(actor, held, State.DRAFT, "mapping.object", reason=reason.strip())


def withdraw(actor: User, version: MappingVersion, *, seen: str) -> MappingVersion:
    """Take one's own proposal back to draft; its signatures are cleared and kept."""
    with transaction.atomic():
        held = _held(version, seen)
        access.require(actor, "mapping.submit", held.mapping.product, own=held.author_id == actor.pk)
        _in(held, State.PROPOSED, State.ENDORSED)
        if not held.signatures.filter(act=Act.PROPOSED, cleared=False, user=actor).exists():
            raise access.Denied("mapping.submit", "another person proposed it; object to it, with the reason")
        held.signatures.filter(cleared=False).update(cleared=True)
        _sign(actor, held, Act.WITHDRAWN, cleared=True)
        return _move(actor, held, State.DRAFT, "mapping.withdraw")


@transaction.atomic
def comment(actor: User, version: MappingVersion, *, text: str) -> Comment:
    """Say something of a version that one may read. Raises Invalid without words."""
    access.require(actor, "comment.create", version.mapping.product)
    said = Comment(version=version, user=actor, text=text.strip())
    if not said.text:
        raise invalid("text", "there is nothing in it", code="required", remedy="write what you want to say")
    clean(said).save()
    notices.tell(said)
    audit.record(actor, "comment.create", str(version), product=version.mapping.product)
    return said


def retire(actor: User, version: MappingVersion, *, seen: str) -> MappingVersion:
    with transaction.atomic():
        held = _held(version, seen)
        access.require(actor, "mapping.retire", held.mapping.product)
        _in(held, State.APPROVED)
        _sign(actor, held, Act.RETIRED)
        moved = _move(actor, held, State.RETIRED, "mapping.retire")
        changed(actor, held.mapping.product, Change.Cause.DEFINITION, f"{held.mapping.name}: retired")
        return moved


def _one_approval_at_a_time(product: Product) -> None:
    """Hold the product's approvals, where the database locks rows: each must see what the one before put in force."""
    if _locks():
        Product.objects.select_for_update(no_key=True).get(pk=product.pk)


def _locks() -> bool:
    return bool(transaction.get_connection().features.has_select_for_update)


def _held(version: MappingVersion, seen: str) -> MappingVersion:
    """The version as it is now, locked where the database locks rows."""
    rows = MappingVersion.objects.select_related("mapping__kpi", "mapping__product", "author", "model")
    held = (rows.select_for_update(of=("self",)) if _locks() else rows).get(pk=version.pk)
    if seen != held.digest:
        raise Conflict("the version has changed since you saw it; read it again, then sign")
    if signed_digest(held.mapping.kpi, held.definition, held.model) != held.digest:
        raise Conflict("the version's text is not what its digest names; make a new version")
    return held


def _in(version: MappingVersion, *states: str) -> None:
    if version.state not in states:
        words = " or ".join(State(state).label for state in states)
        raise Conflict(f"version {version.number} is {version.get_state_display()} now; this needs one that is {words}")


def _sign(actor: User, version: MappingVersion, act: str, reason: str = "", *, cleared: bool = False) -> None:
    role = access.role(actor, version.mapping.product) or ""
    try:
        with transaction.atomic():
            made = Signature.objects.create(
                version=version,
                user=actor,
                role=role,
                act=act,
                digest=version.digest,
                reason=reason[:500],
                cleared=cleared,
            )
    except IntegrityError as error:
        raise Conflict(f"version {version.number} is {Act(act).label} already") from error
    if act in (Act.ENDORSED, Act.APPROVED, Act.OBJECTED):
        notices.tell(made)


def _move(actor: User, version: MappingVersion, state: str, action: str, **detail: Any) -> MappingVersion:
    version.state = state
    version.save(update_fields=["state"])
    audit.record(actor, action, str(version), product=version.mapping.product, digest=version.digest, **detail)
    return version
