"""What is done with pages for those below: work by kind, cards by what they are of. Each loads what it needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def deliver(work: Any) -> None:
    """Send one row of the ledger."""
    from metrics.services.delivery import sending
    from reports.pages.deliveries import letters

    sending.deliver(work, letters.letter_of)


def pack(work: Any) -> None:
    """Make a pack, or write it again; or make one that goes with a letter."""
    from reports.exports import making

    making.WORK[work.kind](work)


def kpi_card(user: Any, product: Any, key: str, form: str) -> tuple[str, bytes]:
    from reports.exports import cards

    return cards.kpi(user, product, key, form)


def model_card(user: Any, product: Any, key: str, form: str) -> tuple[str, bytes]:
    from reports.exports import cards

    return cards.model(user, product, key, form)


CARDS: dict[str, Callable[[Any, Any, str, str], tuple[str, bytes]]] = {"kpi": kpi_card, "model": model_card}
DO: dict[str, Callable[[Any], None]] = {"delivery": deliver, "pack": pack, "pack_again": pack, "delivery_pack": pack}
