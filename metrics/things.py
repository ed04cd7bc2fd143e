"""Things that a person is led to, by kind and keys. Where pages show them is said by whoever has pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast, get_args

from django.conf import settings
from django.utils.module_loading import import_string

Kind = Literal[
    "product",
    "kpi",
    "mapping",
    "assumption",
    "run",
    "runs",
    "evidence",
    "model",
    "metric",
    "data_set",
    "member",
    "checklist",
    "invitation",
    "terms",
    "decision",
    "receipt",
]


@dataclass(frozen=True)
class Thing:
    """keys: the product's slug, then what names the thing in it; of a mapping its id and the version's number; of terms
    the model's key and the version's number; of a decision its number; of a receipt its digest; of an
    invitation whose it is, and its token."""

    kind: Kind
    keys: tuple[str, ...]

    def __str__(self) -> str:
        """As one text, from which `read` makes the thing again; no key has a stroke in it."""
        return "/".join((self.kind, *self.keys))

    @classmethod
    def read(cls, text: str) -> Thing:
        """Raises ValueError for a text that names no kind of thing."""
        kind, *keys = text.split("/")
        if kind not in get_args(Kind):
            raise ValueError(f"{kind!r} is no kind of thing")
        return cls(cast("Kind", kind), tuple(keys))


def page(thing: Thing) -> str:
    """The address of the page that shows a thing, without the host: settings.PAGE_ADDRESS names who says it."""
    address: Callable[[Thing], str] = import_string(settings.PAGE_ADDRESS)
    return address(thing)
