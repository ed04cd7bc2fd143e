"""The raw columns of an upload while they are being read, given up one by one as they are taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.late import pa, pc
from metrics.core.rows.refusal import UploadError, shown
from metrics.core.rows.spool import Apart, Batches, regrouped
from metrics.core.rows.upload.column import Cells, Column, whole
from metrics.core.rows.upload.options import UploadOptions

_LOOKED_AT, _UNLIKE = 100_000, 6  # rows, and values of them that are told


@dataclass(frozen=True, eq=False)
class Sheet:
    """Raw columns by their names after renaming, of the rows that are kept.

    columns: places of what is read from raw once it is asked for, or arrays with a cell for each row kept, of few rows.
    keep: (rows of the file,) which rows are kept, None where all are; n: how many. texts: how columns are written that
    are read as text.
    """

    columns: dict[str, Any]
    raw: Batches | Apart
    n: int
    keep: NDArray[np.bool_] | None = None
    texts: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, raw: Batches | Apart, names: Iterable[str]) -> Sheet:
        """All rows of a file; the names of its columns in their order."""
        return cls({name: at for at, name in enumerate(names)}, raw, raw.rows)

    def has(self, name: str) -> bool:
        """Whether the column is there and was not taken yet."""
        return name in self.columns

    def cells(self, name: str) -> Cells:
        """A column, which stays in the sheet."""
        held = self.columns[name]
        kind = self.raw.kind(held) if isinstance(held, int) else held.type
        if self.texts and name in self.texts:
            kind = pa.string()
        return Cells(name, kind, self.n, lambda: self._blocks(name, held))

    def column(self, name: str) -> Column:
        """A column as one block, which stays in the sheet."""
        blocks = list(self.cells(name).blocks())
        return Column(name, whole(block.array for block in blocks), np.concatenate([block.rows for block in blocks]))

    def take(self, name: str) -> Cells:
        """A column that nothing else will ask for."""
        cells = self.cells(name)
        del self.columns[name]
        return cells

    def first_row(self, at: int) -> int:
        """The data row of the row kept at a place."""
        for rows in self.numbered():
            if at < len(rows):
                return int(rows[at])
            at -= len(rows)
        raise IndexError(at)

    def numbered(self) -> Iterator[NDArray[np.int64]]:
        """The data rows of the rows kept, a row group at a time."""
        return (rows.to_numpy() for rows in regrouped(self._rows()))

    def kept(self, mask: NDArray[np.bool_]) -> Sheet:
        """The rows for which a mask of those kept is true."""
        if mask.all():
            return self
        keep = np.ones(self.raw.rows, dtype=bool) if self.keep is None else self.keep.copy()
        keep[keep] = mask
        columns = {
            name: held if isinstance(held, int) else held.filter(pa.array(mask)) for name, held in self.columns.items()
        }
        return replace(self, columns=columns, keep=keep, n=int(np.count_nonzero(mask)))

    def _blocks(self, name: str, held: Any) -> Iterator[Column]:
        arrays = self._filtered(self.raw.blocks(held)) if isinstance(held, int) else [held]
        write = (self.texts or {}).get(name)
        for array, rows in zip(regrouped(arrays), self.numbered(), strict=True):
            yield Column(name, array if write is None else write(array), rows)

    def _filtered(self, arrays: Iterable[Any]) -> Iterator[Any]:
        start = 0
        for array in arrays:
            stop = start + len(array)
            yield array if self.keep is None else array.filter(pa.array(self.keep[start:stop]))
            start = stop

    def _rows(self) -> Iterator[Any]:
        every = self.raw.rows
        size = 1 << 18
        for start in range(0, every, size):
            rows = np.arange(start + 1, min(start + size, every) + 1)
            yield pa.array(rows if self.keep is None else rows[self.keep[start : start + size]])


def chosen(sheet: Sheet, options: UploadOptions) -> Sheet:
    """The rows that meet `where`; cells are compared as text. Raises UploadError where no row does."""
    for name, value in options.where.items():
        masks, seen = [], 0
        unlike: dict[str, None] = {}
        for array in sheet.cells(name).arrays():
            text = array.cast(pa.string())
            meant = value.lower() if pa.types.is_boolean(array.type) else value
            masks.append(pc.equal(text, meant).fill_null(False).to_numpy(zero_copy_only=False))
            if seen < _LOOKED_AT:
                unlike |= dict.fromkeys(pc.unique(text.slice(0, _LOOKED_AT - seen)).drop_null().to_pylist()[:_UNLIKE])
            seen += len(text)
        found = sheet.kept(np.concatenate(masks))
        if found.n == 0:
            known = [shown(one) for one in sorted(list(unlike)[:_UNLIKE])]
            message = f"no row has {name} = {shown(value)}; it holds {', '.join(known)}"
            remedy = "Choose one of the values that the column holds, or take all rows by leaving the condition out."
            raise UploadError(name, "no_rows", message, remedy=remedy)
        sheet = found
    return sheet
