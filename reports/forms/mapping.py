"""Forms of a mapping: which form a kind has, and that of the four outcomes with their money."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django import forms

from metrics.core.kpi import calibrated, class_matrix
from metrics.core.kpi import matrix as value_matrix
from metrics.core.kpi.decisions import CELLS
from metrics.core.kpi.kind import MappingKind
from metrics.queries.documents.known import Known
from metrics.queries.evaluation.rows import amount_columns
from reports.forms.calibration import CalibratedForm
from reports.forms.mapping_classes import ClassMatrixForm
from reports.forms.mapping_fields import MONO, PERS, DefinitionForm, FieldsForm
from reports.forms.offered import offer

THRESHOLDS = [
    ("per_row", "where it pays for that case, by its own amounts"),
    ("fixed", "where the score is above a fixed cut"),
    ("best", "above the cut that pays best, chosen on one half of the rows and scored on the other"),
]
BASELINES = [
    ("act_on_none", "acting on no one"),
    ("act_on_all", "acting on everyone"),
    ("none", "nothing: the bare amount"),
]


class MatrixForm(DefinitionForm):
    """What each of the four outcomes is worth: base + rate × an amount of the row."""

    template = "mapping/editor_matrix.html"
    threshold = forms.ChoiceField(label="We act", choices=THRESHOLDS, widget=forms.RadioSelect, initial="per_row")
    at = forms.FloatField(label="The fixed cut", min_value=0, max_value=1, required=False, initial=0.5)
    baseline = forms.ChoiceField(label="Compared with", choices=BASELINES, initial="act_on_none")
    per = forms.ChoiceField(label="The value is of", choices=PERS, initial="case")

    def __init__(self, *args: Any, known: Known, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        amounts = {name for run in known.champions.values() for name in amount_columns(run)}
        choices = [("", "no amount"), *((name, name) for name in sorted(amounts))]
        for cell in CELLS:
            self.fields[f"{cell}_says"] = forms.CharField(label="In a sentence", max_length=300, required=False)
            self.fields[f"{cell}_base"] = forms.CharField(
                label="Money a case", max_length=2000, initial="0", widget=forms.TextInput(attrs=MONO)
            )
            self.fields[f"{cell}_rate"] = forms.CharField(
                label="plus this share", max_length=2000, initial="0", widget=forms.TextInput(attrs=MONO)
            )
            self.fields[f"{cell}_column"] = forms.ChoiceField(label="of", choices=choices, required=False)

    def cells(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """Each cell with its fields, for the template."""
        for cell in CELLS:
            yield cell, [self[f"{cell}_{part}"] for part in ("says", "base", "rate", "column")]

    def rules(self) -> list[forms.BoundField]:
        return [self[name] for name in ("threshold", "at", "baseline", "per")]

    def definition(self) -> dict[str, Any]:
        given = self.cleaned_data
        threshold: dict[str, Any] = {"kind": given.get("threshold") or "per_row"}
        if threshold["kind"] == "fixed":
            at = given.get("at")
            threshold["at"] = 0.5 if at is None else at
        return {
            "kind": value_matrix.KIND,
            "cells": {
                cell: {
                    "base": given.get(f"{cell}_base") or "0",
                    "rate": given.get(f"{cell}_rate") or "0",
                    "column": given.get(f"{cell}_column") or None,
                    "says": given.get(f"{cell}_says") or "",
                }
                for cell in CELLS
            },
            "threshold": threshold,
            "baseline": given.get("baseline") or "act_on_none",
            "per": given.get("per") or "case",
        }

    def names(self) -> dict[str, str]:
        found = {
            f"definition.cells.{cell}.{part}": f"{cell}_{part}"
            for cell in CELLS
            for part in ("base", "rate", "column", "says")
        }
        found |= {f"definition.cells.{cell}": f"{cell}_base" for cell in CELLS}
        return found | {
            "definition.threshold.at": "at",
            "definition.threshold": "threshold",
            "definition.baseline": "baseline",
            "definition.per": "per",
        }

    @classmethod
    def initial_of(cls, definition: Mapping[str, Any]) -> dict[str, Any]:
        cells = definition["cells"]
        found = {f"{cell}_{part}": cells[cell].get(part) or "" for cell in CELLS for part in cells[cell]}
        found |= {"threshold": definition["threshold"]["kind"], "at": definition["threshold"].get("at", 0.5)}
        return found | {"baseline": definition["baseline"], "per": definition["per"]}


EDITORS: dict[str, type[MatrixForm | ClassMatrixForm | CalibratedForm]] = {
    value_matrix.KIND: MatrixForm,
    class_matrix.KIND: ClassMatrixForm,
    calibrated.KIND: CalibratedForm,
}
"""Kind → its form, of the kinds that have one of their own; every other is asked for field by field."""


class NewMappingForm(forms.Form):
    """Which KPI a new mapping gives, and what it is called."""

    kpi = forms.ChoiceField(label="KPI that it gives")
    name = forms.CharField(label="Name of the mapping", max_length=120, help_text="such as “Value per call”")

    def __init__(self, *args: Any, kpis: Iterable[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "kpi", list(kpis))


class ObjectionForm(forms.Form):
    reason = forms.CharField(
        label="What would have to change",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It is kept, and its author reads it.",
    )


def written_as(kind: MappingKind, definition: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in the fields of a kind's form for a definition."""
    return EDITORS.get(kind.key, FieldsForm).initial_of(definition)


def definition_form(
    kind: MappingKind, known: Known, *, data: Any = None, initial: Mapping[str, Any] | None = None
) -> DefinitionForm:
    """The form of a kind of definition."""
    editor = EDITORS.get(kind.key)
    given = dict(initial or {})
    form = (
        editor(data, known=known, initial=given) if editor else FieldsForm(data, kind=kind, known=known, initial=given)
    )
    if len(known.models) > 1:
        form.ask_model([(key, one.name) for key, one in known.models.items()], may_name=kind.names_metrics)
    return form
