"""What was made of stored files, kept in memory while there is room: bounded by bytes, the least used goes first.

Files in the store never change and documents are named by what they say, so what is remembered under the name of all
that it was made from never goes stale. Each process has one memory.
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import wraps
from threading import Lock
from typing import Any, ParamSpec, TypeVar

from django.conf import settings

P = ParamSpec("P")
T = TypeVar("T")


class Memory:
    """most: bytes; a thing that alone takes more than a quarter of it is made anew each time."""

    def __init__(self, most: int) -> None:
        self.most, self.bytes = most, 0
        self._held: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = Lock()

    def made(self, name: Hashable, make: Callable[[], T]) -> T:
        """What was made under this name, made now where it is not held. Two at once may both make it."""
        with self._lock:
            if name in self._held:
                self._held.move_to_end(name)
                known: T = self._held[name][0]
                return known
        thing = make()
        size = size_of(thing)
        if size <= self.most / 4:
            self._keep(name, thing, size)
        return thing

    def recalled(self, name: Hashable) -> Any:
        """What is remembered under this name; None where nothing is."""
        with self._lock:
            if name not in self._held:
                return None
            self._held.move_to_end(name)
            return self._held[name][0]

    def _keep(self, name: Hashable, thing: Any, size: int) -> None:
        with self._lock:
            _, before = self._held.pop(name, (None, 0))
            self._held[name] = (thing, size)
            self.bytes += size - before
            while self.bytes > self.most:
                _, (_, freed) = self._held.popitem(last=False)
                self.bytes -= freed

    def forget(self) -> None:
        with self._lock:
            self._held.clear()
            self.bytes = 0


MEMORY = Memory(settings.MEMORY_MAX_BYTES)


def remembered(function: Callable[P, T]) -> Callable[P, T]:
    """Remember what a function gives for its arguments, which name all that it reads."""

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        name = (function.__module__, function.__qualname__, args, tuple(sorted(kwargs.items())))
        return MEMORY.made(name, lambda: function(*args, **kwargs))

    return wrapped


def size_of(thing: Any) -> int:
    """About how many bytes a thing takes, arrays and text in it included; what it holds twice counts once."""
    seen: set[int] = set()
    waiting, size = [thing], 0
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        size += int(getattr(one, "nbytes", 0)) or sys.getsizeof(one, 64)
        waiting.extend(_inside(one))
    return size


def _inside(thing: Any) -> Iterable[Any]:
    if isinstance(thing, str | bytes | int | float | bool | type) or callable(thing):
        return ()
    if isinstance(thing, Mapping):
        return (*thing.keys(), *thing.values())
    if isinstance(thing, list | tuple | set | frozenset):
        return thing
    return vars(thing).values() if hasattr(thing, "__dict__") else ()
