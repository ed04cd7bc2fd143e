"""Rows of a comparison: a difference with its whisker, its chance and its verdict in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from metrics.core import numerals, unit_names
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.numerals import Figure, Scale
from metrics.core.selection.compare import Difference
from metrics.queries.documents.definitions import Definition
from reports.pages.run.metrics import receipt_url
from reports.words.phrases import Verdict

VERDICTS = {"better": "good", "worse": "bad", "alike": "same", "cannot tell": "unknown"}
MARGIN = 1.1
MOST_PLACES = 5
FARTHEST = 4  # medians


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the table. gain: the difference turned so that more is better, on an axis from −reach to reach.

    a, b: of the run and of the base. worth: the chance to be better by more than the smallest difference worth having.
    """

    key: str
    name: str
    mono: bool
    under: tuple[str, ...]
    a: Quantity
    b: Quantity
    a_receipt: str | None
    b_receipt: str | None
    difference: Quantity
    unit: str
    scale: Scale
    places: int | None
    gain: Quantity
    low: float
    high: float
    tone: str
    chance: float | None
    worth: float | None
    smallest: str
    verdict: Verdict
    grade: str = ""

    @property
    def known(self) -> bool:
        return isinstance(self.difference, Estimate)

    @property
    def why(self) -> str:
        """Why the difference is unknown, or has no band, so that nothing follows from it; "" where there is one."""
        return self.difference.reason if isinstance(self.difference, Unknown) else self.difference.why_no_band or ""


def gain_of(row: Difference) -> Quantity:
    """How much better the run is than the base: more is better, whatever way the metric goes."""
    if isinstance(row.difference, Unknown) or isinstance(row.a, Unknown) or isinstance(row.b, Unknown):
        return row.difference
    if row.direction == "up":
        return row.difference
    if row.direction == "down":
        return row.difference.map(lambda value: -value)
    aim = row.direction
    a, b = (one.map(lambda value: -abs(value - aim)) for one in (row.a, row.b))
    return a if isinstance(a, Unknown) else b if isinstance(b, Unknown) else a.minus(b)


def reach(gain: Quantity) -> float:
    """How far an axis about 0 must go to hold the band of this."""
    if isinstance(gain, Unknown):
        return 1.0
    return MARGIN * max(abs(end) for end in (gain.point, *(gain.band(0.95) or ()))) or 1.0


def shared_reach(gains: Iterable[Quantity]) -> float:
    """How far an axis goes that several rows share: one far away does not squeeze the others, but lies beyond it."""
    found = sorted(reach(gain) for gain in gains if isinstance(gain, Estimate))
    return min(found[-1], FARTHEST * found[len(found) // 2]) if found else 1.0


class Shared(NamedTuple):
    """What the figures of a column have together."""

    scale: Scale = ""
    places: int | None = None


def shared(rows: Iterable[Difference]) -> Shared:
    """The scale of the largest figure of some rows, and the decimals that most of their differences have in it."""
    held = list(rows)
    most = numerals.largest(figure for row in held for figure in (row.a, row.b, row.difference))
    scale: Scale = most.scale if most else ""
    found: list[int] = []
    for row in held:
        figure = numerals.read(row.difference)
        if isinstance(figure, Figure) and figure.widest is not None and figure.widest[0] < figure.widest[1]:
            found.append(numerals.word(figure, scale=scale).places)
    return Shared(scale, min(sorted(found)[len(found) // 2], MOST_PLACES) if found else None)


def verdict_of(row: Difference) -> Verdict:
    """The verdict in a word; of what is unknown on either side, or has no band, that it is."""
    if isinstance(row.difference, Unknown) or row.difference.draws is None:
        return Verdict("unknown", "Unknown")
    if row.verdict == "alike":
        within = f"Alike within {row.smallest:g}" if row.smallest else "Identical"
        return Verdict("same", within)
    return Verdict(VERDICTS[row.verdict], row.verdict.capitalize())


def better(row: Difference) -> str:
    """Which way is better, in words."""
    if isinstance(row.direction, float):
        return f"nearer to {row.direction:g} is better"
    return "higher is better" if row.direction == "up" else "lower is better"


def line(
    row: Difference,
    *,
    name: str = "",
    under: tuple[str, ...] = (),
    receipts: tuple[str, str] = ("", ""),
    grade: str = "",
    extent: float | None = None,
    column: Shared | None = None,
) -> Row:
    """A row of the table; name: "" for a metric, called by its key. receipts: of the run and of the base.

    extent, column: of the axis and of the figures, where rows are to be alike; else the three figures are alike.
    """
    gain = gain_of(row)
    far = reach(gain) if extent is None else extent
    figure, own = numerals.read(row.difference), shared([row])
    scale, places = column or own
    identical = row.verdict == "alike" and not row.smallest
    return Row(
        key=row.key,
        name=name or row.key,
        mono=not name,
        under=(f"{better(row)}{', ' if under else ''}{under[0] if under else ''}", *under[1:]),
        a=row.a,
        b=row.b,
        a_receipt=receipt_url(receipts[0]),
        b_receipt=receipt_url(receipts[1]),
        difference=row.difference,
        unit=unit_names.unit_in(figure.unit, scale) if isinstance(figure, Figure) else "",
        scale=scale,
        places=_places(row, scale) if places is None else places,
        gain=gain,
        low=-far,
        high=far,
        tone="" if row.verdict in ("better", "worse") else "none",
        chance=None if identical else row.probability,
        worth=row.worth_having if row.smallest else None,
        smallest=f"{row.smallest:g}" if row.smallest else "",
        verdict=verdict_of(row),
        grade=grade,
    )


def cell(row: Difference | None, column: Shared) -> Verdict:
    """A difference with the sign of its verdict, and with the scale of its column, which has no unit."""
    figure = numerals.read(row.difference) if row is not None else None
    if row is None or not isinstance(figure, Figure):
        return Verdict("unknown", "Unknown")
    worded = numerals.word(figure, signed=True, scale=column.scale, places=column.places)
    scale = worded.scale if worded.scale != "%" else ""
    return Verdict(VERDICTS[row.verdict], unit_names.NBSP.join(filter(None, (worded.number, scale))))


def named(key: str, known: Mapping[str, Definition]) -> str:
    """A metric's name within a sentence: "log loss", "ROC AUC"."""
    name = known[key].name if key in known else key
    return name if any(letter.isupper() for letter in name[1:]) else f"{name[:1].lower()}{name[1:]}"


def _places(row: Difference, scale: Scale) -> int | None:
    """Decimals of all three figures: those of the difference, or of the base where there is none to see."""
    figure = numerals.read(row.difference)
    if not isinstance(figure, Figure):
        return None
    if figure.point == 0 and isinstance(row.b, Estimate):
        return min(numerals.word(numerals.known(row.b), scale=scale).places, 4)
    return min(numerals.word(figure, scale=scale).places, MOST_PLACES)
