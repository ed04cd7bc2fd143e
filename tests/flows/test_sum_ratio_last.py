"""A sum, a ratio and a level with targets of a quarter, as people see them: page and API, by arithmetic by hand."""

import re
from datetime import date

import pytest

from metrics.core.calendar import later

pytestmark = pytest.mark.django_db

MONTHS = ("2017-01", "2017-02", "2017-03")
KINDS = {
    # way: months as given, target, direction, over the quarter, met
    "sum": ([{"value": 5}, {"value": 7}, {"value": 6}], 10, "up", 18, True),
    "last": ([{"value": 5}, {"value": 7}, {"value": 6}], 7, "up", 6, False),
    "ratio": (
        [{"numerator": a, "denominator": b} for a, b in ((1, 10), (90, 100), (9, 90))],
        0.6,
        "down",
        100 / 200,  # the average of the three ratios would be 0.367
        True,
    ),
}


@pytest.fixture
def manager_api(api, manager):
    client = api(manager)

    class Door:
        def __getattr__(self, method):
            return lambda path, data=None: getattr(client, method)(f"/api/v1/products/cancellation-calls{path}", data)

    return Door()


@pytest.fixture
def board(product, manager_api, client, manager):
    """Makes a KPI of a way with its months and a target; gives the API's line, and the text of board and KPI page."""
    client.force_login(manager)

    def made(way, months=MONTHS, until=MONTHS[-1], given=None, target=None, direction=None):
        rows, goal, towards, *_ = KINDS[way]
        rows = given or rows
        body = {"key": way, "name": f"The {way}", "aggregation": way, "direction": direction or towards}
        assert manager_api.post("/kpis/", body).status_code == 201
        values = [{"period": month} | row for month, row in zip(months, rows, strict=False)]
        written = manager_api.post("/actuals/", {"kpi": way, "values": values})
        assert written.status_code == 201, written.content
        span = {"from_period": MONTHS[0], "until_period": until}
        assert manager_api.post("/targets/", {"kpi": way, "value": target or goal} | span).status_code == 201
        pages = [client.get(f"/p/cancellation-calls/kpis/{end}").content.decode() for end in ("", f"{way}/")]
        return manager_api.get(f"/kpis/{way}/").json(), *(re.sub(r"<[^>]+>|\s+", " ", page) for page in pages)

    return made


@pytest.mark.parametrize("way", KINDS)
def test_a_quarter_is_put_together_as_the_kpi_says_and_held_against_its_target(board, manager_api, way):
    *_, over_quarter, met = KINDS[way]
    line, page, own = board(way)
    assert line["value"]["point"] == pytest.approx(over_quarter)
    assert line["target"]["reached"]["point"] == pytest.approx(over_quarter)
    assert (line["target"]["met"], line["chance"], line["no_chance"]) == (met, None, "")
    assert line["observed"]["months"] == list(MONTHS)
    asked = manager_api.get(f"/kpis/{way}/observed/?from_period=2017-01&until_period=2017-03").json()
    assert asked["whole"]["point"] == pytest.approx(over_quarter)
    assert re.search(r"\bMet\b" if met else r"\bMissed\b", page)
    assert re.search(r"\bMet\b" if met else r"\bMissed\b", own)
    assert "Jan 2017 – Mar 2017" in own


def test_the_board_shows_eighteen_and_not_six(board):
    _, page, own = board("sum")
    assert re.search(r"The sum\s+18\s", page)
    assert "Observed in Jan 2017 – Mar 2017; no mapping gives it" in own


@pytest.mark.parametrize("way", ["sum", "ratio"])
def test_a_month_that_is_missing_is_said_and_never_counted_as_full(board, way):
    rows = KINDS[way][0]
    line, page, _own = board(way, months=(MONTHS[0], MONTHS[2]), given=[rows[0], rows[2]])
    assert line["target"]["met"] is None
    assert line["target"]["reached"]["unknown"] == "2017-02: no value is known"
    assert line["observed"]["lacking"] == [{"period": "2017-02", "reason": "no value is known"}]
    assert line["observed"]["counted"] == ["2017-01", "2017-03"]
    assert (line["chance"], line["no_chance"]) == (None, "2017-02: no value is known")
    assert "2 of the target’s three months" in page
    assert not re.search(r"\bMet\b", page)
    assert "Missed" not in page


def test_the_last_of_a_quarter_needs_its_last_month_only(board):
    rows = KINDS["last"][0]
    line, page, _ = board("last", months=(MONTHS[0], MONTHS[2]), given=[rows[0], rows[2]])
    assert (line["value"]["point"], line["target"]["met"]) == (6, False)
    assert "Missed" in page


def test_ratios_without_parts_have_no_value_over_a_quarter_and_the_remedy_is_told(board):
    line, page, _own = board("ratio", given=[{"value": 0.1}, {"value": 0.9}, {"value": 0.1}])
    assert "enter the numerator and the denominator of each month" in line["value"]["unknown"]
    assert line["target"]["met"] is None
    assert "enter the numerator and the denominator" in page


def test_a_target_beyond_the_months_known_stands_beside_what_they_give(board):
    line, page, _ = board("sum", until="2017-06", target=100)
    assert line["value"]["point"] == 18
    assert line["target"]["met"] is None
    assert "3 of the target’s six months" in page
    assert line["no_chance"].startswith("2017-04: no value is known; 2 more of the 6 months")


def test_a_target_of_months_to_come_is_held_against_none_before_it(board, manager_api, client):
    line, *_ = board("sum", until="2017-03")
    target = line["target"]["id"]
    assert (
        manager_api.post(
            "/targets/", {"kpi": "sum", "value": 10, "from_period": "2090-01", "until_period": "2090-03"}
        ).status_code
        == 201
    )
    assert client.post(f"/p/cancellation-calls/targets/{target}/withdraw/").status_code == 302
    line = manager_api.get("/kpis/sum/").json()
    assert (line["value"]["point"], line["observed"]["of_target"], line["target"]["met"]) == (6, False, None)
    for end in ("", "sum/"):
        page = client.get(f"/p/cancellation-calls/kpis/{end}").content.decode()
        assert "no month of the target is over and observed" in page


def test_the_month_that_runs_is_told_and_compared_with_nothing(board, manager_api, product):
    now = f"{date.today():%Y-%m}"  # noqa: DTZ011 - the product is in UTC, as the machine is
    months = [later(now, step) for step in (-2, -1, 0)]
    body = {"key": "orders", "name": "Orders", "aggregation": "sum"}
    assert manager_api.post("/kpis/", body).status_code == 201
    values = [{"period": month, "value": value} for month, value in zip(months, (5, 7, 100), strict=True)]
    preview = manager_api.post("/actuals/", {"kpi": "orders", "values": values, "preview": True}).json()
    assert (preview["would_write"], preview["partial"]) == (3, [now])
    assert manager_api.post("/actuals/", {"kpi": "orders", "values": values}).json()["partial"] == [now]
    span = {"from_period": months[0], "until_period": now}
    assert manager_api.post("/targets/", {"kpi": "orders", "value": 10} | span).status_code == 201
    line = manager_api.get("/kpis/orders/").json()
    assert line["value"]["point"] == 12
    assert line["target"]["met"] is None
    assert (line["observed"]["running"]["period"], line["observed"]["running"]["value"]) == (now, 100)
    assert "before the month was over" in line["no_chance"]
    marked = {row["period"]: row["partial"] for row in manager_api.get("/actuals/?kpi=orders").json()["results"]}
    assert marked == {months[0]: False, months[1]: False, now: True}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from_period=2017-01", "until_period"),
        ("from_period=soon&until_period=2017-02", "from_period"),
        ("from_period=2017-02&until_period=2017-01", "until_period"),
        ("from_period=1990-01&until_period=2017-01", "until_period"),
    ],
)
def test_a_span_that_cannot_be_is_refused_by_its_field(board, manager_api, query, field):
    board("sum")
    answer = manager_api.get(f"/kpis/sum/observed/?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


def test_ratios_are_pasted_with_their_parts_and_looked_at_first(product, manager_api, client, manager):
    client.force_login(manager)
    body = {"key": "rate", "name": "Rate", "unit": "share", "aggregation": "ratio"}
    assert manager_api.post("/kpis/", body).status_code == 201
    url = "/p/cancellation-calls/kpis/rate/actuals/"
    assert "month;numerator;denominator" in client.get(url).content.decode()
    seen = client.post(url, {"text": "month;numerator;denominator\n2017-01;1;10\n2017-02;90;100"}).content.decode()
    assert "1 of 10" in seen
    sent = re.search(r'name="text"\s+value="([^"]*)"', seen)[1].replace("&#10;", "\n")
    assert client.post(url, {"text": sent, "source": "crm", "save": "1"}).status_code == 302
    asked = manager_api.get("/kpis/rate/observed/?from_period=2017-01&until_period=2017-02").json()
    assert asked["whole"]["point"] == pytest.approx(91 / 110)
    own = client.get("/p/cancellation-calls/kpis/rate/").content.decode()
    assert "90 of 100" in own
    assert 'id="quarters"' in own


def test_a_month_to_come_is_refused_on_the_page_before_it_is_looked_at(product, manager_api, client, manager):
    client.force_login(manager)
    assert manager_api.post("/kpis/", {"key": "n", "name": "N", "aggregation": "sum"}).status_code == 201
    following = later(f"{date.today():%Y-%m}", 1)  # noqa: DTZ011 - the product is in UTC, as the machine is
    for save in ({}, {"save": "1"}):
        answer = client.post("/p/cancellation-calls/kpis/n/actuals/", {"text": f"{following};5"} | save)
        assert answer.status_code == 400
        assert f"{following} has not come yet" in answer.content.decode()
