"""Faults that are planted: in sentences, and in the code that writes them."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import CodeType, FunctionType
from typing import Any

from tests.reports.sentences.reading import COUNTS, NUMBER, PAIRS, Said, bare

ROUGH = 0.3  # of a figure: what is told in the digits of a larger one may be read as another
RANGE = re.compile(r"[ \u00a0]?(?:–|to|→|or)[ \u00a0][<>−+]?\d")
KINDS = ("sign", "direction", "number", "unit")


def mutants(said: Said) -> Iterator[tuple[str, Said]]:
    """A sentence with one fault: another sign, the opposite word, the number of another figure, no unit."""
    plain = replace(said, text=bare(said), fixed=(), has=(), lacks=())
    for found, figure in zip(NUMBER.finditer(plain.text), said.figures, strict=False):
        if found["word"]:
            other = COUNTS[(COUNTS.index(found["word"].lower()) + 1) % len(COUNTS)]
            yield "number", _with(plain, found, other)
            continue
        digits, rest = found["digits"], found[0].partition(found["digits"])[2]
        if not digits.strip("0.,") or found["limit"] or figure.within > ROUGH:
            continue
        turned = "" if found["sign"] == "−" else "−"
        yield "sign", _with(plain, found, f"{turned}{digits}{rest}")
        sign, number = found["sign"] or "", float(digits.replace(",", ""))
        places = len(digits.partition(".")[2])
        if abs(figure.value) > 1e-9:
            yield "number", _with(plain, found, f"{sign}{3 * number + 1:,.{places}f}{rest}")
        if found["unit"] and not RANGE.match(plain.text, found.end()):
            yield "unit", _with(plain, found, f"{sign}{digits}")
    yield from (("month", wrong) for wrong in of_months(said))
    for pair in said.by:
        for word, other in (pair.split("/"), pair.split("/")[::-1]):
            for found in re.finditer(rf"\b{re.escape(word)}\b", plain.text, re.IGNORECASE):
                longer = any(word != one and word in one for pairs in PAIRS for one in pairs if one in plain.text)
                if not longer:
                    yield "direction", _with(plain, found, other)


def of_months(said: Said) -> Iterator[Said]:
    """A sentence with another year in place of one that it names."""
    for found in re.finditer(r"\b(\d{4}|\d\d)\b", said.text) if said.months else ():
        number = int(found[1]) + 1
        yield replace(said, text=f"{said.text[: found.start()]}{number}{said.text[found.end() :]}")


def _with(said: Said, found: re.Match[str], text: str) -> Said:
    return replace(said, text=f"{said.text[: found.start()]}{text}{said.text[found.end() :]}")


@contextmanager
def opposite(function: FunctionType, pair: tuple[str, str]) -> Iterator[None]:
    """Two words change places in the code of a function."""
    true = function.__code__
    function.__code__ = _swapped(true, pair)
    try:
        yield
    finally:
        function.__code__ = true


def _swapped(code: CodeType, pair: tuple[str, str]) -> CodeType:
    return code.replace(co_consts=tuple(_constant(one, pair) for one in code.co_consts))


def _constant(value: Any, pair: tuple[str, str]) -> Any:
    if isinstance(value, CodeType):
        return _swapped(value, pair)
    if isinstance(value, tuple):
        return tuple(_constant(one, pair) for one in value)
    if not isinstance(value, str):
        return value
    others = dict(zip(pair, reversed(pair), strict=True))
    return re.sub(rf"\b(?:{'|'.join(map(re.escape, pair))})\b", lambda found: others[found[0]], value)


def function_of(name: str) -> FunctionType:
    """ "path:Class.name" of the inventory as the function that runs."""
    path, _, inside = name.partition(":")
    held: Any = sys.modules[path.removesuffix(".py").replace("/", ".")]
    for part in inside.split("."):
        held = vars(held)[part]
    return held.fget if isinstance(held, property) else held
