"""The text of a definition for readers: formulas in highlighted pieces, rules in words, differences."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from metrics.core.formula.errors import FormulaError
from metrics.core.formula.scanning import scan
from metrics.core.kpi import class_matrix, cost
from metrics.core.kpi.summed import SUMMED

SIGNS = {"*": "×", "-": "−", "/": "÷", "//": "÷÷"}
CELL_WORDS = {
    "tp": "acted, needed",
    "fp": "acted, not needed",
    "fn": "not acted, needed",
    "tn": "not acted, not needed",
}
ERROR_WORDS = {"under": "predicted too low, a unit", "over": "predicted too high, a unit"}
KIND_WORDS = {
    "value_matrix": "value matrix",
    "formula": "formula",
    cost.KIND: "cost of errors",
    class_matrix.KIND: "matrix of classes",
    "calibrated": "calibrated",
}
PAIR_WORDS = {"history": "pairs observed over time", "experiment": "changes in experiments"}
BASELINE_WORDS = {
    "act_on_none": "acting on no {noun}",
    "act_on_all": "acting on every {noun}",
    "none": "nothing: the bare amount",
}
CLASS_BASELINES = {"none": "nothing: the bare amount", "predicted": "deciding for the predicted class"}
CLASS_DECIDES = {
    "predicted": "the predicted class",
    "least_cost": "the class that pays best on the row, by its probabilities; of equals the first",
}


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


def cell_pieces(cell: Mapping[str, Any]) -> tuple[Piece, ...]:
    """base + (rate) × column, leaving out what is nought."""
    base, rate, column = str(cell.get("base") or "0"), str(cell.get("rate") or "0"), cell.get("column")
    parts: list[Piece] = []
    if base.strip() not in ("0", "0.0") or not column:
        parts += pieces(base)
    if column:
        if parts:
            parts += [Piece("space", " "), Piece("op", "+"), Piece("space", " ")]
        parts += [Piece("", "("), *pieces(rate), Piece("", ")")]
        parts += [Piece("space", " "), Piece("op", "×"), Piece("space", " "), Piece("column", str(column))]
    return tuple(parts)


def formula_lines(definition: Mapping[str, Any], order: Sequence[str]) -> tuple[FormulaLine, ...]:
    if definition["kind"] == "formula":
        return (FormulaLine("", "", pieces(definition["text"]), (definition["text"],)),)
    if definition["kind"] != "value_matrix":
        return tuple(_summed_lines(definition))
    made = []
    for name in order:
        cell = definition["cells"][name]
        texts = tuple(str(cell.get(part) or "0") for part in ("base", "rate"))
        made.append(FormulaLine(name, CELL_WORDS[name], cell_pieces(cell), texts))
    return tuple(made)


def _summed_lines(definition: Mapping[str, Any]) -> Iterator[FormulaLine]:
    """The prices of errors, or the cells of a matrix of classes, a line each."""
    if definition["kind"] == cost.KIND:
        for side, words in ERROR_WORDS.items():
            text = definition[side]
            yield FormulaLine(side, words, pieces(text), (text,))
        return
    for truth, row in definition.get("cells", {}).items():
        for decision, text in row.items():
            yield FormulaLine(f"{truth}.{decision}", f"{truth}, decided as {decision}", pieces(text), (text,))


def rule_words(definition: Mapping[str, Any], noun: str) -> tuple[tuple[str, str], ...]:
    """When a value matrix acts, against what, and of what its value is; of other kinds, how they are counted."""
    if definition["kind"] in SUMMED:
        return _summed_rules(definition, noun)
    if definition["kind"] == "calibrated":
        return _calibrated_rules(definition)
    if definition["kind"] != "value_matrix":
        return ()
    threshold = definition["threshold"]
    acts = {
        "per_row": f"where it pays for that {noun}, by its own amounts",
        "fixed": f"where the score is above {threshold.get('at', 0.5):g}",
        "best": "above the cut that pays best, scored on the half that did not choose it",
    }[threshold["kind"]]
    per = f"a {noun}" if definition["per"] == "case" else "all together"
    against = BASELINE_WORDS[definition["baseline"]].format(noun=noun)
    return (("We act", acts), ("Compared with", against), ("The value is of", per))


def _calibrated_rules(definition: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    found = (("Read off", definition["metric"]), ("Fitted on", PAIR_WORDS[definition["pairs"]]))
    if definition["pairs"] != "experiment":
        return found
    return (*found, ("Changes count from", f"{definition['base_x']:g}, where the KPI is {definition['base_y']:g}"))


def _summed_rules(definition: Mapping[str, Any], noun: str) -> tuple[tuple[str, str], ...]:
    per = ("The value is of", f"a {noun}" if definition["per"] == "case" else "all together")
    if definition["kind"] == cost.KIND:
        grows = "the square of the error" if definition["shape"] == "quadratic" else "the error itself"
        one = definition["of"].replace("_", " ")
        return (("The cost grows with", grows), *((("One unit is", f"a {one}"),) if one else ()), per)
    against = definition["baseline"]
    words = CLASS_BASELINES.get(against, f"deciding for {against} always")
    decides = CLASS_DECIDES[definition.get("decide", "predicted")]
    return (("We decide for", decides), ("Compared with", words), per)


def diff_lines(before: Mapping[str, Any], after: Mapping[str, Any], order: Sequence[str]) -> tuple[DiffLine, ...]:
    """What the later definition says differently, place by place."""
    if before["kind"] != after["kind"]:
        return (DiffLine("Kind", (Piece("", _kind(before)),), (Piece("", _kind(after)),)),)
    if before.get("classes") != after.get("classes"):
        was, now = (", ".join(one["classes"]) for one in (before, after))
        return (DiffLine("Classes", (Piece("", was),), (Piece("", now),)),)
    found = []
    old, new = formula_lines(before, order), formula_lines(after, order)
    for earlier, later in zip(old, new, strict=True):
        if earlier.pieces != later.pieces:
            found.append(DiffLine(later.label or "Formula", *_marked(earlier.pieces, later.pieces)))
    places = [("Sentence", _says(before, name), _says(after, name)) for name in _sentences(before, order)]
    was_so, is_so = dict(rule_words(before, "case")), dict(rule_words(after, "case"))
    places += [(place, was_so.get(place, "not said"), is_so.get(place, "not said")) for place in {**was_so, **is_so}]
    found += [DiffLine(place, (Piece("", was),), (Piece("", now),)) for place, was, now in places if was != now]
    return tuple(found)


def _kind(definition: Mapping[str, Any]) -> str:
    kind = str(definition["kind"])
    return f"a {KIND_WORDS.get(kind, kind)}"


def _sentences(definition: Mapping[str, Any], order: Sequence[str]) -> Sequence[str]:
    """The places that have a sentence of their own: each outcome, or the definition as a whole."""
    return order if definition["kind"] == "value_matrix" else ("",)


def _says(definition: Mapping[str, Any], name: str) -> str:
    if definition["kind"] != "value_matrix":
        return str(definition.get("says", ""))
    return str(definition["cells"][name].get("says", ""))


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
