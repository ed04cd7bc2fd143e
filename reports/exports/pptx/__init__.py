"""A document as a presentation: a slide a section, titles where titles belong, charts and tables to edit.

Sizes and places are those of the sheet on paper. Notes say what each figure is looked up by.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pptx import Presentation

from reports.exports import sheet
from reports.exports.document import Block, Document, Drawn, Figures
from reports.exports.pptx.blocks import grade_runs, placed
from reports.exports.pptx.flow import Slide, slides
from reports.exports.pptx.master import LAYOUT, footed, prepared
from reports.exports.pptx.package import saved
from reports.exports.pptx.parts import Run, emu, rule, shrunk, words, write
from reports.exports.sheet import clean, colour


def written(document: Document) -> bytes:
    """The PPTX; equal documents give equal bytes."""
    presentation = Presentation()
    prepared(presentation)
    for section in document.sections:
        for slide in slides(section):
            _slide(document, presentation, slide)
    day = document.known_on
    properties = presentation.core_properties
    properties.title, properties.subject = clean(document.title), clean(document.name)
    properties.author = properties.last_modified_by = "kpiplatform"
    properties.comments, properties.language, properties.revision = clean(document.foot), "en", 1
    properties.created = properties.modified = datetime(day.year, day.month, day.day)  # noqa: DTZ001
    return saved(presentation)


def _slide(document: Document, presentation: Any, slide: Slide) -> None:
    section = slide.fit.section
    made = presentation.slides.add_slide(presentation.slide_layouts[LAYOUT])
    _titled(made, slide)
    title = list(made.shapes)
    _body(document, made.shapes, slide)
    shrunk([shape for shape in made.shapes if shape not in title], slide.fit.scale, sheet.SIDE, slide.fit.top)
    rule(made.shapes, sheet.SIDE, sheet.HEIGHT - sheet.FOOT, sheet.BODY)
    footed(made, len(presentation.slides), section.foot, document.foot)
    made.notes_slide.notes_text_frame.text = _notes(document, slide)


def _titled(made: Any, slide: Slide) -> None:
    section = slide.fit.section
    head = 30 if section.eyebrow or section.grade else 0
    title = made.shapes.title
    title.left, title.top = emu(sheet.SIDE), emu(sheet.TOP + head)
    title.width, title.height = emu(sheet.title_width(section) + 8), emu(slide.fit.top - sheet.GAP - sheet.TOP - head)
    text = f"{section.title} (continued)" if slide.again else section.title
    write(title.text_frame.paragraphs[0], [Run(text, sheet.title_size(section), strong=True)])
    if head:
        runs = [Run(section.eyebrow, 15, colour("muted"))]
        graded = grade_runs(section.grade)
        runs += [Run("   ", 15), *graded] if graded else []
        words(made.shapes, (sheet.SIDE, sheet.TOP, sheet.BODY, 20), [runs], name="Eyebrow")


def _body(document: Document, shapes: Any, slide: Slide) -> None:
    """The blocks before they are made smaller, from the top of the body on."""
    fit, top = slide.fit, slide.fit.top
    left, right = fit.columns
    down = top + _down(slide)
    for places, at, width in ((slide.left, sheet.SIDE, left), (slide.right, sheet.SIDE + left + sheet.BETWEEN, right)):
        for block, from_top, height in places:
            placed(document, shapes, block, at, down + from_top, width, height)
    if slide.below:
        rule(shapes, sheet.SIDE, top + slide.below_top, fit.width)
        at = float(sheet.SIDE)
        for block, width in zip(slide.below, fit.below_widths, strict=True):
            placed(document, shapes, block, at, top + slide.below_top + 20, width, fit.below_height - 40)
            at += width + sheet.BETWEEN


def _down(slide: Slide) -> float:
    """How far a cover's blocks stand below its title: a third of the room that they leave."""
    if not sheet.is_cover(slide.fit.section):
        return 0
    end = max((top + height for _, top, height in (*slide.left, *slide.right)), default=slide.fit.room)
    return max(0.0, (slide.fit.room - end) / 3)


def _notes(document: Document, slide: Slide) -> str:
    blocks: list[Block] = [block for block, _, _ in (*slide.left, *slide.right)] + list(slide.below)
    lines = [block.says for block in blocks if isinstance(block, Drawn)]
    for block in blocks:
        if isinstance(block, Figures):
            for figure in block.figures:
                receipt = f" Receipt {figure.receipt}." if figure.receipt else ""
                beside = f", {figure.beside}" if figure.beside else ""
                lines.append(f"{figure.label}: {figure.text}{beside}.{receipt}")
    return clean("\n".join([*lines, slide.fit.section.foot, document.foot]).strip())
