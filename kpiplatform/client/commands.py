"""What the commands about people, products and figures do: ask the client, say the answer in JSON and in words."""

from __future__ import annotations

import argparse
import getpass
import platform
import sys
from typing import Any

from kpiplatform.client import config, lake, printing
from kpiplatform.client.client import Client
from kpiplatform.client.errors import ClientError
from kpiplatform.client.progress import megabytes
from kpiplatform.client.said import Said

DIFFERS = 1


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
        answer = _with_code(given, url, username, _password())
        token = answer["token"]
    path = config.save(config.Config(url=url, token=token, username=str(answer["username"])))
    until = f", until {str(answer['expires_at'])[:10]}" if answer.get("expires_at") else ""
    shown = {"url": url, "username": answer["username"], "expires_at": answer.get("expires_at"), "config": str(path)}
    return Said(shown, f"signed in to {url} as {printing.text(answer['username'])}{until}; the token is in {path}")


def _with_code(given: argparse.Namespace, url: str, username: str, password: str) -> dict[str, Any]:
    """Sign in, and ask for a code at the terminal where the server asks for one and none was given."""
    more = {"name": f"kpi on {platform.node()}"[:80], "days": given.days}
    try:
        return Client.sign_in(url, username, password, code=given.code or "", **more)
    except ClientError as refused:
        if given.code or (refused.field, refused.code) != ("code", "needed"):
            raise
    return Client.sign_in(url, username, password, code=_asked("Code", ""), **more)


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
        found = kpi.products(limit=given.limit, archived=given.archived)
    rows = [(row.get("slug"), row.get("name"), row.get("currency"), printing.role(row.get("role"))) for row in found]
    return Said(found, printing.table(rows, ("product", "name", "currency", "role")))


def product_show(given: argparse.Namespace) -> Said:
    """One product."""
    with Client() as kpi:
        found = kpi.product(given.product)
    told = [(name, printing.role(value) if name == "role" else value) for name, value in found.items()]
    return Said(found, printing.pairs(told))


def product_create(given: argparse.Namespace) -> Said:
    """Make a product."""
    more = {"sentence": given.sentence, "time_zone": given.time_zone, "case_noun": given.case_noun}
    more["fiscal_year_start"] = given.fiscal_year_start
    with Client() as kpi:
        chosen = {name: value for name, value in more.items() if value is not None}
        found = kpi.create_product(given.name, currency=given.currency, **chosen)
    return Said(found, f"made product {printing.text(found.get('slug'))}")


def product_archive(given: argparse.Namespace) -> Said:
    """Take a product out of work."""
    with Client() as kpi:
        found = kpi.archive_product(given.product)
    return Said(found, f"archived product {printing.text(found.get('slug'))}; kpi product restore brings it back")


def product_restore(given: argparse.Namespace) -> Said:
    """Bring an archived product back."""
    with Client() as kpi:
        found = kpi.restore_product(given.product)
    return Said(found, f"product {printing.text(found.get('slug'))} is at work again")


def value_show(given: argparse.Namespace) -> Said:
    """One KPI, or all KPIs of a product."""
    with Client() as kpi:
        if given.kpi:
            one = kpi.kpi(given.product, given.kpi)
            return Said(one, printing.kpi(one))
        found = kpi.kpis(given.product)
    rows = [
        (row.get("key"), printing.figure(row.get("value")), printing.grade(row), str(row.get("receipt") or "")[:12])
        for row in found
    ]
    return Said(found, printing.table(rows, printing.KPI_HEADINGS))


def pack(given: argparse.Namespace) -> Said:
    """The files of an issued pack, in a folder."""
    with Client() as kpi:
        found = kpi.download_pack(given.of, given.out, number=given.number)
    called = f"pack {found['number']}: {printing.text(found['title'])}"
    gone = f"; it is withdrawn: {printing.text(found['withdrawn_why'])}" if found["state"] == "withdrawn" else ""
    return Said(found, f"{called}, as known on {found['known_on']}, in {given.out}{gone}")


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
        found = lake.verified(given, kpi) if given.engine else kpi.verify(given.digest, timeout=given.timeout)
    return Said(found, printing.verdict(found), DIFFERS if found.get("verdict") == "differs" else 0)
