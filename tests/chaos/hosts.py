"""Hosts on this machine: network namespaces, joined by a bridge, each on a wire that can be cut."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from typing import Self

from tests.spark_cluster import Host

ADDRESS = "10.87.65.{}"


def missing() -> str:
    """What keeps hosts from being made here; "" where nothing does."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    return "" if shutil.which("ip") else "network namespaces need iproute2: apt-get install iproute2"


class Hosts:
    """So many hosts beside this one, which has `address` among them; a context manager."""

    def __init__(self, count: int) -> None:
        self._bridge = f"kpi{os.getpid()}"
        self._names = [f"{self._bridge}-{number}" for number in range(count)]
        self.address = ADDRESS.format(1)
        self.each = [
            Host(ADDRESS.format(number), ("ip", "netns", "exec", name)) for number, name in enumerate(self._names, 2)
        ]

    def __enter__(self) -> Self:
        try:
            _ip("link", "add", self._bridge, "type", "bridge")
            _ip("address", "add", f"{self.address}/24", "dev", self._bridge)
            _ip("link", "set", self._bridge, "up")
            for name, host in zip(self._names, self.each, strict=True):
                _ip("netns", "add", name)
                _ip("link", "add", name, "type", "veth", "peer", "name", "wire", "netns", name)
                _ip("link", "set", name, "master", self._bridge, "up")
                _ip("-n", name, "address", "add", f"{host.address}/24", "dev", "wire")
                for device in ("lo", "wire"):
                    _ip("-n", name, "link", "set", device, "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        for words in (*(("netns", "delete", name) for name in self._names), ("link", "delete", self._bridge)):
            with suppress(subprocess.CalledProcessError):
                _ip(*words)

    def cut(self, number: int) -> None:
        """The wire of a host is cut: nothing tells either end."""
        _ip("-n", self._names[number], "link", "set", "wire", "down")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
