"""`kpi`: the platform from a terminal.

Exit code 0: done. 1: `kpi verify` found a difference. 2: refused or failed, with one line on the standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from kpiplatform.client import arguments, chain_commands, commands, decide_cli, lake, observed_commands, run_commands
from kpiplatform.client.chain import ACTS, AGGREGATIONS, MEMBER_ROLES, TERMS
from kpiplatform.client.connection import PATIENCE
from kpiplatform.client.datasets import LABEL_SCALES, ROLES
from kpiplatform.client.errors import ClientError
from kpiplatform.client.grammar import REFUSED, Parser, added, group
from kpiplatform.client.observed import PAIRS
from kpiplatform.client.rows import TASKS
from kpiplatform.client.said import Said

INTERRUPTED = 130
# What a refusal speaks of → the option that says it.
OPTIONS = {"time zone": "time_zone", "is the task": "task", "the task is": "task"}


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; give the exit code. What goes wrong is one line on the standard error."""
    given, unknown = parser().parse_known_args(words)
    if unknown:
        given.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        said: Said = given.command(given)
        print(json.dumps(said.json, indent=1, ensure_ascii=False) if given.json else said.words, flush=True)
    except ClientError as error:
        print(f"kpi: {error.line()}{_option(given, error)}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("kpi: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe left, such as `| head`: nothing more can be said, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return said.code


def _option(given: argparse.Namespace, error: ClientError) -> str:
    """The option of the command by which a refusal is answered, where it was not given: " The option is --task."."""
    said = f"{error.message} {error.remedy}"
    name = next((name for words, name in OPTIONS.items() if words in said and hasattr(given, name)), "")
    return f" The option is --{name.replace('_', '-')}." if name and getattr(given, name) is None else ""


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = Parser(prog="kpi", description="From a model's loss to its KPI and its revenue.", allow_abbrev=False)
    top.add_argument("--version", action="version", version=f"kpi {_version()}")
    rooms = top.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    _login(rooms)
    _product(rooms)
    _run(rooms)
    _dataset(rooms)
    _metric(rooms)
    _figures(rooms)
    _chain(rooms)
    _observed(rooms)
    _import(rooms)
    decide_cli.add(rooms)
    return top


def _login(rooms: Any) -> None:
    login = added(rooms, "login", commands.login, "sign in and keep a token")
    login.add_argument("--url", help="the server; default: KPI_URL, else the last one")
    login.add_argument("--username")
    login.add_argument("--code", help="of the authenticator app, or a recovery code; asked for where it is needed")
    login.add_argument("--token", help="keep this token instead of asking for a password")
    login.add_argument("--days", type=arguments.whole, default=90, help="how long the new token lives (default 90)")


def _product(rooms: Any) -> None:
    verbs = group(rooms, "product", "products: list, show, create, archive, restore")
    listed = added(verbs, "list", commands.product_list, "the products you are a member of")
    listed.add_argument("--archived", action="store_true", help="the archived ones instead of those at work")
    _limit(listed)
    show = added(verbs, "show", commands.product_show, "one product")
    show.add_argument("product")
    archive = added(verbs, "archive", commands.product_archive, "take a product out of work: read only, in no list")
    archive.add_argument("product")
    restore = added(verbs, "restore", commands.product_restore, "bring an archived product back")
    restore.add_argument("product")
    create = added(verbs, "create", commands.product_create, "make a product")
    create.add_argument("name")
    create.add_argument("--currency", required=True, help="such as EUR")
    create.add_argument("--sentence", help="what it is for, in one sentence")
    create.add_argument("--time-zone", help="such as Europe/Lisbon (default UTC)")
    create.add_argument("--case-noun", help="what one row is, such as booking")
    create.add_argument("--fiscal-year-start", type=arguments.whole, metavar="MONTH", help="1 to 12")


def _run(rooms: Any) -> None:
    verbs = group(rooms, "run", "evaluation runs: log, show, list, compare, promote, accept, withdraw")
    log = added(
        verbs,
        "log",
        run_commands.run_log,
        "log a run from a CSV or Parquet file, or a folder of Parquet, or from metrics alone",
    )
    log.add_argument("file", nargs="?", metavar="FILE")
    for name in ("product", "model", "version"):
        log.add_argument(f"--{name}", required=True)
    _task(log)
    log.add_argument("--name", help="what to call the run (default: the version)")
    log.add_argument("--dataset", help="what to call the rows")
    _rows(log, where="score these rows only")
    level = "level of a forecast's interval, such as 80 (%%), where names such as lo80 do not say it"
    log.add_argument("--interval", type=arguments.level, metavar="LEVEL", help=level)
    log.add_argument("--split", help="what these rows are, such as test (default: what --where says)")
    reference = "data set to compare with, for drift: NAME or NAME@DIGEST, or rows of the same file"
    log.add_argument("--reference", action="append", default=[], metavar="NAME | COLUMN=VALUE", help=reference)
    log.add_argument("--training", metavar="NAME", help="data set that the model was trained on")
    log.add_argument("--drop-missing", action="store_true", help="leave out rows without a score instead of refusing")
    log.add_argument(
        "--metric",
        type=arguments.metric,
        action="append",
        default=[],
        metavar="KEY=VALUE[:SE]",
        help="a reported metric",
    )
    log.add_argument(
        "--param", type=arguments.parameter, action="append", default=[], metavar="NAME=VALUE", help="a hyperparameter"
    )
    log.add_argument("--seed", type=arguments.value)
    log.add_argument("--code-commit")
    log.add_argument("--note")
    log.add_argument("--idempotency-key", metavar="KEY", help="the same key twice makes one run (default: a new one)")
    log.add_argument("--wait", action="store_true", help="until the metrics are there")
    _timeout(log)
    lake.add(log)
    show = added(verbs, "show", run_commands.run_show, "one run with its metrics")
    show.add_argument("run")
    listed = added(verbs, "list", run_commands.run_list, "the runs of a product, newest first")
    listed.add_argument("product")
    listed.add_argument("--model")
    listed.add_argument("--state", choices=["received", "scored", "failed", "withdrawn"])
    _limit(listed)
    compare = added(verbs, "compare", run_commands.run_compare, "paired differences of runs on the same examples")
    compare.add_argument("runs", nargs="+", metavar="RUN")
    accept = added(verbs, "accept", run_commands.run_accept, "let a run of the champion stand for it, on other rows")
    accept.add_argument("run")
    accept.add_argument("--back", action="store_true", help="take that back: what stood before stands again")
    promote = added(verbs, "promote", chain_commands.run_promote, "make the version of a run champion")
    promote.add_argument("run")
    withdraw = added(verbs, "withdraw", run_commands.run_withdraw, "take a run out of every figure")
    withdraw.add_argument("run")
    withdraw.add_argument("--reason", required=True)


def _dataset(rooms: Any) -> None:
    verbs = group(rooms, "dataset", "data sets: log, list")
    log = added(verbs, "log", run_commands.dataset_log, "log named rows from a CSV or Parquet file")
    log.add_argument("product")
    log.add_argument("file", metavar="FILE")
    log.add_argument("--name", required=True, help="the same name with other rows is a new version")
    log.add_argument("--role", required=True, choices=ROLES)
    _task(log)
    _rows(log, where="take these rows only")
    log.add_argument(
        "--label-scale", choices=LABEL_SCALES, help="of the labels that labelers vote on (default: nominal)"
    )
    log.add_argument(
        "--label-order", type=arguments.names, metavar="LEAST,…,MOST", help="ordinal labels, the least first"
    )
    for name, says in (("segment", "parts the rows into groups"), ("amount", "is money of each row")):
        log.add_argument(f"--{name}", action="append", default=[], metavar="COLUMN", help=f"a column that {says}")
    listed = added(verbs, "list", run_commands.dataset_list, "the data sets of a product")
    listed.add_argument("product")
    _limit(listed)


def _metric(rooms: Any) -> None:
    verbs = group(rooms, "metric", "metrics: register, update")
    register = added(verbs, "register", run_commands.metric_register, "register a metric of a product")
    register.add_argument("product")
    register.add_argument("key")
    register.add_argument(
        "--formula", help="over the rows, such as “sum(w * abs(y - p)) / sum(w)”; none: runs report it"
    )
    register.add_argument("--direction", required=True, choices=["up", "down"], help="the way to the better")
    register.add_argument("--name", help="what to call it (default: the key)")
    register.add_argument("--unit")
    register.add_argument("--source", help="where the definition comes from")
    _task(register)
    update = added(verbs, "update", run_commands.metric_update, "change a metric's words, or the way to the better")
    update.add_argument("product")
    update.add_argument("key")
    update.add_argument(
        "--direction", choices=["up", "down"], help="the way to the better; fixed once a mapping uses the metric"
    )
    update.add_argument("--name", help="what to call it")
    update.add_argument("--source", help="where the definition comes from")


def _observed(rooms: Any) -> None:
    verbs = group(rooms, "actuals", "observed KPI values: import, undo, restore")
    actuals = added(verbs, "import", observed_commands.actuals_import, "import a file with a month and a value a line")
    _file_of_a_kpi(actuals)
    undo = added(verbs, "undo", observed_commands.actuals_undo, "take an import back; what was known before stands")
    _import_of(undo, "actuals")
    back = added(verbs, "restore", observed_commands.actuals_restore, "bring an import back; newer values stay")
    _import_of(back, "actuals")
    verbs = group(rooms, "pairs", "pairs of a metric and the KPI observed with it: import, undo, restore")
    pairs = added(verbs, "import", observed_commands.pairs_import, "import a CSV file: columns x (metric) and y (KPI)")
    _file_of_a_kpi(pairs)
    pairs.add_argument("--metric", required=True, metavar="KEY")
    pairs.add_argument("--kind", choices=PAIRS, default=PAIRS[0], help=f"default {PAIRS[0]}")
    undo = added(verbs, "undo", observed_commands.pairs_undo, "take an import of pairs back")
    _import_of(undo, "pairs")
    back = added(verbs, "restore", observed_commands.pairs_restore, "bring an import of pairs back")
    _import_of(back, "pairs")


def _import_of(made: argparse.ArgumentParser, things: str) -> None:
    made.add_argument("import_id", metavar="IMPORT", help=f"as `kpi {things} import` named it")
    made.add_argument("--product", required=True)


def _file_of_a_kpi(made: argparse.ArgumentParser) -> None:
    made.add_argument("file", metavar="FILE")
    made.add_argument("--product", required=True)
    made.add_argument("--kpi", required=True, metavar="KEY")
    made.add_argument("--source", help="where the file comes from (default: its name)")
    made.add_argument("--decimal", choices=[",", "."], help="stands before decimals, where the numbers leave it open")
    made.add_argument("--dates", choices=["dmy", "mdy"], help="day or month first, where the dates leave it open")
    made.add_argument(
        "--dry-run", action="store_true", help="print the values that would be written, and write nothing"
    )


def _chain(rooms: Any) -> None:
    verbs = group(rooms, "member", "members of a product: add, list")
    add = added(verbs, "add", chain_commands.member_add, "add a person; a mail address without an account is invited")
    add.add_argument("product")
    add.add_argument("who", metavar="NAME | MAIL")
    add.add_argument("--role", required=True, choices=MEMBER_ROLES)
    listed = added(verbs, "list", chain_commands.member_list, "who works on a product")
    listed.add_argument("product")
    verbs = group(rooms, "assumption", "assumptions: set, correct, delete")
    stated = added(verbs, "set", chain_commands.assumption_set, "state an assumption, or its next version")
    stated.add_argument("product")
    stated.add_argument("key")
    known = stated.add_mutually_exclusive_group(required=True)
    known.add_argument("--between", type=arguments.number, nargs=2, metavar=("LOW", "HIGH"), help="90 %% sure")
    known.add_argument("--exactly", type=arguments.number, metavar="VALUE")
    for name in ("name", "unit", "owner", "source"):
        stated.add_argument(f"--{name}")
    stated.add_argument("--valid-until", metavar="DATE", help="such as 2027-06-30")
    correct = added(verbs, "correct", chain_commands.assumption_correct, "mend a name or unit that nobody signed")
    correct.add_argument("product")
    correct.add_argument("key")
    correct.add_argument("--name")
    correct.add_argument("--unit")
    delete = added(verbs, "delete", chain_commands.assumption_delete, "delete one that nothing stands on")
    delete.add_argument("product")
    delete.add_argument("key")
    _mapping(group(rooms, "mapping", f"mappings: show, draft, delete, {', '.join(ACTS)}"))
    verbs = group(rooms, "projection", "the projection: show, set")
    added(verbs, "show", chain_commands.projection_show, "the money of the months ahead").add_argument("product")
    projection = added(
        verbs, "set", chain_commands.projection_set, "set it up; KPIs that are not named are found by unit"
    )
    projection.add_argument("product")
    for name in ("value", "volume", "revenue"):
        projection.add_argument(f"--{name}", dest=f"{name}_kpi", metavar="KPI")
    projection.add_argument("--months", type=arguments.whole, help="months ahead (default 12)")
    for name in TERMS:
        projection.add_argument(f"--{name}", metavar="ASSUMPTION")
    verbs = group(rooms, "target", "targets: set")
    target = added(verbs, "set", chain_commands.target_set, "what a KPI, or the product's money, should reach")
    target.add_argument("product")
    target.add_argument("value", type=arguments.number)
    target.add_argument("--kpi", metavar="KEY", help="default: the product's money")
    target.add_argument("--from", dest="start", metavar="MONTH", help="default: the first projected, else this one")
    target.add_argument("--until", metavar="MONTH", help="default: the last projected, at most twelve")


def _mapping(verbs: Any) -> None:
    show = added(
        verbs, "show", chain_commands.mapping_show, "a version before it is signed: formulas, assumptions, who signs"
    )
    show.add_argument("--number", type=arguments.whole, metavar="VERSION", help="default: the newest")
    draft = added(
        verbs, "draft", chain_commands.mapping_draft, "write a draft: by default what fits the champion's task"
    )
    text = draft.add_mutually_exclusive_group()
    text.add_argument("--file", metavar="FILE.json", help="its definition")
    text.add_argument("--formula", help="such as “recall * worth”")
    for name in ("name", "note", "model"):
        draft.add_argument(f"--{name}")
    made = {
        act: added(verbs, act, chain_commands.mapping_act, f"{act} the newest version, as it is now") for act in ACTS
    }
    for act, one in made.items():
        one.set_defaults(act=act)
    made["object"].add_argument("--reason", required=True, help="what would have to change")
    delete = added(verbs, "delete", chain_commands.mapping_delete, "delete the newest version while it is a draft")
    for one in (show, draft, delete, *made.values()):
        one.add_argument("product")
        one.add_argument("--kpi", required=True, metavar="KEY", help="the one that it gives")


def _import(rooms: Any) -> None:
    kinds = group(rooms, "import", "runs of another system: mlflow")
    mlflow = added(kinds, "mlflow", run_commands.import_mlflow, "take over the runs of an MLflow server")
    mlflow.add_argument("uri", metavar="URI")
    mlflow.add_argument("--product", required=True)
    mlflow.add_argument(
        "--experiment", action="append", default=[], metavar="NAME", help="this one only (default: all)"
    )
    mlflow.add_argument("--every", type=arguments.every, metavar="TIME", help="again every 30m, 6h, 1d; at least 15m")
    _timeout(mlflow)


def _figures(rooms: Any) -> None:
    verbs = group(rooms, "value", "KPIs and their values: show, create, update, delete")
    show = added(verbs, "show", commands.value_show, "one KPI, or all of a product")
    show.add_argument("product")
    show.add_argument("kpi", nargs="?")
    create = added(verbs, "create", chain_commands.value_create, "make a KPI")
    create.add_argument("product")
    create.add_argument("--name", required=True)
    create.add_argument("--key", help="in formulas (default: from the name)")
    update = added(verbs, "update", chain_commands.value_update, "correct a KPI, as far as nothing stands on it")
    update.add_argument("product")
    update.add_argument("key")
    update.add_argument("--name")
    for one in (create, update):
        one.add_argument("--unit", help="such as EUR/booking, booking, share, GW (default: a number)")
        one.add_argument("--meaning")
        one.add_argument("--direction", choices=["up", "down"], help="the way to the better (default up)")
        one.add_argument("--aggregation", choices=AGGREGATIONS, help="over several months (default ratio)")
        one.add_argument("--owner")
    delete = added(verbs, "delete", chain_commands.value_delete, "delete a KPI that nothing signed stands on")
    delete.add_argument("product")
    delete.add_argument("key")
    pack = added(rooms, "pack", commands.pack, "the files of the newest issued pack, into a folder")
    pack.add_argument("of", metavar="PRODUCT | portfolio")
    pack.add_argument("--out", required=True, metavar="DIR", help="it is made where there is none")
    pack.add_argument("--number", type=arguments.whole, metavar="N", help="this one of the product's")
    receipt = added(rooms, "receipt", commands.receipt, "the links from a figure down to its rows")
    receipt.add_argument("digest", help="whole, or its first 8 or more digits")
    receipt.add_argument("--export", metavar="F.zip", help="write it as a file that is recomputed offline")
    verify = added(rooms, "verify", commands.verify, "have the server recompute a figure; exit code 1 where it differs")
    verify.add_argument("digest")
    lake.add_to_verify(verify)
    _timeout(verify)


def _task(made: argparse.ArgumentParser) -> None:
    made.add_argument("--task", choices=TASKS, help="default binary")


def _rows(made: argparse.ArgumentParser, *, where: str) -> None:
    many: dict[str, Any] = {"action": "append", "default": []}
    made.add_argument("--where", type=arguments.pair, metavar="COLUMN=VALUE", help=where, **many)
    renaming = "y=y_true, for example; =example_id for a column without a name"
    made.add_argument("--rename", type=arguments.renaming, metavar="YOURS=OURS", help=renaming, **many)
    zone = "of times without one, such as Europe/Lisbon, UTC or +10:00 (default: the product's)"
    made.add_argument("--time-zone", metavar="ZONE", help=zone)
    sign = "stands before decimals in amounts, where they leave it open"
    made.add_argument("--decimal", choices=[",", "."], help=sign)


def _limit(made: argparse.ArgumentParser) -> None:
    made.add_argument("--limit", type=arguments.whole, default=50, help="at most so many (default 50)")


def _timeout(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--timeout", type=arguments.seconds, default=PATIENCE, metavar="SECONDS", help=f"default {PATIENCE:g}"
    )


def _version() -> str:
    try:
        return version("kpiplatform")
    except PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(main())
