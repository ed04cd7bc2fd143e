"""Terms and decisions over the API: three roles, blind answers, signatures over what was seen."""

import numpy as np
import pytest

from metrics.models.evaluation import EvaluationRun, Model
from metrics.models.selection import Decision
from metrics.services.kpi import kpis
from tests.kept_promises import SPRING

AT = "/products/cancellation-calls/"
ANSWER = {"of": "money", "give": 1000.0, "to": "log_loss", "gain": 0.01, "says": "yes"}


@pytest.fixture
def asked(api, people):
    """asked(who, method, path, body) → the answer's JSON, of the status that is expected."""
    clients = {name: api(person) for name, person in people.items()}

    def ask(who, method, path, body=None, status=200):
        answer = getattr(clients[who], method)(f"/api/v1{AT}{path}", body)
        assert answer.status_code == status, answer.content
        return answer.json() if answer.content else None

    return ask


@pytest.fixture
def candidates(world, log, rows, scientist):
    for name, shift in (("second", 0.03), ("third", -0.04)):
        log(scientist, world.product, rows(shift=shift), name=name, version=name, where={"split": "test"})
    world.compute()
    return {run.name: run.pk for run in EvaluationRun.objects.all()}


@pytest.fixture
def terms(asked, world):
    """Terms in force, brought there over the API."""
    model = Model.objects.get().key
    made = asked("manager", "post", f"models/{model}/terms/", {}, 201)
    at = f"models/{model}/terms/{made['number']}/"
    asked("manager", "post", at + "propose/", {"digest": made["digest"]})
    asked("scientist", "post", at + "endorse/", {"digest": made["digest"]})
    return asked("manager", "post", at + "approve/", {"digest": made["digest"]})


def test_terms_are_read_drafted_changed_and_signed(asked, terms):
    at = f"models/{terms['model']}/terms/"
    assert [one["act"] for one in terms["signatures"]] == ["proposed", "endorsed", "approved"]
    changed = terms["definition"] | {"rule": "nash_from_worst"}
    draft = asked("manager", "post", at, {"definition": changed, "note": "a bargain"}, 201)
    again = {"definition": terms["definition"], "digest": draft["digest"]}
    mended = asked("manager", "patch", f"{at}{draft['number']}/", again)
    assert mended["definition"]["rule"] == "minimax_regret"
    assert [one["number"] for one in asked("executive", "get", at)["results"]] == [2, 1]
    asked("manager", "delete", f"{at}{draft['number']}/", status=204)
    assert [one["number"] for one in asked("executive", "get", at)["results"]] == [1]


def test_a_fault_of_terms_names_field_cause_and_remedy(asked, terms):
    broken = terms["definition"] | {"rule": "the loudest"}
    told = asked("manager", "post", f"models/{terms['model']}/terms/", {"definition": broken}, 400)
    (fault,) = told["errors"]
    assert fault["field"] == "definition.rule"
    assert "minimax_regret" in fault["remedy"]


def test_three_roles_choose_and_nobody_sees_an_answer_before_all_are_in(asked, terms, candidates):
    made = asked("manager", "post", "decisions/", {"model": terms["model"]}, 201)
    at = f"decisions/{made['number']}/"
    assert made["round"]["awaited"] == ["data_scientist", "executive"]
    asked("scientist", "put", at + "sheet/", {"answers": [ANSWER]})
    asked("scientist", "post", at + "sheet/seal/")
    seen = asked("manager", "get", at)
    assert (seen["round"]["sealed"], seen["round"]["sheets"]) == (["data_scientist"], [])
    hidden = asked("manager", "get", at + "desk/")["weights"]
    assert (hidden["people"], hidden["joint"]) == ([], {"unknown": "nobody's weights are known"})
    assert (hidden["between"]["at"], hidden["between"]["left"]) == ({}, {})
    asked("executive", "get", at + "sheet/", status=404)
    asked("executive", "put", at + "sheet/", {"weights": {"money": 0.7, "log_loss": 0.3}})
    revealed = asked("executive", "post", at + "sheet/seal/")
    assert {one["role"] for one in revealed["round"]["sheets"]} == {"data_scientist", "executive"}

    desk = asked("executive", "get", at + "desk/")
    assert desk["state"] == "choice"
    assert_weights(desk)
    assert_leaders(asked, at, desk)
    assert {run["name"] for row in desk["candidates"] for run in row["runs"]} == {"first", "second", "third"}
    proposal = {"run": candidates["second"], "reason": "fewer calls"}
    proposed = asked("manager", "post", at + "propose/", proposal)
    assert proposed["due"] == {"data_scientist": 1, "executive": 1}
    signing = {"digest": proposed["digest"]}
    asked("executive", "get", at + "leader/?weights=money:1", status=409)
    asked("executive", "post", at + "sign/", {"digest": "0" * 64}, 409)
    asked("scientist", "post", at + "dissent/", signing | {"reason": "never counted"})
    done = asked("executive", "post", at + "sign/", signing)
    assert (done["state"], done["due"]) == ("signed", {})
    assert done["record"]["chosen"]["name"] == "second"
    assert done["record"]["desk"]["weights"] == desk["weights"]
    assert EvaluationRun.objects.get(name="second").version.state == "champion"


def assert_weights(desk):
    """Who is best for which weights, and what the roles said: shares of one whole, and the joint ones their mean."""
    ranks = np.array([row["acceptability"]["ranks"] for row in desk["candidates"]])
    np.testing.assert_allclose(ranks.sum(axis=0), 1)
    np.testing.assert_allclose(ranks.sum(axis=1), 1)
    for row in desk["candidates"]:
        told = row["acceptability"]
        assert (told["central"] is None) == (told["ranks"][0] == 0)
        assert told["central"] is None or sum(told["central"].values()) == pytest.approx(1)
    assert sum(row["weight_share"] for row in desk["candidates"]) == pytest.approx(1)
    weights = desk["weights"]
    scientist, executive = weights["people"]
    assert (scientist["by"][:7], scientist["answers"], executive["answers"]) == ("person ", 1, None)
    assert executive["weights"] == pytest.approx({"log_loss": 0.3, "money": 0.7})
    mean = {key: (scientist["weights"][key] + executive["weights"][key]) / 2 for key in ("log_loss", "money")}
    assert weights["joint"]["weights"] == pytest.approx(mean)
    assert sum(weights["joint"]["first"]) == pytest.approx(1)
    # A yes: 1,000 of money for 0.01 of the loss; the weight of the loss is as much at least.
    ranges, (ends,) = weights["ranges"], weights["between"]["left"]["data_scientist"]
    least = (1000 / ranges["money"]) / (1000 / ranges["money"] + 0.01 / ranges["log_loss"])
    assert sorted(end[0] for end in ends) == pytest.approx([least, 1.0])
    assert sum(weights["between"]["shares"]) == pytest.approx(1)


def test_what_a_decision_is_not_ready_for_is_refused_with_what_it_waits_for(asked, terms, world, manager):
    """Each over the document of the API, which names the refusal."""
    made = asked("manager", "post", "decisions/", {"model": terms["model"]}, 201)
    at = f"decisions/{made['number']}/"
    for path in ("flips/", "question/", "leader/?weights=money:1"):
        assert asked("scientist", "get", at + path, status=409)["detail"]
    assert "holds no record" in asked("scientist", "get", at + "export/", status=409)["detail"]


def assert_leaders(asked, at, desk):
    """With all weight on one objective who gives up nothing of it leads; weights are told as shares of their sum."""
    names = [row["runs"][0]["called"] for row in desk["candidates"]]
    for key, other in (("money", "log_loss"), ("log_loss", "money")):
        best = [name for name, row in zip(names, desk["candidates"], strict=True) if not row["regret"][key]["amount"]]
        told = asked("scientist", "get", f"{at}leader/?weights={key}:2,{other}:0")
        assert told["leads"] == best
        assert told["weights"] == {key: 1, other: 0}
        assert told["regret"][key] == 0
        assert sum(told["first"].values()) == pytest.approx(1)
    for wrong in ("", "money:much", "luck:1", "money:-1"):
        (fault,) = asked("scientist", "get", f"{at}leader/?weights={wrong}", status=400)["errors"]
        assert fault["field"] == "weights"
        assert "weights=money:0.7" in fault["remedy"]


def test_a_round_is_closed_and_opened_again_by_a_manager(asked, terms, candidates):
    made = asked("manager", "post", "decisions/", {"model": terms["model"]}, 201)
    at = f"decisions/{made['number']}/"
    assert asked("manager", "post", at + "rounds/close/")["round"]["closed_at"]
    assert asked("manager", "post", at + "rounds/", {}, 201)["round"]["number"] == 2
    asked("manager", "post", at + "rounds/", {}, 409)
    assert asked("manager", "post", at + "withdraw/")["state"] == "withdrawn"


def test_what_is_refused_says_so(asked, terms, candidates):
    told = asked("manager", "post", "decisions/", {"model": "nonsense"}, 400)
    assert told["errors"][0]["remedy"] == f"one of {terms['model']}"
    made = asked("manager", "post", "decisions/", {"model": terms["model"]}, 201)
    at = f"decisions/{made['number']}/"
    asked("scientist", "put", at + "sheet/", {}, 400)
    asked("scientist", "post", at + "sheet/seal/", status=409)
    asked("manager", "post", at + "propose/", {"run": "nonsense"}, 400)
    asked("outsider", "get", at, status=404)
    asked("scientist", "post", at + "propose/", {"run": candidates["second"]}, 403)


def test_against_the_rule_a_proposal_without_its_reason_is_refused_by_field_and_freezes_nothing(
    asked, terms, candidates
):
    made = asked("manager", "post", "decisions/", {"model": terms["model"]}, 201)
    at = f"decisions/{made['number']}/"
    asked("manager", "post", at + "rounds/close/")
    desk = asked("manager", "get", at + "desk/")
    by_rule = desk["candidates"][desk["recommendation"]["place"]]["runs"][0]["run"]
    against = next(run for run in candidates.values() if run != by_rule and run != candidates["first"])
    for reason in ({}, {"reason": "  "}):
        told = asked("manager", "post", at + "propose/", {"run": against} | reason, 400)
        (fault,) = told["errors"]
        assert (fault["field"], fault["message"]) == ("reason", "the rule says another")
        assert "say why" in fault["remedy"]
    assert asked("manager", "get", at)["record"] is None
    kept = asked("manager", "post", at + "propose/", {"run": against, "reason": "cheaper"})["record"]
    assert (kept["by_rule"], kept["reason"]) == (False, "cheaper")


def test_a_direct_promotion_is_refused_where_the_settings_want_a_decision_and_a_record_where_they_do_not(
    asked, candidates
):
    version = EvaluationRun.objects.get(name="second").version_id
    asked("manager", "patch", "", {"direct_promotion": False})
    told = asked("manager", "post", f"versions/{version}/promote/", {}, 409)
    assert "by a decision that is signed" in told["detail"]
    assert asked("manager", "get", "decisions/")["results"] == []
    asked("manager", "patch", "", {"direct_promotion": True})
    asked("manager", "post", f"versions/{version}/promote/", {})
    (made,) = asked("executive", "get", "decisions/")["results"]
    assert (made["direct"], made["state"], made["chosen"]["name"]) == (True, "signed", "second")
    assert asked("executive", "get", f"decisions/{made['number']}/")["record"]["direct"] is True


def test_a_reversal_needs_its_reason_and_is_a_decision_of_its_own_that_another_role_signs(asked, candidates):
    version = EvaluationRun.objects.get(name="second").version_id
    asked("manager", "post", f"versions/{version}/promote/", {})
    asked("manager", "post", "decisions/1/revert/", {"reason": " "}, 400)
    asked("scientist", "post", "decisions/1/revert/", {"reason": "complaints"}, 403)
    # A promotion that asked nobody may have been without terms, by which nothing can be frozen.
    told = asked("manager", "post", "decisions/1/revert/", {"reason": "complaints"}, 409)
    assert "no terms of choice" in told["detail"]
    assert len(asked("executive", "get", "decisions/")["results"]) == 1
    model, at = Model.objects.get().key, f"models/{Model.objects.get().key}/terms/1/"
    seen = {"digest": asked("manager", "post", f"models/{model}/terms/", {}, 201)["digest"]}
    for who, act in (("manager", "propose"), ("scientist", "endorse"), ("manager", "approve")):
        asked(who, "post", f"{at}{act}/", seen)
    back = asked("manager", "post", "decisions/1/revert/", {"reason": "complaints"}, 201)
    assert (back["number"], back["reverts"], back["state"]) == (2, 1, "proposed")
    assert back["due"] == {"executive": 1}
    asked("executive", "post", "decisions/2/sign/", {"digest": back["digest"]})
    assert EvaluationRun.objects.get(name="first").version.state == "champion"


def test_a_list_of_decisions_asks_a_bounded_number_of_queries(
    asked, terms, candidates, manager, django_assert_max_num_queries
):
    model = Model.objects.get()
    for _ in range(3):
        made = asked("manager", "post", "decisions/", {"model": model.key}, 201)
        asked("manager", "post", f"decisions/{made['number']}/rounds/close/")
        asked("manager", "post", f"decisions/{made['number']}/withdraw/")
    asked("manager", "get", "decisions/")
    with django_assert_max_num_queries(14):
        assert len(asked("manager", "get", "decisions/")["results"]) == 3
    assert Decision.objects.count() == 3


def test_a_signed_decision_carries_its_outcome_and_a_product_the_calibration_of_its_promises(asked, chosen, deciding):
    waits = asked("executive", "get", "decisions/1/")["outcome"]
    assert waits["total"] == {
        "unknown": "no whole month is over since it was signed; 2017-04 is scored first, once it is known"
    }
    assert (waits["coming"], waits["months"], waits["role"], waits["counts"]) == ("2017-04", [], "executive", False)
    assert "unknown" in asked("manager", "get", "decisions/calibration/")["every"]
    deciding.brought(SPRING)
    deciding.on(2017, 7, 5)
    told = asked("executive", "get", "decisions/1/")["outcome"]
    assert [(one["month"], one["earned"]["point"]) for one in told["months"]] == list(SPRING.items())
    assert told["total"]["earned"]["point"] == sum(SPRING.values())
    assert told["total"]["error"] == pytest.approx(sum(SPRING.values()) - told["so_far"]["point"])
    assert told["total"]["inside_80"] is (told["so_far"]["low"] <= sum(SPRING.values()) <= told["so_far"]["high"])
    assert told["promised"]["receipt"]
    assert asked("executive", "get", "decisions/")["results"][0]["outcome"] == told
    held = asked("scientist", "get", "decisions/calibration/")
    assert held["every"]["scored"] == 1
    assert held["every"]["mean_crps"] == told["total"]["crps"]
    assert held["roles"]["executive"] == held["every"]
    assert "unknown" in held["roles"]["data_scientist"]
    loss, money = asked("executive", "get", "decisions/1/")["came"]
    assert (loss["role"], loss["score"]) == (
        "data_scientist",
        {"unknown": "no run of second on other rows was scored since"},
    )
    assert money["score"] == told["total"]


def test_a_stale_record_is_not_signed_and_the_answer_names_what_has_moved(asked, terms, candidates, world, manager):
    made = asked("manager", "post", "decisions/", {"model": terms["model"]}, 201)
    at = f"decisions/{made['number']}/"
    asked("manager", "post", at + "rounds/close/")
    seen = asked("manager", "post", at + "propose/", {"run": candidates["second"], "reason": "fewer calls"})["digest"]
    kpis.update_assumption(
        manager,
        world.product.assumptions.get(key="call_cost"),
        distribution={"kind": "interval90", "low": 3.4, "high": 4.6},
        owner="sales",
        source="study of 2017",
    )
    told = asked("executive", "post", at + "sign/", {"digest": seen}, 409)
    assert (told["status"], "the assumption call cost" in told["detail"]) == (409, True)
    assert asked("executive", "get", at)["state"] == "proposed"
