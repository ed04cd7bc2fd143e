"""Importing runs of another system."""

from __future__ import annotations

from django import forms

EVERY = (
    ("", "only when asked"),
    ("15", "every 15 minutes"),
    ("60", "every hour"),
    ("360", "every 6 hours"),
    ("1440", "every day"),
)


class ImportForm(forms.Form):
    """Where runs are taken over from, of which experiments, and how often."""

    uri = forms.CharField(
        label="Address of the MLflow server",
        max_length=500,
        widget=forms.TextInput(attrs={"class": "mono", "placeholder": "https://mlflow.example.org"}),
        help_text="an administrator allows private addresses by KPI_IMPORT_HOSTS",
    )
    experiments = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="names, one a line; empty for all of them",
    )
    every_minutes = forms.TypedChoiceField(
        label="How often", choices=EVERY, required=False, coerce=int, empty_value=None
    )

    def clean_experiments(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["experiments"].splitlines() if line.strip()]
