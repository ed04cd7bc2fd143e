"""From an empty product to money with a target by `kpi` alone: the manager and the scientist, each with a token."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from django.utils import timezone

from metrics.models.kpi import KPI, Assumption, Mapping
from metrics.models.product import Product
from metrics.queries.documents.known import Known
from metrics.queries.revenue.checklist import Checklist
from metrics.queries.revenue.outlook import outlook
from metrics.services.product.tokens import create_token


@pytest.fixture
def by(live_server, people, typed, monkeypatch, make_product):
    """by("manager", "product", "list"): a command of a person, which succeeds; what it prints."""
    make_product("Another")  # of which the manager is one: who makes products
    tokens = {name: create_token(people[name], name="shell")[1] for name in ("manager", "scientist", "executive")}
    monkeypatch.setenv("KPI_URL", live_server.url)

    def run(person, *words, code=0):
        monkeypatch.setenv("KPI_TOKEN", tokens[person])
        found, out, err = typed(*words)
        assert found == code, (words, out, err)
        return err if code else out

    return run


@pytest.fixture
def demand(tmp_path):
    """Six weeks of hours with a forecast of each; the times are of standard time, with the hour that clocks skip."""
    generator = np.random.Generator(np.random.Philox(3))
    time = pd.date_range("2014-09-01", periods=24 * 42, freq="h")
    truth = 5 + np.sin(np.arange(len(time)) * 2 * np.pi / 24) + generator.normal(0, 0.4, len(time))
    frame = pd.DataFrame({"example_id": range(len(time)), "event_time": time.astype(str), "y_true": truth.round(4)})
    frame["y_pred"] = (truth + generator.normal(0, 0.2, len(time))).round(4)
    path = tmp_path / "demand.csv"
    frame.to_csv(path, index=False)
    return str(path)


def test_an_empty_product_comes_to_money_by_kpi_alone(by, worker, demand, tmp_path, people) -> None:
    zone = ("--time-zone", "Australia/Melbourne", "--case-noun", "half hour")
    by("manager", "product", "create", "Demand", "--currency", "AUD", *zone)
    assert "scientist is data scientist" in by("manager", "member", "add", "demand", "scientist", "--role", "scientist")
    assert "manager    manager" in by("manager", "member", "list", "demand")
    told = by("manager", "member", "add", "demand", "ada@example.org", "--role", "executive")
    assert "the link in the mail holds for a day" in told
    assert "manage.py changepassword ada@example.org" in told
    assert re.search("ada@example.org +executive +invited", by("manager", "member", "list", "demand"))

    log = ("run", "log", demand, "--product", "demand", "--model", "ridge", "--version", "1", "--task", "forecast")
    told = by("scientist", *log, code=2)
    assert "2014-10-05 02:00 does not exist in Australia/Melbourne" in told
    assert told.rstrip().endswith("The option is --time-zone.")
    assert "The option is --task." in by("scientist", *log[:-2], code=2)
    assert "such as +10:00, standard time all year" in told
    run = json.loads(by("scientist", *log, "--time-zone", "+10:00", "--wait", "--json"))
    assert run["state"] == "scored"
    by("scientist", "run", "promote", run["id"], code=2)  # a manager does
    assert "`kpi run list PRODUCT` prints first" in by("manager", "run", "promote", run["name"], code=2)
    assert "1 is champion of ridge" in by("manager", "run", "promote", run["id"])

    by("manager", "value", "create", "demand", "--name", "Value per half hour", "--unit", "AUD/half hour")
    by("manager", "value", "create", "demand", "--name", "Half hours", "--unit", "half-hours", "--aggregation", "sum")
    at = ("mapping", "draft", "demand", "--kpi", "value_per_half_hour")
    told = by("manager", *at, code=2)
    assert "cost_too_low (in AUD), cost_too_high (in AUD). Name them first" in told
    assert "`kpi assumption set demand cost_too_low --unit 'AUD' --between LOW HIGH --source WHERE`" in told
    unknown = by("manager", "value", "show", "demand")
    assert "(no approved mapping)" in unknown
    assert " D " not in unknown  # what is not known has no grade
    for key in ("cost_too_low", "cost_too_high"):
        stated = ("--unit", "AUD", "--between", "20 AUD", "30,0", "--source", "AEMO", "--owner", "manager")
        assert "version 1" in by("manager", "assumption", "set", "demand", key, *stated)
    mended = ("manager", "assumption", "correct", "demand", "cost_too_high", "--unit")
    assert "is in AUD / MWh" in by(*mended, "AUD/MWh")
    assert "the unit of “cost_too_high” is AUD / MWh" in by("manager", *at, code=2)
    by(*mended, "AUD")
    told = by("manager", "assumption", "set", "demand", "cost_too_low", "--exactly", "1", "--unit", "EUR", code=2)
    assert "kpi assumption correct demand cost_too_low mends it" in told
    assert "is in AUD / half hour" in by(
        "manager", "value", "update", "demand", "value_per_half_hour", "--meaning", "m"
    )
    assert "version 2" in by(
        "manager", "assumption", "set", "demand", "cost_too_low", "--exactly", "60", "--source", "x"
    )
    assert re.search("^role +manager$", by("manager", "product", "show", "demand"), re.MULTILINE)
    assert "a draft, of kind error cost" in by("manager", *at)
    shown = ("mapping", "show", "demand", "--kpi", "value_per_half_hour")
    told = by("manager", *shown)
    assert re.search(r"^The value is of +a half hour$", told, re.MULTILINE)
    assert "next     a data scientist or a manager proposes it" in told
    assert re.search(r"^cost_too_high +90 % sure between 20 and 30 AUD +manager +AEMO", told, re.MULTILINE)
    assert re.search(r"^cost_too_low +exactly 60 AUD", told, re.MULTILINE)
    assert re.search(r"^gives +value_per_half_hour, in AUD / half hour$", told, re.MULTILINE)
    assert "no mapping that you may see" in by("scientist", *shown[:-1], "half_hours", code=2)
    for person, act, due in (
        ("manager", "propose", "a data scientist endorses it"),
        ("scientist", "endorse", "a manager approves it"),
        ("manager", "approve", ""),
    ):
        by(person, "mapping", act, "demand", "--kpi", "value_per_half_hour")
        assert due in by("scientist", *shown)
    told = by("scientist", *shown, "--number", "1")
    assert re.search(r"^state +approved$", told, re.MULTILINE)
    assert "next" not in told
    assert re.search(r"^endorsed +scientist +data scientist", told, re.MULTILINE)
    found = json.loads(by("manager", *shown, "--json"))
    assert [row["key"] for row in found["assumptions"]] == ["cost_too_low", "cost_too_high"]
    assert (found["grade"]["letter"], found["next"]) == ("C", None)
    assert "gives it" not in by("manager", "value", "delete", "demand", "value_per_half_hour", code=2)

    last = timezone.localdate().year * 12 + timezone.localdate().month - 2
    months = tmp_path / "half_hours.csv"
    lines = [f"{month // 12}-{month % 12 + 1:02},{1440 + month % 3 * 24}" for month in range(last - 23, last + 1)]
    months.write_text("\n".join(["period,value", *lines]))
    by("manager", "actuals", "import", str(months), "--product", "demand", "--kpi", "half_hours")
    by("manager", "projection", "set", "demand")
    assert "Write 1 or 1000" in by("manager", "target", "set", "demand", "1,000", code=2)
    first, until = (f"{month // 12}-{month % 12 + 1:02}" for month in (last + 1, last + 12))  # those projected
    assert f"target 1,000 AUD for {first} to {until}" in by("manager", "target", "set", "demand", "1 k")

    product = Product.objects.get(slug="demand")
    assert Checklist(Known(product)).left == []
    by("executive", "product", "show", "demand", code=2)  # who is no member knows nothing of it
    shown = by("manager", "projection", "show", "demand")
    assert "total" in shown
    assert re.search(r"^target +1,000 AUD$", shown, re.MULTILINE)
    total = outlook(Known(product)).total
    assert getattr(total, "point", 0) > 0 or "comput" in total.reason, total


def test_what_is_not_signed_is_deleted_by_kpi(by, product) -> None:
    slug = product.slug
    by("manager", "value", "create", slug, "--name", "Hits", "--unit", "share")
    by("manager", "assumption", "set", slug, "offer", "--unit", "share", "--exactly", "0.4")
    by("manager", "mapping", "draft", slug, "--kpi", "hits", "--formula", "offer / 2")
    assert "the draft of Hits names it" in by("manager", "assumption", "delete", slug, "offer", code=2)
    by("manager", "mapping", "delete", slug, "--kpi", "hits")
    by("manager", "assumption", "delete", slug, "offer")
    by("manager", "value", "delete", slug, "hits")
    held = (KPI, Assumption, Mapping)
    assert [table.objects.filter(product=product).count() for table in held] == [0, 0, 0]
