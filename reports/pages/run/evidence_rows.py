"""The figures behind the checks of rows and labels: quality, labels, labelers, training data, reproducibility."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reports.pages.run.blocks import Block, Cell, Facts, Line, count, decimal, left_over, percent, share, table, text

MOST_LINES = 20
LEAST_RIGHT = 0.6
Numbers = Mapping[str, Any]

FIELDS = {
    "seed": "Seed",
    "data_digest": "Data digest",
    "split": "Split",
    "parameters": "Parameters",
    "code_commit": "Code commit",
    "environment": "Environment",
}


def shown(column: str) -> str:
    """A column as a page names it: features without their prefix."""
    return column.removeprefix("feature.")


def quality(found: Numbers) -> list[Block]:
    n = found["rows"]
    missing = sorted(found["missing"].items(), key=lambda one: -one[1])
    slips, ranges = found["slips"], found["ranges"]
    odd = [*((one, "new") for one in found["unseen"]), *((one, "misspelt") for one in found["misspelt"])]
    copied = found["repeats"]
    pairs = [("Rows", f"{n:,}"), ("Rows that repeat an id", f"{found['repeated_ids']:,}")]
    if copied is not None:
        pairs.append(("Copies of another row’s features and label", f"{copied['copies']:,}"))
        pairs.append(("Rows that contradict a row of the same features", f"{copied['conflicting']:,}"))
    blocks: list[Block] = [Facts("Counted", tuple(pairs))]
    blocks += table(
        "Labels",
        ("Label", "Share"),
        (Line(name, (share(part, places=1),)) for name, part in list((found["classes"] or {}).items())[:MOST_LINES]),
    )
    blocks += table(
        "Empty cells",
        ("Column", "Cells", "Share"),
        (Line(shown(name), (count(cells), share(cells / n, places=1))) for name, cells in missing[:MOST_LINES]),
        note=left_over(len(missing), MOST_LINES, "columns"),
    )
    blocks += table(
        "In another unit, it seems",
        ("Column", "Where", "Rows", "Times"),
        (
            Line(
                shown(one["column"]), (text(one["group"] or "all rows"), count(one["rows"]), Cell(f"{one['factor']:g}"))
            )
            for one in slips[:MOST_LINES]
        ),
    )
    blocks += table(
        "Values out of range",
        ("Column", "Reference", "Beyond it", "Far from all"),
        (
            Line(shown(one["column"]), (text(_range(one)), count(one["outside"]), count(one["far"])))
            for one in sorted(ranges, key=lambda one: -one["outside"])[:MOST_LINES]
        ),
        note=left_over(len(ranges), MOST_LINES, "columns"),
    )
    blocks += table(
        "Categories to look at",
        ("Category", "Column", "Rows", "It is"),
        (
            Line(one["text"], (text(shown(one["column"])), count(one["rows"]), text(_resembled(one, what))))
            for one, what in odd[:MOST_LINES]
        ),
        note=left_over(len(odd), MOST_LINES, "categories"),
    )
    return blocks


def labels(found: Numbers) -> list[Block]:
    n, empty = found["rows"], found["unlabelled"]
    pairs = [("Rows", f"{n:,}"), ("With a label", f"{n - empty:,} ({percent((n - empty) / n, 1)})")]
    blocks: list[Block] = [Facts("Counted", tuple(pairs))]
    if "votes" not in found:
        return blocks
    examples, ties = found["examples"], found["ties"]
    agreement = [
        ("Votes", f"{found['votes']:,}"),
        ("Labelers", f"{found['labelers']:,}"),
        ("Examples with votes", f"{examples:,}"),
        ("All votes for one label", f"{found['unanimous']:,} ({percent(found['unanimous'] / examples, 1)})"),
        ("Ties, which are no label", f"{ties:,} ({percent(ties / examples, 1)})"),
        ("Pairs of votes that agree, on average", percent(found["pair_agreement"], 1)),
        ("Krippendorff’s alpha, nominal", decimal(found["alpha"], 3)),
    ]
    if found["alpha_interval"] is not None:
        agreement.append(("Krippendorff’s alpha, interval", decimal(found["alpha_interval"], 3)))
    if found["kappa"] is not None:
        agreement.append(("Fleiss’ kappa", decimal(found["kappa"], 3)))
    if found["majority_accuracy"] is not None:
        agreement.append(("Majority right by gold, a tie counting half", percent(found["majority_accuracy"], 2)))
    agreement.append(("Consensus right, if its model holds (Dawid–Skene)", percent(found["consensus_accuracy"], 1)))
    blocks.append(Facts("Agreement", tuple(agreement)))
    prevalence = found["prevalence"]
    blocks += table(
        "What the labels are",
        ("Label", "Share of votes", "Share of examples, by consensus"),
        (
            Line(name, (share(part, places=1), share(prevalence.get(name), places=1)))
            for name, part in sorted(found["label_share"].items(), key=lambda one: -one[1])
        ),
    )
    return blocks


def labelers(found: Numbers) -> list[Block]:
    below, everyone = set(found["below"]), found["labelers"]
    by_gold = found["truth"] == "gold"
    ordered = sorted(everyone, key=lambda one: one["name"] not in below)  # stable: then by votes
    lines = [
        Line(
            one["name"],
            (
                count(one["n"]),
                *((_right(one["by_gold"], one["name"] in below),) if by_gold else ()),
                share(one["by_majority"]),
                _right(one["by_consensus"], one["name"] in below and not by_gold),
            ),
            under="often wrong" if one["name"] in below else "",
            marked=one["name"] in below,
        )
        for one in ordered[:MOST_LINES]
    ]
    heads = ("Labeler", "Votes", *(("Right by gold",) if by_gold else ()), "With the majority", "Right by consensus")
    more = left_over(len(everyone), MOST_LINES, "labelers")
    blocks = table("Labelers, those often wrong first", heads, lines, note=more)
    blocks += _confusion(found)
    unlike = [one for one in found["differences"] if one["found"]]
    blocks += table(
        "Judged differently",
        ("Segment", "True label", "Least wrong", "Most wrong"),
        (_difference(one) for one in unlike[:MOST_LINES]),
    )
    return blocks


def training(found: Numbers) -> list[Block]:
    leaked, copied = found["leak"], found["repeats"]
    pairs = [
        ("Training rows", f"{found['rows']:,}"),
        ("Evaluated ids that occur in training", f"{leaked['ids']:,} of {leaked['n']:,}"),
        ("… with the same features", f"{leaked['confirmed']:,}"),
    ]
    if leaked["rows"] is not None:
        pairs.append(("Evaluated rows whose features occur in training", f"{leaked['rows']:,}"))
    pairs.append(("Training rows that repeat an id", f"{found['repeated_ids']:,}"))
    if copied is not None:
        pairs.append(("Training rows that are copies", f"{copied['copies']:,}"))
    cells = [one for one in found["cells"] if one["thin"]] or found["cells"]
    blocks: list[Block] = [Facts("Overlap and copies", tuple(pairs))]
    blocks += table(
        "Label × segment, the thinnest first",
        ("Group", "Label", "Evaluated", "Trained"),
        (
            Line(
                f"{one['column']} {one['group']}",
                (
                    text(one["label"]),
                    share(one["evaluated"], places=1),
                    share(one["trained"], "heat-warn" if one["thin"] else "", places=1),
                ),
                marked=one["thin"],
            )
            for one in cells[:MOST_LINES]
        ),
        note=left_over(len(cells), MOST_LINES, "cells"),
    )
    return blocks


def reproducibility(found: Numbers) -> list[Block]:
    fields = found["fields"]
    pairs = tuple((FIELDS[key], "recorded" if there else "missing") for key, there in fields.items())
    blocks: list[Block] = [Facts("The manifest", pairs)]
    blocks += table(
        "Equal manifests, other metrics",
        ("Runs", "Metric", "First", "Second"),
        (
            Line(f"{one['first']} and {one['second']}", (text(key), *(Cell(f"{value:.6g}") for value in pair)))
            for one in found["contradictions"]
            for key, pair in list(one["metrics"].items())[:MOST_LINES]
        ),
    )
    return blocks


def heat(part: float) -> str:
    """The class that colours a share: five steps of the accent, none below 2 %."""
    return "" if part < 0.02 else f"heat-{min(5, 1 + int(part * 5))}"


def _confusion(found: Numbers) -> list[Block]:
    """What is voted where the label is known, over all labelers whose confusion is kept."""
    tables: Sequence[Any] = [one["confusion"] for one in found["labelers"] if "confusion" in one]
    labels_ = found["labels"]
    if not tables or len(labels_) > MOST_LINES:
        return []
    sums = [[sum(one[t][v] for one in tables) for v in range(len(labels_))] for t in range(len(labels_))]
    lines = []
    for name, row in zip(labels_, sums, strict=True):
        total = sum(row)
        parts = [value / total if total else None for value in row]
        lines.append(Line(name, tuple(share(part, heat(part or 0.0)) for part in parts), under=f"{total:,.0f} votes"))
    title = "What is voted, by the label that is " + ("gold" if found["truth"] == "gold" else "the consensus")
    return table(title, ("True label", *labels_), lines, heat=True)


def _difference(one: Numbers) -> Line:
    ordered = sorted(one["groups"], key=lambda group: group["wrong"])
    ends = (ordered[0], ordered[-1])
    cells = (text(f"{end['group']}: {percent(end['wrong'])}") for end in ends)
    return Line(one["column"], (text(one["truth"]), *cells), marked=True)


def _right(value: float | None, poor: bool) -> Cell:
    return share(value, "heat-bad" if poor else "")


def _range(one: Numbers) -> str:
    return "–" if one["low"] is None else f"{one['low']:g} to {one['high']:g}"


def _resembled(one: Numbers, what: str) -> str:
    return f"{what}: “{one['meant']}”?" if one["meant"] else what
