"""manage.py forecast [FILE]: the number of cases of the coming months, with no database and no server."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from metrics.core.pasted.days import ORDERS
from metrics.core.pasted.decoding import decoded
from metrics.core.pasted.numbers import SIGNS
from metrics.core.pasted.wrong import NotRead
from metrics.management import forecasting


class Command(BaseCommand):
    help = (
        "Forecast cases by month with bands of 80 and 95 %. FILE: a month and a value a line, printed as a table. "
        'Without one, JSON is read from standard input, {"volume": [["2017-08", 12], …], "months": 12}, and answered '
        "in JSON. Exit code 0: done; 2: the input is refused, with the reason in one line."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="CSV of months (2017-08) and values")
        parser.add_argument(
            "--months", type=int, default=forecasting.MONTHS, help="ahead, of a FILE; JSON says its own"
        )
        parser.add_argument(
            "--decimal", choices=SIGNS, default="", help="before decimals of a FILE that leaves it open"
        )
        parser.add_argument(
            "--dates", choices=ORDERS, default="", help="day or month first, of a FILE that leaves it open"
        )
        parser.add_argument("--batch", action="store_true", help="a list of questions too, answered by a list")
        parser.add_argument("--seed", type=int, default=0, help="of the draws that the bands are made of")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(self._answer(options))
        except forecasting.Refused as error:
            raise CommandError(str(error), returncode=forecasting.REFUSED) from error

    def _answer(self, options: dict[str, Any]) -> str:
        file, seed = options["file"], options["seed"]
        if not 0 <= seed < 2**64:
            raise forecasting.Refused(f"--seed {seed}: a seed lies between 0 and 2^64 - 1")
        if file is None:
            return forecasting.answered(_json(sys.stdin.buffer.read()), batch=options["batch"], seed=seed)
        if options["batch"]:
            raise forecasting.Refused("--batch is for JSON on standard input; leave it out, or the file")
        try:
            content = file.read_bytes()
        except OSError as error:
            raise forecasting.Refused(f"{file.name}: {error.strerror}; name a file that can be read") from error
        try:
            how = {name: options[name] for name in ("decimal", "dates")}
            return forecasting.table(decoded(content).text, months=options["months"], seed=seed, **how)
        except NotRead as error:
            raise forecasting.Refused(f"{file.name}: {error}; {error.wrong[0].remedy}") from error
        except forecasting.Refused as error:
            raise forecasting.Refused(f"{file.name}: {error}") from error


def _json(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise forecasting.Refused(f"byte {error.start} is no UTF-8; save it as UTF-8") from error
