"""Comments in a pack: off unless they are chosen, of what stands in it, frozen with it, inert in every form."""

import csv
import io
import zipfile
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from metrics.queries.delivery import packs as queries
from metrics.queries.documents.known import Known
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.revenue.portfolio import portfolio
from metrics.services.delivery import comments
from metrics.services.delivery import packs as services
from metrics.services.product import products
from reports.exports import files
from reports.exports.document import Document, Section, Table
from reports.exports.documents import portfolio as of_portfolio
from reports.exports.documents import product as of_product
from reports.exports.documents import said_of
from reports.exports.frozen import thawed
from tests.pack_trouble import FORMULAS, MARKUP
from tests.world import World

OUTLOOK, KPI = "product/cancellation-calls", "kpi/cancellation-calls/bookings"

pytestmark = pytest.mark.django_db


def say(world: World, who: str, text: str, thing: str = OUTLOOK, answers: Any = None) -> Any:
    return comments.say(world.people[who], world.product, thing=thing, text=text, answers=answers)


def document_of(world: World, *, chosen: bool = True) -> Document:
    known = Known(world.product)
    return of_product.document(world.people["executive"], Outlook(known), today=known.today, comments=chosen)


def said(document: Document) -> Section:
    (section,) = (one for one in document.sections if one.key == "comments")
    return section


def cells(section: Section) -> list[list[str]]:
    (table,) = section.left
    assert isinstance(table, Table)
    return [[f"{cell.text} | {cell.below}" if cell.below else cell.text for cell in row] for row in table.rows]


def test_threads_stand_with_who_said_them_what_they_are_of_and_what_is_resolved(world: World) -> None:
    first = say(world, "manager", "why\n\nso low?")
    say(world, "scientist", "because", answers=first)
    done = say(world, "executive", "a word", KPI)
    say(world, "manager", "another one", KPI, answers=done)
    comments.resolve(world.people["executive"], done)
    comments.withdraw(world.people["executive"], done)

    section = said(document_of(world))

    assert section.title == "One open thread and one resolved thread"
    of, by, words, state = (list(column) for column in zip(*cells(section), strict=True))
    assert words == ["why so low?", "because", words[2], "another one"]
    assert words[2].startswith("Withdrawn, ")
    assert [name.partition(",")[0] for name in by] == [
        "manager | manager",
        "scientist | data scientist",
        "executive | executive",
        "manager | manager",
    ]
    assert of[:2] == ["The outlook of Cancellation calls", "The outlook of Cancellation calls | an answer"]
    assert of[3].endswith("| an answer")
    assert [state[0], state[1], state[3]] == ["Open", "", ""]
    assert state[2].startswith("Resolved | by executive, ")


def test_without_the_choice_nothing_said_is_in_it_and_with_it_nothing_of_what_is_not_shown(world: World) -> None:
    say(world, "scientist", "of a run", f"run/cancellation-calls/{world.run.pk}")
    draft = world.second_version()
    say(world, "manager", "of a draft", f"mapping/cancellation-calls/{draft.mapping_id}/{draft.number}")
    say(world, "manager", "of the outlook")

    assert "comments" not in [section.key for section in document_of(world, chosen=False).sections]
    assert [row[2] for row in cells(said(document_of(world)))] == ["of the outlook"]


def test_that_nothing_was_said_is_said(world: World) -> None:
    alone = say(world, "manager", "a word")
    comments.withdraw(world.people["manager"], alone)

    assert said(document_of(world)).title == said_of.NOBODY


def test_the_oldest_threads_are_left_out_where_there_are_too_many(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(said_of, "MOST", 3)
    old = say(world, "manager", "old")
    say(world, "manager", "an answer", answers=old)
    for text in ("newer", "newest"):
        say(world, "manager", text)

    section = said(document_of(world))

    assert [row[2] for row in cells(section)] == ["newer", "newest"]
    (table,) = section.left
    assert isinstance(table, Table)
    assert table.sub.endswith("One older thread is not shown.")


def test_somebody_who_left_is_named_as_that(world: World) -> None:
    say(world, "scientist", "I leave")
    products.remove_member(world.people["admin"], world.product.memberships.get(user=world.people["scientist"]))

    assert cells(said(document_of(world)))[0][1].startswith(f"scientist | {said_of.LEFT}, ")


def test_a_portfolio_says_of_which_product_each_is(world: World, make_product: Any) -> None:
    second = make_product("Deposits", seed=12)
    say(world, "manager", "of the calls")
    comments.say(world.people["manager"], second, thing="product/deposits", text="of the deposits")
    user = world.people["executive"]

    found = portfolio(user)
    document = of_portfolio.document(user, found, today=found.outlooks[0].product.today(), comments=True)

    told = {row[2]: row[0] for row in cells(said(document))}
    assert told == {
        "of the calls": "The outlook of Cancellation calls | Cancellation calls",
        "of the deposits": "The outlook of Deposits | Deposits",
    }


@pytest.mark.promise("S6")
def test_what_is_said_is_inert_in_every_form(world: World) -> None:
    texts = [*(text.strip() for text in FORMULAS), MARKUP]
    for text in texts:
        say(world, "manager", text)

    document = document_of(world)
    made = {kind: written(document) for kind, written in files.WRITERS.items()}

    book = load_workbook(io.BytesIO(made["xlsx"]))
    held = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value in texts]
    assert {cell.value for cell in held} == set(texts)
    assert {cell.data_type for cell in held} == {"s"}
    (name,) = (name for name, _ in files.tables(document) if name.startswith("comments"))
    read = list(csv.reader(io.StringIO(dict(files.tables(document))[name].decode("utf-8-sig"), newline="")))
    words = [row[read[0].index("What was said")] for row in read[1:]]
    assert not [word for word in words if word.startswith(("=", "+", "-", "@"))]
    slides = zipfile.ZipFile(io.BytesIO(made["pptx"]))
    drawn = "".join(slides.read(name).decode() for name in slides.namelist() if name.startswith("ppt/slides/slide"))
    assert "&lt;b&gt;bold&lt;/b&gt;" in drawn
    assert "hlinkClick" not in drawn
    assert made["pdf"].startswith(b"%PDF-")
    assert b"/URI" not in made["pdf"]


def test_an_issued_pack_keeps_what_was_said_then_and_its_correction_asks_anew(world: World) -> None:
    executive = world.people["executive"]
    first = say(world, "manager", "before")
    client = Client()
    client.force_login(executive)
    address = reverse("packs", args=[world.product.slug])
    assert 'name="comments"' in client.get(address).content.decode()
    client.post(address, {"comments": "1"})
    world.compute()
    issued = queries.one(world.product, 1)
    comments.resolve(world.people["manager"], first)

    services.compare(executive, issued)
    services.correct(executive, issued, reason="to be sure")
    world.compute()

    issued, corrected = queries.one(world.product, 1), queries.one(world.product, 2)
    assert issued.differs == []
    assert cells(said(thawed(queries.document(issued))))[0][3] == "Open"
    assert cells(said(thawed(queries.document(corrected))))[0][3].startswith("Resolved")
    assert "with comments" in client.get(address).content.decode()


def test_the_api_asks_for_them_and_tells_whether_they_are_in_it(world: World) -> None:
    client = Client()
    client.force_login(world.people["executive"])
    address = f"/api/v1/products/{world.product.slug}/packs/"

    made = [client.post(address, given, content_type="application/json") for given in ({}, {"comments": True})]

    assert [answer.json()["comments"] for answer in made] == [False, True]
    asked = client.post("/api/v1/portfolio/packs/", {"comments": True}, content_type="application/json")
    assert asked.json()["comments"] is True
