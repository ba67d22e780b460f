"""The Dagster instance of this installation: ``deploy/dagster.yaml``, written into the home."""

import os
import re
from dataclasses import dataclass
from enum import Enum, auto
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from models.errors import SettingsError
from pipelines.settings import REPOSITORY, load_settings
from warehouse.home import Home

DEPLOY = REPOSITORY / "deploy"
POSTGRES_URL = "RISKCODE_POSTGRES_URL"
_STAMP = re.compile(r"# Written by \./riskcode init \(([0-9a-f]{12})\)\.[^\n]*\n")


class State(Enum):
    """What became of a home's ``dagster.yaml``."""

    WRITTEN = auto()
    STANDS = auto()
    RENEWED = auto()
    BESIDE = auto()
    """It is not as this program writes it, so an operator changed it; what would be written stands beside it."""


@dataclass(frozen=True)
class Prepared:
    """The configuration of a home, what became of it, and what stands beside it."""

    config: Path
    state: State

    @property
    def beside(self) -> Path:
        """Where a new configuration stands for an operator to compare."""
        return self.config.with_name(f"{self.config.name}.new")


def instance_config(*, on_postgres: bool) -> str:
    """Dagster's instance configuration, with the stamp by which an unchanged one is known again."""
    parts = ["dagster.yaml", *(["dagster-postgres.yaml"] if on_postgres else [])]
    text = "\n".join((DEPLOY / part).read_text(encoding="utf-8") for part in parts)
    stamp = f"# Written by ./riskcode init ({_hash(text)}). What somebody changes stays: init then writes beside it."
    return f"{stamp}\n{text}"


def write_instance_config(home: Home) -> None:
    """Dagster's instance configuration, unless one is there: whoever opens the instance of a home calls this first.

    Raises SettingsError where the one that is there keeps runs elsewhere than the settings say.
    """
    config = _config_of(home)
    on_postgres = _wants_postgres()
    if not config.exists():
        _replace(config, instance_config(on_postgres=on_postgres))
    elif _is_on_postgres(config) and not on_postgres:
        raise SettingsError(
            "{config} keeps Dagster's runs on the server that {name} names, and it is not set. Set it; to keep them in "
            "files from now on: ./riskcode init",
            config=config,
            name=POSTGRES_URL,
        )
    elif on_postgres and not _is_on_postgres(config):
        raise SettingsError(
            "{name} is set, and {config} keeps Dagster's runs in files. Unset it; to keep them on the server from now "
            "on: ./riskcode init",
            config=config,
            name=POSTGRES_URL,
        )


def renew_instance_config(home: Home) -> Prepared:
    """Dagster's instance configuration as the settings and this version want it; one that was changed stays."""
    config, text = _config_of(home), instance_config(on_postgres=_wants_postgres())
    if not config.exists():
        found = Prepared(config, State.WRITTEN)
    elif _text_of(config) == text:
        return Prepared(config, State.STANDS)
    else:
        found = Prepared(config, State.RENEWED if _is_ours(config) else State.BESIDE)
    _replace(found.beside if found.state is State.BESIDE else config, text)
    return found


def _config_of(home: Home) -> Path:
    return home.dagster / "dagster.yaml"


def _wants_postgres() -> bool:
    if load_settings().postgres_url is None:
        return False
    if find_spec("dagster_postgres") is None:
        raise SettingsError(
            "{name} is set, and dagster-postgres is not installed. Call: .venv/bin/python -m pip install "
            "--require-hashes -r requirements-postgres.lock",
            name=POSTGRES_URL,
        )
    return True


def _is_on_postgres(config: Path) -> bool:
    try:
        found: Any = yaml.safe_load(config.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(
            "{config} is no YAML ({error}). Mend it, or move it away and call ./riskcode init",
            config=config,
            error=" ".join(str(error).split()),
        ) from error
    storage = found.get("storage") if isinstance(found, dict) else None
    return POSTGRES_URL in str(storage)


def _is_ours(config: Path) -> bool:
    text = _text_of(config)
    stamp = _STAMP.match(text)
    return stamp is not None and stamp[1] == _hash(text[stamp.end() :])


def _text_of(config: Path) -> str:
    return config.read_text(encoding="utf-8", errors="replace")


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12]


def _replace(path: Path, text: str) -> None:
    """Put a file into its place whole: a scheduler may be reading it."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
