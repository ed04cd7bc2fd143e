"""A workbook that computes: formulas of cells, inputs that move the totals, texts that are only texts."""

import io
import re
import zipfile
from dataclasses import replace
from math import isclose
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from reports.exports import xlsx
from reports.exports.document import Document
from reports.exports.xlsx.expression import formula
from tests.office import computed
from tests.pack_calculations import calculation, of_portfolio
from tests.pack_trouble import FORMULAS, troubled
from tests.packs import board_pack

CELLS = {"a": "C2", "b": "C3", "c": "C4", "d": "'Other sheet'!C9"}


def opened(pack: Document, **how: Any) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(xlsx.written(pack)), **how)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a * b - c", "=C2*C3-C4"),
        ("a − b × c", "=C2-C3*C4"),
        ("(a)^(2) / d", "=((C2)^(2))/'Other sheet'!C9"),
        ("-a^2", "=(0-(C2^2))"),
        ("2^a^b", "=(2^(C2^C3))"),
        ("min(a, 0 - b, max(c, 1.5e3))", "=MIN(C2,0-C3,MAX(C4,1.5e3))"),
        ("exp(a) + ln(b)", "=EXP(C2)+LN(C3)"),
        ("a + b + c", "=SUM(C2:C4)"),
        ("a + c + b", "=C2+C4+C3"),
        ("a + b + d", "=C2+C3+'Other sheet'!C9"),
    ],
)
def test_an_expression_becomes_a_formula_of_cells(expression: str, expected: str) -> None:
    assert formula(expression, CELLS) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "a +",
        "unknown * 2",
        "a b",
        "(a",
        "a)",
        "min()",
        "min(a",
        "A1",
        '"text"',
        "a & b",
        "WEBSERVICE(a)",
        "[1]x",
        "a;b",
    ],
)
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"cannot be read|wants|names|ends before"):
        formula(expression, CELLS)


def test_a_formula_too_long_for_a_cell_is_refused() -> None:
    with pytest.raises(ValueError, match="a cell holds"):
        formula(" + ".join(["a", "c"] * 2000), CELLS)


def test_two_lines_of_one_name_are_refused() -> None:
    pack = board_pack()
    with pytest.raises(ValueError, match="names two lines"):
        xlsx.written(replace(pack, calculations=(calculation(), calculation())))


def test_only_assumptions_may_be_changed_and_each_says_what_it_was() -> None:
    sheet = opened(board_pack())["Calculation Cancellation calls"]
    free = {cell.coordinate for row in sheet.iter_rows() for cell in row if not cell.protection.locked}
    assert sheet.protection.sheet
    assert {sheet[at].value for at in free} == {3.0, 0.35, 96.5}
    told = {str(one.sqref): one.prompt for one in sheet.data_validations.dataValidation}
    assert set(told) == free
    assert any("0.35" in prompt for prompt in told.values())


@pytest.mark.promise("R14")
def test_every_formula_has_the_value_that_is_stored_beside_it() -> None:
    pack = board_pack()
    live, stored = opened(pack), opened(pack, data_only=True)
    for sheet in live:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert stored[sheet.title][cell.coordinate].value is not None, (sheet.title, cell.coordinate)


def test_a_number_reads_as_it_is_printed_or_is_printed() -> None:
    sheet = opened(board_pack())["Summary"]
    shown = {row[1].value: row[2] for row in sheet.iter_rows(min_row=5, max_row=12)}
    assert shown["6.31\u00a0M EUR"].value == 6312345.67
    assert shown["6.31\u00a0M EUR"].number_format.startswith('0.00,,"\u00a0M EUR"')
    assert shown["66\u00a0%"].value == 0.66


@pytest.mark.promise("S6")
def test_texts_are_never_formulas() -> None:
    made = xlsx.written(troubled())
    book = openpyxl.load_workbook(io.BytesIO(made))
    texts = [cell for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    for cell in texts:
        if cell.value[:1] in "=+-@\t\r" and cell.data_type != "f":
            assert cell.quotePrefix, (cell.parent.title, cell.coordinate, cell.value)
    formulas = [str(cell.value) for cell in texts if cell.data_type == "f"]
    assert formulas
    assert not [one for one in formulas if re.search(r"HYPERLINK|cmd\||WEBSERVICE|\[\d", one)]
    assert {text for text in FORMULAS if text[0] in "=+-@"} <= {cell.value for cell in texts}


def test_nothing_reaches_outside_the_workbook() -> None:
    with zipfile.ZipFile(io.BytesIO(xlsx.written(troubled()))) as parts:
        names = parts.namelist()
        assert not [name for name in names if "externalLink" in name or "vba" in name.lower()]
        relations = b"".join(parts.read(name) for name in names if name.endswith(".rels"))
    assert b"External" not in relations


def test_charts_are_native_fed_from_cells_and_have_their_words() -> None:
    pack = board_pack()
    with zipfile.ZipFile(io.BytesIO(xlsx.written(pack))) as parts:
        charts = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/charts/chart")]
        drawing = parts.read("xl/drawings/drawing1.xml").decode()
    assert len(charts) == 2
    assert all("<c:f>Charts!$" in chart for chart in charts)
    assert "areaChart" in charts[0]
    assert "lineChart" in charts[0]
    assert drawing.count('descr="') == 2
    assert "known to October, 54 k EUR" in drawing


def test_names_of_sheets_are_taken_once_and_legal() -> None:
    names = opened(troubled()).sheetnames
    assert len({name.casefold() for name in names}) == len(names)
    assert not [name for name in names if len(name) > 31 or re.search(r"[\[\]:*?/\\]", name) or name.startswith("'")]


@pytest.mark.office
def test_libreoffice_comes_to_the_same_totals_and_they_move(tmp_path: Path) -> None:
    parts = (calculation(), calculation("Card fraud screening", "fraud"))
    pack = replace(board_pack(), calculations=(*parts, of_portfolio(parts)))
    moved = opened(pack)
    rows = moved["Calculation Cancellation calls"].iter_rows()
    (stay,) = [row[2] for row in rows if row[0].value == "Called guests who stay"]
    stay.value = 0.5
    file = io.BytesIO()
    moved.save(file)
    books = computed(tmp_path, same=xlsx.written(pack), moved=file.getvalue())

    def totals(book: openpyxl.Workbook) -> dict[str, float]:
        return {row[0].value: row[1].value for row in book["Summary"].iter_rows() if "otal" in str(row[0].value)}

    same, after = totals(books["same"]), totals(books["moved"])
    stored = {f"{one.product}: {one.lines[-1].label}": one.lines[-1].value for one in pack.calculations}
    assert same.keys() == stored.keys()
    assert all(isclose(same[name], stored[name], abs_tol=0.005) for name in stored)
    calls, fraud, both = stored
    more = sum(900.0 + 25 * at for at in range(12)) * (0.5 - 0.35) * 96.5
    assert isclose(after[calls], stored[calls] + more, abs_tol=0.005)
    assert isclose(after[fraud], stored[fraud], abs_tol=0.005)
    assert isclose(after[both], stored[both] + more, abs_tol=0.005)


@pytest.mark.office
def test_libreoffice_draws_the_same_floors_and_bars_that_are_stored(tmp_path: Path) -> None:
    pack = troubled()
    book = computed(tmp_path, same=xlsx.written(pack))["same"]
    stored = opened(pack, data_only=True)
    for row in stored["Charts"].iter_rows():
        for cell in row:
            found = book["Charts"][cell.coordinate].value
            if isinstance(cell.value, int | float):
                assert isclose(found, cell.value, rel_tol=1e-9, abs_tol=1e-9), cell.coordinate
