"""manage.py verify F.zip [--rows FILE]: compute an exported receipt again, with no database and no network."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from metrics.core import numerals
from metrics.core.estimate import Unknown
from metrics.core.offline import NotAReceipt, opened, verified


class Command(BaseCommand):
    help = "Compute an exported receipt again. Exit code 0: equal; 1: it differs; 2: no receipt."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="what `kpi receipt --export` wrote")
        parser.add_argument(
            "--rows", type=Path, help="the run's stored rows (Parquet): make cubes and sums again as well"
        )
        parser.add_argument("--seal", default="", help="the seal that the receipt's page shows, or its first digits")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            exported = opened(options["file"], options["rows"])
            found = verified(exported, seal=options["seal"])
        except NotAReceipt as error:
            self.stderr.write(str(error))
            sys.exit(2)
        self.stdout.write(json.dumps(found, indent=2) if options["json"] else _told(found))
        if found["verdict"] == "differs":
            sys.exit(1)


def _told(found: dict[str, Any]) -> str:
    """The verdict, what is printed and was recomputed, each difference, and what was not verified."""
    said = found["statement"]
    lines = [f"{found['verdict']}  {_printed(found['value'])}  {found['links']} links".rstrip()]
    lines += [f"  {one['link']} {one['digest'][:12]}: {one['message']}" for one in found["differences"]]
    lines.append(f"  stated on {said.get('read_on')}: {said.get('title')}, grade {said.get('grade') or 'none'}")
    lines += [f"  {sentence}" for sentence in said.get("standing") or []]
    lines.append(f"  seal {found['seal']}")
    return "\n".join(lines + [f"  not verified: {part}" for part in found["not_verified"]])


def _printed(value: Any) -> str:
    """The value that the file states, as pages print it; as it is where it is no figure."""
    try:
        figure = numerals.read(value)
    except (TypeError, ValueError, LookupError):
        return str(value)
    return figure.reason if isinstance(figure, Unknown) else numerals.line(figure)
