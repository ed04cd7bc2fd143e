"""Mentions: @username in a text, as far as it names somebody."""

from __future__ import annotations

import re
from collections.abc import Iterable

AT = re.compile(r"(?<![\w@.+-])@([\w.@+-]{1,150})")
ENDS = ".@+-"  # what a sentence may have behind a name, and a name may have in it


def pieces(text: str, names: Iterable[str]) -> list[tuple[str, str]]:
    """The text in pieces, each with the name of these that it mentions, "" for none.

    >>> pieces("ask @Ada. Not @bob", ["ada"])
    [('ask ', ''), ('@Ada', 'ada'), ('. Not @bob', '')]
    """
    known = {name.casefold(): name for name in names}
    found: list[tuple[str, str]] = []
    at = 0
    for match in AT.finditer(text):
        word = _named(match[1], known)
        if word:
            end = match.start() + 1 + len(word)
            found += [(text[at : match.start()], ""), (text[match.start() : end], known[word.casefold()])]
            at = end
    return [piece for piece in (*found, (text[at:], "")) if piece[0]]


def mentioned(text: str, names: Iterable[str]) -> list[str]:
    """Those of these names that a text mentions, each once, in its order."""
    return list(dict.fromkeys(name for _, name in pieces(text, names) if name))


def unknown(text: str, names: Iterable[str]) -> list[str]:
    """What stands behind an @ and names nobody of these."""
    known = {name.casefold(): name for name in names}
    return list(dict.fromkeys(match[1].rstrip(ENDS) for match in AT.finditer(text) if not _named(match[1], known)))


def _named(word: str, known: dict[str, str]) -> str:
    """The longest beginning of a word that is a name, but for what a sentence ends with."""
    while word and word.casefold() not in known:
        if word[-1] not in ENDS:
            return ""
        word = word[:-1]
    return word
