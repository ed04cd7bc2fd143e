"""Text → tokens, with every limit checked before Python's own parser sees the text.

What passes is ASCII, short, shallow, and made of decimal numbers, names, brackets, the operators of the language, and
short texts between double quotes, without backslash: no other quotes, square brackets, assignments or reserved words
are left for a parser to give a meaning to. A dot stands between two names alone, as in `fraud.recall`: the metric of a
model. Where a text or such a pair may stand, the reader decides.
"""

from __future__ import annotations

import keyword
import math
import re
from dataclasses import dataclass
from typing import Literal

from metrics.core.formula.errors import FormulaError, quoted
from metrics.core.formula.functions import FUNCTION_NAMES

MOST_CHARACTERS = 4000
MOST_TOKENS = 1000
DEEPEST_BRACKETS = 50
LONGEST_NAME = 64

WORD_OPERATORS = frozenset({"and", "or", "not", "if", "else"})
RESERVED = frozenset(keyword.kwlist) | FUNCTION_NAMES
"""Words that cannot name a value."""

Kind = Literal["name", "number", "operator", "function", "space", "text"]

_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+)|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r'|(?P<text>"[ !#-\[\]-~]{0,80}")'
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?)|(?P<operator>\*\*|//|[<>=!]=|[-+*/%(),<>])",
    re.ASCII,
)
NO_ATTRIBUTES = "names have no attributes, and a decimal point stands inside a number"
_INSTEAD = {
    "\u2212": "write - for minus",
    "\u2013": "write - for minus",
    "\u00d7": "write * for times",
    "\u00b7": "write * for times",
    "\u00f7": "write / for divided by",
    "\u2264": "write <= for at most",
    "\u2265": "write >= for at least",
    "\u00a0": "write an ordinary space",
    "^": "write ** for a power",
    "=": "a formula is one expression and assigns nothing; write == to compare",
    "<": "numbers are not shifted; multiply by a power of 2",
    ">": "numbers are not shifted; divide by a power of 2",
    "&": "write and",
    "|": "write or",
    "!": "write not",
    ".": NO_ATTRIBUTES,
    ";": "a formula is one expression",
    "#": "a formula has no comments",
    "[": "a formula has no lists; use round brackets",
    "{": "a formula has no braces; use round brackets",
    "'": "a formula has no text, only numbers and names",
    '"': 'a text is short, plain and closed, and stands only in by_segment(metric, "column", "value")',
    "$": "write the amount as a plain number or a name",
}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text for highlighting; the texts of all tokens joined are the formula's text."""

    kind: Kind
    text: str
    position: int


def scan(text: str) -> tuple[Token, ...]:
    """The tokens of a text. Raises FormulaError at the first piece that does not belong to the language."""
    _check_characters(text)
    tokens: list[Token] = []
    place = words = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None or text[place : place + 2] in ("<<", ">>"):
            raise _stray(text[place], place)
        token = _token(str(found.lastgroup), found.group(), place)
        # Python still reads 1if and 1.5.2 as two words each; here a number ends at a space or a sign.
        if tokens and _is_word(tokens[-1]) and _is_word(token):
            start = tokens[-1].position
            whole = text[start : found.end()]
            message = f"{quoted(whole)} is neither a decimal number nor a name: write numbers like 12, 0.5 or 1e-3"
            raise FormulaError("number", message, start, len(whole))
        words += token.kind != "space"
        if words > MOST_TOKENS:
            message = f"a formula has at most {MOST_TOKENS} names, numbers and signs: split it into several"
            raise FormulaError("too_long", message, place, len(text) - place)
        tokens.append(token)
        place = found.end()
    _check_brackets(tokens)
    return tuple(tokens)


def _check_characters(text: str) -> None:
    if not isinstance(text, str):
        raise FormulaError("syntax", "a formula is a text, such as 'revenue - cost'", 0, 0)
    if len(text) > MOST_CHARACTERS:
        message = f"a formula has at most {MOST_CHARACTERS} characters, this one {len(text)}: split it into several"
        raise FormulaError("too_long", message, MOST_CHARACTERS, len(text) - MOST_CHARACTERS)
    if not text.isascii():
        place = next(index for index, character in enumerate(text) if ord(character) > 127)
        raise _stray(text[place], place)
    if not text.strip():
        raise FormulaError("empty", "the formula is empty: write an expression such as 'revenue - cost'", 0, len(text))


def _stray(character: str, place: int) -> FormulaError:
    # The code point, not the character: it may be invisible, look like another one, or be half of a pair.
    code_point = f"U+{ord(character):04X}"
    if ord(character) > 127:
        hint = _INSTEAD.get(character, "use plain letters, digits and operators")
        return FormulaError("not_ascii", f"the character {code_point} is not ASCII: {hint}", place, 1)
    shown = repr(character) if character.isprintable() else code_point
    hint = _INSTEAD.get(character, "use names, numbers, round brackets and + - * / // % **")
    return FormulaError("not_allowed", f"{shown} is not part of the formula language: {hint}", place, 1)


def _token(group: str, text: str, place: int) -> Token:
    if group == "space":
        return Token("space", text, place)
    if group == "number":
        if not math.isfinite(float(text)):
            raise FormulaError("number", f"{quoted(text)} is too large: numbers end at 1.8e308", place, len(text))
        return Token("number", text, place)
    if group == "text":
        return Token("text", text, place)
    if group == "operator" or text in WORD_OPERATORS:
        return Token("operator", text, place)
    for word in text.split("."):
        if len(word) > LONGEST_NAME:
            raise FormulaError("too_long", f"a name has at most {LONGEST_NAME} characters", place, len(text))
        if keyword.iskeyword(word):
            message = f"{quoted(word)} is a reserved word: use names, numbers, and, or, not, if, else"
            raise FormulaError("not_allowed", message, place, len(text))
    return Token("function" if text in FUNCTION_NAMES else "name", text, place)


def _is_word(token: Token) -> bool:
    return token.kind in ("number", "name", "function", "text") or token.text in WORD_OPERATORS


def _check_brackets(tokens: list[Token]) -> None:
    opened: list[int] = []
    for token in tokens:
        if token.text == "(":
            opened.append(token.position)
            if len(opened) > DEEPEST_BRACKETS:
                message = f"brackets go at most {DEEPEST_BRACKETS} deep: split the formula into several"
                raise FormulaError("too_deep", message, token.position, 1)
        elif token.text == ")":
            if not opened:
                message = "this ')' closes nothing: remove it, or open a bracket before it"
                raise FormulaError("syntax", message, token.position, 1)
            opened.pop()
    if opened:
        raise FormulaError("syntax", "this '(' is never closed: add a ')'", opened[-1], 1)
