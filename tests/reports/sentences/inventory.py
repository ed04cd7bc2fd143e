"""Which functions tell a figure: read from the source of the rooms that own sentences."""

import ast
import re
import sys
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

from tests.places import ROOT
from tests.reports.sentences.reading import PAIRS
from tests.reports.sentences.situations import KINDS, Lot

OWNERS = (
    "reports/words",
    "reports/pages",
    "reports/exports/documents",
    "reports/exports/changes.py",
    "metrics/services/delivery",
    "metrics/queries/delivery/alerts",
    "metrics/core/selection/told.py",
    "metrics/core/selection/told_turns.py",
)
WORD_A_NUMBER = frozenset(
    [
        "worded",
        "beside",
        "goal_words",
        "apart",
        "amount",
        "percent",
        "percents",
        "chance",
        "chance_words",
        "part",
        "likely",
        "numeral",
        "stated",
        "between",
        "word",
        "band_text",
        "band_words",
        "clear_of",
        "count",
        "counted",
        "in_words",
    ]
)
RUNS = 12  # situations of each kind that the inventory is taken in


def owners() -> dict[str, ast.FunctionDef]:
    """Each function that puts a number, or one of two opposite words, into words: "path:Class.name" → its source."""
    found: dict[str, ast.FunctionDef] = {}
    for owner in OWNERS:
        for path in sorted((ROOT / owner).rglob("*.py")) if (ROOT / owner).is_dir() else [ROOT / owner]:
            for name, node in _functions(ast.parse(path.read_text("utf-8"))):
                if _tells(node):
                    found[f"{path.relative_to(ROOT)}:{name}"] = node
    return found


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        if isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{one.name}", one) for one in node.body if isinstance(one, ast.FunctionDef))


def _tells(node: ast.FunctionDef) -> bool:
    parts = [one for one in ast.walk(node) if isinstance(one, ast.JoinedStr)]
    words = [" ".join(str(part.value) for part in one.values if isinstance(part, ast.Constant)) for one in parts]
    if not any(re.search(r"[a-z]{2,} |[A-Za-z]{3,}", said) for said in words):
        return False
    calls = {
        one.func.attr if isinstance(one.func, ast.Attribute) else getattr(one.func, "id", "")
        for one in ast.walk(node)
        if isinstance(one, ast.Call)
    }
    constants = [
        str(one.value) for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ]
    return bool(calls & WORD_A_NUMBER) or any(_both(pair, constants) for pair in PAIRS)


def pairs_of(node: ast.FunctionDef) -> list[tuple[str, str]]:
    """The opposite words that a function chooses between."""
    constants = [
        str(one.value) for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ]
    return [pair for pair in PAIRS if _both(pair, constants)]


def _both(pair: tuple[str, str], constants: list[str]) -> bool:
    """Whether a function chooses between two words: each is in a text that the other is not in."""
    up, down = ({text for text in constants if re.search(rf"\b{re.escape(word)}\b", text)} for word in pair)
    return bool(up - down) and bool(down - up)


def visited() -> dict[str, dict[str, CodeType]]:
    """Kind → what it runs of the owners: "path:name" → its code."""
    found: dict[str, dict[str, CodeType]] = {}
    roots = tuple(str(ROOT / owner) for owner in OWNERS)
    for kinds in KINDS.values():
        for kind, telling in kinds.items():
            seen: set[CodeType] = set()

            def look(frame: FrameType, event: str, _: Any, seen: set[CodeType] = seen) -> None:
                if event == "call":
                    seen.add(frame.f_code)

            sys.setprofile(look)
            try:
                for number in range(RUNS):
                    list(telling(Lot(kind, number)))
            finally:
                sys.setprofile(None)
            held = (code for code in seen if code.co_filename.startswith(roots))
            found[kind] = {
                f"{code.co_filename.removeprefix(str(ROOT) + '/')}:{code.co_qualname.partition('.<locals>')[0]}": code
                for code in held
                if "<locals>" not in code.co_qualname
            }
    return found
