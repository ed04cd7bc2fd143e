"""Real installations to be broken: each in a folder of its own, with the database and broker the test asks for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.installation import (
    Installation,
    descendants,
    free_port,
    in_production,
    redis_at,
    until,
)


@pytest.fixture
def tools() -> type:
    """The functions above, for test modules (which cannot import this file)."""

    class Tools:
        Installation = Installation

    Tools.descendants = staticmethod(descendants)
    Tools.until = staticmethod(until)
    Tools.free_port = staticmethod(free_port)
    return Tools


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Installation]:
    """An installation on SQLite with nothing beside it."""
    folder = tmp_path / "embedded"
    folder.mkdir()
    installation = Installation(folder)
    yield installation
    installation.stop()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[str]:
    """The address of a Redis of its own: FLUSHALL must not reach anybody else's."""
    port = free_port()
    folder = tmp_path / "redis"
    folder.mkdir()
    server = redis_at(port, folder)
    yield f"redis://127.0.0.1:{port}/0"
    server.kill()
    server.wait()


@pytest.fixture
def production(tmp_path: Path, postgresql: str, redis: str) -> Iterator[Installation]:
    """An installation on PostgreSQL and Redis, with dispatcher and workers."""
    folder = tmp_path / "production"
    folder.mkdir()
    installation = in_production(folder, database=postgresql, redis=redis)
    yield installation
    installation.stop()
