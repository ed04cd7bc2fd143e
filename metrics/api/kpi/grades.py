"""Grades in answers."""

from typing import Annotated

from metrics.api.protocol.hints import Component
from metrics.queries.kpi.grade import WORDS

_CLAIM = "How far the money may be believed: " + ", ".join(f"{letter} {word}" for letter, word in WORDS.items()) + "."

GradeLetter = Annotated[
    str, Component("Grade", lambda hints: {"type": "string", "enum": list(WORDS), "description": _CLAIM})
]
