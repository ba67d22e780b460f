"""How the plan looks in a terminal: the year, the month, a day."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import groupby

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from desk.say.authorities import contested_line
from desk.say.lists import PUBLIC_NOTE
from desk.say.plan import NO_TARGET
from desk.say.plan_lists import BUDGET_COLUMNS, FLOOR_COLUMNS, month_title
from desk.say.visits import check_text, crews_of, filing, people_text
from desk.terminal.layout import heading, plain_table
from desk.words.labels import BINDING, CHANGE, CHANNEL, FORM, LIST_KIND, SCOPE, VISIT_STATE
from desk.words.words import Words
from models import vocabulary as vocab
from models.messages import N_
from warehouse.database.reading import Row

MOST_CHECKS = 5
"""Things to check that are shown for one visit; the printed sheet has all."""
_MOST_CONTESTED = 10
_BAR, _ROUNDED = 24, 1_000
_RULE_WIDTH, _OTHER_WIDTH, _LEAST_NAMES = 34, 30, 12
_FLOORS = {
    "annual_full": N_("high-hazard coverage (P2)"),
    "random": N_("30 % draw (P3)"),
}


def _number(value: float | None) -> str:
    """A number without a decimal point it does not need; nothing for nothing."""
    return f"{value:,.1f}".removesuffix(".0") if value else "–"


# ------------------------------------------------------------------------------------------------ year


def show_year(told: Row, words: Words, console: Console) -> None:
    """The annual plan: budget, floors, draws and what cannot be reached."""
    plan, budget = told["plan"], told["budget"]
    month = f"{min((row['first_month'] for row in budget), default=plan['first_on']):%Y-%m}"
    title = words(
        "Annual plan {year} as of {as_of}: months left from {month}, in person-days",
        year=plan["year"],
        as_of=plan["as_of"],
        month=month,
    )
    _show_title(title, told, console)
    _show_lacking(told, words, console)
    console.print(_budget_table(budget, words))
    formula = words(
        "inspection = total - other enforcement - no enforcement (Document 150); short is reckoned in whole crews"
    )
    console.print(f"[dim]{formula}[/]", highlight=False)
    heading(console, words("Floors (enterprises)"))
    console.print(_floors_table(told["floors"], words))
    heading(console, words("Draws"))
    console.print(_draws_table(told["draws"], words))
    verify = words(
        "verify: ./riskcode draw list · ./riskcode draw show ID --output FILE · ./riskcode draw verify FILE"
    )
    console.print(f"[dim]{escape(verify)}[/]", highlight=False)
    heading(console, words("What cannot be reached"))
    _show_certificate(told["shortfalls"], words, console)


def _budget_table(found: list[Row], words: Words) -> Table:
    # One blank between columns, heads of two lines, tenths of a day up to a thousand: so all fit in 80 columns.
    table = plain_table(show_footer=len(found) > 1, padding=(0, 1, 0, 0))
    table.add_column(words("authority"), words("total"), no_wrap=True, footer_style="bold")
    for name, head in BUDGET_COLUMNS.items():
        total, title = sum(row[name] for row in found), words.within(*head)
        foot = _number(round(total) if total >= _ROUNDED else total)
        room = max(cell_len(one) for one in (foot, *title.split(), *(_number(row[name]) for row in found)))
        table.add_column(title, foot, justify="right", footer_style="bold", width=room)
    for row in found:
        short = f"[bold red]{_number(row['short_days'])}[/]" if row["short_days"] else "–"
        cells = [_number(row[name]) for name in BUDGET_COLUMNS if name != "short_days"]
        authority = words.authority(row["level"], row["division"], is_short=True)
        table.add_row(escape(authority), *cells, short)
    return table


def _floors_table(found: list[Row], words: Words) -> Table:
    table = plain_table()
    table.add_column(words("authority"), no_wrap=True)
    table.add_column(words("kind"), no_wrap=True)
    for head in FLOOR_COLUMNS.values():
        table.add_column(words(head), justify="right")
    for channel, own in groupby(found, key=lambda row: row["channel"]):
        part = list(own)
        title = words(_FLOORS[channel])
        for row in part:
            authority = words.authority(row["level"], row["division"], is_short=True)
            table.add_row(escape(authority), title, *_floor_cells(row))
        total = {name: sum(row[name] for row in part) for name in FLOOR_COLUMNS}
        cells = [f"[bold]{cell}[/]" for cell in (words("total"), title, *_floor_cells(total))]
        table.add_row(*cells, end_section=True)
    return table


def _floor_cells(row: Row) -> list[str]:
    cells = [f"{row[name]:,}" for name in FLOOR_COLUMNS]
    if row["short"]:
        cells[-1] = f"[bold red]{cells[-1]}[/]"
    return cells


def _draws_table(found: list[Row], words: Words) -> Table:
    table = plain_table(show_header=False)
    counted: dict[tuple[str, str], list[Row]] = {}
    for row in found:
        counted.setdefault((row["channel"], row["level"]), []).append(row)
    for (channel, level), part in sorted(counted.items()):
        frame, drawn = (sum(row[name] or 0 for row in part) for name in ("frame_size", "drawn"))
        told = words(
            "draws: {draws}, drawn {drawn} of {frame}",
            draws=len(part),
            drawn=f"{drawn:,}",
            frame=f"{frame:,}",
        )
        label = words.label(CHANNEL, channel)
        table.add_row(label, words.label(vocab.LEVEL, level), told, f"[dim]{escape(part[0]['draw_id'])}[/]")
    return table


# ----------------------------------------------------------------------------------------------- month


def show_month(told: Row, words: Words, console: Console) -> None:
    """Load, certificate and changes of the plan in force."""
    plan = told["plan"]
    _show_title(month_title(plan, words), told, console)
    if plan["is_provisional"]:
        unsure = words("Holidays of some days are not announced yet; working days are provisional")
        console.print(f"[yellow]{unsure}[/]", highlight=False)
    _show_lacking(told, words, console)
    if told["states"]:
        console.print(_states_table(told["states"], words))
    heading(console, words("Load against capacity by week (blue: planned, grey: free, red: not possible)"))
    console.print(_load_table(told["load"], words))
    heading(console, words("What the rules ask for and the plan does not do"))
    _show_certificate(told["certificate"], words, console)
    _show_contested(told["contested"], words, console)
    heading(console, words("Since the plan before"))
    _show_changes(told["changes"], words, console)
    listed = words(
        "List to be published for {month}: {n} enterprises",
        month=f"{plan['first_on']:%Y-%m}",
        n=len(told["month_list"]),
    )
    heading(console, listed)
    more = words(
        "the list: ./riskcode plan month --list · picture: --picture load.svg · a day: ./riskcode plan today"
    )
    console.print(f"[dim]{escape(more)}[/]", highlight=False)
    console.print(f"[dim]{words(NO_TARGET)}[/]", highlight=False)


def _show_title(title: str, told: Row, console: Console) -> None:
    whose = f" · {told['whose']}" if told["whose"] else ""
    console.print(f"[bold]{escape(title + whose)}[/]", highlight=False)


def _show_lacking(told: Row, words: Words, console: Console) -> None:
    """What is to be delivered before this can be a whole plan."""
    for sentence in (told["missing"], told["without_crew"]):
        if sentence:
            console.print(f"[yellow]{escape(sentence)}[/]", highlight=False)


def _states_table(found: list[Row], words: Words) -> Table:
    table = plain_table()
    table.add_column(words("Visits"))
    states = [key for key in VISIT_STATE.keys if any(row["state"] == key for row in found)]
    for state in states:
        table.add_column(words.label(VISIT_STATE, state), justify="right")
    counts = {(row["level"], row["state"]): row["visits"] for row in found}
    for level in dict.fromkeys(row["level"] for row in found):
        cells = [_number(counts.get((level, state))) for state in states]
        table.add_row(words.label(vocab.LEVEL, level), *cells)
    return table


def _load_table(found: list[Row], words: Words) -> Table:
    table = plain_table()
    table.add_column(words("level"))
    table.add_column(words("week of"), no_wrap=True)
    for head in (
        words.within("person-days", "planned"),
        words.within("person-days", "available"),
        words("used"),
    ):
        table.add_column(head, justify="right")
    table.add_column("", width=_BAR)
    table.add_column(words("short"), justify="right")
    rows = list(_by_week(found))
    for at, row in enumerate(rows):
        is_new = at == 0 or rows[at - 1]["level"] != row["level"]
        short = f"[bold red]{_number(row['short_days'])}[/]" if row["short_days"] else "–"
        share = row["load_days"] / row["person_days"] if row["person_days"] else 0.0
        table.add_row(
            words.label(vocab.LEVEL, row["level"]) if is_new else "",
            f"{row['week']:%m-%d}",
            _number(row["load_days"]),
            _number(row["person_days"]),
            f"{share:.0%}",
            _load_bar(row),
            short,
        )
    return table


def _by_week(found: Iterable[Row]) -> Iterable[Row]:
    """Load by level and week; a week is named by its first planned day."""

    def week(row: Row) -> tuple[str, date]:
        return row["level"], row["day"] - timedelta(days=row["day"].weekday())

    for (level, _), part in groupby(found, key=week):
        days = list(part)
        sums = {name: sum(day[name] for day in days) for name in ("load_days", "person_days", "short_days")}
        yield {"level": level, "week": days[0]["day"], **sums}


def _load_bar(row: Row) -> str:
    """Planned, idle and missing in proportion: the first two together are the capacity."""
    total = max(row["person_days"], row["load_days"]) + row["short_days"]
    if not total:
        return ""
    used = round(_BAR * row["load_days"] / total)
    missing = max(round(_BAR * row["short_days"] / total), row["short_days"] > 0)
    idle = max(0, _BAR - used - missing)
    # Coloured blanks: block characters are one or two cells wide, depending on the font.
    return f"[on blue]{' ' * used}[/][on bright_black]{' ' * idle}[/][on red]{' ' * missing}[/]"


def _show_certificate(found: list[Row], words: Words, console: Console) -> None:
    if not found:
        console.print(f"[green]{words('Every rule is kept')}[/]")
        return
    table = plain_table()
    table.add_column(words("kind"), no_wrap=True)
    table.add_column(words("rule"), overflow="fold", width=_RULE_WIDTH)
    table.add_column(words("visits"), justify="right", no_wrap=True)
    table.add_column(words("days"), justify="right", no_wrap=True)
    room = max(_LEAST_NAMES, console.width - _RULE_WIDTH - _OTHER_WIDTH)
    table.add_column(words("first"), overflow="ellipsis", no_wrap=True, max_width=room)
    for row in found:
        is_short = row["scope"] == "visit" and row["rule"] != "overdue"
        count = f"[bold red]{row['count']:,}[/]" if is_short else f"{row['count']:,}"
        table.add_row(
            words.label(SCOPE, row["scope"]),
            escape(words.label(BINDING, row["rule"])),
            count if row["scope"] != "authority" else "–",
            _number(row["person_days"]),
            escape(_first_names(row, words)),
        )
    console.print(table)
    for row in found:
        ways = words.listing(
            f"{words.label(CHANNEL, way['channel'])} {way['visits']}" for way in row["gave_way_to"] or []
        )
        if ways:
            rule = words.label(BINDING, row["rule"])
            gave_way = words("{rule}: gave way to {ways}", rule=rule, ways=ways)
            console.print(f"[dim]{escape(gave_way)}[/]", highlight=False)


def _show_contested(found: list[Row], words: Words, console: Console) -> None:
    for row in found[:_MOST_CONTESTED]:
        console.print(f"[yellow]![/] {escape(contested_line(row, words))}", highlight=False)
    if (more := len(found) - _MOST_CONTESTED) > 0:
        console.print(f"[dim]{escape(words('{n} more: --format xlsx', n=more))}[/]", highlight=False)


def _first_names(row: Row, words: Words) -> str:
    if row["names"]:
        return words.listing(row["names"])
    own = row["authorities"] or []
    if len(own) == 1:
        return words.authority(own[0]["level"], own[0]["division"], is_short=True)
    return words("{n} authorities", n=len(own)) if own else f"{row['first_on'] or ''}"


def _show_changes(found: list[Row], words: Words, console: Console) -> None:
    if not found:
        console.print(words("nothing changed"))
        return
    if all(row["change"] == "new" and row["from_day"] is None for row in found):
        console.print(words("First plan: all {n} visits are new", n=len(found)))
        return
    table = plain_table()
    for head in (words("change"), words("reason")):
        table.add_column(head)
    table.add_column(words("visits"), justify="right")
    table.add_column(words("first"), overflow="ellipsis", no_wrap=True)
    counts = Counter((row["change"], row["because"]) for row in found)
    for (change, because), count in counts.most_common():
        part = [row for row in found if (row["change"], row["because"]) == (change, because)]
        cells = (words.label(CHANGE, change), words.reason(because), f"{count:,}", _moved(part[0]))
        table.add_row(*(escape(cell) for cell in cells))
    console.print(table)


def _moved(row: Row) -> str:
    days = " → ".join(str(day) if day else "–" for day in (row["from_day"], row["to_day"]))
    return f"{row['name'] or row['enterprise_id']} ({days})"


def show_month_list(found: list[Row], month: date, words: Words, console: Console) -> None:
    """The list that is published: who, by whom, of which kind."""
    title = words("List to be published for {month}: {n} enterprises", month=f"{month:%Y-%m}", n=len(found))
    console.print(f"[bold]{escape(title)}[/]", highlight=False)
    table = plain_table()
    table.add_column(words("authority"), no_wrap=True)
    table.add_column(words("enterprise id"), no_wrap=True)
    table.add_column(words("name"), overflow="ellipsis", no_wrap=True)
    table.add_column(words("kind"), no_wrap=True)
    for row in found:
        authority = words.authority(row["level"], row["division"], is_short=True)
        cells = (authority, row["enterprise_id"], row["name"], words.label(LIST_KIND, row["kind"]))
        table.add_row(*(escape(cell) for cell in cells))
    console.print(table)
    console.print(f"[dim]{words(PUBLIC_NOTE)}[/]", highlight=False)


# ------------------------------------------------------------------------------------------------- day


def show_day(found: list[Row], day: date, plan: Row, words: Words, console: Console) -> None:
    """One block per crew, its visits in order."""
    crews = crews_of(found)
    title = words(
        "Visits of {day}: {visits}, teams: {teams} (plan made as of {as_of})",
        day=day,
        visits=len(found),
        teams=len(crews),
        as_of=plan["as_of"],
    )
    console.print(f"[bold]{escape(title)}[/]", highlight=False)
    for _, visits in crews:
        first = visits[0]
        people = people_text(first, words)
        form = f" · {words.label(FORM, first['form'])}" if first["form"] else ""
        head = f"{words.authority(first['level'], first['division'])} · {words.team(first['crew_id'])}"
        console.print(f"\n[bold]{escape(head)}[/]{form} · {escape(people)}", highlight=False)
        for row in visits:
            _show_visit(row, words, console)


def _show_visit(row: Row, words: Words, console: Console) -> None:
    late = f" [bold red]{words('overdue')}[/]" if row["is_overdue"] else ""
    code = f" {words.code(row['code'])}" if row["code"] else ""
    console.print(
        f"  [bold]{words('stop {n}', n=row['stop'])}[/] {escape(row['name'])}{code} "
        f"[dim]{escape(row['enterprise_id'])}[/] · {escape(words.division(row['place']))}",
        highlight=False,
    )
    mode = words.label(vocab.INSPECTION_MODE, row["mode"])
    console.print(f"    {escape(words.channels(row))} · {mode}", highlight=False)
    due = f"{words.within('deadline', 'due')} {row['due_on'] or '–'}{late}"
    console.print(f"    {due} · {words('filing')}{words.colon}{filing(row, words)}", highlight=False)
    for check in row["checks"][:MOST_CHECKS]:
        text = escape(check_text(check, words))
        is_grave = check["why"] in ("open_major", "overdue")
        console.print(f"    {'[red]□[/]' if is_grave else '□'} {text}", highlight=False)
    rest = len(row["checks"]) - MOST_CHECKS
    if rest > 0:
        console.print(f"      [dim]{escape(words('{n} more: --format xlsx', n=rest))}[/]", highlight=False)
