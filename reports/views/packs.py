"""Packs: the lists, one pack with its sheets and files, and what is done with it, of a product and of portfolios."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect

from metrics.core.periods import FIELDS
from metrics.queries.delivery import packs as queries
from metrics.queries.selection import catalogue as decisions
from metrics.services.delivery import packs as services
from metrics.services.writing.refusal import Conflict, Invalid
from reports.exports.files import TYPES
from reports.exports.frozen import thawed
from reports.forms.pack import WhyForm
from reports.pages.pack.page import address, pack_page, packs_page
from reports.views.page import PersonRequest, ProductRequest, page, shown

if TYPE_CHECKING:
    from metrics.models.pack import Pack

ASKED = ("currency", *FIELDS)


@page(get="report.export_csv_xlsx_pdf", post="report.generate", product=True)
def packs(request: ProductRequest) -> HttpResponse:
    """The list; a POST asks for a pack of the product, or of the `decision` that it names."""
    product, user = request.product, request.user
    given = request.POST if request.method == "POST" else request.GET
    number = given.get("decision", "")
    decision = decisions.decision(product, int(number)) if number.isdecimal() and len(number) < 10 else None
    if request.method == "POST":
        made = services.issue(user, product, decision=decision, comments="comments" in given, period=_period(given))
        return redirect(address(made))
    asks = f"decision {decision.number} as it is known today" if decision else f"{product.name} as it is known today"
    hidden = [("decision", str(decision.number))] if decision else [*_period(given).items()]
    found = packs_page(user, product, queries.of_product(product), asks=asks, hidden=hidden)
    return shown(request, "pack/list.html", {"page": found})


def _period(given: QueryDict) -> dict[str, str]:
    """The period that an address or a form names."""
    return {name: str(given[name])[:20] for name in FIELDS if given.get(name)}


@page(get="product.list", post="portfolio.issue")
def portfolio_packs(request: PersonRequest) -> HttpResponse:
    """The list; a POST asks for a pack of all that the person may see, in the currency and period that it names."""
    given = request.POST if request.method == "POST" else request.GET
    asked = {name: given[name][:20] for name in ASKED if given.get(name)}
    if request.method == "POST":
        made = services.issue_portfolio(
            request.user, currency=asked.get("currency", ""), period=_period(given), comments="comments" in given
        )
        return redirect(address(made))
    rows = queries.of_portfolios(request.user)
    words = "your portfolio as it is known today"
    found = packs_page(request.user, None, rows, asks=words, hidden=[*asked.items()])
    return shown(request, "pack/list.html", {"page": found})


@page(get="report.export_csv_xlsx_pdf", product=True)
def pack(request: ProductRequest, number: int) -> HttpResponse:
    return _shown(request, queries.one(request.product, number))


@page(get="product.list")
def portfolio_pack(request: PersonRequest, pack: str) -> HttpResponse:
    return _shown(request, queries.portfolio_one(request.user, pack))


@page(get="report.export_csv_xlsx_pdf", product=True, part_of="pack")
def state(request: ProductRequest, number: int) -> HttpResponse:
    """How far it is; the page is loaded again once there is something new on it."""
    return _state(request, queries.one(request.product, number))


@page(get="product.list", part_of="portfolio-pack")
def portfolio_state(request: PersonRequest, pack: str) -> HttpResponse:
    return _state(request, queries.portfolio_one(request.user, pack))


@page(get="report.export_csv_xlsx_pdf", product=True)
def file(request: ProductRequest, number: int, kind: str) -> HttpResponse:
    return sent_file(queries.one(request.product, number), kind)


@page(get="product.list")
def portfolio_file(request: PersonRequest, pack: str, kind: str) -> HttpResponse:
    return sent_file(queries.portfolio_one(request.user, pack), kind)


@page(post="report.generate", product=True)
def correct(request: ProductRequest, number: int) -> HttpResponse:
    return _told(request, queries.one(request.product, number), services.correct)


@page(post="portfolio.issue")
def portfolio_correct(request: PersonRequest, pack: str) -> HttpResponse:
    return _told(request, queries.portfolio_one(request.user, pack), services.correct)


@page(post="pack.withdraw", product=True)
def withdraw(request: ProductRequest, number: int) -> HttpResponse:
    return _told(request, queries.one(request.product, number), services.withdraw)


@page(post="portfolio.issue")
def portfolio_withdraw(request: PersonRequest, pack: str) -> HttpResponse:
    return _told(request, queries.portfolio_one(request.user, pack), services.withdraw)


@page(post="report.generate", product=True)
def retry(request: ProductRequest, number: int) -> HttpResponse:
    return _done(request, queries.one(request.product, number), services.retry)


@page(post="portfolio.issue")
def portfolio_retry(request: PersonRequest, pack: str) -> HttpResponse:
    return _done(request, queries.portfolio_one(request.user, pack), services.retry)


@page(post="report.export_csv_xlsx_pdf", product=True)
def again(request: ProductRequest, number: int) -> HttpResponse:
    return _done(request, queries.one(request.product, number), services.compare)


@page(post="product.list")
def portfolio_again(request: PersonRequest, pack: str) -> HttpResponse:
    return _done(request, queries.portfolio_one(request.user, pack), services.compare)


def _shown(request: PersonRequest, found: Pack, *, form: WhyForm | None = None, conflict: str = "") -> HttpResponse:
    making = queries.making(found) if found.state == "making" else None
    document = thawed(queries.document(found)) if making is None else None
    shown_page = pack_page(request.user, found, document=document, making=making, comparing=queries.comparing(found))
    act = request.path.rstrip("/").rpartition("/")[2]
    wrong = act if form is not None else ""
    context: dict[str, Any] = {
        "page": shown_page,
        "conflict": conflict,
        "corrects": form if wrong == "correct" else WhyForm(),
        "withdraws": form if wrong == "withdraw" else WhyForm(),
        "correct_open": wrong == "correct",
        "withdraw_open": wrong == "withdraw",
    }
    return shown(request, "pack/page.html", context, status=422 if form is not None else 409 if conflict else 200)


def _state(request: PersonRequest, found: Pack) -> HttpResponse:
    comparing = queries.comparing(found)
    if found.state != "making" and not comparing:
        return HttpResponse(headers={"HX-Refresh": "true"})
    making = queries.making(found) if found.state == "making" else None
    shown_page = pack_page(request.user, found, document=None, making=making, comparing=comparing)
    return shown(request, "pack/state.html", {"page": shown_page})


def sent_file(found: Pack, kind: str) -> HttpResponse:
    """One of its files, named so that it is found again: "cancellation-calls-pack-3.pdf"."""
    content = queries.content(found, kind)
    whose = found.product.slug if found.product is not None else "portfolio"
    name = f"{whose}-pack-{found.number}.{kind}"
    return HttpResponse(
        content, content_type=TYPES[kind], headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _told(request: PersonRequest, found: Pack, act: Callable[..., Pack]) -> HttpResponse:
    """An act with its reason; the page again where that is missing, or where it is too late."""
    form = WhyForm(request.POST)
    if not form.is_valid():
        return _shown(request, found, form=form)
    try:
        made = act(request.user, found, reason=form.cleaned_data["reason"])
    except Invalid as refused:
        form.add_error("reason", str(refused))
        return _shown(request, found, form=form)
    except Conflict as conflict:
        return _shown(request, found, conflict=str(conflict))
    return redirect(address(made))


def _done(request: PersonRequest, found: Pack, act: Callable[..., None]) -> HttpResponse:
    try:
        act(request.user, found)
    except Conflict as conflict:
        messages.error(request, f"{str(conflict)[:1].upper()}{str(conflict)[1:]}.")
    return redirect(address(found))
