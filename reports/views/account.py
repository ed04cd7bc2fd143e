"""Signing in and out, passwords, one's profile and tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.views.decorators.cache import never_cache

from metrics import access
from metrics.core.rows.refusal import capitalised
from metrics.queries.evaluation import catalogue
from metrics.queries.product import own, people
from metrics.services.product import products as services
from metrics.services.product import removal
from metrics.services.product import tokens as keys
from metrics.services.product.guesses import WINDOW, address
from metrics.services.product.invitations import LINKS
from metrics.services.writing.refusal import Invalid
from reports.exports.person import person_file
from reports.forms.account import TOO_MANY, ChangeForm, ProfileForm, ResetForm, SignInForm, TokenForm, WelcomeForm
from reports.forms.faults import put
from reports.pages.home.navigation import ROLE_WORDS
from reports.pages.run.snippet import python, token_snippet
from reports.pages.tables.page import ways
from reports.views import entering
from reports.views.page import PersonRequest, open_to_all, page, shown
from reports.words.phrases import count


class _Counted:
    """A form knows where it was sent from; one that was sent too often is answered with 429."""

    request: HttpRequest

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)  # type: ignore[misc]
        form.asked_from = address(self.request)
        return form

    def form_invalid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        if any(fault.code == TOO_MANY for faults in form.errors.as_data().values() for fault in faults):
            answer.status_code = 429
            answer["Retry-After"] = str(WINDOW)
        return answer


class _SignIn(_Counted, auth.LoginView):
    template_name = "account/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        more = {"nobody": not people.anybody(), "passwords": settings.PASSWORD_SIGN_IN}
        return super().get_context_data(**kwargs) | more | {"provider": settings.OIDC_ISSUER and settings.OIDC_NAME}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().post(request, *args, **kwargs) if settings.PASSWORD_SIGN_IN else redirect("sign-in")

    def form_valid(self, form: Any) -> HttpResponse:
        return entering.enter(self.request, form.get_user(), self.get_success_url())


class _Change(_Counted, auth.PasswordChangeView):
    template_name = "account/password_change.html"
    success_url = reverse_lazy("password-change-done")
    form_class = ChangeForm


class _Reset(_Counted, auth.PasswordResetView):
    template_name = "account/password_reset.html"
    email_template_name = "account/password_reset_email.txt"
    subject_template_name = "account/password_reset_subject.txt"
    success_url = reverse_lazy("password-reset-done")
    form_class = ResetForm


class _Invited(auth.PasswordResetConfirmView):
    """Whoever was invited sets a password, and is signed in."""

    template_name = "account/invited.html"
    token_generator = LINKS
    form_class = WelcomeForm
    success_url = reverse_lazy("home")
    reset_url_token = "set"  # noqa: S105 (a word of the address)

    def form_valid(self, form: Any) -> HttpResponse:
        super().form_valid(form)
        return entering.enter(self.request, form.user, reverse("home"))

    def get_user(self, uidb64: str) -> Any:
        user = super().get_user(uidb64)
        return user if user is not None and user.is_active else None


def _by_password(view: Callable[..., Any]) -> Callable[..., Any]:
    """A page about passwords leads to the way in, where passwords open nothing."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer: HttpResponseBase = view(request, *args, **kwargs) if settings.PASSWORD_SIGN_IN else redirect("sign-in")
        return answer

    return wrapped


sign_in = open_to_all(get="auth.login", post="auth.login")(_SignIn.as_view())
sign_out = open_to_all(post="auth.logout")(auth.LogoutView.as_view())
password_reset = open_to_all(get="auth.reset", post="auth.reset")(_by_password(_Reset.as_view()))
password_reset_done = open_to_all(get="auth.reset")(
    auth.PasswordResetDoneView.as_view(template_name="account/password_reset_done.html")
)
password_reset_confirm = open_to_all(get="auth.reset", post="auth.reset")(
    _by_password(
        auth.PasswordResetConfirmView.as_view(
            template_name="account/password_reset_confirm.html", success_url=reverse_lazy("password-reset-complete")
        )
    )
)
password_reset_complete = open_to_all(get="auth.reset")(
    auth.PasswordResetCompleteView.as_view(template_name="account/password_reset_complete.html")
)
invitation = never_cache(
    open_to_all(get="invitation.accept", post="invitation.accept")(_by_password(_Invited.as_view()))
)
password_change = page(get="me.read", post="me.update_profile")(_by_password(_Change.as_view()))
password_change_done = page(get="me.read")(
    auth.PasswordChangeDoneView.as_view(template_name="account/password_change_done.html")
)


@page(get="me.read", post="me.update_profile")
def profile(request: PersonRequest) -> HttpResponse:
    user = request.user
    held = {name: getattr(user, name) for name in ("first_name", "last_name", "email", "theme")}
    form = ProfileForm(request.POST or None, initial=held)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_profile(user, **form.cleaned_data)
        except Invalid as refused:
            put(form, refused)
        else:
            messages.success(request, "Your profile is saved.")
            return redirect("profile")
    roles = [
        {
            "product": row.product.name,
            "url": reverse("outlook", args=[row.product.slug]),
            "role": ROLE_WORDS[row.role],
        }
        for row in own.memberships(user)
    ]
    passwords = settings.PASSWORD_SIGN_IN and user.has_usable_password()
    return shown(
        request,
        "account/profile.html",
        {
            "form": form,
            "roles": roles,
            "user": user,
            "tokens": own.tokens(user).count(),
            "passwords": passwords,
            "sessions": own.sessions(user).count(),
            "two_factor": own.two_factor(user),
            "codes_left": own.recovery_codes(user),
        },
        status=422 if form.errors else 200,
    )


@page(post="me.export")
def export(request: PersonRequest) -> FileResponse:
    """All that is held about oneself, as a file."""
    removal.exported(request.user, request.user)
    return file_of(request.user)


def file_of(person: Any) -> FileResponse:
    """What is held about somebody, made now and sent as it lies; it is kept nowhere."""
    now = timezone.now()
    name = f"person-{person.pk}-{now:%Y-%m-%d}.zip"
    return FileResponse(person_file(person, now), as_attachment=True, filename=name, content_type="application/zip")


@never_cache
@page(get="me.read", post="me.token_create")
def tokens(request: PersonRequest) -> HttpResponse:
    """One's tokens; the secret of a new one stands in the answer to the form that made it, and nowhere else."""
    user = request.user
    held = list(catalogue.products(user))
    offered = [(one.slug, str(one)) for one in held]
    asked = {name: request.GET[name] for name in ("scope", "product") if name in request.GET}
    form = TokenForm(request.POST or None, products=offered, initial=asked)
    made: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        slug = given.pop("product")
        only = next((one for one in held if one.slug == slug), None)
        try:
            token, secret = keys.create_token(user, product=only, **given)
        except Invalid as refused:
            put(form, refused)
        else:
            made = _made(user, token, secret, [only] if only else held, f"{request.scheme}://{request.get_host()}")
            form = TokenForm(products=offered)
    return shown(
        request,
        "account/tokens.html",
        {"form": form, "made": made, "tokens": own.tokens(user), "most_days": keys.MOST_TOKEN_DAYS},
        status=422 if form.errors else 201 if made else 200,
    )


def _made(user: Any, token: Any, secret: str, held: Sequence[Any], base: str) -> dict[str, Any]:
    """What is told once of a new token: its secret, and what to paste where."""
    if token.scope == own.TABLES:
        return {"token": token, "secret": secret, "ways": ways(base, token.product, secret)}
    logging = next((one for one in held if access.may(user, "run.create", one)), None)
    first = logging or next(iter(held), None)
    return {
        "token": token,
        "secret": secret,
        "snippet": token_snippet(base, secret, first),
        "notebook": python(base, logging) if logging and token.scope != "read" else "",
    }


@page(post="me.token_revoke")
def revoke_tokens(request: PersonRequest) -> HttpResponse:
    """Revoke all of them."""
    many = keys.revoke_all(request.user)
    messages.success(request, f"{capitalised(count(many, 'token'))} revoked; whoever still uses one is refused.")
    return redirect("tokens")


@page(post="me.token_revoke")
def revoke_token(request: PersonRequest, token: str) -> HttpResponse:
    user = request.user
    found = own.token(user, token)
    keys.revoke_token(user, found)
    messages.success(request, f"The token “{found.name}” is revoked; whoever still uses it is refused from now on.")
    return redirect("tokens")
