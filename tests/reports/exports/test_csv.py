"""A table as a file of plain text that no spreadsheet runs."""

import csv
import io

import pytest

from metrics.core.pasted.inert import inert
from reports.exports.csv import written
from reports.exports.document import Table
from tests.pack_trouble import FORMULAS, SCRIPTS, long_table
from tests.packs import board_pack, row

pytestmark = pytest.mark.promise("S6")


def read(made: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(made.decode("utf-8-sig"), newline=""), strict=True))


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_would_run_is_text(text: str) -> None:
    table = Table(name="t", heading="", columns=(text,), rows=(row(text),))
    assert read(written(table)) == [[f"'{text}"], [f"'{text}"]]


@pytest.mark.parametrize("text", ["–", "-", "−30.5 k EUR", "'quoted", "", "6.31", "a=b"])
def test_what_is_harmless_is_left_as_it_is(text: str) -> None:
    assert inert(text) == text


def test_it_is_utf_8_with_a_mark_and_lines_end_as_the_standard_says() -> None:
    made = written(long_table())
    assert made.startswith(b"\xef\xbb\xbfName,Money")
    assert made.count(b"\r\n") == 42
    assert b"\n" not in made.replace(b"\r\n", b"")


def test_quotes_commas_and_lines_in_cells_come_back() -> None:
    told = ('say "so"', "a, b", "two\nlines", *SCRIPTS)
    table = Table(name="t", heading="", columns=told, rows=(row(*told),))
    assert read(written(table)) == [list(told), list(told)]


def test_second_lines_stand_in_a_column_of_their_own() -> None:
    head, first, *_ = read(written(board_pack().tables()[0]))
    assert head[:2] == ["Role and what it wants", "Role and what it wants (below)"]
    assert first[:4] == ["Data scientist", "probabilities that can be trusted", "nothing", "best of all"]


def test_an_empty_table_is_its_head() -> None:
    assert read(written(Table(name="t", heading="", columns=("One", "Two"), rows=()))) == [["One", "Two"]]
