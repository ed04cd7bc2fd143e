"""A document on paper: sheets of 1280 × 720 by typst, tagged (PDF/UA-1), a bookmark a section.

Texts go into the template as data, never as its source, so that no name of a person or product is read as markup.
Latin letters are set in Inter, static cuts of which lie beside; others in whatever font the machine has. A chart is the
page's own drawing, redrawn as wide as its column, so that its letters keep their size.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typst

from reports.charts.drawing import plain
from reports.exports import sheet
from reports.exports.document import Block, Document, Drawn, Figures, Printed, Section, Sentences, Signatures, Table
from reports.exports.fit import SCALES, Fit, fitted

log = logging.getLogger(__name__)

NO_GLYPH = "could not be displayed"
TEMPLATE = Path(__file__).parent / "pack.typ"
Json = dict[str, Any]


def written(document: Document) -> bytes:
    """The PDF. The day on which its figures are known is its date: equal documents give equal bytes.

    Raises ValueError where a drawing cannot be made, or typst refuses the document.
    """
    told = {
        "title": document.title,
        "name": document.name,
        "foot": document.foot,
        "lang": "en",
        "date": [document.known_on.year, document.known_on.month, document.known_on.day],
        "sheet": _sheet(),
        "sections": [_section(section) for section in document.sections],
        "corrects": list(document.corrects),
    }
    told_as = json.dumps(_clean(told), allow_nan=False)
    try:
        return _set(document, told_as, standards=True)
    except typst.TypstError as refused:
        # The standard wants a glyph for each letter. A name in letters that no font here has is printed nonetheless:
        # as boxes, in a PDF that is tagged all the same but does not call itself PDF/UA.
        if NO_GLYPH not in str(refused):
            raise ValueError(f"the PDF of {document.name!r} could not be set: {refused}") from refused
        log.warning("the PDF of %s has letters that no font of this machine has: %s", document.name, refused)
    try:
        return _set(document, told_as, standards=False)
    except typst.TypstError as refused:
        raise ValueError(f"the PDF of {document.name!r} could not be set: {refused}") from refused


def _set(document: Document, told: str, *, standards: bool) -> bytes:
    day = document.known_on
    return typst.compile(
        TEMPLATE,
        sys_inputs={"pack": told},
        font_paths=[sheet.FONTS],
        format="pdf",
        pdf_standards=["ua-1"] if standards else None,
        timestamp=int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()),
    )


def _clean(told: Any) -> Any:
    """All texts without what a page cannot hold."""
    if isinstance(told, str):
        return sheet.clean(told)
    if isinstance(told, dict):
        return {key: _clean(value) for key, value in told.items()}
    return [_clean(value) for value in told] if isinstance(told, list) else told


def _sheet() -> Json:
    names = ("ink", "muted", "line", "line-strong", "accent", "chart-neutral", "chart-band", "chart-target")
    return {
        "colours": {name: sheet.colour(name) for name in names},
        "soft": sheet.SOFT,
        "inks": {kind: sheet.colour(name) for kind, name in sheet.INKS.items()},
        "signs": sheet.SIGNS,
        "shades": sheet.SHADES,
        "grades": sheet.GRADES,
    }


def _section(section: Section) -> Json:
    fit = fitted(section)
    return {
        "title": section.title,
        "eyebrow": section.eyebrow,
        "grade": sheet.letters(section.grade),
        "foot": section.foot,
        "cover": sheet.is_cover(section),
        "size": sheet.title_size(section),
        "title_width": sheet.title_width(section),
        "scales": SCALES,
        "widths": list(fit.columns),
        "left": _blocks(fit, section.left, fit.columns[0]),
        "right": _blocks(fit, section.right, fit.columns[1]),
        "below": [_block(block, width, 160) for block, width in zip(section.below, fit.below_widths, strict=False)],
    }


def _blocks(fit: Fit, column: Sequence[Block], width: float) -> list[Json]:
    height = fit.chart_height(column, width)
    return [_block(block, width, height) for block in column]


def _block(block: Block, width: float, height: float) -> Json:
    match block:
        case Sentences():
            return {"is": "sentences", "heading": block.heading, "lines": list(block.lines), "numbered": block.numbered}
        case Figures():
            first = 1 if block.hero else 0
            return {
                "is": "figures",
                "heading": block.heading,
                "hero": _figure(block.figures[0]) if block.hero and block.figures else None,
                "rest": [_figure(figure) for figure in block.figures[first:]],
                "across": sheet.across_figures(block, width),
            }
        case Drawn():
            return _drawn(block, width, height)
        case Table():
            return _table(block, width)
        case Signatures():
            each = [vars(signature) for signature in block.signatures]
            return {"is": "signatures", "heading": block.heading, "sub": block.sub, "signatures": each}


def _figure(figure: Printed) -> Json:
    return {
        "label": figure.label,
        "value": figure.value,
        "unit": figure.unit,
        "beside": figure.beside,
        "grade": sheet.letters(figure.grade),
        "number": figure.number,
        "bands": [list(band) for band in figure.bands],
        "alt": ", ".join(part for part in (figure.label, figure.text, figure.beside) if part),
    }


def _drawn(block: Drawn, width: float, height: float) -> Json:
    svg, key, caption, up = "", [], "", ""
    if block.drawing is not None:
        specs = block.drawing.specs
        size = "wide" if width > 560 and "wide" in specs else "middle" if "middle" in specs else next(iter(specs))
        svg = plain({**specs[size], "width": round(width), "height": round(height)})
        key, caption, up = [list(pair) for pair in block.drawing.key], block.drawing.caption, block.drawing.up
    return {
        "is": "drawn",
        "heading": block.heading,
        "sub": block.sub,
        "says": block.says,
        "svg": svg,
        "key": key,
        "caption": caption,
        "up": up,
    }


def _table(table: Table, width: float) -> Json:
    return {
        "is": "table",
        "heading": table.heading,
        "sub": table.sub,
        "size": sheet.text_size(table),
        "dense": len(table.rows) > 5,
        "widths": sheet.column_widths(table, width),
        "columns": list(table.columns),
        "right": sorted(table.right),
        "total": table.total,
        "rows": [[vars(cell) for cell in row] for row in table.rows],
    }
