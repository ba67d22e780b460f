"""Commands that read the published copy: queue, explain, codes, rejects."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models import vocabulary as vocab
from models.errors import RiskcodeError
from pipelines.cli.exports import as_json, write_rows
from pipelines.cli.texts import Words
from pipelines.settings import Settings, load_settings
from warehouse import queries
from warehouse.reading import Row, reading

Code = Annotated[str, typer.Option(help="red, yellow, blue or green (红 黄 蓝 绿)")]
District = Annotated[str | None, typer.Option(help="GB/T 2260 code or name, e.g. 370102 or 历下区")]
Limit = Annotated[int | None, typer.Option(help="at most so many rows", min=1)]
Form = Annotated[str, typer.Option("--format", help="table, csv, xlsx or json")]
Json = Annotated[bool, typer.Option("--json", help="JSON for machines")]
Output = Annotated[Path | None, typer.Option(help="file to write; xlsx has a default in the exports folder")]

rejects_app = typer.Typer(help="被拒数据 · Refused rows: list, export, retry.", invoke_without_command=True)


def queue(
    code: Code = "red",
    district: District = None,
    level: Annotated[str | None, typer.Option(help="city, district or town")] = None,
    limit: Limit = None,
    form: Form = "table",
    output: Output = None,
    json: Json = False,
) -> None:
    """待检队列 · Who is to be looked at, in which order, by when, and why."""
    settings, key = load_settings(), _code(code)
    with reading(settings.home) as connection:
        found = queries.queue(
            connection,
            code=key,
            district=_district(district),
            limit=limit,
            level=_one_of(vocab.LEVEL, level) if level else None,
        )
    form = "json" if json else form
    if form == "table":
        words = Words(settings.language)
        console = Console()
        console.print(queue_table(found, words, wide=console.width >= 110) if found else words("nothing"))
        return
    _export(_flat(found, form), form, output, settings, name=f"queue-{key}")


def explain(
    enterprise_id: Annotated[str, typer.Argument(help="enterprise id (统一社会信用代码)")], json: Json = False
) -> None:
    """赋码理由 · Why an enterprise has its code: every reason, its points, its source."""
    settings = load_settings()
    with reading(settings.home) as connection:
        found = queries.explanation(connection, enterprise_id.strip())
    if json:
        typer.echo(as_json(found))
        return
    show_explanation(found, Words(settings.language), Console())


def codes(
    listing: Annotated[bool, typer.Option("--list", help="every enterprise with its code")] = False,
    code: Annotated[str | None, typer.Option(help="only this code")] = None,
    district: District = None,
    limit: Limit = None,
    form: Form = "table",
    output: Output = None,
    json: Json = False,
) -> None:
    """码分布 · Enterprises by code and the change since the day coded before; or all of them."""
    settings = load_settings()
    words, form = Words(settings.language), "json" if json else form
    with reading(settings.home) as connection:
        if listing or code or district or form in ("csv", "xlsx"):
            found = queries.listing(
                connection, code=_code(code) if code else None, district=_district(district), limit=limit
            )
        else:
            counts, run = queries.code_counts(connection), queries.last_run(connection)
            if form == "json":
                typer.echo(as_json({"as_of": run.get("as_of"), "codes": counts}))
            else:
                Console().print(codes_table(counts, words, run))
            return
    if form == "table":
        Console().print(_listing_table(found, words) if found else words("nothing"))
    else:
        _export(found, form, output, settings, name="codes")


@rejects_app.callback()
def rejects(
    context: typer.Context,
    table: Annotated[str | None, typer.Option(help="only this table")] = None,
    rule: Annotated[str | None, typer.Option(help="only rules that contain this text")] = None,
    limit: Limit = None,
    listing: Annotated[bool, typer.Option("--list", help="the rows themselves, not just counts")] = False,
    form: Form = "table",
    output: Output = None,
    json: Json = False,
) -> None:
    """被拒数据 · What was refused, by which rule; --list for the rows, --format to export them."""
    if context.invoked_subcommand is not None:
        return
    settings = load_settings()
    words, form = Words(settings.language), "json" if json else form
    with reading(settings.home) as connection:
        if form == "table" and not (listing or table or rule):
            found = queries.reject_counts(connection)
            Console().print(reject_counts_table(found, words) if found else words("no_rejects"))
            return
        found = queries.rejects(connection, table=table, rule=rule, limit=limit)
    if form == "table":
        Console().print(_rejects_table(found, words) if found else words("no_rejects"))
    else:
        _export(found, form, output, settings, name="rejects")


@rejects_app.command("retry")
def retry(
    mapping: Annotated[str | None, typer.Option(help="a mended mapping file to read them by")] = None,
) -> None:
    """重试 · Judge the kept rows again, e.g. after a mapping was mended.  Codes follow with the next run."""
    from warehouse.connection import writing
    from warehouse.deliveries import local_today
    from warehouse.rejects import retry_rejects
    from warehouse.sources.mapping import load_mapping

    settings, today = load_settings(), local_today()
    with writing(settings.home) as connection:
        taken = retry_rejects(
            connection,
            received_on=today,
            today=today,
            only_waiting=False,
            mapping=load_mapping(mapping) if mapping else None,
        )
    typer.echo(f"{taken:,} 行已接收 · rows taken up. 下次运行后生效 · ./riskcode run")


# ------------------------------------------------------------------------------------------- tables


def queue_table(found: list[Row], words: Words, *, wide: bool) -> Table:
    """The queue as people read it."""
    table = Table(box=None, pad_edge=False, header_style="bold", expand=False)
    table.add_column(words("rank"), justify="right")
    table.add_column(words("id"), no_wrap=True)
    table.add_column(words("name"), overflow="ellipsis", no_wrap=True, max_width=28 if wide else 18)
    table.add_column(words("district"), no_wrap=True, overflow="ellipsis", max_width=12)
    is_red = any(row["due_on"] for row in found)
    if is_red:
        table.add_column(words("due"), no_wrap=True)
    table.add_column(words("score"), justify="right")
    if wide:
        table.add_column(words("reasons"), overflow="fold")
    for at, row in enumerate(found, start=1):
        cells = [
            str(row["rank"] or at),
            escape(row["enterprise_id"]),
            escape(row["name"]),
            escape(words.division(row["division"])),
        ]
        if is_red:
            cells.append(_due(row, words))
        cells.append(str(row["score"]))
        table.add_row(*cells, *([_reasons(row, words)] if wide else []))
    return table


def _due(row: Row, words: Words) -> str:
    colour = {"overdue": "bold red", "visited": "dim", "closed": "dim"}.get(row["state"], "default")
    state = words({"due": "due_state"}.get(row["state"], row["state"]))
    unsure = " ?" if row["is_due_provisional"] else ""
    return f"[{colour}]{row['due_on']}{unsure} {state}[/]"


def _reasons(row: Row, words: Words) -> str:
    parts: list[str] = []
    for reason in row["reasons"] or []:
        points = f" {reason['points']:+d}" if reason["points"] else ""
        parts.append(f"{reason[f'title_{words.language}']}{points}")
    return escape("；".join(parts) if words.language == "zh" else "; ".join(parts))


def codes_table(counts: list[Row], words: Words, run: Row) -> Table:
    """Distribution of the codes, with bars."""
    total = max(1, sum(row["enterprises"] for row in counts))
    table = Table(
        box=None,
        pad_edge=False,
        header_style="bold",
        title_justify="left",
        title=f"{words('as_of')} {run.get('as_of', '–')} · {run.get('pack', '')} {run.get('pack_version', '')}",
    )
    table.add_column(words("code"))
    table.add_column(words("enterprises"), justify="right")
    table.add_column(words("share"), justify="right")
    table.add_column("")
    table.add_column(words("provisional"), justify="right")
    table.add_column(words("change"), justify="right")
    for row in counts:
        share = row["enterprises"] / total
        # Coloured blanks: block characters are one or two cells wide, depending on the font.
        bar = f"[on {row['code']}]{' ' * max(round(30 * share), row['enterprises'] > 0)}[/]"
        before = row["before"]
        change = (
            words("no_before") if row["before_as_of"] is None else f"{row['enterprises'] - (before or 0):+,}"
        )
        table.add_row(
            words.code(row["code"]),
            f"{row['enterprises']:,}",
            f"{share:.1%}",
            bar,
            f"{row['provisional']:,}",
            change,
        )
    return table


def reject_counts_table(found: list[Row], words: Words) -> Table:
    """Refusals by table and rule."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for key in ("table", "rule"):
        table.add_column(words(key))
    for key in ("rows", "waiting"):
        table.add_column(words(key), justify="right")
    for row in found:
        table.add_row(row["table_name"], escape(row["rule"]), f"{row['rows']:,}", f"{row['waiting'] or ''}")
    return table


def _rejects_table(found: list[Row], words: Words) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(words("file"), overflow="ellipsis", no_wrap=True, max_width=24)
    table.add_column(words("line"), justify="right")
    table.add_column(words("rule"), overflow="fold", max_width=34)
    table.add_column(words("content"), overflow="ellipsis", no_wrap=True)
    for row in found:
        table.add_row(
            escape(row["file"]),
            str(row["line"]),
            escape(row["rules"]),
            escape(_printable(row["content"])[:300]),
        )
    return table


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "·" for char in text)


def _listing_table(found: list[Row], words: Words) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(words("id"), no_wrap=True)
    table.add_column(words("name"), overflow="ellipsis", no_wrap=True, max_width=30)
    table.add_column(words("district"), no_wrap=True)
    table.add_column(words("code"), no_wrap=True)
    table.add_column(words("score"), justify="right")
    for row in found:
        mark = f" {words('provisional')}" if row["is_provisional"] else ""
        table.add_row(
            escape(row["enterprise_id"]),
            escape(row["name"]),
            escape(words.division(row["division"])),
            words.code(row["code"]) + mark,
            str(row["score"]),
        )
    return table


def show_explanation(found: Row, words: Words, console: Console) -> None:
    """The reasons of one enterprise as a waterfall that ends in its score."""
    lang = words.language
    head = f"{escape(found['name'])}  [dim]{escape(found['enterprise_id'])}[/]"
    console.print(head, highlight=False)
    mark = f"（{words('unrated')}，{words('provisional')}）" if found["is_provisional"] else ""
    console.print(
        f"{words.code(found['code'])}{mark} · {words('score')} {found['score']} · {words('as_of')} "
        f"{found['as_of']} · {escape(words.division(found['division']))} · "
        f"{words.label(vocab.SECTOR, found['sector'])}",
        highlight=False,
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(words("reason"), overflow="fold")
    table.add_column(words("value"), justify="right", overflow="fold")
    table.add_column(words("points"), justify="right")
    table.add_column("")
    table.add_column(words("basis"))
    for reason in found["reasons"]:
        effect = words.code(reason["code"]) if reason["code"] else _bar(reason["points"])
        points = "" if reason["kind"] != "points" else f"{reason['points']:+d}"
        table.add_row(
            escape(reason[f"title_{lang}"]),
            escape(words.datum(reason["factor"], reason["value"])),
            points,
            effect,
            words(reason["basis"]),
        )
    table.add_section()
    table.add_row(
        f"[bold]{words('sum')}[/]", "", f"[bold]{sum(r['points'] for r in found['reasons']):+d}[/]", "", ""
    )
    console.print(table)
    for reason in found["reasons"]:
        if reason[f"clearing_{lang}"] and reason["code"]:
            until = f" · {words('expires')} {reason['expires_on']}" if reason["expires_on"] else ""
            console.print(
                f"  {words('clearing')}: {escape(reason[f'title_{lang}'])} → "
                f"{escape(reason[f'clearing_{lang}'])}{until}",
                highlight=False,
            )
    for finding in found["open_findings"][:5]:
        late = f" [red]{words('overdue')}[/]" if finding["is_overdue"] else ""
        console.print(
            f"  {words('open_findings')}: {escape(finding['item_code'] or '')} "
            f"{escape((finding['description'] or '')[:60])} "
            f"({finding['rectify_due_on'] or '–'}){late}",
            highlight=False,
        )
    console.print(
        f"[dim]{found['pack']} {found['pack_version']} · {found['pack_hash'][:12]} · "
        f"{found['fingerprint'][:12]} · {words('assumption')}[/]",
        highlight=False,
    )


def _bar(points: int) -> str:
    return f"[on {'red' if points > 0 else 'green'}]{' ' * min(abs(points), 24)}[/]"


# ------------------------------------------------------------------------------------------ helpers


def _code(text: str) -> str:
    return _one_of(vocab.CODE, text)


def _one_of(codes: vocab.CodeList, text: str) -> str:
    key = codes.spellings().get(text.strip().lower())
    if key is None:
        raise typer.BadParameter(f"'{text}' is not one of {', '.join(codes.keys)}")
    return key


def _district(text: str | None) -> str | None:
    """A district by code, Chinese name or English name; other texts are matched as delivered."""
    for code, names in vocab.JINAN_DIVISIONS.items():
        if text and text.lower() in (code, names[0], names[0][:-1], names[1].lower()):
            return code
    return text


def _flat(found: list[Row], form: str) -> list[Row]:
    """Queue rows with their reasons as one text, for spreadsheets; JSON keeps the structure."""
    if form == "json":
        return found
    words = Words(load_settings().language)
    return [{**row, "reasons": _reasons(row, words).replace("\\[", "[")} for row in found]


def _export(found: list[Row], form: str, output: Path | None, settings: Settings, *, name: str) -> None:
    if form not in ("csv", "xlsx", "json"):
        raise typer.BadParameter(f"--format {form}: choose table, csv, xlsx or json")
    if form == "xlsx" and output is None:
        output = settings.home.exports / f"{name}.xlsx"
    try:
        written = write_rows(found, form, output, title=name)
    except OSError as error:
        raise RiskcodeError(f"Cannot write {output} ({error}). Give another path with --output.") from error
    if written:
        typer.echo(f"{written} ({len(found):,})", err=True)


def as_dicts(found: list[Row]) -> list[dict[str, Any]]:
    """Rows ready for JSON."""
    return [dict(row) for row in found]
