"""manage.py evaluate FILE: all metrics of a file of rows by itself, with no database and no server."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from metrics.management import evaluating


class Command(BaseCommand):
    help = (
        "Evaluate a Parquet file of predictions (example_id, y_true, y_score, …) by itself. A decision is "
        "score > threshold, strictly. Exit code 0: done; 2: the rows are refused, with the reason in one line."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        evaluating.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(evaluating.printed(options))
        except evaluating.Refused as error:
            raise CommandError(str(error), returncode=evaluating.REFUSED) from error
