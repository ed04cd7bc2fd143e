"""manage.py backup FILE: database and store in one file, while everything runs."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kpiplatform import backing_up

REFUSED = 2


class Command(BaseCommand):
    help = "Write database and store into one file, while everything runs. Exit code 0: done; 2: refused."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a file that is not there yet")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            count = backing_up.backup(file)
        except backing_up.Refused as refused:
            raise CommandError(str(refused), returncode=REFUSED) from refused
        self.stdout.write(f"the database and {count:,} stored files are in {file}, {file.stat().st_size:,} bytes")
