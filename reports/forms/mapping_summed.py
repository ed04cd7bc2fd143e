"""Forms of the mappings that need no outcome of acting: what errors cost, and money by true and decided class."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django import forms

from metrics.core.kpi import class_matrix, cost

MONO = {"class": "mono", "autocomplete": "off", "spellcheck": "false", "data-completes": "names"}
PERS = [("case", "a case"), ("total", "all cases together")]
SHAPES = [
    ("linear", "in step with the error: twice as far off costs twice as much"),
    ("quadratic", "with its square: twice as far off costs four times as much"),
]
DECIDES = [
    ("predicted", "the predicted class"),
    ("least_cost", "the class that pays best on the row: the money of each decision, weighed by its probabilities"),
]
CLASS_RULES = ("says", "decide", "baseline", "per")


def _text(label: str, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=2000, widget=forms.TextInput(attrs=MONO), **more)


class ErrorCostForm(forms.Form):
    """What a prediction that is too low costs, and one that is too high."""

    says = forms.CharField(label="In a sentence", max_length=300, required=False)
    under = _text("Each unit predicted too low costs", initial="0")
    over = _text("Each unit predicted too high costs", initial="0")
    of = forms.CharField(
        label="One unit is", max_length=60, required=False, help_text="a noun in lower-case letters, such as night"
    )
    shape = forms.ChoiceField(label="The cost grows", choices=SHAPES, widget=forms.RadioSelect, initial="linear")
    per = forms.ChoiceField(label="The value is of", choices=PERS, initial="case")
    note = forms.CharField(label="What is new in this version", max_length=500, required=False)

    def fields_shown(self) -> list[forms.BoundField]:
        return [self[name] for name in ("says", "under", "over", "of", "shape", "per")]

    def definition(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "kind": cost.KIND,
            "under": given.get("under", ""),
            "over": given.get("over", ""),
            "of": given.get("of", ""),
            "shape": given.get("shape") or "linear",
            "per": given.get("per") or "case",
            "says": given.get("says", ""),
        }

    @staticmethod
    def names() -> dict[str, str]:
        return {f"definition.{name}": name for name in ("says", "under", "over", "of", "shape", "per")}

    @staticmethod
    def initial_of(definition: Mapping[str, Any]) -> dict[str, Any]:
        return {name: definition[name] for name in ("says", "under", "over", "of", "shape", "per")}


class ClassMatrixForm(forms.Form):
    """Money for each true class under each decision. classes: known from the run, the definition or what was sent."""

    says = forms.CharField(label="In a sentence", max_length=300, required=False)
    classes = forms.CharField(label="Classes", widget=forms.HiddenInput, required=False)
    decide = forms.ChoiceField(label="We decide for", choices=DECIDES, widget=forms.RadioSelect, initial="predicted")
    baseline = forms.ChoiceField(label="Compared with")
    per = forms.ChoiceField(label="The value is of", choices=PERS, initial="case")
    note = forms.CharField(label="What is new in this version", max_length=500, required=False)

    def __init__(self, *args: Any, classes: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.listed = _listed(self.data.get("classes")) or _listed(self.initial.get("classes")) or list(classes)
        self.listed = self.listed[: class_matrix.MOST_CLASSES]
        self.initial["classes"] = json.dumps(self.listed)
        always = [(name, f"deciding for {name} always") for name in self.listed]
        against = [("none", "nothing: the bare amount"), ("predicted", "deciding for the predicted class")]
        self.fields["baseline"].choices = [*against, *always]  # type: ignore[attr-defined]
        for i, truth in enumerate(self.listed):
            for j, decision in enumerate(self.listed):
                self.fields[f"cell_{i}_{j}"] = _text(f"{truth}, decided as {decision}", initial="0")

    def rows(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """Each true class with the fields of its decisions, for the template."""
        for i, truth in enumerate(self.listed):
            yield truth, [self[f"cell_{i}_{j}"] for j in range(len(self.listed))]

    def fields_shown(self) -> list[forms.BoundField]:
        return [self[name] for name in CLASS_RULES]

    def definition(self) -> dict[str, Any]:
        given = self.cleaned_data
        cells = {
            truth: {decision: given.get(f"cell_{i}_{j}") or "0" for j, decision in enumerate(self.listed)}
            for i, truth in enumerate(self.listed)
        }
        return {
            "kind": class_matrix.KIND,
            "classes": self.listed,
            "cells": cells,
            "decide": given.get("decide") or "predicted",
            "baseline": given.get("baseline") or "none",
            "per": given.get("per") or "case",
            "says": given.get("says", ""),
        }

    def names(self) -> dict[str, str]:
        cells = {
            f"definition.cells.{truth}.{decision}": f"cell_{i}_{j}"
            for i, truth in enumerate(self.listed)
            for j, decision in enumerate(self.listed)
        }
        return cells | {f"definition.{name}": name for name in CLASS_RULES}

    @staticmethod
    def initial_of(definition: Mapping[str, Any]) -> dict[str, Any]:
        classes = definition["classes"]
        cells = {
            f"cell_{i}_{j}": definition["cells"][truth][decision]
            for i, truth in enumerate(classes)
            for j, decision in enumerate(classes)
        }
        rules = {name: definition[name] for name in CLASS_RULES if name in definition}
        return cells | {"classes": json.dumps(classes)} | rules


def _listed(text: Any) -> list[str]:
    """The classes as they were sent; none where that is no list of texts."""
    try:
        found = json.loads(str(text or "[]"))
    except ValueError:
        return []
    fits = isinstance(found, list) and all(isinstance(name, str) and name for name in found)
    return list(dict.fromkeys(found)) if fits else []
