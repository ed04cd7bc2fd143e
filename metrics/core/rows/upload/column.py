"""A raw column of an upload, block by block: each check of a block is one of the whole column, and told once.

What a check finds wrong in several blocks is one refusal, with the count of all and the first row. Of checks that stand
one after another the first that fails counts, even where a later one fails in an earlier row: a check of a block goes
through its steps in the same order whatever the block holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.late import pa
from metrics.core.rows.refusal import UploadError, UploadWarning, Warn
from metrics.core.rows.upload.limits import is_text


@dataclass(frozen=True, eq=False)
class Column:
    """A block of a raw column under the name it has after renaming; rows[i] is the data row, from 1, of cell i.

    steps: counts the checks that it went through. told: by step, what deserves a look.
    """

    name: str
    array: Any
    rows: NDArray[np.int64]
    steps: Iterator[int] = field(default_factory=count)
    told: dict[int, Found] = field(default_factory=dict)

    def refuse(self, bad: Any, code: str, words: Any, *, remedy: Any = "", **extent: float) -> None:
        """Raises Found where a mask is true anywhere. words, remedy: text, or what makes it of what was found.

        extent: low and high, the least and the greatest of what the words need.
        """
        step = next(self.steps)
        if how_many(bad):
            raise Found(self, step, bad, code, words, remedy, **extent)

    def tell(self, bad: Any, code: str, words: Any, *, remedy: Any = "") -> None:
        """Note what deserves a look where a mask is true."""
        step = next(self.steps)
        if how_many(bad):
            found = Found(self, step, bad, code, words, remedy)
            self.told[step] = self.told[step].joined(found) if step in self.told else found

    def passed(self, steps: int = 1) -> None:
        """Go over checks that this block has no cell for."""
        for _ in range(steps):
            next(self.steps)


class Found(UploadError):
    """What a check found in a block of a column, and then in those after it. Raised, it is the refusal of the block."""

    def __init__(
        self,
        column: Column,
        step: int,
        bad: Any,
        code: str,
        words: Any,
        advice: Any,
        *,
        low: float = np.nan,
        high: float = np.nan,
    ) -> None:
        self.step, self.count, self.low, self.high = step, how_many(bad), low, high
        self.words, self.advice = words, advice
        super().__init__(column.name, code, "", row=int(column.rows[first_of(bad)]))
        self._say()

    def _say(self) -> None:
        self.message = self.words(self) if callable(self.words) else self.words
        self.remedy = self.advice(self) if callable(self.advice) else self.advice

    def joined(self, later: Found) -> Found:
        """This and what was found in a later block, as one."""
        if later.step != self.step:
            return min(self, later, key=lambda found: found.step)
        self.count += later.count
        self.low, self.high = float(np.fmin(self.low, later.low)), float(np.fmax(self.high, later.high))
        self._say()
        return self

    def error(self) -> UploadError:
        """The refusal."""
        self._say()
        return UploadError(self.field, self.code, self.message, row=self.row, remedy=self.remedy)

    def warning(self) -> UploadWarning:
        """The warning."""
        return UploadWarning(field=self.field, code=self.code, message=self.message, row=self.row, remedy=self.remedy)


@dataclass(frozen=True, eq=False)
class Cells:
    """All cells of a raw column: its blocks, which can be gone through as often as is needed."""

    name: str
    kind: Any
    n: int
    blocks: Callable[[], Iterator[Column]]

    @classmethod
    def of(cls, column: Column) -> Cells:
        """Of a column that is one block."""
        fresh = lambda: iter([Column(column.name, column.array, column.rows)])  # noqa: E731
        return cls(column.name, column.array.type, len(column.array), fresh)

    @property
    def text(self) -> bool:
        """Whether the cells are text."""
        return is_text(self.kind)

    def checked(self, check: Callable[[Column], Any], warn: Warn) -> Iterator[Any]:
        """What a check gives of each block. At the end it warns of what was told of the blocks.

        Raises UploadError where it found something wrong, once the last block was looked at.
        """
        wrong: Found | None = None
        told: dict[int, Found] = {}
        for column in self.blocks():
            try:
                values = check(replace(column, told=told))
            except Found as found:
                wrong = found if wrong is None else wrong.joined(found)
            else:
                if wrong is None:
                    yield values
        if wrong is not None:
            raise wrong.error()
        for step in sorted(told):
            warn(told[step].warning())

    def arrays(self) -> Iterator[Any]:
        """Each block's cells, written out."""
        return (plain(column.array) for column in self.blocks())

    def first(self, bad: Callable[[Any], Any]) -> int:
        """The data row of the first cell for which a mask is true."""
        for column in self.blocks():
            mask = bad(plain(column.array))
            if how_many(mask):
                return int(column.rows[first_of(mask)])
        raise LookupError(self.name)


def advised(error: UploadError, remedy: str) -> UploadError:
    """The refusal with another remedy."""
    error.remedy = remedy
    if isinstance(error, Found):
        error.advice = remedy
    return error


def mask_of(bad: Any) -> NDArray[np.bool_]:
    """A mask as numpy's; null is false."""
    flat = bad.fill_null(False) if isinstance(bad, pa.Array | pa.ChunkedArray) else bad
    return np.asarray(flat, dtype=bool)


def how_many(bad: Any) -> int:
    """How often a mask is true."""
    return int(np.count_nonzero(mask_of(bad)))


def first_of(bad: Any) -> int:
    """The index of the first true in a mask."""
    return int(np.argmax(mask_of(bad)))


def plain(array: Any) -> Any:
    """The column as one array of its values: dictionaries written out, text of any width as string."""
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    if is_text(array.type):
        array = array.cast(pa.string())
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def whole(arrays: Iterable[Any]) -> Any:
    """Arrays as one."""
    return pa.concat_arrays(list(arrays))
