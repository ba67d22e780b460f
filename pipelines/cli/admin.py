"""Commands for those who look after the installation: doctor, rows to judge again."""

import shutil
import sys
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from shlex import quote
from typing import Annotated, Any

import typer
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.markup import escape

from desk.files.tables import as_json
from desk.say import monitoring
from desk.words.words import Words
from models.errors import BusyError, RiskcodeError, SettingsError, WarehouseError
from models.messages import NC_
from models.policy import load_policy
from models.supervision.announced import calendar
from pipelines.alerts import (
    Alert,
    alerts_file,
    brief,
    since_publication,
    text_of,
    title_of,
    unreadable_lines,
)
from pipelines.cli.options import Json
from pipelines.notification import send, service_of
from pipelines.settings import Settings, load_settings
from warehouse.buckets.needed import require_spark
from warehouse.clock import local_today
from warehouse.connection import refuse_when_busy, writing
from warehouse.database.meta import CLOSED_ON, get_meta
from warehouse.database.reading import reading
from warehouse.faults import fault_of
from warehouse.intake.inbox import city_today
from warehouse.intake.mapping import load_mapping
from warehouse.intake.rejects import retry_rejects
from warehouse.intake.sources import sources
from warehouse.questions import codes as queries
from warehouse.questions.nights import nights_so_far
from warehouse.questions.today import published_today
from warehouse.resume import damaged, publish_everything, resume


def retry(
    mapping: Annotated[str | None, typer.Option(help="a mended mapping file to read them by")] = None,
) -> None:
    """Judge the kept rows again, e.g. after a mapping was mended.  Codes follow with the next run."""
    settings = load_settings()
    with writing(settings.home) as connection:
        taken = retry_rejects(
            connection,
            received_on=city_today(connection),
            today=local_today(),
            only_waiting=False,
            mapping=load_mapping(mapping) if mapping else None,
        )
    told = Words(settings.language)(
        "{n} rows taken up. Codes follow with the next run: ./riskcode run", n=f"{taken:,}"
    )
    typer.echo(told)


class _Warned(str):
    """What an examination found that somebody should see to before long."""


def doctor(
    json: Json = False,
    notify: Annotated[
        bool, typer.Option("--notify", help="send a test message to RISKCODE_NOTIFY, and nothing else")
    ] = False,
) -> None:
    """Whether this installation can run, and what to do where it cannot."""
    settings = load_settings()
    words = Words(settings.language)
    if notify:
        typer.echo(_tested(settings, words))
        return
    results: list[dict[str, Any]] = []
    for (_, name), examine in _EXAMINATIONS.items():
        try:
            found = examine(settings, words)
            results.append(
                {"check": name, "ok": True, "is_warning": isinstance(found, _Warned), "found": found}
            )
        except Exception as error:
            # Whatever is wrong with one thing, the others are to be looked at.
            known = error if isinstance(error, RiskcodeError) else fault_of(error)
            told = words.of(known) if known else f"{type(error).__name__}: {error}"
            results.append({"check": name, "ok": False, "is_warning": False, "found": told})
    if json:
        typer.echo(as_json(results))
    else:
        for title, result in zip(_EXAMINATIONS, results, strict=True):
            mark = "[yellow]![/]" if result["is_warning"] else "[green]✓[/]" if result["ok"] else "[red]✗[/]"
            Console(highlight=False).print(
                f"{mark} {_padded(words.within(*title))} {escape(str(result['found']))}", soft_wrap=True
            )
    if not all(result["ok"] for result in results):
        raise typer.Exit(1)


def _tested(settings: Settings, words: Words) -> str:
    """Send a test message.  Raises SettingsError where no URL is set or none of use, RiskcodeError as ``send`` does."""
    if not settings.notify:
        raise SettingsError(
            "RISKCODE_NOTIFY is not set. Set it to a URL that Apprise reads, e.g. wecombot://KEY (docs/operations.md)."
        )
    cause = words("Messages of this installation arrive here.")
    test = Alert("test", cause, words("Nothing is to be done."), day=f"{local_today()}")
    service = send(settings.notify, title_of(settings.home, test, words), text_of(test, words))
    return words(
        "{service} accepted the test message; see whether it arrived, for some services accept what they drop.",
        service=service,
    )


def _padded(title: str) -> str:
    return set_cell_size(title, max(_TITLE_WIDTH, cell_len(title)))


def _python(_: Settings, words: Words) -> str:
    return sys.version.split()[0]


def _libraries(settings: Settings, words: Words) -> str:
    names = ["polars", "duckdb", "dagster", "great-expectations", "dataframely"]
    if settings.engine == "spark":
        # A night that keeps does without it: what is missing would be noticed by one that codes everybody.
        require_spark()
        names.append("pyspark")
    return words.listing(f"{name} {version(name)}" for name in names)


def _home(settings: Settings, words: Words) -> str:
    home = settings.home.prepare()
    probe = home.root / ".probe"
    probe.write_text("")
    probe.unlink()
    free = shutil.disk_usage(home.root).free / 2**30
    if free < 1:
        raise RiskcodeError(
            "only {free:.1f} GiB free below {root}; make room before the next run", free=free, root=home.root
        )
    return words("{folder}, writable, {free} GiB free", folder=home.root, free=f"{free:.0f}")


def _access(settings: Settings, words: Words) -> str:
    root = settings.home.root
    found = settings.home.open_to_others()
    if found is None:
        return words("nobody but its user can read {folder}", folder=root)
    return _Warned(
        words(
            "others on this machine can read {path}, and it may name persons. Close it: {command}",
            path=found,
            command=f"chmod -R go-rwx {quote(str(root))}",
        )
    )


def _policy(settings: Settings, words: Words) -> str:
    policy = load_policy(settings.pack)
    return f"{policy.name} {policy.version} ({policy.hash[:12]}), {words.of(policy.title)}"


def _inbox(settings: Settings, words: Words) -> str:
    found = sources(settings.home)
    problems = [one.problem for one in found if one.problem is not None]
    if len(problems) > 1:
        told = " ".join(map(words.of, problems))
        raise RiskcodeError("{n} folders cannot be read. {problems}", n=len(problems), problems=told)
    for problem in problems:
        raise problem
    named = words.listing(one.name for one in found)
    return named or words("empty: ./riskcode run uses the demo city or --source")


def _published(settings: Settings, words: Words) -> str:
    if not settings.home.published.exists():
        return words("nothing yet: ./riskcode run")
    with reading(settings.home) as connection:
        last = queries.last_run(connection)
    return words(
        "{n} enterprises as of {day}, {red} RED",
        n=f"{last['enterprises']:,}",
        day=last["as_of"],
        red=f"{last['red']:,}",
    )


def _acts(settings: Settings, words: Words) -> str:
    """Carry through what somebody began who died, and make copies anew that are damaged."""
    home, done = settings.home, list[str]()
    if not home.warehouse.exists():
        if home.published.exists():
            raise WarehouseError(
                "{file} is gone, and what was published is there. Bring it back before anything is run, for a run "
                "begins a new one without what was decided: ./riskcode restore FROM",
                file=home.warehouse,
            )
        return words("nothing was begun yet")
    try:
        with writing(home) as connection:
            for file, why in damaged(home).items():
                told = words("{file} was damaged ({why}).", file=file, why=why.splitlines()[0])
                done.append(told)
            if done:
                publish_everything(connection, home)
            if resume(connection, home, load_policy(settings.pack)) and not done:
                done.append(words("Somebody was interrupted."))
    except BusyError:
        return words("a run is writing; what it leaves is looked at after it")
    if not done:
        return words("everything that was begun is carried through, and every copy can be read")
    return _Warned(words.sentences([*done, words("Readers are told now what the warehouse knows.")]))


def _nights(settings: Settings, words: Words) -> str:
    if not settings.home.published.exists():
        return words("no night yet")
    try:
        with reading(settings.home) as connection:
            is_closed, found = bool(get_meta(connection, CLOSED_ON)), nights_so_far(connection)
    except WarehouseError:
        return _Warned(words("unknown while the published copy cannot be read"))
    if not found:
        return words("a closed archive has none" if is_closed else "no night yet")
    missed, late = ([one.day for one in found if one.state == state] for state in ("missed", "late"))
    told = words.plural("{n} night looked at", "{n} nights looked at", len(found))
    if missed:
        days = words.listing(f"{day}" for day in missed[:5])
        never = words.plural("{n} without codes", "{n} without codes", len(missed))
        how = words("The next night, or ./riskcode run, makes up for those after the day issued last.")
        return _Warned(f"{told}{words.colon}{never} ({days}). {how}")
    return told + (f", {words('caught up later: {n}', n=len(late))}" if late else "")


def _lock(settings: Settings, words: Words) -> str:
    refuse_when_busy(settings.home.prepare())
    return words("no run is writing")


def _alerts(settings: Settings, words: Words) -> str:
    if lines := unreadable_lines(settings.home):
        told = words(
            "Lines of {file} that are no alerts: {lines}. Remove them, or move it away: a new one is begun.",
            file=alerts_file(settings.home),
            lines=words.listing(f"{line}" for line in lines[:5]),
        )
        return _Warned(told)
    found = since_publication(settings.home)
    if not found:
        return words("none since the last publication")
    newest = [f"{one.at[:16]} {one.kind}: {brief(one.cause)}" for one in found[:3]]
    told = words(
        "{n} since the last publication, newest first: {newest}. All of them: {file}",
        n=len(found),
        newest=words.listing(newest),
        file=alerts_file(settings.home),
    )
    return _Warned(told)


def _calendar(settings: Settings, words: Words) -> str:
    today = _today(settings)
    found = calendar(today, load_policy(settings.pack).on(today))
    told = [monitoring.sentence(found, "", words), monitoring.look(found, words)]
    return _Warned(words.sentences(told)) if found.state == "alarm" else told[0]


def _today(settings: Settings) -> date:
    """Today; in a home that holds a closed archive the day coded last."""
    try:
        with reading(settings.home) as connection:
            return published_today(connection)
    except WarehouseError:
        return local_today()


def _messages(settings: Settings, words: Words) -> str:
    if not settings.notify:
        return words("to nobody: set RISKCODE_NOTIFY")
    return words("by {service}; try it: ./riskcode doctor --notify", service=service_of(settings.notify))


_TITLE_WIDTH = 12
_EXAMINATIONS: dict[tuple[str, str], Callable[[Settings, Words], str]] = {
    NC_("examination", "python"): _python,
    NC_("examination", "libraries"): _libraries,
    NC_("examination", "home"): _home,
    NC_("examination", "access"): _access,
    NC_("examination", "policy"): _policy,
    NC_("examination", "inbox"): _inbox,
    NC_("examination", "acts"): _acts,
    NC_("examination", "published"): _published,
    NC_("examination", "nights"): _nights,
    NC_("examination", "lock"): _lock,
    NC_("examination", "calendar"): _calendar,
    NC_("examination", "alerts"): _alerts,
    NC_("examination", "messages"): _messages,
}
"""What is examined, by what it is called."""
