"""Typed readers of the environment: each returns a good value or names the variable and says what is wrong.

Nothing here guesses: an unreadable value stops the start, because a platform that runs on a misread setting
is found out much later.
"""

import os
import re
import secrets
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
EXAMPLE_KEYS = ("change", "example", "insecure", "secret", "password", "default", "please", "django")
KEY_LENGTH = 50  # what `check --deploy` asks for
SECRET_LENGTH = 32
ISSUER_LENGTH = 200
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9!_.*'()-]+)*")


class EnvError(ImproperlyConfigured):
    """A variable whose value cannot be used; the message begins with its name."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name


def text(name: str, default: str = "") -> str:
    """The value without surrounding blanks; an empty variable counts as unset."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    """1/true/yes/on or 0/false/no/off, in any case; anything else is refused."""
    word = text(name).lower()
    if not word:
        return default
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise EnvError(name, f"{word!r} is neither yes nor no; write 1 or 0")


def integer(name: str, default: int, *, least: int, most: int) -> int:
    """A whole number within [least, most]."""
    word = text(name)
    if not word:
        return default
    if not (word.isascii() and word.lstrip("-").isdigit()):
        raise EnvError(name, f"{word!r} is not a whole number")
    number = int(word)
    if not least <= number <= most:
        raise EnvError(name, f"{number} is outside {least} to {most}")
    return number


def choice(name: str, offered: tuple[str, ...]) -> str:
    """One of the words that are offered; the first when unset."""
    word = text(name, offered[0])
    if word not in offered:
        raise EnvError(name, f"{word!r} is none of {', '.join(offered)}")
    return word


def words(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """A comma-separated list; empty items are dropped."""
    found = [word.strip() for word in text(name).split(",") if word.strip()]
    return found or list(default)


def hosts(name: str) -> frozenset[tuple[str, int | None]]:
    """A comma-separated list of `host` or `host:port` (IPv6 in brackets) as (host, port), port None for any port."""
    found = set()
    for word in words(name):
        parts = urlsplit(f"//{word}")
        try:
            host, port = parts.hostname, parts.port
        except ValueError as problem:
            raise EnvError(name, f"{word!r} is not host or host:port") from problem
        if not host or parts.netloc != word or parts.username is not None:
            raise EnvError(name, f"{word!r} is not host or host:port")
        found.add((host.rstrip("."), port))
    return frozenset(found)


def folder(name: str, default: Path) -> Path:
    """An absolute folder, made if it is missing."""
    path = Path(text(name, str(default))).expanduser()
    if not path.is_absolute():
        path = Path.cwd() / path
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise EnvError(name, f"the folder {path} cannot be made: {problem.strerror}") from problem
    return path


def web_address(name: str, default: str) -> str:
    """`http(s)://host[:port]` without path, query or trailing slash; empty where unset and without a default."""
    address = text(name, default).rstrip("/")
    if not address:
        return ""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query or parts.username:
        raise EnvError(name, f"{address!r} is not an address such as https://kpi.example.org")
    return address


def bucket(name: str) -> str:
    """`s3://bucket/prefix` as bucket/prefix, or empty when unset.

    >>> os.environ["SOME_STORE"] = "s3://company-data/kpi/"
    >>> bucket("SOME_STORE")
    'company-data/kpi'
    """
    url = text(name)
    if not url:
        return ""
    parts = urlsplit(url)
    place = f"{parts.netloc}{parts.path.rstrip('/')}"
    if parts.scheme != "s3" or parts.query or parts.fragment or not BUCKET.fullmatch(place):
        raise EnvError(name, f"{url!r} is not s3://BUCKET or s3://BUCKET/PREFIX")
    return place


def issuer(name: str, local: tuple[str, ...]) -> str:
    """`https://host[:port][/path]`, as a provider of sign-in calls itself; http:// on this machine alone."""
    address = text(name)
    parts = urlsplit(address)
    near = parts.scheme == "http" and parts.hostname in {host.strip("[]") for host in local}
    if address and (not (parts.scheme == "https" or near) or not parts.hostname or parts.query or parts.username):
        raise EnvError(name, f"{address!r} is not an address such as https://login.example.org")
    if len(address) > ISSUER_LENGTH:
        raise EnvError(name, f"is longer than {ISSUER_LENGTH} signs")
    return address


def redis_url(name: str) -> str:
    """`redis://` or `rediss://`, or empty when unset."""
    url = text(name)
    if url and (urlsplit(url).scheme not in {"redis", "rediss", "unix"}):
        raise EnvError(name, "is not a redis:// or rediss:// address")
    return url


def postgresql(name: str, address: str) -> dict[str, Any]:
    """A Django database setting from `postgresql://user:password@host:port/name?option=value`; name: who gave it.

    Options of the query string are handed to libpq (sslmode, sslrootcert, …). Other engines are refused:
    embedded mode uses SQLite with no address at all, and production must not.
    """
    parts = urlsplit(address)
    if parts.scheme.startswith("sqlite"):
        raise EnvError(
            name, "SQLite is for embedded mode only; leave the variable empty, or give a postgresql:// address"
        )
    if parts.scheme not in {"postgres", "postgresql"}:
        raise EnvError(name, "is not a postgresql:// address")
    database = unquote(parts.path.lstrip("/"))
    if not database or "/" in database:
        raise EnvError(name, "names no database: postgresql://user:password@host:5432/NAME")
    try:
        port = parts.port
    except ValueError as problem:
        raise EnvError(name, "has a port that is not a number") from problem
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


def email(name: str, *, folder: Path) -> dict[str, Any]:
    """Django's mail settings from `smtp://`, `smtps://` (TLS at once) or `smtp+tls://` (STARTTLS); unset writes files.

    >>> email("UNSET_EMAIL_URL", folder=Path("mail"))["EMAIL_BACKEND"]
    'django.core.mail.backends.filebased.EmailBackend'
    """
    url = text(name)
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend", "EMAIL_FILE_PATH": str(folder)}
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps", "smtp+tls"} or not parts.hostname:
        raise EnvError(name, "is not smtp://, smtps:// or smtp+tls://user:password@host:port")
    try:
        port = parts.port
    except ValueError as problem:
        raise EnvError(name, "has a port that is not a number") from problem
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or {"smtp": 25, "smtps": 465, "smtp+tls": 587}[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_TIMEOUT": 10,
    }


def receiver(name: str, *, needs: str, extra: str) -> bool:
    """Whether a receiver is named, for which a package of an extra is needed; what it is, that package reads."""
    if text(name) and find_spec(needs) is None:
        raise EnvError(name, f"needs what is not installed: the extra {extra} of pyproject.toml")
    return bool(text(name))


def secret(name: str) -> str:
    """What a program sends to come in: at least 32 signs without blanks; empty when unset."""
    sent = text(name)
    if sent and (len(sent) < SECRET_LENGTH or not sent.isascii() or len(sent.split()) > 1):
        raise EnvError(name, f"needs at least {SECRET_LENGTH} signs, none of them blank")
    return sent


def strong_key(name: str) -> str:
    """A secret key fit for production: at least 50 signs, at least 10 different, no example text."""
    key = text(name)
    if not key:
        raise EnvError(
            name, 'is needed in production; make one: python -c "import secrets; print(secrets.token_urlsafe(64))"'
        )
    if len(key) < KEY_LENGTH or len(set(key)) < 10:
        raise EnvError(name, f"is too weak: at least {KEY_LENGTH} random signs")
    if any(word in key.lower() for word in EXAMPLE_KEYS):
        raise EnvError(name, "looks like an example; make your own with secrets.token_urlsafe(64)")
    return key


def kept_key(name: str, path: Path) -> str:
    """The key from the variable, else the one kept in `path`, made at first start and readable by its owner only."""
    if given := text(name):
        return given
    try:
        return _read_key(path)
    except FileNotFoundError:
        pass
    # Two processes may start at once: link() lets exactly one win, and both read the winner's key.
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(64))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return _read_key(path)


def _read_key(path: Path) -> str:
    key = path.read_text().strip()
    if len(key) < KEY_LENGTH:
        raise EnvError("SECRET_KEY", f"the kept key in {path.name} is damaged; delete the file to make a new one")
    return key
