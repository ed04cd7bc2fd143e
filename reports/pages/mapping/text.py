"""The text of a definition for readers: formulas in highlighted pieces, rules in words, differences."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from metrics.core.formula.errors import FormulaError
from metrics.core.formula.scanning import scan
from metrics.core.kpi.kind import Called, Line
from metrics.core.kpi.kinds import kind_of

SIGNS = {"*": "×", "-": "−", "/": "÷", "//": "÷÷"}


@dataclass(frozen=True)
class Piece:
    """A piece of a formula: kind name, number, op, function or space."""

    kind: str
    text: str


@dataclass(frozen=True)
class FormulaLine:
    """A formula with what it gives: a cell's, or the whole mapping's; `texts` as written."""

    cell: str
    label: str
    pieces: tuple[Piece, ...]
    texts: tuple[str, ...]

    @property
    def words(self) -> str:
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True)
class DiffLine:
    """One thing that two versions say differently."""

    place: str
    before: tuple[Piece, ...]
    after: tuple[Piece, ...]


def pieces(text: str) -> tuple[Piece, ...]:
    """The text in pieces, with the signs that readers know; whole where it cannot be read."""
    try:
        tokens = scan(text)
    except FormulaError:
        return (Piece("", text),)
    made, at = [], 0
    for token in tokens:
        if token.position > at:
            made.append(Piece("space", " "))
        kind = "op" if token.kind == "operator" else str(token.kind)
        made.append(Piece(kind, SIGNS.get(token.text, token.text) if kind == "op" else token.text))
        at = token.position + len(token.text)
    return tuple(made)


def line_pieces(line: Line) -> tuple[Piece, ...]:
    """base + (rate) × column, leaving out what is nought."""
    parts: list[Piece] = []
    if line.base.strip() not in ("0", "0.0") or not line.column:
        parts += pieces(line.base)
    if line.column:
        if parts:
            parts += [Piece("space", " "), Piece("op", "+"), Piece("space", " ")]
        parts += [Piece("", "("), *pieces(line.rate), Piece("", ")")]
        parts += [Piece("space", " "), Piece("op", "×"), Piece("space", " "), Piece("column", line.column)]
    return tuple(parts)


def formula_lines(definition: Mapping[str, Any]) -> tuple[FormulaLine, ...]:
    """The formulas of a definition, each in pieces."""
    lines = kind_of(definition).lines(definition)
    return tuple(
        FormulaLine(line.place, line.label, line_pieces(line), tuple(text for text in (line.base, line.rate) if text))
        for line in lines
    )


def rule_words(definition: Mapping[str, Any], noun: str, called: Called = str) -> tuple[tuple[str, str], ...]:
    """How a mapping is counted, as (what, in words)."""
    return kind_of(definition).rules(definition, noun, called)


def kind_words(definition: Mapping[str, Any]) -> str:
    """What the kind of a definition is called."""
    return kind_of(definition).words


def diff_lines(before: Any, after: Any, called: Called = str) -> tuple[DiffLine, ...]:
    """What the later version says differently, place by place. called: how a run that they name is called."""
    was, now = (version.model.name if version.model else "named in the formula" for version in (before, after))
    model = (_plain("Model", was, now),) if was != now else ()
    return (*model, *_text_lines(before.definition, after.definition, called))


def _text_lines(before: Mapping[str, Any], after: Mapping[str, Any], called: Called) -> tuple[DiffLine, ...]:
    if before["kind"] != after["kind"]:
        return (_plain("Kind", f"a {kind_words(before)}", f"a {kind_words(after)}"),)
    old, new = formula_lines(before), formula_lines(after)
    if [line.cell for line in old] != [line.cell for line in new]:
        was, now = (", ".join(each.get("classes", ())) for each in (before, after))
        return (_plain("Classes", was, now),)
    differing = [
        DiffLine(later.label or "Formula", *_marked(earlier.pieces, later.pieces))
        for earlier, later in zip(old, new, strict=True)
        if earlier.pieces != later.pieces
    ]
    places = [("Sentence", was, now) for was, now in zip(_says(before), _says(after), strict=True)]
    was_so, is_so = (dict(rule_words(one, "case", called)) for one in (before, after))
    places += [(place, was_so.get(place, "not said"), is_so.get(place, "not said")) for place in {**was_so, **is_so}]
    return (*differing, *(_plain(place, was, now) for place, was, now in places if was != now))


def _plain(place: str, was: str, now: str) -> DiffLine:
    return DiffLine(place, (Piece("", was),), (Piece("", now),))


def _says(definition: Mapping[str, Any]) -> list[str]:
    """The sentences of a definition: of the whole, then of each of its lines."""
    return [str(definition.get("says", "")), *(line.says for line in kind_of(definition).lines(definition))]


def _marked(was: Sequence[Piece], now: Sequence[Piece]) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both sides with the pieces marked that the other has not."""
    matcher = difflib.SequenceMatcher(a=[p.text for p in was], b=[p.text for p in now], autojunk=False)
    left, right = list(was), list(now)
    for tag, a0, a1, b0, b1 in matcher.get_opcodes():
        if tag == "equal":
            continue
        left[a0:a1] = [Piece(f"{piece.kind} gone", piece.text) for piece in was[a0:a1]]
        right[b0:b1] = [Piece(f"{piece.kind} new", piece.text) for piece in now[b0:b1]]
    return tuple(left), tuple(right)
