"""The lines of a pasted text as cells: no cell is joined with its neighbour, and none is cut."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from metrics.core.pasted.numbers import is_number
from metrics.core.pasted.wrong import NotRead, Wrong, quoted

BLANK = " "
_CALLED = {"\t": "tabs", ";": "semicolons", ",": "commas", BLANK: "blanks"}
_WORDS = ("no", "one", "two", "three", "four", "five")
_SEP = re.compile(r'"?sep=(.)"?', re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """A line that holds something: its number in the text, from 1, and its cells without blanks around them."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Lines:
    """The lines of a text, and the sign between their cells: a tab, a semicolon, a comma or a blank."""

    rows: tuple[Line, ...]
    between: str

    def each(self, width: int, meant: str) -> Lines:
        """The same lines, each with `width` cells: further ones that are empty are left out.

        meant: what the cells are, for the refusal. Raises NotRead naming each line of another width by its number.
        """
        rows = [Line(row.number, _without_empty(row.cells, width)) for row in self.rows]
        odd = [row for row in rows if len(row.cells) != width]
        if odd:
            alike = len(odd) == len(rows) > 1 and len({len(row.cells) for row in odd}) == 1
            raise NotRead([self._odd(row, width, meant, every=alike) for row in odd[: 1 if alike else None]])
        return Lines(tuple(rows), self.between)

    def _odd(self, row: Line, width: int, meant: str, *, every: bool) -> Wrong:
        count = len(row.cells)
        held = " and ".join(quoted(cell) for cell in row.cells[:4]) + (" and more" if count > 4 else "")
        message = f"has {count} cell{'' if count == 1 else 's'} where {meant} are {_WORDS[width]}: {held}"
        if every:
            message += f"; each line has {count}"
        remedy = "Keep the columns that are meant, and no other" if count > width else "Give every line all its cells"
        if self.between == ",":
            remedy += "; put a number with a comma in quotation marks, or semicolons between the cells"
        elif self.between == BLANK:
            remedy += "; put tabs or semicolons between the cells"
        return Wrong(at=row.number, code="cells", message=message, remedy=remedy)


def lines(text: str, *, leads: Callable[[str], bool]) -> Lines:
    """The lines of a text that hold something, parted by what all of them say; quotation marks hold a cell together.

    Tabs part before semicolons, these before commas and blanks. leads: whether a text can be the first cell of a line,
    which tells a comma between cells from one within a number, and blanks within the cell from those after it. A line
    `sep=;` is taken at its word. Raises NotRead where a quotation mark is never closed.
    """
    text = text.lstrip("\ufeff")
    skipped = 0
    first, _, rest = text.partition("\n")
    if said := _SEP.fullmatch(first.strip()):
        text, skipped, between = rest, 1, said[1]
    else:
        between = _between(text, leads)
    parted = _by_blanks(text, leads) if between == BLANK else _by_sign(text, between)
    kept = [Line(number + skipped, cells) for number, cells in parted if any(cell.strip(";,") for cell in cells)]
    return Lines(tuple(kept), between)


def is_header(row: Line, leads: Callable[[str], bool]) -> bool:
    """Whether a line holds names: no cell of it can lead a line, or is a number."""
    return not leads(row.cells[0]) and not any(is_number(cell) for cell in row.cells[1:] if cell)


def _between(text: str, leads: Callable[[str], bool]) -> str:
    bare = [line for line in re.sub('"[^"]*"', '""', text).splitlines() if line.strip(" \t,;")]
    for sign in "\t;":
        if any(sign in line for line in bare):
            return sign
    by_comma = sum("," in line and leads(line.partition(",")[0]) for line in text.splitlines())
    by_blank = sum(len(_parted(line, leads)) > 1 and leads(_parted(line, leads)[0]) for line in text.splitlines())
    if any("," in line for line in bare) and by_comma >= by_blank:
        return ","
    return BLANK if by_blank or any(BLANK in line.strip() for line in bare) else ","


def _by_sign(text: str, between: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    source = io.StringIO(text, newline="")
    reader = csv.reader(source, delimiter=between, skipinitialspace=between != "\t", strict=True)
    number = 1
    try:
        for cells in reader:
            yield number, tuple(cell.strip() for cell in cells)
            number = reader.line_num + 1
    except csv.Error as error:
        what = f"the cells from line {number} on cannot be told apart: {error}"
        remedy = "Close each quotation mark, or leave them out"
        raise NotRead([Wrong(at=number, code="cells", message=what, remedy=remedy)]) from error


def _by_blanks(text: str, leads: Callable[[str], bool]) -> Iterator[tuple[int, tuple[str, ...]]]:
    held = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    wide = all(re.search(" {2,}", line) for _, line in held)
    for number, line in held:
        cells = re.split(" {2,}", line) if wide else _parted(line, leads)
        yield number, tuple(cell.strip('" ') for cell in cells)


def _parted(line: str, leads: Callable[[str], bool]) -> list[str]:
    """A line by single blanks: first the longest beginning that can lead, then signs and currencies with theirs."""
    words = line.strip().split(BLANK)
    words = [word for word in words if word]
    lead = next((n for n in range(len(words), 0, -1) if leads(BLANK.join(words[:n]))), 1)
    cells = [BLANK.join(words[:lead])]
    for word in words[lead:]:
        if len(cells) > 1 and not (is_number(word) and is_number(cells[-1])) and is_number(f"{cells[-1]} {word}"):
            cells[-1] += BLANK + word
        else:
            cells.append(word)
    return cells


def _without_empty(cells: Sequence[str], width: int) -> tuple[str, ...]:
    end = len(cells)
    while end > width and not cells[end - 1]:
        end -= 1
    return tuple(cells[:end])
