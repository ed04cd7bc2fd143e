"""Queries that pages ask again and again: their SQL is made once in a process, and asked with other values.

Making it takes Django several times as long as the database takes to answer it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import QuerySet

T = TypeVar("T")
# What stands in the place of each value while the SQL is made: numbers and words that no query has of its own.
PLACES: dict[type, Callable[[int], Any]] = {
    int: lambda at: 1_914_000_000 + at,
    str: lambda at: f"value {at} of these",
    list: lambda at: f"value {at} of these",
}
LONGEST, SHAPES = 500, 64  # values of a list, and lengths of lists, for which SQL is kept


@dataclass(frozen=True)
class Made:
    """A query with its SQL. parameters: the place of each among the values, or -1 and what it is."""

    queryset: QuerySet[Any, Any]
    compiler: Any
    sql: str
    parameters: tuple[tuple[int, Any], ...]


class Prepared(Generic[T]):
    """The rows of a query that is made of so many values: numbers, words, or lists of words.

    >>> Prepared(lambda products, state: Work.objects.filter(product__in=products, state=state), list, str)

    A value is a parameter of the query, and so is each of a list: none decides how it reads, as None would. What the
    query has of its own, such as a moment, stays as it was first made; it prefetches nothing.
    """

    def __init__(self, made: Callable[..., QuerySet[Any, T]], *types: type) -> None:
        self._made, self._types = made, types
        self._held: dict[tuple[int, ...], Made] = {}  # by how many values each is

    def __call__(self, *values: Any) -> list[T]:
        given = [
            tuple(dict.fromkeys(value)) if kind is list else (value,)
            for kind, value in zip(self._types, values, strict=True)
        ]
        shape = tuple(map(len, given))
        if 0 in shape:
            return []
        held = self._held.get(shape)
        if held is None:
            if max(shape, default=1) > LONGEST or len(self._held) >= SHAPES:
                return list(self._made(*(part if kind is list else part[0] for kind, part in self._each(given))))
            held = self._held[shape] = self._make(shape)
        flat = [value for part in given for value in part]
        return _rows(held, tuple(own if at < 0 else flat[at] for at, own in held.parameters))

    def _make(self, shape: tuple[int, ...]) -> Made:
        places = iter(range(sum(shape)))
        stands = [[PLACES[kind](next(places)) for _ in range(many)] for kind, many in self._each(shape)]
        queryset = self._made(*(part if kind is list else part[0] for kind, part in self._each(stands)))
        compiler = queryset.query.get_compiler(queryset.db)
        sql, parameters = compiler.as_sql()
        flat = [one for part in stands for one in part]
        found = tuple((flat.index(one) if one in flat else -1, one) for one in parameters)
        assert {at for at, _ in found} >= set(range(len(flat))), "a value is no parameter of the query"
        return Made(queryset, compiler, sql, found)

    def _each(self, parts: Iterable[Any]) -> Iterable[tuple[type, Any]]:
        return zip(self._types, parts, strict=True)


def _rows(made: Made, parameters: tuple[Any, ...]) -> list[Any]:
    asked = copy(made.compiler)
    asked.connection, asked.as_sql = connection, lambda *_, **__: (made.sql, parameters)
    rows: Any = made.queryset._chain()  # type: ignore[attr-defined]  # which the stubs leave out
    rows.query.get_compiler = lambda *_, **__: asked
    return list(rows._iterable_class(rows))
