"""What each metric of a binary run is: direction, range, formula and source, as a page or a receipt prints it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Direction = Literal["up", "down"]


@dataclass(frozen=True)
class MetricDefinition:
    """A metric in words.

    direction: which way is better. range: smallest and largest value it can take. aim: the best value, in words, where
    it lies between the ends; the direction then says nothing. unit "": a pure number, or the unit of the label.
    """

    key: str
    name: str
    task: str
    direction: Direction
    unit: str
    range: tuple[float, float]
    formula: str
    source: str
    aim: str = ""
