"""Forms of an assumption: what is known of a quantity, by whom, from where, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from reports.forms.kpi import KEYED
from reports.forms.sent import WrittenFloat

INTERVAL = "interval90"
KINDS = {
    INTERVAL: "90 % sure between a and b",
    "point": "exactly",
    "pert": "low, most likely, high",
    "normal": "normal",
    "lognormal": "lognormal",
    "beta": "beta, a share",
}
FIELDS: dict[str, tuple[tuple[str, str], ...]] = {
    INTERVAL: (("low", "90 % sure it is above"), ("high", "and below")),
    "point": (("value", "Value"),),
    "pert": (("low", "Low"), ("mode", "Most likely"), ("high", "High")),
    "normal": (("mean", "Mean"), ("sd", "Standard deviation")),
    "lognormal": (("median", "Median"), ("sigma", "Spread of the logarithm")),
    "beta": (("alpha", "Alpha"), ("beta", "Beta")),
}
SHAPES = [
    ("normal", "both ways alike"),
    ("lognormal", "further upwards; above 0"),
    ("beta", "a share, between 0 and 1"),
]


class AssumptionForm(forms.Form):
    """A new version: its distribution by kind, its owner, source and expiry."""

    owner = forms.CharField(label="Owner", max_length=120, required=False)
    source = forms.CharField(
        label="Source",
        max_length=500,
        required=False,
        help_text="Without one, all money that stands on it is graded D.",
    )
    valid_until = forms.DateField(
        label="Valid until", required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )

    def __init__(self, *args: Any, kind: str = INTERVAL, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        shown: dict[str, forms.Field] = {name: WrittenFloat(label=label) for name, label in FIELDS[kind]}
        if kind == INTERVAL:
            shown["shape"] = forms.ChoiceField(label="Shape", choices=SHAPES, required=False)
        if kind != "point":
            shown["point"] = WrittenFloat(label="Best single value", required=False, help_text="else the mean")
        self.fields = {**self._naming(), **shown, **self.fields}

    def _naming(self) -> dict[str, forms.Field]:
        return {}

    @property
    def drawn(self) -> list[str]:
        """The fields that the picture is drawn from."""
        return [name for name in self.fields if name in self.names().values()]

    def distribution(self) -> dict[str, Any]:
        given = self.cleaned_data
        found: dict[str, Any] = {"kind": self.kind, **{name: given[name] for name, _ in FIELDS[self.kind]}}
        if self.kind == INTERVAL and given.get("shape", "normal") not in ("", "normal"):
            found["shape"] = given["shape"]
        if given.get("point") is not None:
            found["point"] = given["point"]
        return found

    def about(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("owner", "source", "valid_until")}

    @staticmethod
    def names() -> dict[str, str]:
        """The service's field → the form's."""
        parts = {name for fields in FIELDS.values() for name, _ in fields} | {"point", "shape"}
        return {f"distribution.{name}": name for name in parts}

    @staticmethod
    def initial_of(distribution: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in distribution.items() if name != "kind"}


class NewAssumptionForm(AssumptionForm):
    def _naming(self) -> dict[str, forms.Field]:
        return {
            "name": forms.CharField(
                label="Name", max_length=120, help_text="such as “Share of called guests who stay”"
            ),
            "key": forms.CharField(
                label="Key",
                max_length=60,
                required=False,
                widget=forms.TextInput(attrs=KEYED),
                help_text="left empty: from the name; formulas use it, and it never changes",
            ),
            "unit": forms.CharField(
                label="Unit",
                max_length=60,
                required=False,
                help_text="such as share, EUR, EUR/booking, EUR/MWh; empty for a number",
            ),
        }


class CorrectionForm(forms.Form):
    """What an assumption is called and its unit, while nothing stands on it."""

    name = forms.CharField(label="Name", max_length=120)
    unit = forms.CharField(
        label="Unit", max_length=60, required=False, help_text="such as share, EUR, EUR/booking, EUR/MWh"
    )

    def __init__(self, *args: Any, kept: str = "", **kwargs: Any) -> None:
        """kept: what its unit is kept for, if anything."""
        super().__init__(*args, **kwargs)
        self.kept = kept
        if kept:
            self.fields["unit"].disabled, self.fields["unit"].help_text = True, ""
