"""Importing observed values: pasted or from a CSV file, a month and a value a line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any

from django import forms

from metrics.core.kpi.months import AGGREGATIONS
from metrics.core.pasted.decoding import MOST_BYTES
from metrics.services.kpi.actuals import read_actuals
from metrics.services.kpi.months_given import Given, NewActuals, Parts
from metrics.services.writing.refusal import Invalid
from reports.forms.faults import words
from reports.forms.sent import PastedForm
from reports.pages.manage.actuals import ActualLine, parts_words
from reports.words.phrases import came_in

PARTS = "month;numerator;denominator\n2017-07;1830;5313\n2017-08;1712;4925"
WITH_PARTS = (
    "A month, its numerator and its denominator a line, under a first line of these three names: so that several "
    "months can be put together. A month and its ratio alone will do where only single months are read."
)


class ActualsForm(PastedForm):
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

    def __init__(self, *args: Any, aggregation: str, unit: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unit = unit
        if AGGREGATIONS[aggregation].parts:
            self.fields["text"].widget.attrs["placeholder"] = PARTS
            self.fields["text"].help_text = WITH_PARTS

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not self.sent_text(given, what="months", empty="Paste at least one month with its value, or choose a file."):
            return given
        try:
            read = read_actuals(given["text"], unit=self.unit, **self.options(given))
            given["values"], given["said"] = read.values, [*given["said"], *read.said]
        except Invalid as refused:
            self.ask(refused, given)
            for fault in refused.faults[:10]:
                self.add_error("text", words(fault))
        return given


@dataclass(frozen=True)
class PreviewLine:
    """A month to be imported beside what is known of it. cells: of the text that is sent once more. what: its verdict.

    partial: it is not over. known_partial: what is known of it was entered while it ran.
    """

    period: date
    value: Decimal | None
    parts: str
    partial: bool
    known: Decimal | None
    known_partial: bool
    what: tuple[str, str]
    cells: str


def preview_lines(new: NewActuals, values: Iterable[Given], rows: Iterable[ActualLine]) -> list[PreviewLine]:
    """rows: the months as known now."""
    fresh, known = {period for period, _ in new.values}, {row.period: row for row in rows}
    return [
        _line(period, value, known.get(period), period in fresh, new)
        for period, value in sorted(values, key=itemgetter(0))
    ]


def _line(period: date, value: Decimal | Parts, row: ActualLine | None, fresh: bool, new: NewActuals) -> PreviewLine:
    numbers = value if isinstance(value, Parts) else (value,)
    partial = period in new.partial
    what = ("same", "As known")
    if fresh and row is None:
        what = ("info", "New")
    elif fresh and row is not None:
        what = ("info", "Completes") if row.partial and not partial else ("warn", "Restates")
    return PreviewLine(
        period,
        value.ratio if isinstance(value, Parts) else value,
        parts_words(*value) if isinstance(value, Parts) else "",
        partial,
        row.value if row else None,
        bool(row and row.partial),
        what,
        ";".join([f"{period:%Y-%m}", *(f"{number:f}" for number in numbers)]),
    )


def imported(written: int, given: int, partial: Sequence[date]) -> str:
    """What a saved import did, in a sentence or two."""
    said = came_in(written, given, "month")
    if not partial:
        return said
    return f"{said} {partial[0]:%B %Y} is not over: its value is partial, and counts nowhere until it is entered after."
