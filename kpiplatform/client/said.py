"""What a command of `kpi` says."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Said:
    """The answer of a command: as JSON, in words, and the exit code."""

    json: Any
    words: str
    code: int = 0


Command = Callable[[argparse.Namespace], Said]
