"""Categories that a reference does not know, and those that look misspelt."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

import numpy as np

from metrics.core.evidence.columns import Ints, codes, features, is_number, segments
from metrics.core.late import pa

# Beyond this a column holds identifiers or free text, and spelling says nothing.
MOST_CATEGORIES = 1000
MOST_UNSEEN = 50
CLOSE = 0.8
SHORTEST = 4
RARE = 10


@dataclass(frozen=True)
class Category:
    """A category that is new or odd: its column, its text, its rows, and the known one that it resembles, if any."""

    column: str
    text: str
    rows: int
    meant: str | None

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))


def category_columns(table: pa.Table) -> list[str]:
    """Segments and features that hold text."""
    texts = [name for name in features(table) if not is_number(table[name])]
    return [*segments(table), *texts]


def unseen(table: pa.Table, reference: pa.Table) -> list[Category]:
    """Categories of the rows that the reference lacks, most rows first within a column; at most 50 a column.

    Columns that the reference does not have, or that have more than 1,000 categories on either side, are left out.
    """
    new: list[Category] = []
    for name in category_columns(table):
        if name not in reference.column_names or is_number(reference[name]):
            continue
        known, _ = codes(reference[name])
        texts, counts = counted(*codes(table[name]))
        if not known or max(len(known), len(texts)) > MOST_CATEGORIES:
            continue
        have = set(known)
        lacking = [(text, rows) for text, rows in zip(texts, counts, strict=True) if text not in have]
        new += [Category(name, text, rows, resembled(text, known)) for text, rows in lacking[:MOST_UNSEEN]]
    return new


def misspelt(table: pa.Table) -> list[Category]:
    """Categories that differ from one at least 10 times as frequent only by case, blanks or punctuation."""
    odd: list[Category] = []
    for name in category_columns(table):
        texts, counts = counted(*codes(table[name]))
        if len(texts) > MOST_CATEGORIES:
            continue
        first: dict[str, tuple[str, int]] = {}
        for text, rows in zip(texts, counts, strict=True):
            frequent = first.setdefault(_folded(text), (text, rows))
            if frequent[0] != text and rows * RARE <= frequent[1]:
                odd.append(Category(name, text, rows, frequent[0]))
    return odd


def counted(texts: list[str], at: Ints) -> tuple[list[str], list[int]]:
    """Texts with their rows, most frequent first, then by text."""
    counts = np.bincount(at[at >= 0], minlength=len(texts))
    order = sorted(range(len(texts)), key=lambda code: (-counts[code], texts[code]))
    return [texts[code] for code in order], [int(counts[code]) for code in order]


def resembled(text: str, known: list[str]) -> str | None:
    """The known category that a text seems to mean, None where none is near.

    Near: equal but for case, blanks and punctuation, or at least 0.8 by difflib's ratio for texts of 4 characters or
    more that do not differ in their digits: "Germny" is Germany, while agent 241 is not agent 240.
    """
    folded = _folded(text)
    by_fold = {_folded(category): category for category in reversed(known)}
    if folded in by_fold:
        return by_fold[folded]
    if len(folded) < SHORTEST:
        return None
    digits = _digits(folded)
    alike = [other for other in by_fold if _digits(other) == digits]
    near = difflib.get_close_matches(folded, alike, n=1, cutoff=CLOSE)
    return by_fold[near[0]] if near else None


def _folded(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum()) or text


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())
