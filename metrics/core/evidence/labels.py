"""Labels: whether they are there, how far labelers agree on them, and what disputed labels do to a metric."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from metrics.core.estimate import Draws, Estimate, Quantity, Unknown
from metrics.core.evidence.agreement import cohen_kappa, fleiss_kappa, krippendorff_alpha, pair_agreement
from metrics.core.evidence.check import Finding, Judged, NotChecked, Numbers, number, percent
from metrics.core.evidence.dawid_skene import Consensus, of_votes
from metrics.core.evidence.figures import Count, Figure, Line, Number, Pairs, Share, Value, counted, table
from metrics.core.evidence.inputs import Inputs
from metrics.core.evidence.kind import CheckKind
from metrics.core.evidence.votes import Votes, too_many_labels
from metrics.core.late import pa, pc
from metrics.core.rows.table import SCALES, Scale

RELIABLE = 0.8
TENTATIVE = 0.667
MOST_TIES = 0.05
REPEATS = 200

RULE = (
    "Warning: a row without its label, over 5 % ties, or Krippendorff's alpha under 0.800, at the level of measurement "
    "declared for the labels, nominal where none was; fails: no row is labelled, or alpha under 0.667 (Krippendorff "
    "2004)."
)
_STREAM = 0x6C61_6265_6C73


EMPTY = NotChecked("There are no rows.", "Log the rows to have their labels checked.")


def judge_labels(rows: pa.Table, votes: Votes | None = None, consensus: Consensus | None = None) -> Judged | NotChecked:
    """The labels of canonical rows, and the votes behind them where there are any."""
    if not rows.num_rows or "y_true" not in rows.column_names:
        return EMPTY
    unlabelled = int(rows["y_true"].null_count)
    numbers: dict[str, Any] = {"rows": rows.num_rows, "unlabelled": unlabelled}
    tied = 0 if votes is None else _tied(rows, votes)
    findings, good = _unlabelled(unlabelled - tied, rows.num_rows), "Every row has its label."
    if votes is not None and consensus is not None and len(votes.example):
        alphas = _alphas(votes)
        alpha = alphas[votes.scale]
        numbers |= _agreement(votes, consensus, alphas)
        findings += _disagreement(votes, alpha)
        good += f" {_said(votes, alpha)}"
    return Judged(findings=findings, good=good, numbers=numbers)


def label_noise(
    table: pa.Table,
    votes: pa.Table,
    *,
    seed: int,
    evaluate: Callable[[pa.Table], Mapping[str, float]],
    repeats: int = REPEATS,
) -> dict[str, Draws]:
    """How much each metric moves when the labels that labelers dispute fall otherwise: key → (repeats,), mean 0.

    In each repeat every labelled row with votes takes a label drawn from its Dawid–Skene posterior, `evaluate` gives
    the metrics of the table so labelled, and a deviation is a repeat's metric less the mean over repeats. To be added
    to draws of the metric; its point stays that of the majority.

    Assumed: the posterior is right (labelers err alike on all examples of one true label), and the errors of two
    examples are independent. A row with a tie has no label and gets none; rows without votes keep theirs. Metrics that
    are missing or not finite in any repeat are left out; {} where the votes are no labels of these rows (text for
    numbers), where none belongs to a labelled row, or there are more than 50 labels.

    Deterministic: repeat r reads words of Philox with key (seed, stream) and counter (0, r, 0, 0), one a voted
    example in the order of ids, so that runs judged by the same votes stay paired.
    """
    if too_many_labels(votes):
        return {}
    read, consensus = of_votes(votes)
    values = _values(read.labels, table["y_true"].type)
    at = pc.index_in(table["example_id"].cast(pa.string()), pa.array(read.examples, pa.string()))
    example = np.asarray(pc.fill_null(at, -1).to_numpy(), dtype=np.int64)
    drawn = (example >= 0) & table["y_true"].is_valid().to_numpy()
    if values is None or not drawn.any():
        return {}
    steps = np.cumsum(consensus.posterior, axis=1)
    place, column = table.column_names.index("y_true"), table["y_true"].combine_chunks()
    redrawn: list[Mapping[str, float]] = []
    for repeat in range(repeats):
        uniform = _uniforms(seed, repeat, len(read.examples))
        # The last step is 1 but for rounding: a draw beyond it belongs to the last label.
        label = np.minimum((uniform[:, None] >= steps).sum(axis=1), len(read.labels) - 1)
        replacement = values.take(pa.array(label[example[drawn]]))
        moved = pc.replace_with_mask(column, pa.array(drawn), replacement)
        redrawn.append(evaluate(table.set_column(place, table.schema.field("y_true"), moved)))
    shared = set.intersection(*(set(points) for points in redrawn)) if redrawn else set()
    replicates = {key: np.array([points[key] for points in redrawn], dtype=np.float64) for key in sorted(shared)}
    return {key: draws - draws.mean() for key, draws in replicates.items() if np.isfinite(draws).all()}


def _uniforms(seed: int, repeat: int, n: int) -> Draws:
    key, counter = np.array([seed, _STREAM], dtype=np.uint64), np.array([0, repeat, 0, 0], dtype=np.uint64)
    words = np.asarray(np.random.Philox(key=key, counter=counter).random_raw(n), dtype=np.uint64)
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _values(labels: list[str], kind: pa.DataType) -> pa.Array | None:
    """The labels as values of the rows' own label column, None where they are none."""
    try:
        return pa.array(labels, pa.string()).cast(kind)
    except pa.ArrowInvalid:
        return None


def _tied(rows: pa.Table, votes: Votes) -> int:
    """Rows without a label because their votes are a tie."""
    ties = pa.array([name for name, tie in zip(votes.examples, votes.ties, strict=True) if tie], pa.string())
    without = rows.filter(rows["y_true"].is_null())["example_id"].cast(pa.string())
    return int(pc.sum(pc.is_in(without, ties)).as_py() or 0)


def _unlabelled(unlabelled: int, n: int) -> list[Finding]:
    if not unlabelled:
        return []
    if unlabelled == n:
        return [Finding("fails", f"None of {n:,} rows has a label yet.", "Log the rows again once labels are in.")]
    text = f"{unlabelled:,} of {n:,} rows ({percent(unlabelled / n)}) have no label."
    return [Finding("warning", text, "Log the rows again once the labels are in.")]


def _disagreement(votes: Votes, alpha: Quantity) -> list[Finding]:
    findings, ties, n = [], int(votes.ties.sum()), len(votes.examples)
    if isinstance(alpha, Estimate) and alpha.point < RELIABLE:
        remedy = "Sharpen the labelling instructions, and carry the label noise into the metrics."
        findings.append(Finding("fails" if alpha.point < TENTATIVE else "warning", _said(votes, alpha), remedy))
    if ties > MOST_TIES * n:
        text = f"{ties:,} of {n:,} examples ({percent(ties / n)}) are ties, which are no label."
        findings.append(Finding("warning", text, "Ask one more labeler about them."))
    return findings


def _said(votes: Votes, alpha: Quantity) -> str:
    right = votes.accuracy()
    gold = "" if right is None else f"; the majority agrees with gold in {right:.2%}".replace("%", " %")
    if isinstance(alpha, Unknown):
        return f"{len(votes.labelers):,} labelers gave {len(votes.example):,} votes: {alpha.reason}{gold}."
    level = "" if votes.scale == "nominal" else f" ({votes.scale})"
    return f"{len(votes.labelers):,} labelers agree with a Krippendorff's alpha{level} of {alpha.point:.3f}{gold}."


def _agreement(votes: Votes, consensus: Consensus, alphas: Mapping[Scale, Quantity]) -> dict[str, Any]:
    pairs, of_two = pair_agreement(votes.counts), votes.of_two
    return {
        "examples": len(votes.examples),
        "votes": len(votes.example),
        "labelers": len(votes.labelers),
        "ties": int(votes.ties.sum()),
        "unanimous": votes.unanimous,
        "scale": votes.scale,
        "alpha": _point(alphas["nominal"]),
        **{f"alpha_{level}": _point(alphas.get(level)) for level in SCALES if level != "nominal"},
        "kappa": _point(fleiss_kappa(votes.counts)),
        "cohen_kappa": None if of_two is None else _point(cohen_kappa(*of_two)),
        "pair_agreement": number(float(np.nanmean(pairs))) if not np.isnan(pairs).all() else None,
        "majority_accuracy": votes.accuracy(),
        "consensus_accuracy": consensus.expected_accuracy,
        "consensus_converged": consensus.converged,
        "label_share": dict(zip(votes.labels, (votes.counts.sum(axis=0) / len(votes.example)).tolist(), strict=True)),
        "prevalence": dict(zip(votes.labels, consensus.prevalence.tolist(), strict=True)),
    }


def _alphas(votes: Votes) -> dict[Scale, Quantity]:
    """Alpha at each level of measurement that the labels can have: nominal always, the others by order or number."""
    levels: list[Scale] = ["nominal"]
    values = votes.values
    if values is not None:
        levels += ["ordinal"] if votes.order else ["ordinal", "interval"]
        levels += ["ratio"] if not votes.order and (values >= 0).all() else []
    return {level: krippendorff_alpha(votes.counts, level=level, values=values) for level in levels}


def _point(figure: Quantity | None) -> float | None:
    return figure.point if isinstance(figure, Estimate) else None


def _figures(numbers: Numbers) -> list[Figure]:
    n = numbers["rows"]
    rows = Pairs("Counted", (("Rows", Count(n)), ("With a label", counted(n - numbers["unlabelled"], n))))
    if "votes" not in numbers:
        return [rows]
    by_share = sorted(numbers["label_share"].items(), key=lambda item: -item[1])
    labels = table(
        "What the labels are",
        ("Label", "Share of votes", "Share of examples, by consensus"),
        (Line(label, (Share(share, 1), Share(numbers["prevalence"].get(label), 1))) for label, share in by_share),
    )
    return [rows, Pairs("Agreement", tuple(_pairs(numbers))), *labels]


def _pairs(numbers: Numbers) -> list[tuple[str, Value]]:
    examples = numbers["examples"]
    pairs: list[tuple[str, Value]] = [
        ("Votes", Count(numbers["votes"])),
        ("Labelers", Count(numbers["labelers"])),
        ("Examples with votes", Count(examples)),
        ("All votes for one label", counted(numbers["unanimous"], examples)),
        ("Ties, which are no label", counted(numbers["ties"], examples)),
        ("Pairs of votes that agree, on average", Share(numbers["pair_agreement"], 1)),
        *((f"Krippendorff’s alpha, {_level(level, numbers)}", Number(alpha, 3)) for level, alpha in _shown(numbers)),
    ]
    if numbers["kappa"] is not None:
        pairs.append(("Fleiss’ kappa", Number(numbers["kappa"], 3)))
    if numbers["cohen_kappa"] is not None:
        pairs.append(("Cohen’s kappa of the two", Number(numbers["cohen_kappa"], 3)))
    if numbers["majority_accuracy"] is not None:
        pairs.append(("Majority right by gold, a tie counting half", Share(numbers["majority_accuracy"], 2)))
    return [*pairs, ("Consensus right, if its model holds (Dawid–Skene)", Share(numbers["consensus_accuracy"], 1))]


def _shown(numbers: Numbers) -> list[tuple[str, float | None]]:
    """Alpha at each level at which it is known; nominal in any case."""
    further = [(level, numbers[f"alpha_{level}"]) for level in SCALES if level != "nominal"]
    return [("nominal", numbers["alpha"]), *(one for one in further if one[1] is not None)]


def _level(level: str, numbers: Numbers) -> str:
    return f"{level}, as declared" if level == numbers["scale"] != "nominal" else level


def _run(inputs: Inputs) -> Judged | NotChecked:
    return judge_labels(inputs.rows, *(inputs.consensus or ()))


LABELS = CheckKind(
    key="labels",
    name="Labels",
    rule=RULE,
    needs={"rows": EMPTY, "labels": EMPTY},
    run=_run,
    figures=_figures,
    always=True,
)
