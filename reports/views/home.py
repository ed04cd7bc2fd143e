"""The way in: to the home of one's role, and to anything by its name."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from metrics import access
from metrics.queries.kpi import waiting
from metrics.queries.runs.search import search as find
from reports.addresses import address
from reports.pages.home.navigation import home_name
from reports.views.page import PersonRequest, page, shown


@page(get="me.read")
def home(request: PersonRequest) -> HttpResponse:
    """To the home of the person's role; who has none yet is told how to get one."""
    user = request.user
    held = set(access.roles(user).values())
    if not held and not user.is_staff:
        return shown(request, "home/welcome.html")
    return redirect(home_name(user, held))


@page(get="product.list")
def search(request: PersonRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:200]
    user = request.user
    found = find(user, text)
    groups = [
        ("Products", [(p.name, reverse("outlook", args=[p.slug]), p.sentence) for p in found.products]),
        (
            "KPIs",
            [(k.name, reverse("kpi", args=[k.product.slug, k.key]), f"{k.product} · {k.key}") for k in found.kpis],
        ),
        (
            "Runs",
            [
                (r.name, reverse("run", args=[r.product.slug, r.pk]), f"{r.product} · {r.version.model}, {r.version}")
                for r in found.runs
            ],
        ),
        (
            "Mappings",
            [
                (m.name, address(waiting.thing(v)), f"{m.product} · gives {m.kpi}")
                for m in found.mappings
                for v in newest(m)
            ],
        ),
    ]
    shown_groups = [{"title": title, "hits": hits} for title, hits in groups if hits]
    return shown(request, "home/search.html", {"text": text, "groups": shown_groups, "count": found.count})


def newest(mapping: Any) -> list[Any]:
    """The version of a mapping that a search leads to: the one in force, else the newest."""
    versions = sorted(mapping.versions.all(), key=lambda one: (one.state != "approved", -one.number))
    for one in versions:
        one.mapping = mapping
    return versions[:1]
