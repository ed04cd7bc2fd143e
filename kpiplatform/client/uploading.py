"""A large file on its way to the server in parts: what is there already is not sent again.

How far it has come is known to the server, by the digest of the file. So a call that breaks off leaves nothing here,
and the same call again, from whichever machine has the file, sends what is missing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from kpiplatform.client import sending
from kpiplatform.client.errors import ClientError, of_problem
from kpiplatform.client.transport import Transport
from kpiplatform.client.waiting import GIVEN_UP, waited

IN_PARTS = 64 << 20  # bytes beyond which a file is sent in parts
PIECE = 1 << 20
CHECKED = 3600.0  # seconds that a large file may take to be checked
GOES_ON = "Send it again by the same call: it goes on where it broke off."


@dataclass(frozen=True)
class Going:
    """A file that is to become something. at: the path of uploads of its product. kind: run or dataset. manifest: of
    that, as JSON."""

    at: str
    kind: str
    manifest: str
    key: str
    name: str
    stream: IO[bytes]
    content_type: str


def sent_in_parts(server: Transport, going: Going, told: sending.Told) -> dict[str, Any]:
    """Send what is missing of a file, and wait until it is what its manifest says. Raises ClientError."""
    digest, size = _sha256(going.stream)
    begin = {"name": going.name, "size": size, "digest": digest, "content_type": going.content_type}
    begun = server.post_keyed(going.at, key=going.key, json=sending.as_json(begin))
    path = f"{going.at}{begun['id']}/"
    upload = server.get(path)
    if upload["state"] in ("open", "refused"):
        _send_missing(server, path, upload, going.stream, told)
        server.post_keyed(f"{path}complete/", key=going.key, json=f'{{"{going.kind}": {going.manifest}}}')
    return _became(waited(lambda: server.get(path), ("taken", "refused", "failed"), CHECKED), going.kind)


def _send_missing(
    server: Transport, path: str, upload: Mapping[str, Any], stream: IO[bytes], told: sending.Told
) -> None:
    there = {part["number"] for part in upload["received"]}
    sent = sum(part["size"] for part in upload["received"])
    told(sent, upload["size"])
    for number in range(1, upload["parts"] + 1):
        if number in there:
            continue
        stream.seek((number - 1) * upload["part_bytes"])
        content = stream.read(upload["part_bytes"])
        try:
            server.put_bytes(f"{path}parts/{number}/", content, digest=_as_header(content))
        except ClientError as error:
            if error.status is None:
                error.remedy = GOES_ON
            raise
        sent += len(content)
        told(sent, upload["size"])


def _became(upload: Mapping[str, Any], kind: str) -> dict[str, Any]:
    if upload["state"] == "refused":
        raise of_problem({"title": "Refused", "status": 400, "errors": upload["errors"]}, status=400)
    if upload["state"] == "failed":
        raise ClientError(f"checking {upload['name']} failed: {upload['error']}", code="parked", remedy=GIVEN_UP)
    found: dict[str, Any] = upload[kind]
    return found


def _sha256(stream: IO[bytes]) -> tuple[str, int]:
    stream.seek(0)
    read, size = hashlib.sha256(), 0
    while piece := stream.read(PIECE):
        read.update(piece)
        size += len(piece)
    return read.hexdigest(), size


def _as_header(content: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"
