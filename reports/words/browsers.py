"""What a browser is called, from what it says of itself."""

from __future__ import annotations

# What stands in the text of a browser or system → its name; those that claim to be another stand before that one.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),  # HeadlessChrome too
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser(text: str) -> str:
    """In words, as far as the text tells it; it may tell anything.

    >>> browser("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    'Firefox on Linux'
    >>> browser("curl/8")
    'a browser that is not known'
    """
    name = next((name for part, name in BROWSERS if part in text), "")
    system = next((name for part, name in SYSTEMS if part in text), "")
    if not name:
        return f"a browser that is not known, on {system}" if system else "a browser that is not known"
    return f"{name} on {system}" if system else name
