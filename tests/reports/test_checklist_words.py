"""The title of a new product's list says what is really ahead: never that something is missing which is there."""

from types import SimpleNamespace

import pytest

from metrics.queries.revenue.checklist import ACTIONS
from reports.pages.home import checklist
from reports.pages.home.checklist_beside import evidence_said

STEPS = tuple(ACTIONS)


def titled(*left: str) -> str:
    steps = [SimpleNamespace(key=key, number=number, done=key not in left) for number, key in enumerate(STEPS, 1)]
    open_ = [step for step in steps if not step.done]
    found = SimpleNamespace(steps=steps, left=open_, product=SimpleNamespace(currency="EUR"))
    return checklist._title(found, len(STEPS) - len(open_))


@pytest.mark.parametrize(
    ("left", "title"),
    [
        (STEPS[1:], "One of ten steps is done; the first figure in EUR is six steps away"),
        (("signatures", "target"), "Eight of ten steps are done; the first figure in EUR is one step away"),
        # The first figure is there.
        (("projection", "target"), "Eight of ten steps are done; the money of the months to come is one step away"),
        (
            ("actuals", "projection", "target"),
            "Seven of ten steps are done; the money of the months to come is two steps away",
        ),
        # So is the money of the months to come.
        (("target",), "Nine of ten steps are done; the chance to meet a target is one step away"),
        (("assumptions", "target"), "Eight of ten steps are done; the chance to meet a target is two steps away"),
        # All was there, and something expired or was taken back.
        (("assumptions",), "Nine of ten steps are done; step 5 is open again"),
        ((), "All ten steps are done: the figures are on Outlook"),
    ],
)
def test_the_title_says_what_is_ahead(left: tuple[str, ...], title: str) -> None:
    assert titled(*left) == title


@pytest.mark.parametrize(
    ("asked", "hold", "said"),
    [
        (1, 0, "Evidence: one check, none holds"),
        (3, 1, "Evidence: three checks, one holds"),
        (5, 2, "Evidence: five checks, two hold"),
    ],
)
def test_checks_that_hold_are_counted_in_words(asked: int, hold: int, said: str) -> None:
    assert evidence_said(asked, hold) == said
