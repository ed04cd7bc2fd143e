"""All that is held about a person as one ZIP: a JSON file a table, and an index to read."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO, Any

from django.core.serializers.json import DjangoJSONEncoder

from metrics.queries.product import chain, held
from reports.words.trail import told

NAME = "index.txt"
INTRODUCTION = """\
What kpiplatform holds about {name}, as of {at:%Y-%m-%d %H:%M} UTC.

Each file is JSON. Times are UTC. Other people stand in them by their numbers ("person 3"). Passwords, tokens and
sessions are kept as what lets nobody in, or are left out. Issued packs are papers of their products: those that you
read have the names that were printed on them. Figures, runs and documents of products are named here and not copied.

"""


def person_file(of: Any, at: datetime) -> IO[bytes]:
    """The ZIP in a temporary file, which is gone when it is closed; at its beginning."""
    file = TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    names = {of.mark: of.username}
    lines: list[tuple[str, str, int | None]] = [("account.json", "your account", None)]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("account.json", _json(held.account(of)))
        for table, one in held.HELD.items():
            name = f"{table.replace('.', '/')}.json"
            lines.append((name, one.words, _write(made, name, held.rows(of, table))))
        lines.append(("owned.json", "what calls you its owner", _write(made, "owned.json", held.owned(of))))
        said = (chain.content(one) | {"said": told(one, {}, names)} for one in held.entries(of).iterator(1000))
        lines.append(("audit.json", "the audit, by you and about you", _write(made, "audit.json", said)))
        index = INTRODUCTION.format(name=of, at=at) + "\n".join(_line(*line) for line in lines) + "\n"
        made.writestr(NAME, index)
    file.seek(0)
    return file


def _line(name: str, words: str, count: int | None) -> str:
    return f"{name:<34} {'' if count is None else count:>7}  {words}"


def _write(made: zipfile.ZipFile, name: str, rows: Iterable[dict[str, Any]]) -> int:
    """A JSON array, row by row; gives how many there are."""
    count = 0
    with made.open(name, "w") as file:
        for part in _array(rows):
            file.write(part)
            count += part[:1] == b" "
    return count


def _array(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    yield b"["
    for at, row in enumerate(rows):
        yield b",\n" if at else b"\n"
        yield b" " + _json(row)
    yield b"\n]\n"


def _json(value: Any) -> bytes:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, default=str).encode("utf-8", "replace")
