"""What holds for every writer: the same figures, the same bytes for the same document, and nothing that acts."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace

import openpyxl
import pypdf
import pytest
from pptx import Presentation

from reports.exports import csv as sheets
from reports.exports import pdf, pptx, xlsx
from reports.exports.document import Document
from tests.packs import board_pack

WRITERS = {"pdf": pdf.written, "pptx": pptx.written, "xlsx": xlsx.written}


def flat(text: str) -> str:
    return " ".join(text.replace("\u200b", "").split())


def of_pdf(made: bytes) -> str:
    return flat(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made)).pages))


def of_pptx(made: bytes) -> str:
    frames = [shape for slide in Presentation(io.BytesIO(made)).slides for shape in slide.shapes]
    return flat(" ".join(shape.text_frame.text for shape in frames if shape.has_text_frame))


def of_xlsx(made: bytes) -> str:
    book = openpyxl.load_workbook(io.BytesIO(made))
    cells = (cell.value for sheet in book for row in sheet.iter_rows() for cell in row)
    return flat(" ".join(str(value) for value in cells if value is not None))


READERS = {"pdf": of_pdf, "pptx": of_pptx, "xlsx": of_xlsx}


@pytest.mark.parametrize("kind", WRITERS)
def test_every_figure_is_printed_as_the_document_has_it(kind: str) -> None:
    pack = board_pack()
    text = READERS[kind](WRITERS[kind](pack))
    missing = {key: printed for key, printed in pack.figures().items() if flat(printed) not in text}
    assert not missing


@pytest.mark.parametrize("written", WRITERS.values(), ids=WRITERS)
def test_equal_documents_give_equal_bytes_and_others_do_not(written: Callable[[Document], bytes]) -> None:
    first = written(board_pack())
    assert written(board_pack()) == first
    assert written(replace(board_pack(), title="Board pack, December 2026")) != first


def test_a_table_is_read_back_as_it_is_printed() -> None:
    table = board_pack().tables()[1]
    read = list(csv.reader(io.StringIO(sheets.written(table).decode("utf-8-sig"), newline="")))
    assert read == [list(table.columns), *([cell.text for cell in row] for row in table.rows)]
