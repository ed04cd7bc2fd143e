"""An expression of `Computed` as a formula of cells.

What a spreadsheet reads differently is bracketed: there −2^2 is 4, and 2^3^2 is 64. Names become cells, ln LN, and
nothing else gets through.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|([^\W\d]\w*)|([-+−*×/^(),]))")
FUNCTIONS = {"min": "MIN", "max": "MAX", "exp": "EXP", "ln": "LN"}
LONGEST = 8000
SAME = {"−": "-", "×": "*"}


class Reader:
    """Recursive descent: sum of products of signed powers."""

    def __init__(self, expression: str, cells: Mapping[str, str]) -> None:
        self.expression, self.cells = expression, cells
        self.tokens, self.at = self._read(), 0

    def _read(self) -> list[str]:
        tokens, at, text = [], 0, self.expression.rstrip()
        while at < len(text):
            match = TOKEN.match(text, at)
            if match is None:
                raise ValueError(f"{self.expression!r} cannot be read at {text[at : at + 12]!r}")
            token = next(part for part in match.groups() if part is not None)
            tokens.append(SAME.get(token, token))
            at = match.end()
        return tokens

    def formula(self) -> str:
        text = self._sum()
        if self._next():
            raise ValueError(f"{self.expression!r} ends before {self._next()!r}")
        return text

    def _next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _take(self, wanted: str = "") -> str:
        token = self._next()
        if not token or (wanted and token != wanted):
            raise ValueError(f"{self.expression!r} wants {wanted or 'a value'} where it has {token or 'its end'!r}")
        self.at += 1
        return token

    def _sum(self) -> str:
        text = self._product()
        while self._next() in {"+", "-"}:
            text += self._take() + self._product()
        return text

    def _product(self) -> str:
        text = self._signed()
        while self._next() in {"*", "/"}:
            text += self._take() + self._signed()
        return text

    def _signed(self) -> str:
        if self._next() in {"+", "-"}:
            sign = self._take()
            inner = self._signed()
            return f"(0-{inner})" if sign == "-" else inner
        return self._power()

    def _power(self) -> str:
        under = self._value()
        if self._next() != "^":
            return under
        self._take()
        return f"({under}^{self._signed()})"

    def _value(self) -> str:
        token = self._take()
        if token == "(":  # noqa: S105
            inner = self._sum()
            self._take(")")
            return f"({inner})"
        if token in FUNCTIONS and self._next() == "(":
            return self._call(FUNCTIONS[token])
        if token in self.cells:
            return self.cells[token]
        if token[0].isdigit() or token[0] == ".":
            return token
        raise ValueError(f"{self.expression!r} names {token!r}, which stands nowhere above it")

    def _call(self, name: str) -> str:
        self._take("(")
        parts = [self._sum()]
        while self._next() == ",":
            self._take()
            parts.append(self._sum())
        self._take(")")
        return f"{name}({','.join(parts)})"


def formula(expression: str, cells: Mapping[str, str]) -> str:
    """ "calls * each" → "=C7*C21". Raises ValueError naming what cannot be read, or is too long for a cell."""
    text = f"={_as_range(expression, cells) or Reader(expression, cells).formula()}"
    if len(text) > LONGEST:
        raise ValueError(f"{expression[:60]!r} … is {len(text)} characters long; a cell holds {LONGEST}")
    return text


def _as_range(expression: str, cells: Mapping[str, str]) -> str:
    """The sum of cells that stand under each other, as people write it: SUM(C9:C20); "" where it is no such sum."""
    names = [part.strip() for part in expression.split("+")]
    if len(names) < 3 or any(name not in cells for name in names):
        return ""
    places = [re.fullmatch(r"((?:'(?:[^']|'')+'!)?)\$?([A-Z]+)\$?(\d+)", cells[name]) for name in names]
    rows = [(place[1], place[2], int(place[3])) for place in places if place]
    first = rows[0] if rows else None
    if first is None or rows != [(first[0], first[1], first[2] + at) for at in range(len(names))]:
        return ""
    return f"SUM({first[0]}{first[1]}{first[2]}:{first[1]}{rows[-1][2]})"
