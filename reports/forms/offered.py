"""Choices that are known only when a form is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from django import forms


def offer(form: forms.Form, field: str, choices: Sequence[tuple[str, str]]) -> None:
    """Let a field be chosen among these: value and words."""
    cast("forms.ChoiceField", form.fields[field]).choices = choices
