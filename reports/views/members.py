"""Who works on a product, and in which role."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from metrics import access, rights
from metrics.queries.evaluation import catalogue
from metrics.queries.product import own as queries
from metrics.services.product import invitations
from metrics.services.product import products as services
from metrics.services.writing.refusal import Conflict, Invalid
from reports.forms.faults import put, words
from reports.forms.product import MemberForm, RoleForm
from reports.pages.home.navigation import ROLE_WORDS
from reports.pages.home.people import link_words, state_of
from reports.views.page import ProductRequest, page, shown


@page(get="member.list", post="member.add", product=True)
def members(request: ProductRequest) -> HttpResponse:
    product = request.product
    user = request.user
    grantable = tuple(role for role in ROLE_WORDS if role != rights.ADMIN and _may_grant(user, product, role))
    form = MemberForm(request.POST or None, roles=grantable or tuple(ROLE_WORDS))
    if request.method == "POST" and form.is_valid():
        try:
            added = services.add_member(user, product, **form.cleaned_data)
        except Invalid as refused:
            put(form, refused)
        else:
            new = "" if added.user.answered else f" {link_words(added.user)}"
            messages.success(request, f"“{added.user}” is {added.get_role_display()} of {product} now.{new}")
            return redirect(request.get_full_path())
    rows = [
        {
            "member": row,
            "name": str(row.user),
            "sign_in": row.user.get_username(),
            "role": ROLE_WORDS[row.role],
            "you": row.user_id == user.pk,
            "state": state_of(row.user),
            "may_invite": not row.user.answered
            and row.user.is_active
            and access.may(user, "invitation.create", product, granted=row.role),
            "may_remove": access.may(user, "member.remove", product, granted=row.role),
            "role_form": RoleForm(initial={"role": row.role}, auto_id=f"id_{row.pk}_%s")
            if access.may(user, "member.change_role", product, own=row.user_id == user.pk)
            else None,
        }
        for row in catalogue.members(product)
    ]
    return shown(
        request,
        "product/members.html",
        {
            "product": product,
            "rows": rows,
            "form": form if grantable else None,
            "new": _new(request),
            "carried": "?new=1" if _new(request) else "",
            "changes_roles": any(row["role_form"] for row in rows),
        },
        status=422 if form.errors else 200,
    )


@page(post="invitation.create", product=True)
def invite_again(request: ProductRequest, member: str) -> HttpResponse:
    """Mail a new link to somebody who has not answered yet."""
    product = request.product
    found = queries.member(product, member)
    try:
        invitations.invite_again(request.user, found)
    except Invalid as refused:
        messages.error(request, " ".join(words(fault) for fault in refused.faults))
    except Conflict as conflict:
        messages.warning(request, f"{conflict}.")
    else:
        messages.success(request, link_words(found.user))
    return _back(request)


@page(post="member.change_role", product=True)
def change_role(request: ProductRequest, member: str) -> HttpResponse:
    product = request.product
    found = queries.member(product, member)
    try:
        changed = services.change_role(request.user, found, role=request.POST.get("role", ""))
    except Invalid as refused:
        messages.error(request, " ".join(words(fault) for fault in refused.faults))
    else:
        messages.success(request, f"“{changed.user}” is {changed.get_role_display()} now.")
    return _back(request)


@page(post="member.remove", product=True)
def remove(request: ProductRequest, member: str) -> HttpResponse:
    product = request.product
    found = queries.member(product, member)
    try:
        services.remove_member(request.user, found)
    except Invalid as refused:
        messages.error(request, " ".join(words(fault) for fault in refused.faults))
    else:
        messages.success(request, f"“{found.user}” is no member any more.")
    return _back(request)


def _back(request: ProductRequest) -> HttpResponse:
    """To the members again; to step 2 of a new product, where it was begun there."""
    address = reverse("members", args=[request.product.slug])
    return redirect(f"{address}?new=1" if _new(request) else address)


def _new(request: ProductRequest) -> bool:
    return request.GET.get("new") == "1"


def _may_grant(user: Any, product: Any, role: str) -> bool:
    return access.may(user, "member.add", product, granted=role)
