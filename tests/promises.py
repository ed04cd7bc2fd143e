"""What is promised of reliability and security, by what it is tested, and the last figure measured of it.

A test says what it holds by `@pytest.mark.promise("R3")`. Its figure comes from the `figure` of tests/conftest.py
(kept by `make promises` alone) or, for a long form, from `measured`; `python -m tests.promises` writes the table.
"""

import ast
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests.places import ROOT

FIGURES = ROOT / "docs" / "promises.json"
README = ROOT / "README.md"
BEGIN, END = "<!-- promises -->", "<!-- end of promises -->"
SHORT = "make promises"

PROMISES = {
    "R1": "Posts with one idempotency key at once make one run, and all get its answer",
    "R2": "A 2xx only after COMMIT: the web process killed under keyed posts, nothing lost or double",
    "R3": "Workers killed: every value equal to a calm run's, byte for byte",
    "R4": "The broker emptied and killed inside that load: the same",
    "R5": "The broker down or frozen: every run is taken, and the work is done once it is back",
    "R6": "PostgreSQL restarted: no half result; 503 with Retry-After, never a 500 or a hang",
    "R7": "One task delivered five times, a mapping replaced while it computes: one result, the newest",
    "R8": "Results and work rows deleted: the next sweep rebuilds and counts them",
    "R9": "Work that kills its process is parked with its error, the rest goes on",
    "R10": "Disk full: 507 or 503, nothing partial; workers stopped in turn: nothing lost",
    "R11": "SQLite: no write is refused for a lock; the program killed at random: nothing lost",
    "R12": "Accepted + rejected = sent, each rejection with its reason; recomputed and restored byte for byte",
    "R13": "Each delivery that is due arrives once, across kills, a failing mail server and moved clocks",
    "R14": "Packs and decision records come out byte-equal again, to the cent as on the page",
    "S1": "Formulas: every attack gets its typed error, every legal one its value",
    "S2": "Bad uploads: refused by field, row and reason; nothing stored; memory bounded",
    "S3": "Who may do what: every cell of the role matrix over API and pages; a foreign id answers as a missing one",
    "S4": "HTTP attacks: no 5xx; what is too deep or too large is refused",
    "S5": "Outgoing requests reach public addresses only, checked when connecting",
    "S6": "Cells and names that would run somewhere are inert in sheets, pages, charts, documents and mail",
    "S7": "Strict CSP; production refuses unsafe settings; tokens hashed; doors throttled; no secrets in logs",
    "S8": "Two signatures by two people over what both saw; the audit only grows, by the database itself",
    "S9": "No pickle, eval or query on input; JSON alone on the broker; advisories looked up",
    "S10": "What GET refuses, every method refuses; rights are read inside the transaction that writes",
    "S11": "Tokens are scoped, mint nothing and end with what they stand on; links work once; files are private",
    "S12": "No address, form or file of a member gives a 5xx; the bad part of a batch is refused alone",
    "S13": "Mail goes to those who may see at the moment of sending",
}


def measured(promise: str, figure: str, command: str) -> None:
    """Keeps what `command` measured of a promise, in place of what it measured before."""
    if promise not in PROMISES:
        raise KeyError(promise)
    figures = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    entry = {"figure": figure, "date": datetime.now(UTC).date().isoformat()}
    figures.setdefault(promise, {})[command] = entry
    ordered = {name: dict(sorted(figures[name].items())) for name in PROMISES if name in figures}
    FIGURES.write_text(json.dumps(ordered, indent=2, ensure_ascii=False) + "\n")


def kept_by() -> dict[str, list[Path]]:
    """Promise → the files in which a test is marked with it."""
    found: dict[str, list[Path]] = {name: [] for name in PROMISES}
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in sorted(set(_marked(file))):
            found[name].append(file.relative_to(ROOT))
    return found


def _marked(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.promise":
            yield from (ast.literal_eval(argument) for argument in node.args)


def table() -> str:
    """The README's table: promise, tests, and what was measured last by which command."""
    figures, tests = json.loads(FIGURES.read_text()), kept_by()
    lines = ["| | promise | tested in | last measured |", "|---|---|---|---|"]
    for name, claim in PROMISES.items():
        where = ", ".join(f"[{file.stem.removeprefix('test_')}]({file})" for file in tests[name])
        of_this = dict(figures.get(name, {}))
        if len(of_this) > 1:
            of_this.pop(SHORT, None)
        said = "; ".join(f"{entry['figure']} (`{command}`, {entry['date']})" for command, entry in of_this.items())
        lines.append(f"| {name} | {claim} | {where} | {said} |")
    return "\n".join(lines)


def written(readme: str) -> str:
    """The README with its table made anew."""
    before, rest = readme.split(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    README.write_text(written(README.read_text()))
