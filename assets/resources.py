"""The warehouse as a Dagster resource: one lock and one connection for a whole run."""

import logging
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

from models.errors import PolicyError
from models.policy import Policy, load_policy
from warehouse.coding.coding import Coding
from warehouse.connection import Connection, writing
from warehouse.database.runs import known_for, stored_by
from warehouse.home import Home
from warehouse.rules.in_force import coding_on
from warehouse.rules.packs import activated_on, begin_with, differs

log = logging.getLogger("riskcode")


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
    _has_warned: bool = PrivateAttr(default=False)

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
        """What this run codes: the partition's day, by the policy in force on it.

        The first coding of a home activates the pack of the settings; from then on what was activated holds.
        """
        as_of = date.fromisoformat(context.partition_key)
        known_at = date.fromisoformat(self.known_at) if self.known_at else known_for(self.connection, as_of)
        packaged = self._rules_of_files(as_of)
        return coding_on(
            self.connection,
            packaged,
            as_of,
            known_at=known_at,
            engine=self.engine,
            stored_by=stored_by(self.connection, as_of, known_at),
        )

    def _rules_of_files(self, as_of: date) -> Policy:
        """The pack of the settings, activated now if none was; says once a run when it is not what is in force."""
        try:
            packaged = load_policy(self.pack)
        except PolicyError as error:
            # Files that somebody is editing must not stop the night: what was activated is kept.
            held = activated_on(self.connection, as_of)
            if held is None:
                raise
            self._warn(f"{error} Meanwhile {held.name} {held.version} stays in force, as activated.")
            return held
        if not begin_with(self.connection, self.paths, packaged):
            self._warn(differs(self.connection, packaged, as_of))
        return packaged

    def _warn(self, warning: str | None) -> None:
        if warning and not self._has_warned:
            log.warning(warning)
        self._has_warned = True
