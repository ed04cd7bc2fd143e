"""Days are those where a product is: in Kiritimati it is always another day than in Pago Pago, 25 hours behind it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from metrics import jobs
from metrics.models.notice import Notice
from metrics.models.product import Product
from metrics.queries.documents.known import Known
from metrics.queries.kpi.grade import Grader
from metrics.queries.revenue.outlook import outlook
from metrics.services.delivery import notices
from metrics.services.kpi import kpis
from metrics.services.revenue import rates

pytestmark = pytest.mark.django_db

AHEAD, BEHIND = "Pacific/Kiritimati", "Pacific/Pago_Pago"


@pytest.fixture
def both(make_product):
    return make_product("Ahead", time_zone=AHEAD), make_product("Behind", time_zone=BEHIND)


def test_today_is_the_day_where_the_product_is(both):
    ahead, behind = (Known(product).today for product in both)
    assert behind < ahead
    assert ahead == (timezone.now() + timedelta(hours=14)).date()
    assert behind == (timezone.now() - timedelta(hours=11)).date()


def test_an_assumption_expires_when_its_day_is_over_where_the_product_is(both, manager):
    last = both[1].today()
    for product in both:
        kpis.create_assumption(
            manager,
            product,
            key="rate",
            name="Rate",
            distribution={"kind": "point", "value": 0.5},
            owner="manager",
            source="study",
            valid_until=last,
        )
    notices.write_due(jobs.put("notices", "all"))
    assert dict(Notice.objects.values_list("product__time_zone", "kind")) == {
        AHEAD: Notice.Kind.EXPIRED,
        BEHIND: Notice.Kind.EXPIRES_7,
    }
    Notice.objects.update(created_at=datetime(2026, 6, 30, 10, 30, tzinfo=UTC))
    client = Client()
    client.force_login(manager)
    found = client.get("/waiting/").content.decode().replace("\xa0", " ")
    assert "1 Jul 2026" in found
    assert "29 Jun 2026" in found


def test_money_on_it_is_graded_by_the_day_there(world, manager):
    behind = (timezone.now() - timedelta(hours=11)).date()
    held = world.product.assumptions.get(key="offer")
    kpis.update_assumption(
        manager,
        held,
        distribution={"kind": "interval90", "low": 0.04, "high": 0.06},
        owner="sales",
        source="study",
        valid_until=behind,
    )
    world.compute()
    total = outlook(Known(world.product)).document
    letters = {}
    for zone in (AHEAD, BEHIND):
        world.product.time_zone = zone
        letters[zone] = Grader(Known(world.product)).of(total).letter
    assert letters == {AHEAD: "D", BEHIND: "C"}


def test_a_rate_of_a_day_that_has_come_somewhere_is_taken(admin):
    day = (timezone.now() + timedelta(hours=14)).date()
    given = {"base": "USD", "quote": "EUR", "rate": "0.9", "source": "ECB"}
    assert rates.save_rates(admin, [given | {"date": day}]).added == 1


def test_the_days_on_a_products_page_are_those_of_its_time_zone(both, manager):
    Product.objects.update(created_at=datetime(2026, 6, 30, 10, 30, tzinfo=UTC))
    client = Client()
    client.force_login(manager)
    shown = {
        product.time_zone: client.get(f"/p/{product.slug}/settings/").content.decode().replace("\xa0", " ")
        for product in both
    }
    assert "1 Jul 2026" in shown[AHEAD]
    assert "29 Jun 2026" in shown[BEHIND]
    assert timezone.get_current_timezone_name() == "UTC"
