"""The warehouse as a Dagster resource: one lock and one connection for a whole run."""

import logging
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from dagster import (
    AssetCheckExecutionContext,
    AssetExecutionContext,
    ConfigurableResource,
    DagsterRunStatus,
    InitResourceContext,
    RunsFilter,
)
from dagster._core.storage.tags import PARTITION_NAME_TAG
from pydantic import PrivateAttr

from models.errors import PolicyError
from models.policy import Policy, load_policy
from warehouse.coding.coding import Coding, identity_of
from warehouse.coding.order import STAGES, require, run_stage
from warehouse.connection import Connection, writing
from warehouse.database.meta import stored_no
from warehouse.database.places import begin, identity, made, mark, open_place
from warehouse.database.runs import known_for, last_issued, stored_by, would_issue
from warehouse.home import Home
from warehouse.planning.draws import Seeds
from warehouse.planning.plan import Planned, compute_plan
from warehouse.publish import publish_again, publish_run
from warehouse.rules.in_force import coding_on
from warehouse.rules.packs import activated_on, begin_with, differs

log = logging.getLogger("riskcode")


def _close_orphans(context: InitResourceContext) -> None:
    """Mark runs as failed whose process died: whoever holds the lock knows that no other one is alive."""
    if context.instance is None:
        return
    dead = RunsFilter(statuses=[DagsterRunStatus.STARTED])
    for run in context.instance.get_runs(filters=dead):
        if context.run is None or run.run_id != context.run.run_id:
            context.instance.report_run_failed(run, "The process died; the published copy was not touched.")


def _day(context: InitResourceContext) -> date | None:
    """The partition a run is for; runs within the day have none."""
    key = context.run.tags.get(PARTITION_NAME_TAG) if context.run else None
    return date.fromisoformat(key) if key else None


def _rules_at_hand(connection: Connection, home: Home, pack: str, as_of: date) -> Policy:
    """The pack of the settings, activated now if none was; warns when it is not what is in force.

    The first run for a day in a home activates its pack; from then on what was activated holds.
    Raises PolicyError when the files cannot be read and nothing was activated.
    """
    try:
        packaged = load_policy(pack)
    except PolicyError as error:
        # Files that somebody is editing must not stop the night: what was activated is kept.
        held = activated_on(connection, as_of)
        if held is None:
            raise
        log.warning(f"{error} Meanwhile {held.name} {held.version} stays in force, as activated.")
        return held
    is_new = begin_with(connection, home, packaged)
    warning = None if is_new else differs(connection, packaged, as_of)
    if warning:
        log.warning(warning)
    return packaged


_PLAN = "inspection_plan"


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
    _packaged: Policy | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: InitResourceContext) -> Generator["Warehouse"]:
        """Hold lock and connection while the run's steps execute."""
        with writing(self.paths) as connection, ExitStack() as opened:
            _close_orphans(context)
            day = _day(context)
            self.begin(connection, day)
            if day is not None:
                opened.enter_context(open_place(connection, self.paths, day))
            try:
                yield self
            finally:
                self._connection = self._packaged = None

    def begin(self, connection: Connection, as_of: date | None) -> None:
        """Take the connection of a run and, where it is for a day, settle which rules it begins with."""
        self._connection = connection
        self._packaged = as_of and _rules_at_hand(connection, self.paths, self.pack, as_of)

    @property
    def paths(self) -> Home:
        """Paths below the home folder."""
        return Home(Path(self.home))

    @property
    def connection(self) -> Connection:
        """The run's connection."""
        assert self._connection is not None, "the warehouse is open only while a run executes"
        return self._connection

    def coding(self, context: AssetExecutionContext | AssetCheckExecutionContext, *stages: str) -> Coding:
        """What this run codes: the partition's day, by the policy in force on it.

        It goes on with the coding that the day's place holds, if the rules are still the same, so that assets that are
        materialised one by one belong together; ``stages``: those that are computed first unless the place holds them.
        """
        as_of = date.fromisoformat(context.partition_key)
        held = identity(self.connection)
        if held is not None and self.known_at in (None, held.known_at.isoformat()):
            by = None if held.stored_no == stored_no(self.connection) else held.stored_no
            coding = self._coding(as_of, held.known_at, by)
            if identity_of(self.connection, coding) == held:
                require(self.connection, coding, *stages)
                return coding
        coding = self.new_coding(context)
        require(self.connection, coding, *stages)
        return coding

    def new_coding(self, context: AssetExecutionContext | AssetCheckExecutionContext) -> Coding:
        """A coding from all that is known now; the day's place is emptied unless it holds this very one."""
        as_of = date.fromisoformat(context.partition_key)
        known_at = date.fromisoformat(self.known_at) if self.known_at else known_for(self.connection, as_of)
        coding = self._coding(as_of, known_at, stored_by(self.connection, as_of, known_at))
        begin(self.connection, identity_of(self.connection, coding))
        return coding

    def compute(self, coding: Coding, stage: str) -> tuple[Any, ...]:
        """Compute one stage of a coding (``warehouse.coding.order``)."""
        return run_stage(self.connection, coding, stage)

    def issues(self, coding: Coding) -> bool:
        """Whether the codes are new; a replay issues nothing."""
        return would_issue(self.connection, coding.as_of, coding.known_at, stored_by=coding.stored_by)

    def plan(self, coding: Coding, seeds: Seeds) -> Planned:
        """Make the plan of a coding that is to be issued, in the day's place."""
        planned = compute_plan(self.connection, coding, seeds=seeds)
        assert planned is not None, "what is issued is not before the plan that stands"
        mark(self.connection, _PLAN)
        return planned

    def publish(self, coding: Coding, *, run_id: str) -> int | None:
        """Issue and publish what the day's place holds, or publish once more what was issued for the day last.

        Returns the size of the copy in bytes; ``None`` where there is nothing to publish, which the log tells.
        """
        lacking = {*STAGES, _PLAN} - made(self.connection)
        if self.issues(coding) and not lacking:
            return publish_run(self.connection, self.paths, coding, run_id=run_id)
        last = last_issued(self.connection)
        if last is not None and last.as_of == coding.as_of:
            return publish_again(self.connection, self.paths)
        told = (
            f"materialise first: {', '.join(sorted(lacking))}"
            if lacking
            else "it was coded again, not issued"
        )
        log.warning(f"{coding.as_of} is not published: {told}")
        return None

    def _coding(self, as_of: date, known_at: date, by: int | None) -> Coding:
        assert self._packaged is not None, "only a run for a day codes"
        return coding_on(
            self.connection, self._packaged, as_of, known_at=known_at, engine=self.engine, stored_by=by
        )
