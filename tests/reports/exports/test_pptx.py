"""Slides that can be read aloud and edited: titles in their places, native charts and tables, words for each."""

import io
import zipfile
from typing import Any

import openpyxl
from pptx import Presentation

from reports.exports import pptx
from reports.exports.document import Drawn
from tests.pack_trouble import troubled
from tests.packs import board_pack


def slides(pack: Any) -> list[Any]:
    return list(Presentation(io.BytesIO(pptx.written(pack))).slides)


def charts(pack: Any) -> list[Any]:
    return [shape for slide in slides(pack) for shape in slide.shapes if shape.has_chart]


def test_each_section_is_a_slide_whose_title_is_a_title() -> None:
    pack = board_pack()
    assert [slide.shapes.title.text for slide in slides(pack)] == [section.title for section in pack.sections]


def test_what_does_not_fit_goes_on_and_says_so() -> None:
    pack = troubled()
    titles = [slide.shapes.title.text for slide in slides(pack)]
    assert titles.count("Tables") == 1
    assert titles.count("Tables (continued)") >= 1
    rows = [
        row.cells[0].text
        for slide in slides(pack)
        for shape in slide.shapes
        if shape.has_table
        for row in shape.table.rows
    ]
    assert [row for row in rows if row.startswith("Row ")] == [f"Row {at}" for at in range(40)]


def test_no_shape_leaves_the_slide() -> None:
    for pack in (board_pack(), troubled()):
        made = Presentation(io.BytesIO(pptx.written(pack)))
        for slide in made.slides:
            for shape in slide.shapes:
                assert 0 <= shape.left <= shape.left + shape.width <= made.slide_width + 1, shape.name
                assert 0 <= shape.top <= shape.top + shape.height <= made.slide_height + 1, shape.name


def test_a_fan_is_a_native_chart_of_bands_and_lines_with_its_values_inside() -> None:
    fan = charts(board_pack())[0].chart
    assert [type(plot).__name__ for plot in fan.plots] == ["AreaPlot", "LinePlot"]
    lines = {series.name: series.values for series in fan.plots[1].series}
    assert lines["Known"][:2] == (48000.0, 54000.0)
    assert lines["Expected"][0] is None
    book = openpyxl.load_workbook(io.BytesIO(fan.part.chart_workbook.xlsx_part.blob))
    head = [cell.value for cell in book["Values"][1]]
    assert {"Known", "Expected", "80 % band to", "80 % band"} <= set(head)
    widths = book["Values"].cell(4, head.index("80 % band") + 1)
    assert widths.data_type == "f"


def test_every_series_names_the_cells_that_hold_its_values() -> None:
    for shape in charts(board_pack()) + charts(troubled()):
        book = openpyxl.load_workbook(io.BytesIO(shape.chart.part.chart_workbook.xlsx_part.blob), data_only=True)
        for plot in shape.chart.plots:
            for series in plot.series:
                cells = series._element.find(".//{*}val//{*}f").text.partition("!")[2].replace("$", "")
                held = tuple(row[0].value for row in book["Values"][cells])
                assert held == tuple(series.values), series.name


def test_a_bridge_floats_on_an_unseen_base_and_hangs_below_zero() -> None:
    bridge = charts(board_pack())[1].chart
    under, above = bridge.plots[0].series
    assert under.values[1:5] == (610e3, 660e3, 650e3, 650e3)
    assert above.values[1:5] == (50e3, 20e3, 30e3, 10e3)
    assert bridge.value_axis.minimum_scale < 610e3
    crossing = next(one.chart for one in charts(troubled()) if one.chart.plots[0].categories[0] == "21 Nov")
    parts = {series.name: series.values for series in crossing.plots[0].series}
    assert (parts["Above zero"][1], parts["Below zero"][1]) == (20e3, -30e3)


def test_each_chart_and_table_has_its_words() -> None:
    pack = board_pack()
    words = [block.says for block in pack.blocks() if isinstance(block, Drawn)]
    assert [shape._element.nvGraphicFramePr.cNvPr.get("descr") for shape in charts(pack)] == words
    tables = [shape for slide in slides(pack) for shape in slide.shapes if shape.has_table]
    assert all(shape.table.first_row for shape in tables)
    assert all(shape._element.nvGraphicFramePr.cNvPr.get("descr") for shape in tables)


def test_notes_hold_figures_and_their_receipts() -> None:
    notes = slides(board_pack())[0].notes_slide.notes_text_frame.text
    assert "Expected, fiscal 2027: 6.31\u00a0M EUR, 80 % band 5.8 – 6.8 M EUR. Receipt 5e1dc308." in notes


def test_no_part_holds_the_time_at_which_it_was_written() -> None:
    with zipfile.ZipFile(io.BytesIO(pptx.written(board_pack()))) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2026-11-30" in parts.read("docProps/core.xml")
        assert "docProps/thumbnail.jpeg" not in parts.namelist()
