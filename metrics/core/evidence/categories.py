"""Categories that a reference does not know, and those that look misspelt."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from metrics.core.arrays import Ints
from metrics.core.evidence.columns import codes, features, is_number, segments
from metrics.core.late import pa

# Beyond this a column holds identifiers or free text, and spelling says nothing.
MOST_CATEGORIES = 1000
MOST_UNSEEN = 50
CLOSE = 0.8
SHORTEST = 4
SHORTEST_TEXT = 5
LONG = range(10, 21)  # letters of a word in which two slips are as likely as one in a short one
RARE = 10

Rest = tuple[str, ...]  # words, one of them with letters left out, marked by an empty word before it


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
    """Categories that look like a slip for one at least 10 times as frequent.

    They differ from it only by case, blanks or punctuation, or by one slip within one word (`slip`), if there is just
    one such category that they could mean.
    """
    odd: list[Category] = []
    for name in category_columns(table):
        texts, counts = counted(*codes(table[name]))
        if len(texts) > MOST_CATEGORIES:
            continue
        folded: dict[str, int] = {}
        near: dict[Rest, list[int]] = {}
        for place, (text, rows) in enumerate(zip(texts, counts, strict=True)):
            same = folded.setdefault(_folded(text), place)
            keys = set(_neighbours(text))
            if same != place:
                meant = [same]
            else:
                others = dict.fromkeys(other for key in keys for other in near.get(key, ()))
                meant = [other for other in others if slip(text, texts[other])]
            frequent = [other for other in meant if rows * RARE <= counts[other]]
            if len(frequent) == 1:
                odd.append(Category(name, text, rows, texts[frequent[0]]))
            for key in keys:
                near.setdefault(key, []).append(place)
    return odd


def slip(text: str, meant: str) -> bool:
    """Whether one word of a text looks mistyped: "Citi Hotel" for City Hotel, "Recieved" for Received.

    All words but one are equal; in that one a letter is missing, added, another, or changed places with its neighbour
    (Damerau 1964, Communications of the ACM 7:171–176: four slips of five are one of these), in a word of 10 to 20
    letters two. Its first letter and its digits stand, for mistakes there are rare and other words many ("North" and
    "South", agent 241 and agent 240); it has four letters or more, and the text five ("Group A" is not Group B, Iraq
    not Iran).
    """
    ones, others = _words(text), _words(meant)
    if len(ones) != len(others) or max(len("".join(ones)), len("".join(others))) < SHORTEST_TEXT:
        return False
    differ = [(one, other) for one, other in zip(ones, others, strict=True) if one != other]
    if len(differ) != 1:
        return False
    one, other = differ[0]
    if min(len(one), len(other)) < SHORTEST - 1 or max(len(one), len(other)) < SHORTEST:
        return False
    if one[0] != other[0] or _digits(one) != _digits(other):
        return False
    return _distance(one, other) <= _slips(max(len(one), len(other)))


def _slips(letters: int) -> int:
    return 2 if letters in LONG else 1


def _words(text: str) -> list[str]:
    return "".join(sign if sign.isalnum() else " " for sign in text.casefold()).split()


def _neighbours(text: str) -> Iterator[Rest]:
    """The text with as many letters of one word left out as there may be slips in it, in each way.

    Two texts that are a slip apart share one of these, so that few pairs are left to look at.
    """
    words = _words(text)
    for at, word in enumerate(words):
        # Its other spelling may have up to two letters more, or less.
        most = max(_slips(len(word) + more) for more in (-2, 0, 2))
        for count in range(most + 1):
            for gone in combinations(range(len(word)), count):
                left = "".join(sign for place, sign in enumerate(word) if place not in gone)
                yield (*words[:at], "", left, *words[at + 1 :])


def _distance(one: str, other: str) -> int:
    """Letters to leave out, add, change, or swap with their neighbour, to make the one text of the other."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, sign in enumerate(one, 1):
        above, row, earlier = row, [i], before
        for j, its in enumerate(other, 1):
            best = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (sign != its))
            if i > 1 and j > 1 and sign == other[j - 2] and one[i - 2] == its:
                best = min(best, earlier[j - 2] + 1)
            row.append(best)
        before = above
    return row[-1]


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
