"""How often the bands of what scores foretell hold what labels then show: its section of docs/coverage.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score, roc_auc_score

from metrics.core.evidence.cbpe import Policy
from metrics.core.evidence.check import NotChecked
from metrics.core.evidence.foretold import FORETOLD, At, judge_foretold
from metrics.core.rows.table import with_kinds
from tests.coverage import markdown
from tests.coverage.populations import AMOUNT, CELLS, SHARE, SIGMAS
from tests.coverage.repeats import repeated

Floats = NDArray[np.float64]

NAME = "cbpe"
TITLE = "## Performance without labels"
LEVEL = 0.95
REPEATS = 2000
BATCH = 20
ROWS = 5000  # without labels
KNOWN = 100  # of them with one, to hold against
LABELS = (200, 1000, 5000)
POPULATIONS = (("calibrated", 0.0), ("too sure", 0.0), ("too sure", 0.3))  # and the share of rows from elsewhere
STEEPER, LOWER, ELSEWHERE = 1.8, -0.5, 1.0  # of log odds
THRESHOLD = 0.3
FIGURES = {
    "accuracy": "accuracy",
    "roc_auc": "AUC",
    "f1": "F1",
    "precision": "precision",
    "recall": "recall",
    "value": "money",
}
SEED = 17


@dataclass(frozen=True)
class Design:
    """What is drawn in each repeat: so many labels of the reference, scores of this kind, and a share of other rows."""

    labels: int
    scores: str
    shift: float

    @property
    def least(self) -> float:
        """The promise."""
        return 0.93 if self.labels >= 5000 else 0.91


DESIGNS = tuple(Design(labels, *of) for labels in LABELS for of in POPULATIONS)


@dataclass(frozen=True)
class Cell:
    """One line: of each figure how often its band holds what all labels show; the share of alarms, of labels that are
    inverted and of right ones, each of half of the repeats; and the mean width of the band of the AUC."""

    design: Design
    coverage: Mapping[str, float]
    width: float
    found: float
    false: float

    @property
    def worst(self) -> float:
        """The least coverage of a figure."""
        return min(self.coverage.values())

    @property
    def error(self) -> float:
        """Monte-Carlo standard error of the least coverage."""
        return float(np.sqrt(self.worst * (1 - self.worst) / REPEATS))


def sample(random: np.random.Generator, rows: int, scores: str, shift: float) -> tuple[pa.Table, Floats]:
    """Rows with a score and an amount, and their labels, which come with the chance of the calibrated score."""
    positive = random.random(rows) < SHARE
    odds = logit(SHARE) + SIGMAS[0] ** 2 * (positive - 0.5) + SIGMAS[0] * random.normal(size=rows)
    odds += ELSEWHERE * (random.random(rows) < shift)
    label = (random.random(rows) < expit(odds)).astype(np.float64)
    columns = {
        "example_id": pa.array(random.integers(2**62) + np.arange(rows)).cast(pa.string()),
        "y_true": label,
        "y_score": expit(STEEPER * odds + LOWER if scores == "too sure" else odds),
        "amount": random.lognormal(*AMOUNT, rows),
    }
    return with_kinds(pa.table(columns), segments=[], amounts=["amount"]), label


def simulated(design: Design, *, repeats: int = REPEATS, processes: int | None = None) -> Cell:
    """The cell of a design. Each repeat has a seed of its own: the result does not hang on the processes."""
    found = np.array(repeated(partial(_judged, design), repeats, at_once=BATCH, processes=processes))
    held, width, alarm = found[:, : len(FIGURES)], found[:, -2], found[:, -1]
    coverage = dict(zip(FIGURES, np.nanmean(held, axis=0).tolist(), strict=True))
    alarms = [float(np.nanmean(alarm[start::2])) for start in (0, 1)]
    return Cell(design, coverage, float(np.nanmean(width)), *alarms)


def _judged(design: Design, repeat: int) -> tuple[float, ...]:
    """Of each figure whether its band holds what the labels show, the width of the AUC's, and whether it failed.

    The labels that are known are inverted in each second repeat. All NaN where the reference has too few of a class.
    """
    random = np.random.default_rng([DESIGNS.index(design), repeat])
    reference, _ = sample(random, design.labels, design.scores, 0.0)
    table, label = sample(random, ROWS, design.scores, design.shift)
    score, amount = (table[name].to_numpy() for name in ("y_score", "amount"))
    acted = score > THRESHOLD
    gain = CELLS["tp"].base + CELLS["tp"].rate * amount
    policy = Policy(acted, np.where(acted, gain, 0.0), np.where(acted, CELLS["fp"].base, 0.0))
    known = np.where(np.arange(ROWS) < KNOWN, label if repeat % 2 else 1 - label, np.nan)
    place = table.column_names.index("y_true")
    table = table.set_column(place, "y_true", pa.array(known, from_pandas=True))
    judged = judge_foretold(table, reference, name="r", at=At(policy=policy, words="", unit="EUR/case"), seed=SEED)
    if isinstance(judged, NotChecked):
        return (float("nan"),) * (len(FIGURES) + 2)
    came = {
        "accuracy": accuracy_score(label, acted),
        "roc_auc": roc_auc_score(label, score),
        "f1": f1_score(label, acted),
        "precision": precision_score(label, acted),
        "recall": recall_score(label, acted),
        "value": float(np.where(label == 1, policy.if_one, policy.if_zero).mean()),
    }
    told = judged.numbers["expected"][0]["figures"]
    held = [float(told[name]["low"] <= came[name] <= told[name]["high"]) for name in FIGURES]
    area = told["roc_auc"]
    return *held, area["high"] - area["low"], float(FORETOLD.check(judged).verdict != "holds")


_HEAD = f"""{TITLE}

Bands of {LEVEL:.0%} of what the scores of {ROWS:,} rows without labels foretell, calibrated on a reference: each
line is {REPEATS:,} pairs of both, and of each figure the share in which its band holds what all labels of these rows
then show. The promise is at least 91 %, and 93 % from 5,000 labels of the reference. Of the rows {KNOWN} have a label
already: in half of the repeats an inverted one, which is to be found out, in the others the right one.

"""
_COLUMNS = (*FIGURES.values(), "±", "width of AUC", "inverted found", "false alarms")
_HEAD += f"| labels | scores | other rows | {' | '.join(_COLUMNS)} | holds |\n"
_HEAD += f"| ---: | --- | ---: | {'---: | ' * len(_COLUMNS)}--- |\n"

_TAIL = f"""
The population is the binary one above, acted upon where the score is above {THRESHOLD}, with its amounts; F1, precision
and recall are those of acting. Scores are calibrated, or too sure: their log odds times {STEEPER}, and {-LOWER} lower.
Other rows are the share whose log odds are higher by {ELSEWHERE:g} than those of the reference: another mix of rows, of
which each score means the same. ± is of the least coverage of a line.
"""


def written(cells: Sequence[Cell]) -> str:
    """The section of these cells."""
    return markdown.table(_HEAD, map(_row, cells), _TAIL)


def _row(cell: Cell) -> tuple[str, ...]:
    return (
        f"{cell.design.labels:,} labels",
        cell.design.scores,
        f"{cell.design.shift:.0%}",
        *(f"{cell.coverage[name]:.2%}" for name in FIGURES),
        f"{cell.error:.2%}",
        f"{cell.width:.4g}",
        f"{cell.found:.1%}",
        f"{cell.false:.1%}",
        "yes" if cell.worst >= cell.design.least else "no",
    )


def read(text: str) -> list[Cell]:
    """The cells of a section."""
    designs = {(f"{one.labels:,} labels", one.scores, f"{one.shift:.0%}"): one for one in DESIGNS}
    return [
        Cell(
            designs[labels, scores, shift],
            dict(zip(FIGURES, map(markdown.share, rest[: len(FIGURES)]), strict=True)),
            float(rest[-4]),
            markdown.share(rest[-3]),
            markdown.share(rest[-2]),
        )
        for labels, scores, shift, *rest in markdown.cells(text)
        if (labels, scores, shift) in designs
    ]
