"""manage.py verify F.zip [--rows FILE]: compute an exported receipt again, with no database and no network."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from metrics.core.offline import NotAReceipt, opened, verified


class Command(BaseCommand):
    help = "Compute an exported receipt again. Exit code 0: equal; 1: it differs; 2: no receipt."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="what `kpi receipt --export` wrote")
        parser.add_argument(
            "--rows", type=Path, help="the run's stored rows (Parquet): make cubes and sums again as well"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            exported = opened(options["file"], options["rows"])
            found = verified(exported)
        except NotAReceipt as error:
            self.stderr.write(str(error))
            sys.exit(2)
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=2))
        else:
            point = found["value"].get("point", found["value"].get("unknown"))
            self.stdout.write(f"{found['verdict']}  {point} {found['value'].get('unit', '')}  {found['links']} links")
            for difference in found["differences"]:
                self.stdout.write(f"  {difference['link']} {difference['digest'][:12]}: {difference['message']}")
        if found["verdict"] == "differs":
            sys.exit(1)
