"""Names that were looked for, and the place of what is said of a thing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from metrics.things import Kind, Thing

register = template.Library()
CURRENT = mark_safe(' aria-current="true"')


@register.filter
def marked(text: str, words: Sequence[str]) -> SafeString:
    """A name with the words that were looked for marked in it; everything is escaped."""
    if not words:
        return escape(text)
    held = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)), re.IGNORECASE)
    parts, at = [], 0
    for found in held.finditer(text):
        parts += [escape(text[at : found.start()]), format_html("<mark>{}</mark>", found.group())]
        at = found.end()
    return mark_safe("".join([*parts, escape(text[at:])]))


@register.filter
def links(items: Iterable[Any]) -> SafeString:
    """An item of a list each, with a link: what is `current` is marked. There may be hundreds on every page, which a
    template would go through ten times as slowly."""
    return mark_safe("".join(_link(one.url, one.label, one.current) for one in items))


@lru_cache(maxsize=4096, typed=True)  # safe text is another type: it is not escaped
def _link(url: str, label: str, current: bool) -> SafeString:
    return format_html('<li><a href="{}"{}>{}</a></li>', url, CURRENT if current else "", label)


@register.filter
def with_mentions(pieces: Sequence[Any]) -> SafeString:
    """Pieces of what was said (`text`, and whether it is a `mention`), mentions marked; everything is escaped."""
    parts = (format_html('<b class="mention">{}</b>' if one.mention else "{}", one.text) for one in pieces)
    return mark_safe("".join(parts))


@register.inclusion_tag("comments/place.html")
def comments_on(kind: Kind, slug: str, *keys: Any) -> dict[str, str]:
    """Where what is said of a thing stands on its page."""
    thing = Thing(kind, (slug, *(str(key) for key in keys)))
    return {"url": f"{reverse('comments-on', args=[slug])}?thing={thing}"}
