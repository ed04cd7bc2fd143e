"""The verdict on a metric, and that the reason printed is the one that holds."""

import numpy as np
import pytest

from metrics.core.draws import K
from metrics.core.estimate import Estimate, Unknown
from metrics.core.kpi.fidelity import Agreement
from metrics.core.kpi.fidelity_verdict import RULES, judged


def tau(point, half=0.1):
    return Estimate(point, "", np.linspace(point - half, point + half, K))


def pairs(outside, alike):
    return Agreement(pairs=28, outside=outside, alike=alike, helped=22)


GOOD = pairs(20, 18)
NO_BAND = "in some draws all runs are equal, so that rank agreement has no band"


@pytest.mark.parametrize(
    ("runs", "found", "agreed", "flipped", "expected", "why"),
    [
        (1, tau(0.9), GOOD, (), "insufficient evidence", "1 comparable run, and 8 are needed"),
        (7, tau(0.9), GOOD, (), "insufficient evidence", "7 comparable runs, and 8 are needed"),
        (8, tau(0.9), pairs(13, 13), (), "insufficient evidence", "15 of the 28 pairs are inside noise, over half"),
        (8, tau(0.9), pairs(0, 0), (), "insufficient evidence", "28 of the 28 pairs are inside noise, over half"),
        (8, tau(0.9), Unknown("no draws"), (), "insufficient evidence", "no draws"),
        (8, Unknown("all equal"), GOOD, (), "insufficient evidence", "all equal"),
        (8, Estimate(0.9), GOOD, (), "insufficient evidence", NO_BAND),
        (8, tau(0.9), pairs(14, 14), (), "faithful", "14 of the 14 pairs outside noise are decided alike"),
        (8, tau(0.9), GOOD, (), "faithful", "rank agreement is 0.90"),
        (8, tau(0.9), GOOD, ("north",), "weak", "the sign is opposite in north"),
        (8, tau(0.49), GOOD, (), "weak", "rank agreement is 0.49 (0.40 to 0.58), below 0.5"),
        (8, tau(0.6, 0.7), GOOD, (), "weak", "its band not above 0"),
        (8, tau(0.9), pairs(20, 15), (), "weak", "15 of the 20 pairs outside noise are decided alike, below 80 %"),
        (8, tau(0.9), pairs(20, 9), (), "misleading", "9 of the 20 pairs outside noise are decided alike, fewer than"),
        (8, tau(-0.3), GOOD, (), "misleading", "rank agreement is −0.30 (−0.40 to −0.21), its band below 0"),
    ],
)
def test_the_verdict_follows_its_rule_and_says_which_part_of_it_holds(runs, found, agreed, flipped, expected, why):
    reached = judged(runs, found, agreed, flipped)
    assert reached.verdict == expected
    assert why in reached.why
    assert RULES[expected]


def test_every_reason_for_a_weak_verdict_is_named_and_no_other():
    found = judged(8, tau(0.3), pairs(20, 12), ("north", "south")).why
    assert "below 0.5" in found
    assert "below 80 %" in found
    assert "north, south" in found
    assert "its band not above 0" not in found
    assert "below" not in judged(8, tau(0.9), GOOD, ("north",)).why
