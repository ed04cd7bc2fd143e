"""Runs whose rows stay where they lie: what their sender measured there is checked and kept, and named as theirs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from metrics import access, store
from metrics.core.evaluation.statistics.container import ContainerError
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.evaluation.supplied import name_of, supplied
from metrics.core.rows.groups import MONTH
from metrics.models.product import Product, User
from metrics.services.evaluation.reported import reported
from metrics.services.evaluation.rows import File, Stored, task
from metrics.services.evaluation.runs import Elsewhere, Received, kept_of, named_in
from metrics.services.writing.refusal import Fault, TooLarge, invalid

MOST_BYTES = 64 << 20  # of a cube as it is sent
AGAIN = "scan the rows again with kpiplatform.spark.log_run"


def receive(actor: User, product: Product, *, manifest: Mapping[str, Any], file: File | None) -> Received:
    """Check a run of rows elsewhere, and store its cube or sums. What is wrong raises Invalid or TooLarge and leaves
    nothing behind."""
    access.require(actor, "run.create", product)
    model, version, of_task = named_in(manifest, "model"), named_in(manifest, "version"), task(manifest)
    given, told = reported(product, manifest.get("metrics") or {}, task=of_task)
    source = str(manifest["source"]).strip()
    if not source or not source.isprintable():
        raise invalid(
            "source", "names where the rows lie, in printable characters", remedy="such as delta:main.preds@v412"
        )
    if manifest["months_in"] != product.time_zone:
        message = f"is {manifest['months_in'][:60]}, and months of {product.name} are those of {product.time_zone}"
        raise invalid("months_in", message, code="time_zone", remedy=AGAIN)
    if file is None:
        raise invalid("file", "is needed", code="required", remedy="send the cube, or the sums, of the rows")
    content = _content(file, of_task, manifest)
    cube = hashlib.sha256(content).hexdigest()
    if cube != manifest["cube"]:
        message = f"says sha256 {manifest['cube'][:12]}…, and what came has {cube[:12]}…"
        raise invalid("cube", message, code="digest", remedy="send the file again")
    n, digest = manifest["n_rows"], manifest["rows_digest"]
    scan = {
        key: manifest[key]
        for key in ("segments", "amounts", "least_count", "parts", "months_in", "classes", "rows_digest")
        if manifest.get(key)
    }
    name = name_of(source, n=n, digest=digest, cube=cube)
    warnings = [Fault(**one).as_json() for one in manifest.get("warnings") or []]
    ends = manifest.get("first_event"), manifest.get("last_event")
    rows = Stored(rows=name, votes="", digest=digest, n=n, first=ends[0], last=ends[1], warnings=warnings)
    kept = kept_of(manifest, scan=scan)
    return Received(
        model=model,
        version=version,
        name=str(manifest.get("name") or version)[:120],
        data_set=str(manifest.get("dataset") or source)[:120],
        kept=kept,
        task=of_task,
        reported=given,
        warnings=[*warnings, *told],
        rows=rows,
        reference_rows="",
        reference=None,
        training=None,
        origin="",
        elsewhere=Elsewhere(source, store.put(content), len(content)),
    )


def _content(file: File, of_task: str, manifest: Mapping[str, Any]) -> bytes:
    """The bytes of the cube or sums, of as many rows as are said."""
    if file.path.stat().st_size > MOST_BYTES:
        message = f"is over {MOST_BYTES >> 20} MB, and cubes have a few"
        raise TooLarge(Fault(field="file", message=message, code="too_large", remedy="name fewer segments"))
    content = file.path.read_bytes()
    try:
        found = supplied(content, of_task)
    except ContainerError as error:
        message = f"is neither a cube nor sums of a scan: {error}"[:300]
        raise invalid("file", message, code="unreadable", remedy=AGAIN) from error
    unlabelled = int(found.whole.unlabelled[0]) if isinstance(found, Cube) else found.n_unlabelled
    if found.n + unlabelled > manifest["n_rows"]:
        message = f"holds {found.n + unlabelled:,} rows, and n_rows says {manifest['n_rows']:,}"
        raise invalid("n_rows", message, code="contradiction", remedy=AGAIN)
    groups = [column for column, _ in found.groups()] if isinstance(found, Cube) else [one for one, _ in found.groups]
    if set(groups) - {"", MONTH} != set(manifest.get("segments") or ()) - {MONTH}:
        message = f"are {', '.join(sorted(set(groups) - {'', MONTH})) or 'none'} in what was scanned"[:300]
        raise invalid("segments", message, code="contradiction", remedy=AGAIN)
    amounts = {*found.amounts, *found.left_out} if isinstance(found, Cube) else set(manifest.get("amounts") or ())
    if amounts != set(manifest.get("amounts") or ()):
        message = f"are {', '.join(sorted(amounts)) or 'none'} in what was scanned"[:300]
        raise invalid("amounts", message, code="contradiction", remedy=AGAIN)
    return content
