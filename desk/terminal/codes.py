"""How results look in a terminal: tables and bars."""

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from desk.say.visits import reasons_text
from desk.terminal.layout import Cell, Head, long_table, plain_table
from desk.words.labels import CHANNEL, DUE_STATE, VISIT_STATE
from desk.words.words import Words
from warehouse.database.reading import Row


def queue_table(found: list[Row], words: Words, *, wide: bool) -> Table:
    """The queue as people read it."""
    table = plain_table()
    table.add_column(words("#"), justify="right")
    table.add_column(words("enterprise id"), no_wrap=True)
    table.add_column(words("name"), overflow="ellipsis", no_wrap=True, max_width=28 if wide else 18)
    table.add_column(words("district"), no_wrap=True, overflow="ellipsis", max_width=12)
    is_red = any(row["due_on"] for row in found)
    if is_red:
        table.add_column(words.within("deadline", "due"), no_wrap=True)
    table.add_column(words("score"), justify="right")
    is_contested = any(row.get("contested_until") for row in found)
    if is_contested:
        table.add_column(words("contested"), no_wrap=True)
    if wide:
        table.add_column(words("main reasons"), overflow="fold")
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
        cells += [contested_mark(row)] if is_contested else []
        table.add_row(*cells, *([escape(reasons_text(row, words))] if wide else []))
    return table


def visits_table(found: list[Row], words: Words, *, width: int) -> Text:
    """The visits that are due, in order of precedence; RED ones keep score and reasons where there is room."""
    is_wide, has_place = width >= 110, width >= 140
    is_contested = any(row.get("contested_until") for row in found)
    heads = [
        Head(words("#"), is_number=True),
        Head(words("enterprise id")),
        Head(words("name"), takes_rest=not is_wide),
        *([Head(words("district"))] if has_place else []),
        Head(words.within("visit", "why")),
        Head(words.within("deadline", "due")),
        Head(words.within("visit day", "planned")),
        *([Head(words("contested"))] if is_contested and is_wide else []),
    ]
    if is_wide:
        heads += [Head(words("score"), is_number=True), Head(words("main reasons"), takes_rest=True)]

    def cells(row: Row) -> list[Cell]:
        why = _foremost(row, words)
        if row.get("contested_until") and not is_wide:
            why += f" · {words('contested')}"
        told = [(str(row["rank"]), ""), (row["enterprise_id"], ""), (row["name"], "")]
        told += [(words.division(row["place"]), "")] if has_place else []
        told += [(why, ""), _deadline(row), _planned(row, words)]
        told += [_contested(row)] if is_contested and is_wide else []
        return told + ([(str(row["score"]), ""), (reasons_text(row, words), "")] if is_wide else [])

    return long_table(heads, [cells(row) for row in found], width)


def _foremost(row: Row, words: Words) -> str:
    """The channel that decides when a visit is made, and how many more it serves."""
    more = len(row["channels"]) - 1
    return f"{words.label(CHANNEL, row['channel'])}{f' +{more}' if more else ''}"


def _deadline(row: Row) -> Cell:
    text = f"{row['due_on'] or '–'}{' ?' if row['is_due_provisional'] else ''}"
    return text, "bold red" if row["is_overdue"] else ""


def _planned(row: Row, words: Words) -> Cell:
    """The day of a visit, or why it has none."""
    if row["state"] == "scheduled":
        return str(row["planned_on"]), ""
    return words.label(VISIT_STATE, row["state"]), "red" if row["state"] == "short" else "dim"


def _contested(row: Row) -> Cell:
    """By when an open objection must be decided; ``!`` where the code hangs on it, red once that day is past."""
    if not row.get("contested_until"):
        return "", ""
    text = f"{row['contested_until']}{' !' if row['contested_decisive'] else ''}"
    return text, "bold red" if row["contested_overdue"] else ""


def contested_mark(row: Row) -> str:
    """The same as markup."""
    text, style = _contested(row)
    return f"[{style}]{text}[/]" if style else text


def _due(row: Row, words: Words) -> str:
    colour = {"overdue": "bold red", "visited": "dim", "closed": "dim"}.get(row["state"], "default")
    state = words.label(DUE_STATE, row["state"])
    unsure = " ?" if row["is_due_provisional"] else ""
    return f"[{colour}]{row['due_on']}{unsure} {state}[/]"


def codes_table(counts: list[Row], words: Words, run: Row) -> Table:
    """Distribution of the codes, with bars."""
    total = max(1, sum(row["enterprises"] for row in counts))
    table = plain_table(
        title_justify="left",
        title=f"{words('as of')} {run.get('as_of', '–')} · {run.get('pack', '')} {run.get('pack_version', '')}",
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
            words("first coding")
            if row["before_as_of"] is None
            else f"{row['enterprises'] - (before or 0):+,}"
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


def listing_table(found: list[Row], words: Words) -> Table:
    """Enterprises with their code and score."""
    table = plain_table()
    table.add_column(words("enterprise id"), no_wrap=True)
    table.add_column(words("name"), overflow="ellipsis", no_wrap=True, max_width=30)
    table.add_column(words("district"), no_wrap=True)
    table.add_column(words("code"), no_wrap=True)
    table.add_column(words("score"), justify="right")
    for row in found:
        mark = f" {words('provisional')}" if row["is_provisional"] else ""
        mark += f" {words('contested')} {contested_mark(row)}" if row.get("contested_until") else ""
        table.add_row(
            escape(row["enterprise_id"]),
            escape(row["name"]),
            escape(words.division(row["division"])),
            words.code(row["code"]) + mark,
            str(row["score"]),
        )
    return table
