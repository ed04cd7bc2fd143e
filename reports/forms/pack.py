"""Forms of a pack: why it is corrected, or withdrawn."""

from __future__ import annotations

from django import forms

REASON = 300


class WhyForm(forms.Form):
    reason = forms.CharField(label="Why", max_length=REASON, widget=forms.Textarea(attrs={"rows": 3}))
