"""The raw columns of an upload while they are being read, given up one by one as they are taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.late import pa, pc
from metrics.core.rows.refusal import UploadError, shown
from metrics.core.rows.spool import Apart, Batches
from metrics.core.rows.upload.cells import Column, plain
from metrics.core.rows.upload.options import UploadOptions


@dataclass(frozen=True, eq=False)
class Sheet:
    """Raw columns by their names after renaming; rows[i] is the data row, counted from 1, of cell i.

    columns: arrays, a cell for each row, or the places of what is read from raw once it is asked for.
    """

    columns: dict[str, Any]
    rows: NDArray[np.int64]
    raw: Batches | Apart

    @classmethod
    def of(cls, raw: Batches | Apart, names: Iterable[str]) -> Sheet:
        """All rows of a file; the names of its columns in their order."""
        return cls({name: at for at, name in enumerate(names)}, np.arange(1, raw.rows + 1), raw)

    @property
    def n(self) -> int:
        """Rows still held."""
        return len(self.rows)

    def has(self, name: str) -> bool:
        """Whether the column is there and was not taken yet."""
        return name in self.columns

    def column(self, name: str) -> Column:
        """A column, which stays in the sheet."""
        return Column(name, self._cells(self.columns[name]), self.rows)

    def take(self, name: str) -> Column:
        """A column that nothing else will ask for: its memory is free once the caller is done with it."""
        return Column(name, self._cells(self.columns.pop(name)), self.rows)

    def kept(self, mask: Any) -> Sheet:
        """The rows for which the mask is true."""
        keep = np.asarray(mask, dtype=bool)
        if keep.all():
            return self
        return self.at(np.flatnonzero(keep))

    def at(self, places: NDArray[np.int64]) -> Sheet:
        """The rows at some places, in their order."""
        columns = {
            name: held if isinstance(held, int) else held.take(pa.array(places)) for name, held in self.columns.items()
        }
        return Sheet(columns, self.rows[places], self.raw)

    def _cells(self, held: Any) -> Any:
        if not isinstance(held, int):
            return held
        cells = self.raw.column(held)
        return cells if len(cells) == self.n else cells.take(pa.array(self.rows - 1))


def chosen(sheet: Sheet, options: UploadOptions) -> Sheet:
    """The rows that meet `where`; cells are compared as text. Raises UploadError where no row does."""
    for name, value in options.where.items():
        array = plain(sheet.column(name).array)
        truth = pa.types.is_boolean(array.type)
        text = array.cast(pa.string())
        found = sheet.kept(pc.equal(text, value.lower() if truth else value).fill_null(False))
        if found.n == 0:
            unlike = pc.unique(text.slice(0, 100_000)).drop_null().to_pylist()[:6]
            known = [shown(one) for one in sorted(unlike)]
            message = f"no row has {name} = {shown(value)}; it holds {', '.join(known)}"
            remedy = "Choose one of the values that the column holds, or take all rows by leaving the condition out."
            raise UploadError(name, "no_rows", message, remedy=remedy)
        sheet = found
    return sheet
