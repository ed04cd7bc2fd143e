"""What a scenario is called, and why it may come so."""

from __future__ import annotations

from django import forms


class ScenarioForm(forms.Form):
    name = forms.CharField(label="Name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    why = forms.CharField(
        label="Why it may come so",
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="One sentence, which stands beside it wherever it is compared.",
    )
