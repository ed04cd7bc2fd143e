"""Tables in Markdown: the one writer and the one reader of all sections of docs/coverage.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence


def table(head: str, rows: Iterable[Sequence[str]], tail: str) -> str:
    """`head`, which ends with the names of the columns, a line for each row, and `tail`."""
    return head + "".join(f"| {' | '.join(row)} |\n" for row in rows) + tail


def cells(text: str) -> Iterator[list[str]]:
    """The cells of each line that is one of a table."""
    for line in text.splitlines():
        if line.startswith("|"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def share(cell: str) -> float:
    """The share that a cell in per cent is."""
    return float(cell.rstrip("%")) / 100
