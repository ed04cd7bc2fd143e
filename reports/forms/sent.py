"""Lines that are pasted into a field, or sent as a file beside it."""

from __future__ import annotations

from typing import Any

from django import forms

MOST_BYTES = 200_000


def sent_text(form: forms.Form, given: dict[str, Any], *, what: str, empty: str) -> bool:
    """Put the text of the file, where one was sent, into `given["text"]`; False where there is none to be read.

    what: plural of what a line holds; empty: what to do where nothing was given. Faults stand beside their field.
    """
    sent = given.get("file")
    if sent is not None:
        if sent.size > MOST_BYTES:
            form.add_error("file", f"Is over 200 kB. Import fewer {what} at a time.")
            return False
        try:
            given["text"] = sent.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            form.add_error("file", "Is no text in UTF-8. Save the sheet as CSV (UTF-8).")
            return False
    if not (given.get("text") or "").strip():
        form.add_error("text", empty)
        return False
    return True
