"""What decisions earned against their promises, on the record, in the list and on the portfolio."""

from dataclasses import replace
from typing import Any

import pytest

from metrics.core.revenue.projecting import figures
from metrics.models.product import Product
from metrics.models.selection import Decision
from metrics.queries.documents.known import Known
from metrics.queries.selection.outcome import outcomes
from reports.pages.portfolio.past import past_decisions
from tests.kept_promises import SPRING

pytestmark = pytest.mark.django_db
LIST = "/p/cancellation-calls/decisions/"
ONE = f"{LIST}1/"


@pytest.fixture
def seen(client):
    def read(person: Any, path: str) -> str:
        client.force_login(person)
        response = client.get(path)
        assert response.status_code == 200
        return " ".join(response.content.decode().replace("\u00a0", " ").replace("&nbsp;", " ").split())

    return read


def test_before_a_month_is_over_the_record_says_why_it_is_not_scored(chosen, people, seen):
    text = seen(people["executive"], ONE)
    assert "Signed: second in place of one" in text
    assert "No whole month is over since it was signed; Apr 2017 is scored first, once it is known." in text
    assert "Month by month" not in text
    assert "no whole month is over" in seen(people["manager"], LIST)
    assert "Past decisions" not in seen(people["executive"], "/portfolio/")


def test_scored_months_stand_on_the_record_in_the_list_and_on_the_portfolio(chosen, deciding, people, seen):
    deciding.brought({"2017-04": 4_000, "2017-05": 5_000, "2017-06": 5_000})
    deciding.on(2017, 7, 5)
    text = seen(people["executive"], ONE)
    promise = figures({**chosen.record["promise"], "figure": "total"}, Known(deciding.product).source)
    promised = f"{sum(promise[month].point for month in SPRING) / 1000:.1f} k EUR promised"
    assert f"<h1>Kept so far: 14.0 k EUR earned in three months, {promised} for them</h1>" in text
    assert "second in place of one, signed on 10 Mar 2017." in text
    assert "3 of 3 months inside the 80 % band; 2.4 expected" in text
    assert "Jul 2017</dd>" in text
    assert "1 of 1 came inside the 80 % band of what was promised; 0.8 expected." in text
    came = text.partition('id="came"')[2]
    assert "1 of 1 objective measured since came as promised" in came
    assert "no run of second on other rows was scored since" in came
    listed = seen(people["scientist"], LIST)
    assert f"14.0 k EUR earned, {promised}, Apr 2017 – Jun 2017" in listed
    past = seen(people["executive"], "/portfolio/").partition('id="past"')[2]
    assert f"One decision in EUR: 14.0 k EUR earned, {promised}" in past
    assert "1 of 1 inside the 80 % band" in past


@pytest.mark.parametrize(
    ("times", "title", "sign"), [(0.1, "Less than promised", "Far below"), (10, "More than", "Far above")]
)
def test_a_promise_that_was_not_kept_says_to_which_side(chosen, deciding, people, seen, times, title, sign):
    deciding.brought(dict.fromkeys(SPRING, 4700 * times))
    deciding.on(2017, 7, 5)
    text = seen(people["executive"], ONE)
    assert f"<h1>{title}" in text
    assert sign in text
    assert "The promise does not hold" in text


def test_opinion_is_shown_and_in_no_total(chosen, deciding, people, seen):
    row = Decision.objects.get()
    Decision.objects.filter(pk=row.pk).update(record=row.record | {"promise_grade": "D"})
    deciding.brought(SPRING)
    deciding.on(2017, 7, 5)
    past = seen(people["executive"], "/portfolio/").partition('id="past"')[2]
    assert "One decision whose promise was opinion (grade D) in no total." in past
    assert "One decision in EUR" not in past


def test_money_of_two_currencies_is_never_added(chosen, deciding, people):
    deciding.brought(SPRING)
    deciding.on(2017, 7, 5)
    (one,) = outcomes([Known(deciding.product)]).values()
    other = outcomes([Known(deciding.product)])[one.decision.pk]
    other.decision.product = Product(slug="other", name="Other", currency="USD")
    found = past_decisions([one, replace(other, so_far=replace(other.so_far, unit="USD"))])
    assert [total.split(":")[0] for total in found.totals] == ["One decision in EUR", "One decision in USD"]


def test_what_was_known_then_is_computed_again_thing_by_thing(chosen, people, seen):
    text = seen(people["scientist"], ONE)
    assert "What was known then is the same, computed again" in text
    Decision.objects.update(digest="0" * 64)
    text = seen(people["scientist"], ONE)
    assert "Not all of what was known then is the same, computed again" in text
    assert '<span class="verdict bad">Differs</span> <span class="digest">0000' in text


def test_queries_of_the_record_and_the_portfolio_are_few(
    chosen, deciding, people, client, django_assert_max_num_queries
):
    deciding.brought(SPRING)
    deciding.on(2017, 7, 5)
    client.force_login(people["executive"])
    for path, most in ((ONE, 45), ("/portfolio/", 45), (LIST, 30)):
        client.get(path)
        with django_assert_max_num_queries(most):
            client.get(path)
