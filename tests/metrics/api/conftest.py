"""Short ways to ask the API."""

from typing import Any

import pytest


@pytest.fixture
def asks(people: dict[str, Any], api: Any) -> Any:
    """asks("manager").get("/products/"): a client a person, signed in once, below /api/v1."""
    clients: dict[str, Any] = {}

    class Door:
        def __init__(self, name: str) -> None:
            self.client = api(people.get(name))

        def __getattr__(self, method: str) -> Any:
            def ask(path: str, data: Any = None, **rest: Any) -> Any:
                return getattr(self.client, method)(f"/api/v1{path}", data, **rest)

            return ask

    return lambda name: clients.setdefault(name, Door(name))


@pytest.fixture
def refused() -> Any:
    """Check that an answer is a problem with a status and, where given, a field; gives its first fault."""

    def check(answer: Any, status: int, field: str | None = None) -> dict[str, Any]:
        assert answer.status_code == status, answer.content
        assert answer["Content-Type"] == "application/problem+json"
        body = answer.json()
        assert set(body) == {"type", "title", "status", "detail", "errors"}
        assert body["status"] == status
        assert body["title"]
        if field is None:
            return body
        faults = [fault for fault in body["errors"] if fault["field"] == field]
        assert faults, body
        assert faults[0]["message"]
        assert faults[0]["code"]
        return faults[0]

    return check
