"""Cards of KPIs and models, which are made of pages: the API asks for them here, and the floor above says how."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metrics.models.product import Product, User

# Who asks, of which product, the key of the thing, the form ("md", "pdf", …) → the type of the file and its bytes.
# Raises access.Hidden where the product has no such thing, or there is no such form.
Made = Callable[["User", "Product", str, str], tuple[str, bytes]]

ABOVE: dict[str, Made] = {}
"""What a card is of, "kpi" or "model" → how it is made."""
