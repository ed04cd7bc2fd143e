"""The address of the page of scenarios: all that it shows stands in it, so that it can be sent to somebody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from metrics.queries.revenue.compared import items
from metrics.queries.revenue.needed import CHANCES

EXPECTED = "expected"
LEVELS: dict[str, float | None] = {f"{100 * chance:.0f}": chance for chance in CHANCES} | {EXPECTED: None}
SHOWS = ("total", "chance")
KEPT = ",:;"  # characters that an address need not escape


@dataclass(frozen=True, kw_only=True)
class Asked:
    """compare: what stands side by side. under: the one of them that the rest of the page is under, "" as assumed.
    level: the chance asked for in percent, or EXPECTED. down, across: the drivers of the table. show: its figures.
    """

    compare: tuple[str, ...] = ()
    under: str = ""
    level: str = "50"
    down: str = ""
    across: str = ""
    show: str = "total"

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Asked:
        """Of an address; what is none of the words that there are is as if it were not there."""
        level, show = str(given.get("level", "")), str(given.get("show", ""))
        return cls(
            compare=tuple(items(str(given.get("compare", "")))),
            under=str(given.get("under", ""))[:2000],
            level=level if level in LEVELS else cls.level,
            down=str(given.get("down", ""))[:60],
            across=str(given.get("across", ""))[:60],
            show=show if show in SHOWS else cls.show,
        )

    def url(self, slug: str, place: str = "", **changed: Any) -> str:
        """The page with something changed, at a place on it."""
        one = replace(self, **changed)
        words = {"compare": ",".join(one.compare)} | {
            name: value for name, value in vars(one).items() if name != "compare"
        }
        plain = vars(Asked()) | {"compare": ""}
        asked = urlencode({name: value for name, value in words.items() if value != plain[name]}, safe=KEPT)
        return reverse("scenarios", args=[slug]) + (f"?{asked}" if asked else "") + (f"#{place}" if place else "")

    def without(self, item: str) -> dict[str, Any]:
        """What changes where one is compared no longer."""
        kept = tuple(one for one in self.compare if one != item)
        return {"compare": kept, "under": self.under if self.under != item else ""}

    def hidden(self, *but: str) -> dict[str, str]:
        """What a form of the page has to send along, besides its own fields."""
        words = {"compare": ",".join(self.compare), "under": self.under, "level": self.level}
        words |= {"down": self.down, "across": self.across, "show": self.show}
        return {name: value for name, value in words.items() if value and name not in but}
