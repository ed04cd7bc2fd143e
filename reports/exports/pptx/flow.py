"""Where the blocks of a section stand on slides: in columns, and on as many slides as they need.

A slide, unlike a sheet of paper, does not flow by itself: what does not fit goes on to a slide that says so, a table
between two of its rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reports.exports import sheet
from reports.exports.document import Block, Drawn, Figures, Section, Sentences, Signatures, Table

Place = tuple[Block, float, float]  # a block, its top and the room it has
MORE = 24


@dataclass(frozen=True, kw_only=True)
class Slide:
    """What stands on one slide: blocks by column with their places; below: those under the columns, and their top."""

    section: Section
    top: float
    left: tuple[Place, ...] = ()
    right: tuple[Place, ...] = ()
    below: tuple[Block, ...] = ()
    below_top: float = 0
    again: bool = False


def slides(section: Section) -> list[Slide]:
    top = sheet.TOP + sheet.title_height(section) + sheet.GAP
    below = sheet.below_height(section)
    left, right = sheet.columns(section)
    on_left = _column(section, section.left, left, top, below)
    on_right = _column(section, section.right, right, top, below)
    count = max(len(on_left), len(on_right), 1)
    made = [
        Slide(
            section=section,
            top=top,
            left=tuple(on_left[at]) if at < len(on_left) else (),
            right=tuple(on_right[at]) if at < len(on_right) else (),
            again=at > 0,
        )
        for at in range(count)
    ]
    if section.below:
        end = max((place[1] + place[2] for place in (*made[-1].left, *made[-1].right)), default=top)
        if end + below <= sheet.BOTTOM + MORE:
            made[-1] = replace(made[-1], below=section.below, below_top=end + sheet.GAP)
        else:
            made.append(Slide(section=section, top=top, below=section.below, below_top=top, again=True))
    return made


def _column(section: Section, blocks: Sequence[Block], width: float, top: float, below: float) -> list[list[Place]]:
    """The places of a column's blocks, a list a slide."""
    drawing = sheet.chart_height(section, blocks, width, below)
    pages: list[list[Place]] = [[]]
    at = top
    todo = list(blocks)
    while todo:
        block = todo.pop(0)
        room = sheet.BOTTOM - at
        high = sheet.block_height(block, width) + (drawing if isinstance(block, Drawn) else 0)
        if high <= room + MORE or (not pages[-1] and _parts(block, width, room) is None):
            pages[-1].append((block, at, high))
            at += high + sheet.GAP
            continue
        parts = _parts(block, width, room)
        if parts is not None:
            first, rest = parts
            pages[-1].append((first, at, sheet.block_height(first, width)))
            todo.insert(0, rest)
        else:
            todo.insert(0, block)
        pages.append([])
        at = top
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
        case Figures() | Drawn():
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
