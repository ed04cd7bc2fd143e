"""What a cover says, in its words; that its figures are true is tested with all other sentences."""

import pytest

from metrics.core.estimate import Estimate, Quantity, Unknown
from reports.exports.documents import figures, said


@pytest.mark.parametrize(("chance", "told"), [(0.0, "<0.1"), (1.0, ">99.9"), (0.5, "50"), (0.995, "99.5")])
def test_a_chance_is_never_0_or_100(chance: float, told: str) -> None:
    assert figures.chance("chance", "Chance", Estimate(chance, "share")).value == told


@pytest.mark.parametrize(
    ("waiting", "last", "told"),
    [
        ([], "", "No decision waits, and none has been made yet."),
        ([], "Of decision 2: kept", "No decision waits. Of decision 2: kept."),
        ([said.Waiting(name="decision 3", next="A manager.")], "", "One decision waits: decision 3. A manager."),
        (
            [said.Waiting(name="decision 3", next=""), said.Waiting(name="decision 4", next="")],
            "",
            "Two decisions wait, the first decision 3.",
        ),
    ],
)  # fmt: skip
def test_the_decision_that_waits_is_told(waiting: list[said.Waiting], last: str, told: str) -> None:
    assert said.decision(waiting, last) == told


@pytest.mark.parametrize(
    ("chance", "told"),
    [
        (0.62, "Calls: meeting the target is more likely than not. One input."),
        (0.9, "Nothing takes money away."),
        (None, "Nothing takes money away."),
        (Unknown("no target is set"), "Nothing takes money away."),
    ],
)
def test_the_concern_is_the_target_where_it_may_be_missed(chance: float | Quantity | None, told: str) -> None:
    assert said.concern("Calls", chance, "One input.", "Nothing takes money away") == told
