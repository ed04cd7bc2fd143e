"""The form of a definition, field by field as its kind asks for them."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django import forms
from django.forms.forms import DeclarativeFieldsMetaclass

from metrics.core.kpi.kind import PER_CHOICES, Field, MappingKind
from metrics.queries.documents.baselines import BaselineRuns
from metrics.queries.documents.known import Known
from metrics.queries.kpi.catalogue import baseline_runs
from reports.forms.offered import offer

PERS = list(PER_CHOICES)
MONO = {"class": "mono", "autocomplete": "off", "spellcheck": "false", "data-completes": "names"}
FORMULA, SENTENCE = 2000, 300  # characters
TEXT = 4000
MODEL = "model"


class _Abstract(DeclarativeFieldsMetaclass, ABCMeta):
    """A form with methods that each kind of form has to give."""


class DefinitionForm(forms.Form, metaclass=_Abstract):
    """What every form of a definition has. template: of its fields; title, sub: of the card that they stand in."""

    template: ClassVar[str] = "mapping/editor_fields.html"
    title: str = ""
    sub: str = ""

    note = forms.CharField(label="What is new in this version", max_length=500, required=False)

    def ask_model(self, models: Iterable[tuple[str, str]], *, may_name: bool) -> None:
        """Let one of several models, key and name, be chosen. may_name: whether the text may name each itself."""
        none = [("", "those that the formula names")] if may_name else [("", "choose a model")]
        self.fields[MODEL] = forms.ChoiceField(
            label="It is read from the champion of",
            choices=[*none, *models],
            required=not may_name,
        )

    @property
    def chosen_model(self) -> str | None:
        """The key of the model that was chosen; None where there was no choice."""
        return self.cleaned_data.get(MODEL) if MODEL in self.fields else None

    @abstractmethod
    def definition(self) -> dict[str, Any]:
        """What was written, as a definition that a service checks."""

    @abstractmethod
    def names(self) -> dict[str, str]:
        """The service's field → the form's."""

    @classmethod
    @abstractmethod
    def initial_of(cls, definition: Mapping[str, Any]) -> dict[str, Any]:
        """What stands in the fields for a definition that there is."""

    def fields_shown(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in ("note", MODEL)]


class FieldsForm(DefinitionForm):
    """A kind whose editor is a list of fields."""

    def __init__(self, *args: Any, kind: MappingKind, known: Known, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.title, self.sub = kind, kind.asks, kind.hint
        for each in kind.fields:
            self.fields[each.name] = _field(each)
            if each.runs:
                self._offer_runs(each, known)

    def _offer_runs(self, asked: Field, known: Known) -> None:
        """The field's own choices, the runs that may be a baseline, and what is chosen already, whatever it is."""
        choices = [*asked.choices, *baseline_runs(known)]
        chosen = str(self.initial.get(asked.name, ""))
        if chosen and chosen not in {value for value, _ in choices}:
            choices.append((chosen, BaselineRuns(known.product).called(chosen)))
        offer(self, asked.name, choices)

    def definition(self) -> dict[str, Any]:
        given = {each.name: self.cleaned_data.get(each.name) or each.first for each in self.kind.fields}
        return {"kind": self.kind.key, **given}

    def names(self) -> dict[str, str]:
        return {f"definition.{each.name}": each.name for each in self.kind.fields}

    @classmethod
    def initial_of(cls, definition: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in definition.items() if name != "kind"}


def _field(asked: Field) -> forms.Field:
    shared: dict[str, Any] = {"label": asked.label, "help_text": asked.help, "initial": asked.first}
    shared["required"] = asked.required
    if asked.kind in ("choice", "radio"):
        widget = forms.RadioSelect if asked.kind == "radio" else forms.Select
        return forms.ChoiceField(choices=asked.choices, widget=widget, **shared)
    if asked.kind == "text":
        return forms.CharField(max_length=SENTENCE, **shared)
    if asked.kind == "lines":
        return forms.CharField(max_length=TEXT, widget=forms.Textarea(attrs=MONO | {"rows": 4}), **shared)
    return forms.CharField(max_length=FORMULA, widget=forms.TextInput(attrs=MONO), **shared)
