"""Writing exchange rates: all of them or none, each change in the audit, faults with row, field and remedy."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from metrics import access
from metrics.models.product import AuditEntry
from metrics.models.revenue import ExchangeRate
from metrics.services.revenue.rates import MOST_RATES, Saved, read_rates, remove_rate, save_rates
from metrics.services.writing.refusal import Invalid

AUGUST = {"base": "USD", "quote": "EUR", "date": date(2017, 8, 31), "rate": Decimal("0.92"), "source": "ECB"}


def refused(call, *given):
    with pytest.raises(Invalid) as found:
        call(*given)
    return [(one.row, one.field) for one in found.value.faults], found.value.faults


@pytest.mark.django_db
def test_rates_are_kept_as_given_and_written_to_the_audit(admin):
    more = AUGUST | {"date": date(2017, 7, 31), "rate": Decimal("0.0000000001")}
    assert save_rates(admin, [AUGUST, more]) == Saved(added=2, replaced=0, same=0)
    assert [(row.exact, row.created_by) for row in ExchangeRate.objects.all()] == [
        ("0.92", admin),
        ("0.0000000001", admin),
    ]
    entry = AuditEntry.objects.get(action="rate.write")
    assert (entry.actor, entry.subject) == (admin.mark, "USD/EUR on 2017-08-31")
    assert [one["date"] for one in entry.detail["rates"]] == ["2017-08-31", "2017-07-31"]


@pytest.mark.django_db
def test_a_rate_of_the_same_pair_and_day_takes_the_place_and_the_audit_keeps_what_it_was(admin):
    save_rates(admin, [AUGUST])
    july = AUGUST | {"date": date(2017, 7, 31)}
    assert save_rates(admin, [july, AUGUST | {"rate": Decimal("0.93")}]) == Saved(added=1, replaced=1, same=0)
    assert ExchangeRate.objects.get(date=AUGUST["date"]).exact == "0.93"
    written = AuditEntry.objects.filter(action="rate.write").order_by("created_at").last().detail["rates"]
    assert [(one["rate"], one.get("was", {}).get("rate")) for one in written] == [
        ("0.92", None),
        ("0.93", "0.9200000000"),
    ]


@pytest.mark.django_db
def test_the_same_again_changes_nothing(admin):
    save_rates(admin, [AUGUST])
    assert save_rates(admin, [AUGUST]) == Saved(added=0, replaced=0, same=1)
    assert AuditEntry.objects.filter(action="rate.write").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("base", "usd"),
        ("base", "DOLLAR"),
        ("quote", "E1R"),
        ("quote", "USD"),
        ("date", timezone.localdate() + timedelta(days=2)),
        ("rate", Decimal(0)),
        ("rate", Decimal(-1)),
        ("rate", Decimal("0.00000000001")),
        ("source", ""),
    ],
)
def test_one_bad_rate_refuses_all_and_names_row_field_and_remedy(admin, field, value):
    places, faults = refused(save_rates, admin, [AUGUST | {"date": date(2017, 7, 31)}, AUGUST | {field: value}])
    assert places == [(2, field)]
    assert faults[0].remedy
    assert not ExchangeRate.objects.exists()
    assert not AuditEntry.objects.filter(action="rate.write").exists()


@pytest.mark.django_db
def test_a_pair_and_day_given_twice_is_refused_and_so_is_too_many(admin):
    places, faults = refused(save_rates, admin, [AUGUST, AUGUST | {"rate": Decimal(2)}])
    assert places == [(2, "date")]
    assert "row 1" in faults[0].message
    assert refused(save_rates, admin, [AUGUST] * (MOST_RATES + 1))[0] == [(None, "text")]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["scientist", "manager", "executive", "outsider"])
def test_only_an_administrator_writes_and_everybody_signed_in_reads(product, people, admin, name):
    save_rates(admin, [AUGUST])
    with pytest.raises(access.Denied):
        save_rates(people[name], [AUGUST | {"rate": Decimal(2)}])
    with pytest.raises(access.Denied):
        remove_rate(people[name], ExchangeRate.objects.get())
    assert ExchangeRate.objects.get().exact == "0.92"
    assert access.may(people[name], "rate.list")


@pytest.mark.django_db
def test_a_deleted_rate_is_told_in_the_audit(admin):
    save_rates(admin, [AUGUST])
    remove_rate(admin, ExchangeRate.objects.get())
    assert not ExchangeRate.objects.exists()
    told = [entry.detail for entry in AuditEntry.objects.filter(action="rate.write") if "deleted" in entry.detail]
    assert [(one["deleted"]["pair"], one["deleted"]["date"]) for one in told] == [("USD/EUR", "2017-08-31")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change", [{"rate": Decimal(0)}, {"quote": "USD"}, {}], ids=["above 0", "two currencies", "one a pair and day"]
)
def test_the_table_itself_refuses_what_is_no_rate(admin, change):
    ExchangeRate.objects.create(**AUGUST, created_by=admin)
    day = {"date": date(2017, 9, 30)} if change else {}
    with pytest.raises(IntegrityError), transaction.atomic():
        ExchangeRate.objects.create(**AUGUST | day | change, created_by=admin)


@pytest.mark.parametrize(
    "text",
    [
        "USD,EUR,2017-08-31,0.92,ECB",
        "base,quote,date,rate,source\nUSD,EUR,2017-08-31,0.92,ECB\n",
        "\ufeffBase;Quote;Date;Rate;Source\r\n\r\nUSD;EUR;2017-08-31;0,92;ECB\r\n",
        "USD\tEUR\t2017-08-31\t0.92\tECB",
        'USD, EUR, 2017-08-31, "0,92", ECB',
    ],
)
def test_a_sheet_is_read_with_commas_semicolons_or_tabs(text):
    assert read_rates(text).rates == [AUGUST]


def test_a_source_with_a_comma_stands_in_quotation_marks():
    assert read_rates('USD,EUR,2017-08-31,0.92,"ECB, daily"').rates[0]["source"] == "ECB, daily"


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("USD,EUR,2017-08-31,0.92", "text"),
        ("USD,EUR,2017-08-31,0.92,ECB,daily", "text"),
        ("USD,EUR,08/2017,0.92,ECB", "date"),
        ("USD,EUR,2017-02-30,0.92,ECB", "date"),
        ("USD,EUR,2017-08-31,about 1,ECB", "rate"),
        ("USD,EUR,2017-08-31,NaN,ECB", "rate"),
        ("USD,EUR,2017-08-31,1e55,ECB", "rate"),
    ],
)
def test_what_cannot_be_read_is_named_by_row_and_field_with_a_remedy(line, field):
    places, faults = refused(read_rates, f"base,quote,date,rate,source\nUSD,EUR,2017-07-31,0.9,ECB\n{line}")
    assert places == [(2, field)]
    assert faults[0].remedy


@pytest.mark.parametrize("text", ["", " \n,,\n", "base,quote,date,rate,source"])
def test_nothing_to_import_is_said(text):
    assert refused(read_rates, text)[0] == [(None, "text")]
