"""The form of a link that is shared, and the pass phrase that one is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from metrics.services.delivery.sharing import MOST_DAYS, SHORTEST


class ShareForm(forms.Form):
    """packs: issued ones that the link may be of, as (id, words)."""

    pack = forms.ChoiceField()
    name = forms.CharField(label="For", max_length=80, help_text="whom it goes to, such as “supervisory board”")
    days = forms.IntegerField(
        label="Days until it ends", min_value=1, max_value=MOST_DAYS, initial=7, help_text=f"at most {MOST_DAYS}"
    )
    phrase = forms.CharField(
        label="Pass phrase",
        required=False,
        min_length=SHORTEST,
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="is asked of who opens it; tell it another way than the link. Empty: the link alone opens it",
    )

    def __init__(self, *args: Any, packs: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = [("", "the page, as it is when it is read"), *packs]
        self.fields["pack"] = forms.ChoiceField(label="It shows", required=False, choices=words)


class PhraseForm(forms.Form):
    phrase = forms.CharField(
        label="Pass phrase",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
