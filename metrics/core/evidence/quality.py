"""Quality: missing cells, copies, ranges and units, categories, balance, and labels that contradict one another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from metrics.core.evidence.categories import Category, misspelt, unseen
from metrics.core.evidence.check import Check, Finding, judged, not_checked, percent
from metrics.core.evidence.columns import finite, floats, is_number, label_names, missing, shares, shown
from metrics.core.evidence.repeats import Repeats, repeated_ids, repeats
from metrics.core.evidence.slips import OUTSIDE, Range, Slip, ranges, slips

MOST_MISSING = 0.05
MOST_COPIES = 0.05
MOST_CONFLICTING = 0.05
LEAST_OF_A_CLASS = 0.01
MOST_CLASSES = 100
NAMED = 3

# What an upload remarks without anything being wrong with the rows that were kept.
NOTES = frozenset({"unlabelled", "unknown_column", "naive_timezone"})
# Columns that may well be empty, and whose emptiness another check speaks of.
_MAY_BE_EMPTY = frozenset({"y_true", "event_time", "ingest_time"})

RULE = (
    "Warning: a remark of the upload; over 5 % of a column missing; over 5 % copies or contradicting labels where the "
    "features tell rows apart; over 1 % beyond the reference's range, or any value 10 spans away; an unseen or "
    "misspelt category; a class under 1 %. Fails: an id twice, a column in another unit, one label only."
)


def quality(
    table: pa.Table,
    *,
    task: str,
    reference: pa.Table | None = None,
    warnings: Iterable[Mapping[str, Any]] = (),
    time_zone: str = "UTC",
) -> Check:
    """The check "quality" of canonical rows, against a reference where there is one.

    warnings: what the upload said, as JSON with code, field and message; notes that leave nothing to mend (unknown
    columns, naive times, rows still without label) are passed over. Not checked for a table without rows.
    """
    if not table.num_rows:
        return not_checked("quality", "There are no rows.", "Log the rows to have them checked.")
    empty = {name: missing(table, name) for name in table.column_names if name != "example_id"}
    twice, copied = repeated_ids(table), repeats(table)
    slipped = slips(table, reference=reference, time_zone=time_zone)
    beyond = ranges(table, reference)
    new = unseen(table, reference) if reference is not None else []
    odd = [one for one in misspelt(table) if one not in new]
    classes = balance(table, task)
    findings = [
        *_remarks(warnings),
        *_missing(empty, table.num_rows),
        *_copies(twice, copied, table.num_rows),
        *_units(slipped),
        *_ranges(beyond),
        *_categories(new, odd),
        *_balance(classes, table, task),
    ]
    numbers = {
        "rows": table.num_rows,
        "missing": {name: count for name, count in empty.items() if count},
        "repeated_ids": twice,
        "repeats": None if copied is None else copied.as_json(),
        "slips": [one.as_json() for one in slipped],
        "ranges": [one.as_json() for one in beyond],
        "unseen": [one.as_json() for one in new],
        "misspelt": [one.as_json() for one in odd],
        "classes": classes,
        "against_reference": reference is not None,
    }
    good = "No id occurs twice, no cell that counts is missing, no value stands out."
    return judged("quality", findings, good=good, rule=RULE, numbers=numbers)


def balance(table: pa.Table, task: str) -> dict[str, float] | None:
    """Share of each label among the labelled rows; None without any, and for tasks that have no classes."""
    if task not in ("binary", "multiclass") or "y_true" not in table.column_names:
        return None
    names, at = label_names(table)
    found = dict(sorted(zip(names, shares(at, len(names)).tolist(), strict=True), key=lambda one: -one[1]))
    return dict(list(found.items())[:MOST_CLASSES]) or None


def _remarks(warnings: Iterable[Mapping[str, Any]]) -> list[Finding]:
    found = []
    for one in warnings:
        if one.get("code") in NOTES:
            continue
        field, message = str(one.get("field", "")), str(one.get("message", "")).rstrip(".")
        text = f"{field}: {message}." if field else f"{message}."
        found.append(Finding("warning", text, str(one.get("remedy", ""))))
    return found


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
    found = []
    if twice:
        text = f"{twice:,} of {n:,} rows repeat an id that occurred before."
        found.append(Finding("fails", text, "Send each example once."))
    if copied is None or not copied.telling:
        return found
    if copied.copies > MOST_COPIES * n:
        text = f"{percent(copied.copies / n)} of the rows copy the features and the label of another."
        found.append(Finding("warning", text, "See whether one example was logged under several ids."))
    if copied.labelled and copied.conflicting > MOST_CONFLICTING * copied.labelled:
        share = percent(copied.conflicting / copied.labelled)
        text = f"{share} of the labelled rows share their features with a row of another label."
        found.append(Finding("warning", text, "See who labelled them, and whether a feature is missing."))
    return found


def _units(slipped: list[Slip]) -> list[Finding]:
    by_column: dict[tuple[str, float], list[Slip]] = {}
    for one in slipped:
        by_column.setdefault((one.column, one.factor), []).append(one)
    return [
        Finding(
            "fails",
            f"{shown(column)} is {_times(factor)} what it is elsewhere"
            + (f", in {_listed([one.group for one in found])}." if found[0].group else ", against the reference."),
            f"See in which unit {shown(column)} was sent.",
        )
        for (column, factor), found in by_column.items()
    ]


def _ranges(beyond: list[Range]) -> list[Finding]:
    found = []
    outside = [one for one in beyond if one.outside > OUTSIDE * one.rows]
    if outside:
        named = _listed([f"{shown(one.column)} ({percent(one.outside / one.rows)})" for one in outside])
        found.append(Finding("warning", f"Values lie beyond the reference's range: {named}.", "See what is new there."))
    far = [one for one in beyond if one.far]
    if far:
        named = _listed([f"{shown(one.column)} ({one.far:,})" for one in far])
        found.append(Finding("warning", f"Some values lie far from all others: {named}.", "See whether they are real."))
    return found


def _categories(new: list[Category], odd: list[Category]) -> list[Finding]:
    found = []
    spelt = [one for one in (*new, *odd) if one.meant is not None]
    if spelt:
        named = _listed([f"“{one.text}” for “{one.meant}” in {shown(one.column)}" for one in spelt])
        found.append(Finding("warning", f"Categories look misspelt: {named}.", "Write each category in one way."))
    unknown = [one for one in new if one.meant is None]
    if unknown:
        named = _listed([f"“{one.text}” in {shown(one.column)} ({one.rows:,})" for one in unknown])
        found.append(Finding("warning", f"The reference has no {named}.", "See whether the model can know them."))
    return found


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
        if len(values) > 1 and np.ptp(values) == 0 and task != "ranking":
            text = f"Every label is {values[0]:g}: no metric can tell models apart."
            return [Finding("fails", text, "See where the labels come from.")]
    return []


def _times(factor: float) -> str:
    return f"{factor:,.0f} times" if factor > 1 else f"a {1 / factor:,.0f}th of"


def _listed(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
