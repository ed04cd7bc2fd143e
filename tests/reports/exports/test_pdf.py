"""Paper that can be read aloud: tags, titles, bookmarks, words for each picture."""

import io
from collections.abc import Iterator
from datetime import date
from typing import Any

import pypdf
import pytest

from reports.exports import pdf
from reports.exports.document import Document, Drawn
from tests.pack_trouble import MARKUP, troubled
from tests.packs import board_pack


@pytest.fixture(scope="module")
def made() -> bytes:
    return pdf.written(board_pack())


def tags(of: Any) -> Iterator[Any]:
    of = of.get_object()
    if isinstance(of, list):
        for one in of:
            yield from tags(one)
    elif isinstance(of, dict):
        yield of
        if "/K" in of:
            yield from tags(of["/K"])


def tagged(made: bytes, kind: str) -> list[Any]:
    root = pypdf.PdfReader(io.BytesIO(made)).trailer["/Root"]["/StructTreeRoot"]
    return [tag for tag in tags(root) if tag.get("/S") == kind]


def bookmarks(pack: Document, made: bytes) -> list[str]:
    reader = pypdf.PdfReader(io.BytesIO(made))
    return [str(one.title) for one in reader.outline if not isinstance(one, list)]


def test_it_says_what_it_is_in_which_language_and_of_which_day(made: bytes) -> None:
    reader = pypdf.PdfReader(io.BytesIO(made))
    assert reader.metadata is not None
    assert reader.metadata.title == board_pack().title
    assert reader.metadata.creation_date is not None
    assert reader.metadata.creation_date.date() == date(2026, 11, 30)
    assert reader.trailer["/Root"]["/Lang"] == "en"
    assert b"pdfuaid" in reader.trailer["/Root"]["/Metadata"].get_data()


def test_each_section_is_a_bookmark_and_a_page(made: bytes) -> None:
    pack = board_pack()
    assert bookmarks(pack, made) == [section.title for section in pack.sections]
    pages = pypdf.PdfReader(io.BytesIO(made)).pages
    assert len(pages) == len(pack.sections)
    assert {(round(page.mediabox.width), round(page.mediabox.height)) for page in pages} == {(960, 540)}


def test_each_picture_has_its_words(made: bytes) -> None:
    drawn = [block.says for block in board_pack().blocks() if isinstance(block, Drawn)]
    told = {str(tag["/Alt"]) for tag in tagged(made, "/Figure")}
    assert set(drawn) <= told
    assert "What the proposal adds, +41\u00a0k EUR a year, 80 % band +17 – +68 k EUR; 99 % sure to gain" in told


def test_tables_have_headers_and_headings_have_ranks(made: bytes) -> None:
    heads = sum(len(table.columns) for table in board_pack().tables())
    assert len(tagged(made, "/TH")) == heads
    assert len(tagged(made, "/H1")) == 4
    assert len(tagged(made, "/H2")) > 4


@pytest.mark.promise("S6")
def test_markup_in_a_name_is_print_and_letters_without_a_font_do_not_stop_it() -> None:
    made = pdf.written(troubled())
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made)).pages)
    text = " ".join(text.split())
    assert MARKUP.split(" and ")[0] in text
    assert "Отмена брони" in text
    assert tagged(made, "/Figure")


def test_a_long_table_repeats_its_head_on_each_page() -> None:
    made = pdf.written(troubled())
    pages = [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(made)).pages]
    rows = [page for page in pages if "Row 1" in page or "Row 20" in page or "Row 39" in page]
    assert len(rows) == 3
    assert all("Money" in page for page in rows)
    assert all("Tables (continued)" in page for page in rows[1:])
