"""Pictures of a map below the points: from one address of the setting, and from none unless it is set."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from desk.web.limits import HEADERS
from models.errors import SettingsError

SETTING = "RISKCODE_TILES"
_PARTS = ("{z}", "{x}", "{y}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?")


@dataclass(frozen=True)
class Tiles:
    """Where pictures of a map come from.  ``host``: of another site, empty where it is this one."""

    url: str
    host: str

    @property
    def policy(self) -> str:
        """What a page with these pictures may load: that of every page, and pictures of this host alone."""
        # What Leaflet puts in the place of a picture that it drops is written out in its address.
        pictures = " ".join(filter(None, ("img-src 'self' data:", self.host and f"https://{self.host}")))
        return f"{HEADERS['content-security-policy']}; {pictures}"


def tiles_of(setting: str | None) -> Tiles | None:
    """Tiles of a setting, none where it is empty.  Raises SettingsError for an address that none can come from."""
    url = (setting or "").strip()
    if not url:
        return None
    parts = urlsplit(url)
    # Whatever else stands in it would stand in the policy of a page.
    is_elsewhere = parts.scheme == "https" and bool(_HOST.fullmatch(parts.netloc))
    is_here = not parts.scheme and not parts.netloc and url.startswith("/")
    if not (is_elsewhere or is_here) or not all(part in url for part in _PARTS) or not url.isprintable():
        raise SettingsError(
            "{name} is no address of tiles. Write https://HOST/{parts}.png, or a path of this site.",
            name=SETTING,
            parts="/".join(_PARTS),
        )
    return Tiles(url, parts.netloc)
