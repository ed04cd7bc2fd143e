"""The page of the portfolio: the answer in three lines, what moved, what threatens, groups, filters and pages."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from metrics.core.estimate import Estimate
from metrics.models.kpi import InForce
from metrics.models.product import Group, Product, Reading
from metrics.queries.revenue.portfolio import portfolio
from metrics.services.kpi import kpis
from metrics.services.product import products as services
from reports.pages.portfolio.table import PAGE, Wanted, subtotals, table
from reports.words.phrases import worded
from reports.words.scaled import Scaled

pytestmark = pytest.mark.usefixtures("march_2017")
THESE = "/portfolio/?period=from-to&from=2017-03&until=2018-02"


def text(client: Any, person: Any, address: str) -> str:
    client.force_login(person)
    answer = client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode().replace("\xa0", " ").replace("&nbsp;", " "))


def part(page: str, name: str, until: str) -> str:
    start = page.index(f'id="{name}"')
    return page[start : page.index(until, start)]


@pytest.fixture
def deposits(world, make_product, people, log, compute) -> Any:
    return type(world)(make_product("Deposits", seed=12), people, log, compute)


def target(world: Any, manager: Any, value: int) -> None:
    world.product.targets.all().delete()
    span = {"from_period": world.target.from_period, "until_period": world.target.until_period}
    kpis.set_target(manager, world.product, value=Decimal(value), **span)


@pytest.mark.parametrize(
    ("goal", "wrong", "much"),
    [
        (1_000, "No: every product is on track to its target.", "over the target of"),
        (10_000_000, "The product that counts is off track: Cancellation calls (&lt;0.1 %).", "under the target of"),
    ],
)
def test_the_answer_says_whether_something_is_wrong_and_how_much(
    world, manager, executive, client, goal, wrong, much
) -> None:
    target(world, manager, goal)
    told = part(text(client, executive, THESE), "answer", "</dl>")
    assert wrong in told
    assert much in told
    assert "What to do?" in told


@pytest.mark.parametrize(("goal", "word", "says"), [(1, "Met", "met"), (10_000_000, "Missed", "missed")])
def test_a_period_that_is_over_was_met_or_missed_and_is_never_likely(
    world, manager, executive, client, goal, word, says
) -> None:
    span = {"from_period": date(2016, 10, 1), "until_period": date(2017, 1, 1)}
    kpis.set_target(manager, world.product, value=Decimal(goal), **span)
    page = text(client, executive, "/portfolio/?period=from-to&from=2016-10&until=2017-01")
    assert re.search(rf"<h1>Cancellation calls {says} the target of ", page)
    assert f"{word}</span>" in part(page, "products", "</section>")
    assert " likely " not in page
    assert "track" not in part(page, "answer", "</dl>")
    assert f"{says} " in part(page, "answer", "</dl>")


def test_the_answer_leads_to_what_is_furthest_off_track(world, manager, executive, client) -> None:
    target(world, manager, 10_000_000)
    told = part(text(client, executive, THESE), "answer", "</dl>")
    assert '<a href="/p/cancellation-calls/">Cancellation calls</a>' in told


def test_without_a_target_for_the_months_nothing_tells(world, executive, client) -> None:
    told = part(text(client, executive, "/portfolio/?period=quarter"), "answer", "</dl>")
    assert "Nothing tells: no product has a target for these months" in told
    assert "no target is for exactly these months" in told


def test_a_portfolio_in_which_nothing_counts_has_no_answer(product, executive, client) -> None:
    page = text(client, executive, "/portfolio/?period=fiscal-year")
    assert 'id="answer"' not in page
    assert "No product has a figure that counts yet" in page


def test_the_table_says_how_many_products_cannot_be_counted_whatever_the_reason(
    world, make_product, executive, client
) -> None:
    assert "cannot be counted" not in text(client, executive, "/portfolio/")
    make_product("Empty", seed=3)
    page = text(client, executive, "/portfolio/")
    assert "1 of 2 products in the total" in page
    assert "One product cannot be counted" in page


def test_there_are_seven_figures_at_most_before_the_table(world, executive, client) -> None:
    page = text(client, executive, "/portfolio/?period=fiscal-year&of=2017&against=last-year")
    figures = part(page, "figures", '<div class="cols')
    assert 3 <= figures.count("<dl class=") <= 7
    assert "Against the year before" in figures


@pytest.mark.parametrize("against", ["target", "last-year", "plan", "previous"])
def test_what_it_is_held_against_is_always_visible(world, executive, client, against) -> None:
    for path in ("/portfolio/", "/p/cancellation-calls/", "/p/cancellation-calls/kpis/"):
        page = text(client, executive, f"{path}?period=quarter&against={against}")
        assert f'<option value="{against}" selected>' in page


def test_the_first_look_has_no_movers_and_the_next_visit_has_what_moved_since(
    world, manager, executive, client
) -> None:
    assert "From now on: what moved since you last looked" in text(client, executive, "/portfolio/")
    assert "From now on" in text(client, executive, "/portfolio/")
    Reading.objects.update(looked_at=timezone.now() - timedelta(hours=3))
    InForce.objects.update(created_at=timezone.now() - timedelta(days=1))
    before = portfolio(executive).total
    held = world.product.assumptions.get(key="growth")
    distribution = {"kind": "interval90", "low": 0.3, "high": 0.5}
    kpis.update_assumption(manager, held, distribution=distribution, owner="sales", source="study of 2017")
    world.compute()
    after = portfolio(executive).total
    assert isinstance(before, Estimate)
    assert isinstance(after, Estimate)
    movers = part(text(client, executive, "/portfolio/"), "movers", "</section>")
    scaled = Scaled.of([after.point - before.point], "EUR")
    size = scaled.number(after.point - before.point)
    assert f"Up {size} " in movers
    assert f'<span class="num good">+{size}</span>' in movers
    assert "Cancellation calls: growth: version 2" in movers
    assert 'href="/p/cancellation-calls/?period=all"' in movers


def test_movers_since_a_day_that_is_chosen(world, executive, client) -> None:
    InForce.objects.update(created_at=timezone.now() - timedelta(days=3))
    day = f"{timezone.localdate() - timedelta(days=1):%Y-%m-%d}"
    movers = part(text(client, executive, f"/portfolio/?since={day}"), "movers", "</section>")
    assert "Nothing moved" in movers
    assert f'value="{day}"' in movers
    older = f"{timezone.localdate() - timedelta(days=30):%Y-%m-%d}"
    assert "its first figure" in part(text(client, executive, f"/portfolio/?since={older}"), "movers", "</section>")
    for nonsense in ("2017-99-99", "soon", f"{timezone.localdate() + timedelta(days=9):%Y-%m-%d}"):
        assert "From now on" in text(client, executive, f"/portfolio/?since={nonsense}")


@pytest.mark.parametrize(
    "parts", [[1_234.4, -333.3, 0.4], [1e6 / 3, 1e6 / 3, 1e6 / 3], [-5.5e6, 2.2e3, 1.0], [0.3, 0.3]]
)
def test_printed_parts_add_up_to_the_printed_whole(parts) -> None:
    scaled = Scaled.of(parts, "EUR")
    printed = [float(scaled.number(one).replace(",", "").replace("\u2212", "-")) for one in scaled.apart(parts)]
    whole = float(scaled.number(scaled.printed(sum(parts))).replace(",", "").replace("\u2212", "-"))
    assert sum(printed) == pytest.approx(whole, abs=1e-9)


def test_risks_stand_by_cause_the_largest_first_and_are_said_to_overlap(world, executive, client) -> None:
    page = text(client, executive, "/portfolio/")
    card = part(page, "at-risk", "</section>")
    held = portfolio(executive).counted[0].outlook.threats.causes
    assert card.count("<li>") == min(5, len(held))
    if len(held) > 1:
        assert "The causes overlap: together they take less than their sum." in card
        assert "is the largest risk" in card


def test_an_assumption_that_runs_out_soon_is_a_risk_of_all_that_rests_on_it(world, manager, executive, client) -> None:
    held = world.product.assumptions.get(key="offer")
    given = {"distribution": held.versions.first().distribution, "owner": "sales", "source": "study of 2016"}
    until = world.product.today() + timedelta(days=10)
    kpis.update_assumption(manager, held, **given, valid_until=until)
    world.compute()
    card = part(text(client, executive, "/portfolio/"), "at-risk", "</section>")
    assert "Cancellation calls: offer runs out on 20 Mar 2017" in card
    assert "counts in no total until it is renewed." in card


def test_groups_have_subtotals_that_add_up_to_the_total_draw_by_draw(world, deposits, people, client) -> None:
    manager, executive = people["manager"], people["executive"]
    page = text(client, executive, "/portfolio/")
    assert 'id="groups"' not in page
    services.update_product(manager, world.product, group="Hotels")
    page = text(client, executive, "/portfolio/")
    found = portfolio(executive)
    held = subtotals(found, path="/portfolio/", query={})
    assert [(one.name, one.products, one.counted) for one in held] == [("Hotels", 1, 1), ("In no group", 1, 1)]
    assert sum(one.total.draws for one in held) == pytest.approx(found.total.draws, rel=1e-9)
    told = part(page, "groups", "</section>")
    assert worded(held[0].total).replace("\xa0", " ").split(" ")[0] in told
    one = part(text(client, executive, "/portfolio/?group=Hotels"), "products", "</section>")
    assert "Cancellation calls" in one
    assert "Deposits" not in one


def test_a_group_goes_with_its_last_product_and_is_named_in_the_settings(world, manager, client) -> None:
    client.force_login(manager)
    form = client.get("/p/cancellation-calls/settings/").context["form"]
    given = {name: value for name, value in form.initial.items() if value not in (None, False, [])}
    client.post("/p/cancellation-calls/settings/", given | {"group": "  Hotels   and more "})
    world.product.refresh_from_db()
    assert str(world.product.group) == "Hotels and more"
    assert '<option value="Hotels and more">' in text(client, manager, "/p/cancellation-calls/settings/")
    services.update_product(manager, world.product, group="")
    assert not Group.objects.exists()


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("?q=depo", ["Deposits"]),
        ("?status=no-target", ["Empty"]),
        ("?money=USD", ["Empty"]),
        ("?sort=name", ["Cancellation calls", "Deposits", "Empty"]),
        ("?sort=expected", ["Cancellation calls", "Deposits", "Empty"]),
        ("?status=nonsense&sort=nonsense&page=nonsense", ["Cancellation calls", "Deposits", "Empty"]),
        ("?q=nobody", []),
    ],
)
def test_the_table_is_filtered_and_sorted_by_the_address(
    world, deposits, make_product, executive, client, address, names
) -> None:
    make_product("Empty", seed=14, currency="USD")
    Product.objects.filter(name="Empty").update(gates=[])
    page = part(text(client, executive, f"/portfolio/{address}"), "products", "</section>")
    shown = re.findall(r'<th scope="row" class="wrap"> <a href="[^"]+">([^<]+)</a>', page)
    assert sorted(shown) == sorted(names) if "sort=nonsense" in address or "expected" in address else shown == names
    if not names:
        assert "No product is like this." in page


def test_a_long_table_has_pages(world, make_product, executive) -> None:
    for number in range(3):
        make_product(f"More {number}", seed=20 + number)
    found = portfolio(executive)
    many = type(found)(**(vars(found) | {"outlooks": found.outlooks * 20}))
    first = table(many, Wanted(), path="/portfolio/", query={"period": "all"})
    assert (len(first.rows), first.many) == (PAGE, True)
    assert first.pagination["words"] == f"Products 1 to {PAGE} of 80"
    assert first.pagination["next"] == "/portfolio/?period=all&page=2#products"
    last = table(many, Wanted(page=99), path="/portfolio/", query={})
    assert (len(last.rows), last.pagination["next"]) == (80 - 3 * PAGE, None)


def test_an_executive_of_one_of_three_sees_one_and_an_administrator_all(
    world, deposits, make_product, people, client
) -> None:
    deposits.product.memberships.filter(user=people["executive"]).delete()
    page = text(client, people["executive"], "/portfolio/?period=fiscal-year")
    assert "Deposits" not in page
    assert "Deposits" in text(client, people["admin"], "/portfolio/?period=fiscal-year")


def test_changes_are_those_of_the_months_of_the_period(world, executive, client) -> None:
    address = "/p/cancellation-calls/changes/"
    assert 'class="facts changes"' in text(client, executive, f"{address}?period=all")
    assert "Nothing changed it in year 2010." in text(client, executive, f"{address}?period=fiscal-year&of=2010")
    now = timezone.now()
    month = f"from={now:%Y-%m}&until={now:%Y-%m}"
    assert 'class="facts changes"' in text(client, executive, f"{address}?period=from-to&{month}")


def test_the_kpi_board_shows_what_was_observed_in_the_period_and_the_year_before(world, manager, client) -> None:
    page = text(client, manager, "/p/cancellation-calls/kpis/?period=fiscal-year&of=2016&against=last-year")
    card = part(page, "in-period", "</section>")
    assert "Observed in year 2016" in card
    assert "all months" in card
    assert ">0</" in card or "+0" in card or "0 bookings" in card  # the volume of the world is alike each year
    partly = part(text(client, manager, "/p/cancellation-calls/kpis/?period=fiscal-year"), "in-period", "</section>")
    assert "2 of 12 months, Jan 2017 – Feb 2017" in partly
    nothing = part(text(client, manager, "/p/cancellation-calls/kpis/?period=month&of=2030-01"), "in-period", "</sec")
    assert "no value is known" in nothing
