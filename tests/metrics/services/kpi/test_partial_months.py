"""Months that run, and months to come: what is known of the one is marked as partial, the other is refused."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from metrics.core.calendar import later, month_of
from metrics.models.kpi import Actual
from metrics.models.work import Change
from metrics.queries.documents.known import Known
from metrics.queries.kpi import restatement
from metrics.queries.revenue.outlook import outlook
from metrics.services.kpi import calibration, kpis, undone
from metrics.services.kpi.calibration import PairRow
from metrics.services.kpi.months_given import new_actuals
from metrics.services.writing.refusal import Invalid

pytestmark = pytest.mark.django_db

JANUARY, FEBRUARY = date(2017, 1, 1), date(2017, 2, 1)
WHILE, AFTER = datetime(2017, 1, 12, tzinfo=UTC), datetime(2017, 2, 3, tzinfo=UTC)


def first_of(month):
    return date.fromisoformat(f"{month}-01")


def running(product):
    return month_of(timezone.now(), product.time_zone)


def make(manager, product, key="orders", aggregation="sum"):
    return kpis.create_kpi(manager, product, key=key, name=key.capitalize(), aggregation=aggregation)


def bring(manager, of, *months, known_at=None):
    values = [(month if isinstance(month, date) else first_of(month), Decimal(value)) for month, value in months]
    return kpis.import_actuals(manager, of, values=values, source="shop", known_at=known_at)


@pytest.fixture
def orders(manager, product):
    return make(manager, product)


def test_a_month_to_come_is_refused_by_its_row_and_nothing_is_written(manager, product, orders):
    now = running(product)
    with pytest.raises(Invalid) as refused:
        bring(manager, orders, (later(now, -1), 5), (later(now, 1), 7), (later(now, 12), 8))
    first, second = refused.value.faults
    assert (first.field, first.row, second.row) == ("period", 2, 3)
    assert first.message.startswith(f"{later(now, 1)} has not come yet")
    assert "Check the year" in first.remedy
    assert not Actual.objects.exists()
    assert not Change.objects.exists()
    with pytest.raises(Invalid, match="has not come yet"):
        new_actuals(orders, [(first_of(later(now, 1)), Decimal(7))])


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata"])
def test_the_running_month_is_that_of_the_product(manager, make_product, zone):
    product = make_product("Elsewhere", time_zone=zone)
    of = make(manager, product)
    there = f"{timezone.now().astimezone(ZoneInfo(zone)):%Y-%m}"
    (row,) = bring(manager, of, (there, 402))
    assert row.partial
    with pytest.raises(Invalid):
        bring(manager, of, (later(there, 1), 402))


def test_a_month_is_over_at_midnight_of_the_place_and_not_of_utc(manager, make_product):
    eve = datetime(2017, 1, 31, 20, tzinfo=UTC)  # 1 February, 1:30 there
    kolkata = make(manager, make_product("Kolkata", time_zone="Asia/Kolkata"))
    london = make(manager, make_product("London", time_zone="Europe/London"))
    assert [bring(manager, of, (JANUARY, 5), known_at=eve)[0].partial for of in (kolkata, london)] == [False, True]


def test_a_value_of_the_running_month_is_stored_as_partial_and_counts_nowhere(manager, product, orders):
    now = running(product)
    (before, row) = bring(manager, orders, (later(now, -1), 1188), (now, 402))
    assert (before.partial, row.partial) == (False, True)
    known = Known(product)
    assert known.actuals(orders) == [(later(now, -1), 1188.0)]
    assert known.observed(orders)[now].value.point == 402
    assert "before the month was over" in known.observed(orders)[now].partial


def test_it_stays_partial_when_the_month_is_over_and_says_since_when(manager, product, orders):
    bring(manager, orders, (JANUARY, 402), known_at=WHILE)
    assert Known(product).actuals(orders) == []
    assert Known(product).observed(orders)["2017-01"].partial == "entered on 12 Jan 2017, before the month was over"


def test_the_same_value_entered_after_the_month_completes_it(manager, product, orders):
    bring(manager, orders, (JANUARY, 402), known_at=WHILE)
    new = new_actuals(orders, [(JANUARY, Decimal(402)), (FEBRUARY, Decimal(5))], known_at=AFTER)
    assert (len(new.values), new.completed, new.restated, new.unchanged) == (2, 1, 0, 0)
    assert new.partial == [FEBRUARY]
    (row,) = bring(manager, orders, (JANUARY, 402), known_at=AFTER)
    assert not row.partial
    assert Known(product).actuals(orders) == [("2017-01", 402.0)]
    assert Known(product, at=AFTER - timedelta(days=1)).actuals(orders) == []
    undone.withdraw_actual(manager, row)  # what was known before stands again, and is partial
    assert Known(product).actuals(orders) == []
    assert Known(product).observed(orders)["2017-01"].partial


def test_the_same_partial_value_again_while_the_month_runs_changes_nothing(manager, orders):
    bring(manager, orders, (JANUARY, 402), known_at=WHILE)
    assert bring(manager, orders, (JANUARY, 402), known_at=WHILE + timedelta(days=3)) == []
    new = new_actuals(orders, [(JANUARY, Decimal(500))], known_at=WHILE + timedelta(days=3))
    assert (new.restated, new.completed) == (1, 0)


def test_a_partial_value_is_not_what_a_full_month_restates(manager, orders):
    bring(manager, orders, (JANUARY, 402), known_at=WHILE)
    bring(manager, orders, (JANUARY, 1200), known_at=AFTER)
    assert restatement.of_months(orders) == []
    bring(manager, orders, (JANUARY, 1210), known_at=AFTER + timedelta(days=9))
    (month,) = restatement.of_months(orders)
    assert (month.then.point, month.now.point, month.difference.point) == (1200, 1210, 10)


def test_neither_projection_nor_realised_months_take_a_partial_month_as_full(world, manager):
    world.compute()
    before = outlook(Known(world.product))
    newest = world.volume.actuals.order_by("period").last()
    following = later(f"{newest.period:%Y-%m}", 1)
    moment = datetime.fromisoformat(f"{following}-12T00:00:00+00:00")
    bring(manager, world.volume, (following, 1), known_at=moment)
    after = outlook(Known(world.product))
    assert (after.document, after.receipt) == (before.document, before.receipt)
    assert [month.period for month in after.realised] == [month.period for month in before.realised]
    bring(manager, world.volume, (newest.period, 1))  # of a month that is over it is a full value
    assert outlook(Known(world.product)).document != before.document


def test_a_pair_of_a_day_to_come_is_refused(world, manager):
    tomorrow = timezone.now().date() + timedelta(days=2)
    given = {"metric": "log_loss", "kind": "history", "rows": [PairRow(x=0.4, y=3.0, at=tomorrow)]}
    for act in (
        lambda: calibration.new_pairs(world.value, **given),
        lambda: calibration.import_pairs(manager, world.value, **given),
    ):
        with pytest.raises(Invalid, match="has not come yet"):
            act()
