"""What an exported file states, walked value by value, and changed at one place as a forger would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Path = tuple[Any, ...]


def leaves(part: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every text, number, truth value and gap, by its place."""
    children = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else None
    if children is None or not part:
        yield path, part
    for name, child in children or ():
        yield from leaves(child, (*path, name))


def put(statement: Any, path: Path, value: Any) -> Any:
    """The statement with another value at a place."""
    changed = json.loads(json.dumps(statement))
    place = changed
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return changed
