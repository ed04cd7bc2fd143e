"""Decisions: opened, answered blind, proposed, signed by three roles; kept, refused, taken back and reverted."""

import json
from datetime import timedelta

import pytest

from metrics import jobs
from metrics.access import Denied, Hidden
from metrics.core.documents import canonical, digest
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import Assumption
from metrics.models.notice import Notice
from metrics.models.selection import Decision, Sheet
from metrics.models.work import Change
from metrics.queries.documents.known import Known
from metrics.queries.selection import record
from metrics.services.evaluation import runs
from metrics.services.kpi import kpis
from metrics.services.selection import decisions, rounds
from metrics.services.writing.refusal import Conflict, Invalid

ANSWER = {"of": "money", "give": 1000.0, "to": "log_loss", "gain": 0.01, "says": "yes"}


def test_without_terms_in_force_nobody_chooses(world, model, manager):
    with pytest.raises(Conflict, match="no terms of choice in force"):
        decisions.open_(manager, model)


def test_one_decision_a_model_waits_at_a_time(opened, model, manager):
    with pytest.raises(Conflict, match="waits already"):
        decisions.open_(manager, model)


def test_opening_asks_each_role_that_owns_an_objective(opened):
    told = set(Notice.objects.filter(kind="decision").values_list("user__username", flat=True))
    assert told == {"scientist", "executive"}
    assert set(rounds.awaited(opened)) == {"data_scientist", "executive"}


def test_answers_are_revealed_when_the_last_role_has_sealed(opened, scientist, executive):
    rounds.fill(scientist, opened, answers=[ANSWER])
    rounds.seal(scientist, opened)
    assert record.answered(opened) == []
    rounds.weigh(executive, opened, weights={"money": 0.8, "log_loss": 0.2})
    rounds.seal(executive, opened)
    assert {sheet.role for sheet in record.answered(opened)} == {"data_scientist", "executive"}
    with pytest.raises(Conflict, match="revealed"):
        rounds.fill(scientist, opened, answers=[])


def test_who_changes_a_sealed_sheet_has_to_seal_it_again(opened, scientist, executive):
    rounds.fill(scientist, opened, answers=[ANSWER])
    rounds.seal(scientist, opened)
    rounds.fill(scientist, opened, answers=[ANSWER | {"says": "no"}])
    rounds.weigh(executive, opened, weights={"money": 0.8, "log_loss": 0.2})
    rounds.seal(executive, opened)
    assert opened.rounds.get().closed_at is None
    rounds.seal(scientist, opened)
    assert opened.rounds.get().closed_at is not None


def test_a_round_ends_on_its_day_whoever_is_missing(opened, manager, world):
    rounds.close(manager, opened)
    later = rounds.begin(manager, opened, ends_on=world.product.today() + timedelta(days=1))
    assert rounds.end_due() == 0
    later.ends_on = world.product.today()
    later.save()
    jobs.ask("sweep", "now")
    world.compute()
    later.refresh_from_db()
    assert later.closed_at is not None
    assert later.closed_by is None


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        (ANSWER | {"of": "beauty"}, "of"),
        (ANSWER | {"to": "money"}, "to"),
        (ANSWER | {"give": -1}, "give"),
        (ANSWER | {"gain": float("nan")}, "gain"),
        (ANSWER | {"says": "maybe"}, "says"),
        ({"of": "money"}, "answers"),
    ],
)
def test_answers_that_mean_nothing_are_refused_by_row_and_field(opened, scientist, answer, field):
    with pytest.raises(Invalid) as refused:
        rounds.fill(scientist, opened, answers=[ANSWER, answer])
    (fault,) = refused.value.faults
    assert (fault.field, fault.row) == (field, 2)
    assert not Sheet.objects.exclude(answers=[]).exists()


@pytest.mark.parametrize("weights", [{"money": 1}, {"money": 0.9, "log_loss": 0.9}, {"money": -1, "log_loss": 2}])
def test_weights_that_do_not_share_one_are_refused(opened, executive, weights):
    with pytest.raises(Invalid):
        rounds.weigh(executive, opened, weights=weights)


def test_nothing_is_proposed_while_the_roles_answer(opened, runs_of_three, manager):
    with pytest.raises(Conflict, match="still answer"):
        decisions.propose(manager, opened, runs_of_three["second"], reason="why not")


def test_against_the_rule_a_reason_is_due(opened, runs_of_three, manager, world):
    rounds.close(manager, opened)
    found = record.desk(opened, Known(world.product))
    against = next(run for run in (runs_of_three["second"], runs_of_three["third"]) if not found.by_rule(run.pk))
    with pytest.raises(Invalid, match="the rule says another"):
        decisions.propose(manager, opened, against)
    assert decisions.propose(manager, opened, against, reason="it is cheaper to serve").record["by_rule"] is False


def test_the_champion_and_what_is_no_candidate_are_not_proposed(opened, runs_of_three, manager, scientist):
    rounds.close(manager, opened)
    with pytest.raises(Conflict, match="champion already"):
        decisions.propose(manager, opened, runs_of_three["first"])
    runs.withdraw(scientist, runs_of_three["third"], reason="wrong rows")
    runs_of_three["third"].refresh_from_db()
    with pytest.raises(Conflict, match="no candidate"):
        decisions.propose(manager, opened, runs_of_three["third"], reason="all the same")


def test_with_the_last_signature_the_version_is_champion_and_the_bridge_can_name_it(proposed, people, world):
    seen = proposed.digest
    after = decisions.dissent(people["scientist"], proposed, seen=seen, reason="35 of 100 staying was never counted")
    assert after.state == "proposed"
    done = decisions.sign(people["executive"], proposed, seen=seen)
    assert done.state == "signed"
    assert EvaluationRun.objects.get(name="second").version.state == "champion"
    assert EvaluationRun.objects.get(name="first").version.state == "candidate"
    assert [row.act for row in done.signatures.all()] == ["proposed", "dissented", "signed_off"]
    assert Change.objects.filter(cause="model").latest("created_at").text.endswith("second is champion")


@pytest.mark.parametrize(
    ("who", "act"),
    [
        ("manager", "assent"),
        ("executive", "assent"),
        ("scientist", "sign"),
        ("manager", "sign"),
        ("manager", "dissent"),
    ],
)
def test_nobody_signs_for_another_role_or_twice(proposed, people, who, act):
    given = {"reason": "because"} if act == "dissent" else {}
    with pytest.raises(Denied):
        getattr(decisions, act)(people[who], proposed, seen=proposed.digest, **given)
    decisions.assent(people["scientist"], proposed, seen=proposed.digest)
    with pytest.raises(Conflict, match="signed"):
        decisions.dissent(people["scientist"], proposed, seen=proposed.digest, reason="no, after all")


def test_an_outsider_is_told_nothing(proposed, outsider):
    with pytest.raises(Hidden):
        decisions.sign(outsider, proposed, seen=proposed.digest)


def test_when_an_assumption_has_moved_nobody_signs_and_it_is_named(proposed, people, world):
    moved = Assumption.objects.get(product=world.product, key="call_cost")
    kpis.update_assumption(
        people["manager"],
        moved,
        distribution={"kind": "interval90", "low": 3.4, "high": 4.6},
        owner="sales",
        source="study of 2017",
    )
    with pytest.raises(Conflict, match="the assumption call cost"):
        decisions.assent(people["scientist"], proposed, seen=proposed.digest)
    assert decisions.withdraw(people["manager"], proposed).state == "open"
    world.compute()
    again = decisions.propose(
        people["manager"], proposed, EvaluationRun.objects.get(name="second"), reason="still fewer calls"
    )
    assert decisions.assent(people["scientist"], again, seen=again.digest).state == "proposed"


def test_a_new_run_does_not_stop_the_signatures(proposed, people, world, log, rows):
    log(people["scientist"], world.product, rows(shift=0.01), name="fourth", version="fourth", where={"split": "test"})
    world.compute()
    assert decisions.assent(people["scientist"], proposed, seen=proposed.digest).state == "proposed"


def test_a_refusal_needs_its_reason_and_opens_the_decision_again(proposed, people):
    with pytest.raises(Invalid):
        decisions.refuse(people["executive"], proposed, seen=proposed.digest, reason="")
    after = decisions.refuse(people["executive"], proposed, seen=proposed.digest, reason="not in high season")
    assert (after.state, after.chosen, after.digest) == ("open", None, "")
    assert [(row.act, row.cleared) for row in after.signatures.all()] == [("proposed", True), ("refused", True)]


@pytest.mark.parametrize(
    ("who", "answers", "act"), [("manager", "executive", "sign"), ("executive", "scientist", "assent")]
)
def test_a_reversal_is_a_decision_that_names_the_one_before_and_two_roles_sign(
    proposed, people, world, who, answers, act
):
    decisions.assent(people["scientist"], proposed, seen=proposed.digest)
    done = decisions.sign(people["executive"], proposed, seen=proposed.digest)
    world.compute()
    back = decisions.revert(people[who], done, reason="complaints")
    assert (back.state, back.chosen.name, back.reverts) == ("proposed", "first", done)
    again = getattr(decisions, act)(people[answers], back, seen=back.digest)
    assert again.state == "signed"
    assert EvaluationRun.objects.get(name="first").version.state == "champion"
    with pytest.raises(Conflict, match="cannot be reverted"):
        decisions.revert(people["manager"], done, reason="again")


def test_the_record_is_frozen_and_its_digest_is_that_of_its_text(proposed):
    kept = json.loads(canonical(proposed.record))
    fresh = Decision.objects.get(pk=proposed.pk)
    assert json.loads(canonical(fresh.record)) == kept
    assert digest(fresh.record) == fresh.digest
    assert {one["name"] for row in kept["desk"]["candidates"] for one in row["runs"]} <= {"first", "second", "third"}
    assert kept["stands_on"]["assumptions"].keys() >= {"call_cost", "keep_rate", "offer"}
