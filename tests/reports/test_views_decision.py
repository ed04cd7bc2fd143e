"""Decisions on pages: the list and its empty states, the desk, the signatures, the record, for each role."""

from typing import Any

import pytest

from metrics.core.offline.archive import read
from metrics.core.offline.verifying import verified
from metrics.models.evaluation import EvaluationRun, Model
from metrics.models.selection import Decision, TermsVersion
from metrics.services.selection import decisions, rounds, terms

pytestmark = pytest.mark.django_db

LIST = "/p/cancellation-calls/decisions/"
ONE = f"{LIST}1/"
TERMS = "/p/cancellation-calls/terms/cancellation/"


def seen(client: Any, person: Any, path: str, status: int = 200) -> str:
    client.force_login(person)
    response = client.get(path)
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def sent(client: Any, person: Any, path: str, status: int = 302, **body: Any) -> str:
    client.force_login(person)
    response = client.post(path, body)
    assert response.status_code == status, response.content.decode()[:3000]
    return " ".join(response.content.decode().split())


@pytest.fixture
def in_force(world, manager, scientist):
    """Terms of the world's model that two have signed."""

    def made(**changed: Any) -> Any:
        draft = terms.create(manager, Model.objects.get())
        if changed:
            draft = terms.edit_draft(manager, draft, definition=draft.definition | changed, seen=draft.digest)
        draft = terms.propose(manager, draft, seen=draft.digest)
        draft = terms.endorse(scientist, draft, seen=draft.digest)
        return terms.approve(manager, draft, seen=draft.digest)

    return made


@pytest.fixture
def rivals(world, rows):
    def logged(*shifts: float) -> None:
        for shift in shifts:
            who = world.people["scientist"]
            world.log(
                who, world.product, rows(shift=shift), name=f"v{shift}", version=f"v{shift}", where={"split": "test"}
            )
        world.compute()

    return logged


@pytest.fixture
def opened(in_force, rivals, manager):
    in_force()
    rivals(0.03, -0.04)
    return decisions.open_(manager, Model.objects.get())


@pytest.fixture
def proposed(opened, manager):
    rounds.close(manager, opened)
    return decisions.propose(manager, opened, EvaluationRun.objects.get(name="v0.03"), reason="it calls fewer guests")


def test_without_terms_a_manager_is_led_to_them_and_others_are_told_who_sets_them(world, people, client):
    assert "Set terms of choice" in seen(client, people["manager"], LIST)
    text = seen(client, people["executive"], LIST)
    assert "A manager sets them first" in text
    assert "Set terms of choice" not in text


def test_terms_are_written_signed_by_two_and_then_a_decision_is_opened(world, people, client, rivals):
    rivals(0.03, -0.04)
    page = client
    page.force_login(people["manager"])
    form = page.get(f"{TERMS}new/").context["form"]
    given = {field.html_name: field.value() for field in form if field.value() is not None}
    sent(client, people["manager"], f"{TERMS}new/", **given)
    draft = TermsVersion.objects.get()
    sent(client, people["manager"], f"{TERMS}1/propose/", seen=draft.digest)
    assert "1 thing waits for you" in seen(client, people["scientist"], "/waiting/")
    sent(client, people["scientist"], f"{TERMS}1/endorse/", seen=draft.digest)
    sent(client, people["manager"], f"{TERMS}1/approve/", seen=draft.digest)
    assert "Both have signed" in seen(client, people["executive"], f"{TERMS}1/")
    sent(client, people["manager"], LIST, model="cancellation")
    assert "A champion of cancellation" in seen(client, people["scientist"], LIST)
    text = seen(client, people["scientist"], "/waiting/")
    assert "Say what you would give up for what" in text


def test_a_threshold_that_is_no_number_is_said_beside_its_field(world, people, client):
    client.force_login(people["manager"])
    form = client.get(f"{TERMS}new/").context["form"]
    given = {field.html_name: field.value() for field in form if field.value() is not None}
    text = sent(client, people["manager"], f"{TERMS}new/", 400, **given | {"objectives-0-smallest": "-1"})
    assert "0 or more" in text
    assert not TermsVersion.objects.exists()


def test_a_new_version_shows_what_differs_from_the_one_in_force(world, people, client, in_force):
    in_force()
    client.force_login(people["manager"])
    form = client.get(f"{TERMS}new/").context["form"]
    given = {field.html_name: field.value() for field in form if field.value() is not None}
    sent(client, people["manager"], f"{TERMS}new/", **given | {"objectives-0-smallest": "0.5"})
    text = seen(client, people["scientist"], f"{TERMS}2/")
    assert "What differs from the version in force" in text
    assert "0.5" in text


def test_who_sets_no_guardrails_is_told_so_and_nothing_is_stored(world, people, client, in_force):
    in_force()
    client.force_login(people["executive"])
    form = client.get(f"{TERMS}new/").context["form"]
    given = {field.html_name: field.value() for field in form if field.value() is not None}
    text = sent(client, people["executive"], f"{TERMS}new/", 403, **given | {"rule": "nash_from_worst"})
    assert "of your own role" in text
    assert TermsVersion.objects.count() == 1


def test_the_desk_names_whom_it_recommends_and_what_each_role_gives_up(opened, people, client):
    text = seen(client, people["executive"], ONE)
    assert "3 candidates" in text
    assert "What each role gives up" in text or "gives up" in text
    assert "the champion" in text
    assert "Propose</button>" not in text


def test_nothing_can_be_proposed_while_the_roles_answer(opened, people, client):
    text = seen(client, people["manager"], ONE)
    assert "nothing is proposed meanwhile" in text
    assert 'data-opens="propose"' not in text
    sent(client, people["manager"], f"{ONE}close/")
    assert 'data-opens="propose"' in seen(client, people["manager"], ONE)


def test_against_the_rule_a_reason_is_asked_for(opened, people, client, manager):
    rounds.close(manager, opened)
    client.force_login(manager)
    page = client.get(ONE).context["page"]
    against = next((run for run, name in page.choices if "as the rule says" not in name))
    text = sent(client, manager, f"{ONE}propose/", 400, run=against)
    assert "The rule says another" in text
    sent(client, manager, f"{ONE}propose/", run=against, reason="it is cheaper to serve")
    text = seen(client, people["executive"], ONE)
    assert "The rule said another" in text
    page = client.get(ONE).context["page"]
    picked = next(line for line in page.desk.lines if line.picked)
    assert picked.name == EvaluationRun.objects.get(pk=against).name
    assert picked.notes[0] == "proposed"
    assert page.desk.held_title == "Guardrails of the proposed one"


def test_the_number_at_the_side_is_of_what_the_inbox_lists_for_each_role(proposed, people, client):
    """A decision that is proposed waits for who has not signed yet, and for whom a notice says so besides."""
    waits = {"scientist": 1, "manager": 0, "executive": 1, "outsider": 0}
    for name, count in waits.items():
        client.force_login(people[name])
        context = client.get("/waiting/").context
        page, side = context["page"], context["nav"]()
        assert len(page.choices) == count
        assert side.waiting.count == count + len(page.unread)
        assert sum(item.count for group in side.groups for item in group.items if item.label == "Decisions") == count


def test_the_homes_list_what_waits_and_say_nothing_only_where_nothing_does(proposed, people, client):
    homes = {"scientist": "/science/", "manager": "/manage/", "executive": "/portfolio/"}
    nothing = {"manager": "Nothing waits for your answer or signature"}
    for name, path in homes.items():
        text = seen(client, people[name], path)
        assert ("Decision 1: v0.03 in place of one" in text) == (name not in nothing)
        assert nothing.get(name, "Decision 1") in text
        assert "Nothing needs your answer" not in text


def test_three_roles_sign_dissent_is_kept_and_the_champion_changes(proposed, people, client):
    assert "Assent, or dissent with your reason" in seen(client, people["scientist"], ONE)
    body = {"seen": proposed.digest}
    sent(client, people["scientist"], f"{ONE}dissent/", 400, **body)
    sent(client, people["scientist"], f"{ONE}dissent/", **body, reason="nobody counted who stays")
    text = seen(client, people["executive"], ONE)
    assert "nobody counted who stays" in text
    assert "Sign, or refuse with your reason" in text
    sent(client, people["executive"], f"{ONE}sign/", **body)
    text = seen(client, people["executive"], ONE)
    assert "Signed: v0.03 in place of one" in text
    assert "What was known then" in text
    assert EvaluationRun.objects.get(name="v0.03").version.state == "champion"


def test_a_stale_proposal_says_what_has_moved_and_nobody_signs(proposed, people, client, world):
    from metrics.models.kpi import Assumption
    from metrics.services.kpi import kpis

    moved = Assumption.objects.get(product=world.product, key="call_cost")
    given = {"distribution": {"kind": "interval90", "low": 3.4, "high": 4.6}, "owner": "sales", "source": "2017"}
    kpis.update_assumption(people["manager"], moved, **given)
    text = seen(client, people["scientist"], ONE)
    assert "What was known has moved since it was proposed:" in text
    assert "the assumption call cost" in text
    text = sent(client, people["scientist"], f"{ONE}assent/", 409, seen=proposed.digest)
    assert "Nothing was signed or changed" in text


def test_a_refusal_opens_it_again_and_what_happened_stays(proposed, people, client):
    sent(client, people["executive"], f"{ONE}refuse/", seen=proposed.digest, reason="not in high season")
    text = seen(client, people["manager"], ONE)
    assert "not in high season" in text
    assert Decision.objects.get().state == "open"


def test_a_manager_takes_it_back_and_ends_it_without_a_choice(proposed, people, client):
    sent(client, people["manager"], f"{ONE}withdraw/")
    sent(client, people["manager"], f"{ONE}withdraw/")
    assert "No choice was made for cancellation" in seen(client, people["manager"], ONE)


def test_a_reversal_is_proposed_with_its_reason_and_signed_by_the_other_role(proposed, people, client, world):
    decisions.assent(people["scientist"], proposed, seen=proposed.digest)
    decisions.sign(people["executive"], proposed, seen=proposed.digest)
    world.compute()
    sent(client, people["manager"], f"{ONE}revert/", 400)
    sent(client, people["manager"], f"{ONE}revert/", reason="complaints")
    text = seen(client, people["executive"], f"{LIST}2/")
    assert "It takes decision 1 back" in text
    back = Decision.objects.get(number=2)
    sent(client, people["executive"], f"{LIST}2/sign/", seen=back.digest)
    assert EvaluationRun.objects.get(name="first").version.state == "champion"
    assert "reverted since" in seen(client, people["scientist"], ONE)


def test_the_record_is_carried_away_and_its_page_shows_the_seal_that_the_file_is_held_against(
    proposed, people, client, tmp_path
):
    page = seen(client, people["scientist"], ONE)
    answer = client.get(f"{ONE}export/")
    assert answer["Content-Disposition"] == 'attachment; filename="decision-1.zip"'
    path = tmp_path / "decision.zip"
    path.write_bytes(answer.content)
    seal = read(path).seal
    assert f"{seal[:4]}·{seal[4:8]}" in page
    assert verified(read(path), seal=seal[:8])["verdict"] == "equal"


def test_before_a_proposal_the_page_says_that_there_is_no_record(opened, people, client):
    text = seen(client, people["scientist"], f"{ONE}export/", 409)
    assert "holds no record" in text
    assert "Export the record" not in text


def test_an_outsider_is_told_of_nothing(opened, people, client):
    for path in (LIST, ONE, f"{TERMS}1/"):
        seen(client, people["outsider"], path, 404)


def test_a_direct_promotion_stands_in_the_list_and_says_that_nobody_was_asked(world, people, client, rivals, manager):
    from metrics.services.selection import direct

    rivals(0.05)
    run = EvaluationRun.objects.get(name="v0.05")
    direct.promote(manager, run.version, run=run)
    assert "nobody was asked" in seen(client, people["executive"], LIST)
    assert "nobody was asked" in seen(client, people["executive"], ONE)


def test_without_a_candidate_the_next_step_is_said_to_who_can_take_it(world, people, client, in_force, manager):
    in_force()
    decisions.open_(manager, Model.objects.get())
    assert "Log a run" in seen(client, people["scientist"], ONE)
    text = seen(client, people["executive"], ONE)
    assert "A data scientist logs one" in text
    assert "No candidate for cancellation yet" in text


def test_where_nobody_passes_the_nearest_is_named(world, people, client, in_force, rivals, manager):
    loss = {"kind": "metric", "metric": "log_loss"}
    in_force(guardrails=[{"figure": loss, "sense": "at_most", "limit": 0.1, "probability": 0.9}])
    rivals(0.03, -0.04)
    decisions.open_(manager, Model.objects.get())
    text = seen(client, people["manager"], ONE)
    assert "No candidate holds all that is asked" in text
    assert "The nearest," in text


def test_queries_do_not_grow_with_decisions(opened, people, client, django_assert_max_num_queries):
    client.force_login(people["executive"])
    with django_assert_max_num_queries(60):
        client.get(ONE)
    with django_assert_max_num_queries(30):
        client.get(LIST)


def test_where_the_choice_turns_over_is_told_with_the_assumption_as_it_stands_today(opened, people, client):
    client.force_login(people["executive"])
    answer = client.get(f"{ONE}flips/", headers={"HX-Request": "true"})
    found = answer.context["flips"]
    text = " ".join(answer.content.decode().split())
    assert found.title in text
    assert {one.name for one in found.lines} | set(filter(None, found.still.split(", "))) >= {"call cost", "keep rate"}
    for one in found.lines:
        told = (" is chosen until ", " takes the place of ", "Not looked at")
        assert any(words in one.says for words in told)
        assert one.says.startswith("Not") or "; today " in one.says
        assert one.says.startswith("Not") or f"grade {one.grade}, " in one.says
    assert "Knowing everything before choosing" in text
    assert "960 more rows are worth" in text
    assert client.get(f"{ONE}flips/", headers={"Accept": "text/html"})["Location"].endswith("/decisions/1/#flips")
