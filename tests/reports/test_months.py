"""Months are told with their whole year: “Oct 14 to Jan 15” reads as two days."""

import re
from datetime import date
from pathlib import Path

import pytest

from reports.words.dates import named, period
from reports.words.periods import stretches
from reports.words.phrases import during, span
from tests.places import ROOT

NO_YEAR = re.compile(r"%[bB][ -]?%y|%y\b")


def test_a_month_is_never_told_with_two_digits() -> None:
    assert period("2014-10") == "Oct\u00a02014"
    assert period(date(2015, 1, 1)) == "Jan\u00a02015"
    assert span(["2014-10", "2015-01"]) == "Oct\u00a02014 – Jan\u00a02015"
    assert during(["2014-10", "2015-01"]) == "from October 2014 to January 2015"
    assert stretches(["2014-10", "2015-01"]) == "Oct\u00a02014 and Jan\u00a02015"
    assert named("2014-10 is not over") == "Oct\u00a02014 is not over"


@pytest.mark.parametrize("floor", ["reports", "metrics", "kpiplatform/client"])
def test_no_axis_and_no_text_asks_for_a_year_of_two_digits(floor: str) -> None:
    texts: list[Path] = [*(ROOT / floor).rglob("*.py"), *(ROOT / "templates").rglob("*.html")]
    assert [str(path) for path in texts if NO_YEAR.search(path.read_text("utf-8"))] == []
