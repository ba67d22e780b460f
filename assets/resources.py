"""The warehouse as a Dagster resource: one lock and one connection for a whole run."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from dagster import (
    AssetCheckExecutionContext,
    AssetExecutionContext,
    ConfigurableResource,
    DagsterRunStatus,
    InitResourceContext,
    RunsFilter,
)
from pydantic import PrivateAttr

from models.card import with_card
from models.policy import load_policy
from warehouse.connection import Connection, writing
from warehouse.home import Home
from warehouse.models import champion
from warehouse.rescore import Coding


def _close_orphans(context: InitResourceContext) -> None:
    """Mark runs as failed whose process died: whoever holds the lock knows that no other one is alive."""
    if context.instance is None:
        return
    dead = RunsFilter(statuses=[DagsterRunStatus.STARTED])
    for run in context.instance.get_runs(filters=dead):
        if run.run_id != context.run_id:
            context.instance.report_run_failed(run, "The process died; the published copy was not touched.")


class Warehouse(ConfigurableResource["Warehouse"]):
    """The warehouse below ``home``, coded by ``pack`` on ``engine``; Data Docs are served at ``data_docs_url``.

    Opened once for a run: a second run at the same time is refused by the lock.
    """

    home: str
    pack: str = "starter"
    engine: str = "polars"
    known_at: str | None = None
    data_docs_url: str = "http://127.0.0.1:3001"
    language: str = "zh"
    _connection: Connection | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: InitResourceContext) -> Iterator["Warehouse"]:
        """Hold lock and connection while the run's steps execute."""
        with writing(self.paths) as connection:
            _close_orphans(context)
            self._connection = connection
            try:
                yield self
            finally:
                self._connection = None

    @property
    def paths(self) -> Home:
        """Paths below the home folder."""
        return Home(Path(self.home))

    @property
    def connection(self) -> Connection:
        """The run's connection."""
        assert self._connection is not None, "the warehouse is open only while a run executes"
        return self._connection

    def coding(self, context: AssetExecutionContext | AssetCheckExecutionContext) -> Coding:
        """What this run codes: the partition's day, by the policy in force on it."""
        as_of = date.fromisoformat(context.partition_key)
        known_at = date.fromisoformat(self.known_at) if self.known_at else as_of
        card = champion(self.connection, as_of)
        return Coding(as_of, known_at, with_card(load_policy(self.pack).on(as_of), card), self.engine, card)
