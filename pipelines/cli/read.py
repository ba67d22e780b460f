"""Commands that read the published copy: queue, explain, codes."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from desk.files.lists import write_list
from desk.files.tables import as_json, write_rows
from desk.say import lists
from desk.say.lists import Listing
from desk.say.plan import NO_TARGET, missing
from desk.say.visits import reasons_text
from desk.terminal.codes import (
    codes_table,
    listing_table,
    queue_table,
    visits_table,
)
from desk.terminal.passport import show_passport
from desk.words.labels import CHANNEL, VISIT_STATE
from desk.words.words import Words
from models import vocabulary as vocab
from pipelines.cli.near import area_of
from pipelines.cli.options import (
    District,
    Form,
    Json,
    Level,
    Limit,
    Output,
    Raw,
    WrongUse,
    date_of,
    day,
    one_of,
    say,
    written,
)
from pipelines.settings import Settings, load_settings
from warehouse.database.documents import passport_of, queue_of
from warehouse.database.reading import Row, reading
from warehouse.questions import codes as queries
from warehouse.questions import plan, visits
from warehouse.questions.passport import passport


def queue(
    channel: Annotated[str | None, typer.Option(help="why: red, immediate, recheck, random …")] = None,
    code: Annotated[
        str | None,
        typer.Option(help="instead: every enterprise of a code, red, yellow, blue or green"),
    ] = None,
    level: Level = None,
    district: District = None,
    team: Annotated[str | None, typer.Option(help="crew, or a part of its name, e.g. K02")] = None,
    due_by: Annotated[datetime | None, day("due on this day or before")] = None,
    state: Annotated[str | None, typer.Option(help="scheduled, short, deferred or awaiting")] = None,
    limit: Limit = None,
    form: Form = "table",
    raw: Raw = False,
    output: Output = None,
    json: Json = False,
) -> None:
    """Every visit that is due, in order of precedence: who, why, by when, what to check.

    With --code, every enterprise of that code instead, visited or not.
    """
    settings, form = load_settings(), "json" if json else form
    words, at = Words(settings.language), one_of(vocab.LEVEL, level) if level else None
    if code is not None:
        if channel or team or due_by or state:
            raise WrongUse("--code lists enterprises; leave it out to choose among visits")
        _queue_of_code(_code(code), district, at, limit, form, output, settings, raw=raw)
        return
    asked = visits.Asked(
        one_of(CHANNEL, channel) if channel else None,
        one_of(VISIT_STATE, state) if state else None,
        team,
        date_of(due_by),
        limit,
    )
    with reading(settings.home) as connection:
        found = visits.inspection_queue(connection, area_of(connection, level, district), asked)
        whole = plan.horizon(connection)
        lack = None if found else missing(whole)
    if not found:
        say(words.of(lack) if lack else words("No visit matches"), beside=form != "table")
    if form != "table":
        people = None if raw else lists.visits_due(found, whole["as_of"], words)
        exported(_flat(found, form), people, form, output, settings, name="queue")
    elif found:
        console = Console()
        console.print(visits_table(found, words, width=console.width))
    if found:
        # Not among the rows: machines read them.
        say(words(NO_TARGET), beside=form != "table")


def _queue_of_code(
    key: str,
    district: str | None,
    level: str | None,
    limit: int | None,
    form: str,
    output: Path | None,
    settings: Settings,
    *,
    raw: bool,
) -> None:
    """Every enterprise of a code; RED ones with due day and state."""
    words = Words(settings.language)
    found = queue_of(settings.home, code=key, district=district, limit=limit, level=level)
    if found:
        as_of = found[0]["as_of"]
    else:
        # No documents; or nobody is found, and the copy knows why.
        with reading(settings.home) as connection:
            area_of(connection, level, district)
            found = queries.queue(connection, code=key, district=district, limit=limit, level=level)
            whole, as_of = plan.horizon(connection), queries.last_run(connection)["as_of"]
        if not found:
            lack = None if whole["firms"] else missing(whole)
            say(words.of(lack) if lack else words("No enterprise matches"), beside=form != "table")
    if form != "table":
        people = None if raw else lists.enterprises_of_code(found, key, as_of, words)
        exported(_flat(found, form), people, form, output, settings, name=f"queue-{key}")
    elif found:
        console = Console()
        console.print(queue_table(found, words, wide=console.width >= 110))


def explain(
    enterprise_id: Annotated[str, typer.Argument(help="enterprise id")],
    html: Annotated[
        bool, typer.Option("--html", help="write a page to read and to print, see --output")
    ] = False,
    output: Annotated[
        Path | None, typer.Option(help="file of the page; default: in the passports folder")
    ] = None,
    json: Json = False,
) -> None:
    """Why an enterprise has its code, until when, and what would change it.

    Every reason with its points and its source; the codes to come if nothing new happens; how the code came about.
    """
    settings = load_settings()
    if output is not None and not html:
        raise WrongUse("--output names the file of --html; give both")
    found = passport_of(settings.home, enterprise_id.strip())
    if found is None:
        with reading(settings.home) as connection:
            found = passport(connection, enterprise_id.strip())
    if html:
        _write_page(found, output or settings.home.passports / f"{found['enterprise_id']}.html", settings)
    if json:
        typer.echo(as_json(found))
    elif not html:
        show_passport(found, Words(settings.language), Console())


def _write_page(found: Row, path: Path, settings: Settings) -> None:
    # Rules and pages take a second to import; only a page needs them.
    from desk.pages.passport import write_page
    from models.policy import load_policy

    clocks = load_policy(settings.pack).on(found["as_of"]).review.objections
    written(path, lambda path: write_page(found, path, language=settings.language, clocks=clocks))


def codes(
    listing: Annotated[bool, typer.Option("--list", help="every enterprise with its code")] = False,
    code: Annotated[str | None, typer.Option(help="only this code")] = None,
    district: District = None,
    limit: Limit = None,
    form: Form = "table",
    raw: Raw = False,
    output: Output = None,
    json: Json = False,
) -> None:
    """Enterprises by code and the change since the day coded before; or all of them."""
    settings = load_settings()
    words, form = Words(settings.language), "json" if json else form
    with reading(settings.home) as connection:
        area_of(connection, None, district)
        if listing or code or district or form in ("csv", "xlsx"):
            found = queries.listing(
                connection, code=_code(code) if code else None, district=district, limit=limit
            )
            as_of = queries.last_run(connection)["as_of"]
        else:
            counts, run = queries.code_counts(connection), queries.last_run(connection)
            if form == "json":
                typer.echo(as_json({"as_of": run.get("as_of"), "codes": counts}))
            else:
                Console().print(codes_table(counts, words, run))
            return
    if form == "table":
        Console().print(listing_table(found, words) if found else words("No enterprise matches"))
    else:
        people = None if raw else lists.codes(found, as_of, words)
        exported(found, people, form, output, settings, name="codes")


def _code(text: str) -> str:
    return one_of(vocab.CODE, text)


def _flat(found: list[Row], form: str) -> list[Row]:
    """Queue rows with their reasons as one text, for spreadsheets; JSON keeps the structure."""
    if form == "json":
        return found
    words = Words(load_settings().language)
    return [{**row, "reasons": reasons_text(row, words)} for row in found]


def exported(
    found: list[Row], people: Listing | None, form: str, output: Path | None, settings: Settings, *, name: str
) -> None:
    """Write rows as CSV, workbook or JSON, to the terminal or a file; ``people``: the list for those who read it."""
    if form not in ("csv", "xlsx", "json"):
        raise WrongUse(
            "--format {form}: choose {others} or {last}", form=form, others="table, csv, xlsx", last="json"
        )
    if form == "xlsx" and output is None:
        output = settings.home.exports / f"{name}.xlsx"
    if people is None or form == "json":
        written(output, lambda path: write_rows(found, form, path, title=name), shown=False)
    else:
        written(output, lambda path: write_list(people, form, path, Words(settings.language)), shown=False)
    if output is not None:
        typer.echo(f"{output} ({len(found):,})", err=True)
