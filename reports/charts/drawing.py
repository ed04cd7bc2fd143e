"""From a Vega-Lite spec to an SVG that a strict page may hold.

Drawn with the light theme; each colour is then replaced by its custom property, so one drawing serves both themes. What
a page under `default-src 'self'` refuses (styles, scripts, links) is never let through: an unknown element or attribute
is dropped. A drawing takes about 50 ms (the first of a process 400 ms, and the renderer holds about 100 MB), so it is
made when first asked for and kept in a file under STORE_DIR by the digest of all that it depends on.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from reports.charts.values import Column, table

log = logging.getLogger(__name__)

Spec = Mapping[str, Any]

VERSION = 1  # raised when the same spec shall be drawn differently
VEGA_LITE = "6.1"
KEPT = 4000
THEME = json.loads((Path(__file__).parent / "theme.json").read_text("utf-8"))

COLOUR = {name.removeprefix("--"): colour for colour, name in THEME["custom_properties"].items()}

ELEMENTS = frozenset({"svg", "g", "path", "line", "rect", "circle", "text", "tspan", "defs", "clipPath"})
ATTRIBUTES = frozenset(
    """viewBox d x x1 x2 y y1 y2 dx dy cx cy r rx ry width height transform fill fill-opacity stroke stroke-width
    stroke-dasharray stroke-dashoffset stroke-opacity stroke-linecap stroke-linejoin stroke-miterlimit opacity
    text-anchor font-family font-size font-weight font-style clip-path id display pointer-events""".split()  # noqa: SIM905
)
STANDING = "standing"
MOVED = re.compile(r"translate\((-?[\d.e-]+),\s*(-?[\d.e-]+)\)")
DECIMALS = re.compile(r"-?\d+\.\d{3,}")

# The renderer holds one JavaScript engine a process; a second thread would only wait within it.
_renderer = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One chart in a drawing for each width of column, with its text alternative.

    specs: by size, "wide", "middle" and "narrow"; app.css shows the one that fits its column. says: the text
    alternative, a sentence that names the figures. caption: stands below. key: the legend as pairs (class of the sample
    in app.css: "line", "proj", "soft", "dash", "dot", …; words), plain HTML above the drawing. up: what the upright
    axis measures, where the key does not say it. behind: the values drawn, each of which a reader may look at.
    """

    specs: Mapping[str, Spec]
    says: str
    caption: str = ""
    key: tuple[tuple[str, str], ...] = ()
    up: str = ""
    behind: tuple[Column, ...] = ()

    @cached_property
    def digest(self) -> str:
        """Digest of all that decides the drawing."""
        parts = [VERSION, VEGA_LITE, THEME["light"], self.specs, self.says]
        text = json.dumps(parts, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def drawings(self) -> SafeString:
        """The SVG elements, from the store or drawn now; the text alternative as prose where drawing fails."""
        file = Path(settings.STORE_DIR) / "charts" / self.digest[:2] / f"{self.digest}.svg"
        try:
            return mark_safe(file.read_text("utf-8"))
        except OSError:
            pass
        try:
            svg = "".join(
                draw(spec, name=f"{self.digest[:10]}{size[0]}", size=size, says=self.says)
                for size, spec in self.specs.items()
            )
        except ValueError:
            log.exception("chart %s was not drawn", self.digest)
            return format_html('<p class="muted">{}</p>', self.says)
        _keep(file, svg)
        return mark_safe(svg)

    def __str__(self) -> str:
        key = mark_safe("".join(format_html('<span><i class="{}"></i>{}</span>', *pair) for pair in self.key))
        if self.up:
            key = format_html('<span class="up">{}</span>{}', self.up, key)
        legend = format_html('<p class="key">{}</p>', key) if key else ""
        caption = format_html("<figcaption>{}</figcaption>", self.caption) if self.caption else ""
        values = table(self.behind, of=self.says) if self.behind and self.behind[0].values else ""
        return format_html('{}<figure class="chart">{}{}{}</figure>', legend, self.drawings, caption, values)

    __html__ = __str__


def draw(spec: Spec, *, name: str, size: str = "wide", says: str = "") -> str:
    """The SVG of a spec: `size` is its class, `says` its text alternative, `name` makes its inner ids unique.

    The marks of a layer called STANDING are not drawn: where they would stand is told in `data-at`, "row x y" of each,
    in the units of the view box; row is their datum's `i`.

    Raises ValueError where the renderer refuses the spec. Nothing is ever fetched: data must lie in the spec.
    """
    root = ElementTree.fromstring(plain(spec))  # noqa: S314  # our own renderer's output, in which text is escaped
    told = _standing(root, spec)
    _admit(root, name)
    for attribute in ("width", "height"):
        root.attrib.pop(attribute, None)
    looked_at = {"tabindex": "0", "data-at": told} if told else {}
    root.attrib = {"class": size, "role": "img", "aria-label": says, **looked_at, **root.attrib}
    return ElementTree.tostring(root, encoding="unicode")


def plain(spec: Spec, theme: str = "light") -> str:
    """The SVG as the renderer makes it, with plain colours: for files that leave the platform."""
    import vl_convert  # takes long to load

    with _renderer:
        return str(
            vl_convert.vegalite_to_svg(
                dict(spec), vl_version=VEGA_LITE, config=THEME[theme], allowed_base_urls=[], show_warnings=False
            )
        )


def _standing(root: ElementTree.Element, spec: Spec) -> str:
    """Take the marks of the layer STANDING out of the drawing; "row x y" of each."""
    rows = [row["i"] for one in spec.get("layer", ()) if one.get("name") == STANDING for row in one["data"]["values"]]
    places = list(_taken(root, 0.0, 0.0)) if rows else []
    return "; ".join(f"{row} {x:.4g} {y:.4g}" for row, (x, y) in zip(rows, places, strict=True))


def _taken(element: ElementTree.Element, x: float, y: float) -> Iterator[tuple[float, float]]:
    for child in list(element):
        moved = MOVED.match(child.get("transform", ""))
        at = (x + float(moved[1]), y + float(moved[2])) if moved else (x, y)
        if f"{STANDING}_marks" in child.get("class", "").split():
            element.remove(child)
            for mark in child:
                here = MOVED.match(mark.get("transform", ""))
                if here:
                    yield at[0] + float(here[1]), at[1] + float(here[2])
        else:
            yield from _taken(child, *at)


def _admit(element: ElementTree.Element, name: str) -> None:
    """Keep known elements and attributes only, recoloured, with ids made unique and lengths cut to a hundredth."""
    element.tag = str(element.tag).rpartition("}")[2]
    for attribute, value in list(element.attrib.items()):
        if attribute not in ATTRIBUTES:
            del element.attrib[attribute]
        elif attribute in {"fill", "stroke"}:
            element.attrib[attribute] = _property(value)
        elif attribute == "id":
            element.attrib[attribute] = f"c{name}-{value}"
        elif attribute == "clip-path":
            element.attrib[attribute] = re.sub(r"url\(['\"]?#(\w+)['\"]?\)", rf"url(#c{name}-\1)", value)
        elif attribute in {"d", "transform"}:
            element.attrib[attribute] = DECIMALS.sub(lambda found: f"{float(found[0]):.2f}", value)
    for child in list(element):
        if str(child.tag).rpartition("}")[2] in ELEMENTS:
            _admit(child, name)
        else:
            element.remove(child)


def _property(colour: str) -> str:
    """A theme colour as its custom property; other colours are refused, so that no drawing fails in one theme."""
    if colour in {"none", "transparent"}:
        return colour
    found = THEME["custom_properties"].get(colour.lower())
    if found is None:
        raise ValueError(f"{colour!r} is no colour of the theme")
    return f"var({found})"


def _keep(file: Path, svg: str) -> None:
    """Write a drawing whole or not at all; where many lie about, the oldest of its folder go."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, suffix=".part", delete=False) as part:
            part.write(svg)
        os.replace(part.name, file)  # noqa: PTH105
        lying = sorted(file.parent.iterdir(), key=lambda other: other.stat().st_mtime)
        for old in lying[: -KEPT // 256]:
            old.unlink(missing_ok=True)
    except OSError:
        # A full or read-only disk costs speed, not the page.
        log.warning("chart %s could not be kept", file.name, exc_info=True)
