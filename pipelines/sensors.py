"""The sensor of the inbox: what is finished and not taken in yet asks for a run, source by source."""

import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from dagster import (
    AssetKey,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunRequest,
    RunsFilter,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    sensor,
)

from assets.intake import REJECTS
from assets.intraday import intraday
from desk.words.words import Words
from models.errors import BusyError
from models.tables.canonical import TABLES
from pipelines.alerts import TICK, Alert, likeness, notify
from pipelines.in_order import UNENDED, begin_night
from pipelines.jobs import NIGHTLY
from pipelines.settings import load_settings
from warehouse.clock import night_begun
from warehouse.connection import refuse_when_busy
from warehouse.home import Home
from warehouse.intake.arrivals import Arrival, untaken, waiting
from warehouse.questions.nights import nights_due


@sensor(
    jobs=[NIGHTLY, intraday],
    minimum_interval_seconds=30,
    default_status=DefaultSensorStatus.STOPPED,
    description="When the inbox holds something new: updates the codes it is about, or codes the day if nobody has.",
)
def new_delivery(context: SensorEvaluationContext) -> SensorResult:
    """Ask for a run until one has taken in what is finished in the inbox, with growing pauses for each source.

    An error of the look itself is told once, and what was remembered is kept.
    """
    settings = load_settings()
    before = Memory.read(context.cursor)
    try:
        memory, arrived = _look(settings.home, context.instance, before, time.time())
        request = _request(settings.home, context.instance, arrived, memory) if arrived else None
    except Exception as error:
        cause, told = f"{type(error).__name__}: {error}", before.error
        if likeness(cause) != told:
            todo = Words(settings.language)(
                "The inbox was not looked at, and is tried again every half minute. Correct the cause."
            )
            if notify(settings.home, Alert(TICK, f"new_delivery: {cause}", todo)):
                told = likeness(cause)
        return SensorResult(
            skip_reason=f"the inbox was not looked at: {cause}",
            cursor=replace(before, error=told).text(),
        )
    skipped = None if request else SkipReason(f"not taken in yet: {memory.told() or 'nothing'}")
    return SensorResult(run_requests=[request] if request else [], skip_reason=skipped, cursor=memory.text())


@dataclass(frozen=True)
class Remembered:
    """What is remembered of a source; marks are those of ``warehouse.intake.arrivals``.

    ``seen``: marks of the last look, of a source that is not taken in.  ``taken``: the marks, in short, that a run is
    known to have taken in.  ``judged``: those, in short, of which it is known that they are not.  ``asked``: marks for
    which a run was asked, how often (``times``) and when last (``at``).
    """

    seen: tuple[str, ...] = ()
    taken: str = ""
    judged: str = ""
    asked: tuple[str, ...] = ()
    times: int = 0
    at: float = 0.0

    @classmethod
    def read(cls, told: dict[str, Any]) -> "Remembered":
        """As it was written.  Raises TypeError or KeyError for another form."""
        facts: dict[str, Any] = {**told, "seen": tuple(told["seen"]), "asked": tuple(told["asked"])}
        return cls(**facts)

    def waits(self, now: float) -> bool:
        """Whether it is too early to ask again: a minute after the first time, then two, four, up to an hour."""
        pause = min(60.0 * 2 ** (self.times - 1), 3600.0) if self.times else 0.0
        return self.at <= now < self.at + pause

    def unasked(self, new: Arrival) -> Arrival:
        """What was never asked for."""
        return new.only({name for name, mark in new.marks.items() if mark not in self.asked})

    def knowing(self, still: Arrival, new: Arrival | None) -> "Remembered":
        """The same, once it is known what of the files that stand still no run has taken in."""
        state = _short(still.marks.values())
        if new is None:
            return Remembered(seen=self.seen, taken=state)
        left = {*self.asked} & {*new.marks.values()}
        if not left or left != {*self.asked} & {*still.marks.values()}:
            # Some was taken in, or nothing of it is left: what hindered the rest may be over.
            return Remembered(seen=self.seen, judged=state)
        return replace(self, taken="", judged=state, asked=tuple(sorted(left)))

    def asking(self, one: Arrival, now: float) -> "Remembered":
        """The same, once a run was asked for this; what comes on top of what waits changes nothing of the waiting."""
        marks = {*self.asked, *one.marks.values()}
        is_on_top = bool(self.times) and marks != {*self.asked}
        times, at = (self.times, self.at) if is_on_top else (self.times + 1, now)
        return replace(self, asked=tuple(sorted(marks)), times=times, at=at)


@dataclass(frozen=True)
class Memory:
    """What the sensor remembers of the inbox, by folder, and the error of its last look if there was one."""

    sources: dict[str, Remembered] = field(default_factory=dict[str, Remembered])
    error: str = ""

    @classmethod
    def read(cls, cursor: str | None) -> "Memory":
        """From a cursor; one of another form is as none."""
        try:
            told = json.loads(cursor or "{}")
            kept = {name: Remembered.read(one) for name, one in told.get("sources", {}).items()}
            return cls(kept, str(told.get("error", "")))
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls()

    def text(self) -> str:
        """As a cursor."""
        return json.dumps(
            {"sources": {name: asdict(one) for name, one in self.sources.items()}, "error": self.error}
        )

    def told(self) -> str:
        """Sources for which a run was asked that has not taken them in."""
        return ", ".join(
            f"{name} ({one.times} times asked)" for name, one in self.sources.items() if one.times
        )


def _look(home: Home, instance: DagsterInstance, before: Memory, now: float) -> tuple[Memory, list[Arrival]]:
    """Look once: what is to be remembered, and what a run is to be asked for.

    A file is finished when two looks in a row found the same; what is still being written beside it holds up nothing.
    """
    kept: dict[str, Remembered] = {}
    finished: dict[str, Arrival] = {}
    for one in waiting(home):
        name, marks = one.source.folder.name, sorted(one.marks.values())
        last = before.sources.get(name, Remembered())
        if last.taken == _short(marks):
            kept[name] = Remembered(taken=last.taken)
            continue
        kept[name] = replace(last, seen=tuple(marks))
        still = one.standing(last.seen)
        state = _short(still.marks.values())
        if still.marks and state != last.taken and not (state == last.judged and last.waits(now)):
            finished[name] = still
    if not finished or _is_under_way(home, instance, now):
        return Memory(kept), []
    new = {one.source.folder.name: one for one in untaken(home, finished.values())}
    for name, still in finished.items():
        kept[name] = kept[name].knowing(still, new.get(name))
    asked = _due(new, kept, now)
    for name, one in asked.items():
        kept[name] = kept[name].asking(one, now)
    return Memory(kept), [*asked.values()]


def _due(new: dict[str, Arrival], kept: dict[str, Remembered], now: float) -> dict[str, Arrival]:
    """What a run is asked for now: what was never asked for, together; else what waits longest of one source, alone.

    So a source that a run dies of takes others with it no more than once.
    """
    fresh = {name: part for name, one in new.items() if (part := kept[name].unasked(one)).marks}
    again = [name for name in new if not kept[name].waits(now)]
    return fresh or {name: new[name] for name in sorted(again, key=lambda name: kept[name].at)[:1]}


_BEGINS_WITHIN = 600.0
"""Seconds within which a run that has started holds the warehouse, or is dead."""


def _is_under_way(home: Home, instance: DagsterInstance, now: float) -> bool:
    """Whether a run that takes the inbox in has not ended yet.

    One whose process died is no such run: it is said to have started, and holds no lock.
    """
    for record in instance.get_run_records(RunsFilter(statuses=UNENDED)):
        if not _takes_in(record.dagster_run):
            continue
        if record.dagster_run.status == DagsterRunStatus.QUEUED:
            return True
        if now < (record.start_time or record.create_timestamp.timestamp()) + _BEGINS_WITHIN or _is_locked(
            home
        ):
            return True
    return False


def _takes_in(run: DagsterRun) -> bool:
    """Whether a run takes the inbox in: one of these jobs, or assets of the intake that somebody asked for."""
    asked = run.asset_selection or frozenset[AssetKey]()
    return run.job_name in {NIGHTLY.name, intraday.name} or not _INTAKE.isdisjoint(asked)


_INTAKE = frozenset(AssetKey(name) for name in (*TABLES, REJECTS))


def _is_locked(home: Home) -> bool:
    try:
        refuse_when_busy(home)
    except BusyError:
        return True
    return False


def _request(
    home: Home, instance: DagsterInstance, arrived: list[Arrival], memory: Memory
) -> RunRequest | None:
    """A run for what arrived: of the enterprises that it is about, else of the night that nobody has coded.

    Nights that were missed come before that, one after the other.  The key of a request is its own: Dagster never runs
    a second time what bears the same.
    """
    finished = {
        f"{one.source.folder.name}/{name}": mark for one in arrived for name, mark in one.marks.items()
    }
    takes, night = {"finished": finished}, night_begun()
    asked = [(name, one.times, one.at) for name, one in memory.sources.items()]
    key = _short([*finished.values(), str(asked)])
    if nights_due(home, night):
        return begin_night(instance, home, night, by=key, takes=takes)
    config = {"ops": {"update_codes": {"config": takes}}}
    return RunRequest(run_key=f"{night} {key}", job_name=intraday.name, run_config=config)


def _short(marks: Iterable[str]) -> str:
    return hashlib.sha256(" ".join(sorted(marks)).encode()).hexdigest()[:16]
