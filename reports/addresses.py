"""Where pages show the things that the rest of the house speaks of: one owner of kind → address."""

from __future__ import annotations

from urllib.parse import quote

from django.http import HttpRequest
from django.urls import reverse

from metrics.things import Kind, Thing

PAGES: dict[Kind, tuple[str, str]] = {
    "product": ("outlook", ""),
    "kpi": ("kpi", ""),
    "mapping": ("mapping", ""),
    "assumption": ("assumption", ""),
    "run": ("run", ""),
    "runs": ("runs", ""),
    "evidence": ("run", "#evidence"),
    "model": ("runs", "?model={}"),
    "metric": ("metric", ""),
    "data_set": ("dataset", ""),
    "member": ("members", "#member-{}"),
    "checklist": ("checklist", ""),
    "invitation": ("invitation", ""),
    "terms": ("terms", ""),
    "decision": ("decision", ""),
    "receipt": ("receipt", ""),
}
"""Kind → the name of its page's address, and the place on the page, which may hold the last key."""


OF_NO_PRODUCT = frozenset({"receipt"})  # whose address does not name its product


def address(thing: Thing) -> str:
    name, place = PAGES[thing.kind]
    keys = thing.keys[:-1] if "{}" in place else thing.keys
    keys = keys[1:] if thing.kind in OF_NO_PRODUCT else keys
    return reverse(name, args=keys) + place.format(quote(thing.keys[-1], safe=""))


def left(request: HttpRequest, view: str, slug: str, *args: str) -> str:
    """Where a form leads once it is saved or left: to the list of first steps if one came from it, else to a page."""
    if "checklist" in (request.GET.get("from"), request.POST.get("from")):
        return reverse("checklist", args=[slug])
    return reverse(view, args=[slug, *args])
