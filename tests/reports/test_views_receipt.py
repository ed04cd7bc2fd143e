"""Receipts as pages and in the drawer, their verification, and who may carry one away."""

import io
import zipfile

import pytest

from metrics import store
from metrics.models.product import Membership
from metrics.queries.documents.known import Known
from metrics.queries.revenue import outlook


@pytest.fixture
def digest(world) -> str:
    return outlook.outlook(Known(world.product)).receipt


def test_a_receipt_leads_from_money_down_to_rows(world, digest, executive, client) -> None:
    client.force_login(executive)
    text = client.get(f"/receipts/{digest}/").content.decode()
    places = [text.index(f">{word}<") for word in ("Revenue", "Value", "Evidence", "Evaluation", "Rows")]
    assert places == sorted(places)
    assert f"kpi verify {digest[:12]}" in text
    assert world.run.data_set.digest[:4] in text
    assert f"/p/cancellation-calls/runs/{world.run.pk}/" in text


def test_the_drawer_is_the_receipt_alone(digest, executive, client) -> None:
    client.force_login(executive)
    text = client.get(f"/receipts/{digest}/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in text
    assert "data-close" in text


def test_a_short_digest_finds_its_receipt_and_a_wrong_one_nothing(digest, executive, client) -> None:
    client.force_login(executive)
    assert client.get(f"/receipts/{digest[:12]}/").status_code == 200
    assert client.get(f"/receipts/{'0' * 64}/").status_code == 404
    assert client.get("/receipts/nonsense/").status_code == 404


@pytest.mark.parametrize("part", ["", "verify/", "export/"])
def test_a_member_of_another_product_finds_no_receipt(digest, make_product, outsider, client, part) -> None:

    Membership.objects.create(product=make_product("Other"), user=outsider, role="data_scientist")
    client.force_login(outsider)
    assert client.get(f"/receipts/{digest}/{part}").status_code == 404
    assert client.post(f"/receipts/{digest}/verify/").status_code == 404


def test_a_verification_is_followed_until_its_verdict(world, digest, executive, client) -> None:
    client.force_login(executive)
    asked = client.post(f"/receipts/{digest}/verify/", headers={"HX-Request": "true"}).content.decode()
    assert f'hx-get="/receipts/{digest}/verify/"' in asked
    assert "every 1s" in asked
    world.compute()
    told = client.get(f"/receipts/{digest}/verify/", headers={"HX-Request": "true"}).content.decode()
    assert "Equal" in told
    assert "every 1s" not in told


def test_rows_that_were_changed_are_named_by_the_verification(world, digest, executive, client) -> None:

    path = store.path(world.run.rows)
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    client.force_login(executive)
    client.post(f"/receipts/{digest}/verify/")
    world.compute()
    text = client.get(f"/receipts/{digest}/").content.decode()
    assert "Differs" in text
    assert "<b>rows</b>" in text


def test_a_receipt_is_carried_away_by_whoever_reads_the_figure(digest, people, client) -> None:
    for name in ("scientist", "manager", "executive"):
        client.force_login(people[name])
        response = client.get(f"/receipts/{digest}/export/")
        assert "statement.json" in zipfile.ZipFile(io.BytesIO(response.content)).namelist()
        assert f"receipt-{digest[:12]}.zip" in response["Content-Disposition"]
    client.force_login(people["outsider"])
    assert client.get(f"/receipts/{digest}/export/").status_code == 404
