"""Forms about oneself: signing in (with a limit on guesses), profile, tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, PasswordResetForm, SetPasswordForm
from django.contrib.auth.password_validation import get_default_password_validators, password_validators_help_text_html
from django.core.exceptions import ValidationError

from metrics.queries.product.own import SCOPES
from metrics.services.product.guesses import Door, Guesses, address
from metrics.services.product.tokens import EndWithPassword

Found = TypeVar("Found")
TOO_MANY = "too_many"
THEMES = [("", "as the system"), ("light", "light"), ("dark", "dark")]


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "Name and password do not match. Both are case-sensitive.",
        "inactive": "This account is closed. An administrator can open it again.",
    }

    def clean(self) -> dict[str, Any]:
        return guessed(str(self.cleaned_data.get("username", "")), address(self.request), super().clean)


class ChangeForm(PasswordChangeForm):
    """Changes one's password for whoever knows the old one, which is guessed at no more often than at signing in."""

    asked_from = ""

    def clean_old_password(self) -> str:
        return guessed(self.user.get_username(), self.asked_from, super().clean_old_password)


class WelcomeForm(SetPasswordForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """The first password of somebody who was invited: there is no older one with which anything could end."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        judges = [one for one in get_default_password_validators() if not isinstance(one, EndWithPassword)]
        self.fields["new_password1"].help_text = password_validators_help_text_html(judges)


def guessed(name: str, asked_from: str, judge: Callable[[], Found]) -> Found:
    """What judging a password gives. Raises ValidationError where it is wrong, or one guess too many."""
    guesses = Guesses(name, asked_from)
    if not guesses.counted():
        raise ValidationError("Too many wrong passwords. Try again in a minute.", code=TOO_MANY)
    found = judge()
    guesses.right()
    return found


class ResetForm(PasswordResetForm):
    """Asks for the mail address; an address that asks too often is told so, whether or not the account exists."""

    email = forms.EmailField(label="Mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    asked_from = ""

    def clean(self) -> dict[str, Any]:
        asked = Guesses(str(self.cleaned_data.get("email", "")), self.asked_from, door=Door.RESET)
        if not asked.counted():
            raise ValidationError("That was asked for often. Try again in a minute.", code=TOO_MANY)
        return super().clean() or self.cleaned_data


class ProfileForm(forms.Form):
    first_name = forms.CharField(label="First name", max_length=150, required=False)
    last_name = forms.CharField(label="Last name", max_length=150, required=False)
    email = forms.EmailField(
        label="Mail", max_length=254, required=False, help_text="for a link when you forget the password"
    )
    theme = forms.ChoiceField(label="Theme", choices=THEMES, required=False)


class EverywhereForm(forms.Form):
    """Whether somebody's tokens end with all sessions. tokens: how many there are; without any nothing is asked."""

    tokens = forms.BooleanField(required=False)

    def __init__(self, given: Any = None, *, tokens: int, whose: str = "my") -> None:
        super().__init__(given)
        self.fields[
            "tokens"
        ].label = f"Revoke {whose} {'access token' if tokens == 1 else f'{tokens} access tokens'} too"
        if not tokens:
            del self.fields["tokens"]


class TokenForm(forms.Form):
    """products: those that a token may be for alone, as (slug, name)."""

    name = forms.CharField(label="Name", max_length=80, help_text="where it will be used, such as “training pipeline”")
    scope = forms.ChoiceField(
        label="It is for", choices=SCOPES, required=False, help_text="of what you may do yourself"
    )
    product = forms.ChoiceField()
    days = forms.IntegerField(label="Days until it ends", min_value=1, max_value=365, initial=90)

    def __init__(self, given: Any = None, *, products: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(given, **kwargs)
        self.fields["product"] = forms.ChoiceField(
            label="In", required=False, choices=[("", "all my products"), *products]
        )

    def clean_scope(self) -> str:
        return self.cleaned_data["scope"] or SCOPES[0][0]
