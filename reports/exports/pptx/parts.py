"""The smallest parts of a slide: texts, lines, boxes, at CSS pixels of the sheet; and their text alternatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lxml import etree
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Emu, Pt

from reports.exports.sheet import clean, colour

PX = 9525
POINT = 0.75  # a CSS pixel in points
FONT = "Arial"  # stands on every machine; Inter does not
DECORATIVE = "http://schemas.microsoft.com/office/drawing/2017/decorative"


def emu(pixels: float) -> Emu:
    return Emu(round(pixels * PX))


@dataclass(frozen=True)
class Run:
    """Letters of one look."""

    text: str
    size: float = 16
    ink: str = ""
    strong: bool = False
    mono: bool = False


def write(paragraph: Any, runs: list[Run]) -> None:
    if not any(run.text for run in runs):
        # An empty paragraph is as high as the letters that it would have.
        size = runs[0].size if runs else 8
        etree.SubElement(paragraph._p, qn("a:endParaRPr"), lang="en", sz=str(round(size * POINT) * 100))
        return
    for run in runs:
        made = paragraph.add_run()
        made.text = clean(run.text)
        font = made.font
        font.size = Pt(round(run.size * POINT * 2) / 2)
        font.bold = run.strong
        font.color.rgb = RGBColor.from_string((run.ink or colour("ink")).upper())
        if run.mono:
            font.name = "Courier New"


def words(
    shapes: Any,
    at: tuple[float, float, float, float],
    lines: list[list[Run]],
    *,
    align: str = "left",
    middle: bool = False,
    spacing: float = 1.1,
    after: float = 0,
    name: str = "",
) -> Any:
    """A text box at (left, top, width, height), a paragraph a line."""
    left, top, width, height = at
    box = shapes.add_textbox(emu(left), emu(top), emu(max(width, 8)), emu(max(height, 8)))
    if name:
        box.name = name
    frame = box.text_frame
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    frame.vertical_anchor = MSO_ANCHOR.MIDDLE if middle else MSO_ANCHOR.TOP
    for n, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if n == 0 else frame.add_paragraph()
        paragraph.alignment = {"left": PP_ALIGN.LEFT, "right": PP_ALIGN.RIGHT, "center": PP_ALIGN.CENTER}[align]
        paragraph.line_spacing = spacing
        paragraph.space_after = Pt(after * POINT)
        write(paragraph, line)
    return box


def numbered(paragraph: Any, ink: str) -> None:
    """An item of a numbered list, its number in that colour."""
    properties = paragraph._p.get_or_add_pPr()
    properties.set("marL", str(emu(40)))
    properties.set("indent", str(-emu(40)))
    etree.SubElement(etree.SubElement(properties, qn("a:buClr")), qn("a:srgbClr"), val=ink.upper())
    etree.SubElement(properties, qn("a:buFont"), typeface="+mj-lt")
    etree.SubElement(properties, qn("a:buAutoNum"), type="arabicPeriod")


def rule(shapes: Any, left: float, top: float, width: float, height: float = 0, ink: str = "", thick: float = 1) -> Any:
    """A line that only divides; screen readers pass it over."""
    line = shapes.add_connector(1, emu(left), emu(top), emu(left + width), emu(top + height))
    line.line.color.rgb = RGBColor.from_string((ink or colour("line")).upper())
    line.line.width = Pt(thick * POINT)
    unstyled(line)
    decorative(line)
    return line


def box(
    shapes: Any, at: tuple[float, float, float, float], fill: str, *, round_by: float = 0, oval: bool = False
) -> Any:
    left, top, width, height = at
    kind = MSO_SHAPE.OVAL if oval else MSO_SHAPE.ROUNDED_RECTANGLE if round_by else MSO_SHAPE.RECTANGLE
    shape = shapes.add_shape(kind, emu(left), emu(top), emu(max(width, 1)), emu(max(height, 1)))
    if round_by and not oval:
        shape.adjustments[0] = min(0.5, round_by / max(min(width, height), 1))
    shape.fill.solid()
    shape.fill.fore_color.rgb = RGBColor.from_string(fill.upper())
    shape.line.fill.background()
    unstyled(shape)
    return shape


def unstyled(shape: Any) -> None:
    """Without the style of the theme, which casts shadows."""
    style = shape._element.find(qn("p:style"))
    if style is not None:
        shape._element.remove(style)


def says(shape: Any, text: str) -> None:
    """What stands in place of a shape for those who do not see it."""
    shape._element.xpath(".//p:cNvPr")[0].set("descr", clean(text))


def decorative(shape: Any) -> None:
    properties = shape._element.xpath(".//p:cNvPr")[0]
    listed = etree.SubElement(properties, qn("a:extLst"))
    extension = etree.SubElement(listed, qn("a:ext"), uri="{C183D7F6-B498-43B3-948B-1728B52AA6E4}")
    etree.SubElement(extension, f"{{{DECORATIVE}}}decorative", {"val": "1"}, nsmap={"adec": DECORATIVE})


PLACES = {"off": ("x", "y"), "chOff": ("x", "y"), "ext": ("cx", "cy"), "chExt": ("cx", "cy")}
LENGTHS = ("w", "h", "marL", "marR", "marT", "marB", "indent", "lIns", "rIns", "tIns", "bIns")


def shrunk(shapes: list[Any], scale: float, left: float, top: float) -> None:
    """Shapes made smaller towards a corner, with their letters, tables and margins; but for what a chart writes."""
    if scale == 1:
        return
    corner = {"x": emu(left), "y": emu(top)}
    for shape in shapes:
        for element in shape._element.iter():
            for name in PLACES.get(etree.QName(element).localname, ()):
                _scaled(element, name, scale, corner.get(name, 0))
            for name in LENGTHS:
                _scaled(element, name, scale)
            if element.get("sz", "").isdigit():
                element.set("sz", str(round(int(element.get("sz")) * scale / 50) * 50))
            if element.tag == qn("a:spcPts"):
                _scaled(element, "val", scale)


def _scaled(element: Any, name: str, scale: float, start: int = 0) -> None:
    value = element.get(name)
    if value is not None and value.lstrip("-").isdigit():
        element.set(name, str(round(start + (int(value) - start) * scale)))
