"""Forms of what the business says: KPIs, targets, the projection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from metrics.core.kpi.months import AGGREGATIONS, PLACES
from metrics.core.unit_names import unit_words
from reports.forms.offered import offer
from reports.forms.sent import WrittenNumber

DIRECTIONS = [("up", "higher is better"), ("down", "lower is better")]
AGGREGATED = [(kind.key, kind.offers) for kind in AGGREGATIONS.values()]
Choices = Iterable[tuple[str, str]]
KEYED = {"class": "mono", "autocomplete": "off", "spellcheck": "false", "data-key-of": "id_name"}
"""Of a key's field: it is filled from the name while nobody has written in it."""


class MonthField(forms.DateField):
    """A calendar month, "2017-09"."""

    widget = forms.DateInput(format="%Y-%m", attrs={"type": "month", "placeholder": "2017-09"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m", "%Y-%m-%d"], **kwargs)


class KPIForm(forms.Form):
    """What a KPI is called, who owns it, and what it is over several months; what a signature covers is set once."""

    name = forms.CharField(label="Name", max_length=120)
    meaning = forms.CharField(label="What it means", max_length=240, required=False)
    direction = forms.ChoiceField(label="Direction", choices=DIRECTIONS)
    aggregation = forms.ChoiceField(label="Over several months it is", choices=AGGREGATED)
    owner = forms.CharField(label="Owner", max_length=120, required=False)

    unit = forms.CharField(
        label="Unit",
        max_length=60,
        required=False,
        help_text="such as EUR/booking, booking, share, GW, half hour; empty for a number",
    )

    field_order = ("name", "key", "unit", "meaning", "direction", "aggregation", "owner")

    def __init__(self, *args: Any, fixed: Iterable[str] = (), **kwargs: Any) -> None:
        """fixed: the fields that cannot be changed any more."""
        super().__init__(*args, **kwargs)
        for name in fixed:
            del self.fields[name]


class NewKPIForm(KPIForm):
    key = forms.CharField(
        label="Key",
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs=KEYED),
        help_text="left empty: from the name; formulas use it, and it never changes",
    )


class TargetForm(forms.Form):
    """What a KPI, or the product's revenue, should reach from one month to another."""

    kpi = forms.ChoiceField(label="What should reach it", required=False)
    value = WrittenNumber(label="Target", max_digits=16 + PLACES, decimal_places=PLACES)
    from_period = MonthField(label="From month")
    until_period = MonthField(label="Until month")

    def __init__(self, *args: Any, kpis: Choices = (), currency: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        revenue = ("", f"the product’s value, in {currency}")
        offer(self, "kpi", [revenue, *kpis])


class ProjectionForm(forms.Form):
    """Value a case × number of cases × growth, and the terms under which it becomes money."""

    TERMS = {
        "growth": "none: as its history grows",
        "adoption": "all cases",
        "ramp": "none: from the first month",
        "serving": "none",
        "intervention": "none beyond the value a case",
        "discount": "none",
    }

    value_kpi = forms.ChoiceField(label="Value a case")
    volume_kpi = forms.ChoiceField(label="Number of cases a month, from its actuals")
    revenue_kpi = forms.ChoiceField(
        label="Money that came, from its actuals",
        required=False,
        help_text="past projections are scored by it; without one, by what each month’s decisions were worth",
    )
    growth = forms.ChoiceField(label="Growth of the number of cases a year", required=False)
    adoption = forms.ChoiceField(label="Share of cases reached in the end", required=False)
    ramp = forms.ChoiceField(label="Months until they are reached", required=False)
    serving = forms.ChoiceField(label="Cost of running it, a month", required=False)
    intervention = forms.ChoiceField(label="Cost of each case acted on", required=False)
    discount = forms.ChoiceField(
        label="Discount a year", required=False, help_text="with one, the total is a present value"
    )
    months = forms.IntegerField(label="Months ahead", min_value=1, max_value=60, initial=12)

    def __init__(self, *args: Any, fits: Mapping[str, Choices], units: Mapping[str, str], **kwargs: Any) -> None:
        """fits: part → what is in the unit that it has to have; units: part → that unit."""
        super().__init__(*args, **kwargs)
        for name in ("value_kpi", "volume_kpi"):
            offer(self, name, list(fits[name]))
        for name, nothing in {"revenue_kpi": "none", **self.TERMS}.items():
            found = list(fits[name])
            offer(self, name, [("", nothing), *found])
            if not found:
                kind = "KPI" if name == "revenue_kpi" else "assumption"
                unit = unit_words(units[name])
                self.fields[name].help_text = f"no {kind} is {f'in {unit}' if unit else 'a share'} yet"
