"""Forms of a decision: opening one, proposing a run, and the reason of an act."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from reports.forms.offered import offer

REASON = 500


class OpenForm(forms.Form):
    model = forms.ChoiceField(label="A champion of")
    ends_on = forms.DateField(
        label="Answers are revealed on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Whoever has not answered by then is left out. Without a day, the last to answer reveals them.",
    )

    def __init__(self, *args: Any, models: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "model", models)


class AskForm(forms.Form):
    """A new round."""

    ends_on = OpenForm.base_fields["ends_on"]


class ProposeForm(forms.Form):
    run = forms.ChoiceField(label="Champion becomes")
    reason = forms.CharField(
        label="Why this one",
        max_length=REASON,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Due where the rule says another. It stays on the record.",
    )

    def __init__(self, *args: Any, runs: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "run", runs)


class ReasonForm(forms.Form):
    """The words of an assent, a dissent, a signature, a refusal or a reversal."""

    reason = forms.CharField(
        label="Your reason", max_length=REASON, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, due: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "Your reason" if due else "Your remark"
        self.fields["reason"].required = due
