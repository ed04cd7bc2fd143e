"""The form of an alert: its sentence with a field for each slot, and how and when it tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from metrics.queries.delivery.alerts.kind import Kind, whole
from metrics.services.delivery.webhook import BODIES
from reports.forms.offered import offer
from reports.forms.product import time_zones

UNITS = {"share": "%", "days": "days", "months": "months"}
TIME = {"type": "time"}


class AlertForm(forms.Form):
    """how: "now", "digest", or the id of a webhook."""

    receiver = forms.ChoiceField(label="Whom", required=False)
    how = forms.ChoiceField(label="How")
    quiet_from = forms.TimeField(
        label="Quiet from", initial="00:00", widget=forms.TimeInput(attrs=TIME, format="%H:%M")
    )
    quiet_until = forms.TimeField(
        label="until",
        initial="00:00",
        widget=forms.TimeInput(attrs=TIME, format="%H:%M"),
        help_text="what rings in these hours is told when they end; the same time twice: none are quiet",
    )
    time_zone = forms.ChoiceField(label="Time zone", choices=time_zones)

    def __init__(
        self,
        *args: Any,
        kind: Kind,
        currency: str,
        people: Sequence[tuple[str, str]],
        webhooks: Sequence[tuple[str, str]],
        slots: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        held = whole(kind.slots, slots or {})
        for slot in kind.slots:
            self.fields[slot.key] = forms.CharField(
                label=slot.label, max_length=20, initial=slot.shown(held[slot.key]), widget=forms.TextInput({"size": 6})
            )
        self.units = {slot.key: UNITS.get(slot.unit, currency) for slot in kind.slots}
        offer(self, "receiver", [("", "me"), *people])
        through = [(key, f"at once, through {name}") for key, name in webhooks]
        offer(self, "how", [("now", "at once, by mail"), ("digest", "in the next regular mail"), *through])

    def sentence(self) -> list[dict[str, Any]]:
        """The parts of the condition: words, or the bound field of a slot with its unit."""
        return [
            {"words": part} if isinstance(part, str) else {"field": self[part.key], "unit": self.units[part.key]}
            for part in self.kind.words
        ]

    def slots(self) -> dict[str, Any]:
        """As they were typed; the service reads them."""
        return {slot.key: self.cleaned_data[slot.key] for slot in self.kind.slots}


class MuteForm(forms.Form):
    days = forms.IntegerField(label="Mute for days", min_value=0, max_value=365)


class WebhookForm(forms.Form):
    product = forms.ChoiceField()
    name = forms.CharField(max_length=80, help_text="such as “warehouse”")
    kind = forms.ChoiceField(label="Read by", choices=[(key, body.label) for key, body in BODIES.items()])
    url = forms.CharField(
        label="Address", max_length=500, help_text="https, of a public server; what it leads on to is not followed"
    )

    def __init__(self, *args: Any, products: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "product", products)
