"""Numbers as people write them: what a column says is read, what it leaves open is refused, nothing is misread."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.core.estimate import Estimate
from metrics.core.numerals import MINUS, Figure, numeral, word
from metrics.core.pasted.numbers import is_number, numbers, shown
from metrics.core.pasted.wrong import NotRead


def read(*texts, **how):
    return [None if value is None else shown(value) for value in numbers(texts, **how).values]


def refused(*texts, **how):
    with pytest.raises(NotRead) as caught:
        numbers(texts, **how)
    return [(one.at, one.code, one.message) for one in caught.value.wrong]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        (["0,412", "0,398", "0,405"], ["0.412", "0.398", "0.405"]),  # no group begins with 0
        (["987,50", "1.000", "1.204,75", "12.480"], ["987.5", "1000", "1204.75", "12480"]),
        (["-1,210", "-0,875"], ["-1.21", "-0.875"]),
        (["1.08", "1,720"], ["1.08", "1720"]),
        (["1.234.567"], ["1234567"]),
        (["1,234,567"], ["1234567"]),
        (["1,20,000", "85,000.50"], ["120000", "85000.5"]),  # of India
        (["12,34,567.89"], ["1234567.89"]),
        (["1’234.50", "1'234"], ["1234.5", "1234"]),
        (["1\u202f234,5", "1\u00a0234", "1 234"], ["1234.5", "1234", "1234"]),
        (["1234.567"], ["1234.567"]),  # four digits are no group
        (["1.2345"], ["1.2345"]),
        ([".5", "5."], ["0.5", "5"]),
        (["0.00034", "0.00031"], ["0.00034", "0.00031"]),
        (["007", "0"], ["7", "0"]),
        (["", "3", " "], [None, "3", None]),
    ],
)
def test_a_column_says_what_its_commas_and_points_are(column, values):
    assert read(*column) == values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(1,200.00)", "-1200"),
        ("€(1,200.00)", "-1200"),
        ("(5 %)", "-0.05"),
        (f"{MINUS}54", "-54"),
        ("–54.5", "-54.5"),
        ("54.5-", "-54.5"),
        ("+1.5", "1.5"),
        ("€ 80", "80"),
        ("-€1,200.50", "-1200.5"),
        ("1.200,50 EUR", "1200.5"),
        ("US$ 12.5", "12.5"),
        ("1.2E+06", "1200000"),
        ("1,25e3", "1250"),
        ("3.4E-04", "0.00034"),
        ("41.2%", "0.412"),
        ("0.75 M EUR", "750000"),
        ("59.6 k", "59600"),
        ("\ufeff12\u200e", "12"),
    ],
)
def test_signs_currencies_percents_and_exponents_are_read(text, value):
    assert read(text) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "many", "-", "–", "€", "1 2", "12 34", "1_000", "0x10", "nan", "inf", "1e999", "1e16", "--5", "-(5)", "(-5)",
        "+-5", "1.200,-", "1,2,3", "1.2.3", "1.234,567.8", "€5$", "5 %%", "١٢", "12 TEU", "5 TSD", "=1+1", "5–7",
        "1,23,45",
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused(text):
    assert [(at, code) for at, code, _ in refused(text)] == [(0, "invalid")]
    assert not is_number(text)


@pytest.mark.parametrize(
    ("column", "point", "comma"),
    [
        (["+1,250", "-1,250", "1,250"], ["1250", "-1250", "1250"], ["1.25", "-1.25", "1.25"]),
        (["1.720", "18.950"], ["1.72", "18.95"], ["1720", "18950"]),
        (["3", "1,000"], ["3", "1000"], ["3", "1"]),
    ],
)
def test_what_stays_open_is_refused_with_both_readings_and_settled_by_a_word(column, point, comma):
    ((_, code, message),) = refused(*column)
    assert code == "ambiguous_decimal"
    first = next(at for at in range(len(column)) if point[at] != comma[at])
    assert f"is {point[first]} with a decimal point and {comma[first]} with a decimal comma" in message
    assert read(*column, decimal=".") == point
    assert read(*column, decimal=",") == comma


def test_other_columns_of_the_file_tell_too_where_they_agree():
    assert read("1,250", beside=[["0.45", "3"]]) == ["1250"]
    assert read("1,250", beside=[["0,45"], ["7"]]) == ["1.25"]
    assert "as in the other columns" in numbers(["1,250"], beside=[["0,45"]]).said[0]
    assert refused("1,250", beside=[["0.45"], ["0,5"]])
    assert refused("1,250", beside=[["1,300"], ["7"]])


@pytest.mark.parametrize(
    ("column", "says"),
    [
        (["1.5", "1,5"], "“1,5” has a decimal comma and “1.5” a decimal point"),
        (["5 %", "0.05"], "“5 %” is a percent and “0.05” is none"),
        (["$5", "6", "€7"], "“$5” and “€7” are of different currencies"),
    ],
)
def test_a_column_of_two_kinds_is_refused(column, says):
    ((_, code, message),) = refused(*column)
    assert (code, message) == ("mixed", says)


def test_what_was_decided_is_said():
    assert numbers(["41,2 %", "5 %"]).said == ("percents are divided by 100: 41,2 % is 0.412",)
    assert numbers(["5", "6 €"]).said == ("the numbers are given in EUR",)
    assert numbers(["0.75 M"]).said == ("0.75 M is read as 750000",)
    assert numbers(["5", "1.5"]).said == ()


def grouped(digits, sign, sizes):
    """Digits with a sign between groups, whose sizes from the right are `sizes`, the last of them again and again."""
    groups, rest = [], digits
    for place in range(len(digits)):
        size = sizes[min(place, len(sizes) - 1)]
        groups.append(rest[-size:])
        rest = rest[:-size]
        if not rest:
            break
    return sign.join(reversed(groups))


STYLES = {
    "en": (",", ".", (3,)),
    "de": (".", ",", (3,)),
    "fr": ("\u202f", ",", (3,)),
    "ch": ("’", ".", (3,)),
    "in": (",", ".", (3, 2)),
    "plain": ("", ".", (3,)),
    "plain, comma": ("", ",", (3,)),
}
AMOUNTS = st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, allow_infinity=False, places=6)
AROUND = ("{}", "{} €", "EUR {}", "{} %")


def read_or_codes(column):
    """The values, or why the column is refused."""
    try:
        return list(numbers(column).values)
    except NotRead as refusal:
        return [one.code for one in refusal.wrong]


def written(value, style, places, around):
    between, sign, sizes = STYLES[style]
    whole, _, decimals = f"{abs(value):.{places}f}".partition(".")
    text = grouped(whole, between, sizes) + (sign + decimals if places else "")
    return around.format(f"{'-' if value < 0 else ''}{text}")


@given(
    st.lists(AMOUNTS, min_size=1, max_size=8), st.sampled_from([*STYLES]), st.integers(0, 6), st.sampled_from(AROUND)
)
def test_columns_of_each_style_are_read_exactly_or_refused_as_open(values, style, places, around):
    column = [written(value, style, places, around) for value in values]
    factor = 100 if "%" in around else 1
    truth = [Decimal(f"{value:.{places}f}") / factor for value in values]
    sign = STYLES[style][1]
    assert list(numbers(column, decimal=sign).values) == truth
    found = read_or_codes(column)
    assert found == truth or (found == ["ambiguous_decimal"] and places in (0, 3))


@given(st.floats(-1e12, 1e12), st.integers(0, 6), st.booleans())
def test_a_numeral_of_the_pages_is_read_back(value, places, signed):
    text = numeral(value, places=places, signed=signed)
    assert list(numbers([text], decimal=".").values) == [Decimal(f"{value:.{places}f}")]


@pytest.mark.parametrize("share", [0.5, 0.123456])
@pytest.mark.parametrize(("unit", "point"), [("EUR", 1234567.0), ("EUR", -54e6), ("EUR", 59_600.0), ("share", 0.412)])
def test_a_figure_of_the_pages_is_read_back_as_it_was_printed(unit, point, share):
    for figure in (Figure(point, unit), Figure(point, unit, {0.95: (point - share * abs(point), point + abs(point))})):
        found = word(figure)
        scale = {"": 1, "%": Decimal("0.01"), "k": 1000, "M": 10**6, "bn": 10**9}[found.scale]
        printed = Decimal(found.number.replace(",", "").replace(MINUS, "-"))
        assert list(numbers([str(found)], decimal=".").values) == [printed * scale]


@given(AMOUNTS)
def test_what_is_shown_is_read_back(value):
    assert numbers([shown(value)], decimal=".").values == (value,)
    assert Estimate(float(value)).point == float(shown(value))
