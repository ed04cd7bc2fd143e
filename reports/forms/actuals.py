"""Importing observed values: pasted or from a CSV file, a month and a value a line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from metrics.services.kpi.actuals import read_actuals
from metrics.services.writing.refusal import Invalid
from reports.forms.sent import MOST_BYTES, sent_text


class ActualsForm(forms.Form):
    text = forms.CharField(
        label="Months and values",
        required=False,
        max_length=MOST_BYTES,
        strip=False,
        widget=forms.Textarea(attrs={"class": "mono", "rows": 8, "placeholder": "2017-07, 5313\n2017-08, 4925"}),
        help_text="A month and a value a line, as copied from a sheet. A first line of column names is skipped.",
    )
    file = forms.FileField(label="or a CSV file", required=False, help_text="at most 200 kB")
    source = forms.CharField(label="Source", max_length=240, required=False, help_text="where the values come from")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not sent_text(
            self, given, what="months", empty="Paste at least one month with its value, or choose a file."
        ):
            return given
        try:
            given["values"] = read_actuals(given["text"])
        except Invalid as refused:
            for fault in refused.faults[:10]:
                remedy = f" {fault.remedy}." if fault.remedy else ""
                self.add_error("text", f"{fault.message[:1].upper()}{fault.message[1:]}.{remedy}")
        return given


@dataclass(frozen=True)
class PreviewLine:
    """A month to be imported beside what is known of it."""

    period: date
    value: Decimal
    known: Decimal | None

    @property
    def what(self) -> tuple[str, str]:
        """Verdict: new, the same as known, or restating it."""
        if self.known is None:
            return "info", "New"
        return ("same", "As known") if self.known == self.value else ("warn", "Restates")


def preview_lines(values: Iterable[tuple[date, Decimal]], known: Mapping[date, Decimal]) -> list[PreviewLine]:
    return [PreviewLine(period, value, known.get(period)) for period, value in sorted(values)]
