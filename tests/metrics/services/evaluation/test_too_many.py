"""Rows beyond what a process holds at once: what is scanned in blocks is made, and all else says why it is not."""

import pytest

from metrics import store
from metrics.core import documents
from metrics.core.rows import table as tables
from metrics.models.evaluation import MetricResult
from metrics.models.kpi import KPIResult
from metrics.models.work import Work
from metrics.queries.documents.known import Known
from metrics.queries.evidence import checks
from metrics.queries.revenue.risks import of_product
from metrics.services.evaluation import promotion

pytestmark = pytest.mark.django_db
REASON = "rows are more than the 100 that are held at once"


@pytest.fixture
def champion(world, rows, manager, monkeypatch):
    """A champion whose rows, and those that it is held against, are more than are held at once."""
    for module in (documents, tables):
        monkeypatch.setattr(module, "MOST_AT_ONCE", 100)
    given = {"where": {"split": "test"}, "reference": {"split": "valid"}, "segments": ["hotel"], "amounts": ["value"]}
    run = world.log(world.people["scientist"], world.product, rows(seed=17), version="two", **given)
    promotion.promote(manager, run.version)
    world.compute()
    run.refresh_from_db()
    return run


def test_metrics_kpis_and_money_are_computed_in_blocks(world, champion, api, people):
    assert champion.state == "scored"
    assert not Work.objects.filter(state=Work.State.PARKED).exists()
    assert MetricResult.objects.get(run=champion, metric="roc_auc").point is not None
    assert KPIResult.objects.get(run=champion, version=world.version, newest=True).point is not None
    told = api(people["manager"]).get(f"/api/v1/products/{world.product.slug}/projection/").json()
    assert told["total"]["point"] > 0


def test_evidence_that_is_made_of_all_rows_together_is_not_checked_with_the_reason(champion):
    found = {one.key: one for one in checks.checks(champion, None)}
    for key in ("quality", "labels", "drift", "without_labels"):
        assert found[key].verdict == "not checked"
        assert REASON in found[key].text
        assert "log a random part of the rows" in found[key].remedy
    assert found["reproducibility"].verdict != "not checked"  # it looks at the manifest alone


def test_risks_are_not_known_rather_than_none(world, champion, executive, client):
    found = of_product(Known(world.product))
    assert found.causes == ()
    assert {REASON in why for why in found.not_known.values()} == {True}
    client.force_login(executive)
    text = client.get(f"/p/{world.product.slug}/risks/").content.decode()
    assert "is not known yet" in text
    assert "takes money away from" not in text


@pytest.mark.parametrize(
    "path", ["/portfolio/", "/p/{slug}/", "/p/{slug}/risks/", "/p/{slug}/runs/", "/p/{slug}/runs/{run}/"]
)
def test_pages_open_all_the_same(world, champion, manager, client, path):
    client.force_login(manager)
    assert client.get(path.format(slug=world.product.slug, run=champion.pk)).status_code == 200


def test_what_holds_rows_at_once_says_so_for_what_is_read_wholly(champion):
    with pytest.raises(documents.RowsTooMany, match="its 960 rows are more than the 100"):
        tables.whole(store.path(champion.rows))
