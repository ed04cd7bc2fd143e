"""The tasks, as the API takes and gives them: those that the code has when it is asked."""

from __future__ import annotations

from typing import Annotated, Any

from rest_framework import serializers

from metrics.api.protocol.hints import Component
from metrics.core.evaluation.metrics.tasks import DEFAULT, TASKS, in_words

TaskName = Annotated[str, Component("Task", lambda _: {"type": "string", "enum": list(TASKS)})]


class TaskField(serializers.ChoiceField):
    """One of the tasks, the usual one where none is named."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"choices": in_words(), "default": DEFAULT} | kwargs)
