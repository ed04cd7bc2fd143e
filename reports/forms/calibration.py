"""Forms of calibrated mappings: which metric a KPI is read off, and the pairs that are imported for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from metrics.core.kpi.calibrated import KIND
from metrics.core.pasted.decoding import MOST_BYTES
from metrics.queries.documents.known import Known
from metrics.services.kpi.pairs_given import read_pairs
from metrics.services.writing.refusal import Invalid
from reports.forms.faults import words
from reports.forms.mapping_fields import DefinitionForm
from reports.forms.offered import offer
from reports.forms.sent import PastedForm
from reports.pages.mapping.calibration import metric_choices

PAIRS = [
    ("history", "what was observed: the metric, and the KPI that came with it"),
    ("experiment", "experiments: the change of the metric, and the change of the KPI"),
]
Choices = Iterable[tuple[str, str]]


class CalibratedForm(DefinitionForm):
    """A KPI read off pairs of metric and KPI."""

    title = "What it is read off"
    sub = (
        "Pairs of this metric and the KPI are imported on the KPI’s page; "
        "the curve is fitted anew whenever they change."
    )

    metric = forms.ChoiceField(label="Metric that the KPI is read off")
    pairs = forms.ChoiceField(label="Fitted on", choices=PAIRS, widget=forms.RadioSelect, initial="history")
    base_x = forms.FloatField(
        label="Metric before the change", required=False, help_text="for experiments: the level changes count from"
    )
    base_y = forms.FloatField(label="KPI before the change", required=False, help_text="for experiments")
    says = forms.CharField(label="In a sentence", max_length=300, required=False)

    def __init__(self, *args: Any, known: Known, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "metric", metric_choices(known))

    def definition(self) -> dict[str, Any]:
        given = self.cleaned_data
        names = ("metric", "pairs", "says", "base_x", "base_y")
        return {"kind": KIND} | {name: given[name] for name in names if given.get(name) not in (None, "")}

    def names(self) -> dict[str, str]:
        return {f"definition.{name}": name for name in ("metric", "pairs", "base_x", "base_y", "says")}

    @classmethod
    def initial_of(cls, definition: Mapping[str, Any]) -> dict[str, Any]:
        return {name: definition.get(name) for name in ("metric", "pairs", "base_x", "base_y", "says")}


class PairsForm(PastedForm):
    """Pairs pasted, or from a CSV file with a line of column names."""

    metric = forms.ChoiceField(label="Metric")
    kind = forms.ChoiceField(label="The pairs are", choices=PAIRS, widget=forms.RadioSelect, initial="history")
    text = forms.CharField(
        label="Pairs",
        required=False,
        max_length=MOST_BYTES,
        strip=False,
        widget=forms.Textarea(
            attrs={"class": "mono", "rows": 8, "placeholder": "x,y,y_error,at\n0.42,3.1,0.2,2017-07-31"}
        ),
        help_text="The first line names the columns: x the metric, y the KPI; if known x_error, y_error, at. For "
        "grade A experiments need x_error, and covariance (of the errors) or disjoint (yes: measured on other units).",
    )
    file = forms.FileField(label="or a CSV file", required=False, help_text="at most 200 kB")
    source = forms.CharField(label="Source", max_length=240, required=False, help_text="where the pairs come from")

    def __init__(self, *args: Any, metrics: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "metric", list(metrics))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not self.sent_text(
            given, what="pairs", empty="Paste the column names and at least one pair, or choose a file."
        ):
            return given
        try:
            read = read_pairs(given["text"], **self.options(given))
            given["rows"], given["said"] = read.rows, [*given["said"], *read.said]
        except Invalid as refused:
            self.ask(refused, given)
            for fault in refused.faults[:10]:
                self.add_error("text", words(fault))
        return given
