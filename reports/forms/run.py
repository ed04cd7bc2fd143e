"""Forms of the data scientist: logging a run, and withdrawing one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat


class Pairs(forms.CharField):
    """Text such as "split=test, country=PT" as {"split": "test", "country": "PT"}."""

    def to_python(self, value: Any) -> dict[str, str]:  # type: ignore[override]  # what the text says
        found: dict[str, str] = {}
        for part in str(super().to_python(value)).replace("\n", ",").split(","):
            name, sign, text = part.partition("=")
            if not part.strip():
                continue
            if not sign or not name.strip() or not text.strip():
                raise ValidationError(f"“{part.strip()[:60]}” is no column=value, such as split=test")
            found[name.strip()] = text.strip()
        return found

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(f"{a}={b}" for a, b in value.items()) if isinstance(value, dict) else value


class LogForm(forms.Form):
    """Predictions in a file, and what they are of. Names are those of the manifest."""

    FIRST = ("file", "model", "version", "where")

    file = forms.FileField(
        label="Predictions",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.parquet,.csv.gz"}),
        help_text="Parquet or CSV: example_id, y_true, y_score; further columns become segments and amounts",
    )
    model = forms.CharField(max_length=120, help_text="made when it is new")
    version = forms.CharField(max_length=120, help_text="made when it is new")
    name = forms.CharField(label="Name of the run", max_length=120, required=False, help_text="default: the version")
    where = Pairs(label="Only the rows where", required=False, help_text="such as split=test")
    reference = Pairs(
        label="Reference rows", required=False, help_text="to compare with for drift, such as split=valid"
    )
    rename = Pairs(label="Columns to rename", required=False, help_text="yours=ours, such as label=y_true, p=y_score")
    drop_missing = forms.BooleanField(label="Leave out rows without a score instead of refusing", required=False)
    seed = forms.IntegerField(required=False, min_value=0)
    code_commit = forms.CharField(label="Code commit", max_length=120, required=False)
    note = forms.CharField(max_length=2000, required=False)

    def __init__(self, *args: Any, most_bytes: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.most_bytes = most_bytes

    @property
    def first(self) -> list[forms.BoundField]:
        """What most uploads need."""
        return [self[name] for name in self.FIRST]

    @property
    def rest(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in self.FIRST]

    @property
    def rest_is_open(self) -> bool:
        """Whether something below the fold was filled in, or is wrong."""
        return any(field.errors or (self.is_bound and field.data) for field in self.rest)

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
        return {column: field for field in ("reference", "rename", "where") for column in self.cleaned_data[field]}

    def manifest(self) -> dict[str, Any]:
        """What the service takes; empty fields are left out."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "file"}
        return {name: value for name, value in given.items() if value not in (None, "", {}, False)}


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        label="Reason", max_length=500, help_text="stays on the run, for whoever asks why a figure moved"
    )
