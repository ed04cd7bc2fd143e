"""The figures behind the check of quality: counts, labels, empty cells, odd values and odd categories."""

from __future__ import annotations

from metrics.core.evidence.check import Numbers
from metrics.core.evidence.columns import shown
from metrics.core.evidence.figures import Count, Digits, Figure, Line, Pairs, Phrase, Share, Value, left_over, table

MOST_LINES = 20


def figures(numbers: Numbers) -> list[Figure]:
    repeated = numbers["repeats"]
    pairs: list[tuple[str, Value]] = [
        ("Rows", Count(numbers["rows"])),
        ("Rows that repeat an id", Count(numbers["repeated_ids"])),
    ]
    if repeated is not None:
        pairs.append(("Copies of another row’s features and label", Count(repeated["copies"])))
        pairs.append(("Rows that contradict a row of the same features", Count(repeated["conflicting"])))
    by_label = list((numbers["classes"] or {}).items())[:MOST_LINES]
    labels = table("Labels", ("Label", "Share"), (Line(label, (Share(share, 1),)) for label, share in by_label))
    return [
        Pairs("Counted", tuple(pairs)),
        *labels,
        *_empty_cells(numbers),
        *_odd_values(numbers),
        *_odd_texts(numbers),
    ]


def _empty_cells(numbers: Numbers) -> list[Figure]:
    missing = sorted(numbers["missing"].items(), key=lambda item: -item[1])
    return table(
        "Empty cells",
        ("Column", "Cells", "Share"),
        (Line(shown(name), (Count(cells), Share(cells / numbers["rows"], 1))) for name, cells in missing[:MOST_LINES]),
        note=left_over(len(missing), MOST_LINES, "columns"),
    )


def _odd_values(numbers: Numbers) -> list[Figure]:
    slipped, beyond = numbers["slips"], sorted(numbers["ranges"], key=lambda column: -column["outside"])
    return [
        *table(
            "In another unit, it seems",
            ("Column", "Where", "Rows", "Times"),
            (
                Line(shown(slip["column"]), (slip["group"] or "all rows", Count(slip["rows"]), Digits(slip["factor"])))
                for slip in slipped[:MOST_LINES]
            ),
        ),
        *table(
            "Values out of range",
            ("Column", "Reference", "Beyond it", "Far from all"),
            (
                Line(shown(column["column"]), (_range(column), Count(column["outside"]), Count(column["far"])))
                for column in beyond[:MOST_LINES]
            ),
            note=left_over(len(beyond), MOST_LINES, "columns"),
        ),
    ]


def _range(column: Numbers) -> Value:
    return "–" if column["low"] is None else Phrase("{} to {}", (Digits(column["low"]), Digits(column["high"])))


def _odd_texts(numbers: Numbers) -> list[Figure]:
    odd = [(category, what) for what in ("unseen", "misspelt") for category in numbers[what]]
    return table(
        "Categories to look at",
        ("Category", "Column", "Rows", "It is"),
        (
            Line(category["text"], (shown(category["column"]), Count(category["rows"]), _resembled(category, what)))
            for category, what in odd[:MOST_LINES]
        ),
        note=left_over(len(odd), MOST_LINES, "categories"),
    )


def _resembled(category: Numbers, what: str) -> str:
    said = "new" if what == "unseen" else what
    return f"{said}: “{category['meant']}”?" if category["meant"] else said
