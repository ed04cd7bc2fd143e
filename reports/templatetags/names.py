"""The filter of names that were looked for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


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
