"""The coverage table as Markdown: written by `make coverage`, committed, and read back by its tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from metrics.core.draws import K
from tests.coverage import markdown
from tests.coverage.simulation import DESIGNS, LEVEL, REPEATS, Cell

PATH = Path(__file__).resolve().parents[2] / "docs" / "coverage.md"

_HEAD = f"""# How often the bands hold the truth

Bands of {LEVEL:.0%} by {K:,} draws, of figures whose truth is known exactly: each line is {REPEATS:,} samples of a
simulated population, taken through the product's own scan, metrics and decisions. Coverage is the share of samples
whose band holds the truth, ± its Monte-Carlo standard error; width is the mean width of the bands. The promise is 93 %
to 97 % from 5,000 rows, 100 clusters or 104 weeks; with 500 rows, 50 clusters or 52 weeks at least 91 %, and pages say
"small sample". A difference is that of two models on the same examples, draw by draw.

Written by `make coverage`; the same code gives the same table.

| rows | quantity | coverage of the band | ± | mean width | promise | holds |
| --- | --- | ---: | ---: | ---: | ---: | --- |
"""

_TAIL = """
The populations. Binary: log odds of a score are normal given the label, so that scores are calibrated; a fifth of the
rows is positive. In clusters, three tenths of the scores' variance and a base rate of its own belong to the cluster.
Profit: each row has a lognormal amount; acting costs 5 EUR, brings 30 % of the amount where the label is 1, and is done
where the score says it pays. Weeks: hourly errors of a forecast, 0.9 of each lasting into the next hour, resampled by
ISO week.
"""


def written(cells: Sequence[Cell]) -> str:
    """The document of these cells."""
    return markdown.table(_HEAD, map(_row, cells), _TAIL)


def sections(text: str) -> dict[str, str]:
    """Heading → text of each section of the document; under "" the part before the first, which is this table."""
    first, *rest = text.split("\n## ")
    return {"": first, **{f"## {part.partition(chr(10))[0]}": f"## {part}" for part in rest}}


def joined(found: dict[str, str]) -> str:
    """The document of these sections."""
    return "\n".join(found.values())


def _row(cell: Cell) -> tuple[str, ...]:
    low, high = cell.design.promise
    promise = f"at least {low:.0%}" if high == 1 else f"{low:.0%} to {high:.0%}"
    return (
        cell.design.name,
        cell.quantity,
        f"{cell.coverage:.2%}",
        f"{cell.error:.2%}",
        f"{cell.width:.4g}",
        promise,
        "yes" if low <= cell.coverage <= high else "no",
    )


def read(text: str) -> list[Cell]:
    """The cells of a document."""
    designs = {design.name: design for design in DESIGNS}
    return [
        Cell(designs[row[0]], row[1], markdown.share(row[2]), float(row[4]), REPEATS)
        for row in markdown.cells(text.partition("\n## ")[0])
        if row[0] in designs
    ]
