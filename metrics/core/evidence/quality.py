"""Quality: missing cells, copies, ranges and units, categories, balance, and labels that contradict one another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.evidence.categories import Category, misspelt, unseen
from metrics.core.evidence.check import Finding, Judged, NotChecked, percent
from metrics.core.evidence.columns import finite, floats, is_number, label_names, missing, shares, shown
from metrics.core.evidence.kind import CheckKind
from metrics.core.evidence.quality_figures import figures
from metrics.core.evidence.repeats import Repeats, repeated_ids, repeats
from metrics.core.evidence.slips import OUTSIDE, Range, Slip, ranges, slips
from metrics.core.late import pa

MOST_MISSING = 0.05
MOST_COPIES = 0.05
MOST_CONFLICTING = 0.05
LEAST_OF_A_CLASS = 0.01
MOST_CLASSES = 100
NAMED = 3

# What an upload remarks without anything being wrong with the rows that were kept.
NOTES = frozenset(
    {
        "unlabelled",
        "unknown_column",
        "naive_timezone",
        "lower_case",
        "float_ids",
        "renamed",
        "unregistered",
        "percent",
    }
)
# Columns that may well be empty, and whose emptiness another check speaks of.
_MAY_BE_EMPTY = frozenset({"y_true", "event_time", "ingest_time"})

RULE = (
    "Warning: a remark of the upload; over 5 % of a column missing; over 5 % copies or contradicting labels where the "
    "features tell rows apart; over 1 % beyond the reference's range, or any value 10 spans away; an unseen category, "
    "one that looks mistyped (another spelling, or a slip in a word, of one 10 times as frequent); a class under 1 %. "
    "Fails: an id twice, a column in another unit, one label only."
)


EMPTY = NotChecked("There are no rows.", "Log the rows to have them checked.")


def judge_quality(
    rows: pa.Table,
    *,
    task: str,
    reference: pa.Table | None = None,
    warnings: Iterable[Mapping[str, Any]] = (),
    time_zone: str = "UTC",
) -> Judged | NotChecked:
    """The quality of canonical rows, against a reference where there is one.

    warnings: what the upload said, as JSON with code, field and message; notes that leave nothing to mend in the rows
    (unknown columns, naive times, rows still without label, other names, what is said of reported metrics) are passed
    over. Not checked for a table without rows.
    """
    if not rows.num_rows:
        return EMPTY
    empty = {name: missing(rows, name) for name in rows.column_names if name != "example_id"}
    twice, copied = repeated_ids(rows), repeats(rows)
    slipped = slips(rows, reference=reference, time_zone=time_zone)
    beyond = ranges(rows, reference)
    new = unseen(rows, reference) if reference is not None else []
    odd = [category for category in misspelt(rows) if category not in new]
    classes = balance(rows, task)
    findings = [
        *_remarks(warnings),
        *_missing(empty, rows.num_rows),
        *_copies(twice, copied, rows.num_rows),
        *_units(slipped),
        *_ranges(beyond),
        *_categories(new, odd),
        *_balance(classes, rows, task),
    ]
    numbers = {
        "rows": rows.num_rows,
        "missing": {name: count for name, count in empty.items() if count},
        "repeated_ids": twice,
        "repeats": None if copied is None else copied.as_json(),
        "slips": [slip.as_json() for slip in slipped],
        "ranges": [column.as_json() for column in beyond],
        "unseen": [category.as_json() for category in new],
        "misspelt": [category.as_json() for category in odd],
        "classes": classes,
        "against_reference": reference is not None,
    }
    good = "No id occurs twice, no cell that counts is missing, no value stands out."
    return Judged(findings=findings, good=good, numbers=numbers)


def balance(table: pa.Table, task: str) -> dict[str, float] | None:
    """Share of each label among the labelled rows; None without any, and for tasks that have no classes."""
    if not TASKS[task].rows.named or "y_true" not in table.column_names:
        return None
    names, at = label_names(table)
    by_label = dict(zip(names, shares(at, len(names)).tolist(), strict=True))
    most_first = sorted(by_label.items(), key=lambda item: -item[1])
    return dict(most_first[:MOST_CLASSES]) or None


def _remarks(warnings: Iterable[Mapping[str, Any]]) -> list[Finding]:
    findings = []
    for warning in warnings:
        if warning.get("code") in NOTES:
            continue
        field, message = str(warning.get("field", "")), str(warning.get("message", "")).rstrip(".")
        text = f"{field}: {message}." if field else f"{message}."
        findings.append(Finding("warning", text, str(warning.get("remedy", ""))))
    return findings


def _missing(empty: Mapping[str, int], n: int) -> list[Finding]:
    heavy = sorted(
        ((count / n, name) for name, count in empty.items() if name not in _MAY_BE_EMPTY and count > MOST_MISSING * n),
        reverse=True,
    )
    if not heavy:
        return []
    named = _listed([f"{shown(name)} ({percent(share)})" for share, name in heavy])
    return [Finding("warning", f"Many cells are missing: {named}.", "Fill them at their source, or leave them out.")]


def _copies(twice: int, copied: Repeats | None, n: int) -> list[Finding]:
    findings = []
    if twice:
        text = f"{twice:,} of {n:,} rows repeat an id that occurred before."
        findings.append(Finding("fails", text, "Send each example once."))
    if copied is None or not copied.telling:
        return findings
    if copied.copies > MOST_COPIES * n:
        text = f"{percent(copied.copies / n)} of the rows copy the features and the label of another."
        findings.append(Finding("warning", text, "See whether one example was logged under several ids."))
    if copied.labelled and copied.conflicting > MOST_CONFLICTING * copied.labelled:
        share = percent(copied.conflicting / copied.labelled)
        text = f"{share} of the labelled rows share their features with a row of another label."
        findings.append(Finding("warning", text, "See who labelled them, and whether a feature is missing."))
    return findings


def _units(slipped: list[Slip]) -> list[Finding]:
    by_column: dict[tuple[str, float], list[Slip]] = {}
    for slip in slipped:
        by_column.setdefault((slip.column, slip.factor), []).append(slip)
    return [
        Finding(
            "fails",
            f"{shown(column)} is {_times(factor)} what it is elsewhere"
            + (f", in {_listed([slip.group for slip in alike])}." if alike[0].group else ", against the reference."),
            f"See in which unit {shown(column)} was sent.",
        )
        for (column, factor), alike in by_column.items()
    ]


def _ranges(beyond: list[Range]) -> list[Finding]:
    findings = []
    outside = [column for column in beyond if column.outside > OUTSIDE * column.rows]
    if outside:
        named = _listed([f"{shown(column.column)} ({percent(column.outside / column.rows)})" for column in outside])
        findings.append(
            Finding("warning", f"Values lie beyond the reference's range: {named}.", "See what is new there.")
        )
    far = [column for column in beyond if column.far]
    if far:
        named = _listed([f"{shown(column.column)} ({column.far:,})" for column in far])
        findings.append(
            Finding("warning", f"Some values lie far from all others: {named}.", "See whether they are real.")
        )
    return findings


def _categories(new: list[Category], odd: list[Category]) -> list[Finding]:
    findings = []
    spelt = [category for category in (*new, *odd) if category.meant is not None]
    if spelt:
        named = _listed([f"“{category.text}” for “{category.meant}” in {shown(category.column)}" for category in spelt])
        findings.append(Finding("warning", f"Categories look misspelt: {named}.", "Write each category in one way."))
    unknown = [category for category in new if category.meant is None]
    if unknown:
        named = _listed([f"“{category.text}” in {shown(category.column)} ({category.rows:,})" for category in unknown])
        findings.append(Finding("warning", f"The reference has no {named}.", "See whether the model can know them."))
    return findings


def _balance(classes: Mapping[str, float] | None, table: pa.Table, task: str) -> list[Finding]:
    if classes is not None:
        if len(classes) == 1:
            text = f"Every labelled row has the label {next(iter(classes))}: no metric can tell models apart."
            return [Finding("fails", text, "Evaluate on rows of every class.")]
        rare = [(name, share) for name, share in classes.items() if share < LEAST_OF_A_CLASS]
        if rare:
            named = _listed([f"{name} ({percent(share)})" for name, share in rare])
            return [Finding("warning", f"Few rows have the label {named}.", "Log more of them, or expect wide bands.")]
        return []
    if "y_true" in table.column_names and is_number(table["y_true"]):
        values = finite(floats(table["y_true"]))
        if len(values) > 1 and np.ptp(values) == 0 and not TASKS[task].rows.judged:
            text = f"Every label is {values[0]:g}: no metric can tell models apart."
            return [Finding("fails", text, "See where the labels come from.")]
    return []


def _times(factor: float) -> str:
    return f"{factor:,.0f} times" if factor > 1 else f"a {1 / factor:,.0f}th of"


def _listed(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


QUALITY = CheckKind(
    key="quality",
    name="Quality",
    rule=RULE,
    needs={"rows": EMPTY},
    run=lambda inputs: judge_quality(
        inputs.rows,
        task=inputs.task,
        reference=inputs.reference,
        warnings=inputs.warnings,
        time_zone=inputs.time_zone,
    ),
    figures=figures,
    always=True,
)
