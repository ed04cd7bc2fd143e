"""The executive product page: why it moved, what moves it, how past projections turned out, kept scenarios."""

import re
from datetime import date
from decimal import Decimal

from metrics import jobs
from metrics.models.evaluation import EvaluationRun
from metrics.models.revenue import Projection, RevenueResult, Scenario
from metrics.models.work import NO_FIGURE, Work
from metrics.queries.documents.known import Known
from metrics.queries.revenue import changes, outlook
from metrics.queries.revenue.drivers import Driver
from metrics.services.evaluation import promotion
from metrics.services.kpi import kpis, mappings
from metrics.services.revenue import scenarios
from reports.pages.outlook import drivers
from tests.metrics.queries.revenue.test_drivers import projected_from_pairs
from tests.metrics.services.revenue.test_track_record import MONTHS, brought, counted, made_before  # noqa: F401

OUTLOOK = "/p/cancellation-calls/"
JARGON = ("Shapley", "Sobol", "MASE", "variance", "quantile", "p-value", "Kupiec", "bias", "first-order", "horizon")


def read(client, url=OUTLOOK, **given):
    response = client.get(url, **given)
    assert response.status_code == 200
    return response.content.decode().replace("\xa0", " ")


def section(text, name):
    return re.search(rf'<section class="card[^"]*" id="{name}".*?</section>', text, re.DOTALL)[0]


def test_a_narrow_range_of_a_share_keeps_both_its_ends_apart():
    def between(low, high):
        return drivers.between(Driver("a", "A", "share", low, high, 0.5, None)).replace("\xa0", " ")

    assert between(0.345, 0.457) == "34.5 to 45.7 %"
    assert between(0.0001, 0.0002) == "0.010 to 0.020 %"


def test_nothing_is_said_of_a_change_before_there_was_one(world, executive, client):
    client.force_login(executive)
    assert 'id="bridge" hidden' in read(client)


def test_a_new_version_of_the_mapping_shows_the_bar_definition(world, manager, executive, client):
    version = world.second_version()
    mappings.approve(manager, version, seen=version.digest)
    world.compute()
    client.force_login(executive)
    shown = section(read(client), "bridge")
    assert re.search(r"Restated by [+−][\d.,]+.+ on \d+ \w+ \d{4}: no new money", shown)
    assert "The value rose" not in shown
    assert "How it is counted" in shown
    assert shown.count("<svg") == 3
    assert "80&nbsp;% band" in shown


def test_an_assumption_is_named_with_where_it_was_and_is(world, manager, executive, client):
    held = world.product.assumptions.get(key="growth")
    distribution = {"kind": "interval90", "low": 0.12, "high": 0.24}
    kpis.update_assumption(manager, held, distribution=distribution, owner="sales", source="plan")
    world.compute()
    client.force_login(executive)
    assert re.search(r"growth 8 → 18\s%", section(read(client), "bridge"))


def test_what_is_left_out_has_a_bar_how_much_and_why(world, manager, executive, client):
    held = world.product.assumptions.get(key="growth")
    distribution = {"kind": "interval90", "low": 0.12, "high": 0.24}
    kpis.update_assumption(manager, held, distribution=distribution, owner="sales", source="")
    world.compute()
    client.force_login(executive)
    shown = section(read(client), "bridge")
    assert re.search(r"What counts in the total fell by .+ on \d+ \w+ \d{4}", shown)
    assert re.search(
        r"“Left out” is in no total: [\d.]+ k EUR, grade D since \d+ \w+ \d{4}\. Growth: no source\.", shown
    )
    assert re.search(r"growth 8 → 18\s%", shown)


def test_the_mix_of_segments_is_a_bar_and_the_value_of_a_case_is_split(
    world, scientist, manager, executive, client, rows
):
    frame = rows(seed=6)
    run = world.log(scientist, world.product, frame[(frame.hotel == "Resort") | (frame.index % 2 == 0)], name="second")
    world.compute()
    promotion.promote(manager, run.version)
    world.compute()
    client.force_login(executive)
    shown = section(read(client), "bridge")
    assert "Another mix, by hotel" in shown
    assert "The value of one booking, by hotel" in shown
    assert "What changed within each hotel" in shown


def test_what_to_measure_first_and_what_it_would_bring_is_told(world, executive, client):
    client.force_login(executive)
    shown = section(read(client), "movers")
    assert re.search(r"Measure first: [a-z ]+\. Certainty there would narrow the band from ±\d+\s% to ±\d+\s%", shown)
    assert "Size of the test sample" in shown


def test_a_candidate_that_waits_is_shown_with_what_it_is_worth_to_know_first(world, scientist, executive, client, rows):
    client.force_login(executive)
    assert 'id="choice" hidden' in read(client)
    world.log(scientist, world.product, rows(shift=0.05), name="two", version="two", where={"split": "test"})
    world.compute()
    shown = section(read(client), "choice")
    assert "Two versions to choose from" in shown
    assert shown.count("In use now") == 1
    assert re.search(r"would be worth [\d.]+ (k )?EUR|no need to find out more", shown)


def test_how_well_the_past_predicts_is_among_what_moves_it(world, executive, client):
    projected_from_pairs(world, scatter=4.0)
    client.force_login(executive)
    shown = section(read(client), "movers")
    assert "How well the past predicts tickets sold" in shown
    assert "what it was off by before" in shown


def test_the_record_names_the_month_that_is_scored_first(world, executive, client):
    client.force_login(executive)
    shown = section(read(client), "record")
    assert "No projection has met its month yet" in shown
    assert "Mar 2017" in shown


def test_a_proven_bias_is_told_and_so_is_what_the_correction_takes(counted, executive, client):  # noqa: F811
    made_before(counted, MONTHS, high=0.12)
    brought(counted, dict.fromkeys(MONTHS, 1000.0))
    counted.compute()
    client.force_login(executive)
    text = read(client)
    shown = section(text, "record")
    assert re.search(r"Past projections ran 1\d\s% high; corrected", shown)
    assert re.search(r"The correction takes .+ off the coming months", shown)
    assert shown.count("<svg") == 3
    assert "Correction for past error" in section(text, "bridge")
    assert "How far past projections were off" in section(text, "movers")


def test_a_bias_on_few_months_is_told_and_not_corrected(counted, executive, client):  # noqa: F811
    made_before(counted, MONTHS[:3], high=0.12)
    brought(counted, dict.fromkeys(MONTHS[:3], 1000.0))
    counted.compute()
    client.force_login(executive)
    shown = section(read(client), "record")
    assert "three independent months are too few to prove it" in shown
    assert "corrected</h2>" not in shown


def test_a_bias_of_the_months_far_ahead_is_told_apart(counted, executive, client):  # noqa: F811
    made_before(counted, MONTHS[:6], high=0.0)
    made_before(counted, MONTHS[:6], high=0.3, ahead=6)
    brought(counted, dict.fromkeys(MONTHS[:6], 1000.0))
    counted.compute()
    client.force_login(executive)
    shown = section(read(client), "record")
    assert re.search(r"One month ahead they (ran \d % (high|low)|were right on average), six months", shown)
    assert re.search(r"six months ahead they ran (2|3)\d % high\.", shown)


def test_the_page_has_no_jargon(counted, executive, client):  # noqa: F811
    made_before(counted, MONTHS, high=0.12)
    brought(counted, dict.fromkeys(MONTHS, 1000.0))
    counted.compute()
    client.force_login(executive)
    words = re.sub(r"<[^>]+>", " ", read(client))
    assert [word for word in JARGON if word.lower() in words.lower()] == []


def test_a_scenario_is_kept_and_chosen(world, executive, client):
    client.force_login(executive)
    htmx = {"HX-Request": "true"}
    kept = client.post(OUTLOOK + "scenarios/", {"name": "A hard year", "growth": "0.03"}, headers=htmx)
    assert kept.status_code == 200
    assert Scenario.objects.get().overrides == {"growth": 0.03}
    text = read(client, OUTLOOK + "what-if/?scenario=a_hard_year", headers=htmx)
    assert 'aria-pressed="true"' in text
    assert "If so, the value would be" in text
    assert "A hard year" in read(client)
    assert 'scenarios/?compare=a_hard_year"' in text


def test_a_scenario_beyond_the_band_is_shown_as_it_was_kept(world, executive, client):
    scenarios.save(executive, world.product, name="Boom", overrides={"growth": 0.9})
    client.force_login(executive)
    text = read(client, OUTLOOK + "what-if/?scenario=boom", headers={"HX-Request": "true"})
    assert re.search(r'name="growth" [^>]*max="0\.9\d*"', text)
    assert "90" in re.search(r'for="slider-growth" data-unit="">([^<]+)<', text)[1]


def test_a_scenario_kept_outside_of_what_can_be_says_so_and_none_is_kept_any_more(world, executive, client):
    """One from before such values were refused."""
    Scenario.objects.create(
        product=world.product, key="old", name="Old", overrides={"keep_rate": 1.5}, saved_by=executive
    )
    client.force_login(executive)
    htmx = {"HX-Request": "true"}
    text = read(client, OUTLOOK + "what-if/?scenario=old", headers=htmx)
    assert "1.5 lies outside of what can be: it is between 0 and 1" in text
    assert not re.search(r'name="keep_rate" [^>]*max="1', text)
    refused = client.post(OUTLOOK + "scenarios/", {"name": "Far", "keep_rate": "1.5"}, headers=htmx)
    assert refused.status_code == 422
    assert "between 0 and 1" in refused.content.decode()


def test_a_scenario_that_moves_nothing_or_has_no_name_is_refused_beside_the_field(world, executive, client):
    client.force_login(executive)
    htmx = {"HX-Request": "true"}
    for given in ({"name": "Same"}, {"name": "", "growth": "0.03"}):
        refused = client.post(OUTLOOK + "scenarios/", given, headers=htmx)
        assert refused.status_code == 422
        assert 'id="scenario-fault"' in refused.content.decode()
    kept = client.post(OUTLOOK + "scenarios/", {"name": "x y", "growth": "0.03"}).url
    assert kept.startswith(OUTLOOK + "?scenario=")
    page = client.get(kept).context["page"]
    assert [(one.name, one.chosen) for one in page.what_if.scenarios] == [("x y", True)]
    assert page.what_if.answer.moved
    again = client.post(OUTLOOK + "scenarios/", {"name": "z", "growth": "0.03"}, headers=htmx)
    assert again.headers["HX-Replace-Url"].startswith(OUTLOOK + "?scenario=")
    assert client.get(OUTLOOK + "?scenario=none").status_code == 404


def test_only_who_may_keep_scenarios_is_offered_it(world, scientist, outsider, client):
    client.force_login(scientist)
    assert "Keep this as a scenario" not in read(client)
    assert client.post(OUTLOOK + "scenarios/", {"name": "Mine", "growth": "0.03"}).status_code == 403
    client.force_login(outsider)
    assert client.post(OUTLOOK + "scenarios/", {"name": "Mine", "growth": "0.03"}).status_code == 404
    assert client.get(OUTLOOK + "what-if/?scenario=none", headers={"HX-Request": "true"}).status_code == 404


def test_the_manager_sets_the_terms_on_the_page_of_the_projection(world, manager, client):
    discount = kpis.create_assumption(
        manager, world.product, key="discount", name="Discount", unit="share",
        distribution={"kind": "point", "value": 0.05}, owner="finance", source="board",
    ).assumption  # fmt: skip
    client.force_login(manager)
    assert "Discount a year" in read(client, OUTLOOK + "projection/")
    body = {
        "value_kpi": "value_per_booking", "volume_kpi": "bookings", "growth": "growth", "discount": "discount",
        "baseline": "act_on_none", "months": "12",
    }  # fmt: skip
    assert client.post(OUTLOOK + "projection/", body).url == OUTLOOK
    assert Projection.objects.get().discount == discount
    refused = client.post(OUTLOOK + "projection/", body | {"ramp": "growth"}).content.decode()
    assert "growth is not one of the available choices" in refused
    assert "no assumption is in months yet" in refused
    assert re.search(r'value="discount" selected', read(client, OUTLOOK + "projection/"))


def test_restated_and_new_months_have_names_of_their_own(world, manager, executive, client):
    values = [(date(2017, 2, 1), Decimal(2000)), (date(2017, 3, 1), Decimal(1500))]
    kpis.import_actuals(manager, world.volume, values=values, source="restated")
    world.compute()
    client.force_login(executive)
    shown = section(read(client), "bridge")
    assert "New months" in shown
    assert "Restated months" in shown


def test_the_month_that_runs_is_told_beside_the_figure_and_counted_nowhere(world, manager, executive, client):
    client.force_login(executive)
    before = read(client)
    assert "Partial" not in before
    now = world.product.today()
    kpis.import_actuals(manager, world.volume, values=[(now.replace(day=1), Decimal(402))], source="")
    text = read(client)
    assert f"Bookings, {now:%B %Y}" in text
    assert "402 bookings, entered on" in text
    assert "before the month was over; no figure counts it as a month." in text


def test_what_happened_before_there_was_a_figure_is_no_reason_why_it_moved(
    product, scientist, manager, log, rows, compute
) -> None:
    promotion.promote(manager, log(scientist, product, rows(n=100), version="one").version)
    for n in (110, 120):
        log(scientist, product, rows(n=n), version="one")
        compute()
    known = Known(product)
    assert {change.before for change in changes.recent(known)} == {NO_FIGURE}
    assert changes.shown(known) == []


def test_where_nothing_is_projected_no_months_and_no_grade_are_claimed(product, executive, client) -> None:
    client.force_login(executive)
    heroes = re.search(r'id="heroes".*?class="cols"', read(client, f"/p/{product.slug}/"), re.DOTALL)[0]
    assert "projected for" not in heroes
    assert "Grade" not in heroes


def test_the_bridge_comes_when_the_change_is_settled_after_its_figures_are_shown(
    world, manager, executive, client
) -> None:
    version = world.second_version()
    mappings.approve(manager, version, seen=version.digest)
    world.compute()
    client.force_login(executive)
    shown = outlook.outlook(Known(world.product)).receipt
    text = read(client, f"{OUTLOOK}headline/?state=before&figures={shown}")
    assert 'id="heroes"' not in text
    assert "no new money" in section(text, "bridge")


def test_realised_says_the_true_reason_why_it_is_not_computed(world, executive, client):
    client.force_login(executive)
    known = Known(world.product)
    assert outlook.outlook(known).realised_total.point  # computed: nothing to be said
    RevenueResult.objects.filter(product=world.product, kind="realised").delete()
    assert "not computed yet: the next sweep of the server asks for it" in read(client)
    work = jobs.put("recompute", world.product.pk, product=world.product)
    assert "not computed yet" not in section_of_heroes(read(client))
    assert "being computed" in section_of_heroes(read(client))
    Work.objects.filter(pk=work.pk).update(state=Work.State.PARKED)
    assert "computing it failed; an administrator finds why under Work" in section_of_heroes(read(client))
    EvaluationRun.objects.filter(pk=world.run.pk).update(first_event=None, last_event=None)
    heroes = section_of_heroes(read(client))
    assert "the cases that the model was tested on have no dates" in heroes
    assert "champion" not in heroes


def section_of_heroes(text):
    return re.search(r'id="heroes".*?class="cols"', text, re.DOTALL)[0]
