"""What is asked before a scenario is called otherwise, or removed."""

from __future__ import annotations

from typing import Any

from reports.pages.undo.asking import Ask
from reports.words.phrases import count


def of_renamed(row: Any, form: Any, *, action: str, back: str) -> Ask:
    return Ask(
        title=f"Rename {row.name}",
        says=("Everybody in the product sees it under its new name. Its address stays, and so do its values.",),
        after="",
        submit="Save",
        action=action,
        back=back,
        form=form,
        danger=False,
    )


def of_removed(row: Any, *, action: str, back: str) -> Ask:
    moved = count(len(row.overrides), "input")
    return Ask(
        title=f"Remove {row.name}?",
        says=(f"It goes from everybody’s list, with the {moved} that it moves. No figure changes.",),
        after="It stays in the list of what was removed, with your name, and Restore brings it back as it was.",
        submit="Remove",
        action=action,
        back=back,
    )
