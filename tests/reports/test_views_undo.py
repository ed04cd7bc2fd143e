"""Taking back and bringing back on the pages: what is said before, what changes, what history keeps."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from metrics.core.estimate import Unknown
from metrics.models.kpi import Actual, Target
from metrics.models.product import AuditEntry
from metrics.queries.documents.known import Known
from metrics.queries.kpi.months import observed
from metrics.queries.revenue.outlook import outlook
from metrics.services.evaluation import promotion
from metrics.services.kpi import calibration, kpis, undone
from metrics.services.kpi.calibration import PairRow
from metrics.services.writing.refusal import Conflict, Invalid

pytestmark = pytest.mark.django_db

P = "/p/cancellation-calls/"
KPI = f"{P}kpis/bookings/"
JANUARY = date(2017, 1, 1)


@pytest.fixture
def signed(client, manager):
    client.force_login(manager)
    return client


def words(answer):
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())).replace("&nbsp;", " ")
    return text.replace("\u00a0", " ").replace(" .", ".").replace(" ,", ",")


def first_import(world):
    return world.volume.actuals.order_by("period").first()


def asked(client, row, *, whole=False):
    return words(client.get(f"{KPI}actuals/{row.pk}/undo/", {"whole": "1"} if whole else {}, HTTP_HX_REQUEST="true"))


def restated(world, manager, month=JANUARY, value=2000):
    (row,) = kpis.import_actuals(manager, world.volume, values=[(month, Decimal(value))], source="audit")
    world.compute()
    return row


def test_undoing_all_months_says_what_becomes_unknown_and_restoring_brings_the_very_figure_back(world, signed):
    before = outlook(Known(world.product))
    row = first_import(world)
    told = asked(signed, row, whole=True)
    assert "Undo the import of 26 months of Bookings?" in told
    assert "26 months of Bookings go: Jan 2015 – Feb 2017." in told
    assert re.search(r"The projection of [\d.,]+ (k )?EUR becomes Unknown: .+\.", told)
    assert "Restore brings it back" in told
    assert world.volume.actuals.filter(withdrawn_at=None).count() == 26  # asking does nothing

    assert signed.post(f"{KPI}actuals/{row.pk}/undo/", {"whole": "1"}).status_code == 302
    world.compute()
    gap = timezone.now()
    lost = outlook(Known(world.product))
    assert isinstance(lost.total, Unknown)
    assert re.search(r"[\d.,]+ (k )?EUR → Unknown", words(signed.get(f"{P}changes/")))
    page = words(signed.get(KPI))
    assert "26 months, Jan 2015 – Feb 2017" in page
    assert re.search(r"Taken back .+, by manager · arrivals", page)

    assert signed.post(f"{KPI}actuals/{row.pk}/restore/").status_code == 302
    world.compute()
    after = outlook(Known(world.product))
    assert after.receipt == before.receipt
    page = words(signed.get(KPI))
    assert "Brought back: 26 months of Bookings." in page
    assert "Months taken back" not in page
    changes = words(signed.get(f"{P}changes/"))
    assert re.search(r"Unknown → [\d.,]+ (k )?EUR", changes)
    assert "Bookings: 26 months, Jan 2015 to Feb 2017, brought back" in changes
    assert "no figure yet" not in changes.partition("brought back")[2].partition("taken back")[0]
    acts = AuditEntry.objects.filter(product="cancellation-calls").values_list("action", flat=True)
    assert {"actual.undo", "actual.restore"} <= set(acts)
    # between the two nothing was known, and that stays so
    assert Known(world.product, at=gap).actuals(world.volume) == []
    assert len(Known(world.product).actuals(world.volume)) == 26


def test_a_month_that_was_restated_goes_back_to_what_was_known_before(world, signed, manager):
    row = restated(world, manager)
    told = asked(signed, row)
    assert "Undo January 2017 of Bookings?" in told
    assert "One month of Bookings goes back to what was known before: Jan 2017." in told
    assert re.search(r"Undoing it moves .*the projection by −[\d.,]+ (k )?EUR", told)
    assert "becomes Unknown" not in told


def test_an_older_value_of_which_a_newer_stands_changes_nothing(world, signed, manager):
    old = world.volume.actuals.get(period=JANUARY)
    restated(world, manager)
    told = asked(signed, old)
    assert "One month of Bookings keeps its newer value: Jan 2017." in told
    assert "No projection, and no KPI that a mapping gives, moves." in told
    undone.withdraw_actual(manager, old)
    with pytest.raises(Conflict, match="newer values stand"):
        undone.restore_actuals(manager, old.__class__.objects.get(pk=old.pk))


def test_where_nothing_is_computed_from_months_it_is_said(world, signed, manager):
    free = kpis.create_kpi(manager, world.product, key="calls", name="Calls", unit="call", aggregation="sum")
    (row,) = kpis.import_actuals(manager, free, values=[(JANUARY, Decimal(5))], source="")
    told = words(signed.get(f"{P}kpis/calls/actuals/{row.pk}/undo/"))
    assert "One month of Calls goes: Jan 2017." in told
    assert "No projection, and no KPI that a mapping gives, moves." in told
    assert "Cancel" in told  # a page of its own, for who has no script


def test_what_is_back_is_not_brought_back_twice_and_what_stands_not_at_all(world, signed, manager):
    row = first_import(world)
    assert "Nothing was brought back" not in words(signed.get(KPI))
    with pytest.raises(Conflict, match="was not taken back"):
        undone.restore_actuals(manager, row)
    assert signed.post(f"{KPI}actuals/{row.pk}/restore/").status_code == 404
    undone.withdraw_import(manager, world.volume, known_at=row.known_at)
    gone = Actual.objects.get(pk=row.pk)
    undone.restore_actuals(manager, gone)
    page = words(signed.post(f"{KPI}actuals/{row.pk}/restore/", follow=True))
    assert "Nothing was brought back: it was brought back already." in page
    assert Actual.objects.filter(kpi=world.volume, withdrawn_at=None).count() == 26


def test_months_that_do_not_fit_any_more_stay_away(world, signed, manager):
    parts = [(JANUARY, calibration_parts(1, 2))]
    share = kpis.create_kpi(manager, world.product, key="hits", name="Hits", unit="share")
    (row,) = kpis.import_actuals(manager, share, values=parts, source="")
    undone.withdraw_actual(manager, row)
    kpis.update_kpi(manager, share, aggregation="sum")
    with pytest.raises(Invalid, match="is no ratio"):
        undone.restore_actuals(manager, Actual.objects.get(pk=row.pk))
    page = words(signed.post(f"{P}kpis/hits/actuals/{row.pk}/restore/", follow=True))
    assert "Nothing was brought back: 2017-01 has a numerator and a denominator, and Hits is no ratio" in page


def calibration_parts(over, under):
    from metrics.services.kpi.months_given import Parts

    return Parts(Decimal(over), Decimal(under))


def test_a_partial_month_that_is_back_does_not_say_that_it_was_entered_when_it_came_back(world, manager):
    today = timezone.localdate().replace(day=1)
    (row,) = kpis.import_actuals(manager, world.volume, values=[(today, Decimal(7))], source="")
    undone.withdraw_actual(manager, row)
    (back,) = undone.restore_actuals(manager, Actual.objects.get(pk=row.pk))
    assert back.partial
    seen = observed(Known(world.product), world.volume, None)
    assert seen.running[2] == "entered before the month was over"


def test_pairs_are_asked_about_and_brought_back_as_they_were(world, signed, manager):
    rows = [PairRow(x=0.1 * at, y=float(at), at=JANUARY) for at in range(3)]
    (pair, *_) = calibration.import_pairs(manager, world.value, metric="log_loss", kind="history", rows=rows)
    pairs = f"{P}kpis/value_per_booking/pairs/"
    told = words(signed.get(f"{pairs}{pair.batch}/undo/"))
    assert "Undo the import of three pairs with log_loss?" in told
    assert "No projection, and no KPI that a mapping gives, moves." in told
    assert signed.post(f"{pairs}{pair.batch}/undo/").status_code == 302
    assert "Imports taken back Three pairs with log_loss" in words(signed.get(pairs))
    before = calibration.known(world.value, metric="log_loss", kind="history", rows=rows)
    assert before == [False] * 3
    assert signed.post(f"{pairs}{pair.batch}/restore/").status_code == 302
    assert calibration.known(world.value, metric="log_loss", kind="history", rows=rows) == [True] * 3
    assert "Imports taken back" not in words(signed.get(pairs))


def test_pairs_that_were_imported_again_do_not_come_back_twice(world, manager):
    rows = [PairRow(x=0.1, y=1.0)]
    given = {"metric": "log_loss", "kind": "history", "rows": rows}
    (pair,) = calibration.import_pairs(manager, world.value, **given)
    calibration.withdraw_pairs(manager, world.value, pair.batch)
    calibration.import_pairs(manager, world.value, **given)
    pair.refresh_from_db()
    with pytest.raises(Conflict, match="imported again since"):
        calibration.restore_pairs(manager, pair)


def test_pairs_under_a_mapping_say_what_becomes_unknown(world, signed, manager):
    worth = kpis.create_kpi(manager, world.product, key="worth", name="Worth", unit="EUR/booking")
    rows = [PairRow(x=float(x), y=20.0 - 40 * x) for x in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)]
    (pair, *_) = calibration.import_pairs(manager, worth, metric="log_loss", kind="history", rows=rows)
    definition = {"kind": "calibrated", "metric": "log_loss", "pairs": "history"}
    world.approved(worth, "Worth", definition, model="cancellation")
    world.compute()
    told = words(signed.get(f"{P}kpis/worth/pairs/{pair.batch}/undo/"))
    assert re.search(r"Worth of −?[\d.,]+ EUR / booking becomes Unknown: ", told)


def test_a_target_says_its_chance_and_what_stands_in_its_place(world, signed, manager):
    span = {"from_period": date(2016, 3, 1), "until_period": date(2017, 2, 1)}
    address = f"{P}targets/{world.target.pk}/"
    alone = words(signed.get(f"{address}withdraw/"))
    assert "The target of 50 k EUR for the product’s value, Mar 2017 – Feb 2018, goes." in alone
    assert "stands in its place" not in alone
    assert "No figure of money changes." in alone
    kpis.set_target(manager, world.product, value=Decimal(40_000), **span)
    assert "The target of 40 k EUR for Mar 2016 – Feb 2017 stands in its place." in words(
        signed.get(f"{address}withdraw/")
    )
    assert signed.post(f"{address}withdraw/").status_code == 302
    assert "The product’s value: 50 k EUR, Mar 2017 – Feb 2018" in words(signed.get(f"{P}kpis/"))
    back = words(signed.post(f"{address}restore/", follow=True))
    assert "Brought back: the target from Mar 2017. " in back
    assert "computed again" not in back.partition("Brought back")[2][:60]
    assert Target.objects.filter(withdrawn_at=None, value=50_000).count() == 1
    assert "Targets withdrawn" not in words(signed.get(f"{P}kpis/"))
    again = words(signed.post(f"{address}restore/", follow=True))
    assert "it was brought back already" in again


def test_retiring_says_which_figures_become_unknown_and_that_two_people_must_sign_again(world, signed):
    address = f"{P}mappings/{world.version.mapping_id}/1/retire/"
    told = words(signed.get(address))
    assert re.search(r"The projection of [\d.,]+ (k )?EUR and Value of .+ become Unknown: .*no approved mapping", told)
    assert "write a new version of the same text, and have it signed" in told
    signed.post(address, {"seen": world.version.digest})
    world.compute()
    assert re.search(r"[\d.,]+ (k )?EUR → Unknown", words(signed.get(f"{P}changes/")))
    gone = signed.get(address, follow=True)
    assert "Version 1 is retired now." in words(gone)


def test_withdrawing_the_run_that_a_champion_stands_on_says_what_takes_its_place(world, signed, scientist, rows):
    address = f"{P}runs/{world.run.pk}/withdraw/"
    alone = words(signed.get(address))
    assert re.search(r"The projection of [\d.,]+ (k )?EUR and Value of .+ become Unknown: ", alone)
    assert "log its file again" in alone
    same = {"where": {"split": "test"}}
    world.log(scientist, world.product, rows(shift=0.04), name="again", version="one", **same)
    world.compute()
    other = words(signed.get(f"{P}runs/{outlook(Known(world.product)).champion.pk}/withdraw/"))
    assert "become Unknown" not in other
    assert re.search(r"Withdrawing it moves .*the projection by [+−][\d.,]+", other)


def test_a_run_that_stands_for_nobody_moves_nothing(world, signed, scientist, rows):
    other = world.log(scientist, world.product, rows(shift=0.04), name="beside", version="two")
    world.compute()
    told = words(signed.get(f"{P}runs/{other.pk}/withdraw/"))
    assert "No projection, and no KPI that a mapping gives, moves." in told
    promoted = words(signed.get(f"{P}runs/{other.pk}/promote/"))
    assert "It takes the place of one." in promoted
    assert re.search(r"Making it champion moves .*the projection by [+−][\d.,]+", promoted)
    promotion.promote(world.people["manager"], other.version, run=other)
    assert "“beside” is champion already." in words(signed.get(f"{P}runs/{other.pk}/promote/", follow=True))


def test_what_cannot_be_taken_back_is_not_asked_about(world, signed):
    run = f"{P}runs/{world.run.pk}/"
    assert "was not accepted for the champion" in words(signed.get(f"{run}accept/", follow=True))
    answer = signed.get(f"{run}accept/", HTTP_HX_REQUEST="true")
    assert answer["HX-Redirect"] == run
