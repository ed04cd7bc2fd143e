import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.core.units import UnitError, misspelt, noun, number, same, unit


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("EUR", "EUR"),
        ("EUR per booking", "EUR/booking"),
        ("EUR / booking / month", "EUR/booking/month"),
        ("bookings/month", "booking/month"),
        ("month*EUR", "EUR*month"),
        ("1/month", "1/month"),
        ("customer^2", "customer^2"),
        ("customer**2", "customer^2"),
        ("EUR^(1/2)", "EUR^(1/2)"),
        ("EUR·month", "EUR*month"),
        ("booking/booking", ""),
        ("EUR/share", "EUR"),
        ("share", ""),
        ("1", ""),
        ("  ", ""),
        ("false_alarm", "false_alarm"),
        ("GW", "GW"),
        ("EUR/MWh", "EUR/MWh"),
        ("kWh per customer", "kWh/customer"),
        ("hours", "hour"),
        ("half hour", "half_hour"),
        ("half-hours", "half_hour"),
        ("EUR per half hour per month", "EUR/half_hour/month"),
        ("room nights * month", "month*room_night"),
        ("m²", "m^2"),
    ],
)
def test_each_unit_has_one_spelling(text, spelt):
    assert str(unit(text)) == spelt
    assert unit(spelt) == unit(text)


def test_units_multiply_divide_and_take_powers():
    assert unit("EUR/booking") * unit("booking/month") == unit("EUR/month")
    assert unit("EUR") / unit("EUR") == number()
    assert (unit("EUR") / unit("EUR")).is_number
    assert str(unit("EUR") ** 2) == "EUR^2"
    assert unit("EUR^2/month") ** 0 == number()
    assert hash(unit("EUR per booking")) == hash(unit("EUR/booking"))


def test_currencies_and_time_units_are_never_converted():
    assert not same("EUR", "USD")
    assert not same("month", "year")
    assert not same("EUR", "")
    assert same("EUR per booking", "EUR/bookings")
    assert same("share", "")


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("eur", "EUR"),
        ("Usd", "USD"),
        ("EURO", "did you mean EUR"),
        ("%", "share"),
        ("EUR/", "after the last sign"),
        ("EUR//booking", "write it like EUR/booking"),
        ("*EUR", "write it like EUR/booking"),
        ("EUR booking", "join two units by / or *, such as EUR/booking"),
        ("t CO2", "join two units by / or *"),
        ("€", "write the currency € by its code: EUR"),
        ("€/booking", "EUR"),
        ("MWH", "did you mean MWh?"),
        ("Booking", "a noun has small letters: booking"),
        ("share of guests", "write the unit alone"),
        ("EUR^99", "powers"),
        ("EUR^(1/0)", "no meaning"),
        ("EUR**9**9", "write it like EUR/booking"),
        ("a" * 121, "at most 120 characters"),
        ("__import__('os')", "write it like EUR/booking"),
    ],
)
def test_a_text_that_is_no_unit_is_refused_with_the_remedy(text, remedy):
    with pytest.raises(UnitError, match=re.escape(remedy)) as refusal:
        unit(text)
    assert len(str(refusal.value)) < 300


def test_what_a_row_is_may_have_several_words_and_what_is_no_noun_is_refused():
    assert [noun(text) for text in ("Half-hour", "half  hours", "booking", "gw")] == [
        "half_hour",
        "half_hour",
        "booking",
        "gw",
    ]
    for text in ("", "share", "per", "5 rooms", "EUR/booking", "Стол"):
        with pytest.raises(UnitError):
            noun(text)


def test_a_symbol_without_its_capitals_is_a_unit_still_and_known_to_be_misspelt():
    assert str(unit("mwh")) == "mwh"  # what is stored stays what it was
    assert [misspelt(text) for text in ("EUR/mwh", "gw", "EUR/MWh", "booking")] == ["EUR/MWh", "GW", "", ""]


def test_units_cannot_grow_without_end():
    with pytest.raises(UnitError):
        (unit("EUR") ** 9) ** 9


@given(st.text(max_size=150))
def test_any_text_is_a_unit_or_a_unit_error(text):
    try:
        found = unit(text)
    except UnitError:
        return
    assert unit(str(found)) == found


FACTORS = st.lists(st.tuples(st.sampled_from(["EUR", "USD", "booking", "month"]), st.integers(-3, 3)), max_size=2)


@given(FACTORS, FACTORS)
def test_spelling_survives_every_product_and_quotient(first, second):
    left, right = number(), number()
    for name, power in first:
        left = left * unit(name) ** power
    for name, power in second:
        right = right * unit(name) ** power
    assert left * right / right == left
    assert unit(str(left / right)) == left / right
