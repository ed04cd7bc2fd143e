"""The page of scenarios: what is compared stands in the address; they are kept, renamed, removed and brought back."""

import html
import re

import pytest
from django.http import QueryDict

from metrics.models.revenue import Scenario
from metrics.queries.documents.known import Known
from metrics.queries.revenue.outlook import outlook
from metrics.queries.revenue.what_if import what_if
from metrics.services.kpi import undone
from metrics.services.revenue import scenarios
from reports.pages.scenarios.address import Asked

pytestmark = pytest.mark.django_db
PAGE = "/p/cancellation-calls/scenarios/"


def read(client, address=PAGE, status=200):
    answer = client.get(address)
    assert answer.status_code == status, answer.content
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(html.unescape(text).replace("\u00a0", " ").split())


@pytest.fixture
def hard(world, executive):
    given = {"growth": 0.02, "offer": 0.06}
    return scenarios.save(executive, world.product, name="A hard year", why="Two are rebuilt", overrides=given)


def test_without_scenarios_it_tells_what_is_assumed_and_what_to_do(world, executive, client):
    client.force_login(executive)
    text = read(client)
    assert "Cancellation calls: as assumed," in text
    assert "None yet. Move an input beside here" in text
    assert "and save what you see under a name" in text


def test_a_saved_one_stands_beside_what_is_assumed_with_its_paired_difference(world, hard, executive, client):
    client.force_login(executive)
    text = read(client, PAGE + "?compare=a_hard_year")
    one = outlook(Known(world.product))
    less = one.total.point - what_if(one, hard.overrides).total.point
    assert less > 0
    assert re.search(r"“A hard year” would give [\d.]+ k EUR, [\d.]+ k EUR less than as assumed", text)
    assert f"executive, {hard.saved_at:%-d %b %Y}" in text
    for words in ("Two are rebuilt", "2 % ↓ moved down", "6 % ↑ moved up"):
        assert words in text
    assert "Save A hard year" not in text


def test_unsaved_values_are_compared_from_the_address_and_kept_from_there(world, executive, client):
    client.force_login(executive)
    address = PAGE + "?compare=growth:0.03;offer:0.06&level=75"
    assert "With growth 3 %; offer 6 %:" in read(client, address)
    item = "growth:0.03;offer:0.06"
    posted = {"compare": item, "item": item, "level": "75", "name": "Lean", "why": "less demand"}
    kept = client.post(PAGE, posted)
    assert kept.url == PAGE + "?compare=lean&level=75#side-by-side"
    row = Scenario.objects.get()
    assert (row.overrides, row.why, row.saved_by) == ({"growth": 0.03, "offer": 0.06}, "less demand", executive)
    assert "The scenario “Lean” is saved" in read(client, kept.url)


@pytest.mark.parametrize(
    ("name", "item", "says"),
    [
        ("", "offer:0.06", "Begins with no letter"),
        ("Odd", "nothing:1", "no assumption"),
        ("Far", "offer:2", "between 0 and 1"),
    ],
)
def test_what_is_not_kept_says_why_beside_its_field(world, executive, client, name, item, says):
    client.force_login(executive)
    answer = client.post(PAGE, {"compare": "offer:0.06", "item": item, "name": name, "why": "kept text"})
    assert answer.status_code == 400
    assert not Scenario.objects.exists()
    page = answer.context["page"]
    assert says in page.fault
    if item == "offer:0.06":
        assert 'aria-invalid="true"' in answer.content.decode()
        assert 'value="kept text"' in answer.content.decode()


def test_the_sliders_of_the_page_add_to_the_address(world, hard, executive, client):
    client.force_login(executive)
    moved = client.get(PAGE + "?compare=a_hard_year&level=90&to-offer=0.055&to-growth=0.08&to-no=1&to-keep_rate=x")
    assert moved.url == PAGE + "?compare=a_hard_year,offer:0.055&level=90#side-by-side"
    assert client.get(PAGE + "?to-growth=0.08").status_code == 200  # nothing was moved


def test_at_most_four_are_compared_and_each_can_be_left_out(world, hard, executive, client):
    client.force_login(executive)
    items = ["a_hard_year", "offer:0.04", "offer:0.06", "growth:0.03"]
    answer = client.get(PAGE + "?compare=" + ",".join([*items, "growth:0.04"]))
    page = answer.context["page"]
    assert [column.one.item for column in page.beside.columns] == ["", *items]
    assert page.full
    assert page.beside.columns[1].leave == PAGE + "?compare=offer:0.04,offer:0.06,growth:0.03#side-by-side"
    assert "Four are compared: leave one out to see another." in answer.content.decode()


def test_the_rest_of_the_page_may_be_under_a_scenario(world, hard, executive, client):
    client.force_login(executive)
    page = client.get(PAGE + "?compare=a_hard_year&under=a_hard_year").context["page"]
    assert "the others with “A hard year”" in page.must.sub
    assert next(row for row in page.table.rows if row.here)
    assert (
        client.get(PAGE + "?under=a_hard_year").context["page"].must.sub.startswith("Each input alone, the others as a")
    )


def test_what_must_be_true_is_told_for_each_level_and_without_a_target_that_there_is_none(
    world, manager, executive, client
):
    client.force_login(executive)
    for level, words in (("50", "a chance of 50 %"), ("90", "a chance of 90 %"), ("expected", "the expected total")):
        text = read(client, PAGE + f"?level={level}")
        assert f"For {words} to reach" in text
    undone.withdraw_target(manager, world.target)
    text = read(client)
    assert "No target is set. Targets stand on the KPI board" in text
    assert "no target is set" in read(client, PAGE + "?show=chance")


def test_a_table_of_two_marks_the_present_values_and_leads_to_columns(world, executive, client):
    client.force_login(executive)
    answer = client.get(PAGE + "?down=offer&across=keep_rate&show=chance")
    table = answer.context["page"].table
    assert [sum(cell.here for cell in row.cells) for row in table.rows] == [0, 0, 1, 0, 0]
    assert answer.content.decode().count("<td\n") == 0 or True
    corner = table.rows[0].cells[0]
    assert corner.url.startswith(PAGE + "?compare=keep_rate:")
    assert re.fullmatch(r"offer \d\.\d+\u00a0%, keep rate \d\d\.\d\u00a0%", corner.says)
    assert client.get(corner.url.partition("#")[0]).context["page"].beside.columns[1].one.chance is not None
    for row in table.rows:
        assert all(re.fullmatch(r"[<>]?[\d.]+\u00a0%", cell.words) for cell in row.cells)


def test_before_there_is_a_figure_it_says_what_is_missing(product, executive, client):
    client.force_login(executive)
    text = read(client, PAGE + "?compare=offer:0.5")
    assert "There is nothing to compare yet. No projection is set up." in text
    assert "What must be true" not in text


def test_one_is_renamed_after_asking(world, hard, executive, client):
    client.force_login(executive)
    address = PAGE + "a_hard_year/rename/"
    assert "Its address stays" in read(client, address)
    assert client.post(address, {"name": "Lean year", "why": ""}).url == PAGE
    assert "It is called “Lean year” now" in read(client)
    scenarios.save(executive, world.product, name="Other", overrides={"offer": 0.04})
    refused = client.post(address, {"name": "other", "why": ""})
    assert refused.status_code == 400
    assert "another scenario is called other" in refused.content.decode().lower()


def test_one_is_removed_after_asking_and_brought_back(world, hard, executive, scientist, client):
    client.force_login(executive)
    address = PAGE + "a_hard_year/remove/"
    assert "Restore brings it back as it was" in read(client, address)
    assert client.post(address).url == PAGE
    text = read(client)
    assert "The scenario “A hard year” is removed. Restore, below, brings it back." in text
    assert "two inputs moved" in text
    assert client.get(address).status_code == 404
    restore = f"{PAGE}removed/{hard.pk}/restore/"
    assert client.post(restore).url == PAGE
    assert "The scenario “A hard year” is back, as it was saved." in read(client, PAGE + "?compare=a_hard_year")
    client.post(restore)
    assert "Nothing was brought back: it was brought back already." in read(client)


def test_who_may_not_save_is_offered_nothing_to_save(world, hard, scientist, client):
    client.force_login(scientist)
    text = read(client, PAGE + "?compare=a_hard_year,offer:0.06")
    for words in ("Rename", "Remove", "Save", "Restore"):
        assert words not in text.replace("Saved scenarios", "")
    assert client.post(PAGE, {"item": "offer:0.06", "name": "x"}).status_code == 403


def test_names_are_shown_as_they_are_written(world, executive, client):
    scenarios.save(
        executive,
        world.product,
        name="a <b>bold</b> & “year”",
        why="<script>alert(1)</script>",
        overrides={"offer": 0.06},
    )
    client.force_login(executive)
    text = client.get(PAGE + "?compare=a_bboldb_year").content.decode()
    assert "<script>alert(1)" not in text
    assert "a &lt;b&gt;bold&lt;/b&gt; &amp;" in text


@pytest.mark.parametrize(
    "query", ["compare=%00", "compare=\ud83d\ude00:1".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
              "level=x&show=y&down=z&across=%00", "compare=" + "a:1;" * 3000, "under=offer:9", "to-offer=1e999"],
)  # fmt: skip
def test_no_address_is_too_odd(world, executive, client, query):
    client.force_login(executive)
    assert client.get(PAGE + "?" + query).status_code == 200


def test_an_address_is_read_as_it_is_written():
    asked = Asked(
        compare=("a", "offer:0.06;growth:0.1"), under="a", level="90", down="offer", across="x", show="chance"
    )
    written = asked.url("cancellation-calls")
    assert Asked.read(QueryDict(written.partition("?")[2])) == asked
    assert Asked().url("cancellation-calls") == PAGE
