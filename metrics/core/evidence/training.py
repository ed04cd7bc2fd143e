"""Training data: copies that overweight, contradicting labels, thin cells, and examples of the evaluation set in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from metrics.core.arrays import Ints
from metrics.core.evidence.check import Finding, Judged, NotChecked, Numbers, number, percent
from metrics.core.evidence.columns import codes, features, fingerprints, label_names, segments
from metrics.core.evidence.figures import Count, Figure, Line, Pairs, Phrase, Share, Toned, Value, left_over, table
from metrics.core.evidence.inputs import Inputs
from metrics.core.evidence.kind import CheckKind
from metrics.core.evidence.repeats import Repeats, among, repeated_ids, repeats
from metrics.core.late import pa, pd

MOST_COPIES = 0.01
MOST_CONFLICTING = 0.05
MOST_LEAKED_ROWS = 0.01
LEAST_CELL = 0.01
LEAST_RATIO = 0.5
FEWEST = 30
MOST_GROUPS = 50
MOST_LABELS = 50
NAMED = 3
MOST_LINES = 20

RULE = (
    "Warning: over 1 % copies or over 5 % contradicting labels among the training rows; a label × segment cell with "
    "1 % and 30 rows or more of the evaluation that has under half that share in training; 1 % or more of the "
    "evaluation rows with features that occur in training (where features tell rows apart). Fails: an evaluated id in "
    "training, with the same features where both have them."
)
UNNAMED = NotChecked("No training set was named.", "Log the training rows as a data set.")


@dataclass(frozen=True)
class Leak:
    """Examples of the evaluation set in the training set.

    ids: evaluation rows whose id is in training. confirmed: of these, those whose feature row under that id is the
    same (all of them where either side has no features to tell). rows: evaluation rows whose feature row occurs in
    training under any id, None where there are no shared features or they tell under half of the rows apart.
    """

    n: int
    ids: int
    confirmed: int
    rows: int | None


@dataclass(frozen=True)
class Cell:
    """A label within a segment's group: its share of the evaluation rows, and of the training rows."""

    column: str
    group: str
    label: str
    evaluated: float
    trained: float
    rows: int

    @property
    def thin(self) -> bool:
        enough = self.evaluated >= LEAST_CELL and self.rows >= FEWEST
        return enough and self.trained < LEAST_RATIO * self.evaluated

    def as_json(self) -> dict[str, Any]:
        ratio = number(self.trained / self.evaluated if self.evaluated else None)
        return {**vars(self), "ratio": ratio, "thin": self.thin}


def leak(rows: pa.Table, training: pa.Table) -> Leak:
    """How much of the evaluation rows is in the training rows."""
    ids = fingerprints(rows.select(["example_id"]), ["example_id"])
    known = fingerprints(training.select(["example_id"]), ["example_id"])
    same_id = among(ids, known)
    names = [name for name in features(rows) if name in training.column_names]
    if not names:
        return Leak(rows.num_rows, int(same_id.sum()), int(same_id.sum()), None)
    seen, trained = fingerprints(rows, names), fingerprints(training, names)
    confirmed = int(among(_joined(ids[same_id], seen[same_id]), _joined(known, trained)).sum())
    telling = 2 * len(pd.unique(seen)) >= rows.num_rows
    return Leak(rows.num_rows, int(same_id.sum()), confirmed, int(among(seen, trained).sum()) if telling else None)


def representation(rows: pa.Table, training: pa.Table) -> list[Cell]:
    """Label × segment cells of the labelled rows and their share among the labelled training rows; thin ones first.

    Segment columns and labels with more than 50 values are left out, as are columns that training lacks.
    """
    if "y_true" not in training.column_names or "y_true" not in rows.column_names:
        return []
    labels, label = label_names(rows)
    trained_labels, trained_label = label_names(training)
    if len(set(labels) | set(trained_labels)) > MOST_LABELS:
        return []
    compared = []
    for column in segments(rows):
        if column not in training.column_names:
            continue
        here = _cells(*codes(rows[column]), labels, label)
        there = _cells(*codes(training[column]), trained_labels, trained_label)
        if len({group for group, _ in here}) > MOST_GROUPS:
            continue
        n, m = sum(here.values()), max(sum(there.values()), 1)
        compared += [
            Cell(column, group, name, count / n, there.get((group, name), 0) / m, count)
            for (group, name), count in here.items()
        ]
    return sorted(
        compared, key=lambda cell: (not cell.thin, cell.trained / cell.evaluated, cell.column, cell.group, cell.label)
    )


def judge_training(rows: pa.Table, training: pa.Table) -> Judged | NotChecked:
    """The training rows against the evaluated ones."""
    if not rows.num_rows or not training.num_rows:
        return NotChecked("The training set has no rows.", UNNAMED.remedy)
    leaked, copied, twice = leak(rows, training), repeats(training), repeated_ids(training)
    cells = representation(rows, training)
    numbers = {
        "rows": training.num_rows,
        "leak": vars(leaked),
        "repeated_ids": twice,
        "repeats": None if copied is None else copied.as_json(),
        "cells": [cell.as_json() for cell in cells],
    }
    good = f"No evaluated example is among the {training.num_rows:,} training rows, and every segment is represented."
    findings = [*_leaks(leaked), *_copies(copied, twice, training.num_rows), *_thin(cells)]
    return Judged(findings=findings, good=good, numbers=numbers)


def _joined(ids: Any, words: Any) -> Any:
    return (ids ^ (words << np.uint64(1))) + words


def _cells(groups: list[str], group: Ints, labels: list[str], label: Ints) -> dict[tuple[str, str], int]:
    """Labelled rows by group and label, those that occur."""
    known = (group >= 0) & (label >= 0)
    counts = np.bincount(group[known] * max(len(labels), 1) + label[known])
    return {
        (groups[at // len(labels)], labels[at % len(labels)]): int(counts[at]) for at in np.flatnonzero(counts).tolist()
    }


def _leaks(leaked: Leak) -> list[Finding]:
    remedy = "Take them out of the training set and train again."
    findings = []
    if leaked.confirmed:
        share = percent(leaked.confirmed / leaked.n)
        text = f"{leaked.confirmed:,} of {leaked.n:,} evaluated examples ({share}) are in the training set."
        findings.append(Finding("fails", text, remedy))
    elif leaked.ids:
        text = f"{leaked.ids:,} ids occur in both sets with other features: they seem to number rows, not examples."
        findings.append(Finding("warning", text, "Use ids that name an example in every set."))
    if leaked.rows is not None and leaked.rows >= MOST_LEAKED_ROWS * leaked.n and leaked.rows > leaked.confirmed:
        text = f"{percent(leaked.rows / leaked.n)} of the evaluated rows have features that occur in training."
        findings.append(Finding("warning", text, "See whether they are the same examples under other ids."))
    return findings


def _copies(copied: Repeats | None, twice: int, n: int) -> list[Finding]:
    findings = []
    if twice:
        text = f"{twice:,} of {n:,} training rows repeat an id: those examples weigh more than once."
        findings.append(Finding("warning", text, "Train on each example once, or weigh on purpose."))
    if copied is None or not copied.telling:
        return findings
    if copied.copies > MOST_COPIES * n:
        share = percent(copied.copies / n)
        text = f"{share} of the training rows are copies; the most repeated one counts {copied.most:,} times."
        findings.append(Finding("warning", text, "Train on each example once, or weigh on purpose."))
    if copied.labelled and copied.conflicting > MOST_CONFLICTING * copied.labelled:
        share = percent(copied.conflicting / copied.labelled)
        text = f"{share} of the training rows contradict a row with the same features."
        findings.append(Finding("warning", text, "See who labelled them, and whether a feature is missing."))
    return findings


def _thin(cells: list[Cell]) -> list[Finding]:
    thin = [cell for cell in cells if cell.thin]
    if not thin:
        return []
    named = ", ".join(
        f"{cell.column} {cell.group} with label {cell.label} "
        f"({percent(cell.evaluated)} here, {percent(cell.trained)} there)"
        for cell in thin[:NAMED]
    )
    more = f" and {len(thin) - NAMED} more" if len(thin) > NAMED else ""
    return [Finding("warning", f"Training is thin in {named}{more}.", "Collect more training rows there.")]


def _figures(numbers: Numbers) -> list[Figure]:
    leaked, copied = numbers["leak"], numbers["repeats"]
    pairs: list[tuple[str, Value]] = [
        ("Training rows", Count(numbers["rows"])),
        ("Evaluated ids that occur in training", Phrase("{} of {}", (Count(leaked["ids"]), Count(leaked["n"])))),
        ("… with the same features", Count(leaked["confirmed"])),
    ]
    if leaked["rows"] is not None:
        pairs.append(("Evaluated rows whose features occur in training", Count(leaked["rows"])))
    pairs.append(("Training rows that repeat an id", Count(numbers["repeated_ids"])))
    if copied is not None:
        pairs.append(("Training rows that are copies", Count(copied["copies"])))
    cells = [cell for cell in numbers["cells"] if cell["thin"]] or numbers["cells"]
    thinnest = table(
        "Label × segment, the thinnest first",
        ("Group", "Label", "Evaluated", "Trained"),
        (_line(cell) for cell in cells[:MOST_LINES]),
        note=left_over(len(cells), MOST_LINES, "cells"),
    )
    return [Pairs("Overlap and copies", tuple(pairs)), *thinnest]


def _line(cell: Numbers) -> Line:
    trained = Toned(Share(cell["trained"], 1), "warn" if cell["thin"] else "")
    name = f"{cell['column']} {cell['group']}"
    return Line(name, (cell["label"], Share(cell["evaluated"], 1), trained), marked=cell["thin"])


def _run(inputs: Inputs) -> Judged | NotChecked:
    training = inputs.training
    return UNNAMED if training is None else judge_training(inputs.rows, training)


TRAINING = CheckKind(
    key="training",
    name="Training data",
    rule=RULE,
    needs={"training": UNNAMED},
    run=_run,
    figures=_figures,
)
