"""Commands about the rules: what another pack would do, whether a pack is sound, which one is in force."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from desk.files.tables import as_json, write_rows
from desk.terminal import policy as policy_view
from desk.words.words import Words
from models.errors import PolicyError, RiskcodeError
from pipelines.cli.model import By, Json, Reason, on_a_terminal, said
from pipelines.cli.options import WrongUse
from pipelines.cli.progress import Progress
from pipelines.settings import Settings, load_settings
from warehouse.database.reading import Row

if TYPE_CHECKING:
    from models.lint.faults import Finding
    from models.policy import Policy
    from warehouse.what_if.pack_diff import PackDiff

PackName = Annotated[str, typer.Argument(help="pack: its name, a folder, a stored one's hash, or active")]

app = typer.Typer(
    name="policy",
    help="The rules: compare packs, look for faults, put one in force, list.",
    no_args_is_help=True,
)


@app.command("diff")
def diff(
    packs: Annotated[list[str], typer.Argument(help="[OLD] NEW; OLD is what is in force unless named")],
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="day to compare on; default: the last one coded"),
    ] = None,
    enterprise: Annotated[str | None, typer.Option(help="the preview of one enterprise, by its id")] = None,
    output: Annotated[Path | None, typer.Option(help="folder for everything as JSON and CSV")] = None,
    json: Json = False,
) -> None:
    """What a pack would change: codes, workload, caps, and every enterprise's own preview.

    Both packs code and plan the same day on copies of the warehouse; nothing of the warehouse changes.
    """
    if len(packs) > 2:
        raise WrongUse("name one pack, or two: the old one and the new one")
    settings = load_settings()
    words = Words(settings.language)
    old = None if len(packs) == 1 else _resolve(packs[0], settings)
    new = _resolve(packs[-1], settings)
    found = _compare(settings, old, new, as_of.date() if as_of else None, enterprise, quiet=json)
    if enterprise is not None and not found.firms:
        raise WrongUse(
            "{enterprise} has no code on {day}; ./riskcode codes lists enterprises",
            enterprise=enterprise,
            day=found.as_of,
        )
    if output is not None:
        _write(found, output, words)
    if json:
        typer.echo(as_json({**found.summary(), "firms": found.firms}))
        return
    titles = _titles(settings, old, new, found.as_of, words)
    if enterprise is not None:
        policy_view.show_firm(found, found.firms[0], titles, words, Console())
        return
    policy_view.show_diff(found, titles, words, Console())


@app.command("lint")
def lint(
    pack: Annotated[
        str | None, typer.Argument(help="pack: its name or a folder; default: the installation's")
    ] = None,
    json: Json = False,
) -> None:
    """Faults that the loader lets pass: factors without effect, rules that never hold, laws without article."""
    from models.lint.lint import has_errors

    settings = load_settings()
    policy = _resolve(pack or settings.pack, settings)
    found = _faults(policy)
    if json:
        typer.echo(as_json([vars(one) for one in found]))
    else:
        policy_view.show_findings(
            found, f"{policy.name} {policy.version}", Words(settings.language), Console()
        )
    if has_errors(found):
        raise typer.Exit(PolicyError.exit_code)


@app.command("activate")
def activate(
    pack: PackName,
    day: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="first day coded with it")],
    by: By,
    reason: Reason,
    without_diff: Annotated[
        bool, typer.Option("--without-diff", help="do not compare first; that is recorded, too")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Put a pack in force from a day on, in the name of a person, after a look at what it changes."""
    from models.lint.lint import has_errors
    from warehouse.rules.packs import Activation
    from warehouse.rules.packs import activate as put_in_force

    name, why = said(by, "--by"), said(reason, "--reason")
    settings = load_settings()
    words, console = Words(settings.language), Console()
    policy = _resolve(pack, settings)
    called = f"{policy.name} {policy.version}"
    faults = _faults(policy)
    if has_errors(faults):
        policy_view.show_findings(faults, called, words, console)
        raise PolicyError(
            "{called} has errors and is not put in force. Correct them: ./riskcode policy lint {pack}",
            called=called,
            pack=pack,
        )
    found = None if without_diff else _compare(settings, None, policy, None, None, quiet=False)
    if found is not None:
        policy_view.show_diff(found, _titles(settings, None, policy, found.as_of, words), words, console)
    if on_a_terminal() and not yes:
        typer.confirm(
            words(
                "Put {pack} in force from {day} in the name of {name}?",
                name=name,
                pack=called,
                day=day.date(),
            ),
            abort=True,
        )
    wanted = Activation(day.date(), name, why, found.summary() if found else None)
    put_in_force(settings.home, policy, wanted, default=_packaged(settings))
    typer.echo(
        words(
            "{pack} is in force from {day}, and recorded. Codes follow with the run of "
            "that day: ./riskcode run",
            pack=called,
            day=day.date(),
        )
    )


@app.command("list")
def list_(json: Json = False) -> None:
    """What was put in force when, by whom and why, and whether the files at hand say the same."""
    from models.policy import load_policy, pack_names
    from warehouse.rules.packs import ACTIVE, list_activations, list_packs

    settings = load_settings()
    activations = list_activations(settings.home)
    stored = {row["hash"] for row in list_packs(settings.home)}
    held = next((row["pack_hash"] for row in activations if row["state"] == ACTIVE), None)
    at_hand: list[Row] = []
    for name in pack_names():
        try:
            policy = load_policy(name)
        except PolicyError as error:
            at_hand.append(
                {"pack": name, "version": None, "hash": None, "state": "unreadable", "error": str(error)}
            )
            continue
        state = (
            "same" if policy.content_hash == held else "stored" if policy.content_hash in stored else "differ"
        )
        at_hand.append(
            {
                "pack": name,
                "version": policy.version,
                "hash": policy.content_hash,
                "state": state,
                "error": None,
            }
        )
    if json:
        typer.echo(as_json({"activations": activations, "files": at_hand}))
        return
    policy_view.show_list(activations, at_hand, settings.pack, Words(settings.language), Console())


def _resolve(name: str, settings: Settings) -> "Policy":
    """A pack by name, folder, hash of a stored one, or ``active``.  Raises PolicyError, listing what there is."""
    from models.policy import load_policy, pack_names
    from warehouse.rules.packs import ACTIVE, active_pack, stored_pack

    if name == ACTIVE:
        return active_pack(settings.home, _packaged(settings))
    if name in pack_names():
        return load_policy(name)
    folder = Path(name)
    if (folder / "pack.yaml").exists():
        folder = folder.resolve()
        return load_policy(folder.name, folder=folder.parent)
    stored = stored_pack(settings.home, name) if len(name) >= 6 else None
    if stored is None:
        known = ", ".join(pack_names())
        raise PolicyError(
            "There is no policy pack '{name}'. Known: {known}, active, a folder with a pack.yaml, or "
            "the hash of a stored one (./riskcode policy list).",
            name=name,
            known=known,
        )
    return stored


def _packaged(settings: Settings) -> "Policy":
    from models.policy import load_policy

    return load_policy(settings.pack)


def _faults(policy: "Policy") -> "tuple[Finding, ...]":
    from models.lint.lint import lint as look_for_faults

    return look_for_faults(policy)


@contextmanager
def _progress(settings: Settings, *, quiet: bool) -> Iterator[None]:
    with Progress(Console(stderr=True, highlight=False), settings.home.prepare(), quiet=quiet):
        yield


def _compare(
    settings: Settings,
    old: "Policy | None",
    new: "Policy",
    as_of: date | None,
    enterprise: str | None,
    *,
    quiet: bool,
) -> "PackDiff":
    # The planner takes a second to import; who only mistyped a name should not wait for it.
    from warehouse.what_if.pack_diff import compare

    only = None if enterprise is None else (enterprise,)
    with _progress(settings, quiet=quiet):
        return compare(
            settings.home,
            old,
            new,
            default=_packaged(settings),
            as_of=as_of,
            only=only,
            engine=settings.engine,
        )


def _titles(
    settings: Settings, old: "Policy | None", new: "Policy", day: date, words: Words
) -> dict[str, str]:
    """What rules are called, by either pack."""
    from models.coding.explain import factor_texts

    before = old or _resolve("active", settings)
    rows = [row for policy in (before, new) for row in factor_texts(policy.on(day)).iter_rows(named=True)]
    return {row["factor"]: words.either(row, "title") for row in rows} | {"score": words("score")}


def _write(found: "PackDiff", folder: Path, words: Words) -> None:
    """Everything as one JSON file and as one CSV file per table."""
    tables: dict[str, list[dict[str, Any]]] = {
        "matrix": found.matrix,
        "groups": found.groups,
        "planned": found.planned,
        "load": found.load,
        "shortfalls": found.shortfalls,
        "caps": found.caps,
        "firms": [
            {**row, "reasons": [policy_view.reason_text(one, words) for one in row["reasons"]]}
            for row in found.firms
        ],
    }
    try:
        write_rows({**found.summary(), "firms": found.firms}, "json", folder / "diff.json", title="diff")
        for name, rows in tables.items():
            write_rows(rows, "csv", folder / f"{name}.csv", title=name)
    except OSError as error:
        raise RiskcodeError(
            "Cannot write {folder} ({error}). Give another folder with --output.", folder=folder, error=error
        ) from error
    typer.echo(str(folder), err=True)
