"""A letter before it is written: title, figures, parts; and the two forms of it, with the same sentences in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import css_inline
from django.conf import settings
from django.template.loader import render_to_string

from metrics.core import numerals
from metrics.core.documents import digest
from metrics.core.estimate import Quantity, Unknown
from metrics.services.delivery.letter import Attachment, Letter
from reports.words.dates import MONTHS, named
from reports.words.phrases import GRADE_SAYS

CELLS = 100  # of the width of a band
INLINER = css_inline.CSSInliner(load_remote_stylesheets=False)


@dataclass(frozen=True)
class FigureLine:
    """A figure of the head: label, number, and notes under it. number: "–" where it is not known, the reason a note."""

    label: str
    number: str
    notes: tuple[str, ...]
    url: str = ""


@dataclass(frozen=True)
class Cell:
    """A part of a band, as a table cell: its share of the width in percent, and its tone."""

    width: int
    tone: str


@dataclass(frozen=True)
class Line:
    """What is told in one line. tone: "good" or "bad" of the amount, where its sign is one or the other."""

    text: str
    detail: str = ""
    url: str = ""
    amount: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Part:
    """A heading with what stands under it; action: the words of its button, which leads to url."""

    title: str
    lines: tuple[Line, ...] = ()
    text: str = ""
    url: str = ""
    action: str = ""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A letter to one person. kind: what it is, such as "Portfolio, weekly"; at, zone: when it is as known, in the
    receiver's time. unchanged: why nothing is to be sent, "" where it is."""

    kind: str
    title: str
    at: datetime
    zone: str
    figures: tuple[FigureLine, ...] = ()
    cells: tuple[Cell, ...] = ()
    cells_words: str = ""
    parts: tuple[Part, ...] = ()
    because: str = ""
    url: str = ""
    change_url: str = ""
    stop_url: str = ""
    test: bool = False
    unchanged: str = ""
    news: bool = True
    attached: Sequence[Attachment] = field(default=())
    told: tuple[str, ...] = ()

    def sentences(self) -> Iterator[str]:
        """All that it tells, in the order of both forms; the time at which it is known is not among it."""
        yield self.title
        for figure in self.figures:
            yield f"{figure.label}: {figure.number}"
            yield from figure.notes
        if self.cells_words:
            yield self.cells_words
        for part in self.parts:
            yield from filter(None, (part.title, part.text))
            for line in part.lines:
                yield from filter(None, (line.text, line.amount, line.detail))

    def digest(self) -> str:
        return digest({"title": self.title, "sentences": [numerals.plain(said) for said in self.sentences()]})

    def as_known(self) -> str:
        return moment(self.at, self.zone)


def moment(at: datetime, zone: str) -> str:
    """ "28 November 2026, 16:40" at a place."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}, {local:%H:%M}"


def day_at(at: datetime, zone: str) -> str:
    """ "21 November" at a place."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local.day} {MONTHS[local.month - 1]}"


def absolute(path: str) -> str:
    return path if "://" in path else f"{settings.URL_BASE}{path}"


def short(content: str) -> str:
    """A digest as people compare it: "9f20·1c7e"."""
    return f"{content[:4]}·{content[4:8]}" if content else ""


def figure(label: str, found: Quantity, *, notes: Sequence[str] = (), grade: str = "", url: str = "") -> FigureLine:
    """A quantity as the head of a letter shows it, with its grade and band; Unknown as – with its reason."""
    read = numerals.read(found)
    if isinstance(read, Unknown):
        return FigureLine(label, "–", (named(read.reason), *notes), url)
    worded = numerals.word(read)
    band = numerals.band_words(read, worded)
    told = [band] if band else []
    told += [f"no band: {read.no_band}"] if not band and read.no_band else []
    kind = [f"grade {grade}, {GRADE_SAYS[grade].partition(':')[0]}"] if grade else []
    return FigureLine(label, str(worded), (*told, *kind, *notes), url)


def chance(label: str, found: Quantity, *, against: str) -> FigureLine:
    """A chance as pages print it, with what it is a chance of under it; Unknown as – with its reason."""
    notes = (against,) if against else ()
    read = numerals.read(found)
    if isinstance(read, Unknown):
        return FigureLine(label, "–", (named(read.reason), *notes))
    return FigureLine(label, numerals.chance(read.point), notes)


def band_cells(found: Quantity) -> tuple[tuple[Cell, ...], str]:
    """The band of a figure as cells of one row, and the scale in words; nothing for a figure without one."""
    read = numerals.read(found)
    if isinstance(read, Unknown) or len(read.bands) < 2:
        return (), ""
    (low80, high80), (low95, high95) = read.bands[0.8], read.bands[0.95]
    margin = (high95 - low95) * 0.25 or 1.0
    first, last = low95 - margin, high95 + margin
    low, wide, narrow, point, narrow_end, wide_end, high = (
        round(CELLS * (mark - first) / (last - first))
        for mark in (first, low95, low80, read.point, high80, high95, last)
    )
    ends = [low, wide, narrow, max(point - 1, narrow), min(point + 1, narrow_end), narrow_end, wide_end, high]
    tones = ("none", "wide", "narrow", "point", "narrow", "wide", "none")
    cells = [Cell(b - a, tone) for a, b, tone in zip(ends[:-1], ends[1:], tones, strict=True) if b - a > 0]
    scale = numerals.span(first, last, read.unit, beside=read)
    words = f"On a scale from {scale}: dark, four futures in five; light, nineteen in twenty."
    return tuple(cells), words


def written(draft: Draft) -> Letter:
    """Both forms of a letter."""
    content = draft.digest()
    context: dict[str, Any] = {"letter": draft, "content": short(content), "home": settings.URL_BASE}
    html = INLINER.inline(render_to_string("mail/letter.html", context))
    text = numerals.plain(render_to_string("mail/letter.txt", context))
    return Letter(
        title=numerals.plain(draft.title),
        text=text,
        html=html,
        content=content,
        sentences=tuple(numerals.plain(said) for said in draft.sentences()),
        url=draft.url,
        stop=draft.stop_url,
        unchanged=draft.unchanged,
        news=draft.news,
        attached=tuple(draft.attached),
        told=draft.told,
    )
