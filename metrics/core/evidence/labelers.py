"""Labelers: those who are often wrong, and segments that are judged differently."""

from __future__ import annotations

from collections.abc import Sequence

from metrics.core.evidence.check import Finding, Judged, NotChecked, Numbers, percent
from metrics.core.evidence.competence import (
    FEWEST_VOTES,
    LEAST_RIGHT,
    Difference,
    Labeler,
    below,
    differences,
    labelers,
)
from metrics.core.evidence.dawid_skene import Consensus
from metrics.core.evidence.figures import Count, Figure, Line, Phrase, Share, Toned, Value, left_over, table
from metrics.core.evidence.inputs import Inputs
from metrics.core.evidence.kind import CheckKind
from metrics.core.evidence.votes import MOST_LABELS, Votes
from metrics.core.late import pa

NAMED = 5
MOST_LINES = 20
# A page draws a confusion for each of these; beyond it only the rates are kept.
MOST_CONFUSIONS = 200

RULE = (
    "Warning: a labeler with 20 votes or more who is right in under 60 % of them (by gold where there is any, else by "
    "the Dawid–Skene consensus); a segment whose examples of one label are judged wrongly at a rate 10 points from "
    "another's, by a Kruskal–Wallis test over examples at 5 % after Benjamini–Hochberg. Fails: such labelers gave over "
    "half of the votes."
)
UNVOTED = NotChecked("There are no votes of several labelers.", "Log example_id, labeler_id, label.")
TOO_MANY = NotChecked(f"The votes name more than {MOST_LABELS} labels: agreement on classes cannot be measured.")


def judge_labelers(votes: Votes, consensus: Consensus, rows: pa.Table) -> Judged | NotChecked:
    """The labelers behind the labels of rows."""
    if not len(votes.example):
        return NotChecked("There are no votes.", "Log the votes of the labelers.")
    everyone, unlike = labelers(votes, consensus), differences(votes, consensus, rows)
    poor, by_votes = below(everyone), sorted(everyone, key=lambda labeler: (-labeler.n, labeler.name))
    numbers = {
        "labels": votes.labels,
        "truth": "gold" if (votes.gold >= 0).any() else "consensus",
        "labelers": [labeler.as_json(confusion=place < MOST_CONFUSIONS) for place, labeler in enumerate(by_votes)],
        "below": sorted(labeler.name for labeler in poor),
        "differences": [difference.as_json() for difference in unlike],
    }
    many = sum(labeler.n >= FEWEST_VOTES for labeler in everyone)
    good = f"{many:,} of {len(everyone):,} labelers gave {FEWEST_VOTES} votes or more; none of them is often wrong."
    return Judged(findings=[*_poor(poor, len(votes.example)), *_unlike(unlike)], good=good, numbers=numbers)


def _poor(poor: list[Labeler], n_votes: int) -> list[Finding]:
    if not poor:
        return []
    worst_first = sorted(poor, key=lambda labeler: (labeler.right, labeler.name))
    named = ", ".join(f"{labeler.name} ({percent(labeler.right)} of {labeler.n:,})" for labeler in worst_first[:NAMED])
    more = f" and {len(poor) - NAMED} more" if len(poor) > NAMED else ""
    text = f"{len(poor)} labelers are right in under {percent(LEAST_RIGHT)} of their votes: {named}{more}."
    if len(poor) == 1:
        text = f"One labeler is right in under {percent(LEAST_RIGHT)} of the votes given: {named}."
    many = 2 * sum(labeler.n for labeler in poor) > n_votes
    return [Finding("fails" if many else "warning", text, "Show them the instructions again, or leave them out.")]


def _unlike(unlike: list[Difference]) -> list[Finding]:
    findings = []
    for difference in unlike:
        if difference.found:
            ordered = sorted(difference.groups, key=lambda group: group.wrong)
            least, most = ordered[0], ordered[-1]
            text = (
                f"Where the label is {difference.truth}, votes for {difference.column} {most.group} are wrong in "
                f"{percent(most.wrong)}, for {least.group} in {percent(least.wrong)}."
            )
            findings.append(Finding("warning", text, "See whether the instructions fit every segment."))
    return findings


def _figures(numbers: Numbers) -> list[Figure]:
    everyone = sorted(numbers["labelers"], key=lambda labeler: labeler["name"] not in numbers["below"])  # then by votes
    by_gold = ("Right by gold",) if numbers["truth"] == "gold" else ()
    return [
        *table(
            "Labelers, those often wrong first",
            ("Labeler", "Votes", *by_gold, "With the majority", "Right by consensus"),
            (_line(labeler, numbers) for labeler in everyone[:MOST_LINES]),
            note=left_over(len(everyone), MOST_LINES, "labelers"),
        ),
        *_confusion(numbers),
        *table(
            "Judged differently",
            ("Segment", "True label", "Least wrong", "Most wrong"),
            [_difference(test) for test in numbers["differences"] if test["found"]][:MOST_LINES],
        ),
    ]


def _line(labeler: Numbers, numbers: Numbers) -> Line:
    poor, by_gold = labeler["name"] in numbers["below"], numbers["truth"] == "gold"
    cells = (
        Count(labeler["n"]),
        *((Toned(Share(labeler["by_gold"]), "bad" if poor else ""),) if by_gold else ()),
        Share(labeler["by_majority"]),
        Toned(Share(labeler["by_consensus"]), "bad" if poor and not by_gold else ""),
    )
    return Line(labeler["name"], cells, under="often wrong" if poor else "", marked=poor)


def _confusion(numbers: Numbers) -> list[Figure]:
    """What is voted where the label is known, over all labelers whose confusion is kept."""
    labels = numbers["labels"]
    kept = [labeler["confusion"] for labeler in numbers["labelers"] if "confusion" in labeler]
    if not kept or len(labels) > MOST_LINES:
        return []
    places = range(len(labels))
    summed = [[sum(confusion[truth][vote] for confusion in kept) for vote in places] for truth in places]
    lines = [_votes(label, votes) for label, votes in zip(labels, summed, strict=True)]
    title = "What is voted, by the label that is " + ("gold" if numbers["truth"] == "gold" else "the consensus")
    return table(title, ("True label", *labels), lines, dense=True)


def _votes(label: str, votes: Sequence[float]) -> Line:
    total = sum(votes)
    shares = tuple(Toned(Share(cast / total if total else None), "size") for cast in votes)
    return Line(label, shares, under=Phrase("{} votes", (Count(total),)))


def _difference(test: Numbers) -> Line:
    ordered = sorted(test["groups"], key=lambda group: group["wrong"])
    ends: list[Value] = [Phrase("{}: {}", (end["group"], Share(end["wrong"]))) for end in (ordered[0], ordered[-1])]
    return Line(test["column"], (test["truth"], *ends), marked=True)


def _run(inputs: Inputs) -> Judged | NotChecked:
    return TOO_MANY if inputs.consensus is None else judge_labelers(*inputs.consensus, inputs.rows)


LABELERS = CheckKind(
    key="labelers",
    name="Labelers",
    rule=RULE,
    needs={"votes": UNVOTED},
    run=_run,
    figures=_figures,
)
