"""A pack of a period: its figures are those of the page in that period, in each of its forms."""

import html
import re

import pytest
from django.test import Client
from django.urls import reverse

from metrics import store
from metrics.queries.delivery import packs as queries
from reports.exports.document import Document
from reports.exports.frozen import thawed
from tests.reports.exports.test_writers import READERS, flat
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("march_2017"), pytest.mark.promise("R14")]

SPANS = (
    {"period": "from-to", "from": "2016-12", "until": "2017-01"},  # over: known alone
    {"period": "from-to", "from": "2017-03", "until": "2018-02"},  # the months of the target
    {"period": "fiscal-year", "of": "2017"},  # one month of it is neither known nor projected
)


def shown(client: Client, address: str, period: dict[str, str]) -> str:

    found = client.get(address, period)
    assert found.status_code == 200
    return "".join(html.unescape(re.sub(r"<[^>]+>", " ", found.content.decode())).split())


def made(world: World, client: Client, address: str, period: dict[str, str]) -> tuple[Document, dict[str, bytes]]:
    answer = client.post(address, period)
    world.compute()
    pack = queries.by_id(answer.url.strip("/").rpartition("/")[2]) if "portfolio" in address else None
    pack = pack or queries.of_product(world.product)[0]
    assert pack.state == "issued"
    return thawed(queries.document(pack)), {kind: store.get(pack.files[kind]) for kind in READERS}


@pytest.mark.parametrize("of", ["product", "portfolio"])
def test_a_pack_of_a_period_has_the_figures_of_the_page_in_each_form(world: World, of: str) -> None:
    client = Client()
    client.force_login(world.people["executive"])
    page = reverse("portfolio") if of == "portfolio" else reverse("outlook", args=[world.product.slug])
    issue = reverse("portfolio-packs") if of == "portfolio" else reverse("packs", args=[world.product.slug])
    seen = set()
    spans = SPANS if of == "product" else SPANS[1:]
    for period in spans:
        document, files = made(world, client, issue, period)
        figures = document.figures()
        own = [key for key in figures if key.startswith("period.")] if of == "product" else ["total", "chance"]
        assert own
        told, in_forms = shown(client, page, period), {kind: READERS[kind](content) for kind, content in files.items()}
        for key in own:
            assert "".join(figures[key].split()) in told or figures[key] == "–", (period, key, figures[key])
            missing = [kind for kind, text in in_forms.items() if flat(figures[key]) not in text]
            assert not missing, (period, key, figures[key], missing)
        seen.add(tuple(figures[key] for key in own))
    assert len(seen) == len(spans)


def test_what_is_exported_from_a_page_in_a_period_is_of_that_period(world: World) -> None:
    client = Client()
    client.force_login(world.people["executive"])
    slug = world.product.slug

    outlook = client.get(reverse("outlook", args=[slug]), SPANS[1]).content.decode()
    listed = client.get(reverse("packs", args=[slug]), SPANS[1]).content.decode()

    assert f"/p/{slug}/packs/?period=from-to&amp;from=2017-03&amp;until=2018-02" in outlook
    for name, value in SPANS[1].items():
        assert f'<input type="hidden" name="{name}" value="{value}">' in listed
    assert b'name="from"' not in client.get(reverse("packs", args=[slug])).content
