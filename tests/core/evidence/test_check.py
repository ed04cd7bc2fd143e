"""A check: its verdicts, its JSON, and how findings add up."""

import json

import pytest

from metrics.core.documents import canonical
from metrics.core.evidence.check import KEYS, Check, Finding, judged, not_checked, number, percent, worst


def test_a_check_survives_json():
    check = judged("drift", [Finding("warning", "It moved.", "Look.")], good="", rule="r", numbers={"psi": 0.2})
    assert Check.from_json(json.loads(canonical(check.as_json()))) == check


def test_a_check_is_as_bad_as_its_worst_finding_and_says_that_first():
    findings = [
        Finding("warning", "Small.", "Mend."),
        Finding("fails", "Big.", "Stop."),
        Finding("warning", "Too.", "Mend."),
    ]
    check = judged("quality", findings, good="Fine.", rule="", numbers={})
    assert (check.verdict, check.text, check.remedy) == ("fails", "Big. Small. Too.", "Stop. Mend.")


def test_a_check_without_findings_holds_and_asks_for_nothing():
    check = judged("quality", [], good="Fine.", rule="", numbers={})
    assert (check.verdict, check.text, check.remedy) == ("holds", "Fine.", "")


def test_what_was_not_checked_says_why():
    check = not_checked("labelers", "There are no votes.", "Log them.")
    assert (check.verdict, check.text, check.remedy, check.numbers) == (
        "not checked",
        "There are no votes.",
        "Log them.",
        {},
    )


def test_a_key_or_verdict_that_is_none_is_refused():
    with pytest.raises(ValueError, match="no check is called 'fashion'"):
        Check(key="fashion", verdict="holds", text="")
    with pytest.raises(ValueError, match="no verdict is called 'fine'"):
        Check(key=KEYS[0], verdict="fine", text="")


def test_the_worst_verdict_counts_and_the_unchecked_do_not():
    assert worst(["holds", "warning", "not checked"]) == "warning"
    assert worst(["fails", "holds"]) == "fails"
    assert worst(["not checked"]) == "holds"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0 %"),
        (1, "100 %"),
        (0.00001, "under 0.1 %"),
        (0.99999, "over 99.9 %"),
        (0.0625, "6.2 %"),
        (0.62, "62 %"),
        (0.995, "99.5 %"),
    ],
)
def test_a_share_is_printed_so_that_only_all_is_100_percent(share, text):
    assert percent(share) == text


def test_numbers_that_json_cannot_hold_are_none():
    assert [number(one) for one in (1.5, float("nan"), float("inf"), None)] == [1.5, None, None, None]
