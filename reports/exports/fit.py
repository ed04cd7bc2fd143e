"""A section on one sheet: its columns, and how much smaller than drawn its blocks are set so that they fit.

What does not fit even then goes on to a further sheet, at full size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.exports import sheet
from reports.exports.document import Block, Drawn, Section
from reports.exports.sheet import BETWEEN, BODY, BOTTOM, GAP, TOP

SCALES = (1.0, 0.94, 0.88, 0.82, 0.77, 0.72)
PREFERRED = 210  # a drawing is not made lower only to save a step of scale
RULE = 46  # the line above the blocks below, and the space around it


@dataclass(frozen=True)
class Fit:
    """A section at a scale. Lengths of its body are before scaling: the body has 1 / scale of the room it seems to."""

    section: Section
    scale: float = 1.0

    @property
    def top(self) -> float:
        """Where the body begins, which is not scaled: the title keeps its size."""
        return TOP + sheet.title_height(self.section) + GAP

    @property
    def room(self) -> float:
        """The height of the body."""
        return (BOTTOM - self.top) / self.scale

    @property
    def width(self) -> float:
        return BODY / self.scale

    @property
    def columns(self) -> tuple[float, float]:
        """Widths of the two columns; (all, 0) where there is one. The left is wider, and both are the same on a cover
        and where they hold the same."""
        section = self.section
        if not section.right:
            return self.width, 0
        free = self.width - BETWEEN
        alike = {type(block) for block in section.left} == {type(block) for block in section.right}
        left = free / 2 if sheet.is_cover(section) or alike else free * 1.25 / 2.25
        return left, free - left

    @property
    def below_widths(self) -> list[float]:
        count = len(self.section.below) or 1
        return [(self.width - BETWEEN * (count - 1)) / count] * count

    @property
    def below_height(self) -> float:
        """The room of the blocks under the columns, with the line above them; 0 where there are none."""
        pairs = zip(self.section.below, self.below_widths, strict=False)
        return max((RULE + sheet.block_height(block, width) for block, width in pairs), default=0)

    def chart_height(self, column: Sequence[Block], width: float) -> float:
        """What is left for each drawing of a column, once its other blocks have their room."""
        drawn = sum(isinstance(block, Drawn) for block in column)
        free = self.room - self.below_height - _taken(column, width)
        return min(max(free / max(drawn, 1), sheet.CHART[0]), sheet.CHART[1] / self.scale)

    @property
    def fits(self) -> bool:
        sides = zip((self.section.left, self.section.right), self.columns, strict=True)
        return all(
            _taken(column, width) + PREFERRED * sum(isinstance(block, Drawn) for block in column)
            <= self.room - self.below_height
            for column, width in sides
        )


def _taken(column: Sequence[Block], width: float) -> float:
    return sum(sheet.block_height(block, width) for block in column) + GAP * max(len(column) - 1, 0)


def fitted(section: Section) -> Fit:
    """The section at the largest scale at which it fits; at full size where it fits at none."""
    scales = (Fit(section, scale) for scale in SCALES)
    return next((fit for fit in scales if fit.fits), Fit(section))
