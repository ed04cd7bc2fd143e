"""Exchange rates: one, or many pasted or from a CSV file."""

from __future__ import annotations

from typing import Any

from django import forms

from metrics.core.pasted.decoding import MOST_BYTES
from metrics.services.revenue.rates import read_rates
from metrics.services.writing.refusal import Invalid
from reports.forms.faults import put
from reports.forms.sent import PastedForm


class RateForm(forms.Form):
    base = forms.CharField(
        label="One unit of", max_length=3, widget=forms.TextInput(attrs={"list": "currencies", "placeholder": "USD"})
    )
    rate = forms.DecimalField(label="is worth", max_digits=20, decimal_places=10, help_text="such as 0.92")
    quote = forms.CharField(
        label="units of", max_length=3, widget=forms.TextInput(attrs={"list": "currencies", "placeholder": "EUR"})
    )
    date = forms.DateField(label="At the end of", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    source = forms.CharField(label="Source", max_length=240, help_text="who published it, such as ECB")


class RatesForm(PastedForm):
    text = forms.CharField(
        label="base, quote, date, rate, source",
        required=False,
        max_length=MOST_BYTES,
        strip=False,
        widget=forms.Textarea(
            attrs={
                "class": "mono",
                "rows": 6,
                "placeholder": "USD,EUR,2017-07-31,0.85,ECB\nUSD,EUR,2017-08-31,0.84,ECB",
            }
        ),
        help_text="A rate a line. All lines are imported, or none.",
    )
    file = forms.FileField(label="or a CSV file", required=False, help_text="at most 200 kB")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not self.sent_text(given, what="rates", empty="Paste at least one rate, or choose a file."):
            return given
        try:
            read = read_rates(given["text"], **self.options(given))
            given["rates"], given["said"] = read.rates, [*given["said"], *read.said]
        except Invalid as refused:
            self.ask(refused, given)
            put(self, refused, other="text")
        return given
