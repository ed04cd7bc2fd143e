"""A model card in Hugging Face's form: YAML that its hub reads (`model-index`), then the card as Markdown.

Only what is known stands in it: a model without a champion has no results, a champion without rows no data set. Of what
it was not told (a licence, languages, intended use) it says nothing in the YAML; the card says that it was not said.
https://github.com/huggingface/hub-docs/blob/main/modelcard.md
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from reports.exports import markdown
from reports.exports.document import Document

# Task → what the hub calls it; one that it has no name for goes by our own.
TASKS = {
    "binary": "tabular-classification",
    "multiclass": "tabular-classification",
    "regression": "tabular-regression",
    "forecast": "time-series-forecasting",
    "ranking": "text-ranking",
}
FORCED = {"binary", "multiclass", "regression", "forecast"}


@dataclass(frozen=True, kw_only=True)
class Score:
    """A metric as programs call it, as people do, and its point."""

    key: str
    name: str
    value: float


@dataclass(frozen=True, kw_only=True)
class Results:
    """What the champion measured. data: name, version and digest of the rows, None where they are not known."""

    task: str
    task_words: str
    data: tuple[str, int, str] | None
    scores: tuple[Score, ...]


def written(document: Document, name: str, results: Results | None) -> bytes:
    """name: of the model. results: None without a champion."""
    front = ["---", "tags:", f"- {quoted('kpiplatform')}"]
    if results is not None:
        front += [f"pipeline_tag: {quoted(TASKS[results.task])}"] if results.task in FORCED else []
        front += _index(name, results) if results.data is not None and results.scores else []
    return ("\n".join([*front, "---", ""]) + "\n" + markdown.body(document)).encode("utf-8", "replace")


def _index(name: str, results: Results) -> list[str]:
    """`model-index` wants a data set; without one the metrics stand in the card alone."""
    assert results.data is not None
    data, version, digest = results.data
    lines = [
        "model-index:",
        f"- name: {quoted(name)}",
        "  results:",
        "  - task:",
        f"      type: {quoted(TASKS.get(results.task, results.task))}",
        f"      name: {quoted(results.task_words)}",
        "    dataset:",
        f"      type: {quoted(data)}",
        f"      name: {quoted(f'{data}, version {version}')}",
        f"      revision: {quoted(digest)}",
        "    metrics:",
    ]
    for score in results.scores:
        lines += [
            f"    - type: {quoted(score.key)}",
            f"      name: {quoted(score.name)}",
            f"      value: {json.dumps(score.value)}",
        ]
    return lines


def quoted(text: Any) -> str:
    """A scalar that YAML reads as this text and nothing else: a JSON string is one."""
    return json.dumps(str(text), ensure_ascii=True)
