"""Receipts: from a figure down to its rows, recomputed here and elsewhere, and exact about what was changed."""

import html

import numpy as np
import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError

from metrics import access, store
from metrics.core.documents import digest as digest_of
from metrics.core.recomputed import digits
from metrics.models.evaluation import Artifact, MetricResult
from metrics.models.kpi import KPIResult
from metrics.models.revenue import RevenueResult
from metrics.models.work import Work
from metrics.queries.documents.known import Known
from metrics.queries.receipts import receipts
from metrics.queries.receipts.statement import statement
from metrics.queries.revenue import outlook as queries
from metrics.services.evaluation import runs
from metrics.services.recompute import verification
from metrics.services.recompute import work as recompute

pytestmark = pytest.mark.django_db


def headline(world):
    return queries.outlook(Known(world.product)).receipt


def changed_byte(file, at=0.5):
    content = bytearray(file.read_bytes())
    content[int(len(content) * at)] ^= 1
    file.write_bytes(content)


def links(found):
    return {difference["link"] for difference in found["differences"]}


def test_a_receipt_leads_from_money_to_the_digest_of_the_rows_in_five_links(world):
    found = receipts.receipt(world.people["executive"], headline(world))
    assert [link.link for link in found.links] == ["revenue", "kpi", "evidence", "evaluation", "rows"]
    assert found.quantity.point == queries.outlook(Known(world.product)).total.point
    assert found.links[-1].digest == world.run.data_set.digest
    assert found.grade.letter == "C"
    assert "2 signatures" in found.links[1].note
    assert f"file {world.run.rows[:12]}" in found.links[-1].note


def test_a_receipt_is_found_by_the_first_eight_digits_and_not_by_fewer(world):
    digest = headline(world)
    assert receipts.receipt(world.people["executive"], digest[:8]).digest == digest
    for name in (digest[:7], "", "not hexadecimal", digest.upper(), digest + "0", "0" * 64):
        with pytest.raises(access.Hidden):
            receipts.receipt(world.people["executive"], name)


def test_the_digest_of_a_result_is_that_of_its_document(world):
    for table in (MetricResult, KPIResult, RevenueResult):
        for row in table.objects.all():
            assert digest_of(row.document) == row.digest


def test_a_receipt_is_not_there_for_somebody_outside(world, outsider):
    with pytest.raises(access.Hidden):
        receipts.receipt(outsider, headline(world))


def test_an_executive_finds_no_receipt_of_a_draft(world):
    draft = world.second_version()
    recompute.request_recompute(world.people["manager"], world.product)
    world.compute()
    digest = KPIResult.objects.get(version=draft).digest
    assert receipts.receipt(world.people["manager"], digest).digest == digest
    with pytest.raises(access.Hidden):
        receipts.receipt(world.people["executive"], digest)


@pytest.mark.parametrize("kind", ["projected", "realised"])
def test_every_revenue_figure_verifies_as_equal(world, kind):
    for row in RevenueResult.objects.filter(kind=kind):
        found = verification.verified(row.digest)
        assert (found["verdict"], found["differences"]) == ("equal", [])
        assert found["links"] >= 3


def test_kpis_and_metrics_verify_as_equal(world):
    for row in (*KPIResult.objects.all(), *MetricResult.objects.all()[:4]):
        assert verification.verified(row.digest)["verdict"] == "equal"


def test_verifying_is_work_that_anybody_with_the_receipt_may_ask_for(world):
    digest = headline(world)
    for name in ("executive", "manager", "scientist", "admin"):
        work = recompute.request_verification(world.people[name], world.product, digest)
        world.compute()
        work.refresh_from_db()
        assert work.result["verdict"] == "equal"
    with pytest.raises(access.Hidden):
        recompute.request_verification(world.people["outsider"], world.product, digest)


@pytest.mark.parametrize("at", [0.02, 0.3, 0.5, 0.7, 0.98])
def test_one_changed_byte_of_the_stored_rows_is_found_and_the_rows_are_named(world, at):
    changed_byte(store.path(world.run.rows), at)
    found = verification.verified(headline(world))
    assert found["verdict"] == "differs"
    assert links(found) == {"rows"}
    assert found["differences"][0]["digest"] == world.run.rows
    assert found["value"]["point"] == queries.outlook(Known(world.product)).total.point


def test_rows_that_are_gone_are_named(world):
    store.path(world.run.rows).unlink()
    found = verification.verified(headline(world))
    assert (found["verdict"], links(found)) == ("differs", {"rows"})
    assert "restore" in found["differences"][0]["message"]


def test_a_changed_cube_is_found_where_it_is_used(world):
    row = MetricResult.objects.get(metric="roc_auc")
    cube = Artifact.objects.get(digest=row.document["cube"])
    changed_byte(store.path(cube.file))
    found = verification.verified(row.digest)
    assert (found["verdict"], links(found)) == ("differs", {"cube"})
    assert found["differences"][0]["digest"] == cube.digest
    assert verification.verified(headline(world))["verdict"] == "equal"


def test_changed_sums_of_decisions_are_found(world):
    decisions = Artifact.objects.get(document__kind="decisions")
    changed_byte(store.path(decisions.file))
    found = verification.verified(headline(world))
    assert (found["verdict"], links(found)) == ("differs", {"decisions"})


def test_a_cube_put_in_the_place_of_another_is_found(world, rows, log):
    log(world.people["scientist"], world.product, rows(shift=0.1), version="two", where={"split": "test"})
    world.compute()
    row = MetricResult.objects.get(metric="roc_auc", run=world.run)
    mine, other = Artifact.objects.filter(document__kind="cube").order_by("created_at")
    Artifact.objects.filter(pk=mine.pk).update(file=other.file)
    found = verification.verified(row.digest)
    assert links(found) == {"cube"}
    assert "not what was stored" in found["differences"][0]["message"]


def test_a_figure_changed_in_the_database_is_found_with_both_values(world):
    digest = headline(world)
    RevenueResult.objects.filter(digest=digest).update(point=1_000_000.0)
    found = verification.verified(digest)
    assert links(found) == {"revenue"}
    assert "point: printed 1000000, computed " in found["differences"][0]["message"]


def test_changed_draws_are_found(world):
    row = RevenueResult.objects.get(digest=headline(world))
    RevenueResult.objects.filter(pk=row.pk).update(draws=bytes(row.draws)[4:] + bytes(row.draws)[:4])
    assert verification.verified(row.digest)["verdict"] == "differs"


def test_a_changed_document_is_found(world):
    row = RevenueResult.objects.get(digest=headline(world))
    RevenueResult.objects.filter(pk=row.pk).update(document=row.document | {"months": 11})
    assert verification.verified(row.digest)["verdict"] == "differs"


def test_a_changed_document_that_the_figure_does_not_show_is_found_too(world):
    row = RevenueResult.objects.get(digest=headline(world))
    RevenueResult.objects.filter(pk=row.pk).update(document=row.document | {"baseline": "act_on_all"})
    found = verification.verified(row.digest)
    assert (found["verdict"], links(found)) == ("differs", {"revenue"})


def test_verifying_writes_nothing_but_its_own_answer(world):
    before = [table.objects.count() for table in (MetricResult, KPIResult, RevenueResult, Artifact)]
    store.path(Artifact.objects.first().file).unlink()
    verification.verified(headline(world))
    assert [table.objects.count() for table in (MetricResult, KPIResult, RevenueResult, Artifact)] == before


def test_a_figure_that_is_gone_is_parked_work_with_its_reason(world):
    digest = headline(world)
    work = recompute.request_verification(world.people["manager"], world.product, digest)
    RevenueResult.objects.filter(digest=digest).delete()
    world.compute()
    assert Work.objects.get(pk=work.pk).state == "parked"
    assert "there is no figure" in Work.objects.get(pk=work.pk).error


@pytest.mark.promise("R6")
@pytest.mark.parametrize("trouble", [OperationalError("the server went away"), SoftTimeLimitExceeded(), MemoryError()])
def test_trouble_of_the_machine_is_no_verdict_on_the_rows(world, monkeypatch, trouble):
    def away(*_):
        raise trouble

    work = recompute.request_verification(world.people["scientist"], world.product, headline(world))
    with monkeypatch.context() as patch:
        patch.setattr(verification._Fresh, "content", away)
        recompute.perform(work.pk)
    work.refresh_from_db()
    assert (work.state, work.result) == ("due", None)
    assert type(trouble).__name__ in work.error
    recompute.perform(work.pk)
    work.refresh_from_db()
    assert work.result["verdict"] == "equal"


def test_numbers_that_differ_are_printed_with_the_digits_that_differ():
    assert digits(692210.28, 692210.2800001) == ("692210.28", "692210.2800001")
    assert digits(1.0, 1.0 + 2**-52) == ("1.0", "1.0000000000000002")
    assert digits(0.25, 0.75) == ("0.25", "0.75")
    assert digits(1e-9, 2e-9) == ("1e-09", "2e-09")


@pytest.mark.parametrize("column", ["low80", "high80", "low95", "high95", "unit"])
def test_what_is_printed_beside_the_point_is_verified_on_the_server_too(world, column):
    row = RevenueResult.objects.get(digest=headline(world))
    value = "USD" if column == "unit" else getattr(row, column) * (1 + 1e-7)
    RevenueResult.objects.filter(pk=row.pk).update(**{column: value})
    found = verification.verified(row.digest)
    assert (found["verdict"], links(found)) == ("differs", {"revenue"})
    assert column in found["differences"][0]["message"]


def test_draws_that_moved_by_a_ten_millionth_are_found(world):
    row = RevenueResult.objects.get(digest=headline(world))
    draws = np.frombuffer(bytes(row.draws), "<f4")
    RevenueResult.objects.filter(pk=row.pk).update(draws=np.nextafter(draws, np.float32(np.inf)).tobytes())
    found = verification.verified(row.digest)
    assert found["verdict"] == "differs"
    assert "draw 1: kept" in found["differences"][0]["message"]


def test_the_figure_of_a_link_further_down_is_verified_with_the_receipt(world):
    digest = headline(world)
    value = KPIResult.objects.get(digest=RevenueResult.objects.get(digest=digest).document["value"])
    KPIResult.objects.filter(pk=value.pk).update(point=value.point + 1)
    found = verification.verified(digest)
    assert (found["verdict"], links(found)) == ("differs", {"kpi"})


def test_a_receipt_of_a_withdrawn_run_says_so_wherever_it_is_read(world, executive, client):
    digest = headline(world)
    assert receipts.receipt(world.people["executive"], digest).standing == ()
    runs.withdraw(world.people["scientist"], world.run, reason="Wrong rows.")
    found = receipts.receipt(world.people["executive"], digest)
    (sentence,) = found.standing
    assert sentence.endswith(": Wrong rows. This figure stood on it, and counts nowhere any more.")
    assert sentence.startswith(f"Run {world.run.name} was withdrawn on ")
    assert statement(found)["standing"] == [sentence]
    client.force_login(executive)
    assert sentence in html.unescape(client.get(f"/receipts/{digest}/").content.decode())
    assert client.get(f"/api/v1/receipts/{digest}/").json()["standing"] == [sentence]


def test_a_receipt_under_a_mapping_that_was_retired_says_so(world):
    digest = headline(world)
    version = KPIResult.objects.get(digest=RevenueResult.objects.get(digest=digest).document["value"]).version
    type(version).objects.filter(pk=version.pk).update(state="retired")
    (sentence,) = receipts.receipt(world.people["executive"], digest).standing
    assert sentence == f"Version 1 of the mapping {version.mapping.name} is not in force: retired."
