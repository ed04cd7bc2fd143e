"""The audit's pages: in words, looked through, carried away; and the same file from the command."""

import csv
import hashlib
import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from metrics.models.product import AuditEntry
from metrics.services.writing import audit, chain

pytestmark = pytest.mark.django_db

TODAY = f"{timezone.now():%Y-%m-%d}"
TOMORROW = f"{timezone.now() + timedelta(days=1):%Y-%m-%d}"


@pytest.fixture
def told(world, client, people):
    """told(role, address): (status, text)"""

    def told(role, address):
        client.force_login(people[role])
        answer = client.get(address)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        return answer.status_code, body.decode("utf-8-sig")

    return told


@pytest.fixture
def at(world):
    return f"/p/{world.product.slug}/audit/"


def test_a_manager_reads_all_of_a_product_in_words_a_page_at_a_time(world, told, at, manager):
    for number in range(60):
        audit.record(manager, "model.create", f"model {number:02}", product=world.product)
    count = AuditEntry.objects.filter(product=world.product.slug).count()
    status, text = told("manager", at)
    assert status == 200
    assert "manager made the model model 59" in text
    assert "manager made the model model 09" not in text
    assert f"Entries 1 to 50 of {count}" in text
    assert "manager made the model model 09" in told("manager", f"{at}?page=2&who=manager")[1]
    assert "manager set a target of the product’s value" in "".join(
        told("manager", f"{at}?page={n}")[1] for n in (2, 3)
    )


@pytest.mark.parametrize(
    ("asked", "found", "not_found"),
    [
        ("who=scient", "scientist", "manager "),
        ("what=target.set", "set a target", "made the KPI"),
        ("thing=PER_book", "made the KPI Value", "set a target of the product"),
        (f"since={TODAY}&until={TOMORROW}", "set a target", "No entry is like this"),
        (f"since={TOMORROW}", "No entry is like this", "set a target"),
        ("who=%E2%80%AEnobody", "No entry is like this", "set a target"),
    ],
)
def test_it_is_looked_through_by_who_what_thing_and_days(told, at, asked, found, not_found):
    status, text = told("manager", f"{at}?{asked}")
    rows = text[text.index("<h2>Entries") : text.index("<h2>Look for")]
    assert status == 200
    assert found in rows
    assert not_found not in rows


def test_a_thing_is_found_by_the_name_that_it_has_now(told, at, world):
    type(world.value).objects.filter(pk=world.value.pk).update(name="Yield")
    _, text = told("manager", f"{at}?thing=yiel")
    assert "made the KPI Yield" in text
    assert "set a target of the product" not in text


@pytest.mark.parametrize("asked", ["since=0001-01-01", "what=x", "since=2026-02-30", f"since={TOMORROW}&until={TODAY}"])
def test_what_cannot_be_asked_is_refused_by_its_field(told, at, asked):
    status, text = told("manager", f"{at}?{asked}")
    assert status == 422
    assert text.count('class="formfield wrong"') == 1
    assert told("manager", f"{at[:-1]}.csv?{asked}")[0] == 404


def test_the_files_hold_what_the_page_lists_with_its_place_in_the_chain(told, at, world, tmp_path):
    chain.link()
    _, text = told("manager", f"{at[:-1]}.jsonl?what=target.set")
    lines = [json.loads(line) for line in text.splitlines()]
    assert {line["action"] for line in lines} == {"target.set"}
    for line in lines:
        digest = line.pop("digest")
        assert hashlib.sha256(json.dumps(line, sort_keys=True, separators=(",", ":")).encode()).hexdigest() == digest
    _, text = told("manager", f"{at[:-1]}.csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == AuditEntry.objects.filter(product=world.product.slug).count()
    assert "manager set a target of the product’s value" in {row["said"] for row in rows}
    assert [int(row["number"]) for row in rows] == sorted(int(row["number"]) for row in rows)
    assert told("manager", f"{at[:-1]}.pdf")[0] == 404


def test_no_cell_of_the_sheet_is_a_formula(told, at, world, manager):
    audit.record(manager, "model.create", "=1+1", product=world.product)
    _, text = told("manager", f"{at[:-1]}.csv?what=model.create")
    assert "'=1+1" in [row["subject"] for row in csv.DictReader(io.StringIO(text))]


def test_an_administrator_reads_that_of_all_and_nobody_else_does(told, world, admin):
    audit.record(admin, "user.disable", "gone")
    status, text = told("admin", "/audit/")
    assert status == 200
    assert "admin closed the account of gone" in text
    assert world.product.slug in text
    assert "admin closed the account of gone" in told("admin", "/audit.csv")[1]
    for role in ("manager", "executive", "scientist", "outsider"):
        assert {told(role, address)[0] for address in ("/audit/", "/audit.csv")} == {403}, role


def test_the_command_writes_the_same_files_and_links_first(told, at, world, tmp_path):
    for written in ("jsonl", "csv"):
        out = tmp_path / f"all.{written}"
        call_command("audit", "export", "--out", str(out), "--product", world.product.slug, stdout=io.StringIO())
        assert out.read_text(encoding="utf-8-sig") == told("manager", f"{at[:-1]}.{written}")[1].replace("\r\n", "\n")
    call_command("audit", "export", "--out", str(out), "--since", TOMORROW, stdout=io.StringIO())
    assert out.read_text(encoding="utf-8-sig").count("\n") == 1
    for wrong in (["--out", "a.pdf"], ["--out", str(out), "--product", "none"], ["--out", "/no/such/place.csv"]):
        with pytest.raises(CommandError) as refused:
            call_command("audit", "export", *wrong)
        assert refused.value.returncode == 2
