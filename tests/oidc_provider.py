"""A provider of sign-in on this machine, and whoever walks to it and back with a browser."""

import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

CLIENT, SECRET = "kpi-here", "a-secret-of-the-client"


class Provider:
    """people: the claims of each, by their name for them. forge: makes another token of (claims, key)."""

    def __init__(self) -> None:
        # Seconds of every process of the tests, and asked for by few.
        from oidc_provider_mock._app import app
        from werkzeug.serving import make_server

        self.asked: list[Any] = []  # what came to its token endpoint
        self.forge: Callable[[dict[str, Any], tuple[str, str | None]], str] | None = None
        self.app = app(require_nonce=True, issue_refresh_token=False)
        self.app.after_request(self._forged)
        self._server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def _forged(self, answer: Any) -> Any:
        import flask

        if flask.request.path == "/oauth2/token":
            self.asked.append((dict(flask.request.form), dict(flask.request.headers)))
            given = answer.get_json() or {}
            if self.forge is not None and "id_token" in given:
                key = flask.g.oidc_provider_mock_storage.jwk
                claims = jwt.decode(given["id_token"], options={"verify_signature": False})
                kid = jwt.get_unverified_header(given["id_token"]).get("kid")
                pem = key.as_pem(is_private=True).decode()
                answer.set_data(flask.json.dumps(given | {"id_token": self.forge(claims, (pem, kid))}))
        return answer

    def knows(self, sub: str, **claims: Any) -> None:
        httpx.put(f"{self.issuer}/users/{sub}", json=claims).raise_for_status()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def lets_in(self, address: str, sub: str) -> str:
        """Where somebody is sent back to who gave their name at the provider's page."""
        answer = httpx.post(address, data={"sub": sub})
        assert answer.status_code == 302, answer.text
        back: str = answer.headers["Location"]
        return back

    def walks(self, client: Any, sub: str, to: str = "") -> Any:
        """Our answer to who went to the provider and came back."""
        away = client.get("/sign-in/provider/", {"next": to} if to else {})
        return client.get(inside(self.lets_in(away["Location"], sub)))


def inside(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def asked(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


@pytest.fixture(scope="session")
def one_provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.stop()


@pytest.fixture
def provider(one_provider: Provider, settings: Any) -> Iterator[Provider]:
    """The provider, set up here as its client."""
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = one_provider.issuer, CLIENT, SECRET
    settings.OIDC_MATCH_EMAIL = True
    yield one_provider
    one_provider.forge = None
    one_provider.asked.clear()
