"""What goes out: one's deliveries with their ledger, making one, and what is done with each."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from metrics import access
from metrics.queries.delivery import ledger
from metrics.queries.evaluation import catalogue
from metrics.services.delivery import subscriptions as services
from metrics.services.writing.refusal import Conflict, Invalid
from reports.forms.delivery import SubscriptionForm
from reports.forms.faults import put
from reports.pages.deliveries.alerts import alert_line, alerts_title
from reports.pages.deliveries.letters import preview
from reports.pages.deliveries.page import deliveries_page, name_of
from reports.views.page import PersonRequest, page, sent, shown

SHOWN = 30  # rows of the ledger
MAKING = ("report.schedule_mail", "alert.subscribe", "webhook.create")
KINDS: dict[str, Any] = {
    "subscription": ledger.one_subscription,
    "alert": ledger.one_alert,
    "webhook": ledger.one_webhook,
}


@page(get="me.delivery_read")
def deliveries(request: PersonRequest) -> HttpResponse:
    user = request.user
    held, watching = list(ledger.subscriptions(user)), list(ledger.alerts(user))
    found = deliveries_page(
        subscriptions=held,
        last=ledger.last_of(held),
        wrong=ledger.went_wrong(user),
        rows=list(ledger.deliveries(user)[:SHOWN]),
        deleted=ledger.deleted(user),
        alerts=[alert_line(one, user) for one in watching],
        alerts_title=alerts_title(watching) if watching else "",
        webhooks=list(ledger.webhooks(user)),
        may=[action for action in MAKING if ledger.somewhere(user, action)],
    )
    return shown(request, "deliveries/page.html", {"page": found})


@page(get="report.schedule_mail", post="report.schedule_mail")
def new(request: PersonRequest) -> HttpResponse:
    return _form(request, None)


@page(get="me.delivery_read", post="me.delivery_write")
def change(request: PersonRequest, key: str) -> HttpResponse:
    return _form(request, ledger.one_subscription(request.user, key))


def _form(request: PersonRequest, held: Any) -> HttpResponse:
    user = request.user
    products = {one.slug: one for one in catalogue.products(user)}
    people = {one.username: one for one in ledger.receivers(user)}
    form = SubscriptionForm(
        sent(request),
        products=[(slug, one.name) for slug, one in products.items()],
        people=[(name, str(one)) for name, one in people.items()],
        initial=_initial(held, request),
    )
    if request.method == "POST" and form.is_valid():
        product = products.get(form.cleaned_data.get("product", ""))
        receiver = people.get(form.cleaned_data.get("receiver", ""), user)
        try:
            made = services.save(user, held=held, product=product, receiver=receiver, **form.given())
        except Invalid as refused:
            put(form, refused, names={"day": "weekday" if form.cleaned_data["rule"] == "weekly" else "month_day"})
        else:
            when = f"{made.when.words()}, {made.time_zone}"
            messages.success(request, f"“{name_of(made)}” goes to {made.receiver}: {when}.")
            return redirect("deliveries")
    mine = held is not None and held.receiver_id == user.pk  # another's is not shown: it is to their eyes
    context = {
        "form": form,
        "held": held,
        "name": name_of(held) if held else "",
        "address": user.email,
        "letter": preview(held) if mine else None,
    }
    return shown(request, "deliveries/subscription.html", context, status=422 if form.errors else 200)


def _initial(held: Any, request: PersonRequest) -> dict[str, Any]:
    if held is None:
        return {"time_zone": ledger.zone_of(request.user), "product": request.GET.get("product", "")}
    own = held.receiver_id == request.user.pk
    return {
        "what": held.what,
        "product": held.product.slug if held.product else "",
        "receiver": "" if own else held.receiver.username,
        "rule": held.rule,
        "weekday": held.day if held.rule == "weekly" else 0,
        "month_day": held.day if held.rule == "monthly" else 1,
        "at": f"{held.at:%H:%M}",
        "time_zone": held.time_zone,
        "only_moved": held.only_moved,
        "attached": held.attached,
        "anew": held.anew,
    }


@page(post="me.delivery_write")
def pause(request: PersonRequest, kind: str, kept: str) -> HttpResponse:
    held = _kept(request, kind, kept)
    paused = held.paused_at is None
    services.pause(request.user, held, paused=paused)
    messages.success(request, "It is paused: nothing of it goes out." if paused else "It goes on from now.")
    return redirect("deliveries")


@page(post="me.delivery_write")
def delete(request: PersonRequest, kind: str, kept: str) -> HttpResponse:
    services.delete(request.user, _kept(request, kind, kept))
    messages.success(request, "It is deleted. It is listed below for 30 days, from where it can be brought back.")
    return redirect("deliveries")


@page(post="me.delivery_write")
def restore(request: PersonRequest, kind: str, kept: str) -> HttpResponse:
    services.restore(request.user, _kept(request, kind, kept))
    messages.success(request, "It is back, and goes on from now.")
    return redirect("deliveries")


@page(post="me.delivery_write")
def test(request: PersonRequest, key: str) -> HttpResponse:
    user = request.user
    services.test(user, ledger.one_subscription(user, key))
    where = f"to {user.email}" if user.email else "nowhere, for you have no mail address in your profile"
    messages.success(request, f"A test goes {where}. It is marked as a test, and not counted.")
    return redirect("deliveries")


@page(post="me.delivery_write")
def again(request: PersonRequest, key: str) -> HttpResponse:
    user = request.user
    return _settled(request, lambda row: services.again(user, row), key, "It is sent once more.")


@page(post="me.delivery_write")
def arrived(request: PersonRequest, key: str) -> HttpResponse:
    user = request.user
    return _settled(request, lambda row: services.arrived(user, row), key, "It is noted as delivered.")


def _settled(request: PersonRequest, act: Any, key: str, said: str) -> HttpResponse:
    try:
        act(ledger.one_delivery(request.user, key))
    except Conflict as conflict:
        messages.warning(request, f"{str(conflict)[:1].upper()}{str(conflict)[1:]}.")
    else:
        messages.success(request, said)
    return redirect("deliveries")


def _kept(request: PersonRequest, kind: str, kept: str) -> Any:
    if kind not in KINDS:
        raise access.Hidden
    return KINDS[kind](request.user, kept)
