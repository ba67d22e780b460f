"""Makes ``docs/openapi.json``, what programs may ask of the desk: ``python -m docs.openapi`` (``--check`` looks)."""

import json
import sys
import tempfile
from pathlib import Path

from sqlalchemy.engine import URL

from desk.web.app import build
from pipelines.settings import version
from warehouse.clock import local_now
from warehouse.field.engine import Ledger
from warehouse.home import Home

FILE = Path(__file__).with_name("openapi.json")


def fresh() -> str:
    """The description as the program tells it, in the order in which it tells it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        # Nothing is opened: only what can be asked is told.
        ledger = Ledger(URL.create("sqlite", database=f"{home.ledger}"), home.field)
        app = build(home, "en", ledger, clock=local_now, version=version())
        told = app.openapi()
        ledger.close()
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Write it, or say whether it is fresh."""
    text = fresh()
    if "--check" in sys.argv[1:]:
        sys.exit(
            0 if FILE.exists() and FILE.read_text(encoding="utf-8") == text else "run: python -m docs.openapi"
        )
    FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
