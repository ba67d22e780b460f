"""Commands that show the plan: the year, the month, a day.

They read the published copy only.
"""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from desk.files.calendar import write_calendar
from desk.files.sheets import write_day_sheets
from desk.files.tables import write_rows, write_sheets
from desk.terminal import plan as plan_view
from desk.words.words import Words
from models.errors import WarehouseError
from models.messages import Message
from pipelines.cli.near import area_of, nearest
from pipelines.cli.options import District, Form, Json, Level, Output, WrongUse, day, written
from pipelines.settings import Settings, load_settings
from warehouse.database.reading import Row, reading
from warehouse.questions import plan as queries
from warehouse.questions import visits as visit_queries
from warehouse.questions.area import Area

Calendar = Annotated[str, typer.Option("--format", help="table, csv, xlsx, json or ics (a calendar)")]
Picture = Annotated[Path | None, typer.Option(help="draw load against capacity: FILE.svg or FILE.png")]

app = typer.Typer(no_args_is_help=True)


@app.command("year")
def year(
    level: Level = None,
    district: District = None,
    form: Form = "table",
    output: Output = None,
    json: Json = False,
) -> None:
    """Person-days of every authority, the floors, the draws, and what cannot be reached."""
    settings, words = _start()
    with reading(settings.home) as connection:
        area = area_of(connection, level, district)
        told: Row = {
            "plan": _horizon(connection),
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
    elif form == "csv":
        written(output, lambda path: write_rows(told["budget"], "csv", path, title="plan"))
    else:
        sheets = {name: told[name] for name in ("budget", "floors", "draws")}
        path = output or settings.home.exports / f"plan-{told['plan']['year']}.xlsx"
        written(path, lambda path: write_sheets(sheets, path))


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
    picture: Picture = None,
    form: Calendar = "table",
    output: Output = None,
    json: Json = False,
) -> None:
    """Load against capacity, what the rules ask for and is not possible, what changed; the public list."""
    settings, words = _start()
    form = _form("json" if json else form, "ics")
    if of is not None and not listing:
        raise WrongUse("--month goes with --list: only the list is made months ahead")
    with reading(settings.home) as connection:
        area = area_of(connection, level, district)
        plan = _horizon(connection)
        if listing:
            start = of.date() if of else plan["first_on"].replace(day=1)
            _show_list(queries.month_list(connection, start, area), start, form, output, settings, words)
            return
        told = _month(connection, area, plan, with_visits=form != "table")
    if picture is not None:
        _draw(told, picture, words)
    if form == "table":
        plan_view.show_month(told, words, Console())
        return
    _export_month(told, form, output, settings, words)


def _month(connection: Any, area: Area, plan: Row, *, with_visits: bool) -> Row:
    """All about the days planned; the visits themselves only where they are written out."""
    first, last = plan["first_on"], plan["last_on"]
    told = {
        "plan": plan,
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
    found: list[Row], start: date, form: str, output: Path | None, settings: Settings, words: Words
) -> None:
    if form == "ics":
        raise WrongUse("--list has no days, so it makes no calendar: choose table, csv, xlsx or json")
    if form == "table":
        plan_view.show_month_list(found, start, words, Console())
        return
    name = f"month-list-{start:%Y-%m}"
    default = settings.home.exports / f"{name}.xlsx" if form == "xlsx" else None
    written(output or default, lambda path: write_rows(found, form, path, title=name))


def _draw(told: Row, picture: Path, words: Words) -> None:
    if picture.suffix.lower() not in (".svg", ".png"):
        raise WrongUse("--picture {file}: the name must end in .svg or .png", file=picture)
    # Matplotlib takes a second to import; only a picture needs it.
    from desk.draw.load import draw_load

    written(picture, lambda path: draw_load(told["load"], path, words))


def _export_month(told: Row, form: str, output: Path | None, settings: Settings, words: Words) -> None:
    """Days, crews and reasons are for the authority; what may be published is ``--list``."""
    name = f"plan-{told['plan']['first_on']:%Y-%m}"
    if form == "json":
        written(output, lambda path: write_rows(told, "json", path, title=name))
    elif form == "ics":
        _calendar(told["visits"], output or settings.home.exports / f"{name}.ics", words)
    elif form == "csv":
        found = [_flat(row, words) for row in told["visits"]]
        written(output, lambda path: write_rows(found, "csv", path, title=name))
    else:
        visits = [_flat(row, words) for row in told["visits"]]
        sheets = {
            "visits": visits,
            **{key: told[key] for key in ("load", "shortfalls", "contested", "changes")},
        }
        path = output or settings.home.exports / f"{name}.xlsx"
        written(path, lambda path: write_sheets(sheets, path))


@app.command("today")
def today(
    on: Annotated[datetime | None, day("day; default: the first one planned")] = None,
    team: Annotated[str | None, typer.Option(help="crew, or a part of its name, e.g. K02")] = None,
    level: Level = None,
    district: District = None,
    form: Calendar = "table",
    output: Output = None,
    json: Json = False,
) -> None:
    """Each crew's visits in order: where, why, what to check, who goes; sheets to print with xlsx."""
    settings, words = _start()
    form = _form("json" if json else form, "ics")
    with reading(settings.home) as connection:
        area = area_of(connection, level, district)
        plan, days = _horizon(connection), visit_queries.planned_days(connection)
        day = on.date() if on else next((one for one in days if one > plan["as_of"]), plan["first_on"])
        if team is not None:
            _known_team(visit_queries.teams(connection, area), team)
        found = visit_queries.visits(connection, day, day, area, team=team)
    if form == "json":
        written(output, lambda path: write_rows(found, "json", path, title="plan"))
    elif not found:
        first, last = (days[0], days[-1]) if days else (plan["first_on"], plan["last_on"])
        typer.echo(
            words(
                "No visits on {day}; there are some on working days from {first} to {last}",
                day=day,
                first=first,
                last=last,
            ),
            err=form != "table",
        )
    elif form == "table":
        plan_view.show_day(found, day, plan, words, Console())
    else:
        _export_day(found, day, form, output, settings, words)


def _export_day(
    found: list[Row], day: date, form: str, output: Path | None, settings: Settings, words: Words
) -> None:
    default = settings.home.exports / f"plan-{day}.{form}"
    if form == "ics":
        _calendar(found, output or default, words)
    elif form == "csv":
        flat = [_flat(row, words) for row in found]
        written(output, lambda path: write_rows(flat, "csv", path, title=f"plan-{day}"))
    else:
        written(output or default, lambda path: write_day_sheets(found, path, words))


def _calendar(found: list[Row], path: Path, words: Words) -> None:
    written(path, lambda path: write_calendar(found, path, words))


def _flat(row: Row, words: Words) -> Row:
    """A visit in one line of a spreadsheet: people by name, what to check as one text."""
    people = [person["name"] for person in row["officers"]]
    checks = [plan_view.check_text(check, words) for check in row["checks"][: plan_view.MOST_CHECKS]]
    return {**row, "officers": people, "filing": plan_view.filing(row, words), "checks": checks}


def _start() -> tuple[Settings, Words]:
    settings = load_settings()
    return settings, Words(settings.language)


def _horizon(connection: Any) -> Row:
    """The plan as a whole.  Raises WarehouseError where nobody could plan anything."""
    plan = queries.horizon(connection)
    if plan["first_on"] is None:
        raise WarehouseError(
            "There is no plan: no authority has officers, and nothing asks for a visit. {next}",
            next=Message(queries.TO_DELIVER),
        )
    return plan


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
