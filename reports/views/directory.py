"""What groups of single sign-on give: written by administrators, done at each sign-in."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from metrics.queries.evaluation import catalogue
from metrics.queries.product import people as queries
from metrics.services.product import directory as services
from metrics.services.writing.refusal import Invalid
from reports.forms.faults import put
from reports.forms.product import GroupForm
from reports.views.page import PersonRequest, page, shown


@page(get="user.create_or_disable", post="user.create_or_disable")
def groups(request: PersonRequest) -> HttpResponse:
    held = list(catalogue.products(request.user))
    form = GroupForm(request.POST or None, products=[(one.slug, str(one)) for one in held])
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        slug = given.pop("product")
        product = next((one for one in held if one.slug == slug), None)
        try:
            made = services.give(request.user, product=product, **given)
        except Invalid as refused:
            put(form, refused)
        else:
            messages.success(request, f"Who is in {made.group} is {made.what} from their next sign-in on.")
            return redirect("groups")
    context = {"form": form, "rows": queries.given_by_groups(), "claim": settings.OIDC_GROUPS_CLAIM}
    return shown(request, "home/groups.html", context, status=422 if form.errors else 200)


@page(post="user.create_or_disable")
def take_back(request: PersonRequest, given: str) -> HttpResponse:
    found = queries.given_by_group(given)
    services.take_back(request.user, found)
    told = f"“{found.group}” gives that no more; who has it by the group loses it as they sign in next."
    messages.success(request, told)
    return redirect("groups")
