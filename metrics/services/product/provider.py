"""The company's provider of sign-in, by OpenID Connect: the way there, and what it vouches for on the way back.

allauth speaks to it: discovery, state, PKCE, the exchange of the code. What it leaves open is closed here: a nonce, the
signature of every token whatever way it came, the provider's own name, and no redirect of any request.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from typing import Any

import jwt
import requests
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

log = logging.getLogger(__name__)

BACK = "sign-in/provider/back/"  # where people come back to, as the provider was told
DISCOVERY = "/.well-known/openid-configuration"
# By a key of its own that the provider keeps: neither none nor one that both sides know.
ALGORITHMS = [f"{kind}{bits}" for kind in ("RS", "PS", "ES") for bits in (256, 384, 512)] + ["EdDSA"]
NEEDED = ["iss", "sub", "aud", "exp", "iat", "nonce"]
CLOCKS_APART = 30  # seconds
FAULTS = (requests.RequestException, OAuth2Error, jwt.PyJWTError, KeyError, TypeError, ValueError)


class Refused(Exception):
    """Nobody comes in; the message says why, to the person."""


class Adapter(DefaultSocialAccountAdapter):
    def get_requests_session(self) -> requests.Session:
        session: requests.Session = super().get_requests_session()
        session.max_redirects = 0  # the secret goes where the provider said, and nowhere on
        return session


class _Company(OpenIDConnectProvider):
    """The one provider, known by its issuer, so that nobody of another issuer is taken for somebody of this one."""

    def get_pkce_params(self) -> dict[str, str]:
        made: dict[str, str] = generate_code_challenge()
        return made | {"nonce": _nonce(made["code_verifier"])}

    def get_oauth2_adapter(self, request: HttpRequest) -> Connection:
        return Connection(request)


class Connection(OpenIDConnectOAuth2Adapter):
    """Of one request with the provider."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request, settings.OIDC_ISSUER)

    def get_provider(self) -> _Company:
        about = {"server_url": settings.OIDC_ISSUER.rstrip("/") + DISCOVERY, "scope": settings.OIDC_SCOPES}
        app = SocialApp(
            provider=_Company.id,
            provider_id=settings.OIDC_ISSUER,
            client_id=settings.OIDC_CLIENT_ID,
            secret=settings.OIDC_CLIENT_SECRET,
            settings=about,
        )
        return _Company(self.request, app=app)

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return f"{settings.URL_BASE}/{BACK}"

    @property
    def openid_config(self) -> dict[str, Any]:
        about: dict[str, Any] = super().openid_config
        if about.get("issuer") != settings.OIDC_ISSUER:
            raise OAuth2Error(f"the provider calls itself {about.get('issuer')!r}, and OIDC_ISSUER does not")
        return about

    def claims(self, state: dict[str, Any]) -> dict[str, Any]:
        """What the provider vouches for, of whoever comes back with a code; what the token lacks is asked for."""
        app, verifier = self.get_provider().app, state["pkce_code_verifier"]
        client = self.get_client(self.request, app)
        given = self.get_access_token_data(self.request, app, client, pkce_code_verifier=verifier)
        found = self._verified(given["id_token"], _nonce(verifier))
        wanted = {"email", settings.OIDC_GROUPS_CLAIM or "email"}
        if wanted <= set(found) or "userinfo_endpoint" not in self.openid_config:
            return found
        more = self._fetch_user_info(given["access_token"])
        if more["sub"] != found["sub"]:
            raise OAuth2Error("what was asked for is of somebody else")
        return {**more, **found}

    def _verified(self, token: str, nonce: str) -> dict[str, Any]:
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
        answer.raise_for_status()
        keys, head = jwt.PyJWKSet.from_dict(answer.json()).keys, jwt.get_unverified_header(token)
        fitting = (one for one in keys if head.get("kid") in (None, one.key_id) and one.public_key_use in (None, "sig"))
        if (key := next(fitting, None)) is None:
            raise OAuth2Error("the token is signed by no key of the provider")
        found: dict[str, Any] = jwt.decode(
            token,
            key=key.key,
            algorithms=ALGORITHMS,
            audience=settings.OIDC_CLIENT_ID,
            issuer=settings.OIDC_ISSUER,
            leeway=CLOCKS_APART,
            options={"require": NEEDED},
        )
        if found.get("azp", settings.OIDC_CLIENT_ID) != settings.OIDC_CLIENT_ID:
            raise OAuth2Error("the token was made for another program")
        if not hmac.compare_digest(str(found["nonce"]), nonce):
            raise OAuth2Error("the token was made for another sign-in")
        return found


def _nonce(verifier: str) -> str:
    """Of one sign-in: made from what the session alone keeps, and telling nothing of it."""
    return hashlib.sha256(b"nonce " + verifier.encode()).hexdigest()


def away(request: HttpRequest, to: str) -> HttpResponseBase:
    """To the provider; state, verifier and where to go afterwards stay in the session. Raises Refused."""
    try:
        answer: HttpResponseBase = Connection(request).get_provider().redirect(request, "login", next_url=to)
    except FAULTS as fault:
        raise _told(fault, "The provider of sign-in cannot be reached. Try again in a minute.") from fault
    return answer


def back(request: HttpRequest) -> tuple[dict[str, Any], str]:
    """What the provider says of whoever comes back, once for each way there, and where they go. Raises Refused."""
    state = statekit.unstash_state(request, provider_id=settings.OIDC_ISSUER, state_id=request.GET.get("state", ""))
    if state is None:
        raise Refused("This sign-in was begun elsewhere, used already, or more than ten minutes ago. Begin again.")
    if "code" not in request.GET:
        raise Refused("The provider of sign-in did not let you in. Begin again, or ask an administrator.")
    try:
        return Connection(request).claims(state), state.get("next", "")
    except FAULTS as fault:
        raise _told(fault, "What the provider of sign-in answered does not hold, so nobody was let in.") from fault


def _told(fault: Exception, words: str) -> Refused:
    """The log has the kind of the fault, and of our own its words: what a provider answers may hold keys."""
    ours = isinstance(fault, (OAuth2Error, jwt.PyJWTError)) and "Error retrieving" not in str(fault)
    log.warning("single sign-on: %s%s", type(fault).__name__, f": {fault}" if ours else "")
    return Refused(words)
