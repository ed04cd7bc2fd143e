"""manage.py restore FILE: database and store as they were when the backup was made."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kpiplatform import backing_up

REFUSED = 2


class Command(BaseCommand):
    help = "Make database and store what a backup holds. Exit code 0: done; 2: refused, and nothing was touched."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="what `manage.py backup` wrote")
        parser.add_argument("--over", action="store_true", help="replace all that is in this installation")

    def handle(self, *args: Any, file: Path, over: bool, **options: Any) -> None:
        try:
            count = backing_up.restore(file, over=over)
        except backing_up.Refused as refused:
            raise CommandError(str(refused), returncode=REFUSED) from refused
        self.stdout.write(f"the database and {count:,} stored files are as {file} has them")
