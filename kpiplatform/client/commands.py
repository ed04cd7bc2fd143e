"""What each command of `kpi` does: ask the client, and say the answer in JSON and in words."""

from __future__ import annotations

import argparse
import getpass
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kpiplatform.client import config, printing
from kpiplatform.client.client import Client
from kpiplatform.client.errors import ClientError
from kpiplatform.client.progress import Bar, megabytes

OK, DIFFERS = 0, 1


@dataclass(frozen=True)
class Said:
    """The answer of a command: as JSON, in words, and the exit code."""

    json: Any
    words: str
    code: int = OK


Command = Callable[[argparse.Namespace], Said]


def login(given: argparse.Namespace) -> Said:
    """Sign in and keep the token; a token that is given is tried before it is kept."""
    saved = config.load(url=given.url, environ={}) if given.url else config.load()
    url = saved.url if given.url or not sys.stdin.isatty() else config.checked_url(_asked("Server", saved.url))
    if given.token:
        with Client(url, given.token) as kpi:
            answer: dict[str, Any] = {"username": kpi.me()["username"], "expires_at": None}
        token = given.token
    else:
        username = given.username or _asked("Username", "")
        answer = Client.sign_in(url, username, _password(), name=f"kpi on {platform.node()}"[:80], days=given.days)
        token = answer["token"]
    path = config.save(config.Config(url=url, token=token, username=str(answer["username"])))
    until = f", until {str(answer['expires_at'])[:10]}" if answer.get("expires_at") else ""
    shown = {"url": url, "username": answer["username"], "expires_at": answer.get("expires_at"), "config": str(path)}
    return Said(shown, f"signed in to {url} as {printing.text(answer['username'])}{until}; the token is in {path}")


def _asked(label: str, default: str) -> str:
    if not sys.stdin.isatty():
        raise ClientError("is needed", field=label.lower(), remedy=f"Give --{label.lower()}.")
    sys.stderr.write(f"{label} [{default}]: " if default else f"{label}: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip() or default


def _password() -> str:
    """Typed unseen at a terminal; from elsewhere, the first line of the standard input."""
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise ClientError("is needed", field="password", remedy="Type it, or pipe it into the command.")
    return password


def product_list(given: argparse.Namespace) -> Said:
    """The products that one is a member of."""
    with Client() as kpi:
        found = kpi.products(limit=given.limit)
    rows = [(row.get("slug"), row.get("name"), row.get("currency"), row.get("role")) for row in found]
    return Said(found, printing.table(rows, ("product", "name", "currency", "role")))


def product_show(given: argparse.Namespace) -> Said:
    """One product."""
    with Client() as kpi:
        found = kpi.product(given.product)
    return Said(found, printing.pairs(found.items()))


def product_create(given: argparse.Namespace) -> Said:
    """Make a product."""
    more = {"sentence": given.sentence, "time_zone": given.time_zone, "case_noun": given.case_noun}
    more["fiscal_year_start"] = given.fiscal_year_start
    with Client() as kpi:
        chosen = {name: value for name, value in more.items() if value is not None}
        found = kpi.create_product(given.name, currency=given.currency, **chosen)
    return Said(found, f"made product {printing.text(found.get('slug'))}")


def run_log(given: argparse.Namespace) -> Said:
    """Log a run from a file, or from metrics alone."""
    if given.file is None and not given.metric:
        raise ClientError("name a file of predictions, or give --metric", field="file")
    label = Path(given.file).name if given.file else "metrics"
    with Client() as kpi, Bar(label, sys.stderr) as bar:
        found = kpi.log_run(
            product=given.product,
            model=given.model,
            version=given.version,
            file=given.file,
            metrics=dict(given.metric),
            idempotency_key=given.idempotency_key,
            progress=bar,
            name=given.name,
            dataset=given.dataset,
            where=dict(given.where) or None,
            reference=dict(given.reference) or None,
            rename=dict(given.rename) or None,
            drop_missing=True if given.drop_missing else None,
            seed=given.seed,
            parameters=dict(given.param) or None,
            code_commit=given.code_commit,
            note=given.note,
        )
        if given.wait:
            found = kpi.wait_for_run(found["id"], timeout=given.timeout) | {"page": found["page"]}
        words = printing.run(found | {"page": kpi.url + str(found.get("page") or "")})
    return Said(found, words)


def run_show(given: argparse.Namespace) -> Said:
    """One run."""
    with Client() as kpi:
        found = kpi.run(given.run)
    return Said(found, printing.run(found))


def run_list(given: argparse.Namespace) -> Said:
    """The runs of a product, newest first."""
    with Client() as kpi:
        found = kpi.runs(given.product, model=given.model or "", state=given.state or "", limit=given.limit)
    rows = [
        (row.get("id"), row.get("name"), f"{row.get('model')} {row.get('version')}", row.get("state"), row.get("n"))
        for row in found
    ]
    return Said(found, printing.table(rows, ("run", "name", "model", "state", "rows")))


def run_withdraw(given: argparse.Namespace) -> Said:
    """Take a run back."""
    with Client() as kpi:
        found = kpi.withdraw_run(given.run, reason=given.reason)
    return Said(found, f"withdrew run {printing.text(found.get('name'))}")


def value_show(given: argparse.Namespace) -> Said:
    """One KPI, or all KPIs of a product."""
    with Client() as kpi:
        if given.kpi:
            one = kpi.kpi(given.product, given.kpi)
            return Said(one, printing.kpi(one))
        found = kpi.kpis(given.product)
    rows = [
        (row.get("key"), printing.figure(row.get("value")), row.get("grade"), str(row.get("receipt") or "")[:12])
        for row in found
    ]
    return Said(found, printing.table(rows, printing.KPI_HEADINGS))


def receipt(given: argparse.Namespace) -> Said:
    """A receipt on the terminal, or as a file that is recomputed offline."""
    with Client() as kpi:
        if given.export:
            size = kpi.export_receipt(given.digest, given.export)
            exported = {"digest": given.digest, "file": given.export, "bytes": size}
            return Said(
                exported, f"wrote {given.export} ({megabytes(size)}); `manage.py verify {given.export}` recomputes it"
            )
        found = kpi.receipt(given.digest)
    return Said(found, printing.receipt(found))


def verify(given: argparse.Namespace) -> Said:
    """Have a figure recomputed from its rows."""
    with Client() as kpi:
        found = kpi.verify(given.digest, timeout=given.timeout)
    return Said(found, printing.verdict(found), DIFFERS if found.get("verdict") == "differs" else OK)
