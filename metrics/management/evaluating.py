"""Evaluating a file of rows from the command line: its options, and what is printed. Nothing of Django is loaded."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from metrics.core import numerals
from metrics.core.estimate import Unknown
from metrics.core.late import pa
from metrics.core.rows.reading import RowsError
from metrics.core.standalone import Asked, Profit, evaluate_file, usual_names

REFUSED = 2
COUNTS = (("labelled", "labelled"), ("unlabelled", "not yet"), ("left_out", "left out"), ("duplicates", "repeated ids"))


class Refused(Exception):
    """The rows are not taken; the message says why in one line."""


class Unusual(Exception):
    """The line holds more than the options here, or less than they need."""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--rename",
        type=_pair,
        action="extend",
        nargs="+",
        default=[],
        metavar="NAME=COLUMN",
        help="read NAME from COLUMN; row_id or id, event_ts and ingest_ts are known without it",
    )
    parser.add_argument(
        "--segment",
        action="extend",
        nargs="+",
        metavar="COLUMN",
        help="break down by it; by default by what the file itself lists; month is that of event_time",
    )
    parser.add_argument("--amount", metavar="COLUMN", help="what a true positive is worth is --gain times this")
    parser.add_argument("--gain", type=float, default=1.0)
    parser.add_argument("--cost", type=float, default=0.0, help="of each action")
    parser.add_argument("--thresholds", type=int, default=200, help="for the profit, of equal steps from 0")
    parser.add_argument(
        "--drop-missing",
        action="store_true",
        help="leave out, and count, rows without a score, or without the amount; they are refused otherwise",
    )
    parser.add_argument("--bands", action="store_true", help="95 %% bands as well, from resampling")
    parser.add_argument("--time-zone", type=_place, default="UTC", help="whose months, such as Europe/Lisbon")
    parser.add_argument("--seed", type=int, default=0, help="of the resampling")
    parser.add_argument("--threads", type=int, default=min(os.cpu_count() or 1, 2))


def printed(options: dict[str, Any]) -> str:
    """The evaluation as JSON or as lines to read. Raises Refused."""
    start = time.perf_counter()
    try:
        found = evaluate_file(options["file"], _asked(options))
    except (RowsError, OSError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())
        raise Refused(f"{options['file'].name}: {reason}") from error
    found["seconds"] = round(time.perf_counter() - start, 3)
    found["peak_mb"] = _peak_mb()
    return json.dumps(found) if options["json"] else "\n".join(_table(found))


def main(line: list[str]) -> int:
    """Evaluate as a command line says; the exit code. Raises Unusual where another has to read the line."""
    parser = _Parser(add_help=False, allow_abbrev=False)
    add_arguments(parser)
    try:
        print(printed(vars(parser.parse_args(line))))
    except Refused as error:
        print(f"CommandError: {error}", file=sys.stderr)
        return REFUSED
    return 0


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Unusual(message)


def _peak_mb() -> int:
    """The most memory that this process held; ru_maxrss counts what its parent held when it was forked as well."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) // 1024
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit


def _place(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ArgumentTypeError(f"{text} is no time zone; give one such as Europe/Lisbon") from error


def _pair(text: str) -> tuple[str, str]:
    name, equals, column = text.partition("=")
    if not (name and equals and column):
        raise ArgumentTypeError(f"{text} is not NAME=COLUMN")
    return name, column


def _asked(options: dict[str, Any]) -> Asked:
    profit = Profit(options["amount"], options["gain"], options["cost"]) if options["amount"] else None
    return Asked(
        segments=options["segment"],
        renamed=usual_names(options["file"], dict(options["rename"])),
        profit=profit,
        drop_missing=options["drop_missing"],
        bands=options["bands"],
        thresholds=options["thresholds"],
        time_zone=options["time_zone"],
        seed=options["seed"],
        threads=options["threads"],
    )


def _table(found: dict[str, Any]) -> list[str]:
    """Lines to read: counts, then a line a metric, then a line a group."""
    empty = ", ".join(f"{name} {count:,}" for name, count in found["nulls"].items() if count)
    lines = [
        ", ".join([f"{found['file']}: {found['rows']:,} rows", *(f"{found[key]:,} {word}" for key, word in COUNTS)]),
        f"empty cells: {empty or 'none'}",
    ]
    if found["delay"] and found["delay"]["seconds"]:
        delays = "  ".join(
            f"{numerals.percent(float(at), 1)} {value:.1f} s" for at, value in found["delay"]["seconds"].items()
        )
        lines.append(f"delay from event to storage: {delays}; {found['delay']['negative']:,} negative")
    lines += ["", *(f"{key:<20} {_shown(quantity)}" for key, quantity in found["metrics"].items())]
    if "profit" in found:
        lines.append(f"{'profit':<20} {_best(found)}")
    for column, groups in found["segments"].items():
        lines += ["", f"{column:<24} {'rows':>12} {'roc_auc':>9} {'log_loss':>9}"]
        for name, group in groups.items():
            shown = " ".join(f"{_point(group['metrics'][key]):>9}" for key in ("roc_auc", "log_loss"))
            best = f"  {_best(group)}" if "profit" in group else ""
            lines.append(f"{name:<24} {group['rows_measured']:>12,} {shown}{best}")
    return [*lines, "", f"{found['seconds']} s, {found['peak_mb']} MB"]


def _shown(quantity: dict[str, Any]) -> str:
    figure = numerals.read(quantity)
    if isinstance(figure, Unknown):
        return f"– {figure.reason}"
    return numerals.line(figure)


def _point(quantity: dict[str, Any]) -> str:
    figure = numerals.read(quantity)
    return "–" if isinstance(figure, Unknown) else str(numerals.word(figure, places=4))


def _best(found: dict[str, Any]) -> str:
    best = found["profit"]["best_on_these_rows"]
    return f"{numerals.numeral(best['profit'], places=2)} at most, acting above {best['threshold']:g} (on these rows)"
