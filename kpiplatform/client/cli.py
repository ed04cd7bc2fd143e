"""`kpi`: the platform from a terminal.

Exit code 0: done. 1: `kpi verify` found a difference. 2: refused or failed, with one line on the standard error.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NoReturn

from kpiplatform.client import commands
from kpiplatform.client.client import PATIENCE
from kpiplatform.client.errors import ClientError, one_line

REFUSED = 2
INTERRUPTED = 130


class _Parser(argparse.ArgumentParser):
    """argparse, with its complaint on one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(REFUSED, f"{self.prog}: {one_line(message)} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; give the exit code. What goes wrong is one line on the standard error."""
    given = parser().parse_args(arguments)
    try:
        said: commands.Said = given.command(given)
        print(json.dumps(said.json, indent=1, ensure_ascii=False) if given.json else said.words, flush=True)
    except ClientError as error:
        print(f"kpi: {error.line()}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("kpi: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe left, such as `| head`: nothing more can be said, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return said.code


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = _Parser(prog="kpi", description="From a model's loss to its KPI and its revenue.", allow_abbrev=False)
    top.add_argument("--version", action="version", version=f"kpi {_version()}")
    rooms = top.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    _login(rooms)
    _product(rooms)
    _run(rooms)
    _figures(rooms)
    return top


def _login(rooms: Any) -> None:
    login = _added(rooms, "login", commands.login, "sign in and keep a token")
    login.add_argument("--url", help="the server; default: KPI_URL, else the last one")
    login.add_argument("--username")
    login.add_argument("--token", help="keep this token instead of asking for a password")
    login.add_argument("--days", type=_whole, default=90, help="how long the new token lives (default 90)")


def _product(rooms: Any) -> None:
    verbs = _group(rooms, "product", "products: list, show, create")
    listed = _added(verbs, "list", commands.product_list, "the products you are a member of")
    _limit(listed)
    show = _added(verbs, "show", commands.product_show, "one product")
    show.add_argument("product")
    create = _added(verbs, "create", commands.product_create, "make a product")
    create.add_argument("name")
    create.add_argument("--currency", required=True, help="such as EUR")
    create.add_argument("--sentence", help="what it is for, in one sentence")
    create.add_argument("--time-zone", help="such as Europe/Lisbon (default UTC)")
    create.add_argument("--case-noun", help="what one row is, such as booking")
    create.add_argument("--fiscal-year-start", type=_whole, metavar="MONTH", help="1 to 12")


def _run(rooms: Any) -> None:
    verbs = _group(rooms, "run", "evaluation runs: log, show, list, withdraw")
    log = _added(verbs, "log", commands.run_log, "log a run from a CSV or Parquet file, or from metrics alone")
    log.add_argument("file", nargs="?", metavar="FILE")
    for name in ("product", "model", "version"):
        log.add_argument(f"--{name}", required=True)
    log.add_argument("--name", help="what to call the run (default: the version)")
    log.add_argument("--dataset", help="what to call the rows")
    log.add_argument(
        "--where", type=_pair, action="append", default=[], metavar="COLUMN=VALUE", help="score these rows only"
    )
    reference = "rows to compare with, for drift"
    log.add_argument("--reference", type=_pair, action="append", default=[], metavar="COLUMN=VALUE", help=reference)
    log.add_argument(
        "--rename", type=_pair, action="append", default=[], metavar="YOURS=OURS", help="y=y_true, for example"
    )
    log.add_argument("--drop-missing", action="store_true", help="leave out rows without a score instead of refusing")
    log.add_argument(
        "--metric", type=_metric, action="append", default=[], metavar="KEY=VALUE[:SE]", help="a reported metric"
    )
    log.add_argument(
        "--param", type=_parameter, action="append", default=[], metavar="NAME=VALUE", help="a hyperparameter"
    )
    log.add_argument("--seed", type=_value)
    log.add_argument("--code-commit")
    log.add_argument("--note")
    log.add_argument("--idempotency-key", metavar="KEY", help="the same key twice makes one run (default: a new one)")
    log.add_argument("--wait", action="store_true", help="until the metrics are there")
    _timeout(log)
    show = _added(verbs, "show", commands.run_show, "one run with its metrics")
    show.add_argument("run")
    listed = _added(verbs, "list", commands.run_list, "the runs of a product, newest first")
    listed.add_argument("product")
    listed.add_argument("--model")
    listed.add_argument("--state", choices=["received", "scored", "failed", "withdrawn"])
    _limit(listed)
    withdraw = _added(verbs, "withdraw", commands.run_withdraw, "take a run out of every figure")
    withdraw.add_argument("run")
    withdraw.add_argument("--reason", required=True)


def _figures(rooms: Any) -> None:
    verbs = _group(rooms, "value", "KPI values: show")
    show = _added(verbs, "show", commands.value_show, "one KPI, or all of a product")
    show.add_argument("product")
    show.add_argument("kpi", nargs="?")
    receipt = _added(rooms, "receipt", commands.receipt, "the links from a figure down to its rows")
    receipt.add_argument("digest", help="whole, or its first 8 or more digits")
    receipt.add_argument("--export", metavar="F.zip", help="write it as a file that is recomputed offline")
    verify = _added(
        rooms, "verify", commands.verify, "have the server recompute a figure; exit code 1 where it differs"
    )
    verify.add_argument("digest")
    _timeout(verify)


def _group(rooms: Any, name: str, says: str) -> Any:
    return rooms.add_parser(name, help=says, description=says, allow_abbrev=False).add_subparsers(
        required=True, metavar="VERB", parser_class=_Parser
    )


def _added(rooms: Any, name: str, command: commands.Command, says: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = rooms.add_parser(name, help=says, description=says, allow_abbrev=False)
    made.add_argument("--json", action="store_true", help="print the answer as JSON")
    made.set_defaults(command=command)
    return made


def _limit(made: argparse.ArgumentParser) -> None:
    made.add_argument("--limit", type=_whole, default=50, help="at most so many (default 50)")


def _timeout(made: argparse.ArgumentParser) -> None:
    made.add_argument("--timeout", type=_seconds, default=PATIENCE, metavar="SECONDS", help=f"default {PATIENCE:g}")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"“{text}” is not NAME=VALUE")
    return name, value


def _value(text: str) -> Any:
    """JSON where the text is a number, truth or null; else the text."""
    try:
        found = json.loads(text, parse_constant=lambda _: text)
    except ValueError:
        return text
    return found if found is None or isinstance(found, bool | int | float) else text


def _parameter(text: str) -> tuple[str, Any]:
    name, value = _pair(text)
    return name, _value(value)


def _metric(text: str) -> tuple[str, Any]:
    name, value = _pair(text)
    point, colon, error = value.partition(":")
    try:
        numbers = [float(part) for part in ((point, error) if colon else (point,))]
    except ValueError:
        numbers = []
    if not numbers or not all(map(math.isfinite, numbers)):
        raise argparse.ArgumentTypeError(f"“{text}” is not KEY=VALUE or KEY=VALUE:STANDARD_ERROR")
    return name, {"value": numbers[0], "standard_error": numbers[1]} if colon else numbers[0]


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"“{text}” is no whole number above 0")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"“{text}” is no number of seconds")
    return seconds


def _version() -> str:
    try:
        return version("kpiplatform")
    except PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(main())
