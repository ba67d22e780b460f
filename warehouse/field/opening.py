"""Opening a ledger: it is made where there is none, and brought up to date by the steps of ``migrations``."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from models.errors import WarehouseError
from warehouse.field.engine import Ledger, ledger_url, prepared
from warehouse.field.tables import METADATA
from warehouse.home import Home

MIGRATIONS: Final = Path(__file__).with_name("migrations")


@contextmanager
def opened(home: Home) -> Generator[Ledger]:
    """The ledger of a home, up to date.  Raises SettingsError, WarehouseError."""
    url = ledger_url(home)
    ledger = Ledger(url, prepared(home, url))
    try:
        bring_up_to_date(ledger)
        yield ledger
    finally:
        ledger.close()


def bring_up_to_date(ledger: Ledger) -> None:
    """Take the steps that the ledger lacks, all or none.  Raises WarehouseError for one of a later program."""
    script = ScriptDirectory(str(MIGRATIONS))
    with ledger.reading() as connection:
        if _version(connection) == script.get_current_head():
            return
    with ledger.writing() as connection:
        held = _version(connection)
        if held is not None and held not in {step.revision for step in script.walk_revisions()}:
            raise WarehouseError(
                "The ledger was written by a later program (its tables are {held}). Install that program again.",
                held=held,
            )

        def steps(revision: Any, _context: MigrationContext) -> Any:
            return script._upgrade_revs("head", revision)

        with EnvironmentContext(Config(), script, fn=steps) as environment:
            environment.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
            environment.run_migrations()


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
