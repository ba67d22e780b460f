"""Commands that show the plan: the year, the month, a day.

They read the published copy only.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from desk.files.calendar import write_calendar
from desk.files.lists import write_book, write_list
from desk.files.sheets import write_day_sheets
from desk.files.tables import write_rows, write_sheets
from desk.say import lists, plan_lists
from desk.say.lists import Listing
from desk.say.plan import NO_TARGET, missing, whose, without_crew
from desk.say.visits import check_text, filing
from desk.terminal import plan as plan_view
from desk.words.words import Words
from models.errors import WarehouseError
from pipelines.cli.near import area_of, nearest
from pipelines.cli.options import District, Form, Json, Level, Output, Raw, WrongUse, day, say, written
from pipelines.settings import Settings, load_settings
from warehouse.database.reading import Row, reading
from warehouse.planning.appointments import KEPT_DAYS
from warehouse.questions import plan as queries
from warehouse.questions import visits as visit_queries
from warehouse.questions.appointments import appointments, people
from warehouse.questions.area import Area
from warehouse.questions.visits import Sent

Calendar = Annotated[str, typer.Option("--format", help="table, csv, xlsx, json or ics (a calendar)")]
Officer = Annotated[str | None, typer.Option(help="only what one officer goes to: number or name")]
Picture = Annotated[Path | None, typer.Option(help="draw load against capacity: FILE.svg or FILE.png")]

app = typer.Typer(no_args_is_help=True)


@app.command("year")
def year(
    level: Level = None,
    district: District = None,
    form: Form = "table",
    raw: Raw = False,
    output: Output = None,
    json: Json = False,
) -> None:
    """Person-days of every authority, the floors, the draws, and what cannot be reached."""
    settings, words = _start()
    with reading(settings.home) as connection:
        area = area_of(connection, level, district)
        told: Row = {
            **_whole(connection, area, words),
            "budget": queries.year_budget(connection, area),
            "floors": queries.floors(connection, area),
            "draws": queries.draws(connection, area),
            "shortfalls": _of_the_year(queries.certificate(connection, area)),
        }
    form = _form("json" if json else form)
    if form == "json":
        written(output, lambda path: write_rows(told, "json", path, title="plan"))
    elif form == "table":
        plan_view.show_year(told, words, Console())
    else:
        _say_missing(told)
        path = output or (
            settings.home.exports / f"plan-{told['plan']['year']}.xlsx" if form == "xlsx" else None
        )
        if raw:
            sheets = {name: told[name] for name in ("budget", "floors", "draws")}
            written(path, lambda path: _write_raw(sheets, form, path))
        else:
            written(path, lambda path: _write_people(plan_lists.of_year(told, words), form, path, words))


def _write_raw(sheets: Mapping[str, list[Row]], form: str, path: Path | None) -> None:
    """Rows as they are: all in a workbook, the first ones as CSV."""
    if path is not None and form == "xlsx":
        write_sheets(sheets, path)
    else:
        write_rows(next(iter(sheets.values())), "csv", path, title="plan")


def _write_people(listings: Sequence[Listing], form: str, path: Path | None, words: Words) -> None:
    """The same for those who read it."""
    if path is not None and form == "xlsx":
        write_book(listings, path, words)
    else:
        write_list(listings[0], "csv", path, words)


def _of_the_year(found: list[Row]) -> list[Row]:
    """Shortfalls that concern floors and the annual budget, and what was assumed."""
    return [row for row in found if row["scope"] in ("floor", "note") or row["rule"] == "annual_budget"]


@app.command("month")
def month(
    level: Level = None,
    district: District = None,
    listing: Annotated[bool, typer.Option("--list", help="the list that is published ahead (P5)")] = False,
    of: Annotated[
        datetime | None,
        typer.Option("--month", formats=["%Y-%m"], help="with --list: another month, e.g. 2026-09"),
    ] = None,
    officer: Officer = None,
    picture: Picture = None,
    form: Calendar = "table",
    raw: Raw = False,
    output: Output = None,
    json: Json = False,
) -> None:
    """Load against capacity, what the rules ask for and is not possible, what changed; the public list."""
    settings, words = _start()
    form = _form("json" if json else form, "ics")
    if of is not None and not listing:
        raise WrongUse("--month goes with --list: only the list is made months ahead")
    if officer is not None and form != "ics":
        raise WrongUse("--officer goes with --format ics: the calendar of one person")
    with reading(settings.home) as connection:
        area = area_of(connection, level, district)
        whole = _whole(connection, area, words)
        plan = whole["plan"]
        if listing:
            start = of.date() if of else plan["first_on"].replace(day=1)
            found = queries.month_list(connection, start, area)
            _show_list(found, start, form, output, settings, words, raw=raw)
            return
        if picture is not None:
            _draw(queries.load(connection, area), picture, words)
        if form == "ics":
            # Who fills a calendar once a week has not seen what the plans in between took back.
            since = plan["as_of"] - timedelta(days=KEPT_DAYS)
            sent = Sent(officer=_known_officer(connection, officer))
            told = appointments(connection, since, plan["last_on"], area, sent)
            name = f"plan-{plan['first_on']:%Y-%m}{_of(sent)}.ics"
            _calendar(told, output or settings.home.exports / name, whole, words)
            return
        told = whole | _month(connection, area, plan, with_visits=form != "table")
    if form == "table":
        plan_view.show_month(told, words, Console())
        return
    _export_month(told, form, output, settings, words, raw=raw)


def _month(connection: Any, area: Area, plan: Row, *, with_visits: bool) -> Row:
    """All about the days planned; the visits themselves only where they are written out."""
    first, last = plan["first_on"], plan["last_on"]
    told: Row = {
        "states": queries.states(connection, area),
        "load": queries.load(connection, area),
        "certificate": queries.certificate(connection, area),
        "shortfalls": queries.shortfalls(connection, area),
        "contested": queries.contested(connection, area),
        "changes": queries.changes(connection, area),
        "month_list": queries.month_list(connection, first.replace(day=1), area),
    }
    return {**told, "visits": visit_queries.visits(connection, first, last, area)} if with_visits else told


def _show_list(
    found: list[Row],
    start: date,
    form: str,
    output: Path | None,
    settings: Settings,
    words: Words,
    *,
    raw: bool,
) -> None:
    if form == "ics":
        raise WrongUse("--list has no days, so it makes no calendar: choose table, csv, xlsx or json")
    if not found:
        told = words("Nobody is meant for {month}. Of another month: --month", month=f"{start:%Y-%m}")
        say(told, beside=form != "table")
    elif form == "table":
        plan_view.show_month_list(found, start, words, Console())
    if form == "table":
        return
    name = f"month-list-{start:%Y-%m}"
    default = settings.home.exports / f"{name}.xlsx" if form == "xlsx" else None
    if raw or form == "json":
        written(output or default, lambda path: write_rows(found, form, path, title=name))
    else:
        written(
            output or default,
            lambda path: write_list(lists.month_list(found, start, words), form, path, words),
        )


def _draw(load: list[Row], picture: Path, words: Words) -> None:
    if picture.suffix.lower() not in (".svg", ".png"):
        raise WrongUse("--picture {file}: the name must end in .svg or .png", file=picture)
    # Matplotlib takes a second to import; only a picture needs it.
    from desk.draw.load import draw_load

    written(picture, lambda path: draw_load(load, path, words))


def _export_month(
    told: Row, form: str, output: Path | None, settings: Settings, words: Words, *, raw: bool
) -> None:
    """Days, crews and reasons are for the authority; what may be published is ``--list``."""
    name = f"plan-{told['plan']['first_on']:%Y-%m}"
    if form == "json":
        written(output, lambda path: write_rows(told, "json", path, title=name))
        return
    _say_missing(told)
    path = output or (settings.home.exports / f"{name}.xlsx" if form == "xlsx" else None)
    if raw:
        visits = [_flat(row, words) for row in told["visits"]]
        sheets = {
            "visits": visits,
            **{key: told[key] for key in ("load", "shortfalls", "contested", "changes")},
        }
        written(path, lambda path: _write_raw(sheets, form, path))
    else:
        written(path, lambda path: _write_people(plan_lists.of_month(told, words), form, path, words))


@app.command("today")
def today(
    on: Annotated[datetime | None, day("day; default: the first one planned")] = None,
    team: Annotated[str | None, typer.Option(help="crew, or a part of its name, e.g. K02")] = None,
    officer: Officer = None,
    level: Level = None,
    district: District = None,
    form: Calendar = "table",
    raw: Raw = False,
    output: Output = None,
    json: Json = False,
) -> None:
    """Each crew's visits in order: where, why, what to check, who goes; sheets to print with xlsx."""
    settings, words = _start()
    form = _form("json" if json else form, "ics")
    with reading(settings.home) as connection:
        area = area_of(connection, level, district)
        whole = _whole(connection, area, words)
        plan = whole["plan"]
        if team is not None:
            _known_team(visit_queries.teams(connection, area), team)
        sent = Sent(team, _known_officer(connection, officer))
        days = visit_queries.planned_days(connection, area, sent)
        day = on.date() if on else next((one for one in days if one > plan["as_of"]), plan["first_on"])
        if form == "ics":
            path = output or settings.home.exports / f"plan-{day}{_of(sent)}.ics"
            _calendar(appointments(connection, day, day, area, sent), path, whole, words)
            return
        found = visit_queries.visits(connection, day, day, area, sent)
    if form == "json":
        written(output, lambda path: write_rows(found, "json", path, title="plan"))
    if not found:
        say(whole["missing"] or _free(day, days, plan, words), beside=form != "table")
    elif form == "table":
        plan_view.show_day(found, day, plan, words, Console())
    elif form != "json":
        _export_day(found, day, form, output, settings, words, raw=raw)


def _free(day: date, days: list[date], plan: Row, words: Words) -> str:
    """That nobody who was asked for goes out on a day, and on which days they do."""
    if days:
        return words(
            "No visits on {day}; there are some on working days from {first} to {last}",
            day=day,
            first=days[0],
            last=days[-1],
        )
    return words(
        "No visits of those asked for from {first} to {last}. All of the plan: ./riskcode plan month",
        first=plan["first_on"],
        last=plan["last_on"],
    )


def _export_day(
    found: list[Row],
    day: date,
    form: str,
    output: Path | None,
    settings: Settings,
    words: Words,
    *,
    raw: bool,
) -> None:
    default = settings.home.exports / f"plan-{day}.{form}"
    if raw:
        flat = [_flat(row, words) for row in found]
        path = output or (default if form == "xlsx" else None)
        written(path, lambda path: _write_raw({f"plan-{day}": flat}, form, path))
    elif form == "csv":
        written(output, lambda path: write_list(plan_lists.of_day(found, day, words), "csv", path, words))
    else:
        written(output or default, lambda path: write_day_sheets(found, path, words))


def _calendar(told: list[Row], path: Path, whole: Row, words: Words) -> None:
    """Write a calendar; where neither this plan nor one before told anything, it is said that there is none."""
    if not told:
        plan = whole["plan"]
        typer.echo(whole["missing"] or _free(plan["first_on"], [], plan, words), err=True)
        return
    written(path, lambda path: write_calendar(told, path, words, as_of=whole["plan"]["as_of"]))


def _of(sent: Sent) -> str:
    """Whose calendar it is, in the name of its file."""
    return "".join(f"-{one}" for one in (sent.team, sent.officer) if one).replace("/", "_")


def _flat(row: Row, words: Words) -> Row:
    """A visit in one line of a spreadsheet: people by name, what to check as one text."""
    people = [person["name"] for person in row["officers"]]
    checks = [check_text(check, words) for check in row["checks"][: plan_view.MOST_CHECKS]]
    return {**row, "officers": people, "filing": filing(row, words), "checks": checks}


def _start() -> tuple[Settings, Words]:
    settings = load_settings()
    return settings, Words(settings.language)


def _whole(connection: Any, area: Area, words: Words) -> Row:
    """The plan as a whole, and what it lacks.  Raises WarehouseError where nobody could plan anything."""
    plan = queries.horizon(connection)
    lack = missing(plan)
    if plan["first_on"] is None and lack is not None:
        raise WarehouseError(
            "There is no plan. {missing}",
            missing=lack,
        )
    return {
        "plan": plan,
        "whose": whose(area, words),
        "note": words(NO_TARGET),
        "missing": words.of(lack) if lack else None,
        "without_crew": without_crew(plan, queries.uncrewed(connection, area), words) or None,
    }


def _say_missing(told: Row) -> None:
    """What a table of the plan has no room to say."""
    for sentence in (told["missing"], told["without_crew"]):
        if sentence:
            typer.echo(sentence, err=True)


def _known_officer(connection: Any, text: str | None) -> str | None:
    """Number of an officer whom a plan sends.  Raises WrongUse where none, or several, are called so."""
    if text is None:
        return None
    known, asked = people(connection), text.strip()
    found = [one for one, name in known.items() if asked in (one, name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise WrongUse(
            "{n} officers are called '{officer}': give the number, one of {known}",
            n=len(found),
            officer=asked,
            known=", ".join(found),
        )
    near = nearest(asked, [*known, *known.values()])
    if near:
        raise WrongUse(
            "no officer '{officer}' is sent by a plan: did you mean {near}?", officer=asked, near=near
        )
    raise WrongUse("no officer '{officer}' is sent by a plan", officer=asked)


def _known_team(known: list[str], team: str) -> None:
    if not any(team.lower() in name.lower() for name in known):
        near = nearest(team, known, cutoff=0.0)
        if near:
            raise WrongUse(
                "no crew '{team}' has visits in this plan: did you mean {near}?", team=team, near=near
            )
        raise WrongUse("no crew '{team}' has visits in this plan", team=team)


def _form(form: str, *more: str) -> str:
    known = ("table", "csv", "xlsx", "json", *more)
    if form not in known:
        raise WrongUse(
            "--format {form}: choose {others} or {last}",
            form=form,
            others=", ".join(known[:-1]),
            last=known[-1],
        )
    return form
