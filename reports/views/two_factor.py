"""One's own two-factor authentication: set up, with recovery codes, and turned off.

What changes it asks for a proof that was given just now: a sign-in, or the password once more; while it is on, a code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from metrics.queries.product import own
from metrics.services.product import proof, sessions
from metrics.services.product import two_factor as services
from metrics.services.product.guesses import WINDOW, address
from metrics.services.writing.refusal import Conflict, Invalid
from reports.forms.account import TOO_MANY
from reports.forms.faults import put
from reports.forms.two_factor import AgainForm, CodeAgainForm, SetUpForm
from reports.pages.home import two_factor as pages
from reports.views.entering import own_page
from reports.views.page import PersonRequest, page, shown
from reports.words.phrases import sentence

BEGUN = "two_factor_begun"  # in the session: the sealed secret of an app that has given no code yet
Inner = Callable[[PersonRequest], HttpResponse]


def _just_proved(view: Inner) -> Inner:
    """Ask for a proof first, where none was given just now, and lead back to what was asked for."""

    @wraps(view)
    def wrapped(request: PersonRequest) -> HttpResponse:
        if proof.just_given(request, request.user):
            return view(request)
        back = request.get_full_path() if request.method != "POST" else reverse("two-factor")
        return redirect(f"{reverse('two-factor-again')}?{urlencode({'next': back})}")

    return wrapped


@never_cache
@page(get="mfa.setup")
def overview(request: PersonRequest) -> HttpResponse:
    user = request.user
    context = {
        "held": own.two_factor(user),
        "left": own.recovery_codes(user),
        "proved": proof.just_given(request, user),
        "required": services.required(user),
    }
    return _shown(request, "account/two_factor.html", context)


@never_cache
@page(get="mfa.setup", post="mfa.setup")
def again(request: PersonRequest) -> HttpResponse:
    """A code, while it is on; else the password once more; who has none here signs in once more, by the provider."""
    user, asked_from = request.user, address(request)
    to = own_page(request, request.POST.get("next") or request.GET.get("next") or reverse("two-factor"))
    by = proof.By.CODE if services.on(user) else proof.By.PASSWORD
    form: CodeAgainForm | AgainForm | None = None
    if by is proof.By.CODE:
        form = CodeAgainForm(request.POST or None, user=user, asked_from=asked_from)
    elif settings.PASSWORD_SIGN_IN and user.has_usable_password():
        form = AgainForm(request.POST or None, user=user, asked_from=asked_from)
    if request.method == "POST" and form is not None and form.is_valid():
        proof.given(request, by)
        return redirect(to)
    often = form is not None and any(form.has_error(name, TOO_MANY) for name in form.fields)
    status = 429 if often else 422 if form is not None and form.errors else 200
    context = {"form": form, "next": to, "provider": settings.OIDC_ISSUER and settings.OIDC_NAME}
    answer = _shown(request, "account/again.html", context, status=status)
    if often:
        answer["Retry-After"] = str(services.TooMany.wait if by is proof.By.CODE else WINDOW)
    return answer


@never_cache
@page(get="mfa.setup", post="mfa.setup")
@_just_proved
def set_up(request: PersonRequest) -> HttpResponse:
    """The key of a new app, until its first code is given; then the recovery codes, in this one answer."""
    user, begun = request.user, str(request.session.get(BEGUN, ""))
    told = services.to_show(user, begun)
    if told is None:
        if request.method == "POST":
            return redirect("two-factor-set-up")
        begun = request.session[BEGUN] = services.begun()
        told = services.to_show(user, begun)
        assert told is not None  # sealed just now
    form = SetUpForm(request.POST or None, others=own.sessions(user).exclude(name=sessions.present(request)).count())
    if request.method == "POST" and form.is_valid():
        only = sessions.present(request) if form.cleaned_data.get("end") else ""
        try:
            codes = services.set_up(user, sealed=begun, code=form.cleaned_data["code"], session=only)
        except Invalid as refused:
            put(form, refused)
        else:
            del request.session[BEGUN]
            proof.given(request, proof.By.CODE)
            return _codes(request, codes, "Two-factor authentication is on")
    there, key = told
    context = {
        "form": form,
        "picture": pages.picture(there),
        "address": there,
        "key": key,
        "replaces": own.two_factor(user) is not None,
        "required": services.required(user),
    }
    return _shown(request, "account/two_factor_set_up.html", context, status=422 if form.errors else 200)


@never_cache
@page(post="mfa.setup")
@_just_proved
def codes(request: PersonRequest) -> HttpResponse:
    """New recovery codes, in this one answer."""
    try:
        made = services.codes_anew(request.user)
    except Conflict as conflict:
        messages.warning(request, sentence(str(conflict)))
        return redirect("two-factor")
    return _codes(request, made, "New recovery codes")


@page(post="mfa.setup")
@_just_proved
def remove(request: PersonRequest) -> HttpResponse:
    try:
        services.remove(request.user)
    except Conflict as conflict:
        messages.warning(request, sentence(str(conflict)))
    else:
        messages.success(request, "Two-factor authentication is off: your password alone lets you in.")
    return redirect("two-factor")


def _codes(request: PersonRequest, made: Sequence[str], title: str) -> HttpResponse:
    place = urlsplit(settings.URL_BASE).netloc
    name = request.user.get_username()
    context = {
        "title": title,
        "codes": "\n".join(made),
        "many": len(made),
        "file": pages.as_file(made, name, place, timezone.localdate()),
        "name": name,
        "place": place,
    }
    return _shown(request, "account/recovery_codes.html", context, status=201)


def _shown(request: PersonRequest, template: str, context: Mapping[str, object], status: int = 200) -> HttpResponse:
    """With nothing at its side to somebody who may see nothing else yet."""
    bare = {} if proof.enough(request, request.user) else {"nav": None}
    return shown(request, template, {**context, **bare}, status=status)
