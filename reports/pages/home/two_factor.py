"""What an app is set up from: its key as a picture, and codes as a file that is carried away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import quote

import segno
from django.utils.safestring import SafeString, mark_safe


def picture(address: str) -> SafeString:
    """An address as a QR code: an SVG within the page, dark on light in both themes, for cameras want it so."""
    code = segno.make(address, error="m", micro=False)
    return mark_safe(code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr"))


def as_file(codes: Sequence[str], whose: str, place: str, day: date) -> str:
    """Recovery codes as the address of a text file, which the browser saves and no server is asked for."""
    lines = [
        f"Recovery codes of {whose} at {place}, made on {day}.",
        "Each opens once, after the password.",
        "",
        *codes,
    ]
    return "data:text/plain;charset=utf-8," + quote("\n".join(lines) + "\n")
