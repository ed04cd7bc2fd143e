"""What is carried away, before it is a file: sections of sentences, figures, charts and tables, made from page objects.

A document is neutral: it says what stands in a pack and in which order, and holds each figure as it is printed. The
writers (pdf, pptx, xlsx, csv) only write: they compute nothing, round nothing and word nothing, so that the same figure
reads the same in each. Two documents that are equal are written to equal bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from reports.charts.drawing import Chart


@dataclass(frozen=True, kw_only=True)
class Printed:
    """A figure as every writer prints it.

    key: its name in figures.json, such as "total" or "product.cancellation_calls.chance". value, unit: "6.31" and
    "M EUR"; value is "–" where it is Unknown, and `beside` has the reason. beside: its band or what it is held against
    ("80 % band 5.8 – 6.8 M EUR"). grade: "A" to "D", a range as "A to C", "" where it is no money. receipt: the digest
    that it is looked up by. number: the point for a spreadsheet, None where it is Unknown. bands: ends by level, the
    narrow first (0.8, then 0.95), to be drawn; () where no band is known.
    """

    key: str
    label: str
    value: str
    unit: str = ""
    beside: str = ""
    grade: str = ""
    receipt: str = ""
    number: float | None = None
    bands: tuple[tuple[float, float], ...] = ()

    @property
    def text(self) -> str:
        """ "6.31 M EUR": what stands in figures.json."""
        return f"{self.value}\u00a0{self.unit}".strip()


@dataclass(frozen=True, kw_only=True)
class Sentences:
    """Sentences under a heading: numbered lines on a cover, else paragraphs."""

    lines: tuple[str, ...]
    heading: str = ""
    numbered: bool = False


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Figures beside each other, at most seven; hero: the first stands large, with its band drawn."""

    figures: tuple[Printed, ...]
    heading: str = ""
    hero: bool = False


@dataclass(frozen=True, kw_only=True)
class Series:
    """values: one a label, None where there is none. role decides colour and mark, the same in every writer."""

    name: str
    role: Literal["known", "expected", "target", "low95", "low80", "high80", "high95", "total", "up", "down", "plain"]
    values: tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A chart: its data, from which a presentation makes a native one, and the page's own drawing for paper.

    kind: "fan" has the roles known, expected, target and the ends of bands; "bridge" parts that are added from the
    first label on; "bars" one bar a label. says: the text alternative, a sentence that names the figures.
    """

    kind: Literal["fan", "bridge", "bars"]
    heading: str
    sub: str
    says: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str
    drawing: Chart | None = None


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell: its text as printed, the number behind it for a spreadsheet, and a second, smaller line."""

    text: str
    number: float | None = None
    below: str = ""
    shade: int = 0  # 0 to 5: share of a range, as on the pages
    strong: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """name: that of its CSV and its sheet. right: the columns whose cells stand right. total: the last row adds up."""

    name: str
    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    sub: str = ""
    right: frozenset[int] = frozenset()
    total: bool = False


@dataclass(frozen=True, kw_only=True)
class Signature:
    """Who has said what on a decision: "manager", "28 Nov 2026", "Proposed", "good"; a remark is quoted."""

    who: str
    when: str
    verdict: str
    kind: Literal["good", "warn", "bad", "same", "info", "unknown"]
    remark: str = ""


@dataclass(frozen=True, kw_only=True)
class Signatures:
    heading: str
    signatures: tuple[Signature, ...]
    sub: str = ""


Block = Sentences | Figures | Drawn | Table | Signatures


@dataclass(frozen=True, kw_only=True)
class Section:
    """One page of paper, one slide, one bookmark: a title that says the answer, and blocks in one or two columns.

    below: blocks beside each other over the whole width under the columns, at most three. grade: of the money it tells.
    """

    key: str
    title: str
    eyebrow: str
    left: tuple[Block, ...]
    right: tuple[Block, ...] = ()
    below: tuple[Block, ...] = ()
    foot: str = ""
    grade: str = ""


@dataclass(frozen=True, kw_only=True)
class Input:
    """An assumption, or a fact such as a month's volume, that the sheet computes from; name is used in expressions.

    name: letters, digits and _, the same in no other calculation of the document. value: a share is 0.35, not 35.
    assumed: a reader may change it (an assumption); else it is what was observed or measured.
    """

    name: str
    label: str
    value: float
    unit: str
    assumed: bool
    band: str = ""
    grade: str = ""
    source: str = ""
    holds_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class Computed:
    """A line that the sheet computes: `expression` of names and plain numbers with + - * / ^ ( ) and min, max, exp, ln.

    The names are those above it: of inputs, of lines before it, and of calculations that stand before its own in the
    document. ^ has brackets around both sides, and a minus always stands between two terms.
    value: what the expression comes to, as stored; a test holds it to that. band: as a text, for bands are no formulas.
    """

    name: str
    label: str
    expression: str
    value: float
    unit: str
    band: str = ""
    month: str = ""
    total: bool = False


@dataclass(frozen=True, kw_only=True)
class Calculation:
    """How one product's money follows from its assumptions, for a sheet that computes it anew; or how that of a
    portfolio follows from its products', whose calculations stand before it.

    fixed: the sentences that say what does not move with the cells (bands, decisions held as they are, a fitted value).
    """

    product: str
    inputs: tuple[Input, ...]
    lines: tuple[Computed, ...]
    fixed: tuple[str, ...] = ()


NOT_ISSUED = "not issued"


@dataclass(frozen=True, kw_only=True)
class Document:
    """kind and of: what the pack or card is of and its key. known_on: the day its figures are known as of.

    number: that of the issue, NOT_ISSUED of a pack without one, "" of a card. corrects: what a correction says has
    changed, a sentence a change.
    """

    kind: Literal["product", "portfolio", "decision", "kpi", "model"]
    of: str
    title: str
    name: str
    period: str
    known_on: date
    sections: tuple[Section, ...]
    calculations: tuple[Calculation, ...] = ()
    number: str = ""
    corrects: tuple[str, ...] = ()

    @property
    def foot(self) -> str:
        number = f" · {self.number}" if self.number else ""
        return f"kpiplatform · as known on {self.known_on.day} {self.known_on:%B %Y}{number}"

    def blocks(self) -> Iterator[Block]:
        for section in self.sections:
            yield from (*section.left, *section.right, *section.below)

    def figures(self) -> dict[str, str]:
        """Key → printed text of every figure, in the order in which they stand."""
        return {one.key: one.text for block in self.blocks() if isinstance(block, Figures) for one in block.figures}

    def tables(self) -> Sequence[Table]:
        return [block for block in self.blocks() if isinstance(block, Table)]
