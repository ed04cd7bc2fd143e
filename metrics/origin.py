"""Where what is done now comes from: the request that asked for it, and the work by which it is done.

The id of a request and its trace go with the work that the request asks for, and with the work that such work asks for;
log lines name them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Origin:
    """request_id: "" outside of what a request asked for. trace: as in the header `traceparent`; "" without traces."""

    request_id: str = ""
    trace: str = ""
    work: str = ""
    kind: str = ""


NOWHERE = Origin()
_current: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


def current() -> Origin:
    return _current.get()


@contextmanager
def within(**known: str) -> Iterator[None]:
    """What is done inside comes from here."""
    token = _current.set(replace(_current.get(), **known))
    try:
        yield
    finally:
        _current.reset(token)


def kept() -> dict[str, str]:
    """What a row of work keeps of where it was asked for: nothing where no request did."""
    now = _current.get()
    return {"request_id": now.request_id, "trace": now.trace} if now.request_id else {}


# Who traces puts its own in as Django starts: (name, attributes) → what is measured, with what is done inside it.
SPANS: list[Callable[..., AbstractContextManager[object]]] = []


def span(name: str, **attributes: Any) -> AbstractContextManager[object]:
    """A step that is measured where traces are wished, and costs nothing elsewhere."""
    return SPANS[-1](name, **attributes) if SPANS else nullcontext()
