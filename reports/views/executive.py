"""The executive's pages: the portfolio, and one product's outlook with its what-ifs; read by everyone."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from metrics import access
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import catalogue
from metrics.queries.revenue import asked as periods
from metrics.queries.revenue import changes as revenue_changes
from metrics.queries.revenue import movers
from metrics.queries.revenue import outlook as revenue
from metrics.queries.revenue import portfolio as portfolios
from metrics.queries.revenue import scenarios as revenue_scenarios
from metrics.queries.revenue.then import of_total
from metrics.queries.revenue.what_if import asked
from metrics.queries.selection.outcome import outcomes
from reports.pages.decision.asked import waits_for
from reports.pages.manage.then import then_card
from reports.pages.outlook.changes import lines
from reports.pages.outlook.old import old_data
from reports.pages.outlook.page import live_state, outlook_page
from reports.pages.outlook.period import period_card
from reports.pages.outlook.what_if import answer_to, moved_by, what_if_page
from reports.pages.period.selector import selector
from reports.pages.portfolio.page import portfolio_page
from reports.pages.portfolio.table import Wanted
from reports.views.asked import frame_of, keep, since_of
from reports.views.page import PersonRequest, ProductRequest, page, shown
from reports.words.periods import called


@page(get="product.list")
def portfolio(request: PersonRequest) -> HttpResponse:
    """`?period=` names the months of the totals and `?against=` what they are held against; without them it is as the
    person chose last. `?currency=` names the currency of the totals; without it, it is that of most products."""
    user = request.user
    held = list(catalogue.products(user).select_related("group"))
    asked = periods.read(user, request.GET, **frame_of(held))
    keep(user, asked)
    found = portfolios.portfolio(user, currency=request.GET.get("currency", ""), period=asked.period, held=held)
    since = since_of(user, request.GET.get("since", ""))
    shown_page = portfolio_page(
        found,
        asked,
        waiting=waits_for(user),
        past=outcomes([one.known for one in found.outlooks]).values(),
        changes=revenue_changes.latest_changes(user),
        today=timezone.localdate(),
        wanted=Wanted.of(request.GET.dict()),
        moved=movers.moved(found, since) if since is not None else None,
        first_look=since is None,
    )
    can_create = access.may(user, "product.create")
    context = {
        "page": shown_page,
        "can_create": can_create,
        "can_share": access.may(user, "portfolio.share"),
        "archived": catalogue.archived(user).count(),
    }
    return shown(request, "portfolio/page.html", context)


@page(get="dashboard.executive", product=True)
def outlook(request: ProductRequest) -> HttpResponse:
    """`?at=` asks for the total as it was known at a moment, beside what it is now; `?scenario=` for a kept one;
    `?period=` for some months, as on the portfolio."""
    known = Known(request.product)
    asked = periods.read(request.user, request.GET, **frame_of([request.product]))
    keep(request.user, asked)
    one = revenue.outlook(known)
    key = request.GET.get("scenario", "")
    changes = revenue_changes.shown(known)
    found = outlook_page(request.user, one, known, changes, scenario=key, moved=_kept(one, key))
    spoken = period_card(one, asked)
    card = then_card(request.GET.get("at", ""), request.product, one.total, lambda at: of_total(known, at))
    return shown(request, "outlook/page.html", {"page": found, "then": card, "period": spoken})


@page(get="projection.read", product=True, part_of="outlook")
def headline(request: ProductRequest) -> HttpResponse:
    """204 while nothing has moved since the state that the page shows; else the parts that figures stand in."""
    product = request.product
    known = Known(product)
    one = revenue.outlook(known)
    changes = revenue_changes.shown(known)
    state = live_state(one, changes)
    if request.GET.get("state") == state:
        return HttpResponse(status=204)
    moved = request.GET.get("figures") != one.receipt
    context = {"page": outlook_page(request.user, one, known, changes), "moved": moved}
    return shown(request, "outlook/headline.html", context)


@page(get="scenario.read", post="scenario.read", product=True, part_of="outlook#what-if")
def what_if(request: ProductRequest) -> HttpResponse:
    """The projection with assumptions moved, as a fragment; GET gives the sliders as they stand."""
    user = request.user
    product = request.product
    if not request.headers.get("HX-Request"):
        return redirect("outlook", product.slug)
    known = Known(product)
    one = revenue.outlook(known)
    key = request.GET.get("scenario", "")
    if request.method == "POST":
        scenario = str(request.POST.get("scenario", ""))[:60]
        answer = answer_to(one, moved_by(request.POST), scenario=scenario)
        return shown(request, "outlook/what_if_answer.html", {"answer": answer})
    found = what_if_page(one, _kept(one, key), scenario=key, may_save=access.may(user, "scenario.save", product))
    return shown(request, "outlook/what_if_sliders.html", {"what_if": found})


def _kept(one: revenue.Outlook, key: str) -> dict[str, float]:
    """Where a kept scenario moves the drivers; nowhere for none. Raises Hidden where there is none of that key."""
    return dict(asked(one, {}, revenue_scenarios.scenario(one.product, key))) if key else {}


@page(get="projection.read", product=True)
def changes(request: ProductRequest) -> HttpResponse:
    product = request.product
    asked = periods.read(request.user, request.GET, **frame_of([product]))
    keep(request.user, asked)
    months = asked.period.months if asked.period is not None else None
    context = {
        "product": product,
        "changes": lines(revenue_changes.changes(product, limit=100, months=months)),
        "old": old_data(Known(product)),
        "period": selector(asked, path=reverse("changes", args=[product.slug])),
        "within": called(asked.period) if asked.period is not None else "",
    }
    return shown(request, "outlook/changes.html", context)
