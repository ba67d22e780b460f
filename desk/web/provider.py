"""Who else tells who somebody is: an OpenID provider, as settings name it."""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from models.errors import SettingsError

ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
"""By which a token may be signed: with a key that the desk does not have."""


@dataclass(frozen=True)
class Provider:
    """An OpenID provider.

    ``claim``: of the token, which is the login of a user there already is; ``is_only``: nobody logs in by password.
    ``address``: where browsers find the desk; empty: as they asked for it.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    claim: str = "preferred_username"
    algorithms: tuple[str, ...] = ("RS256",)
    is_only: bool = False
    address: str = ""

    def __post_init__(self) -> None:
        for name, url in (("RISKCODE_OIDC_ISSUER", self.issuer), ("RISKCODE_OIDC_ADDRESS", self.address)):
            if url and not is_safe(url):
                raise SettingsError(
                    "{name} is '{url}'. Write an address that begins with https://; without encryption only this "
                    "machine itself is asked.",
                    name=name,
                    url=url,
                )
        if not self.client_id or not self.client_secret:
            raise SettingsError(
                "RISKCODE_OIDC_ISSUER needs RISKCODE_OIDC_CLIENT_ID and RISKCODE_OIDC_CLIENT_SECRET. Set all three."
            )
        if not self.algorithms or not ALGORITHMS.issuperset(self.algorithms):
            raise SettingsError(
                "RISKCODE_OIDC_ALGORITHMS is '{told}'. Choose of: {known}.",
                told=",".join(self.algorithms),
                known=", ".join(sorted(ALGORITHMS)),
            )


def is_safe(url: str) -> bool:
    """Whether an address is encrypted, or of this machine."""
    parts = urlsplit(url)
    if parts.query or parts.fragment or parts.username or not parts.hostname:
        return False
    is_here = parts.hostname in ("localhost", "::1") or bool(
        re.fullmatch(r"127(\.\d{1,3}){3}", parts.hostname)
    )
    return parts.scheme == "https" or (parts.scheme == "http" and is_here)


def origin_of(url: str) -> tuple[str, str]:
    """Scheme and host with its port."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()
