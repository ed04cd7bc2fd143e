"""Where pages show the things that the rest of the house speaks of: one owner of kind → address."""

from __future__ import annotations

from django.urls import reverse

from metrics.things import Kind, Thing

PAGES: dict[Kind, tuple[str, str]] = {
    "run": ("run", ""),
    "runs": ("runs", ""),
    "evidence": ("run", "#evidence"),
    "mapping": ("mapping", ""),
    "assumption": ("assumption", ""),
}
"""Kind → the name of its page's address, and the place on the page."""


def address(thing: Thing) -> str:
    name, place = PAGES[thing.kind]
    return reverse(name, args=thing.keys) + place
