"""The warehouse as a Dagster resource: one lock and one connection for a whole run."""

import logging
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from hashlib import sha256
from pathlib import Path

from dagster import (
    ConfigurableResource,
    Failure,
    InitResourceContext,
)
from dagster._core.storage.tags import MAX_RETRIES_TAG
from pydantic import PrivateAttr

from assets.partitions import MOST_DAYS, days_of
from models.errors import PolicyError, RiskcodeError
from models.policy import Policy, load_policy
from warehouse.buckets.coded import bring
from warehouse.buckets.needed import Engine
from warehouse.buckets.spark import on_spark
from warehouse.coding import renewal
from warehouse.coding.coding import Coding, identity_of
from warehouse.coding.order import STAGES, begin, is_made, require, run_stage
from warehouse.connection import Connection, writing
from warehouse.database.meta import stored_no, value
from warehouse.database.places import identity, made, mark, open_place, shed_old
from warehouse.database.rows import SCRATCH
from warehouse.database.runs import known_for, last_issued, stored_by, would_issue
from warehouse.home import Home
from warehouse.planning.draws import Seeds
from warehouse.planning.plan import Planned, compute_plan
from warehouse.publish import keep_replay, publish_again, publish_measures, publish_run
from warehouse.resume import renew_copies
from warehouse.rules.in_force import coding_on, rules_on
from warehouse.rules.packs import activated_on, begin_with, differs, pack_on
from warehouse.supervision.measure import is_measured, keep_measures

log = logging.getLogger("riskcode")


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
    """The warehouse below ``home``, coded by ``pack``; Data Docs are served at ``data_docs_url``.

    Opened once for a run: another one waits so many seconds for its end and is then refused.  ``is_full``: everybody is
    coded anew, whatever could be kept.  ``days_kept``: places of days that are kept beside what lives.
    ``engine``: ``spark`` has a whole city coded in buckets, by machines that see ``spark_folder`` (default: a folder of
    the home), as ``spark_master`` says (default: as Spark is configured).
    """

    home: str
    pack: str = "starter"
    known_at: str | None = None
    is_full: bool = False
    data_docs_url: str = "http://127.0.0.1:3001"
    language: str = "zh"
    days_kept: int = 7
    engine: Engine = "local"
    spark_master: str | None = None
    spark_folder: str | None = None
    wait_seconds: float = 0
    _days: tuple[date, ...] = PrivateAttr(default=())
    _connection: Connection | None = PrivateAttr(default=None)
    _packaged: Policy | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: InitResourceContext) -> Generator["Warehouse"]:
        """Hold lock and connection while the run's steps execute."""
        days = days_of(context.run.tags if context.run else {})
        if len(days) > MOST_DAYS:
            # No step failed, so Dagster would try the same again.
            if context.instance and context.run:
                context.instance.add_run_tags(context.run.run_id, {MAX_RETRIES_TAG: "0"})
            raise Failure(
                f"{len(days)} days were asked for in one run, from {days[0]} to {days[-1]}; at most {MOST_DAYS} are "
                "coded again together. Ask for fewer. Archives are taken in by ./riskcode run --source --mapping.",
                allow_retries=False,
            )
        with ExitStack() as opened:
            try:
                self.begin(opened.enter_context(writing(self.paths, wait_seconds=self.wait_seconds)), days)
            except RiskcodeError as error:
                # On the run's page it stands below a long trace, where nobody looks for it.
                (context.log or log).error(str(error))
                raise
            try:
                yield self
            finally:
                self._connection = self._packaged = None
                shed_old(self.paths, max(self.days_kept, len(self.days)))

    def begin(self, connection: Connection, days: tuple[date, ...]) -> None:
        """Take the connection of a run and, where it is for days, settle which rules it begins with."""
        self._connection, self._days = connection, days
        self._packaged = _rules_at_hand(connection, self.paths, self.pack, days[-1]) if days else None

    @property
    def days(self) -> tuple[date, ...]:
        """The days a run is for: one of a night; several, in order, of a backfill, which only codes again."""
        return self._days

    @contextmanager
    def at(self, day: date) -> Generator[None]:
        """The tables of the day are those of its place (``warehouse.database.places``)."""
        with open_place(self.connection, self.paths, day):
            yield

    @property
    def paths(self) -> Home:
        """Paths below the home folder."""
        return Home(Path(self.home))

    @property
    def connection(self) -> Connection:
        """The run's connection."""
        assert self._connection is not None, "the warehouse is open only while a run executes"
        return self._connection

    def codings(self, *stages: str) -> Iterator[Coding]:
        """The coding of each day of the run, one after the other, its place being open; see ``coding``."""
        for day in self.days:
            with self.at(day):
                yield self.coding(day, *stages)

    def coding(self, day: date, *stages: str) -> Coding:
        """What a run codes of a day whose place is open: the day, by the policy in force on it.

        It goes on with the coding that the place holds, if the rules are still the same, so that assets that are
        materialised one by one belong together; ``stages``: those that are computed first unless the place holds them.
        """
        coding = self._held_coding(day) or self.new_coding(day)
        require(self.connection, coding, *stages)
        return coding

    def _held_coding(self, day: date) -> Coding | None:
        held = identity(self.connection)
        if held is None or self.known_at not in (None, held.known_at.isoformat()):
            return None
        by = None if held.stored_no == stored_no(self.connection) else held.stored_no
        coding = self._coding(day, held.known_at, by)
        return coding if identity_of(self.connection, coding) == held else None

    def new_coding(self, day: date) -> Coding:
        """A coding from all that is known now; the day's place is emptied unless it holds this very one."""
        known_at = date.fromisoformat(self.known_at) if self.known_at else known_for(self.connection, day)
        coding = self._coding(day, known_at, stored_by(self.connection, day, known_at))
        begin(self.connection, coding, is_full=self.is_full)
        return coding

    def compute(self, coding: Coding, stage: str) -> tuple[int, ...]:
        """Compute one stage of a coding (``warehouse.coding.order``)."""
        if self.engine == "spark" and stage == next(iter(STAGES)) and not is_made(self.connection, stage):
            if self.engine_now == "spark":
                self._bring(coding)
            else:
                log.info("few enterprises are coded anew: they are coded here, without Spark")
        return run_stage(self.connection, coding, stage)

    @property
    def engine_now(self) -> Engine:
        """What codes the open place: few enterprises are coded here, whatever codes a whole city."""
        return self.engine if renewal.held(self.connection) is None else "local"

    def _bring(self, coding: Coding) -> None:
        """Let the place hold what Spark makes of everybody; the stages take it over."""
        folder = self.paths.root / SCRATCH.format("buckets")
        if self.spark_folder is None:
            self.paths.require_room(self.paths.warehouse.stat().st_size)
        else:
            # Homes that share a folder do not meet in it.
            folder = Path(self.spark_folder) / f"riskcode-{sha256(self.home.encode()).hexdigest()[:12]}"
        bring(self.connection, coding, self._held_policy(), folder, on_spark(self.spark_master))

    def issues(self, coding: Coding) -> bool:
        """Whether the codes are new: a replay issues nothing, and no run does that is for several days.

        What a day is issued with rests on the day issued before.
        """
        return len(self.days) == 1 and would_issue(
            self.connection, coding.as_of, coding.known_at, stored_by=coding.stored_by
        )

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
            size = publish_run(self.connection, self.paths, coding, run_id=run_id)
            self.publish_measures(coding)
            renew_copies(self.connection, self.paths)
            return size
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

    def publish_measures(self, coding: Coding) -> None:
        """Publish what was measured of a day, once that is done and the day issued, in either order."""
        if keep_measures(self.connection, coding):
            publish_measures(self.connection, self.paths)

    def keep_replay(self, coding: Coding, *, run_id: str) -> int:
        """Keep a coding that issues nothing.  Returns the size of its copy in bytes."""
        single = run_id if len(self.days) == 1 else f"{run_id} {coding.as_of}"
        return keep_replay(self.connection, self.paths, coding, run_id=single)

    def decisions(self) -> dict[str, str]:
        """Version of what people decided that the coding of the open place rests on, by the name of its asset."""
        day = self.days[-1]
        held = rules_on(self.connection, pack_on(self.connection, self._held_policy(), day), day)
        changed = "SELECT coalesce(max(greatest(stored_no, coalesce(ended_stored_no, 0))), 0) FROM dispute.overrides"
        return {
            "policy_pack": held.policy.pack_hash[:12],
            "scorecards": held.policy.scorecard.fingerprint[:12],
            "disputes": str(value(self.connection, changed)),
        }

    def version(self) -> str:
        """Of what the open place holds: the last write that counts, and the rules."""
        held = identity(self.connection)
        return f"{held.stored_no}.{held.rules[:12]}" if held else "none"

    def _held_policy(self) -> Policy:
        assert self._packaged is not None, "only a run for a day codes"
        return self._packaged

    def make(self, day: date, assets: Iterable[str]) -> None:
        """Compute what assets of the open place are not made yet."""
        stages = [one for one in STAGES if one in {*assets}]
        if stages:
            self.coding(day, *stages)

    def is_measured(self, day: date) -> bool:
        """Whether the tables at hand hold what was measured of a day."""
        return is_measured(self.connection, day)

    def is_planned(self) -> bool:
        """Whether the open place holds a plan."""
        return _PLAN in made(self.connection)

    def _coding(self, as_of: date, known_at: date, by: int | None) -> Coding:
        return coding_on(self.connection, self._held_policy(), as_of, known_at=known_at, stored_by=by)


class Installation(ConfigurableResource["Installation"]):
    """The same warehouse for work that takes long and writes little: opened while it reads, and while it stores."""

    home: str
    pack: str = "starter"
    language: str = "zh"
    wait_seconds: float = 0

    @property
    def paths(self) -> Home:
        """Paths below the home folder."""
        return Home(Path(self.home))

    @contextmanager
    def opened(self) -> Generator[Connection]:
        """The warehouse, for a moment."""
        with writing(self.paths, wait_seconds=self.wait_seconds) as connection:
            yield connection
