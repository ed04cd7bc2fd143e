"""From an empty product to signed money with a target, by the pages alone: for each task, by what the list offers."""

import io
import re

import pytest
from django.utils import timezone

from metrics.models.product import Product
from metrics.queries.documents.known import Known
from metrics.queries.revenue.outlook import outlook
from reports.words.phrases import span
from tests.pressed import Walk

pytestmark = pytest.mark.django_db

TASKS = ("binary", "multiclass", "regression", "forecast", "ranking")
MORE = {"forecast": {"interval_level": "90 %"}}
PRICED = {"forecast": {"unit": "EUR/GW"}}
STEP = re.compile(r'<li class="here" id="(\w+)"')


@pytest.fixture
def months():
    """Thirty months of cases up to the last one that is over."""
    today = timezone.localdate()
    last = today.year * 12 + today.month - 2
    return "\n".join(f"{at // 12}-{at % 12 + 1:02},{900 + 31 * (at % 12)}" for at in range(last - 29, last + 1))


class FirstUse(Walk):
    """The people of a product in turn, each doing what its list asks of them."""

    def __init__(self, client, people, compute):
        super().__init__(client)
        self.people, self.compute, self.slug = people, compute, ""

    def be(self, name):
        self.client.force_login(self.people[name])

    def list(self, name):
        """The list as a person sees it, and its present step."""
        self.compute()
        self.be(name)
        answer = self.client.get(f"/p/{self.slug}/start/")
        self._at(answer)
        found = STEP.search(answer.content.decode())
        return found[1] if found else ""

    def follow(self, words):
        """Also: whoever leaves a form that the list opened comes back to the list, as whoever saves it does."""
        page = super().follow(words)
        if "from=checklist" in page.address:
            left = [link.url for link in page.links if link.words == "Cancel"]
            assert left == [f"/p/{self.slug}/start/"], page.address
        return page

    def make(self):
        self.be("manager")
        self.open("/products/new/")
        self.send("Make the product", name="Half-hourly demand", case_noun="half hour")
        self.slug = Product.objects.latest("created_at").slug


@pytest.fixture
def first_use(client, people, compute, make_product):
    make_product("Another")  # of which the manager is one: who makes products
    return FirstUse(client, people, compute)


def predictions(task, rows, task_rows):
    frame = rows(900) if task == "binary" else task_rows(task)
    file = io.BytesIO()
    frame.to_parquet(file)
    file.seek(0)
    file.name = "predictions.parquet"
    return file


@pytest.mark.parametrize("task", TASKS)
def test_an_empty_product_comes_to_money_by_what_its_list_offers(first_use, task, rows, task_rows, months) -> None:
    walk = first_use
    walk.make()
    assert "Step 2 of 3" in walk.client.get(walk.page.address).content.decode()
    walk.send("Add", username="scientist", role="data_scientist")
    assert "Step 2 of 3" in walk.client.get(walk.page.address).content.decode()  # it stays until one goes on
    walk.send("Add", username="executive", role="executive")

    assert walk.list("manager") == "run"
    with pytest.raises(StopIteration):
        walk.page.link("Upload predictions")  # a data scientist does it
    walk.send("Remind scientist")
    assert walk.list("scientist") == "run"
    walk.follow("Upload predictions")
    named = {"task": task, "model": "demand", "version": "1", "file": predictions(task, rows, task_rows)}
    walk.send("Log the run", **named, **MORE.get(task, {}))

    assert walk.list("manager") == "champion"
    walk.send("Make 1 champion")
    for name in ("Make “Value per half hour”", "Make “Half hours a month”"):
        assert walk.list("manager") == "kpis"
        walk.follow(name)
        walk.send("Make the KPI")
    per_unit = PRICED.get(task, {})  # said once: the other price and the mapping take it from there
    while walk.list("manager") == "assumptions":
        walk.follow("Name “")
        share = "share" in walk.page.address
        given = {"low": "0.2", "high": "0.4"} if share else {"low": "2", "high": "3"}
        walk.send("Make the assumption", source="a study", **given, **per_unit)
        per_unit = {}

    assert walk.list("manager") == "mapping"
    walk.follow("Write it")
    walk.send("Save as a draft")
    assert walk.list("manager") == "signatures"
    walk.follow("Look at it and propose")
    walk.send("Propose version 1")
    assert walk.list("scientist") == "signatures"
    walk.follow("Look at it and endorse")
    walk.send("Endorse version 1")
    assert walk.list("manager") == "signatures"
    walk.follow("Look at it and approve")
    walk.send("Approve version 1")

    assert walk.list("manager") == "actuals"
    walk.follow("Import them")
    walk.send("Look at it first", text=months, source="the books")
    walk.send("Import")
    assert walk.list("manager") == "projection"
    walk.follow("Set it up")
    walk.send("Save")
    assert walk.list("manager") == "target"
    walk.follow("Set a target")
    walk.send("Set the target", value="50000")

    assert walk.list("executive") == ""
    assert walk.refusals == []
    product = Product.objects.get(slug=walk.slug)
    one = outlook(Known(product))
    assert getattr(one.total, "point", 0) != 0, one.total
    assert one.counts, one.grade
    money = span([month.period for month in one.months])
    assert f"Money of {money}" in walk.client.get(f"/p/{walk.slug}/start/").content.decode()
    said = walk.open(f"/p/{walk.slug}/")
    assert "Getting started" not in [link.words for link in said.links]
    assert walk.clicks <= 45
