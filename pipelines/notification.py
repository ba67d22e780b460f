"""Telling people by the one URL of ``RISKCODE_NOTIFY``, which Apprise reads: a mail, a group chat, a webhook."""

import logging
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from models.errors import RiskcodeError, SettingsError

if TYPE_CHECKING:
    from apprise import Apprise

SECONDS = 5
"""How long sending may take: a sensor tells of eleven things at most in one look, and Dagster gives it a minute."""
MOST_BYTES = 2_000
"""Of title and body: a group of 企业微信 refuses more than 2,048, and Apprise counts characters there."""


def service_of(url: str) -> str:
    """What a URL leads to is called.  Raises SettingsError where Apprise cannot use it."""
    return f"{_messenger(url)[0].service_name}"


def send(url: str, title: str, body: str, *, is_fault: bool = False) -> str:
    """Send a text without format.  Returns what the service is called that accepted it.

    ``is_fault``: where services tell failures from news, it is one.

    Raises SettingsError for a URL that Apprise cannot use, RiskcodeError where the text was not accepted in time.
    What is raised holds no password or key of the URL.
    """
    messenger = _messenger(url)
    name, kind = f"{messenger[0].service_name}", "failure" if is_fault else "info"
    with messenger.notify(
        _cut(body, title), title=title, notify_type=kind, body_format="text", timeout=SECONDS
    ) as result:
        if result:
            return name
        said = "; ".join(dict.fromkeys(entry.message for entry in result.logs()))
    raise RiskcodeError(
        "{service} did not accept the message ({said}). Correct RISKCODE_NOTIFY or the network, then try: "
        "./riskcode doctor --notify",
        service=name,
        said=_without_secrets(said, url, messenger[0].url(privacy=True)) or result.status.name,
    )


def _messenger(url: str) -> "Apprise":
    """Apprise with the one service of a URL.

    Nothing is kept on disk, and no text names Apprise or shows pictures from its pages.
    """
    # Takes a tenth of a second, and half a second more to know all services; most commands tell nobody.
    from apprise import Apprise, AppriseAsset

    # Its log may show keys; what goes wrong is told by the result.
    logging.getLogger("apprise").propagate = False
    asset = AppriseAsset(
        app_id="riskcode", app_desc="riskcode", app_url="", image_url_mask="", image_url_logo=""
    )
    service = Apprise.instantiate(url, asset=asset)
    if service is None:
        begins = re.match(r"[a-z][a-z0-9+.-]*://", url, flags=re.IGNORECASE)
        raise SettingsError(
            "RISKCODE_NOTIFY is no URL that Apprise can use ({begins}…). Correct it, e.g. wecombot://KEY, "
            "dingtalk://SECRET@TOKEN, feishu://TOKEN, mailtos://USER:PASSWORD@HOST?to=ADDRESS or json://HOST/PATH",
            begins=begins[0] if begins else "",
        )
    return Apprise(service)


def _cut(body: str, title: str) -> str:
    """As much of a body as goes with its title."""
    whole, room = body.encode(), MOST_BYTES - len(title.encode())
    return body if len(whole) <= room else f"{whole[: room - 3].decode(errors='ignore')}…"


def _without_secrets(said: str, url: str, shown: str) -> str:
    """A text without what Apprise hides when it shows the URL."""
    secrets = set(_PARTS.findall(unquote(url))) - set(_PARTS.findall(unquote(shown)))
    for secret in sorted(secrets, key=len, reverse=True):
        said = said.replace(secret, "…")
    return said


_PARTS = re.compile(r"[^\s:/?&=@#,]{3,}")
