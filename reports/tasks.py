"""The work that is done with pages: what a worker calls for each kind. Each loads what it needs when it is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

DO: dict[str, Callable[[Any], None]] = {}
