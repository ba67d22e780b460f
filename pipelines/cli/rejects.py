"""``./riskcode rejects``: what was refused, by which rule, and what would be allowed."""

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import Console

from desk.say import refusals
from desk.say.refusals import ALLOWED
from desk.terminal.rejects import reject_counts_table, rejects_table
from desk.words.words import Words
from models.tables.canonical import TABLES
from pipelines.cli.groups import Later, group_of
from pipelines.cli.near import nearest, require_known
from pipelines.cli.options import Form, Json, Limit, Output, Raw, WrongUse
from pipelines.cli.read import exported
from pipelines.settings import load_settings
from warehouse.database.reading import reading
from warehouse.questions import codes as queries

app = typer.Typer(cls=group_of(Later("retry", "admin:retry")), invoke_without_command=True)
_OF_KINDS = ("unknown_code", "too_small", "too_large")
"""Rules whose limits stand with the column."""


@app.callback()
def rejects(
    context: typer.Context,
    table: Annotated[str | None, typer.Option(help="only this table")] = None,
    rule: Annotated[str | None, typer.Option(help="only rules that contain this text")] = None,
    limit: Limit = None,
    listing: Annotated[bool, typer.Option("--list", help="the rows themselves, not just counts")] = False,
    form: Form = "table",
    raw: Raw = False,
    output: Output = None,
    json: Json = False,
) -> None:
    """What was refused, by which rule; --list for the rows, --format to export them."""
    if context.invoked_subcommand is not None:
        return
    if table is not None:
        require_known(table, list(TABLES))
    settings = load_settings()
    words, form = Words(settings.language), "json" if json else form
    with reading(settings.home) as connection:
        if form == "table" and not (listing or table or rule):
            found = queries.reject_counts(connection)
            Console().print(reject_counts_table(found, words) if found else words("No refused rows"))
            return
        found = queries.rejects(connection, table=table, rule=rule, limit=limit)
        if rule is not None and not found:
            _require_rule(rule, queries.reject_rules(connection))
    if form == "table":
        Console().print(rejects_table(found, words) if found else words("No refused rows"))
    else:
        people = None if raw else refusals.listing(found, words)
        exported(found, people, form, output, settings, name="rejects")


def _require_rule(text: str, stored: Iterable[str]) -> None:
    """Raises WrongUse where no rule could be meant; one by which nothing stands refused is known all the same."""
    columns = {name for table in TABLES.values() for name in table.columns()}
    own = {name for table in TABLES.values() for name in table.schema._schema_validation_rules()}
    rules = sorted({*stored, *ALLOWED, *_OF_KINDS, *own})
    name, _, column = text.partition(":")
    if any(text in rule for rule in rules) or (column in columns and name in rules) or text in columns:
        return
    near = nearest(text, rules)
    if near:
        raise WrongUse("no rule is called '{text}': did you mean {near}?", text=text, near=near)
    raise WrongUse("no rule is called '{text}'. Those that refused rows: ./riskcode rejects", text=text)
