"""A check: its verdicts, and how it says shares and numbers."""

import pytest

from metrics.core.evidence.check import Check, number, percent, worst


def test_a_verdict_that_is_none_is_refused():
    with pytest.raises(ValueError, match="no verdict is called 'fine'"):
        Check(key="quality", name="Quality", verdict="fine", text="")


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
