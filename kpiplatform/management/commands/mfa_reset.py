"""`manage.py mfa_reset NAME`: for somebody who lost app and recovery codes, where no administrator can help."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from metrics import access
from metrics.models.product import User
from metrics.services.product import two_factor
from metrics.services.writing.refusal import Conflict


class Command(BaseCommand):
    help = "Take two-factor authentication away from somebody who lost app and codes; their sessions end."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what they sign in as")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["name"]).first()
        if user is None:
            raise CommandError(f"nobody signs in as {options['name']!r}")
        try:
            two_factor.reset(access.operator(), user)
        except Conflict as conflict:
            raise CommandError(f"{conflict}") from conflict
        self.stdout.write(f"no code is asked of {user} any more; their sessions have ended, and a mail tells them")
