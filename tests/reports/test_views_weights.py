"""Answering blind: one's own sheet alone until the round is closed, then everybody's."""

from typing import Any

import pytest

from metrics.memory import MEMORY
from metrics.models.evaluation import EvaluationRun, Model
from metrics.models.selection import Sheet
from metrics.services.selection import decisions, rounds, terms
from tests.reports.test_views_decision import seen, sent

pytestmark = pytest.mark.django_db

ONE = "/p/cancellation-calls/decisions/1/"
WEIGHTS = f"{ONE}weights/"


@pytest.fixture
def opened(world, manager, scientist, rows):
    draft = terms.create(manager, Model.objects.get())
    for step, who in ((terms.propose, manager), (terms.endorse, scientist), (terms.approve, manager)):
        draft = step(who, draft, seen=draft.digest)
    for shift in (0.03, -0.04, 0.1):
        world.log(
            scientist, world.product, rows(shift=shift), name=f"v{shift}", version=f"v{shift}", where={"split": "test"}
        )
    world.compute()
    return decisions.open_(manager, Model.objects.get())


def page_of(client: Any, person: Any) -> Any:
    client.force_login(person)
    response = client.get(WEIGHTS)
    assert response.status_code == 200
    return response.context["page"]


def post(client: Any, person: Any, status: int = 302, **body: Any) -> str:
    client.force_login(person)
    response = client.post(WEIGHTS, body)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def answer(client: Any, person: Any, says: str) -> None:
    post(client, person, **dict(page_of(client, person).question.fields), says=says)


def test_a_question_is_asked_in_words_and_an_answer_leads_to_the_next(opened, people, client):
    question = page_of(client, people["executive"]).question
    assert question.number == 1
    assert question.track == ("here", *[""] * 6)
    assert question.text.startswith("Would you ")
    assert sum(one.moved for one in question.yes) == 2
    assert [one.name for one in question.yes] == [one.name for one in question.no]
    answer(client, people["executive"], "yes")
    page = page_of(client, people["executive"])
    assert [one.says for one in page.answers] == ["Yes"]
    assert page.question.track == ("done", "here", *[""] * 5)
    assert "One candidate leads in" in page.standing
    post(client, people["executive"], act="back")
    assert page_of(client, people["executive"]).answers == ()


def test_the_same_answer_sent_twice_is_kept_once(opened, people, client):
    fields = dict(page_of(client, people["executive"]).question.fields)
    post(client, people["executive"], **fields, says="no")
    assert "have changed since" in post(client, people["executive"], 409, **fields, says="no")
    assert len(Sheet.objects.get().answers) == 1


def test_who_has_answered_is_known_to_all_and_what_to_nobody(opened, people, client):
    answer(client, people["executive"], "yes")
    post(client, people["executive"], act="seal")
    text = client.get(WEIGHTS).content.decode()
    assert "Your sheet is sealed" in text
    page = page_of(client, people["scientist"])
    assert page.answers == ()
    assert page.revealed is None
    assert ("Executive", "Sealed") in [(role, verdict.words) for role, _, verdict in page.round.lines]


def test_with_the_last_role_all_is_revealed_with_the_weights_and_each_ones_choice(opened, people, client):
    answer(client, people["executive"], "yes")
    post(client, people["executive"], act="seal")
    post(client, people["scientist"], act="weigh", **{"weight-log_loss": "90", "weight-money": "10"})
    post(client, people["scientist"], act="seal")
    page = page_of(client, people["manager"])
    scientist, executive, joint = page.revealed.lines
    assert (scientist.who, scientist.how) == ("Data scientist", "scientist · set weights")
    assert scientist.says == "log loss 90\u00a0%, money over 12 months 10\u00a0%"
    assert scientist.choice
    assert (executive.who, executive.how, joint.who) == ("Executive", "executive · 1 answer", "Joint")


def test_weights_that_are_all_nothing_are_refused(opened, people, client):
    text = post(client, people["scientist"], 400, act="weigh", **{"weight-log_loss": "0", "weight-money": "0"})
    assert "add up to" in text


def test_a_closed_round_takes_no_answers_and_says_that_nobody_answered(opened, people, client, manager):
    rounds.close(manager, opened)
    assert "revealed" in post(
        client, people["executive"], 409, of="money", to="log_loss", give=1, gain=1, says="yes", count=0
    )
    assert page_of(client, people["executive"]).unrevealed == "Nobody has answered: the weights are not known"


def test_nothing_is_sealed_that_is_empty(opened, people, client):
    assert "nothing on your sheet yet" in post(client, people["executive"], 409, act="seal")


def test_what_was_answered_stays_to_be_read_once_it_is_proposed(opened, people, client, manager):
    post(client, people["scientist"], act="weigh", **{"weight-log_loss": "90", "weight-money": "10"})
    post(client, people["scientist"], act="seal")
    rounds.close(manager, opened)
    decisions.propose(manager, opened, EvaluationRun.objects.get(name="v0.03"), reason="why")
    lines = page_of(client, people["executive"]).revealed.lines
    assert [(one.who, one.how) for one in lines[:-1]] == [("Data scientist", "scientist · set weights")]


def answered(opened, people, **weights):
    """Both roles that own an objective set their weights, and the last of them reveals them."""
    for name, given in weights.items():
        rounds.weigh(people[name], opened, weights=given)
        rounds.seal(people[name], opened)


def test_the_desk_shows_two_objectives_against_each_other_and_who_is_best_for_which_weights(opened, people, client):
    client.force_login(people["executive"])
    page = client.get(ONE).context["page"]
    assert {page.desk.tradeoff.up, page.desk.tradeoff.across} == {"money", "log_loss"}
    assert page.desk.tradeoff.up == "money"
    assert " ".join(page.desk.between.title.split()) in seen(client, people["executive"], ONE)
    assert all(line.ranks for line in page.desk.lines)
    turned = client.get(f"{ONE}?up=log_loss&across=money").context["page"].desk.tradeoff
    assert (turned.up, turned.across) == ("log_loss", "money")


def test_weights_are_hidden_till_the_reveal_and_stay_on_the_record(opened, people, client, manager, scientist):
    rounds.weigh(scientist, opened, weights={"log_loss": 0.9, "money": 0.1})
    rounds.seal(scientist, opened)
    for path in (ONE, f"{ONE}weights/"):
        text = seen(client, people["executive"], path)
        assert "after the reveal" not in text
        assert "First at<br>" not in text
    answered(opened, people, executive={"log_loss": 0.2, "money": 0.8})
    for path in (ONE, f"{ONE}weights/"):
        assert "after the reveal" in seen(client, people["manager"], path)
    page = client.get(ONE).context["page"]
    assert [line.who for line in page.desk.revealed.lines] == ["Data scientist", "Executive", "Joint"]
    assert [part.text for part in page.desk.revealed.lines[2].parts] == ["55", "45"]
    # All but those that are folded away, which are beaten.
    assert 0.9 < sum(line.joint for line in page.desk.lines) <= 1
    decisions.propose(manager, opened, EvaluationRun.objects.get(name="v0.03"), reason="fewer calls")
    for path in (ONE, f"{ONE}weights/"):
        assert "scientist · set weights" in seen(client, people["executive"], path)
    kept = client.get(ONE).context["page"]
    assert kept.desk.revealed.lines[2].parts == page.desk.revealed.lines[2].parts
    assert kept.leader is None


def test_asking_anew_hides_what_the_round_before_revealed(opened, people, client, manager):
    each = {"log_loss": 0.5, "money": 0.5}
    answered(opened, people, scientist=each, executive=each)
    assert "after the reveal" in seen(client, people["executive"], ONE)
    rounds.begin(manager, opened, ends_on=None)
    assert "after the reveal" not in seen(client, people["executive"], ONE)


def test_who_leads_follows_the_sliders_from_memory_and_when_that_is_forgotten(opened, people, client):
    client.force_login(people["executive"])
    card = client.get(ONE).context["page"].leader
    assert [one.value for one in card.sliders] == ["50", "50"]
    best = {}
    for line in client.get(ONE).context["page"].desk.lines:
        best |= {cell.column.key: line.name for cell in line.cells if cell.leads}
    for key, name in best.items():
        weights = {"weight-log_loss": "0", "weight-money": "0"} | {f"weight-{key}": "70"}
        told = client.get(f"{ONE}leader/", weights | {"token": card.token}, headers={"HX-Request": "true"})
        assert told.context["answer"].title == f"{name} leads"
        MEMORY.forget()
        again = client.get(f"{ONE}leader/", weights | {"token": card.token}, headers={"HX-Request": "true"})
        assert again.context["answer"] == told.context["answer"]


@pytest.mark.parametrize(
    ("weights", "why"),
    [
        ({"weight-log_loss": "0", "weight-money": "0"}, "Weights are 0 or more, and one of them is above 0"),
        ({"weight-log_loss": "much"}, "Weights are 0 or more"),
        ({"weight-luck": "1"}, "Luck is no objective here: log_loss, money"),
    ],
)
def test_sliders_that_weigh_nothing_are_told_why(opened, people, client, weights, why):
    client.force_login(people["scientist"])
    answer = client.get(f"{ONE}leader/", weights, headers={"HX-Request": "true"})
    assert why in answer.content.decode()


def test_nobody_leads_where_there_is_no_choice_and_an_outsider_is_told_of_nothing(opened, people, client, manager):
    rounds.close(manager, opened)
    decisions.propose(manager, opened, EvaluationRun.objects.get(name="v0.03"), reason="it calls fewer guests")
    client.force_login(people["executive"])
    weights = {"weight-log_loss": "1", "weight-money": "1"}
    answer = client.get(f"{ONE}leader/", weights, headers={"HX-Request": "true"})
    assert "There is no choice to weigh now" in answer.content.decode()
    client.force_login(people["outsider"])
    assert client.get(f"{ONE}leader/", weights, headers={"HX-Request": "true"}).status_code == 404


def test_ones_own_answers_do_not_say_who_leads_before_the_reveal_but_weights_set_by_hand_do(opened, people, client):
    client.force_login(people["executive"])
    asked = client.get(f"{ONE}weights/").context["page"]
    sent(client, people["executive"], f"{ONE}weights/", **dict(asked.question.fields), says="yes")
    page = client.get(f"{ONE}weights/").context["page"]
    assert page.leader.answer is None
    assert {one.value for one in page.leader.sliders} == {"50"}
    given = {"act": "weigh", "weight-log_loss": "20", "weight-money": "80"}
    sent(client, people["executive"], f"{ONE}weights/", **given)
    page = client.get(f"{ONE}weights/").context["page"]
    assert [one.value for one in page.leader.sliders] == ["20", "80"]
    assert page.leader.answer.title.endswith("leads")
