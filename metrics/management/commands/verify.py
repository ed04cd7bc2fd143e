"""manage.py verify F.zip [--rows FILE]: make an exported receipt or decision again, with no database, no network."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from metrics.core import numerals
from metrics.core.estimate import Unknown
from metrics.core.offline.archive import NotAReceipt, read
from metrics.core.offline.verifying import verified


class Command(BaseCommand):
    help = "Compute an exported receipt or decision again. Exit code 0: equal; 1: it differs; 2: it is neither."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="what `kpi receipt --export` or `kpi decide export` wrote")
        parser.add_argument(
            "--rows", type=Path, help="the run's stored rows (Parquet): make cubes and sums again as well"
        )
        parser.add_argument("--seal", default="", help="the seal that the page shows, or its first digits")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = verified(read(options["file"]), seal=options["seal"].replace("·", ""), rows=options["rows"])
        except NotAReceipt as error:
            self.stderr.write(str(error))
            sys.exit(2)
        self.stdout.write(json.dumps(found, indent=2) if options["json"] else _told(found))
        if found["verdict"] == "differs":
            sys.exit(1)


def _told(found: dict[str, Any]) -> str:
    """The verdict, what is printed and was recomputed, each difference, and what was not verified."""
    value = "" if found["value"] is None else f"  {_printed(found['value'])}"
    lines = [f"{found['verdict']}{value}  {found['read']}"]
    lines += [f"  {one['link']} {one['digest'][:12]}: {one['message']}" for one in found["differences"]]
    lines += [f"  {sentence}" for sentence in found["says"]]
    lines.append(f"  seal {found['seal']}")
    return "\n".join(lines + [f"  not verified: {part}" for part in found["not_verified"]])


def _printed(value: Any) -> str:
    """The value that the file states, as pages print it; as it is where it is no figure."""
    try:
        figure = numerals.read(value)
    except (TypeError, ValueError, LookupError):
        return str(value)
    return figure.reason if isinstance(figure, Unknown) else numerals.line(figure)
