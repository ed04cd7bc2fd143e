"""What is looked for in the audit."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from metrics.queries.product.audit import Wanted
from reports.words.trail import acts

DAYS = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2199, 12, 31))]
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class AuditForm(forms.Form):
    who = forms.CharField(label="Who", required=False, max_length=150, help_text="a username, or a part of it")
    what = forms.ChoiceField(label="Did what", required=False, choices=[("", "anything"), *acts()])
    thing = forms.CharField(label="To what", required=False, max_length=120, help_text="a name or key, or a part of it")
    since = forms.DateField(label="Since", required=False, widget=DAY, validators=DAYS)
    until = forms.DateField(label="Until", required=False, widget=DAY, validators=DAYS, help_text="with that day")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("since") and given.get("until") and given["until"] < given["since"]:
            self.add_error("until", "This is before the first day.")
        return given

    def wanted(self) -> Wanted | None:
        """What is asked, or None where it cannot be."""
        return Wanted(**self.cleaned_data) if self.is_valid() else None
