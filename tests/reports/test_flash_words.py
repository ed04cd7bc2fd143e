"""What is told once after an act begins with no bare name: “Customers a month is made” reads as if months were."""

import ast
from collections.abc import Iterator

from tests.places import ROOT

# Counts and reasons, which begin with a word of ours.
WORDS = frozenset({"conflict", "error", "refused", "kept", "count", "capitalised", "said", "str", "row.period"})


def told() -> Iterator[tuple[str, ast.JoinedStr]]:
    for path in sorted((ROOT / "reports/views").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            asked = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if not asked or ast.unparse(node.func.value) != "messages":  # type: ignore[attr-defined]
                continue
            for text in node.args[1:]:  # type: ignore[attr-defined]
                if isinstance(text, ast.JoinedStr):
                    yield f"{path.name}:{text.lineno}", text


def test_no_message_begins_with_a_name_that_is_not_quoted() -> None:
    found = list(told())
    assert len(found) > 30
    bare = [
        at
        for at, text in found
        if isinstance(first := text.values[0], ast.FormattedValue)
        and not any(ast.unparse(first.value).startswith(word) for word in WORDS)
    ]
    # what was deleted is named by whoever deletes it, in quotes; an address of a server is no name
    assert [at for at in bare if not at.startswith(("deleting.py", "imports.py"))] == []


def test_what_is_deleted_is_named_in_quotes() -> None:
    for path in sorted((ROOT / "reports/views").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "deleted":
                named = ast.unparse(node.args[2])
                assert "“" in named or named == "name" or "version" in named, f"{path.name}: {named}"
