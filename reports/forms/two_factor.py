"""Forms of two-factor authentication: codes at the door, the first one of an app, the password once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from metrics.services.product import two_factor
from reports.forms.account import TOO_MANY, guessed

if TYPE_CHECKING:
    from metrics.models.product import User


class Digits(forms.TextInput):
    """A field for the code of an app, which is empty again when it was wrong: the next one is another."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


class CodeForm(forms.Form):
    """A code of the app, at signing in."""

    code = forms.CharField(
        label="Code",
        max_length=20,
        widget=Digits(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        ),
        help_text="six digits, as your authenticator app shows them now",
    )
    wrong = "This code is not right, or was used already. Wait for the next one that the app shows."

    def judge(self, user: User, asked_from: str) -> bool:
        """Whether what was typed is a code of the person, which is used by that; else the field says what is wrong."""
        try:
            if two_factor.proved(user, self.cleaned_data["code"], asked_from):
                return True
            self.add_error("code", self.wrong)
        except two_factor.TooMany:
            often = "Too many wrong codes. Try again in ten minutes."
            self.add_error("code", forms.ValidationError(often, code=TOO_MANY))
        return False


class RecoveryForm(CodeForm):
    code = forms.CharField(
        label="Recovery code",
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "autofocus": True, "spellcheck": "false"}
        ),
        help_text="one of those that you kept when you set it up; each works once",
    )
    wrong = "This code is not right, or was used already. Take another one of your list."


class SetUpForm(forms.Form):
    """The first code of a new app. others: how many other sessions there are, which may end with it."""

    code = forms.CharField(
        label="Code that the app shows",
        max_length=20,
        widget=Digits(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "spellcheck": "false"}),
        help_text="six digits; they change every half minute",
    )
    end = forms.BooleanField(required=False, initial=True)

    def __init__(self, given: Any = None, *, others: int) -> None:
        super().__init__(given)
        self.fields["end"].label = f"End my {'other session' if others == 1 else f'{others} other sessions'}"
        self.fields["end"].help_text = "Whoever is signed in there comes in again with a code."
        if not others:
            del self.fields["end"]


class AgainForm(forms.Form):
    """The password once more, of who is signed in; it is guessed at no more often than at signing in."""

    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}), strip=False
    )

    def __init__(self, given: Any = None, *, user: User, asked_from: str) -> None:
        super().__init__(given)
        self._user, self._asked_from = user, asked_from

    def clean_password(self) -> str:
        return guessed(self._user.get_username(), self._asked_from, self._judged)

    def _judged(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self._user.check_password(password):
            raise forms.ValidationError("This is not your password.")
        return password


class CodeAgainForm(CodeForm):
    """A code, of who is signed in; a recovery code does as well."""

    def __init__(self, given: Any = None, *, user: User, asked_from: str) -> None:
        super().__init__(given)
        self._user, self._asked_from = user, asked_from
        self.fields["code"].help_text = "of your authenticator app, or a recovery code"
        self.fields["code"].widget.attrs.pop("inputmode")

    def clean(self) -> dict[str, Any]:
        if "code" in self.cleaned_data:
            self.judge(self._user, self._asked_from)
        return self.cleaned_data
