"""The way in: to the home of one's role, and to anything by its name."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect

from metrics import access
from metrics.queries.evaluation import catalogue
from reports.pages.home.navigation import at_hand, home_name
from reports.pages.search.palette import palette
from reports.views.page import PersonRequest, page, shown

MOST_LETTERS = 200
IN_PALETTE, ON_PAGE = 5, 20  # things of each kind


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
    """What a text finds: as a page, or as the part of the palette that is asked for while somebody types."""
    text = request.GET.get("q", "").strip()[:MOST_LETTERS]
    products = list(catalogue.products(request.user))
    part = "HX-Request" in request.headers
    here = at_hand(request, products)
    found = palette(request.user, text, products, here=here, most=IN_PALETTE if part else ON_PAGE)
    template = "search/found.html" if part else "search/page.html"
    return shown(request, template, {"text": text, "found": found})
