"""The audit as a page: acts in words, and where its files are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from metrics.queries.product import audit, people
from reports.words.trail import told

FILES = (("CSV", "csv"), ("JSON lines", "jsonl"))


@dataclass(frozen=True)
class Line:
    """product: its slug; "" of what concerns none in particular."""

    did: str
    when: datetime
    product: str


@dataclass(frozen=True)
class AuditPage:
    """product: None for the audit of all. at: its address with what is looked for. files: (label, address)."""

    product: Any
    lines: tuple[Line, ...]
    at: str
    clear: str
    files: tuple[tuple[str, str], ...]
    narrowed: bool


def audit_lines(entries: Collection[Any]) -> tuple[Line, ...]:
    names = audit.names(entry.product for entry in entries)
    who = people.named(text for entry in entries for text in (entry.actor, entry.subject))
    return tuple(
        Line(told(entry, names.get(entry.product, {}), who), entry.created_at, entry.product) for entry in entries
    )


def audit_page(product: Any, entries: Collection[Any], asked: QueryDict) -> AuditPage:
    own, file = ("audit", "audit-file") if product is None else ("product-audit", "product-audit-file")
    of = [] if product is None else [product.slug]
    kept = asked.copy()
    kept.pop("page", None)
    for name in [name for name, value in kept.items() if not value]:
        del kept[name]
    query = f"?{kept.urlencode()}" if kept else ""
    clear = reverse(own, args=of)
    files = tuple((label, reverse(file, args=[*of, written]) + query) for label, written in FILES)
    return AuditPage(product, audit_lines(entries), clear + query, clear, files, bool(kept))
