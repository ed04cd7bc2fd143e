"""Which addresses that people give may be asked: public ones, private ones only where the setting names them."""

from __future__ import annotations

import ipaddress
import socket
import threading

from django.conf import settings

RESOLVE_SECONDS = 5.0
LONGEST_ADDRESS = 500

# Global by the registry, and yet ways to an address that need not be: translation and tunnels to IPv4, old site-local;
# and what only some versions of Python count as private: addresses of protocols between neighbours.
TUNNELS = [
    ipaddress.ip_network(text)
    for text in (
        *("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "fec0::/10"),
        *("192.0.0.0/24", "192.88.99.0/24"),
    )
]


class Refused(Exception):
    """The address may not be asked, now or later."""


def public(address: str) -> bool:
    """Whether an IP address is one of the public internet, and not an IPv4 address in other clothes."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    odd = found.is_multicast or found.is_reserved or found.is_unspecified
    return found.is_global and not odd and not any(found in net for net in TUNNELS if net.version == found.version)


def check_address(text: str, *, query: bool = False, example: str = "https://mlflow.example.org") -> str:
    """The address of a server, without a slash at its end, if it is one that may be asked. Raises Refused.

    query: whether it may have one, as addresses that hold a key have.

    A host that is not found is refused in the same words as one that is private: names of a private network stay its
    own.
    """
    import httpx  # takes long to load, and whoever schedules imports would pay

    try:
        url = httpx.URL(text.strip())
        host, port = url.host, url.port
    except (httpx.InvalidURL, ValueError) as error:
        raise Refused(f"is no address such as {example}") from error
    whole = url.scheme in ("http", "https") and host and (port is None or 0 < port < 2**16)
    if not whole or len(text) > LONGEST_ADDRESS:
        raise Refused(f"is no address such as {example}")
    if url.userinfo:
        raise Refused("holds a user or password, which would be stored for all to read")
    if (url.query and not query) or url.fragment:
        raise Refused("is that of a server, without ? and #")
    addresses_of(host, port or {"http": 80, "https": 443}[url.scheme])
    return str(url) if query else str(url).rstrip("/")


def addresses_of(host: str, port: int) -> list[str]:
    """The addresses of a host, all of which may be connected to. Raises Refused."""
    host = host.lower().rstrip(".")
    listed = (host, port) in settings.IMPORT_HOSTS or (host, None) in settings.IMPORT_HOSTS
    found = _resolve(host, port)
    if not found or not (listed or all(map(public, found))):
        raise Refused(f"“{host[:80]}” has no public address; a private server is allowed by KPI_IMPORT_HOSTS")
    return found


def _resolve(host: str, port: int) -> list[str]:
    """Addresses of a host, in the order to be tried; none where there are none, or the name server is too slow."""
    found: list[str] = []

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        found.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))

    asking = threading.Thread(target=ask, daemon=True)  # getaddrinfo knows no time limit
    asking.start()
    asking.join(RESOLVE_SECONDS)
    return list(found)
