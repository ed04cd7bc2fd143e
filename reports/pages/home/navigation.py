"""What stands at the side of every page: homes, what waits, the product at hand, who one is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from metrics import access, rights
from metrics.queries.evaluation import catalogue
from metrics.queries.product import notices
from metrics.queries.revenue.checklist import at_side
from metrics.queries.selection import decisions

ROLE_WORDS = {
    rights.SCIENTIST: "data scientist",
    rights.MANAGER: "manager",
    rights.EXECUTIVE: "executive",
    rights.ADMIN: "administrator",
}
HOMES = {
    rights.EXECUTIVE: "portfolio",
    rights.MANAGER: "manage",
    rights.SCIENTIST: "science",
    rights.ADMIN: "work",
}
LAST_PRODUCT = "kpi_product"  # cookie: the product that was looked at last

# Label, view name, and the action that opens it to any role.
HOME_ITEMS = (
    ("Portfolio", "portfolio", "dashboard.executive"),
    ("Manage", "manage", "dashboard.manager"),
    ("Science", "science", "dashboard.scientist"),
)
OF_ADMINISTRATORS = (("Work", "work"), ("Exchange rates", "rates"), ("People", "people"), ("Audit", "audit"))
# Label, view name, action, and the view names on which the item is the current one.
PRODUCT_ITEMS = (
    ("Outlook", "outlook", "projection.read", ("outlook", "projection")),
    ("Scenarios", "scenarios", "scenario.read", ("scenarios", "scenario-rename", "scenario-remove")),
    ("KPI board", "kpis", "kpi.read", ("kpis", "kpi", "kpi-new", "kpi-actuals", "kpi-pairs", "target-new")),
    ("Mappings", "mappings", "mapping.list", ("mappings", "mapping", "mapping-new", "mapping-edit")),
    ("Assumptions", "assumptions", "assumption.list", ("assumptions", "assumption", "assumption-new")),
    (
        "Decisions",
        "decisions",
        "decision.read",
        ("decisions", "decision", "decision-weights", "terms", "terms-new", "terms-edit"),
    ),
    ("Comments", "comments", "comment.read", ("comments", "comments-on", "comment-edit", "comment-withdraw")),
    ("Changes", "changes", "projection.read", ("changes",)),
    ("Packs", "packs", "report.export_csv_xlsx_pdf", ("packs", "pack")),
)
SCIENCE_ITEMS = (
    ("Runs", "runs", "run.list", ("runs", "run", "run-log", "views", "imports")),
    ("Compare", "compare", "run.compare", ("compare",)),
    ("Data sets", "datasets", "dataset.list", ("datasets", "dataset")),
    ("Metrics", "metrics", "metric.list", ("metrics", "metric")),
    ("Which loss?", "fidelity", "metric.list", ("fidelity",)),
)
START = ("Getting started", "checklist", "product.read", ("checklist",))
HIDDEN = "hidden_lists"  # in the session: slugs of the products whose list of first steps is not shown
HOUSE_ITEMS = (
    ("Members", "members", "member.list", ("members",)),
    ("Data for sheets", "tables", "table.read", ("tables",)),
    ("Settings", "product-settings", "product.update_settings", ("product-settings", "product-rows", "product-audit")),
)


@dataclass(frozen=True)
class Item:
    label: str
    url: str
    current: bool = False
    count: int = 0


@dataclass(frozen=True)
class Group:
    title: str
    items: tuple[Item, ...]
    switcher: bool = False


@dataclass(frozen=True)
class Navigation:
    homes: tuple[Item, ...]
    search: str
    waiting: Item
    deliveries: Item
    products: tuple[Item, ...]
    groups: tuple[Group, ...]
    user: dict[str, str]
    new_product: str = ""
    archived: str = ""
    restore: str = ""


def home_name(user: Any, roles: set[str]) -> str:
    """The view name of a person's home: that of the role which decides most, an executive's first."""
    for role in (rights.EXECUTIVE, rights.MANAGER, rights.SCIENTIST):
        if role in roles:
            return HOMES[role]
    return HOMES[rights.ADMIN] if user.is_staff else "portfolio"


def at_hand(request: HttpRequest, products: Sequence[Any]) -> Any:
    """The page's product, else the one looked at last, else the first; None where there is none."""
    slug = request.COOKIES.get(LAST_PRODUCT, "")
    here = getattr(request, "product", None) or next((p for p in products if p.slug == slug), None)
    return here or (products[0] if products else None)


def navigation(request: HttpRequest) -> Navigation:
    """The navigation for a signed-in person."""
    user: Any = request.user
    name = request.resolver_match.url_name if request.resolver_match else ""
    products = catalogue.named(user)  # there may be hundreds
    roles = access.roles(user)
    held = set(roles.values()) | ({rights.ADMIN} if user.is_staff else set())
    here = at_hand(request, products)
    mappings, choices = decisions.waiting_by_product(user)
    groups: list[Group] = []
    if here is not None:
        role = roles.get(here.pk)
        logged, unfinished = at_side(here.pk)
        counts = {
            "runs": logged,
            "mappings": mappings[here.pk],
            "decisions": choices[here.pk],
        }

        def items(rows: tuple[tuple[str, str, str, tuple[str, ...]], ...]) -> tuple[Item, ...]:
            return tuple(
                Item(
                    label,
                    reverse(view, args=[here.slug]),
                    name in names and _is_here(request, here),
                    counts.get(view, 0),
                )
                for label, view, action, names in rows
                if not access.closed(action, here)
                and (access.allows(action, role) or (user.is_staff and access.allows(action, rights.ADMIN)))
            )

        groups = [
            Group(here.name, items(PRODUCT_ITEMS), switcher=True),
            Group("Science", items(SCIENCE_ITEMS)),
            Group("Product", items((*HOUSE_ITEMS, START) if _begins(request, here, unfinished) else HOUSE_ITEMS)),
        ]
    homes = [
        Item(label, reverse(view), name == view)
        for label, view, action in HOME_ITEMS
        if any(access.allows(action, role) for role in held)
    ]
    if user.is_staff:
        homes += [Item(label, reverse(view), name == view) for label, view in OF_ADMINISTRATORS]
    return Navigation(
        homes=tuple(homes),
        search=reverse("search"),
        waiting=Item(
            "Waiting for you",
            reverse("waiting"),
            name == "waiting",
            count=mappings.total() + choices.total() + notices.many_unread(user),
        ),
        products=tuple(Item(one.name, _outlook(one.slug), here is not None and one.pk == here.pk) for one in products),
        deliveries=Item("Deliveries", reverse("deliveries"), (name or "").startswith(("deliver", "alert", "webhook"))),
        groups=tuple(group for group in groups if group.items),
        user={"name": str(user), "role": _role_words(user, roles, here), "url": reverse("profile")},
        new_product=reverse("product-new") if held & rights.ANYWHERE["product.create"] else "",
        **_archived(user, here if here is not None and _is_here(request, here) else None),
    )


@lru_cache(maxsize=4096)
def _outlook(slug: str) -> str:
    return reverse("outlook", args=[slug])


def _archived(user: Any, here: Any) -> dict[str, str]:
    """What every page of an archived product says, and where it is brought back by who may."""
    if here is None or here.archived_at is None:
        return {}
    since = here.day(here.archived_at)
    may = access.may(user, "product.archive", here)
    return {
        "archived": f"{here.name} is archived since {since:%-d %b %Y}: it is read only, and in no list or total.",
        "restore": reverse("product-archive", args=[here.slug]) if may else "",
    }


def _begins(request: HttpRequest, here: Any, unfinished: bool) -> bool:
    """Whether the list of first steps stands at the side: until they are done, and on the list itself."""
    hidden = here.slug in request.session.get(HIDDEN, ())
    name = request.resolver_match.url_name if request.resolver_match else ""
    return name == "checklist" or (not hidden and unfinished)


def _is_here(request: HttpRequest, here: Any) -> bool:
    found = getattr(request, "product", None)
    return found is not None and found.pk == here.pk


def _role_words(user: Any, roles: dict[str, str], here: Any) -> str:
    count = len(roles)
    role = roles.get(here.pk) if here is not None else None
    word = ROLE_WORDS[role] if role else (ROLE_WORDS[rights.ADMIN] if user.is_staff else "no role yet")
    return f"{word}, {count} {'product' if count == 1 else 'products'}" if count else word
