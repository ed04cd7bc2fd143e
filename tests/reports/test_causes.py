"""Why a figure moved is told without names of runs, and no cause is told as another."""

from types import SimpleNamespace

import pytest

from metrics.models.work import Change
from reports.pages.outlook.causes import WORDS, causes


def change(cause: str, text: str, actor: str = "scientist") -> SimpleNamespace:
    return SimpleNamespace(cause=cause, text=text, actor=actor)


def told(*changes: SimpleNamespace) -> list[str]:
    return [f"{one.word}: {one.text}" for one in causes(changes)]


def test_every_cause_has_its_word() -> None:
    assert set(WORDS) == set(Change.Cause.values)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gbm-04: new run", "one new run"),
        ("gbm-04, and 11 more: new run", "twelve new runs"),
        ("a: b, and 2: new run", "one new run"),
        ("gbm-04: withdrawn, labels: all wrong", "a run was withdrawn: labels: all wrong"),
        ("gbm-04: accepted for the champion v2", "a run is accepted for the champion v2"),
        ("gbm-04: no longer accepted for the champion", "a run is no longer accepted for the champion"),
    ],
)
def test_a_run_is_told_by_what_came_of_it(text: str, said: str) -> None:
    assert told(change("run", text)) == [f"evaluation: {said}"]


def test_equal_causes_are_told_once_with_their_number_and_others_apart() -> None:
    runs = [change("run", f"gbm-{at:02d}: new run") for at in range(3)]
    rest = [change("assumption", "offer: version 2", "manager"), change("run", "gbm-09: withdrawn, twice in")]
    assert told(*runs, *rest) == [
        "evaluation: three new runs",
        "assumption: offer: version 2",
        "evaluation: a run was withdrawn: twice in",
    ]
    assert [one.actor for one in causes([*runs, *rest])] == ["scientist", "manager", "scientist"]
