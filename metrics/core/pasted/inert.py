"""Texts that go to a sheet: none is taken for a formula there."""

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")


def inert(text: str) -> str:
    """A cell that no spreadsheet computes: an apostrophe before = + - @ TAB CR LF. A dash alone is left as it is."""
    return f"'{text}" if text.startswith(RISKY) and text.strip() != "-" else text
