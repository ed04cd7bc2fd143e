"""Why a pasted text, or a column of it, is not read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """One thing that cannot be read. at: the place in the column, from 0, or the line of the text, from 1."""

    at: int
    message: str
    remedy: str
    code: str = "invalid"


class NotRead(ValueError):
    """Nothing was read, and why: one or several Wrong."""

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        super().__init__("; ".join(one.message for one in wrong))
        self.wrong = tuple(wrong)


def quoted(text: str) -> str:
    """A cell as a message quotes it: at most 30 characters."""
    return f"“{text if len(text) <= 30 else f'{text[:29]}…'}”"
