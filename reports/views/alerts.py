"""Alerts: choosing what to watch, the sentence with its slots, tried on the past year before it is kept; and muting."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from metrics import access
from metrics.queries.delivery import ledger
from metrics.queries.delivery.alerts.history import history
from metrics.queries.delivery.alerts.kind import whole
from metrics.queries.delivery.alerts.registry import KINDS
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import catalogue
from metrics.services.delivery import alerts as services
from metrics.services.writing.refusal import Invalid
from reports.forms.alert import AlertForm, MuteForm
from reports.forms.faults import put
from reports.pages.deliveries.alerts import choices, history_card, now_lines
from reports.views.page import PersonRequest, page, sent, shown


@page(get="alert.subscribe", post="alert.subscribe")
def new(request: PersonRequest) -> HttpResponse:
    """`?product=` and `?kind=` name what to watch; without a kind, the kinds are offered."""
    user = request.user
    products = list(catalogue.products(user))
    slug = request.POST.get("product") or request.GET.get("product") or (products[0].slug if products else "")
    product = catalogue.product(user, slug)
    key = request.POST.get("kind") or request.GET.get("kind", "")
    if key not in KINDS:
        context = {"product": product, "products": products, "choices": choices(product)}
        return shown(request, "deliveries/alert_kinds.html", context)
    return _form(request, product, key, None)


@page(get="alert.subscribe", post="alert.subscribe")
def change(request: PersonRequest, key: str) -> HttpResponse:
    held = ledger.one_alert(request.user, key)
    return _form(request, held.product, held.kind, held)


def _form(request: PersonRequest, product: Any, key: str, held: Any) -> HttpResponse:
    user, kind = request.user, KINDS[key]
    people = {one.username: one for one in ledger.receivers(user, product)}
    hooks = {one.pk: one for one in ledger.webhooks(user) if one.product_id == product.pk}
    form = AlertForm(
        sent(request),
        kind=kind,
        currency=product.currency,
        people=[(name, str(one)) for name, one in people.items()],
        webhooks=[(pk, one.name) for pk, one in hooks.items()],
        slots=held.slots if held else None,
        initial=_initial(user, held),
    )
    slots = whole(kind.slots, held.slots if held else {})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            slots = services.read_slots(key, form.slots())
            if "save" in request.POST:
                services.save(
                    user,
                    product,
                    kind=key,
                    slots=form.slots(),
                    held=held,
                    receiver=people.get(given["receiver"], user),
                    digest=given["how"] == "digest",
                    webhook=hooks.get(given["how"]),
                    **{name: given[name] for name in ("time_zone", "quiet_from", "quiet_until")},
                )
                messages.success(request, f"It watches {product}: {kind.label}.")
                return redirect("deliveries")
        except Invalid as refused:
            put(form, refused, names={"digest": "how"})
    known = Known(product)
    context = {
        "form": form,
        "product": product,
        "kind": kind,
        "held": held,
        "history": history_card(history(kind, known, slots, timezone.now())),
        "now": now_lines(kind.now(known, slots)),
    }
    return shown(request, "deliveries/alert.html", context, status=422 if form.errors else 200)


def _initial(user: Any, held: Any) -> dict[str, Any]:
    if held is None:
        return {"time_zone": ledger.zone_of(user), "how": "now"}
    return {
        "receiver": "" if held.receiver_id == user.pk else held.receiver.username,
        "how": held.webhook_id or ("digest" if held.digest else "now"),
        "quiet_from": held.quiet_from,
        "quiet_until": held.quiet_until,
        "time_zone": held.time_zone,
    }


@page(post="me.delivery_write")
def mute(request: PersonRequest, key: str) -> HttpResponse:
    """For so many days from now; 0 ends it."""
    held = ledger.one_alert(request.user, key)
    form = MuteForm(request.POST)
    if not form.is_valid():
        raise access.Hidden
    days = form.cleaned_data["days"]
    services.mute(request.user, held, timezone.now() + timedelta(days=days) if days else None)
    messages.success(request, f"It is muted for {days} days." if days else "It is not muted any more.")
    return redirect("deliveries")
