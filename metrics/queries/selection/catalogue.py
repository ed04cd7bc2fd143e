"""Terms, decisions and what is on one's own sheet: every door reads them here."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet

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


def terms_of_all(product: Product) -> QuerySet[TermsVersion]:
    """Terms of all models of a product, the newest first."""
    return TermsVersion.objects.filter(model__product=product).select_related("author").order_by("-number")


def decisions(product: Product) -> QuerySet[Decision]:
    """Those of a product, the newest first, with all that is told of each."""
    return told(Decision.objects.filter(product=product)).order_by("-number")


def told(rows: QuerySet[Decision]) -> QuerySet[Decision]:
    """Decisions with their signatures, rounds and sheets, in a number of queries that does not grow with them."""
    related = ("product", "model", "terms", "opened_by", "chosen__version", "before__version", "reverts")
    rounds = Round.objects.prefetch_related("sheets__user").select_related("closed_by")
    return rows.select_related(*related).prefetch_related("signatures__user", Prefetch("rounds", queryset=rounds))


def decision(product: Product, number: int) -> Decision:
    """One of a product by its number. Raises Hidden where there is none."""
    return access.there(decisions(product).filter(number=number).first())


def last_round(of: Decision) -> Round | None:
    """The newest round of a decision that was read here; None where the roles were never asked."""
    return next(iter(of.rounds.all()), None)


def open_round(of: Decision) -> Round | None:
    """The round in which the roles answer now; None where none is open."""
    return next((one for one in of.rounds.all() if one.closed_at is None), None)


def own_sheet(user: User, of: Decision) -> Sheet | None:
    """What the person has on the sheet of the last round; nobody sees another's before it is closed."""
    last = last_round(of)
    return None if last is None else next((sheet for sheet in last.sheets.all() if sheet.user_id == user.pk), None)
