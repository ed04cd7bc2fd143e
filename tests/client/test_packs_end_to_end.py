"""`kpi pack` carries away what its person may read, and says in one line what it cannot."""

import pytest
from django.test import Client as Browser

from metrics import store
from metrics.models.pack import Pack
from metrics.services.delivery import packs
from metrics.services.product.tokens import create_token

PRODUCT = "cancellation-calls"


@pytest.fixture
def by(live_server, world, people, typed, monkeypatch):
    """by("manager", "pack", …): exit code, what is printed, what is refused."""
    tokens = {name: create_token(people[name], name="shell")[1] for name in ("executive", "scientist", "outsider")}
    monkeypatch.setenv("KPI_URL", live_server.url)

    def run(person, *words):
        monkeypatch.setenv("KPI_TOKEN", tokens[person])
        return typed("pack", *words)

    return run


@pytest.mark.django_db(transaction=True)
def test_a_pack_is_carried_away_by_who_may_read_it_and_by_nobody_else(by, world, people, tmp_path, live_server):
    def refused(person, *words):
        code, out, line = by(person, *words, "--out", str(tmp_path / "none"))
        assert (code, out, line.count("\n")) == (2, "", 1), (words, out, line)
        assert not (tmp_path / "none").exists()
        return line

    page = f"{live_server.url}/p/{PRODUCT}/packs/"
    assert refused("scientist", PRODUCT) == (
        f"kpi: no pack is issued of {PRODUCT}. A manager or an executive issues one at {page}.\n"
    )
    assert Browser().get(page.removeprefix(live_server.url)).status_code == 302  # it is there, for who signs in
    packs.issue(people["executive"], world.product)
    assert "no pack is issued" in refused("scientist", PRODUCT)
    assert "pack 1 is not issued: it is being made" in refused("scientist", PRODUCT, "--number", "1")
    packs.issue_portfolio(people["executive"])
    world.compute()
    made = Pack.objects.get(product=world.product)

    code, out, _ = by("scientist", PRODUCT, "--out", str(tmp_path / "made"))

    assert code == 0
    title = made.title.replace("\u00a0", " ")
    assert out.startswith(f"pack 1: {title}, as known on {made.known_on}, in ")
    written = {path.name: path.read_bytes() for path in (tmp_path / "made").iterdir()}
    assert set(written) == {"pack.pdf", "pack.pptx", "pack.xlsx", "tables.zip"}
    assert written["pack.xlsx"] == store.get(made.files["xlsx"])
    assert by("scientist", "portfolio", "--out", str(tmp_path / "all"))[0] == 0
    assert (tmp_path / "all" / "pack.pdf").read_bytes().startswith(b"%PDF-")

    assert "there is no product “cancellation-calls”, or none that you may see" in refused("outsider", PRODUCT)
    assert "no pack is issued of portfolio" in refused("outsider", "portfolio")
    assert "there is no pack 7 of cancellation-calls" in refused("executive", PRODUCT, "--number", "7")
    assert refused("executive", "portfolio", "--number", "1").startswith("kpi: number: numbers are of a product's")
    (tmp_path / "taken").write_text("a file")
    assert "cannot be made" in by("executive", PRODUCT, "--out", str(tmp_path / "taken"))[2]

    packs.withdraw(people["executive"], made, reason="a wrong month")
    assert "no pack is issued" in refused("scientist", PRODUCT)
    said = by("scientist", PRODUCT, "--out", str(tmp_path / "old"), "--number", "1")[1]
    assert said.rstrip().endswith("it is withdrawn: a wrong month")
