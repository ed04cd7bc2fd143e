"""The period of the portfolio and of a product's page: the same months, remembered, and refused in words."""

import re
from typing import Any

import pytest

from metrics.core.estimate import Estimate, Unknown
from metrics.core.periods import period
from metrics.models.product import Product, Reading
from metrics.queries.documents.known import Known
from metrics.queries.revenue.in_period import in_period
from metrics.queries.revenue.outlook import outlook
from metrics.queries.revenue.portfolio import portfolio
from reports.words.phrases import worded

pytestmark = pytest.mark.usefixtures("march_2017")
OUTLOOK = "/p/cancellation-calls/"


def text(client: Any, person: Any, address: str) -> str:
    client.force_login(person)
    answer = client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode().replace("\xa0", " ").replace("&nbsp;", " "))


def own(world: Any, kind: str, of: str = "") -> Any:
    return in_period(outlook(Known(world.product)), period(kind, of, now="2017-03"))


def test_a_period_that_is_partly_past_shows_what_came_what_is_expected_and_both_together(
    world, executive, client
) -> None:
    """The months from October 2016 to February 2017 are over; of February nothing is known, and it is not projected."""
    held = own(world, "from-to", "2016-12..2017-01")
    assert isinstance(held.whole, Estimate)
    assert held.whole.point == pytest.approx(sum(held.realised[m].point for m in held.period.months))
    mixed = in_period(outlook(Known(world.product)), period("fiscal-year", "2017", now="2017-03"))
    assert (min(mixed.expected), max(mixed.expected)) == ("2017-03", "2017-12")
    assert mixed.lacking == ("2017-02",)
    assert isinstance(mixed.whole, Unknown)
    found = portfolio(executive, period=mixed.period)
    assert found.months == tuple(month for month in mixed.period.months if month != "2017-02")
    assert isinstance(found.total, Estimate)
    assert isinstance(found.realised, Estimate)
    assert isinstance(found.expected, Estimate)
    assert found.total.point == pytest.approx(found.realised.point + found.expected.point, rel=1e-9)
    assert found.total.draws == pytest.approx(found.realised.draws + found.expected.draws)
    page = text(client, executive, "/portfolio/?period=fiscal-year&of=2017")
    for figure in (found.total, found.realised, found.expected):
        assert worded(figure).split("\xa0")[0] in page
    assert "Expected, Jan 2017 and Mar 2017 – Dec 2017" in page
    assert "Cancellation calls, Feb 2017: not in the expected value, for it is neither known nor projected." in page
    assert "Realised, Jan 2017" in page
    assert "Still expected, Mar 2017 – Dec 2017" in page


def test_a_period_that_is_over_has_only_what_came(world, executive, client) -> None:
    found = portfolio(executive, period=period("quarter", "2016-Q4", now="2017-03"))
    assert found.over
    assert found.total == found.realised or found.total.point == found.realised.point
    page = text(client, executive, "/portfolio/?period=quarter&of=2016-Q4")
    assert "Realised, Q4 of the year 2016" in page
    assert "Still expected" not in page
    assert "expected, Q4" not in page


def test_the_target_of_a_period_is_that_of_exactly_its_months(world, executive, client) -> None:
    same = portfolio(executive, period=period("from-to", "2017-03..2018-02", now="2017-03"))
    assert (same.goal, isinstance(same.chance, Estimate)) == (50_000.0, True)
    assert same.total.point == pytest.approx(portfolio(executive).total.point, rel=1e-9)
    other = portfolio(executive, period=period("quarter", now="2017-03"))
    assert other.goal is None
    assert other.chance == Unknown(
        "Cancellation calls: no target for these months: the target is for 2017-03 to 2018-02"
    )
    page = text(client, executive, "/portfolio/?period=quarter")
    assert "no target for these months" in page


def test_a_period_without_a_month_that_is_known_or_projected_leaves_the_product_out_and_says_so(
    world, executive, client
) -> None:
    found = portfolio(executive, period=period("fiscal-year", "2030", now="2017-03"))
    assert (found.counted, found.outside[world.product.pk]) == (
        (),
        "it has no month of the period: its months are 2016-10 to 2018-02",
    )
    page = text(client, executive, "/portfolio/?period=fiscal-year&of=2030")
    assert "its months are Oct 2016 to Feb 2018" in page


@pytest.mark.parametrize(
    ("address", "says"),
    [("?period=decade", "“decade” is no period"), ("?period=month&of=2017-13", "“2017-13” is no month")],
)
@pytest.mark.parametrize("path", ["/portfolio/", OUTLOOK])
def test_a_bad_address_is_refused_with_a_sentence_and_the_default_is_shown(
    world, executive, client, path, address, says
) -> None:
    page = text(client, executive, path + address)
    assert says in page
    assert "Shown is every month that is known or projected." in page
    assert not Reading.objects.filter(period__gt="").exists()


def test_what_was_chosen_follows_the_person_and_the_address_wins(world, people, client) -> None:
    executive = people["executive"]
    text(client, executive, "/portfolio/?period=fiscal-year&against=last-year")
    held = Reading.objects.get(user=executive)
    assert (held.period, held.against) == ("period=fiscal-year", "last-year")
    client.logout()
    for path in ("/portfolio/", OUTLOOK):
        assert 'aria-current="true"> <span class="long">Fiscal year' in text(client, executive, path)
    assert 'aria-current="true">Quarter' in text(client, executive, OUTLOOK + "?period=quarter")
    assert 'aria-current="true">Quarter' in text(client, executive, "/portfolio/")
    text(client, executive, "/portfolio/?period=all")
    assert 'aria-current="true">All' in text(client, executive, OUTLOOK)
    assert not Reading.objects.exclude(user=executive).exists()


def test_a_fiscal_year_is_the_products_own_and_others_are_named(world, make_product, executive, client) -> None:
    Product.objects.filter(pk=world.product.pk).update(fiscal_year_start=9)
    make_product("Deposits", seed=12, fiscal_year_start=9)
    make_product("Flights", seed=13, fiscal_year_start=4)
    page = text(client, executive, "/portfolio/?period=fiscal-year")
    assert "Sep 2016 – Aug 2017" in page
    assert "Flights: the fiscal year begins in April; here the months are those of fiscal year 2017" in page
    assert "Sep 2016 – Aug 2017" in text(client, executive, OUTLOOK)


def test_the_ways_to_the_period_before_and_after_are_links(world, executive, client) -> None:
    page = text(client, executive, "/portfolio/?period=quarter&of=2017-Q1")
    assert 'href="/portfolio/?period=quarter&amp;of=2016-Q4" aria-label="Earlier: Q4 of the year 2016"' in page
    assert 'href="/portfolio/?period=quarter&amp;of=2017-Q2" aria-label="Later: Q2 of the year 2017"' in page
