"""The page of exchange rates, and the portfolio that adds products of two currencies by them."""

import html
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from metrics.models.revenue import ExchangeRate
from metrics.queries.revenue.portfolio import portfolio
from metrics.queries.revenue.rates import month_end
from reports.pages.portfolio.page import portfolio_page
from reports.words.phrases import worded

pytestmark = pytest.mark.django_db

ONE = {"base": "USD", "quote": "EUR", "date": "2017-08-31", "rate": "0.92", "source": "ECB"}
LINES = "base,quote,date,rate,source\nUSD,EUR,2017-07-31,0.91,ECB\nUSD,EUR,2017-08-31,0.92,ECB\n"
MONTHS = [f"2016-{n}" for n in (10, 11, 12)] + [f"2017-{n:02d}" for n in range(1, 13)] + ["2018-01", "2018-02"]


def words(answer: Any) -> str:
    """What a page says, without its marks."""
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", html.unescape(text))


@pytest.fixture
def as_admin(client, admin):
    client.force_login(admin)
    return client


def test_an_administrator_adds_a_rate(as_admin) -> None:
    assert "No rate yet" in words(as_admin.get("/rates/"))
    answer = as_admin.post("/rates/", ONE, follow=True)
    assert "Rates: 1 added." in words(answer)
    assert "1 USD = 0.92 EUR" in words(answer)
    assert "31 Aug 2017" in words(answer)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("base", "usd", "three capital letters"),
        ("quote", "USD", "A rate is of two currencies"),
        ("rate", "0", "Is not above 0. Write the units of quote for one base"),
        ("date", "2999-01-01", "has not come yet"),
        ("source", "", "This field is required"),
    ],
)
def test_a_bad_field_is_told_beside_it_and_what_was_typed_stays(as_admin, field, value, said) -> None:
    answer = as_admin.post("/rates/", ONE | {field: value})
    assert answer.status_code == 422
    assert said in words(answer)
    assert 'value="0.92"' in answer.content.decode() or field == "rate"
    assert not ExchangeRate.objects.exists()


def test_a_pasted_sheet_is_imported(as_admin) -> None:
    answer = as_admin.post("/rates/", {"import": "1", "text": LINES}, follow=True)
    assert "Rates: 2 added." in words(answer)
    again = as_admin.post("/rates/", {"import": "1", "text": LINES.replace("0.91", "0.90")}, follow=True)
    assert "Rates: 1 replaced, 1 there already." in words(again)
    assert [row.exact for row in ExchangeRate.objects.all()] == ["0.92", "0.9"]


def test_a_file_is_imported(as_admin) -> None:
    file = SimpleUploadedFile("rates.csv", LINES.encode("utf-8-sig"))
    as_admin.post("/rates/", {"import": "1", "file": file})
    assert ExchangeRate.objects.count() == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("USD,EUR,31.8.,0.92,ECB", "date, row 3: “31.8.” is no date. Write a day that has come as 2017-08-31."),
        ("USD,EUR,2017-09-30,dear,ECB", "rate, row 3: “dear” is no number. Write the units of quote for one base"),
        (
            "usd,EUR,2017-09-30,0.92,ECB",
            "base, row 3: A currency has three capital letters, such as EUR. Write it as USD.",
        ),
        ("USD,EUR,2017-08-31,0.93,ECB", "date, row 3: USD/EUR on 2017-08-31 stands in row 2 already. Leave one"),
        ("USD,EUR,2017-09-30", "Row 3: has 3 cells"),
    ],
)
def test_one_bad_line_refuses_all_with_row_field_and_remedy(as_admin, line, said) -> None:
    answer = as_admin.post("/rates/", {"import": "1", "text": LINES + line})
    assert answer.status_code == 422
    assert said in words(answer)
    assert not ExchangeRate.objects.exists()


def test_nothing_pasted_and_no_text_are_told(as_admin) -> None:
    assert "Paste at least one rate, or choose a file." in words(as_admin.post("/rates/", {"import": "1"}))
    file = SimpleUploadedFile("rates.csv", b"\xff\xfe\x00")
    assert "Is no text that can be read: byte 2 is no UTF-16. Save it as CSV in UTF-8." in words(
        as_admin.post("/rates/", {"import": "1", "file": file})
    )


def test_a_rate_is_deleted_after_a_question(as_admin) -> None:
    as_admin.post("/rates/", ONE)
    row = ExchangeRate.objects.get()
    text = as_admin.get("/rates/").content.decode()
    assert f'data-opens="delete-{row.pk}"' in text
    assert f'action="/rates/{row.pk}/delete/"' in text
    assert as_admin.get(f"/rates/{row.pk}/delete/").status_code == 405
    assert "is deleted" in words(as_admin.post(f"/rates/{row.pk}/delete/", follow=True))
    assert as_admin.post(f"/rates/{row.pk}/delete/").status_code == 404


@pytest.mark.parametrize("name", ["scientist", "manager", "executive", "outsider"])
def test_others_read_and_are_refused_when_they_write(client, product, people, admin, name) -> None:
    row = ExchangeRate.objects.create(**ONE, created_by=admin)
    client.force_login(people[name])
    text = client.get("/rates/")
    assert "1 USD = 0.92 EUR" in words(text)
    assert "Add a rate" not in words(text)
    assert 'data-opens="delete' not in text.content.decode()
    assert client.post("/rates/", ONE | {"rate": "2"}).status_code == 403
    assert client.post(f"/rates/{row.pk}/delete/").status_code == 403
    assert ExchangeRate.objects.get().exact == "0.92"


def test_the_list_is_in_pages_the_newest_first(as_admin, admin) -> None:
    days = [date(2017, month, day) for month in (7, 8) for day in range(1, 31)]
    ExchangeRate.objects.bulk_create(
        ExchangeRate(**ONE | {"date": day, "rate": Decimal("0.9")}, created_by=admin) for day in days
    )
    first, last = words(as_admin.get("/rates/")), words(as_admin.get("/rates/?page=3"))
    assert "Rates 1 to 25 of 60" in first
    assert first.index("on 2017-08-30") < first.index("on 2017-08-06")
    assert "on 2017-07-01" in last
    assert "on 2017-07-01" not in first


def test_the_list_asks_as_many_questions_for_many_rates(as_admin, admin, django_assert_max_num_queries) -> None:
    days = [date(2017, 8, day) for day in range(1, 31)]
    ExchangeRate.objects.bulk_create(ExchangeRate(**ONE | {"date": day}, created_by=admin) for day in days)
    with django_assert_max_num_queries(20):
        as_admin.get("/rates/")


@pytest.fixture
def flights(world, make_product, people, log, compute):
    return type(world)(make_product("Flights", seed=13, currency="USD"), people, log, compute)


def kept(admin: Any, months: list[str]) -> None:
    ExchangeRate.objects.bulk_create(
        ExchangeRate(**ONE | {"date": month_end(month), "rate": Decimal(f"0.{71 + at}")}, created_by=admin)
        for at, month in enumerate(months)
    )


@pytest.mark.usefixtures("march_2017")
def test_without_rates_the_other_currency_is_left_out_and_it_is_told_where_to_add_them(
    world, flights, executive, client
) -> None:
    client.force_login(executive)
    answer = client.get("/portfolio/")
    missing = "no rate USD/EUR for 31 Oct 2016; an administrator adds it under Exchange rates"
    assert "1 of 2 products in the total; not counted: Flights, " in words(answer)
    lacking, _, remedy = missing.partition("; ")
    assert f"USD, {lacking}. It is in USD. {remedy.capitalize()}".lower() in words(answer).lower()
    assert 'href="/rates/">See the rates' in answer.content.decode()


@pytest.mark.usefixtures("march_2017")
def test_with_rates_the_total_holds_both_and_each_rate_is_printed_with_day_and_source(
    world, flights, admin, executive, client
) -> None:
    kept(admin, MONTHS[:5])
    client.force_login(executive)
    found = words(client.get("/portfolio/"))
    total = portfolio(executive).total
    assert total.unit == "EUR"
    assert worded(total).replace("\xa0", " ") in found
    assert "not counted" not in found.lower()
    assert "Flights in USD: each month at the rate of its end, last 1 USD = 0.75 EUR on 28 Feb 2017 (ECB)" in found
    for at, month in enumerate(MONTHS[:5]):
        rate = f"0.{71 + at}".rstrip("0")
        assert f"1 USD = {rate} EUR on {month_end(month):%-d %b %Y} (ECB)" in found


def test_months_that_are_not_over_are_told_apart_from_those_at_the_same_rate(world, flights, admin, executive) -> None:
    """Seen from 2017: February's rate is dated for February, and the newest for the months after it."""
    kept(admin, MONTHS[:5])
    today = date(2017, 3, 10)
    found = portfolio_page(portfolio(executive, today=today), waiting=[], past=[], changes=[], today=today)
    (told,) = found.conversions
    assert [one.months.replace("\xa0", " ") for one in told.rates] == [
        "Oct 2016",
        "Nov 2016",
        "Dec 2016",
        "Jan 2017",
        "Mar 2017 – Feb 2018",
    ]
    last = told.rates[-1].words.replace("\xa0", " ")
    assert last == "1 USD = 0.75 EUR on 28 Feb 2017 (ECB), the newest rate: these months are not over"
    assert told.rates[0].words.replace("\xa0", " ") == "1 USD = 0.71 EUR on 31 Oct 2016 (ECB)"


@pytest.mark.usefixtures("march_2017")
def test_the_reader_chooses_the_currency_of_the_totals_and_it_is_not_remembered(
    world, flights, admin, executive, client
) -> None:
    kept(admin, MONTHS[:5])
    client.force_login(executive)
    answer = client.get("/portfolio/?currency=USD")
    assert "<option selected>USD</option>" in answer.content.decode()
    assert "Cancellation calls in USD" not in words(answer)
    assert "Cancellation calls in EUR: each month at the rate of its end" in words(answer)
    assert "<option selected>EUR</option>" in client.get("/portfolio/").content.decode()


def test_with_one_currency_there_is_nothing_to_choose_and_no_rate(world, executive, client) -> None:
    client.force_login(executive)
    answer = client.get("/portfolio/")
    assert "Totals in" not in words(answer)
    assert "1 USD" not in words(answer)


def test_a_deleted_rate_is_listed_and_comes_back_as_it_was(as_admin, client, manager, product) -> None:
    as_admin.post("/rates/", ONE)
    assert 'id="deleted"' not in as_admin.get("/rates/").content.decode()
    as_admin.post(f"/rates/{ExchangeRate.objects.get().pk}/delete/")
    page = as_admin.get("/rates/")
    (row,) = page.context["deleted"]
    sent = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode().partition('id="deleted"')[2])
    assert "Rates: 1 added." in words(as_admin.post("/rates/", dict(sent), follow=True))
    back = ExchangeRate.objects.get()
    assert (back.base, back.quote, f"{back.date}", back.source) == (row["base"], row["quote"], row["date"], "ECB")
    assert back.exact == "0.92"
    assert as_admin.get("/rates/").context["deleted"] == []
    client.force_login(manager)
    assert client.get("/rates/").context["deleted"] == []
