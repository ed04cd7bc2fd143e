"""Webhooks: made with a secret that is shown once, given another one, and tried."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from metrics import access
from metrics.queries.delivery import ledger
from metrics.queries.evaluation import catalogue
from metrics.services.delivery import webhook as services
from metrics.services.writing.refusal import Invalid
from reports.forms.alert import WebhookForm
from reports.forms.faults import put
from reports.views.page import PersonRequest, page, sent, shown


@page(get="webhook.create", post="webhook.create")
def new(request: PersonRequest) -> HttpResponse:
    user = request.user
    products = {one.slug: one for one in catalogue.products(user) if access.may(user, "webhook.create", one)}
    form = WebhookForm(sent(request), products=[(slug, one.name) for slug, one in products.items()])
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made, secret = services.save(
                user, products[given["product"]], name=given["name"], kind=given["kind"], url=given["url"]
            )
        except Invalid as refused:
            put(form, refused)
        else:
            return _secret(request, made, secret)
    return shown(request, "deliveries/webhook.html", {"form": form}, status=422 if form.errors else 200)


@page(post="webhook.create")
def rotate(request: PersonRequest, key: str) -> HttpResponse:
    held = ledger.one_webhook(request.user, key)
    return _secret(request, held, services.rotate(request.user, held))


@page(post="webhook.create")
def test(request: PersonRequest, key: str) -> HttpResponse:
    held = ledger.one_webhook(request.user, key)
    services.test(request.user, held)
    messages.success(request, f"A test goes to “{held.name}”; how it went stands in the ledger.")
    return redirect("deliveries")


def _secret(request: PersonRequest, held: object, secret: str) -> HttpResponse:
    """The one page that shows a secret; it is kept by nothing between."""
    response = shown(request, "deliveries/secret.html", {"webhook": held, "secret": secret, "replay": services.REPLAY})
    response["Cache-Control"] = "no-store"
    return response
