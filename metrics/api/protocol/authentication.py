"""Signing in to the API: a token in the Authorization header."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from metrics import access
from metrics.models.product import Token, User
from metrics.services.product.tokens import user_of_token


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, str] | None:
        scheme, _, secret = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        user = user_of_token(secret.strip().decode("latin-1"))
        if user is None:
            raise AuthenticationFailed("The token is unknown, expired or revoked; make a new one with `kpi login`.")
        return user, "token"

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "metrics.api.protocol.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class AddressAuthentication(BaseAuthentication):
    """A token in the address, for sheets and calendars, which send no header: `?token=`, of tables only.

    An address is kept in histories and logs, so a token that opens more is refused here.
    """

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        secret = request.query_params.get("token", "")
        if not secret:
            return None
        user = user_of_token(secret)
        if user is None:
            raise AuthenticationFailed("The token is unknown, expired or revoked; make a new one under Tokens.")
        token = access.token_of(user)
        if token is None or token.scope != Token.Scope.TABLES:
            raise AuthenticationFailed("This token opens more than tables: send it as a header, never in an address.")
        return user, "token"

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class AddressScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "metrics.api.protocol.authentication.AddressAuthentication"
    name = "table_token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "query", "name": "token"}
