"""Months, pairs and rates pasted as text: what a line holds, what a column says, and what a refusal names."""

from datetime import date
from decimal import Decimal

import pytest

from metrics.services.kpi.actuals import read_actuals
from metrics.services.kpi.months_given import Parts
from metrics.services.kpi.pairs_given import PairRow, read_pairs
from metrics.services.revenue.rates import read_rates
from metrics.services.writing.refusal import Invalid


def months(text, **how):
    return [(f"{period:%Y-%m}", value) for period, value in read_actuals(text, **how).values]


def faults(read, text, **how):
    with pytest.raises(Invalid) as refused:
        read(text, **how)
    return refused.value.faults


def said(read, text, **how):
    return [(fault.code, fault.message, fault.remedy) for fault in faults(read, text, **how)]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("month;conversion\n2026-05;0,412\n2026-06;0,398", ["0.412", "0.398"]),
        ("Monat;Umsatz\n2026-05;987,50\n2026-06;1.000", ["987.50", "1000"]),
        ('month,revenue\n2026-05,"1,200.00"\n2026-06,"(1,200.00)"', ["1200", "-1200"]),
        ("month,rate\n05/2026,0.00034\n06/2026,0.00031", ["0.00034", "0.00031"]),
        ("Month\tOrders\nMay 2026\t1.2E+03\nJun 2026\t−54", ["1200", "-54"]),
        ("31/05/2026 41,5 %\n30/06/2026 0,2 %", ["0.415", "0.002"]),
        ("46143;5\n46174;6", ["5", "6"]),  # Excel's numbers of 2026-05-01 and 2026-06-01
    ],
)
def test_months_are_read_as_sheets_hold_them(text, values):
    assert months(text) == [("2026-05", Decimal(values[0])), ("2026-06", Decimal(values[1]))]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (
            "month,orders,revenue\n2026-05,120,500\n2026-06,131,640",
            2,
            "has 3 cells where a month and its value are two",
        ),
        ("2026-05\t1204\t318\n2026-06\t1377\t341", 1, "has 3 cells"),
        ("2026-05 120 500", 1, "has 3 cells"),
        ("2026-08\t1210\t\n2026-09\t1188\t2", 2, "has 3 cells"),
        ("2026-08,1210\n2026-09,1,188", 2, "has 3 cells"),
        ("2026-08;1210\n2026-09", 2, "has 1 cell"),
        ("2026-08;1210\n2026-09;", 2, "has a month and no value"),
        ("2026-08;1210\nTotal;1210", 2, "“Total” is no month"),
        ("2026-08;1210\n2026-09;n/a", 2, "“n/a” is no number"),
        ("2026-08;1210\n2026-8;12", 2, "2026-08 stands in line 1 already"),
        ("01.08.2026;5\n02.08.2026;6", 2, "2026-08 stands in line 1 already"),
        ('month;"value\nof it"\n2026-08;many', 3, "“many” is no number"),
    ],
)
def test_a_refusal_names_line_cause_and_remedy(text, line, says):
    fault = faults(read_actuals, text)[0]
    assert (fault.field, fault.message.startswith(f"line {line}: ")) == ("text", True), fault.message
    assert says in fault.message
    assert fault.remedy


def test_a_value_in_two_readings_is_refused_and_settled_by_a_word():
    text = "2026-04;+1,250\n2026-05;-1,250"
    ((code, message, remedy),) = said(read_actuals, text)
    assert code == "ambiguous_decimal"
    assert message.startswith(
        "line 1: “+1,250” is 1250 with a decimal point and 1.25 with a decimal comma, and nothing"
    )
    assert "decimal “,” or decimal “.”" in remedy
    assert months(text, decimal=".") == [("2026-04", Decimal(1250)), ("2026-05", Decimal(-1250))]
    assert months(text, decimal=",") == [("2026-04", Decimal("1.25")), ("2026-05", Decimal("-1.25"))]


def test_a_month_in_two_readings_is_refused_and_settled_by_a_word():
    text = "01/02/2026;5\n01/04/2026;6"
    ((code, message, _),) = said(read_actuals, text)
    assert code == "ambiguous_dates"
    assert "is 2026-02-01 with the day first and 2026-01-02 with the month first" in message
    assert [month for month, _ in months(text, dates="dmy")] == ["2026-02", "2026-04"]
    assert said(read_actuals, text, dates="mdy")[0][1] == "line 2: 2026-01 stands in line 1 already"


def test_one_part_of_a_ratio_tells_how_the_other_is_written():
    read = read_actuals("month;numerator;denominator\n2026-05;0,5;1,250\n2026-06;0,75;1,300")
    assert [value for _, value in read.values] == [
        Parts(Decimal("0.5"), Decimal("1.25")),
        Parts(Decimal("0.75"), Decimal("1.3")),
    ]
    assert read.said == ("a comma is read as the sign before decimals, as in the other columns",)


def test_digits_that_are_not_kept_are_told():
    assert read_actuals("2026-05;0.30000000000000004").said == (
        "numbers are kept to 15 digits: 0.30000000000000004 as 0.3",
    )
    assert read_actuals("2026-05;0.000340000000001").said == ()


def test_pairs_are_read_by_their_columns():
    read = read_pairs("x;y;at\n0,45;1.234;31.05.2026\n0,52;1.190;30.06.2026")
    assert read.rows == [
        PairRow(x=0.45, y=1234, at=date(2026, 5, 31)),
        PairRow(x=0.52, y=1190, at=date(2026, 6, 30)),
    ]
    assert read.said == (
        "y: a comma is read as the sign before decimals, as in the other columns",
        "at: dates are read as day/month/year",
    )


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("x,y\n0,45,1234\n0,52,1190", "invalid", "line 2: has 3 cells where the columns x, y are two"),
        ('x,y\n1,"1,234"', "ambiguous_decimal", "row 1, y: “1,234” is 1234 with a decimal point"),
        ("x,y,at\n1,2,03/04/2026", "ambiguous_dates", "row 1, at: “03/04/2026” is 2026-04-03 with the day first"),
    ],
)
def test_pairs_that_cannot_be_read_for_certain_are_refused(text, code, says):
    ((found, message, remedy),) = said(read_pairs, text)
    assert (found, message.startswith(says), bool(remedy)) == (code, True, True), message


RATES = 'base,quote,date,rate,source\nEUR,KRW,2026-11-20,"1,720",Bank\nEUR,IDR,2026-11-20,"18,950",Bank'


def test_rates_in_two_readings_are_refused_and_settled_by_a_word_or_by_another_rate():
    (fault,) = faults(read_rates, RATES)
    assert (fault.field, fault.row, fault.code) == ("rate", 1, "ambiguous_decimal")
    assert [row["rate"] for row in read_rates(RATES, decimal=".").rates] == [1720, 18950]
    with_another = read_rates(RATES + "\nEUR,USD,2026-11-20,1.08,Bank").rates
    assert [row["rate"] for row in with_another] == [1720, 18950, Decimal("1.08")]


def test_rates_with_decimal_commas_in_a_comma_file_are_refused():
    (fault,) = faults(read_rates, "EUR,USD,2026-11-20,1,08,Bank")
    assert (fault.field, fault.row) == ("text", 1)
    assert "has 6 cells" in fault.message


def test_a_rate_is_of_a_day_and_days_are_read_by_their_column():
    assert read_rates("EUR;USD;20.11.2026;1,08;Bank").rates[0]["date"] == date(2026, 11, 20)
    (fault,) = faults(read_rates, "EUR;USD;11/2026;1,08;Bank")
    assert (fault.field, fault.row) == ("date", 1)
    assert "is a month, and no day of it" in fault.message
    assert faults(read_rates, "EUR;USD;03/04/2026;1,08;Bank")[0].code == "ambiguous_dates"
    assert read_rates("EUR;USD;03/04/2026;1,08;Bank", dates="mdy").rates[0]["date"] == date(2026, 3, 4)


@pytest.mark.parametrize(("text", "unit"), [("USD 1200", "EUR"), ("1.200,50 €", "USD/booking"), ("US$ 5", "EUR")])
def test_another_currency_than_that_of_the_kpi_is_refused(text, unit):
    (fault,) = faults(read_actuals, f"2026-05;{text}\n", unit=unit)
    assert "the KPI is in" in fault.message
    assert "Convert" in fault.remedy


@pytest.mark.parametrize(("text", "unit"), [("€ 1200", "EUR"), ("$ 1200", "USD"), ("$ 1200", "AUD"), ("USD 5", "")])
def test_its_own_currency_or_a_sign_of_several_is_read(text, unit):
    assert len(read_actuals(f"2026-05;{text}\n", unit=unit).values) == 1
