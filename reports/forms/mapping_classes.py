"""The form of a matrix of classes: money by true and decided class."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms

from metrics.core.kpi import class_matrix
from metrics.queries.documents.known import Known
from metrics.queries.evaluation.classes import class_names
from reports.forms.mapping_fields import MODEL, MONO, PERS, DefinitionForm
from reports.forms.offered import offer

DECIDES = [
    ("predicted", "the predicted class"),
    ("least_cost", "the class that pays best on the row: the money of each decision, weighed by its probabilities"),
]
CLASS_RULES = ("says", "decide", "baseline", "per")


def _text(label: str, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=2000, widget=forms.TextInput(attrs=MONO), **more)


class ClassMatrixForm(DefinitionForm):
    """Money for each true class under each decision; the classes are the definition's, or the champion's."""

    template = "mapping/editor_classes.html"

    says = forms.CharField(label="In a sentence", max_length=300, required=False)
    classes = forms.CharField(label="Classes", widget=forms.HiddenInput, required=False)
    decide = forms.ChoiceField(label="We decide for", choices=DECIDES, widget=forms.RadioSelect, initial="predicted")
    baseline = forms.ChoiceField(label="Compared with")
    per = forms.ChoiceField(label="The value is of", choices=PERS, initial="case")

    def __init__(self, *args: Any, known: Known, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = _listed(self.data.get("classes")) or _listed(self.initial.get("classes"))
        self.listed = given or _of_champion(known, self.data.get(MODEL) or self.initial.get(MODEL))
        self.listed = self.listed[: class_matrix.MOST_CLASSES]
        self.initial["classes"] = json.dumps(self.listed)
        always = [(name, f"deciding for {name} always") for name in self.listed]
        against = [("none", "nothing: the bare amount"), ("predicted", "deciding for the predicted class")]
        offer(self, "baseline", [*against, *always])
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

    @classmethod
    def initial_of(cls, definition: Mapping[str, Any]) -> dict[str, Any]:
        classes = definition["classes"]
        cells = {
            f"cell_{i}_{j}": definition["cells"][truth][decision]
            for i, truth in enumerate(classes)
            for j, decision in enumerate(classes)
        }
        rules = {name: definition[name] for name in CLASS_RULES if name in definition}
        return cells | {"classes": json.dumps(classes)} | rules


def _of_champion(known: Known, key: Any) -> list[str]:
    """The classes of the champion of the model of this key, else of the first that has classes."""
    model = known.models.get(str(key or ""))
    runs = [known.champions.get(model.pk)] if model is not None else list(known.champions.values())
    return next((found for run in runs if (found := list(class_names(run)))), [])


def _listed(text: Any) -> list[str]:
    """The classes as they were sent; none where that is no list of texts."""
    try:
        found = json.loads(str(text or "[]"))
    except ValueError:
        return []
    fits = isinstance(found, list) and all(isinstance(name, str) and name for name in found)
    return list(dict.fromkeys(found)) if fits else []
