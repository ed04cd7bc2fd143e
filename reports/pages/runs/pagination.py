"""What stands below a list in numbered pages, for `components/pagination.html`."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page


def numbered(page: Page[Any], noun: str, at: str) -> dict[str, str | None]:
    """noun: the plural that begins the words; at: the address of the list, with what is asked of it."""
    count = page.paginator.count
    turned = f"{at}{'&' if '?' in at else '?'}page="
    return {
        "words": f"{noun} {page.start_index():,} to {page.end_index():,} of {count:,}" if count else "",
        "first": at if page.number > 2 else None,
        "previous": f"{turned}{page.number - 1}" if page.has_previous() else None,
        "next": f"{turned}{page.number + 1}" if page.has_next() else None,
    }
