"""The page of imports: each address with the report of its last import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from metrics.core.rows.refusal import counted
from metrics.queries.evaluation import imports
from metrics.queries.evaluation.registry import unregistered

STATES = {"done": ("good", "Done"), "failed": ("bad", "Failed"), "running": ("warn", "Runs now")}
WAITING, STOPPED, NEVER = ("warn", "Waits"), ("unknown", "Stopped"), ("unknown", "Not begun")
UNITS = ((1440, "day"), (60, "hour"), (1, "minute"))


def imports_page(product: Any) -> dict[str, Any]:
    """rows: address, state, the report; open: metrics that nobody registered; poll: the page's own address, or ""."""
    held, under_way = list(imports.imports(product)), imports.under_way(product)
    rows = [_row(one, one.pk in under_way) for one in reversed(held)]
    return {
        "product": product,
        "rows": rows,
        "open": unregistered(product),
        "poll": reverse("imports", args=[product.slug]) if under_way else "",
    }


def _row(held: Any, under_way: bool) -> dict[str, Any]:
    result = held.last_result or {}
    state = STATES.get(result.get("state", ""), NEVER)
    if held.stopped_at is not None:
        state = STOPPED
    elif under_way and result.get("state") != "running":
        state = WAITING
    return {
        "held": held,
        "state": state,
        "every": _every(held.every_minutes),
        "error": result.get("error") or "",
        "counts": _counts(result),
        "told": result.get("told") or [],
        "told_more": result.get("told_more") or 0,
        "renamed": result.get("renamed") or [],
        "new_metrics": result.get("new_metrics") or [],
        "more": bool(result.get("more")),
        "under_way": under_way,
    }


def _every(minutes: int | None) -> str:
    if minutes is None:
        return "only when asked"
    count, noun = next((minutes // size, noun) for size, noun in UNITS if minutes % size == 0)
    return f"every {noun}" if count == 1 else f"every {count} {noun}s"


def _counts(result: Mapping[str, Any]) -> str:
    """What came of an import, in one sentence; "" where none has come to an end."""
    if not result:
        return ""
    imported, rows = result.get("imported", 0), result.get("with_rows", 0)
    parts = [f"{counted(imported, 'run')} taken over" + (f", {rows:,} of them with rows" if rows else "")]
    for name, words in (
        ("already_there", "there already"),
        ("changed", "changed there since"),
        ("refused", "refused"),
        ("unfinished", "still under way there"),
    ):
        if result.get(name):
            parts.append(f"{result[name]:,} {words}")
    return "; ".join(parts) + "."
