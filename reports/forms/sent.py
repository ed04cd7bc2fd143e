"""Lines that are pasted into a field, or sent as a file beside it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from django import forms
from django.http import QueryDict

from metrics.core.pasted.days import ORDERS
from metrics.core.pasted.decoding import MOST_BYTES, decoded
from metrics.core.pasted.numbers import number, plainly
from metrics.core.pasted.wrong import NotRead
from metrics.services.writing.refusal import Invalid

DECIMAL = [("", "as the column shows"), (",", "a comma: 1,5"), (".", "a point: 1.5")]


class WrittenNumber(forms.DecimalField):
    """A number as people write it: with signs between thousands, a currency or a percent sign, and certain."""

    widget = forms.TextInput(attrs={"inputmode": "decimal"})

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        try:
            return number(str(value or ""))
        except NotRead as refused:
            message = f"{refused}. {refused.wrong[0].remedy}."
            raise forms.ValidationError(f"{message[:1].upper()}{message[1:]}", code="invalid") from refused


class WrittenFloat(WrittenNumber):
    """A written number where a figure of any size is meant; one that is shown to be changed can be sent again."""

    def clean(self, value: Any) -> float | None:
        found = super().clean(value)
        return None if found is None else float(found)

    def prepare_value(self, value: Any) -> Any:
        return plainly(Decimal(str(value))) if isinstance(value, int | float) else value


class PastedForm(forms.Form):
    """A form with `text` and `file`; decimal and dates are asked only where the text can be read in two ways."""

    one_of = ("text", "file")  # one of which is needed
    field_order = ("metric", "kind", "text", "decimal", "dates", "file")

    decimal = forms.ChoiceField(
        label="Before decimals stands", choices=DECIMAL, required=False, widget=forms.HiddenInput
    )
    dates = forms.ChoiceField(
        label="Dates are written as",
        choices=[("", "as the column shows"), *ORDERS.items()],
        required=False,
        widget=forms.HiddenInput,
    )

    def sent_text(self, given: dict[str, Any], *, what: str, empty: str) -> bool:
        """Put the text of the file, where one was sent, into `given["text"]`, and how it was read into `given["said"]`.

        False where there is none to be read. what: plural of what a line holds; empty: what to do where nothing was
        given. Faults stand beside their field.
        """
        sent = given.get("file")
        given["said"] = []
        if sent is not None:
            if sent.size > MOST_BYTES:
                self.add_error("file", f"Is over 200 kB. Import fewer {what} at a time.")
                return False
            try:
                read = decoded(sent.read())
            except NotRead as refused:
                message = f"{refused}. {refused.wrong[0].remedy}."
                self.add_error("file", f"{message[:1].upper()}{message[1:]}")
                return False
            given["text"], given["said"] = read.text, [read.said] if read.said else []
        if not (given.get("text") or "").strip():
            self.add_error("text", empty)
            return False
        return True

    def options(self, given: dict[str, Any]) -> dict[str, str]:
        """How columns are read that leave it open, as a reader takes it."""
        return {name: given.get(name) or "" for name in ("decimal", "dates")}

    def ask(self, refused: Invalid, given: dict[str, Any]) -> None:
        """Show the fields that settle what a reader found open, and the text of a file, which is not sent again."""
        open_ = {fault.code.removeprefix("ambiguous_") for fault in refused.faults}
        for name in open_ & {"decimal", "dates"}:
            field = self.fields[name]
            field.widget = forms.Select(choices=field.choices)  # type: ignore[attr-defined]
            sent = cast("QueryDict", self.data).copy()
            sent["text"] = given["text"]
            self.data = sent
