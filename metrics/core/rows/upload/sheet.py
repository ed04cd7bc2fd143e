"""The raw columns of an upload while they are being read, given up one by one as they are taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.late import pa, pc
from metrics.core.rows.refusal import UploadError, shown
from metrics.core.rows.upload.cells import Column, plain
from metrics.core.rows.upload.options import UploadOptions


@dataclass(frozen=True, eq=False)
class Sheet:
    """Raw columns by their names after renaming; rows[i] is the data row, counted from 1, of cell i."""

    columns: dict[str, Any]
    rows: NDArray[np.int64]

    @classmethod
    def of(cls, raw: pa.Table) -> Sheet:
        """All rows of a table."""
        return cls(dict(zip(raw.column_names, raw.columns, strict=True)), np.arange(1, raw.num_rows + 1))

    @property
    def n(self) -> int:
        """Rows still held."""
        return len(self.rows)

    def has(self, name: str) -> bool:
        """Whether the column is there and was not taken yet."""
        return name in self.columns

    def column(self, name: str) -> Column:
        """A column, which stays in the sheet."""
        return Column(name, self.columns[name], self.rows)

    def take(self, name: str) -> Column:
        """A column that nothing else will ask for: its memory is free once the caller is done with it."""
        return Column(name, self.columns.pop(name), self.rows)

    def kept(self, mask: Any) -> Sheet:
        """The rows for which the mask is true."""
        keep = np.asarray(mask, dtype=bool)
        if keep.all():
            return self
        chosen = pa.array(keep)
        return Sheet({name: cells.filter(chosen) for name, cells in self.columns.items()}, self.rows[keep])


def chosen(sheet: Sheet, options: UploadOptions) -> Sheet:
    """The rows that meet `where`; cells are compared as text. Raises UploadError where no row does."""
    for name, value in options.where.items():
        array = plain(sheet.columns[name])
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
