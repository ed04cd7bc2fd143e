"""A real mail server for tests: it keeps what it takes, and refuses or drops a share of it on purpose."""

from __future__ import annotations

import random
import socket
from email import message_from_bytes
from email.message import Message
from email.policy import default as policy
from typing import Any

from aiosmtpd.controller import Controller

BUSY = "451 4.3.2 try again later"


class MailServer:
    """Listens on a port of this machine while it is used as a context. refusing: the share that is refused or dropped.

    A refusal comes at the sender, the receiver, or once all of the letter is there; dropped is before its last line.
    """

    def __init__(self, *, refusing: float = 0.0, seed: int = 1) -> None:
        self.taken: list[Message] = []
        self.refused = 0
        self.refusing, self._random = refusing, random.Random(seed)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def __enter__(self) -> MailServer:
        self._controller.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._controller.stop()

    def _fails(self, share: float) -> bool:
        failed = self._random.random() < share
        self.refused += failed
        return failed

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self._fails(self.refusing / 3):
            return BUSY
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address.startswith("nobody@"):
            return "550 5.1.1 no such mailbox"
        if self._fails(self.refusing / 3):
            return "452 4.2.2 mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self._fails(self.refusing / 3):
            return BUSY
        self.taken.append(message_from_bytes(envelope.content, policy=policy))
        return "250 taken"

    @property
    def ids(self) -> list[str]:
        return [str(one["Message-ID"]) for one in self.taken]


def settings_of(server: MailServer) -> dict[str, Any]:
    """Django's settings that send to it."""
    backend = "django.core.mail.backends.smtp.EmailBackend"
    return {"EMAIL_BACKEND": backend, "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": server.port, "EMAIL_TIMEOUT": 5}
