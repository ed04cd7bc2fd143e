"""Terms of choice: proposed, endorsed and put in force by two signatures, before anybody is chosen by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from metrics import access
from metrics.core.selection import terms as reading
from metrics.core.selection.reading import TermsError
from metrics.models.evaluation import Model
from metrics.models.notice import Notice
from metrics.models.product import Product, Role, User
from metrics.models.selection import TermsSignature, TermsVersion
from metrics.queries.documents.known import Known
from metrics.queries.selection import terms
from metrics.services.delivery import notices
from metrics.services.writing import audit
from metrics.services.writing.refusal import Fault, Invalid, clean, save_next
from metrics.services.writing.signing import Signing
from metrics.things import Thing

State, Act = TermsVersion.State, TermsSignature.Act
SAID = {
    Act.ENDORSED: "{who} endorses {what}. A manager approves it next.",
    Act.APPROVED: "{who} approves {what}. Decisions that are opened from now on go by it.",
    Act.OBJECTED: "{who} objects to {what}, which is a draft again: {words}",
}


def signed_digest(model: Model, definition: Mapping[str, Any]) -> str:
    """What a signature signs, of terms of a model."""
    return reading.signed_digest(definition, model.key, model.product.currency)


def checked(definition: Any, known: Known, model: Model) -> dict[str, Any]:
    """The terms, complete. Raises Invalid by field, cause and remedy."""
    try:
        return terms.read(definition, known, model).document
    except TermsError as error:
        fault = Fault(field=f"definition.{error.field}".rstrip("."), message=error.message, remedy=error.remedy)
        raise Invalid(fault) from error


@transaction.atomic
def create(actor: User, model: Model, *, definition: Any = None, note: str = "") -> TermsVersion:
    """A new version, in draft and with no signature on it; without a definition, one begun from what there is."""
    product = model.product
    access.require_role(actor, "objective.set", product)
    known = Known(product)
    given = terms.first(known, model).definition if definition is None else definition
    complete = checked(given, known, model)
    _may_set(actor, model, complete)
    before = model.terms.first()
    version = TermsVersion(
        model=model,
        number=before.number + 1 if before else 1,
        definition=complete,
        digest=signed_digest(model, complete),
        note=note,
        author=actor,
    )
    save_next(version, f"version {version.number}")
    audit.record(actor, "terms.draft", str(version), product=product, digest=version.digest)
    return version


def _may_set(actor: User, model: Model, definition: Mapping[str, Any]) -> None:
    """Against the terms in force, each sets the objectives of the own role; all else is a manager's. Raises Denied."""
    product = model.product
    if access.may(actor, "guardrail.set", product):
        return
    in_force = model.terms.filter(state=State.APPROVED).first()
    before = in_force.definition if in_force else {"objectives": []}
    own = access.role(actor, product)
    others, others_before = (_but(one, own) for one in (definition, before))
    if others != others_before:
        why = "you set the objectives of your own role; those of others, guardrails, gates and the rule a manager does"
        why += "" if in_force else ", who drafts the first terms"
        raise access.Denied("guardrail.set", why)


def _but(definition: Mapping[str, Any], role: str | None) -> dict[str, Any]:
    """Terms without the objectives of a role."""
    return {**definition, "objectives": [one for one in definition["objectives"] if one["role"] != role]}


@transaction.atomic
def edit_draft(actor: User, version: TermsVersion, *, definition: Any, seen: str, note: str = "") -> TermsVersion:
    """Change a draft in place. Raises Conflict when it is no draft any more, or not the text that the caller saw."""
    held = _signing.held(version, seen)
    product = held.model.product
    access.require(actor, "terms.edit_draft", product, own=held.author_id == actor.pk)
    _signing.in_state(held, State.DRAFT)
    held.definition = checked(definition, Known(product), held.model)
    _may_set(actor, held.model, held.definition)
    held.digest, held.note = signed_digest(held.model, held.definition), note
    clean(held).save()
    audit.record(actor, "terms.edit_draft", str(held), product=product, digest=held.digest)
    return held


@transaction.atomic
def delete_draft(actor: User, version: TermsVersion, *, seen: str) -> None:
    """Delete a draft; the audit keeps its text."""
    held = _signing.held(version, seen)
    product = held.model.product
    access.require(actor, "terms.edit_draft", product, own=held.author_id == actor.pk)
    _signing.in_state(held, State.DRAFT)
    Notice.objects.filter(product=product, thing=str(_thing(held))).delete()
    reasons = [row.reason for row in held.signatures.all() if row.reason]
    audit.record(
        actor, "terms.delete_draft", str(held), product=product, definition=held.definition, objections=reasons
    )
    held.delete()


class _Signing(Signing[TermsVersion]):
    room = "terms"
    rows = TermsVersion.objects.select_related("model__product", "author")
    signatures = TermsSignature

    def product(self, version: TermsVersion) -> Product:
        return version.model.product

    def digest(self, version: TermsVersion) -> str:
        return signed_digest(version.model, version.definition)

    def check(self, version: TermsVersion) -> None:
        """A metric, a KPI or a column that it names may be gone, or turned round, since it was drafted."""
        checked(version.definition, Known(version.model.product), version.model)

    def siblings(self, version: TermsVersion) -> QuerySet[TermsVersion]:
        return version.model.terms.all()

    def signed(self, signature: TermsSignature) -> None:
        version = signature.version
        product = version.model.product
        people = notices.members(product, Role.DATA_SCIENTIST, Role.PROJECT_MANAGER)
        notices.say(
            product,
            [user for user in people if user.pk != signature.user_id],
            kind=signature.act,
            subject=f"terms signature {signature.pk}",
            text=SAID[Act(signature.act)].format(who=signature.user, what=str(version), words=signature.reason),
            thing=str(_thing(version)),
        )


def _thing(version: TermsVersion) -> Thing:
    return Thing("terms", (version.model.product.slug, version.model.key, str(version.number)))


_signing = _Signing()
propose, endorse, approve = _signing.propose, _signing.endorse, _signing.approve
object_to, withdraw, acts = _signing.object_to, _signing.withdraw, _signing.acts
