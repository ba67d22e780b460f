"""An OpenID provider: a real server on this machine that signs by RS256, and may be told to answer wrongly."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "riskcode-desk", "secret-of-the-desk"


@dataclass
class Issuer:
    """The provider.

    ``claims``: of the next tokens, over those it gives by itself; ``header``: of the token; ``metadata``: over its own;
    ``key``: another key that signs; ``asked``: paths, in the order in which they were asked.
    """

    url: str = ""
    now: int = 0
    claims: dict[str, Any] = field(default_factory=dict[str, Any])
    header: dict[str, Any] = field(default_factory=dict[str, Any])
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    key: Any = None
    asked: list[str] = field(default_factory=list[str])
    redirects_to: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    own: Any = field(default_factory=lambda: RSAKey.generate_key(2048, auto_kid=True))

    def well_known(self) -> dict[str, Any]:
        told = {"issuer": self.url, "authorization_endpoint": f"{self.url}/authorize"}
        told |= {"token_endpoint": f"{self.url}/token", "jwks_uri": f"{self.url}/keys"}
        return told | {"end_session_endpoint": f"{self.url}/end"} | self.metadata

    def authorized(self, query: dict[str, str]) -> str:
        """Where the browser goes back to after somebody agreed."""
        assert query["code_challenge_method"] == "S256" and "openid" in query["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """The answer to a code; nothing where it is not the one, or not from whom it was given to."""
        begun = self.codes.pop(form.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = _encoded(digest)
        if (
            begun is None
            or authorization != f"Basic {basic}"
            or challenge != begun["code_challenge"]
            or form.get("redirect_uri") != begun["redirect_uri"]
        ):
            return None
        claims = {"iss": self.url, "aud": CLIENT, "sub": "s-1", "iat": self.now, "exp": self.now + 300}
        claims |= {"nonce": begun["nonce"]} | self.claims
        header = {"alg": "RS256", "kid": self.own.kid} | self.header
        key = self.key or self.own
        if header["alg"] == "HS256":
            signed = self._by_the_public_key(header, claims)
        else:
            signed = jwt.encode(header, claims, key, algorithms=[header["alg"]])
        return {"access_token": "a", "token_type": "Bearer", "expires_in": 300, "id_token": signed}

    def public(self) -> dict[str, Any]:
        return KeySet([self.own]).as_dict(private=False)

    def _by_the_public_key(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """A token signed as if the public key were a secret, which everybody knows: the old attack."""
        parts = [_encoded(json.dumps(part).encode()) for part in (header, claims)]
        digest = hmac.new(self.own.as_pem(private=False), ".".join(parts).encode(), hashlib.sha256).digest()
        return ".".join([*parts, _encoded(digest)])


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@contextmanager
def issuer() -> Generator[Issuer]:
    """A provider that listens on a free port."""
    made = Issuer()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            made.asked.append(parts.path)
            if made.redirects_to:
                self._go(made.redirects_to)
            elif parts.path == "/.well-known/openid-configuration":
                self._told(made.well_known())
            elif parts.path == "/keys":
                self._told(made.public())
            elif parts.path == "/authorize":
                self._go(made.authorized({name: one[0] for name, one in parse_qs(parts.query).items()}))
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            made.asked.append(self.path)
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: one[0] for name, one in parse_qs(sent).items()}
            told = made.token(form, self.headers.get("Authorization", ""))
            self._told(told or {"error": "invalid_grant"}, 200 if told else 400)

        def _told(self, told: Any, status: int = 200) -> None:
            content = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _go(self, address: str) -> None:
            self.send_response(302)
            self.send_header("Location", address)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
