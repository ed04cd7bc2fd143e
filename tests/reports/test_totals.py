"""Totals say what they do not count: how much, why and since when; an expired assumption is what makes it so."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from metrics.core.estimate import Estimate, Unknown
from metrics.models.kpi import AssumptionVersion
from metrics.queries.documents.known import Known
from metrics.queries.kpi.grade import Grade
from metrics.queries.revenue.outlook import outlook
from metrics.queries.revenue.portfolio import portfolio
from metrics.services.kpi import kpis
from reports.words.phrases import not_counted

pytestmark = pytest.mark.django_db

D = Grade("D", "opinion", ("offer: no source",), date(2026, 5, 3))


@pytest.fixture
def expired(world, manager) -> Any:
    """The offer held until two days ago."""
    held = world.product.assumptions.get(key="offer")
    until = world.product.today() - timedelta(days=2)
    given = {"distribution": held.versions.first().distribution, "owner": "sales", "source": "study of 2016"}
    kpis.update_assumption(manager, held, **given, valid_until=until)
    world.compute()
    return until


def text(client: Any, person: Any, path: str) -> str:
    client.force_login(person)
    return client.get(path).content.decode().replace("\xa0", " ")


@pytest.mark.parametrize(
    ("total", "grade", "words"),
    [
        (Estimate(1_200_000.0, "EUR"), D, "X, 1.20 M EUR, grade D since 3 May 2026"),
        (Estimate(1_200_000.0, "EUR"), Grade("D", "opinion"), "X, 1.20 M EUR, grade D"),
        (Estimate(1_200_000.0, "USD"), Grade("C", "assumed"), "X, 1.20 M USD, no rate"),
        (Unknown("no projection is set up"), D, "X, no projection is set up"),
    ],
)
def test_what_is_left_out_is_named_with_its_amount_its_reason_and_its_day(total, grade, words) -> None:
    assert not_counted("X", total, grade, because="no rate").replace("\xa0", " ") == words


def test_an_expiry_turns_the_grade_to_d_from_the_day_after(world, expired) -> None:
    grade = outlook(Known(world.product)).grade
    assert (grade.letter, grade.since) == ("D", expired + timedelta(days=1))
    assert grade.reasons == (f"offer: expired on {expired:%-d %b %Y}",)


def test_the_oldest_reason_dates_the_grade(world, manager, expired) -> None:
    held = world.product.assumptions.get(key="growth")
    kpis.update_assumption(manager, held, distribution=held.versions.first().distribution, owner="sales", source="")
    world.compute()
    assert outlook(Known(world.product)).grade.since == expired + timedelta(days=1)
    long_ago = timezone.now() - timedelta(days=30)
    AssumptionVersion.objects.filter(assumption=held, number=2).update(created_at=long_ago)
    assert outlook(Known(world.product)).grade.since == timezone.localdate(long_ago)


def test_the_portfolio_says_what_it_does_not_count_how_much_why_and_since_when(
    march_2017, world, expired, executive, client
) -> None:
    found = text(client, executive, "/portfolio/")
    amount = outlook(Known(world.product)).total
    assert isinstance(amount, Estimate)
    start = found.index('id="coverage"')
    line = found[start : found.index("</p>", start)]
    since = expired + timedelta(days=1)
    assert "0 of 1 product in the total; not counted: Cancellation calls, " in line
    assert f"grade D since {since.day} {since:%b %Y}" in line.replace("Sept", "Sep")
    assert f"Offer: expired on {expired:%-d %b %Y}" in found
    assert isinstance(portfolio(executive).total, Unknown)


def test_the_product_page_says_that_it_is_in_no_total(world, expired, executive, client) -> None:
    found = text(client, executive, "/p/cancellation-calls/")
    assert "In no total: Cancellation calls, " in found
    assert "grade D since" in found


def test_a_total_that_counts_everything_says_nothing(world, march_2017, executive, client) -> None:
    assert 'id="coverage"' not in text(client, executive, "/portfolio/")
    assert "In no total" not in text(client, executive, "/p/cancellation-calls/")


def test_a_renewal_counts_it_again(march_2017, world, expired, manager, executive, client) -> None:
    held = world.product.assumptions.get(key="offer")
    given = {"distribution": held.versions.first().distribution, "owner": "sales", "source": "study of 2026"}
    kpis.update_assumption(manager, held, **given, valid_until=world.product.today() + timedelta(days=365))
    world.compute()
    assert isinstance(portfolio(executive).total, Estimate)
    assert 'id="coverage"' not in text(client, executive, "/portfolio/")


def test_a_projection_whose_months_are_over_is_not_counted_and_says_so(world, executive, client) -> None:
    """The world projects March 2017 to February 2018, and nobody said since what came."""
    found = text(client, executive, "/portfolio/")
    assert "not counted: Cancellation calls, " in found
    assert "Cancellation calls, its projection is of Mar 2017 to Feb 2018, which are over." in found
    assert "A manager can import the volume since Mar 2017." in found
    assert "No product has a figure that counts yet" in found
    own = text(client, executive, "/p/cancellation-calls/")
    assert "projected for Mar 2017 – Feb 2018, which is over" in own
    assert "A manager can import the volume since Mar 2017." in own  # no assumption makes it count again
    assert "Chance that the target was met" in own
    assert "Chance to meet" not in own.partition('id="what-if"')[0]
    assert " earn " not in own


def test_months_left_out_of_a_total_are_named_on_the_page(world, march_2017, executive, client, monkeypatch) -> None:
    monkeypatch.setattr("metrics.models.product.Product.today", lambda _: date(2017, 5, 31))
    found = text(client, executive, "/portfolio/")
    assert "Expected value, May 2017 – Feb 2018" in found
    gone = "Cancellation calls, Mar 2017 – Apr 2017: not in the expected value, for these months are over."
    assert gone in found
    own = text(client, executive, "/p/cancellation-calls/")
    assert "projected for Mar 2017 – Feb 2018, of which a part is over" in own
