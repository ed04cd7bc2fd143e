"""Which exported file is computed again by what: each form that a file may have, in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from metrics.core.offline import decision, receipt
from metrics.core.offline.archive import Archive, NotAReceipt

KINDS: Mapping[str, Callable[..., dict[str, Any]]] = {
    receipt.FORM: receipt.verified,
    decision.FORM: decision.verified,
}


def verified(archive: Archive, *, seal: str = "", rows: Path | None = None) -> dict[str, Any]:
    """Compute again what an exported file states, by its form. Raises NotAReceipt for another form."""
    kind = KINDS.get(archive.form)
    if kind is None:
        raise NotAReceipt(f"the file is of another form than {' or '.join(KINDS)}: export it again")
    return kind(archive, seal=seal, rows=rows)
