"""What reaches one person or program: the same sentences in each form, and what went wrong on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from metrics.models.delivery import Delivery


@dataclass(frozen=True, kw_only=True)
class Attachment:
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One letter, whole.

    content: the digest of its sentences and figures, without the time. stop: the link by which its receiver ends it,
    "" where there is none. unchanged: why nothing is to be sent, "" where it is. told: ids of the rings that it
    tells. news: whether anything moved, or waits.
    """

    title: str
    text: str
    html: str
    content: str
    sentences: tuple[str, ...] = ()
    url: str = ""
    stop: str = ""
    unchanged: str = ""
    news: bool = True
    attached: tuple[Attachment, ...] = ()
    told: tuple[str, ...] = ()


Handing = Callable[[], None]  # says that the last of a letter is about to go, so that a kill after it is known
Make = Callable[[Delivery], Letter]


class NotYet(Exception):
    """It was surely not taken; another time it may be."""


class Never(Exception):
    """It was refused for good, in words for who reads the ledger."""


class Uncertain(Exception):
    """All of it went, and no answer came: it may have been taken."""
