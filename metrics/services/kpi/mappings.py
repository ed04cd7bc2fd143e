"""Mappings: made, edited, signed as `services.writing.signing` says, and spoken of."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from metrics import access, jobs
from metrics.core.documents import digest
from metrics.core.numerals import plain
from metrics.core.unit_names import unit_words
from metrics.models.evaluation import Model
from metrics.models.kpi import KPI, Mapping, MappingVersion, Signature
from metrics.models.product import Product, User
from metrics.models.work import Change
from metrics.queries.documents.known import Known
from metrics.queries.kpi.fitting import begun
from metrics.services.delivery import notices
from metrics.services.kpi.definition import checked
from metrics.services.writing import audit
from metrics.services.writing.change import changed
from metrics.services.writing.refusal import clean, invalid, save_next
from metrics.services.writing.signing import Signing

State = MappingVersion.State


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
        raise invalid("definition", message, code="required", remedy="Write it: a formula, or another kind")
    if found.missing:
        keys = ", ".join(f"{one.key} (in {plain(unit_words(one.unit)) or 'a number'})" for one in found.missing)
        message = f"a {found.kind.words} begins from assumptions that nobody named yet: {keys}"
        first = found.missing[0]
        unit = f" --unit '{first.unit}'" if first.unit else ""
        command = f"kpi assumption set {product.slug} {first.key}{unit} --between LOW HIGH --source WHERE"
        remedy = f"Name them first, here under Assumptions or by `{command}`; or write the definition"
        raise invalid("definition", message, code="required", remedy=remedy)
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
    held = _signing.held(version, seen)
    access.require(actor, "mapping.edit_draft", held.mapping.product, own=held.author_id == actor.pk)
    _signing.in_state(held, State.DRAFT)
    complete = checked(held.mapping.kpi, definition, Known(held.mapping.product), model=_as_before(model, held))
    held.definition, held.model = complete.definition, complete.model
    held.digest = signed_digest(held.mapping.kpi, held.definition, held.model)
    held.note = note
    clean(held).save()
    audit.record(actor, "mapping.edit_draft", str(held), product=held.mapping.product, digest=held.digest)
    jobs.ask("recompute", held.mapping.product_id, product=held.mapping.product)
    return held


class _Signing(Signing[MappingVersion]):
    room = "mapping"
    rows = MappingVersion.objects.select_related("mapping__kpi", "mapping__product", "author", "model")
    signatures = Signature

    def product(self, version: MappingVersion) -> Product:
        return version.mapping.product

    def digest(self, version: MappingVersion) -> str:
        return signed_digest(version.mapping.kpi, version.definition, version.model)

    def check(self, version: MappingVersion) -> None:
        """What was proposed, or came in force, since it was drafted may close a circle with it."""
        known = Known(version.mapping.product)
        checked(version.mapping.kpi, version.definition, known, model=_as_before(None, version))

    def siblings(self, version: MappingVersion) -> QuerySet[MappingVersion]:
        return version.mapping.versions.all()

    def signed(self, signature: Signature) -> None:
        notices.tell(signature)

    def in_force(self, actor: User, version: MappingVersion) -> None:
        note = f": {version.note}" if version.note else ""
        text = f"{version.mapping.name}, version {version.number}{note}"
        changed(actor, version.mapping.product, Change.Cause.DEFINITION, text)


_signing = _Signing()
propose, endorse, approve = _signing.propose, _signing.endorse, _signing.approve
object_to, withdraw = _signing.object_to, _signing.withdraw


@transaction.atomic
def retire(actor: User, version: MappingVersion, *, seen: str) -> MappingVersion:
    moved = _signing.retire(actor, version, seen=seen)
    changed(actor, moved.mapping.product, Change.Cause.DEFINITION, f"{moved.mapping.name}: retired")
    return moved


acts = _signing.acts | {"retire": ("mapping.retire", retire)}
