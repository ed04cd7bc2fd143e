"""The pages and the actions that have names: each is offered to whoever its own page opens for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
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
    """A page or an action, which is there for some: what it is called, what it is for, and of which product (None: of
    no one). Its address is made, and asked for whom it opens, only where it is about to be shown.

    end: what the address ends in. acts: what the page is sent may be asked for, too.
    """

    name: str
    detail: str
    view: str
    product: Any = None
    end: str = ""
    acts: bool = False

    @property
    def url(self) -> str:
        return reverse(self.view, args=[self.product.slug] if self.product else []) + self.end

    def opens_to(self, user: Any) -> bool:
        return _may(user, _asked(self.view, self.product is not None), self.product, acts=self.acts)


def opens(user: Any, url: str, product: Any = None, *, acts: bool = False) -> bool:
    """Whether the page at an address is there for a person; acts: and what it is sent may be theirs to do."""
    return _may(user, _actions_at(url.partition("?")[0]), product, acts=acts)


@cache
def _asked(view: str, of_product: bool) -> Mapping[str, str]:
    """Method → action of a view, which is the same for every product."""
    return _actions_at(reverse(view, args=["any"] if of_product else []))


def _actions_at(path: str) -> Mapping[str, str]:
    found: Mapping[str, str] = getattr(resolve(path).func, "actions", {})
    return found


def _may(user: Any, asked: Mapping[str, str], product: Any, *, acts: bool) -> bool:
    try:
        for method in ("GET", "POST") if acts else ("GET",):
            if method in asked:
                access.require_first(user, asked[method], product)
    except (access.Denied, access.Hidden):
        return False
    return True


def pages(product: Any) -> list[Place]:
    """The pages of a product, as they stand at the side."""
    of_house = [*navigation.HOUSE_ITEMS, navigation.START]
    of_product = [*navigation.PRODUCT_ITEMS, *navigation.SCIENCE_ITEMS, *of_house]
    views = [(label, view) for label, view, *_ in of_product] + [*MORE_PAGES]
    return [Place(name=label, detail=str(product), view=view, product=product) for label, view in views]


def actions(product: Any) -> list[Place]:
    """What may be done in a product that begins on a page."""
    return [
        Place(name=f"{label} in {product}", detail=words, view=view, product=product, end=end, acts=True)
        for label, words, view, end in ACTIONS
    ]


def everywhere(user: Any) -> list[Place]:
    """The pages of no one product."""
    of_staff = navigation.OF_ADMINISTRATORS if user.is_staff else ()
    named = [(label, "", view) for label, view, *_ in (*navigation.HOME_ITEMS, *of_staff)]
    return [Place(name=label, detail=words, view=view) for label, words, view in (*named, *EVERYBODY, API)]


def product_new() -> Place:
    """The action of no one product."""
    words = "a business use case with members, a currency and all below"
    return Place(name="New product", detail=words, view="product-new")


def of_kpi(kpi: Any) -> str:
    """Where months of a KPI are entered."""
    return reverse("kpi-actuals", args=[kpi.product.slug, kpi.key])
