"""The executive's pages: what they say, who may read them, and how they follow what changes."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from metrics.core import numerals
from metrics.queries.documents.known import Known
from metrics.queries.revenue import outlook, what_if
from metrics.services.kpi import kpis, mappings
from reports.words.phrases import worded

pytestmark = pytest.mark.usefixtures("march_2017")

OUTLOOK = "/p/cancellation-calls/"


@pytest.fixture
def signed_in(client: Client):
    def as_person(person: Any) -> Client:
        client.force_login(person)
        return client

    return as_person


def page(client: Client, url: str, **headers: str) -> str:
    response = client.get(url, headers=headers)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def test_the_portfolio_says_how_likely_its_target_is(world, executive, signed_in) -> None:
    text = page(signed_in(executive), "/portfolio/")
    assert re.search(r"<h1>Cancellation calls (is|are) [\w ]+ to meet the target of", text)
    assert "Realised" in text
    assert "On track: 75" in text
    assert "EUR" in text


def test_grade_d_is_named_with_its_amount_and_kept_out_of_the_total(world, manager, executive, signed_in) -> None:

    held = world.product.assumptions.get(key="offer")
    distribution = {"kind": "interval90", "low": 0.04, "high": 0.06}
    kpis.update_assumption(manager, held, distribution=distribution, owner="sales", source="")
    world.compute()
    text = page(signed_in(executive), "/portfolio/")
    assert text.count("not counted: Cancellation calls, ") == 1
    assert text.count("grade D since") == 1  # the banner names the product, its amount and its grade once
    assert "Offer: no source" in text
    assert "No product has a figure that counts yet" in text


def test_a_person_without_products_is_told_the_next_step(people, manager, signed_in) -> None:
    assert "member of no product yet" in page(signed_in(manager), "/portfolio/")


def test_an_administrator_may_make_the_first_product(admin, signed_in) -> None:
    assert "Make a product" in page(signed_in(admin), "/portfolio/")


def test_the_outlook_title_is_the_answer_and_each_figure_has_its_receipt(world, executive, signed_in) -> None:
    text = page(signed_in(executive), OUTLOOK)
    assert re.search(
        r"<h1>Cancellation calls are projected to earn .+\sEUR from March 2017 to February 2018</h1>", text
    )
    assert len(re.findall(r'class="explain" href="/receipts/[0-9a-f]{64}/"', text)) >= 3
    assert "Grade </span>C" in text
    assert "Decisions on each case are held as they are now" in text
    assert '<tag class="' not in text
    assert "style=" not in text


@pytest.mark.parametrize("role", ["scientist", "manager", "executive", "admin"])
def test_everyone_of_the_product_reads_the_same_figure(world, people, signed_in, role) -> None:

    text = page(signed_in(people[role]), OUTLOOK)
    assert worded(outlook.outlook(Known(world.product)).total) in text


@pytest.mark.parametrize("url", ["", "headline/", "changes/", "what-if/"])
def test_an_outsider_finds_nothing_there(world, outsider, signed_in, url) -> None:
    assert signed_in(outsider).get(OUTLOOK + url).status_code == 404


def test_a_product_without_anything_says_what_is_still_to_be_done(product, manager, executive, client) -> None:
    client.force_login(manager)
    text = page(client, OUTLOOK)
    assert "the value is not known yet" in text
    assert "Set it up" in text
    client.force_login(executive)
    text = page(client, OUTLOOK)
    assert "The projection is not set up" in text
    assert "Set it up" not in text


def test_the_headline_stays_silent_until_something_moves(world, manager, executive, client) -> None:

    second = world.second_version()
    world.compute()
    client.force_login(executive)
    url = re.search(r'hx-get="([^"]+/headline/[^"]+)"', page(client, OUTLOOK))
    assert url
    address = url[1].replace("&amp;", "&")
    assert client.get(address).status_code == 204
    mappings.approve(manager, second, seen=second.digest)
    text = page(client, address)
    assert "Computing" in text
    assert 'id="changes" hx-swap-oob="true"' in text
    world.compute()
    text = page(client, address)
    assert 'id="heroes" hx-swap-oob="true"' in text
    assert 'id="fan" hx-swap-oob="true"' in text or 'id="fan"' in text
    assert '<span class="tag">how it is counted</span>' in text
    assert "most take it" in text
    assert "→" in text


def test_the_list_of_changes_names_the_cause_and_the_figures_around_it(world, manager, executive, client) -> None:

    held = world.product.assumptions.get(key="keep_rate")
    distribution = {"kind": "interval90", "low": 0.35, "high": 0.47}
    kpis.update_assumption(manager, held, distribution=distribution, owner="sales", source="study of 2017")
    world.compute()
    client.force_login(executive)
    text = page(client, OUTLOOK + "changes/")
    first = text[text.index('class="facts changes"') :]
    assert '<span class="tag">assumption</span> keep rate: version 2' in first[: first.index("</li>")]
    assert "+" in first[: first.index("</li>")]


def test_a_moved_slider_is_answered_with_the_paired_difference(world, executive, client) -> None:

    client.force_login(executive)
    response = client.post(OUTLOOK + "what-if/", {"keep_rate": "0.40"}, headers={"HX-Request": "true"})
    text = response.content.decode()
    assert response.status_code == 200
    assert "If so, the value would be" in text
    assert "Change against the present figure" in text
    assert "80&nbsp;% band of the change" in text
    found = what_if.what_if(outlook.outlook(Known(world.product)), {"keep_rate": 0.40})

    assert numerals.word(numerals.read(found.total)).number in text


def test_sliders_span_the_95_percent_band_of_their_assumption(world, executive, client) -> None:
    client.force_login(executive)
    text = page(client, OUTLOOK + "what-if/", **{"HX-Request": "true"})
    low, high = re.search(r'name="keep_rate" min="([\d.]+)" max="([\d.]+)"', text).groups()  # type: ignore[union-attr]
    assert 0.27 < float(low) < 0.29
    assert 0.41 < float(high) < 0.43
    assert 'name="growth"' in text


@pytest.mark.parametrize("sent", [{"keep_rate": "nan"}, {"keep_rate": "much"}, {"nobody": "1"}, {}])
def test_a_slider_that_sends_nonsense_moves_nothing(world, executive, client, sent) -> None:
    client.force_login(executive)
    text = client.post(OUTLOOK + "what-if/", sent, headers={"HX-Request": "true"}).content.decode()
    assert "The present figure" in text


def test_a_value_beyond_the_slider_is_held_at_its_end(world, executive, client) -> None:
    client.force_login(executive)
    far = client.post(OUTLOOK + "what-if/", {"keep_rate": "0.9"}, headers={"HX-Request": "true"}).content
    end = client.post(OUTLOOK + "what-if/", {"keep_rate": "0.8"}, headers={"HX-Request": "true"}).content
    assert far == end


@pytest.mark.parametrize("to", ["7", "1.5", "-1"])
def test_a_slider_that_is_sent_where_no_share_lies_says_why_there_is_no_answer(world, executive, client, to) -> None:
    client.force_login(executive)
    text = client.post(OUTLOOK + "what-if/", {"keep_rate": to}, headers={"HX-Request": "true"}).content.decode()
    assert "lies outside of what can be: it is between 0 and 1" in text
    assert "If so, the value would be" in text


def test_without_a_script_the_what_if_leads_back_to_the_page(world, executive, client) -> None:
    client.force_login(executive)
    assert client.post(OUTLOOK + "what-if/", {"keep_rate": "0.4"}).url == OUTLOOK


def test_an_export_is_offered_to_whoever_reads_the_figure(world, scientist, executive, client) -> None:
    for person in (scientist, executive):
        client.force_login(person)
        assert "Export the receipt" in page(client, OUTLOOK)


def test_pages_ask_a_bounded_number_of_queries(world, executive, client, django_assert_max_num_queries) -> None:
    client.force_login(executive)
    page(client, OUTLOOK)
    with django_assert_max_num_queries(60):
        page(client, OUTLOOK)
    with django_assert_max_num_queries(60):
        page(client, "/portfolio/")


def test_a_target_is_told_in_the_scale_of_the_figure(world, executive, client) -> None:
    assert world.target.value == Decimal(50_000)
    client.force_login(executive)
    assert re.search(
        r"target of (0\.0\d|50)[\s\xa0](M|k)[\s\xa0]EUR for Mar", page(client, OUTLOOK).replace("&nbsp;", " ")
    )
