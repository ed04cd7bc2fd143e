"""Answering blind: one's own sheet alone until the round is closed, then everybody's."""

from typing import Any

import pytest

from metrics.models.evaluation import EvaluationRun, Model
from metrics.models.selection import Sheet
from metrics.services.selection import decisions, rounds, terms

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
    assert question.text.startswith("Would you ")
    assert sum(one.moved for one in question.yes) == 2
    assert [one.name for one in question.yes] == [one.name for one in question.no]
    answer(client, people["executive"], "yes")
    page = page_of(client, people["executive"])
    assert [one.says for one in page.answers] == ["Yes"]
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
    assert page.revealed == ()
    assert ("Executive", "Sealed") in [(role, verdict.words) for role, _, verdict in page.round.lines]


def test_with_the_last_role_all_is_revealed_with_the_weights_and_each_ones_choice(opened, people, client):
    answer(client, people["executive"], "yes")
    post(client, people["executive"], act="seal")
    post(client, people["scientist"], act="weigh", **{"weight-log_loss": "90", "weight-money": "10"})
    post(client, people["scientist"], act="seal")
    page = page_of(client, people["manager"])
    assert [one.role for one in page.revealed] == ["executive", "data scientist"] or len(page.revealed) == 2
    scientist = next(one for one in page.revealed if one.role == "data scientist")
    assert scientist.how == "set weights"
    assert [share for _, share in scientist.parts] == ["90\u00a0%", "10\u00a0%"]
    assert scientist.choice


def test_weights_that_are_all_nothing_are_refused(opened, people, client):
    text = post(client, people["scientist"], 400, act="weigh", **{"weight-log_loss": "0", "weight-money": "0"})
    assert "add up to" in text


def test_a_closed_round_takes_no_answers_and_says_that_nobody_answered(opened, people, client, manager):
    rounds.close(manager, opened)
    assert "revealed" in post(
        client, people["executive"], 409, of="money", to="log_loss", give=1, gain=1, says="yes", count=0
    )
    assert page_of(client, people["executive"]).revealed_title == "Nobody has answered: the weights are not known"


def test_nothing_is_sealed_that_is_empty(opened, people, client):
    assert "nothing on your sheet yet" in post(client, people["executive"], 409, act="seal")


def test_what_was_answered_stays_to_be_read_once_it_is_proposed(opened, people, client, manager):
    post(client, people["scientist"], act="weigh", **{"weight-log_loss": "90", "weight-money": "10"})
    post(client, people["scientist"], act="seal")
    rounds.close(manager, opened)
    decisions.propose(manager, opened, EvaluationRun.objects.get(name="v0.03"), reason="why")
    assert [one.how for one in page_of(client, people["executive"]).revealed] == ["set weights"]
