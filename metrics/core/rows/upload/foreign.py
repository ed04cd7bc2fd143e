"""Texts of a form that is not read, told by their first lines: what they are, and how their rows can be sent."""

from __future__ import annotations

import re
from dataclasses import dataclass

from metrics.core.rows.refusal import UploadError

_HEAD = 20  # lines looked at


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form of text. line: what each of its lines looks like, or only the first one where alone is set."""

    line: re.Pattern[str]
    alone: bool = False
    called: str
    remedy: str


_NUMBER = r"[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?"
_RANKING = "Write CSV for --task ranking with the columns example_id, query_id, y_true and y_score"
FORMS = (
    Form(
        line=re.compile(rf"\S+\s+Q0\s+\S+\s+[0-9]+\s+{_NUMBER}\s+\S+"),
        called="a TREC run, without a header: query, Q0, document, rank, score and the name of the run",
        remedy=f"{_RANKING}: of each line the first field is query_id, the fifth y_score, query and document together "
        "make example_id, and y_true is the judgement of that document in the qrels file, 0 where it has none.",
    ),
    Form(
        line=re.compile(r"\S+\s+0\s+\S+\s+-?[0-9]+"),
        called="TREC judgements (qrels), without a header: query, 0, document and relevance",
        remedy=f"{_RANKING}: y_true is the last field here, y_score the fifth of that document in the run file.",
    ),
    Form(
        line=re.compile(rf"{_NUMBER}\s+(?:qid:\S+\s+)?[0-9]+:{_NUMBER}(?:\s+[0-9]+:{_NUMBER})*(?:\s+#.*)?"),
        called="SVMlight (LETOR): a label, and features by number",
        remedy=f"{_RANKING}: y_true is the label, query_id what follows qid:, and y_score what the model says of it.",
    ),
    Form(
        line=re.compile(r"\s*\{\s*\".*\}\s*"),
        called="JSON, an object a line",
        remedy="Write CSV or Parquet, such as pandas.read_json(file, lines=True).to_parquet(new).",
    ),
    Form(
        line=re.compile(r"\s*[\[{]\s*(?:[\[{\"}\]].*)?"),
        alone=True,
        called="JSON",
        remedy="Write its rows as CSV or Parquet, such as pandas.read_json(file).to_parquet(new).",
    ),
    Form(
        line=re.compile(r"\s*<(?:!DOCTYPE|html|table|\?xml).*", re.IGNORECASE),
        alone=True,
        called="a page of HTML or XML",
        remedy="Send the CSV or Parquet file itself; an export that needs a sign-in gives a page instead.",
    ),
)


def check_form(head: str) -> None:
    """Raises UploadError where the first lines of a text are of a form that is known, and is not read."""
    lines = [line.rstrip("\r") for line in head.split("\n", _HEAD)[:_HEAD] if line.strip()]
    for form in FORMS:
        looked_at = lines[:1] if form.alone else lines
        if lines and all(form.line.fullmatch(line) for line in looked_at):
            raise UploadError("file", "unsupported_type", f"the file is {form.called}", remedy=form.remedy)
