"""Worked: how a value follows from named inputs by arithmetic, line by line, for whoever computes it anew in a sheet.

Each kind of mapping says its own lines; a line comes to exactly what the kind computes at the points. Bands are no
arithmetic of points, and are not in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from metrics.core.formula import Formula
from metrics.core.formula.arithmetic import arithmetic

FUNCTIONS = frozenset({"min", "max", "exp", "ln"})
NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*")


@dataclass(frozen=True, kw_only=True)
class Given:
    """A number that lines start from. assumption: its key, "" of what was measured or observed."""

    name: str
    label: str
    value: float
    unit: str = ""
    assumption: str = ""
    month: str = ""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A line: what an expression of names above it comes to. month: "YYYY-MM" of a line a month."""

    name: str
    label: str
    expression: str
    value: float
    unit: str = ""
    month: str = ""
    total: bool = False


@dataclass(frozen=True, kw_only=True)
class Worked:
    """result: the name that stands for the value. fixed: in sentences, what does not follow when an input is moved."""

    result: str
    given: tuple[Given, ...] = ()
    steps: tuple[Step, ...] = ()
    fixed: tuple[str, ...] = ()

    def prefixed(self, prefix: str, *, assumptions: bool) -> Worked:
        """The same with other names, so that several stand in one sheet. assumptions: whether theirs change, too."""
        kept = FUNCTIONS | {one.name for one in self.given if one.assumption and not assumptions}

        def named(text: str) -> str:
            return NAME.sub(lambda at: at[0] if at[0] in kept else prefix + at[0], text)

        return Worked(
            result=named(self.result),
            given=tuple(replace(one, name=named(one.name)) for one in self.given),
            steps=tuple(replace(one, name=named(one.name), expression=named(one.expression)) for one in self.steps),
            fixed=self.fixed,
        )


def name_of(text: str) -> str:
    """A text as a name: "tp.base" as "tp_base"."""
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_").lower()
    return name if name[:1].isalpha() else f"n_{name}"


class Lines:
    """Lines as they are written, one below another. points: name → value, of all that is written."""

    def __init__(self) -> None:
        self._given: dict[str, Given] = {}
        self._steps: list[Step] = []
        self._fixed: list[str] = []
        self.points: dict[str, float] = {}

    def give(self, name: str, label: str, value: float, unit: str = "", **more: str) -> str:
        """An input, once a name; gives the name. more: assumption, month."""
        self._given.setdefault(name, Given(name=name, label=label, value=value, unit=unit, **more))
        self.points[name] = value
        return name

    def assume(self, held: Mapping[str, Any], point: float) -> str:
        """An assumption as a document holds it."""
        key = str(held["id"])
        return self.give(f"given_{key}", key.replace("_", " "), point, held["unit"], assumption=key)

    def step(self, name: str, label: str, expression: str, value: float, unit: str = "", **more: Any) -> str:
        """A line; gives its name. One that names nothing above it is an input, as written. more: month, total."""
        if not [one for one in NAME.findall(expression) if one not in FUNCTIONS]:
            return self.give(name, label, value, unit)
        self._steps.append(Step(name=name, label=label, expression=expression, value=value, unit=unit, **more))
        self.points[name] = value
        return name

    def hold(self, sentence: str) -> None:
        """Say what does not move."""
        if sentence not in self._fixed:
            self._fixed.append(sentence)

    def take(self, other: Worked) -> str:
        """All lines of another; gives the name of its value."""
        self._given |= {one.name: one for one in other.given if one.name not in self._given}
        self._steps += other.steps
        for sentence in other.fixed:
            self.hold(sentence)
        self.points |= {one.name: one.value for one in other.given} | {one.name: one.value for one in other.steps}
        return other.result

    def formula(self, formula: Formula, names: Mapping[str, str], place: str = "part") -> str:
        """A formula as an expression. names: name in the formula → name above. place: that of a held part's name."""

        def held(text: str, value: float) -> str:
            self.hold(f"“{text}” is no plain arithmetic: it stands at its value, and does not move with the cells.")
            return self.give(name_of(f"{place}_{len(self._given)}"), text, value)

        values = {inside: self.points[outside] for inside, outside in names.items()}
        return arithmetic(formula, names, values, held)

    def made(self, result: str) -> Worked:
        """What is written, without the inputs that no line names."""
        named = {result, *(name for one in self._steps for name in NAME.findall(one.expression))}
        given = tuple(one for one in self._given.values() if one.name in named)
        return Worked(result=result, given=given, steps=tuple(self._steps), fixed=tuple(self._fixed))


def summed(terms: Iterable[str]) -> str:
    """Terms added; "0" of none."""
    return " + ".join(terms) or "0"
