"""The mail channel: one letter to one person, in two forms with the same sentences.

What is handed to a server is taken once it answers the last line; a letter that is cut short before that line is not.
So the moment before the last line is recorded. A worker that dies earlier tries again; one that dies between that line
and the record of its answer leaves a letter of which nobody here can know, and it is not sent a second time unasked.
"""

from __future__ import annotations

import smtplib
from typing import NoReturn

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.smtp import EmailBackend

from metrics.models.delivery import Delivery
from metrics.services.delivery.letter import Handing, Letter, Never, NotYet, Uncertain
from metrics.services.product.invitations import arrives

KEPT = "no mail server is set: it is a file in the folder “mail” of VAR_DIR, and reached nobody"
TIMEOUT = 30  # seconds of each answer of a server
BUSY_OR_LATER = range(400, 500)  # what a server answers where another time may be better: RFC 5321, 4.2.1


def send(row: Delivery, letter: Letter, handing: Handing) -> str:
    """Hand a letter over, or write it into a file where no server is set. Raises NotYet, Never, Uncertain."""
    message = composed(row, letter)
    connection = get_connection()
    if isinstance(connection, EmailBackend):
        connection.timeout = connection.timeout or TIMEOUT
        _over_smtp(connection, message, handing)
        return Delivery.State.SENT
    handing()
    try:
        connection.send_messages([message])
    except OSError as error:
        raise NotYet(f"the mail could not be written: {error.strerror or type(error).__name__}") from error
    return Delivery.State.SENT if arrives() else Delivery.State.KEPT


def composed(row: Delivery, letter: Letter) -> EmailMultiAlternatives:
    headers = {"Message-ID": row.sent_as, "Auto-Submitted": "auto-generated"}
    if letter.stop:
        headers |= {"List-Unsubscribe": f"<{letter.stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    subject = " ".join(f"Test: {letter.title}".split() if row.test else letter.title.split())
    message = EmailMultiAlternatives(subject, letter.text, None, [row.receiver.email], headers=headers)
    message.attach_alternative(letter.html, "text/html")
    for one in letter.attached:
        message.attach(one.name, one.content, one.media_type)
    return message


def _over_smtp(connection: EmailBackend, message: EmailMultiAlternatives, handing: Handing) -> None:
    try:
        connection.open()
        assert connection.connection is not None  # opened
        server: smtplib.SMTP = connection.connection
        _envelope(server, message)
        body = message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]  # Django's own
        _answered(server.docmd("DATA"), 354)
        server.send(_dotted(body))
    except smtplib.SMTPResponseException as refused:
        connection.close()
        _refused(refused.smtp_code, refused.smtp_error)
    except (OSError, smtplib.SMTPException) as error:
        _drop(connection)
        raise NotYet(f"the mail server is away ({type(error).__name__})") from error
    handing()
    try:
        server.send(b".\r\n")
        answer = server.getreply()
    except (OSError, smtplib.SMTPException) as error:
        _drop(connection)
        raise Uncertain("the mail server took all of it and did not answer") from error
    _drop(connection)
    if answer[0] != 250:
        _refused(*answer)


def _envelope(server: smtplib.SMTP, message: EmailMultiAlternatives) -> None:
    server.ehlo_or_helo_if_needed()
    sender = message.from_email.rpartition("<")[2].rstrip(">")
    _answered(server.mail(sender), 250)
    _answered(server.rcpt(message.to[0]), 250, 251)


def _answered(answer: tuple[int, bytes], *wanted: int) -> None:
    if answer[0] not in wanted:
        raise smtplib.SMTPResponseException(*answer)


def _refused(code: int, words: bytes | str) -> NoReturn:
    text = words.decode("ascii", "replace") if isinstance(words, bytes) else words
    said = " ".join(text.split())[:200]
    if code in BUSY_OR_LATER or code <= 0:
        raise NotYet(f"the mail server says: {said}")
    raise Never(f"the mail server refuses it: {said}")


def _dotted(body: bytes) -> bytes:
    """A body as it is sent: lines that begin with a dot get another one, and the last line ends (RFC 5321, 4.5.2)."""
    lines = body.replace(b"\r\n.", b"\r\n..")
    lines = b"." + lines if lines.startswith(b".") else lines
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"


def _drop(connection: EmailBackend) -> None:
    """Let go of a connection whose other side may be gone."""
    server, connection.connection = connection.connection, None
    if server is not None:
        server.close()
