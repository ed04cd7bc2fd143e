"""What comes in kinds is registered in one place: one of each, registered here, goes all the way."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from metrics.core.evidence.check import Finding, Judged, NotChecked, Numbers
from metrics.core.evidence.columns import floats
from metrics.core.evidence.figures import Count, Figure, Line, Month, Pairs, Share, Toned, counted, table
from metrics.core.evidence.inputs import Inputs
from metrics.core.evidence.kind import CheckKind
from metrics.core.evidence.panel import LATER
from metrics.core.evidence.registry import CHECKS
from metrics.core.offline import opened, verified
from metrics.models.kpi import KPIResult
from metrics.models.work import Work
from metrics.queries.receipts import receipts
from metrics.services.evaluation import data_sets
from metrics.services.evaluation.rows import File
from metrics.services.recompute import verification
from metrics.services.recompute.export import exported
from tests import openapi

pytestmark = pytest.mark.django_db


# --- a check ---------------------------------------------------------------------------------------------------------


def look(inputs: Inputs) -> Judged | NotChecked:
    """Whether scores, or the amounts of rows without any, were rounded before they were sent."""
    column = next((name for name in ("y_score", "value") if name in inputs.rows.column_names), None)
    if column is None:
        return NotChecked("There are neither scores nor amounts.")
    values = floats(inputs.rows[column])
    rounded, n = int(np.isclose(values, values.round(1)).sum()), len(values)
    text = f"{rounded:,} of {n:,} figures have one decimal."
    findings = [Finding("fails", text, "Send them as they are.")] if 2 * rounded > n else []
    return Judged(findings=findings, good="Figures have their decimals.", numbers={"rounded": rounded, "n": n})


def figures(numbers: Numbers) -> list[Figure]:
    rounded, n = numbers["rounded"], numbers["n"]
    pairs = Pairs("Decimals", (("Figures", Count(n)), ("Of one decimal", counted(rounded, n))))
    lines = [Line(Month("2016-10"), (Toned(Share(rounded / n), "bad"),))]
    return [pairs, *table("Since when", ("Month", "Rounded"), lines)]


ROUNDING = CheckKind(
    key="rounding",
    name="Rounded figures",
    rule="Fails: over half of the figures have one decimal.",
    needs={"rows": NotChecked("There are no rows.")},
    run=look,
    figures=figures,
)
WRONG = "960 of 960 figures have one decimal."


@pytest.fixture
def check(world: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[CheckKind]:
    """A check that comes to a house in which a run was examined before."""
    monkeypatch.setitem(CHECKS, ROUNDING.key, ROUNDING)
    openapi.forget()
    yield ROUNDING
    openapi.forget()


@pytest.fixture
def rounded(check: CheckKind, world: Any, rows: Any, log: Any) -> Any:
    """A run on the champion's rows whose scores were rounded."""
    frame = rows()
    frame["y_score"] = frame["y_score"].round(1)
    run = log(world.people["scientist"], world.product, frame, version="two", where={"split": "test"})
    world.compute()
    run.refresh_from_db()
    return run


def value_of(run: Any) -> str:
    """The receipt of what a run is worth."""
    return KPIResult.objects.get(run=run, newest=True).digest


@pytest.fixture
def science(client: Client, scientist: Any) -> Client:
    client.force_login(scientist)
    return client


def test_a_check_appears_on_the_page_of_a_run_with_its_figures(science: Client, rounded: Any) -> None:
    page = f"/p/{rounded.product.slug}/runs/{rounded.pk}/"
    named = {check["key"]: check for check in science.get(page).context["evidence"]["checks"]}
    assert (named["rounding"]["name"], named["rounding"]["kind"]) == ("Rounded figures", "bad")
    text = science.get(f"{page}evidence/").content.decode()
    for words in (WRONG, "Send them as they are.", ROUNDING.rule, "Of one decimal", "960 (100\u00a0%)"):
        assert words in text
    assert "Oct\u00a016" in text
    assert "Rounded figures" in science.get(f"/p/{rounded.product.slug}/runs/").content.decode()


def test_a_run_that_was_examined_before_there_was_the_check_says_so(
    science: Client, check: CheckKind, world: Any
) -> None:
    text = science.get(f"/p/{world.product.slug}/runs/{world.run.pk}/evidence/").content.decode()
    assert LATER.why in text


def test_a_check_appears_on_the_page_of_a_data_set(
    science: Client, check: CheckKind, world: Any, rows: Any, tmp_path: Any
) -> None:
    path = tmp_path / "rows.parquet"
    rows().to_parquet(path)
    data = data_sets.log_data_set(
        world.people["scientist"], world.product, manifest={"name": "fresh"}, file=File(path=path, name=path.name)
    )
    panel = science.get(f"/p/{world.product.slug}/datasets/{data.pk}/evidence/").context["panel"]
    (shown,) = [one for one in panel if one["key"] == "rounding"]
    assert (shown["words"], shown["text"]) == ("Holds", "Figures have their decimals.")
    assert [block.title for block in shown["blocks"]] == ["Decimals", "Since when"]


def test_a_check_appears_in_the_api_and_in_its_schema(api: Any, rounded: Any, scientist: Any, tmp_path: Any) -> None:
    answer = api(scientist).get(f"/api/v1/runs/{rounded.pk}/evidence/").json()
    (told,) = [one for one in answer["checks"] if one["key"] == "rounding"]
    assert (told["name"], told["verdict"], told["text"]) == ("Rounded figures", "fails", WRONG)
    assert told["numbers"] == {"rounded": 960, "n": 960}
    schema = tmp_path / "schema.yaml"
    call_command("spectacular", "--file", str(schema), "--validate", "--fail-on-warn")
    described = yaml.safe_load(schema.read_text())["components"]["schemas"]
    asked = described["PatchedProductChangesRequest"]["properties"]["gates"]["items"]
    assert all("rounding" in keys["enum"] for keys in (described["CheckKey"], described["GateKey"], asked))


def test_a_check_may_gate_the_kpis_of_a_product(client: Client, api: Any, rounded: Any, manager: Any) -> None:
    slug = rounded.product.slug
    client.force_login(manager)
    assert "Rounded figures" in client.get(f"/p/{slug}/settings/").content.decode()
    (before,) = api(manager).get(f"/api/v1/runs/{rounded.pk}/").json()["kpis"]
    assert api(manager).patch(f"/api/v1/products/{slug}/", {"gates": ["rounding"]}, format="json").status_code == 200
    (after,) = api(manager).get(f"/api/v1/runs/{rounded.pk}/").json()["kpis"]
    assert (before["grade"], after["grade"]) == ("C", "D")
    assert "evidence fails: rounded figures" in receipts.receipt(manager, value_of(rounded)).grade.reasons


def test_a_check_appears_in_the_evidence_of_a_comparison(science: Client, world: Any, rounded: Any) -> None:
    page = science.get(f"/p/{world.product.slug}/compare/?run={world.run.pk}&run={rounded.pk}")
    facts = {fact["title"]: fact for fact in page.context["evidence"]["facts"]}
    assert facts["Rounded figures"]["verdict"].words == "Fails"
    assert "figures have one decimal" in facts["Rounded figures"]["why"]
    assert facts["Rounded figures"]["url"].endswith(f"{rounded.pk}/#check-rounding")


def test_a_check_appears_in_a_receipt_that_verifies(rounded: Any, manager: Any, tmp_path: Any) -> None:
    receipt = receipts.receipt(manager, value_of(rounded))
    (evidence,) = [link for link in receipt.links if link.link == "evidence"]
    assert f"Rounded figures: {WRONG}" in evidence.text
    assert f"{len(CHECKS) + 1} checks" in evidence.note
    assert verification.verified(receipt.digest)["verdict"] == "equal"
    carried = tmp_path / "receipt.zip"
    carried.write_bytes(exported(receipt))
    assert verified(opened(carried))["verdict"] == "equal"
    assert not Work.objects.exclude(state="done").exists()
