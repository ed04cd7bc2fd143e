"""Terms, decisions and what is on one's own sheet, narrowed to what the person may see."""

from __future__ import annotations

from django.db.models import QuerySet

from metrics import access
from metrics.models.evaluation import Model
from metrics.models.product import Product, User
from metrics.models.selection import Decision, Round, Sheet, TermsVersion


def models(product: Product) -> QuerySet[Model]:
    return Model.objects.filter(product=product).select_related("product")


def model(product: Product, key: str) -> Model:
    """A model by its id or its key. Raises Hidden."""
    rows = models(product)
    return access.there(rows.filter(pk=key).first() or rows.filter(key=key).first())


def terms(of: Model) -> QuerySet[TermsVersion]:
    """The versions, the newest first."""
    return of.terms.select_related("author", "model__product").prefetch_related("signatures__user")


def terms_version(of: Model, number: int) -> TermsVersion:
    return access.there(terms(of).filter(number=number).first())


def decisions(product: Product) -> QuerySet[Decision]:
    """The newest first."""
    return told(Decision.objects.filter(product=product))


def told(rows: QuerySet[Decision]) -> QuerySet[Decision]:
    """Decisions with all that is told of each, but for their rounds."""
    related = ("product", "model", "terms", "opened_by", "chosen__version", "before__version", "reverts")
    return rows.select_related(*related).prefetch_related("signatures__user")


def decision(product: Product, number: int) -> Decision:
    return access.there(decisions(product).filter(number=number).first())


def last_round(of: Decision) -> Round | None:
    return of.rounds.prefetch_related("sheets__user").first()


def own_sheet(user: User, of: Decision) -> Sheet | None:
    """What the person has on the sheet of the last round; nobody sees another's before it is closed."""
    last = last_round(of)
    return None if last is None else next((sheet for sheet in last.sheets.all() if sheet.user_id == user.pk), None)
