"""The check of an upload as one process asks another for it: a question and an answer that JSON can hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from metrics.core.late import pc
from metrics.core.rows.refusal import UploadError
from metrics.core.rows.table import data_digest, write_rows, write_votes
from metrics.core.rows.upload.options import UploadOptions
from metrics.core.rows.upload.table import Caps, read_upload
from metrics.core.rows.upload.task import TaskRows

ROWS, VOTES = "rows.parquet", "votes.parquet"


def question(
    path: Path, *, name: str, content_type: str, options: UploadOptions, max_rows: int, now: datetime, folder: Path
) -> dict[str, Any]:
    """What is asked. folder: where the canonical rows, and the votes if there are any, are to be written."""
    wanted = {field.name: getattr(options, field.name) for field in fields(options)} | {"task": options.task.name}
    return {
        "path": str(path),
        "name": name,
        "content_type": content_type,
        "options": wanted,
        "max_rows": max_rows,
        "now": now.isoformat(),
        "folder": str(folder),
    }


def answer(asked: Mapping[str, Any], task: Callable[[str], TaskRows]) -> dict[str, Any]:
    """Check the file of a question and write its rows: {n, digest, first, last, votes, warnings}, or {refused}.

    task: the rows of a task by its name. first, last: ISO times of its events, null where they have none. votes:
    whether there are any. Raises MemoryError.
    """
    wanted = asked["options"] | {"task": task(asked["options"]["task"])}
    wanted |= {name: tuple(wanted[name]) for name in ("segments", "amounts", "classes", "label_order")}
    try:
        upload = read_upload(
            Path(asked["path"]),
            name=asked["name"],
            content_type=asked["content_type"],
            options=UploadOptions(**wanted),
            caps=Caps(max_rows=asked["max_rows"]),
            now=datetime.fromisoformat(asked["now"]),
        )
    except UploadError as error:
        return {"refused": error.as_json()}
    table, folder = upload.table, Path(asked["folder"])
    write_rows(table, folder / ROWS)
    if upload.votes is not None:
        write_votes(upload.votes, folder / VOTES)
    times = pc.min_max(table["event_time"]).as_py() if "event_time" in table.column_names else {}
    first, last = (moment.isoformat() if (moment := times.get(end)) else None for end in ("min", "max"))
    return {
        "n": table.num_rows,
        "digest": data_digest(table),
        "first": first,
        "last": last,
        "votes": upload.votes is not None,
        "warnings": [warning.as_json() for warning in upload.warnings],
    }
