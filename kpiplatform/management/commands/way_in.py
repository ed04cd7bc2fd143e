"""`manage.py way_in NAME`: a link for an administrator who cannot sign in, such as while the provider is away."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from metrics.models.product import User
from metrics.services.product import way_into


class Command(BaseCommand):
    help = "Print a link by which an administrator comes in once, within a quarter of an hour."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what the administrator signs in as")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["name"], is_active=True, is_staff=True).first()
        if user is None:
            raise CommandError(f"no administrator signs in as {options['name']!r}; createsuperuser makes one")
        self.stdout.write(settings.URL_BASE + reverse("way-in", args=[way_into.token(user)]))
