"""The list of a new product's first steps."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from metrics import rights
from metrics.core.rows.refusal import enumerated
from metrics.queries.documents.known import Known
from metrics.queries.revenue.checklist import Checklist
from metrics.services.delivery import notices
from metrics.services.product import invitations
from reports.pages.home.checklist import DOES, checklist_page
from reports.pages.home.navigation import HIDDEN
from reports.views.page import ProductRequest, page, shown


@page(get="product.read", product=True)
def checklist(request: ProductRequest) -> HttpResponse:
    """Ten steps from an empty product to money with a target, each with its next action."""
    found = Checklist(Known(request.product))
    base = f"{request.scheme}://{request.get_host()}"
    hidden = request.product.slug in request.session.get(HIDDEN, ())
    context = {"product": request.product, "page": checklist_page(request.user, found, base), "hidden": hidden}
    return shown(request, "home/checklist.html", context)


@page(post="product.read", product=True)
def hide(request: ProductRequest) -> HttpResponse:
    """Take the list from the side until one signs in again, or put it back."""
    slug = request.product.slug
    kept = set(request.session.get(HIDDEN, ())) - {slug}
    if "back" in request.POST:
        request.session[HIDDEN] = sorted(kept)
        return redirect("checklist", slug)
    request.session[HIDDEN] = sorted(kept | {slug})
    messages.success(request, "The list is hidden until you sign in again; Settings and Outlook lead to it.")
    return redirect("outlook", slug)


@page(post="product.read", product=True)
def ask(request: ProductRequest) -> HttpResponse:
    """Ask whoever can do the present step for it, once a day."""
    product = request.product
    here = Checklist(Known(product)).here
    if here is None or here.key != request.POST.get("step"):
        messages.warning(request, "That step is not the present one any more.")
        return redirect("checklist", product.slug)
    roles = [role for role in here.roles if role != rights.ADMIN]
    text = f"{DOES[here.key]}: step {here.number} of 10 on the way to the first figures of {product.name}."
    asked = notices.ask(request.user, product, step=here.key, roles=roles, text=text)
    if asked:
        mail = ", and by mail" if invitations.arrives() else ""
        messages.success(
            request, f"It waits for {enumerated([f'“{one}”' for one in asked])} under Waiting for you{mail}."
        )
    else:
        messages.warning(request, "They were asked today already.")
    return redirect("checklist", product.slug)
