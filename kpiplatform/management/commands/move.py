"""manage.py move --to postgresql://…: an embedded installation, all of it, on PostgreSQL."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kpiplatform import backing_up, moving

REFUSED = 2
NEXT = """Nothing here was changed. To go on there, set
  DATABASE_URL  what --to was
  REDIS_URL     redis://…
  SECRET_KEY    that of this installation (VAR_DIR/secret_key, where none was set) and no other:
                seals of the audit, sessions and mailed links stand on it
  VAR_DIR and STORE_DIR as they are, or to copies: rows, cubes and the anchors of the audit lie there
and start `manage.py web`, `manage.py dispatch` and the worker. Do not start this installation again beside it."""


class Command(BaseCommand):
    help = "Move an embedded installation to PostgreSQL. Exit code 0: all is there; 2: refused, and nothing is there."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", required=True, metavar="postgresql://…", help="an empty database")

    def handle(self, *args: Any, to: str, **options: Any) -> None:
        try:
            moved = moving.move(to)
        except backing_up.Refused as refused:
            raise CommandError(str(refused), returncode=REFUSED) from refused
        wide = max(map(len, moved.tables))
        self.stdout.write(f"{'table':<{wide}}  {'rows':>9}  digest of all rows, here and there")
        for name, table in moved.tables.items():
            if table.rows:
                self.stdout.write(f"{name:<{wide}}  {table.rows:>9,}  {table.digest[:16]}")
        self.stdout.write(f"{moved.results:,} results and files bear the digests of their documents there")
        self.stdout.write(f"{moved.entries:,} entries of the audit hold there, the last as {moved.end[:16]}")
        self.stdout.write(NEXT)
