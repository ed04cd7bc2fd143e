"""The check of an upload as one process asks another for it: a question and an answer that JSON can hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from metrics.core.late import pc
from metrics.core.rows.refusal import UploadError
from metrics.core.rows.spool import Columns
from metrics.core.rows.table import WORDS, digest_of, write_groups, write_votes
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
    folder = Path(asked["folder"])
    try:
        upload = read_upload(
            Path(asked["path"]),
            name=asked["name"],
            content_type=asked["content_type"],
            options=UploadOptions(**wanted),
            caps=Caps(max_rows=asked["max_rows"]),
            now=datetime.fromisoformat(asked["now"]),
            folder=folder,
        )
    except UploadError as error:
        return {"refused": error.as_json()}
    rows = upload.rows
    write_groups(rows.parts(), folder / ROWS)
    if upload.votes is not None:
        write_votes(upload.votes, folder / VOTES)
    first, last = _span(rows)
    return {
        "n": upload.n,
        "digest": digest_of(rows.parts([WORDS, "y_true"])),
        "first": first,
        "last": last,
        "votes": upload.votes is not None,
        "warnings": [warning.as_json() for warning in upload.warnings],
    }


def _span(rows: Columns) -> tuple[str | None, str | None]:
    """ISO times of the first and the last event; None where no event has one."""
    if "event_time" not in rows.names:
        return None, None
    spans = [pc.min_max(part["event_time"]).as_py() for part in rows.parts(["event_time"])]
    first = min((span["min"] for span in spans if span["min"] is not None), default=None)
    last = max((span["max"] for span in spans if span["max"] is not None), default=None)
    return first and first.isoformat(), last and last.isoformat()
