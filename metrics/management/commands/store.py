"""manage.py store check: whether every file that a row names is there, and what nobody names."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from metrics.services.recompute import stored

DAMAGED = 1


class Command(BaseCommand):
    help = "Hold the store against the rows that name its files. Exit code 0: whole; 1: files are missing or changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="check")
        check = acts.add_parser("check", help="name each file that is missing, and count those that no row names")
        check.add_argument("--contents", action="store_true", help="read every file, and compare it with its digest")

    def handle(self, *args: Any, contents: bool, **options: Any) -> None:
        found = stored.check(contents=contents)
        count, size = found.unnamed
        for one in found.damage:
            self.stdout.write(one)
        self.stdout.write(f"{found.named:,} files are named by rows, {len(found.missing):,} of them missing")
        self.stdout.write(f"{count:,} files, {size:,} bytes, are named by none; they go once they are a day old")
        if found.damage:
            self.stderr.write(f"the store is damaged: {len(found.damage):,} of its files")
            sys.exit(DAMAGED)
