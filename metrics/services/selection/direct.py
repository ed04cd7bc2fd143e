"""A promotion that asks nobody: where the product's settings allow it, and on record like every decision."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from metrics import access
from metrics.core.documents import digest
from metrics.models.evaluation import EvaluationRun, ModelVersion
from metrics.models.product import Product, User
from metrics.models.selection import Decision, DecisionSignature
from metrics.queries.documents.known import Known
from metrics.services.evaluation import promotion
from metrics.services.writing.refusal import Conflict

State, Act = Decision.State, DecisionSignature.Act


@transaction.atomic
def promote(actor: User, version: ModelVersion, *, run: EvaluationRun | None = None) -> Decision:
    """Make a version champion at once. Raises Conflict where settings want a decision, one waits, or no run can stand.

    The first champion of a model takes nobody's place, and needs no decision.
    """
    product, model = version.model.product, version.model
    access.require(actor, "version.promote", product)
    before = Known(product).champions.get(model.pk)
    if before is not None and not product.direct_promotion:
        raise Conflict(
            f"{product.name} takes a new champion by a decision that is signed; open one, or allow direct promotion "
            "in its settings"
        )
    waiting = model.decisions.filter(state__in=[State.OPEN, State.PROPOSED]).first()
    if waiting is not None:
        raise Conflict(f"{waiting} on {model.name} waits; sign it, or withdraw it first")
    promotion.promote(actor, version, run=run)
    stands_on = run or version.champion_runs.latest("created_at").run
    now = timezone.now()
    record = {
        "kind": "decision",
        "direct": True,
        "product": product.slug,
        "model": model.key,
        "chosen": {"version": version.name, "run": stands_on.pk},
        "before": {"version": before.version.name, "run": before.pk} if before else None,
        "by": actor.mark,
        "at": now.isoformat(),
    }
    made = numbered(
        Decision(
            product=product,
            model=model,
            direct=True,
            terms=model.terms.filter(state="approved").first(),
            state=State.SIGNED,
            opened_by=actor,
            before=before,
            chosen=stands_on,
            record=record,
            digest=digest(record),
            proposed_at=now,
            signed_at=now,
        )
    )
    role = access.role(actor, product) or ""
    DecisionSignature.objects.create(decision=made, user=actor, role=role, act=Act.PROPOSED, digest=made.digest)
    return made


def numbered(decision: Decision) -> Decision:
    """Save a decision under the next number of its product; one waiting decision a model is a Conflict."""
    Product.objects.filter(pk=decision.product_id).update(name=decision.product.name)  # numbers are taken in turns
    last = Decision.objects.filter(product=decision.product_id).order_by("-number").values_list("number", flat=True)
    decision.number = (last.first() or 0) + 1
    try:
        with transaction.atomic():
            decision.save()
    except IntegrityError as error:
        told = f"a decision on {decision.model.name} waits already; sign it, or withdraw it first"
        raise Conflict(told) from error
    return decision
