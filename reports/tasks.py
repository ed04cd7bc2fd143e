"""The work that is done with pages: what a worker calls for each kind. Each loads what it needs when it is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def deliver(work: Any) -> None:
    """Send one row of the ledger."""
    from metrics.services.delivery import sending
    from reports.pages.deliveries import letters

    sending.deliver(work, letters.letter_of)


def pack(work: Any) -> None:
    """Make a pack, or write it again."""
    from reports.exports import making

    making.WORK[work.kind](work)


DO: dict[str, Callable[[Any], None]] = {"delivery": deliver, "pack": pack, "pack_again": pack}
