"""An uploaded file of predictions or of a data set, checked cell by cell, as the canonical table of `rows`.

Nothing is repaired in silence. What could change a number is refused with field, data row and remedy (UploadError);
what only deserves a look is kept and told (UploadWarning). Data rows are counted from 1, in the file as sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from metrics.core.late import pa, pc
from metrics.core.rows.refusal import UploadError, UploadWarning, Warn
from metrics.core.rows.spool import Columns
from metrics.core.rows.table import kinds
from metrics.core.rows.upload.classes import Classes, classed
from metrics.core.rows.upload.columns import amounts, features, identified, segments, weighted_and_timed
from metrics.core.rows.upload.labels import labelled
from metrics.core.rows.upload.limits import Caps, no_rows
from metrics.core.rows.upload.options import UploadOptions, check_options
from metrics.core.rows.upload.plan import Plan, planned
from metrics.core.rows.upload.predictions import predicted
from metrics.core.rows.upload.sheet import Sheet, chosen
from metrics.core.rows.upload.source import cells, opened
from metrics.core.rows.upload.votes import gathered

__all__ = ["Caps", "Upload", "UploadError", "UploadOptions", "UploadWarning", "read_upload"]


@dataclass(frozen=True, eq=False)
class Upload:
    """The rows kept, as the canonical table, wherever they lie, the votes behind their labels, and what was noticed.

    votes: None where the file names no labelers. n_sent: data rows in the file; n: rows kept, which are examples;
    n_unlabelled: of these, without a label (or whose votes tie); n_dropped: examples left out for want of a prediction
    (only with drop_missing). The rest of n_sent did not meet `where`, or were further votes on the same example.
    """

    rows: Columns
    votes: pa.Table | None
    warnings: tuple[UploadWarning, ...]
    n_sent: int
    n: int
    n_unlabelled: int
    n_dropped: int

    @property
    def table(self) -> pa.Table:
        """All rows at once."""
        return self.rows.table()


def read_upload(
    path: Path,
    *,
    name: str,
    content_type: str,
    options: UploadOptions,
    caps: Caps,
    now: datetime,
    folder: Path | None = None,
) -> Upload:
    """Read and check an uploaded file. `name` and `content_type` are the sender's claims; `now` (with a zone) judges
    future times. folder: where the rows of a large file are to lie; in memory where there is none.

    Raises UploadError for the first fault found: of the options, then of the file, of its columns, of their cells; and
    MemoryError where the process may not have as much as they take.
    """
    check_options(options)
    warnings: list[UploadWarning] = []
    with TemporaryDirectory(prefix="upload-") as own:
        told, place = warnings.append, Path(own)
        caps = caps.for_file(path.stat().st_size)
        source = opened(path, name=name, content_type=content_type, caps=caps, folder=place, warn=told)
        plan = planned(source, options)
        warnings += plan.warnings
        raw = cells(source, list(plan.read.values()), caps=caps, folder=place)
        return _read(Sheet.of(raw, plan.read), plan, options, caps, now, Columns(folder), warnings)


def _read(
    sheet: Sheet,
    plan: Plan,
    options: UploadOptions,
    caps: Caps,
    now: datetime,
    columns: Columns,
    warnings: list[UploadWarning],
) -> Upload:
    n_sent = sheet.n
    if n_sent == 0:
        raise no_rows()
    sheet, votes, classes = chosen(sheet, options), None, Classes(probabilities={})
    if options.task.classed:
        sheet, classes = classed(sheet, plan, options, caps, warnings.append)
    if plan.votes:
        sheet, votes = gathered(sheet, options, caps, warnings.append)
    elif options.label_scale:
        message = "a scale of labels is of votes, and the file has no labeler_id"
        raise UploadError("label_scale", "contradiction", message, remedy="Leave it out, or say who gave each label.")
    n_examples = sheet.n
    sheet, predictions = predicted(sheet, columns, plan, classes, options, warnings.append)
    n_unlabelled = _fill(columns, sheet, predictions, plan, classes, options, caps, now, warnings.append)
    if votes is not None and sheet.n < n_examples:
        votes = votes.filter(pc.is_in(votes["example_id"], columns.table(["example_id"])["example_id"]))
    return Upload(
        columns,
        votes,
        tuple(warnings),
        n_sent=n_sent,
        n=sheet.n,
        n_unlabelled=n_unlabelled,
        n_dropped=n_examples - sheet.n,
    )


def _fill(
    columns: Columns,
    sheet: Sheet,
    predictions: list[str],
    plan: Plan,
    classes: Classes,
    options: UploadOptions,
    caps: Caps,
    now: datetime,
    warn: Warn,
) -> int:
    """Fill in the canonical table: predictions, and every other column of the sheet checked and taken out of it in
    turn. Gives how many rows have no label."""
    named = identified(sheet, columns, options, caps, warn)
    unlabelled = labelled(sheet, columns, options, warn)
    timed = weighted_and_timed(sheet, columns, plan, options, now, warn)
    if "weight" in timed and not any(pc.sum(weights).as_py() > 0 for weights in columns.blocks("weight")):
        remedy = "Leave the column out to weigh rows alike."
        raise UploadError("weight", "out_of_range", "every weight is 0", remedy=remedy)
    options.task.checked(columns, warn)
    money = columns.add(amounts(sheet, plan, options, warn))
    groups = columns.add(segments(sheet, plan, options, caps, warn))
    inputs = columns.add(features(sheet, plan, caps, warn))
    columns.arrange(["example_id", *named, "y_true", *predictions, *timed, *groups, *money, *inputs])
    columns.metadata = kinds(
        segments=groups,
        amounts=money,
        task=options.task.name,
        interval=None if plan.interval is None else plan.interval[2],
        naive=options.naive,
        classes=classes.names if options.task.classed else None,
    )
    return unlabelled
