"""Forms of the data scientist: logging a run, and withdrawing one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat

from metrics.core.evaluation.metrics.tasks import DEFAULT, in_words
from metrics.services.writing.refusal import Invalid
from reports.forms.sent import DECIMAL


class Pairs(forms.CharField):
    """Text such as "split=test, country=PT" as {"split": "test", "country": "PT"}.

    nameless: whether a column may have no name, such as "=example_id"; then names may hold equals signs.
    """

    def __init__(self, *, nameless: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.nameless = nameless

    def to_python(self, value: Any) -> dict[str, str]:  # type: ignore[override]  # what the text says
        found: dict[str, str] = {}
        for part in str(super().to_python(value)).replace("\n", ",").split(","):
            name, sign, text = part.rpartition("=") if self.nameless else part.partition("=")
            if not part.strip():
                continue
            if not sign or not (name.strip() or self.nameless) or not text.strip():
                raise ValidationError(f"“{part.strip()[:60]}” is no column=value, such as split=test")
            found[name.strip()] = text.strip()
        return found

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(f"{a}={b}" for a, b in value.items()) if isinstance(value, dict) else value


class Level(forms.CharField):
    """A level such as "80", "80 %" or "0.8" as a share."""

    def to_python(self, value: Any) -> float | None:  # type: ignore[override]  # what the text says
        text = str(super().to_python(value)).replace(" ", "")
        if not text:
            return None
        try:
            number = float(text.removesuffix("%"))
        except ValueError:
            number = math.nan
        share = number / 100 if number >= 1 or text.endswith("%") else number
        if not 0 < share < 1:
            raise ValidationError(f"“{text[:20]}” is no level such as 80 % or 0.8")
        return round(share, 12)


def alike(manifest: Mapping[str, Any]) -> dict[str, str]:
    """What a form begins with so that its rows are chosen and read as those of a run before it were."""
    where = ", ".join(f"{name}={value}" for name, value in manifest.get("where", {}).items())
    return {name: text for name, text in (("where", where), ("time_zone", manifest.get("time_zone", ""))) if text}


class LogForm(forms.Form):
    """Predictions in a file, and what they are of. Names are those of the manifest."""

    field_order = ("task",)
    FIRST = ("task", "file", "model", "version", "where")

    file = forms.FileField(
        label="Predictions",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.csv.gz,.parquet"}),
        help_text="Parquet or CSV, or either in gzip; its columns are told under “What a row holds”",
    )
    task = forms.ChoiceField(
        choices=in_words,
        initial=DEFAULT,
        required=False,
        help_text="what the model predicts: it decides the columns",
        widget=forms.Select(
            attrs={"hx-get": "", "hx-target": "#of-task", "hx-select": "#of-task", "hx-swap": "outerHTML"}
        ),
    )
    model = forms.CharField(max_length=120, help_text="made when it is new")
    version = forms.CharField(max_length=120, help_text="made when it is new")
    name = forms.CharField(label="Name of the run", max_length=120, required=False, help_text="default: the version")
    where = Pairs(label="Only the rows where", required=False, help_text="such as split=test")
    reference = Pairs(
        label="Reference rows", required=False, help_text="to compare with for drift, such as split=valid"
    )
    rename = Pairs(
        label="Columns to rename",
        required=False,
        nameless=True,
        help_text="yours=ours, such as label=y_true, p=y_score; =example_id for a column without a name",
    )
    interval_level = Level(
        label="Level of the interval",
        required=False,
        help_text="of a forecast’s y_low to y_high, such as 80 %, where no name such as lo80 says it",
    )
    time_zone = forms.CharField(
        label="Its times are of", max_length=60, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    decimal = forms.ChoiceField(label="Before decimals in amounts stands", choices=DECIMAL, required=False)
    drop_missing = forms.BooleanField(label="Leave out rows without a score instead of refusing", required=False)
    seed = forms.IntegerField(required=False, min_value=0)
    code_commit = forms.CharField(label="Code commit", max_length=120, required=False)
    note = forms.CharField(max_length=2000, required=False)

    def __init__(self, *args: Any, most_bytes: int, time_zone: str, **kwargs: Any) -> None:
        """time_zone: of the product."""
        super().__init__(*args, **kwargs)
        self.most_bytes = most_bytes
        self.asked: tuple[str, ...] = ()
        self.fields["time_zone"].help_text = f"of times without a zone: Europe/Lisbon, UTC, +10:00; else {time_zone}"

    @property
    def first(self) -> list[forms.BoundField]:
        """What most uploads need."""
        return [self[name] for name in (*self.FIRST, *self.asked)]

    @property
    def rest(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in (*self.FIRST, *self.asked)]

    @property
    def rest_is_open(self) -> bool:
        """Whether something below the fold is filled in, or wrong."""
        return any(field.errors or (field.data if self.is_bound else field.initial) for field in self.rest)

    def clean_file(self) -> Any:
        sent = self.cleaned_data["file"]
        if sent.size > self.most_bytes:
            size, most = filesizeformat(sent.size), filesizeformat(self.most_bytes)
            raise ValidationError(
                f"It has {size}; at most {most} are taken. Send fewer rows, or Parquet instead of CSV."
            )
        return sent

    def fields_of_columns(self) -> dict[str, str]:
        """Column of the file → the field of the form that speaks of it."""
        given = {column: field for field in ("reference", "rename", "where") for column in self.cleaned_data[field]}
        return {"event_time": "time_zone"} | given

    def ask(self, refused: Invalid) -> None:
        """Show the field that settles what a column left open beside what most uploads need."""
        if any(fault.code == "ambiguous_decimal" for fault in refused.faults):
            self.asked = ("decimal",)

    def manifest(self) -> dict[str, Any]:
        """What the service takes; empty fields are left out."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "file"}
        return {name: value for name, value in given.items() if value not in (None, "", {}, False)}


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        label="Reason", max_length=500, help_text="stays on the run, for whoever asks why a figure moved"
    )
