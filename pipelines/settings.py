"""Settings, all from the environment; nothing is read at import."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from desk.words.catalogue import SOURCE, languages
from desk.words.words import Words
from warehouse.home import Home

REPOSITORY = Path(__file__).parents[1]


@dataclass(frozen=True)
class Settings:
    """How this installation runs.

    ``RISKCODE_HOME``: all that is written (default ``.riskcode`` in the repository).  ``RISKCODE_PACK``: the
    policy pack.  ``RISKCODE_ENGINE``: polars or duckdb.  ``RISKCODE_LANG``: a language of
    ``desk/words``, e.g. zh or en.
    ``RISKCODE_DATA_DOCS_URL``: where Great Expectations' Data Docs are served (default: by ``make dev``).
    ``RISKCODE_COMMISSIONED_ON``: first day that the scheduler knows (default 2026-01-01); archives reach further back.
    ``RISKCODE_REAL_DATA``: folder with real data sets for the tests marked ``real``.
    """

    home: Home
    pack: str
    engine: str
    language: str
    real_data: Path
    data_docs_url: str


def load_settings() -> Settings:
    """Settings of this process.  Raises SettingsError for a language nobody speaks here."""
    return Settings(
        home=Home(Path(os.environ.get("RISKCODE_HOME") or REPOSITORY / ".riskcode").resolve()),
        pack=os.environ.get("RISKCODE_PACK", "starter"),
        engine=os.environ.get("RISKCODE_ENGINE", "polars"),
        language=Words(os.environ.get("RISKCODE_LANG") or _language()).language,
        real_data=Path(os.environ.get("RISKCODE_REAL_DATA") or REPOSITORY.parent / "shared" / "data"),
        data_docs_url=os.environ.get("RISKCODE_DATA_DOCS_URL", "http://127.0.0.1:3001"),
    )


def _language() -> str:
    """The language of the terminal where it is spoken here, else English."""
    spoken = re.split(r"[_.@]", os.environ.get("LC_ALL") or os.environ.get("LANG") or "")[0]
    return spoken if spoken in languages() else SOURCE
