"""A kind of check: how what it sees becomes a check, and what is said where something that it needs is wanting."""

import json

import pytest

from metrics.core.documents import canonical
from metrics.core.evidence.check import Finding, Judged, NotChecked
from metrics.core.evidence.kind import CheckKind
from metrics.core.evidence.panel import LATER, read
from metrics.core.evidence.registry import CHECKS as REGISTERED
from tests.examined import examined

CHECKS = {key: kind for key, kind in REGISTERED.items() if not kind.apart}

WITHOUT = NotChecked("There are no votes.", "Log them.")


def judged(*findings, also=""):
    return Judged(findings=list(findings), good="Fine.", numbers={"psi": 0.2}, also=also)


def kind(seen, **own):
    settings = {"key": "fresh", "name": "Fresh", "rule": "r", "needs": {}, "figures": lambda numbers: []}
    return CheckKind(run=lambda inputs: seen, **settings | own)


def test_a_check_is_as_bad_as_its_worst_finding_and_says_that_first():
    findings = (
        Finding("warning", "Small.", "Mend."),
        Finding("fails", "Big.", "Stop."),
        Finding("warning", "Too.", "Mend."),
    )
    check = kind(judged()).check(judged(*findings))
    assert (check.verdict, check.text, check.remedy) == ("fails", "Big. Small. Too.", "Stop. Mend.")


def test_a_check_without_findings_holds_and_asks_for_nothing():
    check = kind(judged()).check(judged())
    assert (check.verdict, check.text, check.remedy) == ("holds", "Fine.", "")


def test_what_is_said_in_any_case_stands_at_the_end():
    assert kind(judged()).check(judged(also=" And more.")).text == "Fine. And more."
    assert kind(judged()).check(judged(Finding("fails", "Big."), also=" And more.")).text == "Big. And more."


def test_what_was_not_checked_says_why():
    check = kind(WITHOUT).check(WITHOUT)
    assert (check.verdict, check.text, check.remedy) == ("not checked", "There are no votes.", "Log them.")
    assert (check.numbers, check.rule) == ({}, "")


def test_a_check_is_not_run_without_what_it_needs(rows, votes):
    table = rows(y_true=[1.0])
    asked = kind(judged(), needs={"labels": NotChecked("No labels."), "votes": WITHOUT})
    assert examined(asked, table).text == WITHOUT.why
    assert examined(asked, table.drop_columns(["y_true"])).text == "No labels."
    assert examined(asked, table, votes=votes({"e0": "aab"})).verdict == "holds"


def test_a_check_of_one_task_says_so_of_another(rows):
    asked = kind(judged(), of=lambda task: task.rows.timed, elsewhere="Only forecasts.", needs={"votes": WITHOUT})
    assert examined(asked, rows(y_true=[1.0])).text == "Only forecasts."
    assert examined(asked, rows(y_true=[1.0]), task="forecast").text == WITHOUT.why


@pytest.mark.parametrize("key", CHECKS)
def test_a_stored_check_is_read_as_it_was_under_the_name_of_today(key):
    check = CHECKS[key].check(judged(Finding("warning", "It moved.", "Look.")))
    stored = json.loads(canonical([check.as_json()]))
    assert "name" not in stored[0]
    assert check in read(stored)


def test_a_check_that_came_later_says_so_and_one_that_is_gone_is_left_out():
    gone = CHECKS["drift"].check(judged()).as_json() | {"key": "fashion"}
    checks = read([gone])
    assert [check.key for check in checks] == list(CHECKS)
    assert {check.text for check in checks} == {LATER.why}
    assert {check.verdict for check in checks} == {"not checked"}


def test_every_kind_has_a_key_of_its_own_and_says_what_it_lacks_in_sentences():
    assert all(key == known.key for key, known in REGISTERED.items())
    assert len({known.name for known in REGISTERED.values()}) == len(REGISTERED)
    assert all(without.why.endswith(".") for known in REGISTERED.values() for without in known.needs.values())
