"""Forms of the product: the wizard, settings, members."""

from __future__ import annotations

from typing import Any

from django import forms

from metrics.core.calendar import MOST_MONTHS, places
from metrics.core.evidence.registry import CHECKS
from metrics.queries.product.own import ROLES
from reports.forms.offered import offer

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "JPY", "CNY", "INR", "AUD", "CAD", "BRL", "SGD")


def time_zones() -> list[tuple[str, str]]:
    names = sorted(name for name in places() if "/" in name and not name.startswith(("Etc/", "SystemV/")))
    return [("UTC", "UTC"), *((name, name) for name in names)]


class ProductForm(forms.Form):
    """What may be changed of a product."""

    name = forms.CharField(max_length=120, help_text="the business use case, such as “Cancellation calls”")
    sentence = forms.CharField(
        label="What it does, in one sentence",
        max_length=240,
        required=False,
        help_text="such as “We call guests whom the model expects to cancel.”",
    )
    case_noun = forms.CharField(
        label="One row is a",
        max_length=30,
        initial="case",
        help_text="in the singular, of one word or several: booking, customer, half hour",
    )
    time_zone = forms.ChoiceField(
        label="Time zone",
        choices=time_zones,
        initial="UTC",
        help_text="where its days and months begin; fixed once rows or observed values are kept",
    )
    fiscal_year_start = forms.TypedChoiceField(
        label="Fiscal year starts in", coerce=int, choices=[(i, name) for i, name in enumerate(MONTHS, 1)], initial=1
    )


class SettingsForm(ProductForm):
    """Settings of a product that is there, with what its KPIs are gated by."""

    def __init__(self, *args: Any, kept: str, **kwargs: Any) -> None:
        """kept: what the product has in months of its time zone, which fixes that."""
        super().__init__(*args, **kwargs)
        if kept:
            self.fields["time_zone"].disabled = True
            self.fields["time_zone"].help_text = f"where its months begin; fixed, for {kept} are kept in them"

    group = forms.CharField(
        label="Group",
        max_length=80,
        required=False,
        help_text="the business unit that it stands with in the portfolio, with a subtotal; empty for none",
        widget=forms.TextInput(attrs={"list": "groups", "autocomplete": "off"}),
    )
    gates = forms.MultipleChoiceField(
        label="Checks that a KPI stands on",
        choices=lambda: [(key, kind.name) for key, kind in CHECKS.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="When one of these fails for a run, its KPIs and money are of grade D and enter no total.",
    )
    direct_promotion = forms.BooleanField(
        label="A manager may make a version champion at once",
        required=False,
        help_text="Without it a champion is replaced by a decision alone, which the roles sign.",
    )


class RowsForm(forms.Form):
    """For how long rows of runs are kept."""

    months = forms.IntegerField(
        label="Keep rows for so many months",
        min_value=1,
        max_value=MOST_MONTHS,
        help_text="counted from when a run was logged",
    )


class WizardForm(ProductForm):
    """A new product; its currency is chosen once."""

    currency = forms.CharField(
        max_length=20,
        initial="EUR",
        help_text="of every money figure of the product; it cannot be changed later",
        widget=forms.TextInput(attrs={"list": "currencies", "autocomplete": "off"}),
    )
    field_order = ("name", "sentence", "currency", "case_noun", "time_zone", "fiscal_year_start")


class TypedForm(forms.Form):
    """That something grave is meant, said by typing what it is done to. named: that; mistaken: what a slip would do."""

    typed = forms.CharField(max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    label: str
    mistaken: str

    def __init__(self, *args: Any, named: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.named = named
        self.fields["typed"].label = self.label
        self.fields["typed"].help_text = f"type {named}, so that {self.mistaken} by mistake"

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"].strip()
        if typed != self.named:
            raise forms.ValidationError(f"This is not {self.named}. Type it as it stands there.")
        return typed


class ArchiveForm(TypedForm):
    label, mistaken = "Its address, typed", "no other product is archived"


class RemovalForm(TypedForm):
    label, mistaken = "What they sign in with, typed", "nobody else is removed"


class ResetMFAForm(TypedForm):
    label, mistaken = "What they sign in with, typed", "nobody else is let in without a code"


class MemberForm(forms.Form):
    username = forms.CharField(
        label="Name they sign in with, or mail",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="A mail address without an account is invited, with a link that holds for a day.",
    )
    role = forms.ChoiceField(choices=ROLES)

    def __init__(self, *args: Any, roles: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "role", [pair for pair in ROLES if pair[0] in roles])


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=ROLES, widget=forms.Select(attrs={"class": "field"}))


class GroupForm(forms.Form):
    """What a group gives. products: those that there are, as (slug, name)."""

    group = forms.CharField(label="Group", max_length=200, help_text="to the letter as the provider names it")
    product = forms.ChoiceField(label="In", required=False)
    role = forms.ChoiceField(label="Role", choices=[("", "–"), *ROLES], required=False)

    def __init__(self, given: Any = None, *, products: list[tuple[str, str]]) -> None:
        super().__init__(given)
        offer(self, "product", [("", "all products, as administrator"), *products])


class PersonForm(forms.Form):
    """Somebody who is to have an account."""

    username = forms.EmailField(
        label="Mail", max_length=150, help_text="A link goes there, that holds for a day and works once."
    )
