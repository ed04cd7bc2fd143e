"""Issued packs: made by work, frozen, written again to the same bytes, corrected in sentences, and read by who may."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from metrics import access, jobs, store
from metrics.models.pack import Pack
from metrics.models.product import AuditEntry
from metrics.models.work import Work
from metrics.queries.delivery import packs as queries
from metrics.services.delivery import packs as services
from metrics.services.kpi import kpis
from metrics.services.product import products
from metrics.services.recompute import work as recompute
from metrics.services.writing.refusal import Conflict, Invalid
from reports.exports import making
from reports.exports.changes import NOTHING, changes
from reports.exports.document import Document, Figures, Printed, Section
from reports.exports.frozen import frozen, thawed
from tests.world import World

SPAN = {"from_period": date(2017, 3, 1), "until_period": date(2018, 2, 1)}


@pytest.fixture
def issued(world: World) -> Pack:
    made = services.issue(world.people["executive"], world.product)
    world.compute()
    return queries.by_id(made.pk)


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_a_pack_is_made_by_work_frozen_and_kept(world: World, issued: Pack) -> None:
    assert issued.state == "issued"
    assert issued.number == 1
    assert set(issued.files) == {"pdf", "pptx", "xlsx", "zip"}
    assert store.get(issued.files["pdf"]).startswith(b"%PDF-")
    assert set(queries.named_files()) >= {issued.digest, *issued.files.values()}
    assert AuditEntry.objects.filter(action="report.generate", subject=issued.pk).exists()
    document = thawed(queries.document(issued))
    assert document.number == "Pack 1"
    assert document.title == issued.title
    assert frozen(document) == queries.document(issued)


@pytest.mark.promise("R14")
def test_what_is_frozen_is_written_again_to_the_same_bytes(world: World, issued: Pack) -> None:
    kpis.set_target(world.people["manager"], world.product, value=90_000, **SPAN)
    world.compute()

    services.compare(world.people["scientist"], issued)
    world.compute()

    issued.refresh_from_db()
    assert issued.compared_at is not None
    assert issued.differs == []


def test_a_file_that_is_not_the_same_is_named(world: World, issued: Pack) -> None:
    Pack.objects.filter(pk=issued.pk).update(files=issued.files | {"xlsx": "0" * 64})

    services.compare(world.people["scientist"], queries.by_id(issued.pk))
    world.compute()

    issued.refresh_from_db()
    assert issued.differs == ["xlsx"]


def test_a_correction_says_figure_by_figure_what_has_changed(world: World, issued: Pack) -> None:
    kpis.set_target(world.people["manager"], world.product, value=90_000, **SPAN)
    world.compute()

    made = services.correct(world.people["manager"], issued, reason="the target was another")
    world.compute()

    corrected = queries.by_id(made.pk)
    assert corrected.number == 2
    assert corrected.corrects == issued
    assert "Target rose from 50 k EUR to 90 k EUR." in [line.replace("\u00a0", " ") for line in corrected.changed]
    document = thawed(queries.document(corrected))
    assert [section.key for section in document.sections[:2]] == ["cover", "corrects"]
    assert thawed(queries.document(issued)).sections[0].key == "cover"
    with pytest.raises(Conflict, match="corrected already"):
        services.correct(world.people["manager"], queries.by_id(issued.pk), reason="again")


def test_a_correction_of_what_is_still_so_says_that(world: World, issued: Pack) -> None:
    made = services.correct(world.people["manager"], issued, reason="to be sure")
    world.compute()

    assert queries.by_id(made.pk).changed == [NOTHING]


def test_a_pack_that_fails_says_why_and_can_be_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = services.issue(world.people["executive"], world.product)

    def refused(pack: Any) -> Any:
        raise ValueError("the drawing cannot be made")

    with monkeypatch.context() as broken:
        broken.setattr(making, "document_of", refused)
        for _ in range(jobs.MOST_ATTEMPTS):
            recompute.perform(Work.objects.get(kind="pack").pk)

    assert queries.making(queries.by_id(made.pk)).failed == "the drawing cannot be made"
    page = signed_in(world.people["executive"]).get(reverse("pack", args=[world.product.slug, 1]))
    assert "The drawing cannot be made" in page.content.decode()

    services.retry(world.people["executive"], made)
    world.compute()
    assert queries.by_id(made.pk).state == "issued"


def test_who_may_not_issue_reads(world: World, issued: Pack) -> None:
    with pytest.raises(access.Denied):
        services.issue(world.people["scientist"], world.product)
    with pytest.raises(access.Hidden):
        services.issue(world.people["outsider"], world.product)

    client = signed_in(world.people["scientist"])
    page = client.get(reverse("pack", args=[world.product.slug, 1])).content.decode()
    assert "Correct it" not in page
    answer = client.get(reverse("pack-file", args=[world.product.slug, 1, "pptx"]))
    assert answer.content == store.get(issued.files["pptx"])
    assert "cancellation-calls-pack-1.pptx" in answer["Content-Disposition"]
    assert client.get(reverse("pack-file", args=[world.product.slug, 1, "exe"])).status_code == 404
    stranger = signed_in(world.people["outsider"])
    assert stranger.get(reverse("pack", args=[world.product.slug, 1])).status_code == 404


def test_a_withdrawn_pack_stays_with_the_reason_on_it(world: World, issued: Pack) -> None:
    with pytest.raises(Invalid):
        services.withdraw(world.people["manager"], issued, reason=" ")
    services.withdraw(world.people["manager"], issued, reason="of another month")

    page = signed_in(world.people["scientist"]).get(reverse("pack", args=[world.product.slug, 1])).content.decode()
    assert "Of another month." in page
    with pytest.raises(Conflict):
        services.correct(world.people["manager"], queries.by_id(issued.pk), reason="why")


def test_a_portfolio_is_hidden_from_who_may_not_read_all_in_it(world: World, make_product: Any) -> None:
    second = make_product("Deposit requests", seed=12)
    executive, reader = world.people["executive"], world.people["scientist"]
    made = services.issue_portfolio(executive, currency="EUR")
    assert list(queries.of_portfolios(reader)) == []  # nobody else sees what is being made

    world.compute()

    assert list(queries.of_portfolios(reader)) == [made]
    assert set(queries.by_id(made.pk).products.all()) == {world.product, second}
    member = second.memberships.get(user=reader)
    products.remove_member(world.people["admin"], member)
    access.forget(reader)
    assert list(queries.of_portfolios(reader)) == []
    assert signed_in(reader).get(reverse("portfolio-pack", args=[made.pk])).status_code == 404
    assert signed_in(executive).get(reverse("portfolio-pack", args=[made.pk])).status_code == 200


def test_no_pack_yet_says_who_issues_one(world: World) -> None:
    address = reverse("packs", args=[world.product.slug])

    asked = signed_in(world.people["executive"]).get(address).content.decode()
    told = signed_in(world.people["scientist"]).get(address).content.decode()

    assert "Issue a pack" in asked
    assert "Issue a pack" not in told
    assert "A manager or an executive issues one" in told


def test_the_api_issues_lists_and_hands_out(world: World) -> None:
    client = signed_in(world.people["executive"])
    address = f"/api/v1/products/{world.product.slug}/packs/"

    made = client.post(address, {}, content_type="application/json")
    assert made.status_code == 201, made.content
    assert made.json()["state"] == "making"
    world.compute()

    (row,) = client.get(address).json()["results"]
    assert row["state"] == "issued"
    answer = client.get(f"{address}1/files/xlsx/")
    assert answer.content == store.get(row["files"]["xlsx"])


def paper(*figures: Printed, title: str = "So") -> Document:
    section = Section(key="cover", title=title, eyebrow="", left=(Figures(figures=figures),))
    day = date(2026, 11, 29)
    return Document(kind="product", of="x", title=title, name="x", period="", known_on=day, sections=(section,))


TOTAL = Printed(key="total", label="Expected", value="6.3", unit="M EUR", number=6.3e6)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (TOTAL, replace(TOTAL, value="6.1", number=6.1e6), "Expected fell from 6.3\u00a0M EUR to 6.1\u00a0M EUR."),
        (TOTAL, replace(TOTAL, value="6.5", number=6.5e6), "Expected rose from 6.3\u00a0M EUR to 6.5\u00a0M EUR."),
        (
            TOTAL,
            replace(TOTAL, value="–", unit="", number=None, beside="no champion"),
            "Expected was 6.3\u00a0M EUR, and is not known (no champion).",
        ),
        (TOTAL, TOTAL, NOTHING),
    ],
)
def test_each_change_is_told_with_its_direction(old: Printed, new: Printed, told: str) -> None:
    assert changes(paper(old), paper(new)) == (told,)


def test_figures_that_are_new_or_gone_are_told() -> None:
    other = replace(TOTAL, key="target", label="Target")

    assert changes(paper(TOTAL), paper(other)) == (
        "Target is new: 6.3\u00a0M EUR.",
        "Expected is no longer told; it was 6.3\u00a0M EUR.",
    )
