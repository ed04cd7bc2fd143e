"""Lines as cells: told apart by what all lines say, never joined, refused by number where their count is another."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.core.pasted.days import is_day
from metrics.core.pasted.lines import is_header, lines
from metrics.core.pasted.wrong import NotRead


def cells(text):
    return [row.cells for row in lines(text, leads=is_day).rows]


def odd(text, width=2):
    with pytest.raises(NotRead) as caught:
        lines(text, leads=is_day).each(width, "a month and its value")
    return [(one.at, one.message, one.remedy) for one in caught.value.wrong]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2017-08, 4925\n2017-09, 12", [("2017-08", "4925"), ("2017-09", "12")]),
        ("2017-08;1,5\r\n\r\n2017-09;2,5\r\n", [("2017-08", "1,5"), ("2017-09", "2,5")]),
        ("2017-08\t1,5", [("2017-08", "1,5")]),
        ("2017-08 1,5\n2017-09 1,7", [("2017-08", "1,5"), ("2017-09", "1,7")]),
        ("Jan 2014,120\nFeb 2014,130", [("Jan 2014", "120"), ("Feb 2014", "130")]),
        ("Jan 2014 120", [("Jan 2014", "120")]),
        ("2014-01-31 00:00:00 120", [("2014-01-31 00:00:00", "120")]),
        ("2017-08 120 €\n2017-09 - 54", [("2017-08", "120 €"), ("2017-09", "- 54")]),
        ("2014-01   12 500\n2014-02   11 300", [("2014-01", "12 500"), ("2014-02", "11 300")]),
        ("2014-01 12\u202f500", [("2014-01", "12\u202f500")]),
        ('2017-08,"1,250.50"', [("2017-08", "1,250.50")]),
        ('2017-08, "1,250.50"', [("2017-08", "1,250.50")]),
        ('"Umsatz, netto"\n"2017-08"', [("Umsatz, netto",), ("2017-08",)]),
        ("sep=;\n2017-08;5", [("2017-08", "5")]),
        ("\ufeff2017-08;5", [("2017-08", "5")]),
        ("", []),
        (" \n;;\n", []),
    ],
)
def test_cells_are_told_apart(text, found):
    assert cells(text) == found


def test_a_cell_may_hold_a_line_end_and_lines_keep_their_numbers():
    found = lines('month;"value\nin EUR"\n\n2017-08;5', leads=is_day).rows
    assert [(row.number, row.cells) for row in found] == [(1, ("month", "value\nin EUR")), (4, ("2017-08", "5"))]
    assert is_header(found[0], is_day)
    assert not is_header(found[1], is_day)


def test_a_first_line_with_a_number_holds_no_names():
    (row,) = lines("soon;5", leads=is_day).rows
    assert not is_header(row, is_day)


def test_a_line_of_another_count_is_refused_by_its_number():
    ((at, message, remedy),) = odd("2026-08\t1210\t\n2026-09\t1188\t2")
    assert at == 2
    assert message == "has 3 cells where a month and its value are two: “2026-09” and “1188” and “2”"
    assert remedy
    assert [at for at, *_ in odd("2026-08;1\n2026-09\n2026-10;2;3")] == [2, 3]


def test_one_refusal_is_enough_where_every_line_has_that_count():
    ((at, message, remedy),) = odd("2026-05,1250.50,31\n2026-06,1310.25,29")
    assert at == 1
    assert message.endswith("each line has 3")
    assert "a number with a comma in quotation marks" in remedy
    assert len(odd("2026-05 120 500\n2026-06 131 640")) == 1


def test_further_columns_that_are_empty_are_left_out():
    found = lines("2026-08,1210,,\n2026-09,1188,,", leads=is_day).each(2, "a month and its value")
    assert [row.cells for row in found.rows] == [("2026-08", "1210"), ("2026-09", "1188")]


def test_a_quotation_mark_that_is_never_closed_is_refused():
    with pytest.raises(NotRead, match="from line 1 on"):
        lines('2017-01,"1,2\n2017-02,3', leads=is_day)


AMOUNTS = st.decimals(-(10**6), 10**6, places=2).map(lambda value: f"{value:.2f}")


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=6), st.sampled_from([",", ";", "\t"]), st.booleans())
def test_what_a_sheet_writes_has_its_cells_again(rows, between, comma):
    """With decimal commas the writer of the standard library puts quotation marks where they are needed."""
    table = [
        (f"2017-{place:02d}", *(cell.replace(".", ",") if comma else cell for cell in row))
        for place, row in enumerate(rows, 1)
    ]
    out = io.StringIO()
    csv.writer(out, delimiter=between).writerows(table)
    assert cells(out.getvalue()) == table


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=6), st.sampled_from([",", ";", "\t", " "]))
def test_three_cells_are_never_two(rows, between):
    text = "\n".join(between.join((f"2017-{place:02d}", *row)) for place, row in enumerate(rows, 1))
    assert odd(text)
