"""The portfolio by the API: the same period parameters, refused as fields, and the same figures as the query."""

import pytest

from metrics.core.periods import period
from metrics.queries.revenue.portfolio import portfolio

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("march_2017")]


def test_the_totals_of_a_period_are_those_of_the_page(world, executive, api) -> None:
    told = api(executive).get("/api/v1/portfolio/?period=fiscal-year&of=2017&against=last-year").json()
    found = portfolio(executive, period=period("fiscal-year", "2017", now="2017-03"))
    assert told["period"] == {"kind": "fiscal-year", "of": "2017", "months": list(found.period.months), "starts": 1}
    assert told["months"] == list(found.months)
    assert told["total"]["point"] == found.total.point
    assert told["realised"]["point"] == found.realised.point
    assert told["compared"]["against"] == "last-year"
    (line,) = told["products"]
    assert (line["product"], line["counted"], line["grade"]) == ("cancellation-calls", True, "C")
    assert line["part"]["point"] == found.total.point


def test_without_a_period_all_months_count(world, executive, api) -> None:
    told = api(executive).get("/api/v1/portfolio/").json()
    assert (told["period"], told["compared"]) == (None, None)
    assert told["total"]["point"] == portfolio(executive).total.point


@pytest.mark.parametrize(
    ("query", "field", "says"),
    [
        ("period=decade", "period", "is no period"),
        ("period=month&of=2017-13", "period", "is no month"),
        ("period=from-to&from=2017-03", "period", "needs both ends"),
        ("against=luck", "against", "nothing to compare with"),
    ],
)
def test_what_names_no_period_is_refused_with_its_field_cause_and_remedy(
    world, executive, api, query, field, says
) -> None:
    answer = api(executive).get(f"/api/v1/portfolio/?{query}")
    assert answer.status_code == 400
    (fault,) = answer.json()["errors"]
    assert fault["field"] == field
    assert says in fault["message"]
    assert fault["remedy"]


def test_a_person_sees_their_own_products_alone(world, outsider, api) -> None:
    told = api(outsider).get("/api/v1/portfolio/").json()
    assert told["products"] == []
    assert told["total"] == {"unknown": "no product has a figure that counts"}
