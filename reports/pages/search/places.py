"""The pages and the actions that have names: each is offered to whoever its own page opens for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import resolve, reverse

from metrics import access
from reports.pages.home import navigation

# Label, what it is for, view name, and what its address ends in.
ACTIONS = (
    ("Log a run", "upload, shell or notebook", "run-log", ""),
    ("New KPI", "a quantity the business steers by", "kpi-new", ""),
    ("New mapping", "from a metric, or from decisions, to a KPI", "mapping-new", ""),
    ("New assumption", "a quantity with its owner and source", "assumption-new", ""),
    ("New target", "what a KPI, or the money, should reach", "target-new", ""),
    ("New metric", "reported by runs, or a formula over rows", "metrics", "?new"),
    ("Edit the projection", "value, volume and growth", "projection", ""),
    ("Add a member", "who works on it, and as what", "members", ""),
)
MORE_PAGES = (("Risks", "risks"), ("Saved views", "views"), ("Shared links", "shares"))
EVERYBODY = (
    ("Waiting for you", "what asks for your signature, and what you were told", "waiting"),
    ("Deliveries", "what goes out by mail, when, and what went", "deliveries"),
    ("New delivery", "a mail every week or month, or when a period is over", "delivery-new"),
    ("New alert", "told when a chance falls, a guardrail breaks or an assumption expires", "alert-new"),
    ("New webhook", "alerts posted to a program, to Slack or to Teams", "webhook-new"),
    ("Profile", "your name, mail, theme and password", "profile"),
    ("Access tokens", "for the command line and the API", "tokens"),
    ("Data for sheets", "tables for Excel, Google Sheets and BI tools; a calendar", "tables-all"),
    ("Archived products", "read only", "products-archived"),
)
API = ("API reference", "every address that programs call, with what it takes and gives", "api-docs")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A page or an action: what it is called, what it is for, where it is, and of which product ("" for none)."""

    name: str
    detail: str
    url: str
    product: str = ""


def opens(user: Any, url: str, product: Any = None, *, acts: bool = False) -> bool:
    """Whether the page at an address is there for a person; acts: and what it is sent may be theirs to do."""
    asked = getattr(resolve(url.partition("?")[0]).func, "actions", {})
    try:
        for method in ("GET", "POST") if acts else ("GET",):
            if method in asked:
                access.require_first(user, asked[method], product)
    except (access.Denied, access.Hidden):
        return False
    return True


def pages(user: Any, product: Any) -> list[Place]:
    """The pages of a product that are there for a person, as they stand at the side."""
    of_house = [*navigation.HOUSE_ITEMS, navigation.START]
    of_product = [*navigation.PRODUCT_ITEMS, *navigation.SCIENCE_ITEMS, *of_house]
    views = [(label, view) for label, view, *_ in of_product] + [*MORE_PAGES]
    rows = [(label, reverse(view, args=[product.slug])) for label, view in views]
    return [
        Place(name=label, detail=str(product), url=url, product=str(product))
        for label, url in rows
        if opens(user, url, product)
    ]


def actions(user: Any, product: Any) -> list[Place]:
    """What a person may do in a product that begins on a page."""
    rows = [(label, words, reverse(view, args=[product.slug]) + end) for label, words, view, end in ACTIONS]
    return [
        Place(name=f"{label} in {product}", detail=words, url=url, product=str(product))
        for label, words, url in rows
        if opens(user, url, product, acts=True)
    ]


def everywhere(user: Any) -> list[Place]:
    """The pages of no one product that are there for a person."""
    of_staff = navigation.OF_ADMINISTRATORS if user.is_staff else ()
    named = [(label, "", view) for label, view, *_ in (*navigation.HOME_ITEMS, *of_staff)]
    rows = [*named, *EVERYBODY, API]
    found = [Place(name=label, detail=words, url=reverse(view)) for label, words, view in rows]
    return [place for place in found if opens(user, place.url)]


def product_new(user: Any) -> list[Place]:
    """The action of no one product."""
    url = reverse("product-new")
    words = "a business use case with members, a currency and all below"
    return [Place(name="New product", detail=words, url=url)] if opens(user, url) else []


def of_kpi(kpi: Any) -> str:
    """Where months of a KPI are entered."""
    return reverse("kpi-actuals", args=[kpi.product.slug, kpi.key])
