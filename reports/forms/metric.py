"""Forms of a metric, and the live check of one that is being written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from metrics.core.evaluation.metrics.tasks import DEFAULT, TASKS, in_words
from metrics.queries.evaluation import registry as queries
from metrics.queries.evaluation.registry import DIRECTION_WORDS
from metrics.services.evaluation import registry
from metrics.services.writing import names
from metrics.services.writing.refusal import Invalid
from reports.forms.faults import words
from reports.forms.mapping_check import Wrong, marked

MONO = {"class": "mono", "autocomplete": "off", "spellcheck": "false"}


class MetricForm(forms.Form):
    """A metric of the product's own: by a formula over the rows, or reported by its runs."""

    key = forms.RegexField(
        r"^[a-z][a-z0-9_]{0,59}$",
        max_length=60,
        help_text="small letters, digits and _: the name in manifests and formulas, such as latency_p95",
        widget=forms.TextInput(attrs=MONO),
        error_messages={"invalid": "Start with a small letter; then small letters, digits and _ only, 60 at most."},
    )
    name = forms.CharField(max_length=120, help_text="as it is called in a sentence")
    task = forms.ChoiceField(choices=in_words, initial=DEFAULT, help_text="of the runs that have it")
    direction = forms.ChoiceField(
        label="Better is", choices=[("up", "higher"), ("down", "lower")], widget=forms.RadioSelect, initial="up"
    )
    formula = forms.CharField(
        label="Formula over the rows",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs=MONO | {"rows": 3, "data-completes": "names", "aria-autocomplete": "list"}),
        help_text="Reduce the rows to one number by sum(…), mean(…) or count(…), such as "
        "<code>sum(w * abs(y - p)) / sum(w)</code>. Empty: runs report the metric themselves.",
    )
    unit = forms.CharField(
        max_length=60,
        required=False,
        help_text="such as ms, EUR or booking; empty for a pure number",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    source = forms.CharField(max_length=500, required=False, help_text="where the definition comes from")


class WordsForm(forms.Form):
    """How a metric is called and explained, and the way to the better; what it computes does not change."""

    name = forms.CharField(max_length=120)
    direction = forms.ChoiceField(
        label="Better is", choices=[("up", "higher"), ("down", "lower")], widget=forms.RadioSelect, required=False
    )
    source = forms.CharField(max_length=500, required=False, help_text="where the definition comes from")

    def __init__(self, *args: Any, used_by: str = "", **kwargs: Any) -> None:
        """used_by: the mapping that uses the metric, so that its direction cannot change any more."""
        super().__init__(*args, **kwargs)
        if used_by:
            self.fields["direction"].disabled = True
            self.fields["direction"].help_text = f"fixed, as the mapping “{used_by}” uses it"

    def clean_direction(self) -> str:
        return str(self.cleaned_data["direction"] or self.initial["direction"])


@dataclass(frozen=True, kw_only=True)
class MetricSoFar:
    """What can be said of a metric so far. wrong: with the place of each fault.

    right: (label, what is in order). trial: the formula's value on a run, once it can be read.
    """

    wrong: tuple[Wrong, ...]
    right: tuple[tuple[str, str], ...]
    trial: queries.Trial | None
    better: str


def checked(product: Any, given: Mapping[str, Any]) -> MetricSoFar:
    """The live check: key, unit and formula, each as soon as there is something in it."""
    wrong: list[Wrong] = []
    right: list[tuple[str, str]] = []
    key, unit, formula = (str(given.get(name, "")).strip() for name in ("key", "unit", "formula"))
    task = str(given.get("task", ""))
    task = task if task in TASKS else DEFAULT
    if key and (fault := _key(product, key)):
        wrong.append(fault)
    elif key:
        right.append(("Key", f"“{key}” is free"))
    unit_fault = _unit(unit)
    if unit_fault:
        wrong.append(unit_fault)
    trial = None
    if formula:
        try:
            columns = registry.checked(product, task, formula)
        except Invalid as refused:
            wrong += [marked("Formula", fault, formula) for fault in refused.faults]
        else:
            right.append(("Formula", f"reads {', '.join(columns)}" if columns else "counts the rows"))
            trial = queries.tried(product, task, formula, "" if unit_fault else unit)
    direction = str(given.get("direction", ""))
    better = DIRECTION_WORDS.get(direction, "")
    return MetricSoFar(wrong=tuple(wrong), right=tuple(right), trial=trial, better=better)


def _key(product: Any, key: str) -> Wrong | None:
    try:
        MetricForm.base_fields["key"].clean(key)
        names.check_free(product, key)
    except ValidationError as error:
        return Wrong("Key", " ".join(error.messages))
    except Invalid as refused:
        return Wrong("Key", " ".join(words(fault) for fault in refused.faults))
    return None


def _unit(unit: str) -> Wrong | None:
    try:
        names.check_unit(unit)
    except Invalid as refused:
        return Wrong("Unit", " ".join(words(fault) for fault in refused.faults))
    return None
