"""Settings, all from the environment; nothing is read at import."""

import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from desk.web.provider import Provider
from desk.words.catalogue import SOURCE, languages
from desk.words.words import Words
from models.errors import SettingsError
from pipelines.webhook import Webhook, networks_of
from warehouse.buckets.needed import Engine
from warehouse.clock import COMMISSIONED_ON, commissioned_on
from warehouse.home import Home

REPOSITORY = Path(__file__).parents[1]


def version() -> str:
    """Version of this program, as the repository says it."""
    told = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    return str(told["project"]["version"])


@dataclass(frozen=True)
class Settings:
    """How this installation runs.

    ``RISKCODE_HOME``: all that is written (default ``.riskcode`` in the repository).  ``RISKCODE_PACK``: the
    policy pack.  ``RISKCODE_LANG``: a language of
    ``desk/words``, e.g. zh or en.
    ``RISKCODE_DATA_DOCS_URL``: where Great Expectations' Data Docs are served (default: by ``make dev``).
    ``RISKCODE_NOTIFY``: a URL by which Apprise tells of every alert (default: none); see ``pipelines.alerts``.
    ``RISKCODE_COMMISSIONED_ON``: first day that the scheduler knows (default 2026-01-01); archives reach further back.
    ``RISKCODE_POSTGRES_URL``: a server for Dagster's runs and events (default: files in the home).
    ``RISKCODE_RUNS_KEPT_DAYS``: after so many days Dagster forgets a run (``pipelines.housekeeping``; default 400).
    ``RISKCODE_WAIT_SECONDS``: how long a run of the scheduler waits for another one that writes (default 900: longer
    than a night of a large city takes); it is then tried again.
    ``RISKCODE_MEMORY``: what the database may hold in memory, as ``6GB`` (``warehouse.connection``).
    ``RISKCODE_ENGINE``: what codes a whole city, ``local`` (default) or ``spark``.
    ``RISKCODE_SPARK_MASTER``: its master (default: as Spark is configured).
    ``RISKCODE_SPARK_FOLDER``: a folder that all machines of Spark see (default: one in the home).
    ``RISKCODE_TILES``: where the map of the desk has its pictures from (default: it has none; ``desk.web.tiles``).
    ``RISKCODE_OUTWARD``: a mapping of what the desk has to a platform's fields (default: a sample).
    ``RISKCODE_OIDC_ISSUER``: an OpenID provider by which people log in at the desk, with ``RISKCODE_OIDC_CLIENT_ID``
    and ``RISKCODE_OIDC_CLIENT_SECRET``; ``RISKCODE_OIDC_CLAIM``, ``RISKCODE_OIDC_ALGORITHMS``,
    ``RISKCODE_OIDC_ADDRESS``; ``RISKCODE_OIDC_ONLY``: no passwords beside it.
    ``RISKCODE_WEBHOOK``: an address that is called when something happens at the desk, with
    ``RISKCODE_WEBHOOK_SECRET``; ``RISKCODE_WEBHOOK_NETWORKS``: of the house, that may be called.
    ``RISKCODE_REAL_DATA``: folder with real data sets for the tests marked ``real``.
    """

    home: Home
    pack: str
    language: str
    real_data: Path
    data_docs_url: str
    postgres_url: str | None
    runs_kept_days: int
    wait_seconds: int
    notify: str | None = field(repr=False)
    engine: Engine = "local"
    spark_master: str | None = None
    spark_folder: Path | None = None
    tiles: str | None = None
    outward: Path | None = None
    provider: Provider | None = None
    webhook: Webhook | None = None


def load_settings() -> Settings:
    """Settings of this process.

    Raises SettingsError for a language nobody speaks here, and for numbers, days and addresses that are none.
    """
    _require_day_of_commissioning()
    return Settings(
        home=Home(Path(os.environ.get("RISKCODE_HOME") or REPOSITORY / ".riskcode").resolve()),
        pack=os.environ.get("RISKCODE_PACK", "starter"),
        language=Words(os.environ.get("RISKCODE_LANG") or _language()).language,
        real_data=Path(os.environ.get("RISKCODE_REAL_DATA") or REPOSITORY.parent / "shared" / "data"),
        data_docs_url=os.environ.get("RISKCODE_DATA_DOCS_URL", "http://127.0.0.1:3001"),
        postgres_url=_server("RISKCODE_POSTGRES_URL"),
        runs_kept_days=_whole("RISKCODE_RUNS_KEPT_DAYS", "400"),
        wait_seconds=_whole("RISKCODE_WAIT_SECONDS", "900"),
        notify=os.environ.get("RISKCODE_NOTIFY") or None,
        engine=_engine("RISKCODE_ENGINE"),
        spark_master=os.environ.get("RISKCODE_SPARK_MASTER") or None,
        spark_folder=Path(folder) if (folder := os.environ.get("RISKCODE_SPARK_FOLDER")) else None,
        tiles=os.environ.get("RISKCODE_TILES") or None,
        provider=_provider(),
        webhook=_webhook(),
        outward=Path(file).resolve() if (file := os.environ.get("RISKCODE_OUTWARD")) else None,
    )


def _provider() -> Provider | None:
    def told(name: str) -> str:
        return (os.environ.get(name) or "").strip()

    if not told("RISKCODE_OIDC_ISSUER"):
        return None
    return Provider(
        told("RISKCODE_OIDC_ISSUER"),
        told("RISKCODE_OIDC_CLIENT_ID"),
        told("RISKCODE_OIDC_CLIENT_SECRET"),
        claim=told("RISKCODE_OIDC_CLAIM") or "preferred_username",
        algorithms=tuple(one.strip() for one in (told("RISKCODE_OIDC_ALGORITHMS") or "RS256").split(",")),
        is_only=told("RISKCODE_OIDC_ONLY") == "1",
        address=told("RISKCODE_OIDC_ADDRESS"),
    )


def _webhook() -> Webhook | None:
    url = (os.environ.get("RISKCODE_WEBHOOK") or "").strip()
    if not url:
        return None
    networks = networks_of(os.environ.get("RISKCODE_WEBHOOK_NETWORKS") or "")
    return Webhook(url, os.environ.get("RISKCODE_WEBHOOK_SECRET") or "", networks)


def _engine(name: str) -> Engine:
    text = os.environ.get(name) or "local"
    for known in get_args(Engine):
        if text == known:
            return known
    raise SettingsError("{name} is '{text}'. Set it to local or spark.", name=name, text=text)


def _whole(name: str, otherwise: str) -> int:
    text = os.environ.get(name) or otherwise
    if not re.fullmatch(r"[1-9][0-9]{0,5}", text):
        raise SettingsError(
            "{name} is '{text}'. Set it to a whole number from 1 to 999999.", name=name, text=text
        )
    return int(text)


def _require_day_of_commissioning() -> None:
    try:
        commissioned_on()
    except ValueError:
        text = os.environ.get(COMMISSIONED_ON)
        raise SettingsError(
            "{name} is '{text}'. Set it to a day: YYYY-MM-DD", name=COMMISSIONED_ON, text=text
        ) from None


def _server(name: str) -> str | None:
    url = os.environ.get(name) or None
    if url is not None and not re.match(r"postgres(ql)?(\+\w+)?://\S+$", url):
        # What it says is not repeated: it may hold a password.
        raise SettingsError(
            "{name} is no address of a server. Write postgresql://USER:PASSWORD@HOST/NAME", name=name
        )
    return url


def _language() -> str:
    """The language of the terminal where it is spoken here, else English."""
    spoken = re.split(r"[_.@]", os.environ.get("LC_ALL") or os.environ.get("LANG") or "")[0]
    return spoken if spoken in languages() else SOURCE
