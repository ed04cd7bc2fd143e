"""Where a storm happens: a cluster, a broker and a folder of its own."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.own import PostgreSQL, Redis

LINES = 15  # of each process, when it goes wrong


class Place:
    """Where it happens: a cluster, a broker and a folder; Django in this process reads one of its databases."""

    def __init__(self, folder: Path) -> None:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # whoever ends it lets it end what it started
        self.folder, self.postgresql, self.redis = folder, PostgreSQL(), Redis(folder / "redis")
        self.env = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "DATABASE_URL": self.postgresql.create("base"),
            "REDIS_URL": self.redis.address,
            "SECRET_KEY": secrets.token_urlsafe(64),
            "KPI_URL_BASE": "http://127.0.0.1:8000",
            "VAR_DIR": str(folder),
            "STORE_DIR": str(folder / "base"),
            "LOG_LEVEL": "ERROR",
        }
        self.env.pop("CI", None)
        os.environ |= self.env

    def made(self, products: int, *, seed: int) -> Place:
        """The load's products, their chains computed."""
        import django
        from django.core.management import call_command

        from tests.chaos import load

        django.setup()
        call_command("migrate", verbosity=0)
        load.make(products, seed=seed, folder=self.folder)
        load.compute()
        return self

    def copy(self, name: str, *, store: Path | None = None) -> str:
        """An equal copy, with its files (in `store` where given), which Django reads from now on; gives its address."""
        from django.db import connection

        connection.close()
        address, store = self.postgresql.create(name, like="base"), store or self.folder / name
        shutil.copytree(self.folder / "base", store, dirs_exist_ok=True)
        reads(name, store)
        return address

    def end(self) -> None:
        self.redis.kill()
        self.postgresql.end()


def reads(name: str, store: Path) -> None:
    """Let Django in this process read that copy."""
    from django.conf import settings
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = name
    settings.STORE_DIR = store


@contextmanager
def logs_of(folder: Path) -> Iterator[None]:
    """When it goes wrong, the last lines of all processes."""
    try:
        yield
    except BaseException:
        for log in sorted(folder.glob("*.log")):
            print(f"--- {log.name}", *log.read_text().splitlines()[-LINES:], sep="\n", file=sys.stderr)
        raise
