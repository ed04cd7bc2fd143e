"""An archived product is read only, stands in no list, and is brought back whole."""

import pytest

from metrics.models.kpi import Actual
from metrics.models.notice import Notice
from metrics.models.product import AuditEntry
from metrics.models.work import Work
from metrics.queries.product import notices
from metrics.queries.revenue.portfolio import portfolio
from metrics.services.product import products
from metrics.services.recompute.verification import verified
from metrics.services.recompute.work import sweep
from metrics.services.writing.refusal import Conflict

pytestmark = pytest.mark.django_db


@pytest.fixture
def archived(world):
    world.compute()
    products.archive(world.people["admin"], world.product)
    return world


def test_an_administrator_archives_and_brings_back_and_both_are_in_the_audit(asks, world):
    at = f"/products/{world.product.slug}"
    gone = asks("admin").post(f"{at}/archive/")
    assert (gone.status_code, gone.json()["archived_at"] is None) == (200, False)
    assert asks("admin").post(f"{at}/archive/").status_code == 409
    back = asks("admin").post(f"{at}/restore/")
    assert (back.status_code, back.json()["archived_at"]) == (200, None)
    assert asks("admin").post(f"{at}/restore/").status_code == 409
    told = AuditEntry.objects.filter(product=world.product.slug).order_by("created_at")
    assert [one.action for one in told if one.action.startswith("product.")][-2:] == [
        "product.archive",
        "product.restore",
    ]


@pytest.mark.parametrize(
    ("name", "status"), [("manager", 403), ("scientist", 403), ("executive", 403), ("outsider", 404)]
)
def test_nobody_else_does(asks, world, name, status):
    assert asks(name).post(f"/products/{world.product.slug}/archive/").status_code == status
    assert asks(name).post(f"/products/{world.product.slug}/restore/").status_code == status


WRITES = (
    ("scientist", "post", "runs/", {"model": "m", "version": "9", "metrics": {"brier": 0.1}}),
    ("scientist", "post", "imports/", {"uri": "https://8.8.8.8/"}),
    ("scientist", "post", "metrics/", {"key": "lost", "name": "Lost", "direction": "down"}),
    ("scientist", "post", "models/", {"name": "another"}),
    ("manager", "patch", "", {"sentence": "We call."}),
    ("manager", "post", "members/", {"username": "outsider", "role": "executive"}),
    ("manager", "post", "kpis/", {"key": "sold", "name": "Sold", "unit": "EUR"}),
    ("manager", "patch", "kpis/value_per_booking/", {"owner": "x"}),
    ("manager", "post", "assumptions/", {"key": "a", "name": "A", "distribution": {"kind": "point", "value": 1}}),
    ("manager", "post", "pairs/", {"kpi": "value_per_booking", "metric": "log_loss", "csv": "x,y\n1,2\n"}),
    ("manager", "post", "views/", {"name": "mine", "query": ""}),
)


@pytest.mark.parametrize(("name", "method", "path", "body"), WRITES)
def test_nothing_is_written_and_the_reason_is_said(asks, archived, refused, name, method, path, body):
    answer = getattr(asks(name), method)(f"/products/{archived.product.slug}/{path}", body)
    assert "is archived since" in refused(answer, 403)["detail"]
    assert "an administrator brings it back" in answer.json()["detail"]


def test_mappings_and_runs_of_it_take_no_act(asks, archived, refused):
    version = archived.version
    acts = [
        asks("manager").post(f"/mappings/{version.mapping_id}/", {"definition": version.definition}),
        asks("manager").post(f"/mappings/{version.mapping_id}/versions/1/retire/", {"digest": version.digest}),
        asks("manager").post(f"/runs/{archived.run.pk}/withdraw/", {"reason": "wrong"}),
    ]
    for answer in acts:
        assert "is archived since" in refused(answer, 403)["detail"]


def test_it_stays_to_be_read_and_its_receipts_verify(asks, archived):
    at, digest = f"/products/{archived.product.slug}", archived.version.results.first().digest
    for path in (f"{at}/", f"{at}/runs/", f"{at}/kpis/", f"/runs/{archived.run.pk}/", f"/receipts/{digest}/"):
        assert asks("manager").get(path).status_code == 200, path
    assert asks("manager").post(f"/receipts/{digest}/verify/").status_code == 202
    assert verified(digest)["verdict"] == "equal"


def test_lists_leave_it_out_unless_asked(asks, archived):
    slug = archived.product.slug
    assert slug not in {row["slug"] for row in asks("manager").get("/products/").json()["results"]}
    assert [row["slug"] for row in asks("manager").get("/products/?archived=true").json()["results"]] == [slug]
    assert asks("outsider").get("/products/?archived=true").json()["results"] == []
    assert asks("manager").get("/me/").json()["roles"] == []


def test_portfolio_notices_work_and_the_sweep_leave_it_out(archived):
    manager = archived.people["manager"]
    note = {"kind": Notice.Kind.values[0], "subject": "s", "text": "t", "thing": "runs/x"}
    Notice.objects.create(user=manager, product=archived.product, **note)
    assert not notices.of(manager).exists()
    assert portfolio(manager, today=archived.product.today()).outlooks == ()
    Actual.objects.all().delete()  # something to compute anew, were it at work
    Work.objects.all().delete()
    work = Work.objects.create(kind="sweep", scope="all", state="leased")
    sweep(work)
    assert not Work.objects.filter(product=archived.product).exists()


def test_what_was_archived_comes_back_whole(asks, archived):
    at = f"/products/{archived.product.slug}"
    before = asks("manager").get(f"{at}/kpis/").json()
    products.restore(archived.people["admin"], archived.product)
    assert asks("manager").get(f"{at}/kpis/").json() == before
    assert asks("manager").patch(f"{at}/", {"sentence": "We call."}).status_code == 200


def test_a_product_is_not_archived_twice(archived):
    with pytest.raises(Conflict):
        products.archive(archived.people["admin"], archived.product)
