"""A document as Markdown (CommonMark with tables): for wikis, repositories and issue threads.

What is text stays text: whatever a name holds that Markdown or HTML would read is escaped.
"""

from __future__ import annotations

import re

from reports.exports.document import Block, Document, Drawn, Figures, Printed, Section, Sentences, Signatures, Table
from reports.exports.sheet import clean, graded

SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$&!])")
LEADING = re.compile(r"^(\d*)([-+=.)])(?=\s|=*$)")  # what would begin a list, or underline a heading


def escaped(text: str) -> str:
    """Text on one line that no renderer reads as anything else."""
    line = " ".join(clean(text).split("\n"))
    return LEADING.sub(r"\1\\\2", SPECIAL.sub(r"\\\1", line.strip()))


def written(document: Document) -> bytes:
    return body(document).encode("utf-8", "replace")


def body(document: Document) -> str:
    """The whole of it, each section under a heading of the first rank."""
    parts = [_section(section) for section in document.sections]
    return "\n\n".join([*parts, f"*{escaped(document.foot)}*"]) + "\n"


def _section(section: Section) -> str:
    above = " · ".join(part for part in (section.eyebrow, graded(section.grade)) if part)
    parts = [f"# {escaped(section.title)}", *([escaped(above)] if above else [])]
    parts += [_block(block) for block in (*section.left, *section.right, *section.below)]
    parts += [f"*{escaped(section.foot)}*"] if section.foot else []
    return "\n\n".join(part for part in parts if part)


def _block(block: Block) -> str:
    heading, sub = block.heading, getattr(block, "sub", "")
    parts = [f"## {escaped(heading)}"] if heading else []
    parts += [escaped(sub)] if sub else []
    match block:
        case Sentences(numbered=True):
            parts.append("\n".join(f"{at}. {escaped(line)}" for at, line in enumerate(block.lines, 1)))
        case Sentences():
            parts += [escaped(line) for line in block.lines]
        case Figures():
            parts.append("\n".join(_figure(figure) for figure in block.figures))
        case Drawn():
            parts.append(escaped(block.says))
        case Table():
            parts.append(_table(block))
        case Signatures():
            told = [(one.who, one.when, one.verdict, one.remark) for one in block.signatures]
            parts.append("\n".join(f"- {escaped(' · '.join(filter(None, one)))}" for one in told))
    return "\n\n".join(part for part in parts if part)


def _figure(figure: Printed) -> str:
    beside = f" ({escaped(figure.beside)})" if figure.beside else ""
    grade = f", grade {escaped(graded(figure.grade))}" if figure.grade else ""
    receipt = f", receipt `{figure.receipt}`" if figure.receipt else ""
    return f"- {escaped(figure.label)}: **{escaped(figure.text)}**{beside}{grade}{receipt}"


def _table(table: Table) -> str:
    if not table.columns:
        return ""
    rules = ["---:" if at in table.right else "---" for at in range(len(table.columns))]
    rows = [
        [f"{escaped(cell.text)}<br>{escaped(cell.below)}" if cell.below else escaped(cell.text) for cell in row]
        for row in table.rows
    ]
    lines = [[escaped(name) for name in table.columns], rules, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
