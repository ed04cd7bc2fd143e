"""A native chart on a slide, with its workbook inside: values as given, and formulas that place the marks."""

from __future__ import annotations

import io
from copy import deepcopy
from datetime import datetime
from math import ceil
from typing import Any

import xlsxwriter
from lxml import etree
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION, XL_TICK_MARK
from pptx.oxml.ns import qn
from pptx.util import Pt

from reports.exports import sheet
from reports.exports.document import Document, Drawn
from reports.exports.native import Column, axis_start, columns, letters_of
from reports.exports.numbers import on_axis
from reports.exports.pptx.parts import FONT, POINT, emu, says
from reports.exports.sheet import clean, colour
from reports.exports.xlsx.book import Book
from reports.exports.xlsx.charts import values

SHEET = "Values"
TYPES = {"area": XL_CHART_TYPE.AREA_STACKED, "line": XL_CHART_TYPE.LINE, "bar": XL_CHART_TYPE.COLUMN_STACKED}


def drawn(document: Document, shapes: Any, at: tuple[float, float, float, float], of: Drawn) -> bool:
    """The chart at (left, top, width, height); False where nothing is there to draw."""
    held = columns(of)
    marked = sorted((one for one in held if one.mark), key=lambda one: ("area", "line", "bar").index(one.mark))
    if not of.labels or not marked:
        return False
    known = CategoryChartData(number_format=on_axis([v for one in held for v in one.values if v is not None]))
    known.categories = [clean(label) for label in of.labels]
    for one in marked:
        known.add_series(clean(one.name), one.values)
    left, top, width, height = at
    kind = TYPES[marked[0].mark]
    if of.kind == "bars":
        kind = XL_CHART_TYPE.COLUMN_CLUSTERED
    frame = shapes.add_chart(kind, emu(left), emu(top), emu(width), emu(height), known)
    frame.name = "Chart"
    says(frame, of.says)
    chart = frame.chart
    chart.part.chart_workbook.update_from_xlsx_blob(_workbook(document, of, held))
    _look(chart, of, held, marked, width)
    _refer(chart, of, held, marked)
    _marks(chart, marked, axis_start(of) or 0)
    return True


def _workbook(document: Document, of: Drawn, held: list[Column]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(
        file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as workbook:
        day = document.known_on
        workbook.set_properties({"author": "kpiplatform", "created": datetime(day.year, day.month, day.day)})  # noqa: DTZ001
        book = Book(workbook, document)
        page = book.sheet(SHEET)
        page.set_column(0, len(held), 14)
        values(book, page, 0, of, held)
    return file.getvalue()


def _refer(chart: Any, of: Drawn, held: list[Column], marked: list[Column]) -> None:
    """Each series names the cells of its own column."""
    letters = letters_of(held)
    last = len(of.labels) + 1
    for series, one in zip(chart._chartSpace.iter(qn("c:ser")), marked, strict=True):
        for part, cells in (
            ("c:tx", f"${letters[one.key]}$1"),
            ("c:cat", f"$A$2:$A${last}"),
            ("c:val", f"${letters[one.key]}$2:${letters[one.key]}${last}"),
        ):
            for place in series.find(qn(part)).iter(qn("c:f")):
                place.text = f"{SHEET}!{cells}"


def _marks(chart: Any, marked: list[Column], start: float) -> None:
    """The look of each series; lines move into a plot of their own over the areas, on the same axes."""
    space = chart._chartSpace
    plots = [plot for plot in space.iter() if plot.tag in {qn("c:areaChart"), qn("c:lineChart"), qn("c:barChart")}]
    plot = plots[0]
    ends = [sum(values) for values in zip(*([value or 0 for value in one.values] for one in marked), strict=True)]
    room = max([*ends, start]) - min([*ends, start])
    for series, one in zip(list(plot.iter(qn("c:ser"))), marked, strict=True):
        for old in (
            series.findall(qn("c:spPr"))
            + series.findall(qn("c:marker"))
            + series.findall(qn("c:dPt"))
            + series.findall(qn("c:smooth"))
        ):
            series.remove(old)
        after = series.find(qn("c:tx"))
        for part in reversed(_parts(one, room)):
            after.addnext(part)
    if marked[0].mark == "area" and any(one.mark == "line" for one in marked):
        lines = etree.Element(qn("c:lineChart"))
        etree.SubElement(lines, qn("c:grouping"), val="standard")
        etree.SubElement(lines, qn("c:varyColors"), val="0")
        for series, one in zip(list(plot.iter(qn("c:ser"))), marked, strict=True):
            if one.mark == "line":
                etree.SubElement(series, qn("c:smooth"), val="0")
                lines.append(series)
        etree.SubElement(lines, qn("c:marker"), val="1")
        for axis in plot.findall(qn("c:axId")):
            lines.append(deepcopy(axis))
        plot.addnext(lines)
    blanks = space.find(f".//{qn('c:dispBlanksAs')}")
    if blanks is not None:
        blanks.set("val", "gap")
    if marked[0].mark == "bar":
        _wide(plot)


def _wide(plot: Any) -> None:
    """Bars a little wider than the gaps between them."""
    gap = plot.find(qn("c:gapWidth"))
    if gap is None:
        gap = etree.Element(qn("c:gapWidth"))
        before = plot.find(qn("c:overlap"))
        (before if before is not None else plot.find(qn("c:axId"))).addprevious(gap)
    gap.set("val", "60")


def _parts(one: Column, room: float) -> list[Any]:
    look = etree.Element(qn("c:spPr"))
    if one.clear:
        etree.SubElement(look, qn("a:noFill"))
        etree.SubElement(etree.SubElement(look, qn("a:ln")), qn("a:noFill"))
        return [look]
    if one.mark == "line":
        line = etree.SubElement(look, qn("a:ln"), w=str(round(2 * POINT * 12700)), cap="rnd")
        _filled(line, one.colour)
        if one.dashed:
            etree.SubElement(line, qn("a:prstDash"), val="dash")
        etree.SubElement(line, qn("a:round"))
        marker = etree.Element(qn("c:marker"))
        if one.dotted:
            etree.SubElement(marker, qn("c:symbol"), val="circle")
            etree.SubElement(marker, qn("c:size"), val="6")
            dot = etree.SubElement(marker, qn("c:spPr"))
            _filled(dot, one.colour)
            etree.SubElement(etree.SubElement(dot, qn("a:ln")), qn("a:noFill"))
        else:
            etree.SubElement(marker, qn("c:symbol"), val="none")
        return [look, marker]
    _filled(look, one.colour or colour("chart-neutral"), 45 if one.faint else 100)
    etree.SubElement(etree.SubElement(look, qn("a:ln")), qn("a:noFill"))
    if one.mark != "bar":
        return [look]
    straight = etree.Element(qn("c:invertIfNegative"), val="0")
    return [look, straight, *_points(one), _labels(one, room)] if one.shades else [look, straight]


def _labels(one: Column, room: float) -> Any:
    """What stands in each bar that is high enough for it: its height as the change or level that it is."""
    labels = etree.Element(qn("c:dLbls"))
    shown = on_axis([value for value in one.values if value])
    for at, (value, sign) in enumerate(zip(one.values, one.signs, strict=True)):
        label = etree.SubElement(labels, qn("c:dLbl"))
        etree.SubElement(label, qn("c:idx"), val=str(at))
        if not value or sign is None or abs(value) < 0.09 * room:
            etree.SubElement(label, qn("c:delete"), val="1")
            continue
        digits = shown.split(";")[0]
        etree.SubElement(
            label, qn("c:numFmt"), formatCode=";".join([f'"{sign}"{digits}' if sign else digits] * 2), sourceLinked="0"
        )
        _bold(label, "ffffff" if one.shades[at] != colour("chart-neutral") else colour("ink"))
        etree.SubElement(label, qn("c:dLblPos"), val="inEnd")
        _shown(label)
    etree.SubElement(labels, qn("c:spPr"))
    _shown(labels)
    return labels


def _bold(label: Any, ink: str) -> None:
    text = etree.SubElement(label, qn("c:txPr"))
    etree.SubElement(text, qn("a:bodyPr"))
    paragraph = etree.SubElement(etree.SubElement(text, qn("a:p")), qn("a:pPr"))
    run = etree.SubElement(paragraph, qn("a:defRPr"), sz="900", b="1")
    _filled(run, ink)


def _shown(label: Any) -> None:
    for name in ("showLegendKey", "showVal", "showCatName", "showSerName", "showPercent", "showBubbleSize"):
        etree.SubElement(label, qn(f"c:{name}"), val="1" if name == "showVal" else "0")


def _points(one: Column) -> list[Any]:
    points = []
    for at, shade in enumerate(one.shades):
        point = etree.Element(qn("c:dPt"))
        etree.SubElement(point, qn("c:idx"), val=str(at))
        etree.SubElement(point, qn("c:invertIfNegative"), val="0")
        etree.SubElement(point, qn("c:bubble3D"), val="0")
        _filled(etree.SubElement(point, qn("c:spPr")), shade)
        points.append(point)
    return points


def _filled(parent: Any, ink: str, opaque: int = 100) -> None:
    fill = etree.SubElement(etree.SubElement(parent, qn("a:solidFill")), qn("a:srgbClr"), val=ink.upper())
    if opaque < 100:
        etree.SubElement(fill, qn("a:alpha"), val=str(opaque * 1000))


def _thinned(across: Any, of: Drawn, width: float) -> None:
    """As many labels as stand beside each other without being turned."""
    widest = max(max((sheet.across(word, 12) for word in label.split(" ")), default=0) for label in of.labels)
    if of.kind == "fan":
        widest = max(sheet.across(label, 12) for label in of.labels)
    skip = ceil((widest + 14) * len(of.labels) / max(width - 60, 60))
    if skip > 1:
        element = across._element
        for name in ("c:tickLblSkip", "c:tickMarkSkip"):
            made = etree.Element(qn(name), val=str(skip))
            element.find(qn("c:noMultiLvlLbl")).addprevious(made)


def _look(chart: Any, of: Drawn, held: list[Column], marked: list[Column], width: float) -> None:
    muted = RGBColor.from_string(colour("muted").upper())
    chart.font.size, chart.font.name = Pt(9), FONT
    chart.font.color.rgb = muted
    chart.has_title = False
    named = [one for one in marked if one.named]
    chart.has_legend = len(named) > 1
    if chart.has_legend:
        chart.legend.position = XL_LEGEND_POSITION.TOP
        chart.legend.include_in_layout = False
        legend = chart.legend._element
        for at, one in reversed(list(enumerate(marked))):
            if not one.named:
                entry = etree.Element(qn("c:legendEntry"))
                etree.SubElement(entry, qn("c:idx"), val=str(at))
                etree.SubElement(entry, qn("c:delete"), val="1")
                legend.find(qn("c:legendPos")).addnext(entry)
    across, up = chart.category_axis, chart.value_axis
    across.format.line.color.rgb = RGBColor.from_string(colour("line-strong").upper())
    across.major_tick_mark = up.major_tick_mark = XL_TICK_MARK.NONE
    across.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    across.has_major_gridlines = False
    across.tick_labels.font.size = Pt(9)
    if of.kind == "fan":
        for text in across._element.iter(qn("a:bodyPr")):
            text.set("rot", "0")
            text.set("vert", "horz")
    _thinned(across, of, width)
    up.has_major_gridlines = True
    up.major_gridlines.format.line.color.rgb = RGBColor.from_string(colour("line").upper())
    up.format.line.fill.background()
    up.tick_labels.number_format = on_axis([v for one in held if not one.clear for v in one.values if v is not None])
    up.tick_labels.number_format_is_linked = False
    start = axis_start(of)
    if start:
        up.minimum_scale = start
    up.has_title = True
    up.axis_title.text_frame.text = clean(f"{of.unit}; does not start at 0" if start else of.unit) or " "
    title = up.axis_title.text_frame.paragraphs[0].runs
    for run in title:
        run.font.size, run.font.bold = Pt(9), False
        run.font.color.rgb = muted
