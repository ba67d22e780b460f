"""Commands about the rules: what another pack would do, whether a pack is sound, which one is in force."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from desk.files.tables import as_json, write_rows
from desk.terminal import policy as policy_view
from desk.words.words import Words
from models.coding.explain import factor_texts
from models.errors import PolicyError
from models.lint.lint import has_errors
from models.lint.lint import lint as look_for_faults
from models.lint.references import catalogue_findings
from models.policy import Policy, load_policy, pack_names
from models.policy.check_items import load_catalogue
from pipelines.cli.options import By, Json, Reason, WrongUse, date_of, day, on_a_terminal, said, written
from pipelines.cli.progress import Progress
from pipelines.settings import Settings, load_settings
from warehouse.database.reading import Row
from warehouse.rules import packs as rules
from warehouse.rules.packs import ACTIVE, Activation
from warehouse.what_if.pack_diff import PackDiff, compare

PackName = Annotated[str, typer.Argument(help="pack: its name, a folder, a stored one's hash, or active")]

app = typer.Typer(
    no_args_is_help=True,
)


@app.command("diff")
def diff(
    packs: Annotated[list[str], typer.Argument(help="[OLD] NEW; OLD is what is in force unless named")],
    as_of: Annotated[
        datetime | None,
        day("day to compare on; default: the last one coded"),
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
    found = _compare(settings, old, new, date_of(as_of), enterprise, quiet=json)
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
    """Faults that the loader lets pass, of a pack and of the check items: rules that never hold, texts out of force."""
    settings = load_settings()
    policy, items = _resolve(pack or settings.pack, settings), load_catalogue()
    of_pack, of_items = look_for_faults(policy), catalogue_findings(items)
    if json:
        typer.echo(as_json([one.to_dict() for one in (*of_pack, *of_items)]))
    else:
        words, console = Words(settings.language), Console()
        policy_view.show_findings(of_pack, f"{policy.name} {policy.version}", words, console)
        called = words("check items {name} {version}", name=items.name, version=items.version)
        policy_view.show_findings(of_items, called, words, console)
    if has_errors((*of_pack, *of_items)):
        raise typer.Exit(PolicyError.exit_code)


@app.command("activate")
def activate(
    pack: PackName,
    day: Annotated[datetime, day("first day coded with it", "--from")],
    by: By,
    reason: Reason,
    without_diff: Annotated[
        bool, typer.Option("--without-diff", help="do not compare first; that is recorded, too")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Put a pack in force from a day on, in the name of a person, after a look at what it changes."""
    name, why = said(by, "--by"), said(reason, "--reason")
    settings = load_settings()
    words, console = Words(settings.language), Console()
    policy = _resolve(pack, settings)
    called = f"{policy.name} {policy.version}"
    faults = look_for_faults(policy)
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
    rules.activate(settings.home, policy, wanted, default=_packaged(settings))
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
    settings = load_settings()
    activations = rules.list_activations(settings.home)
    stored = {row["hash"] for row in rules.list_packs(settings.home)}
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


def _resolve(name: str, settings: Settings) -> Policy:
    """A pack by name, folder, hash of a stored one, or ``active``.  Raises PolicyError, listing what there is."""
    if name == ACTIVE:
        return rules.active_pack(settings.home, _packaged(settings))
    if name in pack_names():
        return load_policy(name)
    folder = Path(name)
    if (folder / "pack.yaml").exists():
        folder = folder.resolve()
        return load_policy(folder.name, folder=folder.parent)
    stored = rules.stored_pack(settings.home, name) if len(name) >= 6 else None
    if stored is None:
        known = ", ".join(pack_names())
        raise PolicyError(
            "There is no policy pack '{name}'. Known: {known}, active, a folder with a pack.yaml, or "
            "the hash of a stored one (./riskcode policy list).",
            name=name,
            known=known,
        )
    return stored


def _packaged(settings: Settings) -> Policy:
    return load_policy(settings.pack)


def _compare(
    settings: Settings,
    old: Policy | None,
    new: Policy,
    as_of: date | None,
    enterprise: str | None,
    *,
    quiet: bool,
) -> PackDiff:
    only = None if enterprise is None else (enterprise,)
    with Progress(settings.home, quiet=quiet):
        return compare(
            settings.home,
            old,
            new,
            default=_packaged(settings),
            as_of=as_of,
            only=only,
        )


def _titles(settings: Settings, old: Policy | None, new: Policy, day: date, words: Words) -> dict[str, str]:
    """What rules are called, by either pack."""
    before = old or _resolve("active", settings)
    rows = [row for policy in (before, new) for row in factor_texts(policy.on(day)).iter_rows(named=True)]
    return {row["factor"]: words.either(row, "title") for row in rows} | {"score": words("score")}


def _write(found: PackDiff, folder: Path, words: Words) -> None:
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

    def write(folder: Path) -> None:
        write_rows({**found.summary(), "firms": found.firms}, "json", folder / "diff.json", title="diff")
        for name, rows in tables.items():
            write_rows(rows, "csv", folder / f"{name}.csv", title=name)

    written(folder, write, is_folder=True)
