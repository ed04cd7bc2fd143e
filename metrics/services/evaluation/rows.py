"""Checking the rows of a file and putting them into the store, for runs and for data sets alike."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from django.utils import timezone

from metrics import store
from metrics.core.calendar import place
from metrics.core.evaluation.metrics.tasks import DEFAULT, TASKS, rows_of
from metrics.core.rows.refusal import TOO_LARGE
from metrics.core.rows.table import only_rescaled
from metrics.core.rows.upload import asked
from metrics.core.rows.upload.options import UploadOptions
from metrics.models.evaluation import DataSet, RemovedRows
from metrics.models.product import Product, User
from metrics.services.evaluation.checking import checked
from metrics.services.writing.refusal import Fault, Invalid, TooLarge, clean, invalid


@dataclass(frozen=True, kw_only=True)
class File:
    """A received file: where it lies, and what its sender calls it."""

    path: Path
    name: str
    content_type: str = ""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """Rows that were checked and lie in the store; nothing is written to the database yet.

    rows, votes: digests of files; votes is "" where labels came without labelers. digest: that of ids and labels.
    """

    rows: str
    votes: str
    digest: str
    n: int
    first: Any
    last: Any
    warnings: list[dict[str, Any]]


def stored(
    product: Product,
    manifest: Mapping[str, Any],
    file: File,
    *,
    kind: Literal["run", "dataset"] = "run",
    part: str = "where",
) -> Stored:
    """Check the rows of a part of a file (`where` or `reference`). What is wrong raises Invalid or TooLarge."""
    options = UploadOptions(
        task=rows_of(task(manifest)),
        kind=kind,
        rename=texts(manifest, "rename"),
        where=texts(manifest, part),
        segments=tuple(manifest.get("segments") or ()),
        amounts=tuple(manifest.get("amounts") or ()),
        drop_missing=bool(manifest.get("drop_missing", False)),
        interval_level=_level(manifest),
        naive=manifest.get("naive"),
        classes=tuple(str(name) for name in manifest.get("classes") or ()),
        label_scale=str(manifest.get("label_scale") or ""),
        label_order=tuple(str(name) for name in manifest.get("label_order") or ()),
        decimal=str(manifest.get("decimal") or ""),
        time_zone=_place(manifest) or product.time_zone,
    )
    with tempfile.TemporaryDirectory(prefix="upload-") as held:
        folder = Path(held)
        question = asked.question(
            file.path,
            name=file.name,
            content_type=file.content_type,
            options=options,
            max_rows=settings.UPLOAD_MAX_ROWS,
            now=timezone.now(),
            folder=folder,
        )
        answer = checked(question, size=file.path.stat().st_size)
        if refused := answer.get("refused"):
            fault = Fault(**refused)
            raise TooLarge(fault) if fault.code == TOO_LARGE else Invalid(fault)
        first, last = (datetime.fromisoformat(answer[end]) if answer[end] else None for end in ("first", "last"))
        return Stored(
            rows=store.put_file(folder / asked.ROWS),
            votes=store.put_file(folder / asked.VOTES) if answer["votes"] else "",
            n=answer["n"],
            digest=answer["digest"],
            first=first,
            last=last,
            warnings=answer["warnings"],
        )


def data_set(
    product: Product, name: str, rows: Stored, *, task: str, role: str = "evaluation", actor: User | None = None
) -> tuple[DataSet, bool]:
    """The data set of that name with these ids and labels, and whether it is new: then it takes the next number.

    Votes, once known, stay with the data set; the scale of their labels may be declared anew. Call it inside the
    transaction of what needs it.
    """
    RemovedRows.objects.filter(digest__in=[rows.rows, rows.votes]).delete()  # whoever logs rows again keeps them
    held = DataSet.objects.filter(product=product, name=name)
    found = held.filter(digest=rows.digest).first()
    if found is not None:
        if rows.votes and (not found.votes or _rescaled(rows.votes, found.votes)):
            found.votes = rows.votes
            found.save(update_fields=["votes"])
        return found, False
    last = held.order_by("-number").values_list("number", flat=True).first()
    made = DataSet(
        product=product,
        name=name,
        role=role,
        task=task,
        number=(last or 0) + 1,
        digest=rows.digest,
        rows=rows.rows,
        votes=rows.votes,
        n_rows=rows.n,
        first_event=rows.first,
        last_event=rows.last,
        warnings=rows.warnings,
        created_by=actor,
    )
    clean(made).save()
    return made, True


def _rescaled(votes: str, before: str) -> bool:
    return votes != before and only_rescaled(store.path(votes), store.path(before))


def named(product: Product, text: Any, field: str) -> DataSet | None:
    """The data set called "name" (its newest version) or "name@digest", the digest's first digits; None for no text."""
    if text in (None, ""):
        return None
    name, _, digest = str(text).partition("@")
    found = DataSet.objects.filter(product=product, name=name, digest__startswith=digest).order_by("-number").first()
    if found is None:
        raise invalid(field, f"there is no data set “{str(text)[:80]}”", code="unknown", remedy="log it first")
    return found


def task(manifest: Mapping[str, Any]) -> str:
    """The task that a manifest names, binary where it names none."""
    name = str(manifest.get("task") or DEFAULT)
    if name not in TASKS:
        raise invalid("task", f"“{name[:40]}” is no task", remedy="one of " + ", ".join(TASKS))
    return name


def texts(manifest: Mapping[str, Any], field: str) -> dict[str, str]:
    """A field that holds column and value, as texts."""
    given = manifest.get(field) or {}
    if not isinstance(given, Mapping) or not all(isinstance(v, str | int | float) for v in given.values()):
        raise invalid(field, "is an object of column and value", remedy='such as {"split": "test"}')
    return {str(key): str(value) for key, value in given.items()}


def _place(manifest: Mapping[str, Any]) -> str:
    """The time zone in which times without one are written; "" where the manifest leaves that to the product."""
    given = manifest.get("time_zone")
    if given in (None, ""):
        return ""
    try:
        return place(str(given))
    except ValueError as error:
        message, _, remedy = str(error).partition("; ")
        raise invalid("time_zone", message, code="unknown", remedy=remedy) from error


def _level(manifest: Mapping[str, Any]) -> float | None:
    level = manifest.get("interval_level")
    if level is None:
        return None
    if isinstance(level, bool) or not isinstance(level, int | float):
        raise invalid("interval_level", "is a share between 0 and 1", remedy="such as 0.9")
    return float(level)
