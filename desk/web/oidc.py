"""Logging in by an OpenID provider: authorization code with PKCE, state and nonce; the token is checked here.

Nothing is asked of any host but the issuer's, no redirect is followed, and nobody becomes a user by it: a claim names
the login of somebody there already is.
"""

import hmac
import json
import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from desk.web.provider import Provider, origin_of
from models.errors import BusyError, LoginError

PATIENCE: Final = timedelta(minutes=10)
"""How long somebody may take at the provider."""
MOST_WAITING: Final = 1000
SECONDS: Final = 10
MOST_BYTES: Final = 2**20
_KEPT: Final = timedelta(hours=1)
"""How long it is believed what a provider told of itself."""
_LEAST_BETWEEN: Final = timedelta(minutes=1)
"""Between two looks for a key that is not known."""
_LEEWAY_SECONDS: Final = 60
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True)
class _Begun:
    nonce: str
    verifier: str
    redirect: str
    next: str
    until: datetime


@dataclass
class Oidc:
    """The desk as a client of a provider."""

    provider: Provider
    _begun: OrderedDict[str, _Begun] = field(init=False, default_factory=OrderedDict[str, _Begun])
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)
    _told: tuple[datetime, Mapping[str, Any]] | None = field(init=False, default=None)
    _keys: tuple[datetime, KeySet] | None = field(init=False, default=None)

    def begin(self, base: str, next: str, now: datetime) -> tuple[str, str]:
        """Where the browser goes to, and the state that it keeps.  Raises BusyError.

        ``base``: where browsers find the desk.
        """
        endpoint = self._metadata(now)["authorization_endpoint"]
        redirect = f"{self.provider.address.rstrip('/') or base.rstrip('/')}/login/back"
        begun = _Begun(secrets.token_urlsafe(32), secrets.token_urlsafe(48), redirect, next, now + PATIENCE)
        state = secrets.token_urlsafe(32)
        with self._lock:
            self._begun[state] = begun
            while len(self._begun) > MOST_WAITING:
                self._begun.popitem(last=False)
        with self._session(redirect) as session:
            url, _ = session.create_authorization_url(
                endpoint, state=state, code_verifier=begun.verifier, nonce=begun.nonce
            )
        return url, state

    def finish(self, *, state: str, kept: str, code: str, issuer: str, now: datetime) -> tuple[str, str]:
        """The login that the provider tells, and where its person was going.

        ``kept``: the state that the browser kept; ``issuer``: who says it answers, empty where it does not say.
        Raises LoginError, BusyError.
        """
        with self._lock:
            begun = self._begun.pop(state, None)
        is_own = hmac.compare_digest(state.encode(), kept.encode(errors="surrogatepass"))
        if begun is None or not is_own or now >= begun.until or not code:
            raise LoginError("This login was not begun here, or too long ago. Log in once more.")
        if issuer and issuer != self.provider.issuer:
            raise _not_believed()
        claims = self._claims(self._token(code, begun, now), begun.nonce, now)
        login = claims.get(self.provider.claim)
        is_verified = self.provider.claim != "email" or claims.get("email_verified") is True
        if not isinstance(login, str) or not login.strip() or not is_verified:
            raise LoginError(
                "The provider does not tell who you are ({claim}). Ask who keeps it.",
                claim=self.provider.claim,
            )
        return login, begun.next

    def end_address(self, base: str, now: datetime) -> str | None:
        """Where a browser ends the session at the provider; ``None`` where it has no such place."""
        endpoint = self._metadata(now).get("end_session_endpoint")
        if not isinstance(endpoint, str) or origin_of(endpoint) != origin_of(self.provider.issuer):
            return None
        back = f"{self.provider.address.rstrip('/') or base.rstrip('/')}/login"
        told = {"client_id": self.provider.client_id, "post_logout_redirect_uri": back}
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(told)}"

    def _token(self, code: str, begun: _Begun, now: datetime) -> str:
        endpoint = self._metadata(now)["token_endpoint"]
        try:
            with self._session(begun.redirect) as session:
                told = session.fetch_token(
                    endpoint, grant_type="authorization_code", code=code, code_verifier=begun.verifier
                )
        except AuthlibBaseError as error:
            raise _not_believed() from error
        except (OSError, ValueError) as error:
            raise _silent() from error
        token = told.get("id_token")
        if not isinstance(token, str):
            raise _not_believed()
        return token

    def _claims(self, token: str, nonce: str, now: datetime) -> Mapping[str, Any]:
        provider = self.provider
        registry = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": provider.issuer},
            aud={"essential": True, "value": provider.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            try:
                found = jwt.decode(token, self._key_set(now), algorithms=[*provider.algorithms])
            except (JoseError, ValueError):
                # It may be signed by a key that is new.
                found = jwt.decode(
                    token, self._key_set(now, is_fresh=True), algorithms=[*provider.algorithms]
                )
            registry.validate(found.claims)
        except (JoseError, ValueError, TypeError) as error:
            raise _not_believed() from error
        audience, party = found.claims["aud"], found.claims.get("azp")
        is_many = isinstance(audience, list) and len(audience) > 1
        if (party is not None or is_many) and party != provider.client_id:
            raise _not_believed()
        return found.claims

    def _metadata(self, now: datetime) -> Mapping[str, Any]:
        if self._told is not None and now < self._told[0] + _KEPT:
            return self._told[1]
        issuer = self.provider.issuer
        told = self._read(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        ours = [told.get(name) for name in _ENDPOINTS]
        if told.get("issuer") != issuer or not all(
            isinstance(one, str) and origin_of(one) == origin_of(issuer) for one in ours
        ):
            raise _silent()
        self._told = now, told
        return told

    def _key_set(self, now: datetime, *, is_fresh: bool = False) -> KeySet:
        least = _LEAST_BETWEEN if is_fresh else _KEPT
        if self._keys is None or now >= self._keys[0] + least:
            told: Any = self._read(self._metadata(now)["jwks_uri"])
            self._keys = now, KeySet.import_key_set(told)
        return self._keys[1]

    def _read(self, url: str) -> dict[str, Any]:
        """A document of the issuer.  Raises BusyError."""
        try:
            with (
                self._session("") as session,
                session.get(url, stream=True, withhold_token=True, allow_redirects=False) as answer,
            ):
                content: bytes = answer.raw.read(MOST_BYTES + 1, decode_content=True)
                told: Any = json.loads(content) if len(content) <= MOST_BYTES else None
        except (OSError, ValueError, AuthlibBaseError) as error:
            raise _silent() from error
        if answer.status_code != 200 or not isinstance(told, dict):
            raise _silent()
        return told

    def _session(self, redirect: str) -> Any:
        session: Any = OAuth2Session(
            self.provider.client_id,
            self.provider.client_secret,
            scope="openid profile email",
            redirect_uri=redirect,
            code_challenge_method="S256",
            default_timeout=SECONDS,
        )
        # Nobody else is asked: no proxy of the environment, no other place that an answer names.
        session.trust_env, session.max_redirects = False, 0
        return session


def _not_believed() -> LoginError:
    return LoginError(
        "What the provider answered is not to be believed. Log in once more; else ask who keeps it."
    )


def _silent() -> BusyError:
    return BusyError("The provider of logins cannot be asked now. Try again; else ask who keeps it.")
