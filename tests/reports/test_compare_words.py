"""What a comparison by groups says, held against its rows: by total money, and most only where it is more than half."""

import pytest

from metrics.core.estimate import Estimate, Unknown
from metrics.core.selection.compare import Difference
from reports.pages.compare.by_group import _total
from reports.pages.compare.words import groups_title


def row(change, verdict, direction="up"):
    difference = change if isinstance(change, Unknown) else Estimate(change, "EUR/booking")
    given = {"key": "value", "group": None, "a": Estimate(1.0), "b": Estimate(1.0), "difference": difference}
    return Difference(**given, direction=direction, verdict=verdict, smallest=0.0, probability=0.9, worth_having=0.9)


def title(*rows, adds_up=True):
    return groups_title([(name, n, row(change, verdict)) for name, n, change, verdict in rows], adds_up=adds_up)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        # less a row, and more in all: the words go by the total that stands in the rows
        ([("City", 40_000, 0.86, "better"), ("Resort", 20_000, 1.27, "better")], "Most of the gain comes from City"),
        ([("City", 20_000, 0.86, "better"), ("Resort", 20_000, 1.27, "better")], "Most of the gain comes from Resort"),
        # the largest of three is not most of them
        (
            [("a", 100, 4.0, "better"), ("b", 100, 3.0, "better"), ("c", 100, 3.0, "better")],
            "The largest part of the gain comes from a",
        ),
        # what cannot be told apart has its part in the whole
        (
            [("a", 100, 4.0, "better"), ("b", 100, 3.0, "cannot tell"), ("c", 100, 3.0, "cannot tell")],
            "The largest part of the gain comes from a",
        ),
        ([("a", 100, 4.0, "better"), ("b", 100, 5.0, "cannot tell")], "Better in a"),
        ([("a", 100, -4.0, "worse"), ("b", 100, 1.0, "cannot tell")], "Most of the loss comes from a"),
        ([("a", 100, 4.0, "better"), ("b", 100, -1.0, "worse")], "Better in a, worse in b"),
        ([("a", 100, 4.0, "better")], "Better in a"),
        ([("a", 100, 4.0, "cannot tell"), ("b", 100, 0.0, "alike")], "No group can be told apart"),
        ([("a", 100, Unknown("no rows"), "cannot tell")], "No group can be told apart"),
    ],
)
def test_where_the_gain_comes_from_agrees_with_the_rows(rows, told):
    assert title(*rows) == told


def test_of_a_metric_no_part_is_most_of_it():
    rows = [("a", 900, 0.04, "better"), ("b", 100, 0.03, "better"), ("c", 100, 0.01, "better")]
    assert title(*rows, adds_up=False) == "Better in a and two others"


def test_the_total_of_a_group_is_what_stands_in_its_row():
    found = _total(row(0.86, "better"), 40_000)
    assert (found.point, found.unit) == (pytest.approx(34_400), "EUR")
    assert _total(row(Unknown("no rows"), "cannot tell"), 40_000) is None
