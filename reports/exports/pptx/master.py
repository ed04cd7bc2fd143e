"""The master of the slides: 16:9, one layout with a title, a footer and the slide's number, in the theme's colours."""

from __future__ import annotations

from typing import Any

from lxml import etree
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn

from reports.exports import sheet
from reports.exports.pptx.parts import FONT, POINT, emu
from reports.exports.sheet import clean, colour

LAYOUT = 0
KEPT = "Title Only"
THEME = {
    "dk1": "ink",
    "lt1": "surface",
    "dk2": "muted",
    "accent1": "accent",
    "accent2": "chart-neutral",
    "accent3": "chart-band",
    "accent4": "chart-target",
    "accent5": "good",
    "accent6": "bad",
}


def prepared(presentation: Any) -> None:
    presentation.slide_width, presentation.slide_height = emu(sheet.WIDTH), emu(sheet.HEIGHT)
    layouts = presentation.slide_layouts
    for layout in list(layouts):
        if layout.name != KEPT:
            layouts.remove(layout)
    for part in (presentation.slide_master, layouts[LAYOUT]):
        for shape in list(part.placeholders):
            _moved(shape)
    _theme(presentation)
    for related in [rid for rid, one in presentation.part.package._rels.items() if one.reltype.endswith("/thumbnail")]:
        presentation.part.package._rels.pop(related)


def _moved(shape: Any) -> None:
    """Each placeholder to its place on the sheet; those that no slide has go."""
    kind = shape.placeholder_format.type
    name = str(kind).split(" ", maxsplit=1)[0]
    places = {
        "TITLE": (sheet.SIDE, sheet.TOP + 30, sheet.BODY, 80),
        "BODY": (sheet.SIDE, 170, sheet.BODY, 480),
        "FOOTER": (sheet.SIDE, sheet.HEIGHT - sheet.FOOT + 4, sheet.BODY * 0.5, sheet.FOOT - 8),
        "SLIDE_NUMBER": (sheet.WIDTH - sheet.SIDE - 40, sheet.HEIGHT - sheet.FOOT + 4, 40, sheet.FOOT - 8),
    }
    if name not in places:
        shape._element.getparent().remove(shape._element)
        return
    shape.left, shape.top, shape.width, shape.height = map(emu, places[name])
    body = shape.text_frame._txBody.bodyPr
    for side in ("lIns", "tIns", "rIns", "bIns"):
        body.set(side, "0")
    if name == "TITLE":
        body.set("anchor", "t")
        for fit in list(body):
            body.remove(fit)


def _theme(presentation: Any) -> None:
    """Fonts and colours of the theme, and titles that stand left."""
    master = presentation.slide_master
    part = next(one.target_part for one in master.part.rels.values() if one.reltype.endswith("/theme"))
    root = etree.fromstring(part.blob)
    for face in root.iter(qn("a:latin")):
        face.set("typeface", FONT)
    scheme = next(root.iter(qn("a:clrScheme")))
    for name, ink in THEME.items():
        place = scheme.find(qn(f"a:{name}"))
        if place is not None:
            for old in list(place):
                place.remove(old)
            etree.SubElement(place, qn("a:srgbClr"), val=colour(ink).upper())
    part._blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    title = next(master.element.iter(qn("p:titleStyle")))
    for level in title.iter(qn("a:lvl1pPr")):
        level.set("algn", "l")
        spacing = level.find(qn("a:lnSpc"))
        if spacing is None:
            spacing = etree.Element(qn("a:lnSpc"))
            level.insert(0, spacing)
        for old in list(spacing):
            spacing.remove(old)
        etree.SubElement(spacing, qn("a:spcPct"), val="95000")


PLACE = """<p:sp {spaces}>
  <p:nvSpPr>
    <p:cNvPr id="{number}" name="{name} {number}"/>
    <p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr>
    <p:nvPr><p:ph type="{kind}" sz="quarter" idx="{idx}"/></p:nvPr>
  </p:nvSpPr>
  <p:spPr><a:xfrm><a:off x="{left}" y="{top}"/><a:ext cx="{width}" cy="{height}"/></a:xfrm></p:spPr>
  <p:txBody>
    <a:bodyPr lIns="0" tIns="0" rIns="0" bIns="0" anchor="ctr"/>
    <a:p><a:pPr algn="{align}"/><a:r>{look}<a:t/></a:r>{field}</a:p>
  </p:txBody>
</p:sp>"""
FIELD = '<a:fld id="{{86CB4B4D-7CA3-9044-876B-883B54F8677D}}" type="slidenum">{look}<a:t>{number}</a:t></a:fld>'


def footed(slide: Any, at: int, foot: str, document_foot: str) -> None:
    """The footer, and the number of the slide as a field that follows its place."""
    size, ink = round(sheet.TINY * POINT * 100), colour("muted").upper()
    look = f'<a:rPr lang="en" sz="{size}"><a:solidFill><a:srgbClr val="{ink}"/></a:solidFill></a:rPr>'
    half = sheet.BODY / 2
    places = (
        ("Footer", "ftr", 11, sheet.SIDE, "l", foot),
        ("Slide number", "sldNum", 12, sheet.SIDE + half, "r", document_foot),
    )
    for name, kind, idx, left, align, text in places:
        numbered = kind == "sldNum"
        element = parse_xml(
            PLACE.format(
                spaces=nsdecls("p", "a"),
                number=len(slide.shapes) + 2,
                name=name,
                kind=kind,
                idx=idx,
                left=emu(left),
                top=emu(sheet.HEIGHT - sheet.FOOT + 4),
                width=emu(half),
                height=emu(sheet.FOOT - 8),
                align=align,
                look=look,
                field=FIELD.format(look=look, number=at) if numbered else "",
            )
        )
        words = clean(f"{text} · page " if numbered else text)
        element.find(".//" + qn("a:r")).find(qn("a:t")).text = words
        slide.shapes._spTree.append(element)
