"""Numbers that are typed into a field by themselves: read where they are certain, else both readings are said."""

import pytest
from django.utils.datastructures import MultiValueDict

from reports.forms.assumption import AssumptionForm
from reports.forms.kpi import TargetForm


def point(text):
    return AssumptionForm({"value": text, "owner": "Sales"}, kind="point")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12345", 12345), ("12.3450", 12.345), ("12,5", 12.5), ("1.234,5", 1234.5), ("1,234.5", 1234.5),
        ("1 200", 1200),
        ("(1,200.00)", -1200), ("−0,5", -0.5), ("€ 1.200,00", 1200), ("30 %", 0.3), ("1.2E+06", 1_200_000),
        ("0.00034", 0.00034), ("0.125", 0.125),
    ],
)  # fmt: skip
def test_what_is_certain_is_read(text, value):
    form = point(text)
    assert form.is_valid(), form.errors
    assert form.distribution() == {"kind": "point", "value": value}


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("12.345", ("12.345 with a decimal point", "12345 with a decimal comma", "Write 12345 or 12.3450.")),
        ("1,250", ("1250 with a decimal point", "1.25 with a decimal comma", "Write 1.25 or 1250.")),
    ],
)
def test_what_has_two_readings_says_both_and_what_to_write(text, readings):
    for form, field in ((point(text), "value"), (TargetForm({"value": text}), "value")):
        assert not form.is_valid()
        (said,) = form.errors[field]
        assert "column" not in said
        for words in readings[:2]:
            assert words in said
        assert set(readings[2].removeprefix("Write ").rstrip(".").split(" or ")) == set(
            said.partition("Write ")[2].rstrip(".").split(" or ")
        )


@pytest.mark.parametrize("value", [12.345, 12345.0, 0.5, 1e-7, 0.00034, -1.5, 1234.567])
def test_what_is_shown_to_be_changed_can_be_sent_again(value):
    shown = AssumptionForm(kind="point", initial={"value": value})["value"].value()
    form = AssumptionForm(MultiValueDict({"value": [shown]}), kind="point")
    assert form.is_valid(), form.errors
    assert form.distribution()["value"] == value


def test_what_is_no_number_is_refused_with_a_remedy():
    assert "is no number" in str(point("x").errors["value"])
