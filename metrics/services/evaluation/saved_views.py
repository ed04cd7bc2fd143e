"""Saved views: the runs table as somebody filtered and sorted it, under a name of their own."""

from __future__ import annotations

from django.db import transaction
from django.http import QueryDict

from metrics import access
from metrics.models.product import Product, SavedView, User
from metrics.queries.documents.known import Known
from metrics.queries.runs.filters import read
from metrics.services.writing.refusal import Fault, Invalid, clean, invalid

MOST = 100  # a person and product


@transaction.atomic
def save_view(actor: User, product: Product, *, name: str, query: str = "", default: bool = False) -> SavedView:
    """Keep a table under a name. query: that of its address; pages are not kept. Raises Invalid by field."""
    access.require(actor, "saved_view.write", product)
    if SavedView.objects.filter(user=actor, product=product).count() >= MOST:
        raise invalid("name", f"you have {MOST} views here", code="too_many", remedy="delete one first")
    view = SavedView(user=actor, product=product, name=_named(name), query=_canonical(product, query))
    return _kept(view, default=default)


@transaction.atomic
def change_view(
    actor: User, view: SavedView, *, name: str | None = None, query: str | None = None, default: bool | None = None
) -> SavedView:
    """Rename a view, let it stand for another table, or make it the one that the table opens with (or not)."""
    _require_own(actor, view)
    if name is not None:
        view.name = _named(name)
    if query is not None:
        view.query = _canonical(view.product, query)
    return _kept(view, default=view.default if default is None else default)


@transaction.atomic
def delete_view(actor: User, view: SavedView) -> None:
    _require_own(actor, view)
    view.delete()


def _require_own(actor: User, view: SavedView) -> None:
    access.require(actor, "saved_view.write", view.product)
    if view.user_id != actor.pk:
        raise access.Hidden


def _named(name: str) -> str:
    text = " ".join(name.split())
    if not text or not text.isprintable():
        raise invalid("name", "a view needs a name", code="required", remedy="such as “Boosting, best first”")
    return text


def _canonical(product: Product, query: str) -> str:
    """The query as the table itself writes it. Raises Invalid for what it cannot read, or would not open with."""
    wanted, faults = read(QueryDict(query.removeprefix("?")), Known(product).metrics)
    if faults:
        raise Invalid(*(Fault(field="query", message=f"{field}: {words}") for field, words in faults.items()))
    return wanted.query(page=1)


def _kept(view: SavedView, *, default: bool) -> SavedView:
    """Save the view; where it becomes the default one, the one before it no longer is."""
    if default:
        others = SavedView.objects.filter(user=view.user, product=view.product, default=True).exclude(pk=view.pk)
        others.update(default=False)
    view.default = default
    if SavedView.objects.filter(user=view.user, product=view.product, name=view.name).exclude(pk=view.pk).exists():
        raise invalid("name", f"you have a view “{view.name}” here", code="taken", remedy="choose another name")
    clean(view).save()
    return view
