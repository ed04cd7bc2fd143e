"""Where the blocks of a section stand on slides: in columns, and on as many slides as they need.

A slide, unlike a sheet of paper, does not flow by itself: what does not fit goes on to a slide that says so, a table
between two of its rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reports.exports import sheet
from reports.exports.document import Block, Drawn, Figures, Section, Sentences, Signatures, Table
from reports.exports.fit import Fit, fitted

Place = tuple[Block, float, float]  # a block, its top and the room it has
MORE = 24


@dataclass(frozen=True, kw_only=True)
class Slide:
    """What stands on one slide: blocks by column with their places; below: those under the columns, and their top.

    Places are before scaling, and measured from the top of the body.
    """

    fit: Fit
    left: tuple[Place, ...] = ()
    right: tuple[Place, ...] = ()
    below: tuple[Block, ...] = ()
    below_top: float = 0
    again: bool = False


def slides(section: Section) -> list[Slide]:
    fit = fitted(section)
    on_left, on_right = (
        _column(fit, column, width) for column, width in zip((section.left, section.right), fit.columns, strict=True)
    )
    made = [
        Slide(
            fit=fit,
            left=tuple(on_left[at]) if at < len(on_left) else (),
            right=tuple(on_right[at]) if at < len(on_right) else (),
            again=at > 0,
        )
        for at in range(max(len(on_left), len(on_right)))
    ]
    if section.below:
        end = max((top + high for _, top, high in (*made[-1].left, *made[-1].right)), default=0.0)
        if end + fit.below_height <= fit.room + MORE:
            made[-1] = replace(made[-1], below=section.below, below_top=end + sheet.GAP)
        else:
            made.append(Slide(fit=fit, below=section.below, again=True))
    return made


def _column(fit: Fit, blocks: Sequence[Block], width: float) -> list[list[Place]]:
    """The places of a column's blocks, a list a slide."""
    drawing = fit.chart_height(blocks, width)
    pages: list[list[Place]] = [[]]
    at, todo = 0.0, list(blocks)
    while todo:
        block = todo.pop(0)
        room = fit.room - at
        high = sheet.block_height(block, width) + (drawing if isinstance(block, Drawn) else 0)
        parts = None if high <= room + MORE else _parts(block, width, room)
        if parts is None and (high <= room + MORE or not pages[-1]):
            pages[-1].append((block, at, high))
            at += high + sheet.GAP
            continue
        if parts is not None:
            pages[-1].append((parts[0], at, sheet.block_height(parts[0], width)))
        todo.insert(0, block if parts is None else parts[1])
        pages.append([])
        at = 0.0
    return pages


def _parts(block: Block, width: float, room: float) -> tuple[Block, Block] | None:
    """What of a block fits into the room, and the rest; None where it is not parted, or nothing of it would fit."""
    match block:
        case Table():
            count = _rows_within(block, width, room)
            if 0 < count < len(block.rows):
                return replace(block, rows=block.rows[:count], total=False), replace(block, rows=block.rows[count:])
        case Sentences():
            count = _lines_within(block, width, room)
            if 0 < count < len(block.lines):
                return replace(block, lines=block.lines[:count]), replace(block, lines=block.lines[count:])
        case Signatures():
            fits = [
                n
                for n in range(1, len(block.signatures))
                if sheet.block_height(replace(block, signatures=block.signatures[:n]), width) <= room
            ]
            if fits:
                n = fits[-1]
                return replace(block, signatures=block.signatures[:n]), replace(block, signatures=block.signatures[n:])
        case Figures():
            across, first = sheet.across_figures(block, width), 1 if block.hero else 0
            for rows in range(len(block.figures) // across, 0, -1):
                count = first + rows * across
                part = replace(block, figures=block.figures[:count])
                if count < len(block.figures) and sheet.block_height(part, width) <= room:
                    return part, replace(block, figures=block.figures[count:], hero=False)
        case Drawn():
            return None
    return None


def _rows_within(table: Table, width: float, room: float) -> int:
    widths = sheet.column_widths(table, width)
    left = room - sheet.heading_height(table.heading, table.sub, width) - sheet.head_height(table, widths)
    for count, row in enumerate(table.rows):
        left -= sheet.row_height(table, row, widths)
        if left < 0:
            return count
    return len(table.rows)


def _lines_within(block: Sentences, width: float, room: float) -> int:
    fits = [
        n
        for n in range(1, len(block.lines))
        if sheet.block_height(replace(block, lines=block.lines[:n]), width) <= room
    ]
    return fits[-1] if fits else 0
