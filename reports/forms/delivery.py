"""Forms of what goes out: what, to whom, and when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from metrics.core.occasions import RULES, WEEKDAYS
from metrics.services.delivery.subscriptions import WHAT
from reports.forms.offered import offer
from reports.forms.product import time_zones

ATTACHED = (("pdf", "PDF"), ("pptx", "PPTX"), ("xlsx", "XLSX"))


class SubscriptionForm(forms.Form):
    """The days of the week and of the month have a field each; of the two the one that the rule reads is taken."""

    what = forms.ChoiceField(label="Send", choices=list(WHAT.items()), initial="portfolio")
    product = forms.ChoiceField(required=False, help_text="where it is of one product")
    receiver = forms.ChoiceField(label="To", required=False, help_text="a member of a product that you manage")
    rule = forms.ChoiceField(
        label="How often", choices=[(key, rule.label) for key, rule in RULES.items()], initial="weekly"
    )
    weekday = forms.TypedChoiceField(
        label="Weekday", coerce=int, choices=list(enumerate(WEEKDAYS)), initial=0, help_text="of a weekly one"
    )
    month_day = forms.IntegerField(
        label="Day of the month", min_value=1, max_value=31, initial=1, help_text="of a monthly one, on a day"
    )
    at = forms.TimeField(label="At", initial="07:00", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    time_zone = forms.ChoiceField(label="Time zone", choices=time_zones, help_text="of who reads it")
    attached = forms.MultipleChoiceField(
        label="With the pack as",
        choices=ATTACHED,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="of the product, or of the portfolio",
    )
    anew = forms.BooleanField(
        label="A pack made anew for each mail, not issued",
        required=False,
        help_text="nobody has looked at it, and it says so; else the newest issued one goes along, with its date",
    )
    only_moved = forms.BooleanField(
        label="Only when something has changed",
        required=False,
        help_text="else it comes every time, and says so where nothing moved",
    )

    def __init__(
        self, *args: Any, products: Sequence[tuple[str, str]], people: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        """products: slug and name of those that one sees; people: who one may send to, besides oneself."""
        super().__init__(*args, **kwargs)
        offer(self, "product", [("", "–"), *products])
        offer(self, "receiver", [("", "myself"), *people])
        if not people:
            del self.fields["receiver"]

    def given(self) -> dict[str, Any]:
        """What the service takes, but for the product and the receiver."""
        held = self.cleaned_data
        day = {"weekday": held["weekday"], "month day": held["month_day"]}.get(RULES[held["rule"]].day)
        named = ("what", "rule", "at", "time_zone", "only_moved", "attached", "anew")
        return {name: held[name] for name in named} | {"day": day}
