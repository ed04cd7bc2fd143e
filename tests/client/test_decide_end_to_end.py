"""A champion is chosen by `kpi` alone: terms signed by two, three roles asked, a proposal signed, and taken back."""

import json

import pytest

from metrics.core.offline.archive import read
from metrics.core.offline.verifying import verified
from metrics.models.evaluation import EvaluationRun, Model
from metrics.models.product import Product
from metrics.services.product.tokens import create_token
from tests.kept_promises import SPRING

PRODUCT = "cancellation-calls"
LIST = f"kpi decide list {PRODUCT} names those there are"
# Who, the command, and the remedy or the cause that its one line names.
REFUSED = (
    ("scientist", ("decide", "show", "7", "--product", PRODUCT), LIST),
    ("executive", ("decide", "export", "7", "--product", PRODUCT, "--file", "x.zip"), LIST),
    ("scientist", ("terms", "show", PRODUCT, "nomodel"), f"kpi run list {PRODUCT} names the models"),
    ("manager", ("decide", "list", "nowhere"), "kpi product list names those"),
    ("scientist", ("decide", "open", PRODUCT, "nomodel"), "a manager may"),
    ("manager", ("decide", "open", PRODUCT, "nomodel"), "One of "),
    ("scientist", ("terms", "draft", PRODUCT, "cancellation"), "a manager does, who drafts the first terms"),
    ("executive", ("terms", "approve", PRODUCT, "cancellation"), f"kpi terms draft {PRODUCT} cancellation begins one"),
    ("manager", ("decide", "open", PRODUCT, "cancellation", "--until", "soon"), "no day such as 2027-01-31"),
)


@pytest.fixture
def by(live_server, world, people, typed, monkeypatch):
    """by("manager", "decide", "list", …): a command of a person, which succeeds; what it prints."""
    tokens = {name: create_token(people[name], name="shell")[1] for name in ("manager", "scientist", "executive")}
    monkeypatch.setenv("KPI_URL", live_server.url)

    def run(person, *words, code=0):
        monkeypatch.setenv("KPI_TOKEN", tokens[person])
        found, out, err = typed(*words)
        assert found == code, (words, out, err)
        return err if code else out

    return run


@pytest.mark.django_db(transaction=True)
def test_three_roles_choose_a_champion_by_kpi_alone_and_take_it_back(by, world, log, rows, scientist, tmp_path):
    for name, shift in (("second", 0.03), ("third", -0.04)):
        log(scientist, world.product, rows(shift=shift), name=name, version=name, where={"split": "test"})
    world.compute()
    model = Model.objects.get().key
    second, third = (EvaluationRun.objects.get(name=name).pk for name in ("second", "third"))
    assert "no terms" in by("manager", "decide", "open", PRODUCT, model, code=2)
    for who, words, says in REFUSED:
        line = by(who, *words, code=2)
        assert says in line, words
        assert line.count("\n") == 1, words
    assert "a draft, by log_loss, money" in by("manager", "terms", "draft", PRODUCT, model)
    for who, act in (("manager", "propose"), ("scientist", "endorse"), ("manager", "approve")):
        by(who, "terms", act, PRODUCT, model)
    assert "approved" in by("executive", "terms", "show", PRODUCT, model)

    told = by("manager", "decide", "open", PRODUCT, model)
    assert told.strip() == "decision 1 is open; it waits for the answers of data scientist and executive"
    of = ("1", "--product", PRODUCT)
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps([{"of": "money", "give": 1000, "to": "log_loss", "gain": 0.01, "says": "no"}]))
    assert "1 answer on your sheet" in by("scientist", "decide", "answer", str(answers), *of)
    assert "question 2 of at most" in by("scientist", "decide", "question", *of)
    said = json.loads(by("scientist", "decide", "question", *of, "--says", "no", "--json"))
    assert (said["answered"], said["withdraw"]) == (2, [])
    assert "others still answer" in by("scientist", "decide", "seal", *of)
    weights = ("--weight", "money=0.8", "--weight", "log_loss=0.2")
    assert "money 80%" in by("executive", "decide", "weigh", *of, *weights)
    assert "all have answered" in by("executive", "decide", "seal", *of)

    shown = by("manager", "decide", "show", *of)
    assert all(name in shown for name in ("first", "second", "third", "champion", "by rule", second))
    tried = by("scientist", "decide", "lead", *of, "--weight", "log_loss=1", "--weight", "money=0")
    assert ": first in " in tried
    assert "luck is no objective here" in by("scientist", "decide", "lead", *of, "--weight", "luck=1", code=2)
    told = by("executive", "decide", "flips", *of, "--rows", "500")
    assert "grade C, valid without an end" in told or "grade C, expires in" in told
    assert "500 more rows are worth" in told
    assert "nothing is proposed in decision 1" in by("scientist", "decide", "assent", *of, code=2)
    carried = tmp_path / "decision.zip"
    assert "holds no record" in by("scientist", "decide", "export", *of, "--file", str(carried), code=2)
    why = ("--reason", "fewer calls")
    assert "no round of decision 1 is open" in by("executive", "decide", "question", *of, code=2)
    desk = json.loads(by("manager", "decide", "show", *of, "--json"))["desk"]
    by_rule = desk["candidates"][desk["recommendation"]["place"]]["runs"][0]["run"]
    other = next(run for run in (second, third) if run != by_rule)
    assert "the rule says another. Say why" in by("manager", "decide", "propose", *of, "--run", other, code=2)
    assert "still due" in by("manager", "decide", "propose", *of, "--run", second, *why)
    assert "while a choice is open" in by("manager", "decide", "flips", *of, code=2)
    assert "second is proposed" in by("scientist", "decide", "dissent", *of, "--reason", "never counted")
    assert f"signed: second is champion of {model}" in by("executive", "decide", "sign", *of)
    assert "makes it again" in by("executive", "decide", "export", *of, "--file", str(carried))
    assert verified(read(carried))["verdict"] == "equal"
    shown = by("executive", "decide", "show", *of)
    assert "never counted" in shown
    assert "not scored  what was promised is not computed yet" in shown
    assert "no decision has been scored yet" in by("executive", "decide", "calibration", PRODUCT)

    world.compute()
    assert "not scored  its promise ends with 2018-02, before the first" in by("executive", "decide", "show", *of)
    back = by("manager", "decide", "revert", *of, "--reason", "complaints")
    assert "decision 2 takes decision 1 back" in back
    assert "one is champion" in by("executive", "decide", "sign", "2", "--product", PRODUCT)
    assert "signed" in by("scientist", "decide", "list", PRODUCT)
    Product.objects.update(direct_promotion=False)
    assert "by a decision that is signed" in by("manager", "run", "promote", third, code=2)


@pytest.mark.django_db(transaction=True)
def test_what_a_decision_earned_is_told_by_month_and_together(by, chosen, deciding):
    deciding.brought(SPRING)
    deciding.on(2017, 7, 5)
    shown = by("executive", "decide", "show", "1", "--product", PRODUCT)
    lines = [line.split() for line in shown.splitlines()]
    assert [line[0] for line in lines if line and line[0] in {*SPRING, "together"}] == [*SPRING, "together"]
    assert "128 k EUR" in next(line for line in shown.splitlines() if line.startswith("together"))
    assert "128 k EUR, " in by("scientist", "decide", "list", PRODUCT)
    assert "of 1" in by("manager", "decide", "calibration", PRODUCT)
