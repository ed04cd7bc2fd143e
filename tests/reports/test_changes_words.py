"""What the list of changes says: gains, losses, restatements, and figures that come and go."""

import re
from datetime import UTC, datetime

import pytest
from django.template.loader import render_to_string

from metrics.core.estimate import Estimate, Unknown, difference
from reports.pages.outlook.changes import NOTHING, Cause, ChangeLine

WHEN = datetime(2026, 11, 3, 9, tzinfo=UTC)


def line(before, after, *, settled=True, restated="none"):
    old, new = (Unknown(one) if isinstance(one, str) else Estimate(float(one), "EUR") for one in (before, after))
    return ChangeLine(
        causes=(Cause("actuals", "Bookings: an import of 26 months taken back", "manager"),),
        more=0,
        when=WHEN,
        product="Calls",
        url="/p/calls/",
        before=old,
        after=new,
        moved=difference(new, old),
        receipt="",
        settled=settled,
        restated=restated,
    )


def told(*given, **more):
    """(the words, the marks) of one line."""
    marks = render_to_string("outlook/change_list.html", {"changes": [line(*given, **more)]})
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", marks)).replace("&nbsp;", " ").replace("\u00a0", " ")
    return text, marks


@pytest.mark.parametrize(
    ("given", "more", "words"),
    [
        ((692_000, 751_600), {}, "+59.6 k EUR"),
        ((751_600, 692_000), {}, "−59.6 k EUR"),
        ((692_000, 751_600), {"restated": "all"}, "restated by +59.6 k EUR; no new money"),
        ((692_000, 751_600), {"restated": "part"}, "+59.6 k EUR, in part restated"),
        ((751_600, "no month of Bookings is known"), {}, "751.6 k EUR → Unknown"),
        (("no month of Bookings is known", 751_600), {}, "Unknown → 751.6 k EUR"),
        (("no figure before", NOTHING), {}, "no figure yet"),
        ((692_000, 692_000), {}, "no change"),
        ((692_000, "being computed"), {"settled": False}, "Being computed"),
    ],
)
def test_each_change_says_what_became_of_the_figure(given, more, words):
    text, _ = told(*given, **more)
    assert words in text
    if words != "no figure yet":
        assert "no figure yet" not in text


def test_what_is_lost_says_why():
    text, _ = told(751_600, "no month of Bookings is known")
    assert "· no month of Bookings is known" in text


@pytest.mark.parametrize(("restated", "toned"), [("none", True), ("part", False), ("all", False)])
def test_only_money_is_green_or_red(restated, toned):
    _, marks = told(692_000, 751_600, restated=restated)
    assert bool(re.search(r'class="[^"]*\b(good|bad)\b', marks)) is toned
