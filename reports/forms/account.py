"""Forms about oneself: signing in (with a limit on guesses), profile, tokens."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, PasswordResetForm
from django.core.exceptions import ValidationError

from metrics.services.product.guesses import Guesses, address, counted

MOST_RESETS = 5
TOO_MANY = "Too many wrong passwords. Try again in a minute."
THEMES = [("", "as the system"), ("light", "light"), ("dark", "dark")]


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "Name and password do not match. Both are case-sensitive.",
        "inactive": "This account is closed. An administrator can open it again.",
        "too_many": TOO_MANY,
    }

    def clean(self) -> dict[str, Any]:
        guesses = Guesses(str(self.cleaned_data.get("username", "")), address(self.request))
        if guesses.too_many():
            raise ValidationError(self.error_messages["too_many"], code="too_many")
        try:
            return super().clean()
        except ValidationError:
            guesses.wrong()
            raise


class OwnPasswordForm(PasswordChangeForm):
    """A new password for who knows the old one; guesses at it count as those at the sign-in do."""

    asked_from = ""

    def clean_old_password(self) -> str:
        guesses = Guesses(self.user.get_username(), self.asked_from)
        if guesses.too_many():
            raise ValidationError(TOO_MANY, code="too_many")
        try:
            return str(super().clean_old_password())
        except ValidationError:
            guesses.wrong()
            raise


class ResetForm(PasswordResetForm):
    """Asks for the mail address; an address that asks too often is told so, whether or not the account exists."""

    email = forms.EmailField(label="Mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    asked_from = ""

    def clean(self) -> dict[str, Any]:
        if counted("resets", self.asked_from) > MOST_RESETS:
            raise ValidationError("That was asked for often. Try again in a minute.", code="too_many")
        return super().clean() or self.cleaned_data


class ProfileForm(forms.Form):
    first_name = forms.CharField(label="First name", max_length=150, required=False)
    last_name = forms.CharField(label="Last name", max_length=150, required=False)
    email = forms.EmailField(
        label="Mail", max_length=254, required=False, help_text="for a link when you forget the password"
    )
    theme = forms.ChoiceField(label="Theme", choices=THEMES, required=False)


class TokenForm(forms.Form):
    name = forms.CharField(label="Name", max_length=80, help_text="where it will be used, such as “training pipeline”")
    days = forms.IntegerField(label="Days until it ends", min_value=1, max_value=365, initial=90)
