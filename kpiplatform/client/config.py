"""Where the server is and who asks: the environment first, then the file that `kpi login` writes."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from kpiplatform.client.errors import ClientError

DEFAULT_URL = "http://127.0.0.1:8000"


@dataclass(frozen=True, kw_only=True)
class Config:
    """The address of a server, and the token for it ("" where nobody signed in)."""

    url: str
    token: str = ""
    username: str = ""


def config_path(environ: Mapping[str, str] = os.environ) -> Path:
    """The file that `kpi login` writes: under XDG_CONFIG_HOME, else ~/.config."""
    home = environ.get("XDG_CONFIG_HOME")
    folder = Path(home) if home else Path.home() / ".config"
    return folder / "kpiplatform" / "client.json"


def checked_url(text: str) -> str:
    """The address without a trailing slash or API path. Raises ClientError where it is no http(s) address."""
    url = text.strip().rstrip("/").removesuffix("/api/v1")
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        valid = False
    if not valid or parts.username or parts.query or parts.fragment:
        remedy = f"Give it as {DEFAULT_URL} or https://kpi.example.org."
        raise ClientError(f"“{text}” is no address of a server", field="url", remedy=remedy)
    return url


def load(
    *,
    url: str | None = None,
    token: str | None = None,
    environ: Mapping[str, str] = os.environ,
    path: Path | None = None,
) -> Config:
    """Who asks whom: arguments, then KPI_URL and KPI_TOKEN, then the file, then this machine.

    A token from the file goes only to the server that it was given by. Raises ClientError where the file is damaged.
    """
    saved = _saved(path or config_path(environ))
    chosen = checked_url(url or environ.get("KPI_URL") or saved.get("url") or DEFAULT_URL)
    given = token or environ.get("KPI_TOKEN") or ""
    if given:
        return Config(url=chosen, token=given.strip())
    if chosen == saved.get("url"):
        return Config(url=chosen, token=saved.get("token", ""), username=saved.get("username", ""))
    return Config(url=chosen)


def save(config: Config, *, path: Path | None = None) -> Path:
    """Write the file, readable by its owner alone from the first byte on, and give its path."""
    path = path or config_path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = json.dumps({"url": config.url, "token": config.token, "username": config.username}, indent=1)
    # mkstemp makes the file with mode 600; the rename makes it appear whole.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".client-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content + "\n")
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def _saved(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ClientError(f"{path} cannot be read: {error}", remedy="Run `kpi login` again.") from error
    return {key: value for key, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}
