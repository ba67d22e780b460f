"""One signed POST to the address that settings name: no redirect, no proxy, no host of the house unless it is named."""

import hmac
import http.client
import ipaddress
import re
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from models.errors import RiskcodeError, SettingsError

SECONDS: Final = 10
LEAST_SECRET: Final = 32
"""Characters."""
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Webhook:
    """Where calls go to.  ``networks``: within the house that may be called."""

    url: str
    secret: str = field(repr=False)
    networks: tuple[Network, ...] = ()

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if not parts.hostname or parts.username or parts.fragment or not self._is_encrypted:
            # It is not repeated: its path may hold a key.
            raise SettingsError(
                "RISKCODE_WEBHOOK is no address to call. Write one that begins with https://; without encryption only "
                "this machine itself is called."
            )
        if len(self.secret) < LEAST_SECRET:
            raise SettingsError(
                "RISKCODE_WEBHOOK_SECRET has less than {least} characters. Make a longer one, and tell it the other "
                "side.",
                least=LEAST_SECRET,
            )

    @property
    def is_here(self) -> bool:
        """Whether it is this machine by its name."""
        host = urlsplit(self.url).hostname or ""
        return host in ("localhost", "::1") or bool(re.fullmatch(r"127(\.\d{1,3}){3}", host))

    @property
    def _is_encrypted(self) -> bool:
        scheme = urlsplit(self.url).scheme
        return scheme == "https" or (scheme == "http" and self.is_here)

    def may_call(self, address: Address) -> bool:
        """Whether an address is one of the world, or of a network that is named; of this machine, where it is meant."""
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if any(address in one for one in self.networks):
            return True
        if address.is_loopback:
            return self.is_here
        is_wrapped = isinstance(address, ipaddress.IPv6Address) and (
            address.sixtofour is not None or address.teredo is not None or address in _TRANSLATED
        )
        return address.is_global and not address.is_multicast and not is_wrapped

    def send(self, call_id: str, body: str, at: int) -> None:
        """Send a body under a number, signed.  ``at``: seconds since 1970.

        Raises RiskcodeError where it is not taken.
        """
        parts, content = urlsplit(self.url), body.encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "riskcode",
            "riskcode-id": call_id,
            "riskcode-timestamp": f"{at}",
            "riskcode-signature": signature(self.secret, call_id, at, content),
        }
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection = self._connection()
            try:
                connection.request("POST", path, content, headers)
                status = connection.getresponse().status
            finally:
                connection.close()
        except (OSError, http.client.HTTPException) as error:
            raise RiskcodeError(
                "The other system cannot be reached ({why}).", why=type(error).__name__
            ) from error
        if not 200 <= status < 300:
            raise RiskcodeError("The other system answered {status}.", status=status)

    def _connection(self) -> http.client.HTTPConnection:
        """A connection to an address that was looked at: the name is not asked for again.

        Raises RiskcodeError for an address within the house, OSError.
        """
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [ipaddress.ip_address(f"{one[4][0]}".partition("%")[0]) for one in found]
        if not addresses or not all(self.may_call(one) for one in addresses):
            raise RiskcodeError(
                "The other system lies within the house. Name its network in RISKCODE_WEBHOOK_NETWORKS if it is meant."
            )
        made = (_Encrypted if parts.scheme == "https" else _Plain)(host, port, timeout=SECONDS)
        made.addresses = [f"{one}" for one in addresses]
        return made


class _Plain(http.client.HTTPConnection):
    """To addresses that are known already."""

    addresses: Sequence[str] = ()

    def connect(self) -> None:
        """Connect to the first that answers."""
        self.sock = _socket(self.addresses, self.port)


class _Encrypted(http.client.HTTPSConnection):
    """The same, encrypted, by the certificate of the name."""

    addresses: Sequence[str] = ()

    def connect(self) -> None:
        """Connect to the first that answers."""
        context = ssl.create_default_context()
        self.sock = context.wrap_socket(_socket(self.addresses, self.port), server_hostname=self.host)


def _socket(addresses: Sequence[str], port: int) -> socket.socket:
    fault: OSError | None = None
    for one in addresses:
        try:
            return socket.create_connection((one, port), timeout=SECONDS)
        except OSError as error:
            fault = error
    raise fault or OSError("no address")


def signature(secret: str, call_id: str, at: int, content: bytes) -> str:
    """What the header says: HMAC-SHA256 of ``TIMESTAMP.ID.`` and the body."""
    signed = hmac.new(secret.encode(), f"{at}.{call_id}.".encode() + content, sha256)
    return f"v1={signed.hexdigest()}"


def networks_of(told: str) -> tuple[Network, ...]:
    """Networks as a setting names them, separated by commas.  Raises SettingsError."""
    try:
        return tuple(ipaddress.ip_network(one.strip()) for one in told.split(",") if one.strip())
    except ValueError as error:
        raise SettingsError(
            "RISKCODE_WEBHOOK_NETWORKS is '{told}'. Write networks as 10.1.2.0/24, separated by commas.",
            told=told,
        ) from error


_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")
"""IPv4 addresses as those who translate write them: what they lead to is not looked at."""
