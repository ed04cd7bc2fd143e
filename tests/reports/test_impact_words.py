"""What a change moves and says differently, in one line each."""

from typing import Any

import pytest

from metrics.core.estimate import Estimate, Unknown
from metrics.models.kpi import MappingVersion
from metrics.queries.kpi.grade import Grade
from metrics.queries.revenue.impact import Impact, Moved, Regraded
from reports.charts.density import density
from reports.pages.mapping.diff import summary
from reports.pages.mapping.impact import impact_page
from reports.pages.mapping.text import DiffLine, diff_lines
from tests.world import calls_matrix


def moved(kind: str, name: str, before: float, after: float, unit: str = "EUR") -> Moved:
    was, now = Estimate(before, unit), Estimate(after, unit)
    return Moved(kind, name, name, was, now, Estimate(after - before, unit), months=3)  # type: ignore[arg-type]


def said(*rows: Moved, still: int = 0, held: bool = False) -> str:
    class Known:
        class product:
            slug = "p"

    return impact_page(Impact(rows, still, held), Known(), "Approving it").sentence.replace("\xa0", " ")  # type: ignore[arg-type]


def test_quarters_and_the_projection_are_named_with_their_sign() -> None:
    rows = moved("realised", "Q3 2016", 500_000.0, 380_000.0), moved("projected", "total", 2e6, 1.5e6)
    assert said(*rows) == "Approving it restates Q3 2016 by −120 k EUR and the projection by −500 k EUR."


def test_the_two_newest_quarters_are_named() -> None:
    rows = [moved("realised", f"Q{number} 2016", 0.0, 1000.0 * number) for number in (1, 2, 3)]
    assert "Q1" not in said(*rows)
    assert said(*rows).startswith("Approving it restates Q2 2016 by +")


def test_without_money_the_kpi_is_named() -> None:
    assert said(moved("kpi", "Hit rate", 0.2, 0.3, "share")).startswith("Approving it restates Hit rate by +10")


def test_what_moves_nothing_says_so() -> None:
    assert said(moved("kpi", "Hit rate", 0.2, 0.2, "share")) == "Approving it moves no figure."
    assert said(still=2) == "Approving it moves no figure."
    assert said() == ""


def test_a_first_figure_is_called_one() -> None:
    first = Moved("kpi", "hits", "Hits", Unknown("none"), Estimate(0.3, "share"), Unknown("none"))
    assert said(first) == "Approving it gives Hits its first figure."


def regraded(kind: str, name: str, before: str, after: str, *reasons: str) -> Regraded:
    words = {"B": "backtested", "C": "assumed", "D": "opinion"}
    was, now = Grade(before, words[before]), Grade(after, words[after], reasons)
    return Regraded(kind, name, name, was, now)  # type: ignore[arg-type]


def grades(*rows: Regraded) -> list[tuple[str, str]]:
    class Known:
        class product:
            slug = "p"

    found = impact_page(Impact((), 1, False, rows), Known(), "Saving it")  # type: ignore[arg-type]
    return [(line.verdict.kind, line.text) for line in found.grades]


def test_grades_that_change_alike_are_one_line_with_the_reason_once() -> None:
    why = "offer: no source"
    rows = regraded("kpi", "Value", "C", "D", why), regraded("projected", "Projection", "C", "D", why)
    (line,) = grades(*rows)
    assert line == (
        "bad",
        "Value and the projection: grade C → D, opinion. Offer: no source. What is graded D enters no total.",
    )


def test_grades_that_change_otherwise_stand_apart_and_a_better_one_is_good() -> None:
    rows = regraded("projected", "Projection", "D", "C"), regraded("kpi", "Hits", "B", "C", "beyond the pairs")
    assert grades(*rows) == [
        ("good", "The projection: grade D → C, assumed. It enters the totals again."),
        ("warn", "Hits: grade B → C, assumed. Beyond the pairs."),
    ]
    assert grades() == []


def differing(before: dict[str, Any], after: dict[str, Any]) -> tuple[DiffLine, ...]:
    return diff_lines(MappingVersion(definition=before), MappingVersion(definition=after))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (calls_matrix(), calls_matrix(), "Word for word the same as version 1."),
        (calls_matrix(), calls_matrix("offer * 0.8"), "Acted, not needed: "),
        (calls_matrix(), {**calls_matrix(), "baseline": "act_on_all"}, "Compared with: acting on no case → acting on"),
        (calls_matrix(), calls_matrix(threshold={"kind": "fixed", "at": 0.4}), "where the score is above 0.4"),
        ({"kind": "formula", "text": "a + b"}, {"kind": "formula", "text": "a + c"}, "Formula: a + b → a + c."),
        (calls_matrix(), {"kind": "formula", "text": "a"}, "Kind: a value matrix → a formula."),
    ],
)
def test_differences_are_told_by_their_place(before, after, words) -> None:
    assert words in summary(differing(before, after), 1)


def test_many_differences_are_counted() -> None:
    other = calls_matrix("offer * 2", {"kind": "fixed", "at": 0.4})
    other = {**other, "baseline": "act_on_all", "per": "total"}
    assert "and two other places" in summary(differing(calls_matrix(), other), 1)


def test_a_formula_is_marked_word_by_word() -> None:
    (line,) = differing({"kind": "formula", "text": "a + b * 2"}, {"kind": "formula", "text": "a + c * 2"})
    assert [piece.text for piece in line.before if "gone" in piece.kind] == ["b"]
    assert [piece.text for piece in line.after if "new" in piece.kind] == ["c"]


def test_a_hill_has_its_marks_and_crowded_middles_no_words() -> None:
    wide = density(values=[0.0, 1.0, 2.0, 3.0], heights=[0.1, 1.0, 1.0, 0.1], marks=MARKS, says="a hill")
    assert {"0.2", "1.5", "2.8"} <= words_of(wide)
    near = density(
        values=[0.0, 1.0, 2.0, 30.0],
        heights=[0.1, 1.0, 1.0, 0.1],
        marks=[(0.2, "0.2"), (1.5, "1.5"), (28.0, "28")],
        says="a hill",
    )
    assert "1.5" not in words_of(near)
    assert 'aria-label="a hill"' in str(wide)


MARKS = [(0.2, "0.2"), (1.5, "1.5"), (2.8, "2.8")]


def words_of(chart) -> set[str]:
    rows = (row for layer in chart.specs["wide"]["layer"] for row in layer["data"]["values"])
    return {row["t"] for row in rows if "t" in row}


def test_quarters_that_stay_are_counted_and_not_shown() -> None:
    class Known:
        class product:
            slug = "p"

    rows = (
        moved("realised", "Q1 2016", 5e5, 5e5),
        moved("realised", "Q2 2016", 4e5, 4e5),
        Moved("realised", "Q3 2016", "Q3 2016", Estimate(3e5, "EUR"), Unknown("2016-09 is not known"), Unknown("-")),
    )
    page = impact_page(Impact(rows, 2, False), Known(), "Undoing it")  # type: ignore[arg-type]
    assert [line.name for line in page.lines] == ["Q3 2016"]
    assert page.note == "Two other KPIs do not move. Two quarters stay as now."
    assert page.sentence.replace("\xa0", " ") == "Q3 2016 of 300 k EUR becomes Unknown: Sep 2016 is not known."
