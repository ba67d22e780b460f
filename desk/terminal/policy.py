"""How rule packs look in a terminal: what one would change, its faults, and which were in force."""

import json
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from desk.terminal.layout import heading, plain_table
from desk.words.labels import BINDING, CHANNEL, SCOPE, SIZE
from desk.words.words import Words
from models import vocabulary as vocab
from models.lint.faults import Finding
from models.messages import N_, NC_
from warehouse.database.reading import Row
from warehouse.what_if.pack_diff import PackDiff

MOMENTS = {
    "issued": NC_("moment", "issued"),
    "facts": NC_("moment", "by facts"),
    "later": NC_("moment", "later"),
}
CODES = tuple(reversed(vocab.CODE_KEYS))
MOST_FIRMS = 10
"""Enterprises shown; --output has all."""
_HASH = 8
_GROUPED_BY = {"division": N_("district"), "sector": N_("sector"), "size": N_("size")}
_CAPS = {
    "over": N_("enterprises over the annual cap"),
    "reached": N_("enterprises that reached the annual cap"),
    "waived": N_("enterprises not visited because of the cap"),
}
_SEVERITIES = {"error": N_("error"), "warning": N_("warning")}
_FILES = {
    "same": N_("as in force"),
    "stored": N_("activated before"),
    "differ": N_("differs from what is in force"),
}
_ACTIVATIONS = {
    "active": N_("active"),
    "coming": N_("coming"),
    "past": N_("past"),
    "overruled": N_("overruled"),
}


def _change(old: float, new: float) -> str:
    """Two numbers and their difference; one where there is none."""
    told = [f"{one:,.1f}".removesuffix(".0") for one in (old, new, abs(new - old))]
    if told[0] == told[1]:
        return told[0]
    sign, colour = ("+", "red") if new > old else ("-", "green")
    return f"{told[0]} → {told[1]} [{colour}]({sign}{told[2]})[/]"


# ------------------------------------------------------------------------------------------------ diff


def show_diff(found: PackDiff, titles: Mapping[str, str], words: Words, console: Console) -> None:
    """What another pack would change in the whole city."""
    _show_title(found, words, console)
    console.print(_counts_table(found, words))
    for moment in ("issued", "facts"):
        told = words(
            "Codes, {moment} (rows: old, columns: new): {moved} differ",
            moment=words.within(*MOMENTS[moment]),
            moved=f"{found.moved(moment):,}",
        )
        heading(console, told)
        console.print(_matrix_table(found, moment, words))
    heading(console, words("Groups: worse and better on the day, RED"))
    groups = _groups_table(found, words)
    console.print(groups if groups.row_count else words("No group changes"))
    heading(console, words("Workload (draws already made stay as they are)"))
    _show_work(found, words, console)
    shown = found.firms[:MOST_FIRMS]
    if not shown:
        heading(console, words("No enterprise differs in anything"))
        return
    heading(
        console,
        words(
            "Enterprises most affected ({n} of {all} that differ)", n=len(shown), all=f"{len(found.firms):,}"
        ),
    )
    console.print(_firms_table(shown, titles, words))
    more = words(
        "one enterprise: --enterprise ID · all: --output FOLDER · in force: ./riskcode policy activate"
    )
    console.print(f"[dim]{escape(more)}[/]", highlight=False)


def _show_title(found: PackDiff, words: Words, console: Console) -> None:
    old, new = (
        f"{side.name} {side.version} ({side.content_hash[:_HASH]})" for side in (found.old, found.new)
    )
    title = words(
        "{old} → {new} · as of {day} · {n} enterprises",
        old=old,
        new=new,
        day=found.as_of,
        n=f"{found.enterprises:,}",
    )
    console.print(f"[bold]{escape(title)}[/]", highlight=False)
    moments = words(
        "issued: the codes if the new pack took effect that day (worse at once, better after the wait) · by facts: "
        "what each pack says of that day's facts alone · {later}: the codes then if nothing new is learnt",
        later=found.later_on,
    )
    console.print(f"[dim]{escape(moments)}[/]", highlight=False)
    if found.card:
        card = words(
            "Card {card} is in force: its points and cut-offs stand in for those of both packs; only other rules "
            "differ",
            card=found.card,
        )
        console.print(f"[yellow]{card}[/]", highlight=False)


def _counts_table(found: PackDiff, words: Words) -> Table:
    table = plain_table()
    table.add_column(words("code"))
    for moment in MOMENTS:
        table.add_column(_moment(found, moment, words), justify="right", no_wrap=True)
    counts = {moment: [found.counts(moment, side) for side in ("old", "new")] for moment in MOMENTS}
    for code in CODES:
        cells = [_change(*(one.get(code, 0) for one in counts[moment])) for moment in MOMENTS]
        table.add_row(words.code(code), *cells)
    return table


def _moment(found: PackDiff, moment: str, words: Words) -> str:
    """What a moment is called; the later one is a day."""
    return f"{found.later_on}" if moment == "later" else words.within(*MOMENTS[moment])


def _matrix_table(found: PackDiff, moment: str, words: Words) -> Table:
    counts = {(row["old"], row["new"]): row["enterprises"] for row in found.matrix if row["moment"] == moment}
    table = plain_table()
    table.add_column("")
    for code in CODES:
        table.add_column(words.code(code), justify="right")
    for old in CODES:
        cells: list[str] = []
        for new in CODES:
            n = counts.get((old, new), 0)
            cells.append("–" if not n else f"[dim]{n:,}[/]" if old == new else f"[bold]{n:,}[/]")
        table.add_row(words.code(old), *cells)
    return table


def _groups_table(found: PackDiff, words: Words) -> Table:
    """Groups in which the code of anybody changes, on the day or by the facts."""
    table = plain_table()
    table.add_column(words("group"), no_wrap=True, overflow="ellipsis", max_width=34)
    for head in (words("enterprises"), words("worse"), words("better")):
        table.add_column(head, justify="right")
    for moment in ("issued", "facts"):
        table.add_column(
            f"{words.label(vocab.CODE, 'red')} {words.within(*MOMENTS[moment])}", justify="right"
        )
    for by in ("division", "sector", "size"):
        own = [row for row in found.groups if row["grouped_by"] == by]
        shown = [name for name in dict.fromkeys(row["group"] for row in own) if _moves(_of(own, name))]
        for at, name in enumerate(shown):
            rows = _of(own, name)
            issued = [row for row in rows if row["moment"] == "issued"]
            cells = [
                f"{sum(row['enterprises'] for row in issued):,}",
                f"{_moved(issued, 1):,}",
                f"{_moved(issued, -1):,}",
                *(_change(*_reds(rows, moment)) for moment in ("issued", "facts")),
            ]
            label = f"{words(_GROUPED_BY[by])} {_group_label(by, name, words)}"
            table.add_row(escape(label), *cells, end_section=at == len(shown) - 1)
    return table


def _of(rows: Iterable[Row], group: str | None) -> list[Row]:
    return [row for row in rows if row["group"] == group]


def _moves(rows: Iterable[Row]) -> bool:
    return any(row["old"] != row["new"] for row in rows if row["moment"] != "later")


def _moved(rows: Iterable[Row], way: int) -> int:
    rank = vocab.CODE_RANKS
    return sum(row["enterprises"] for row in rows if way * (rank[row["new"]] - rank[row["old"]]) > 0)


def _reds(rows: Sequence[Row], moment: str) -> tuple[int, int]:
    own = [row for row in rows if row["moment"] == moment]
    old, new = (sum(row["enterprises"] for row in own if row[side] == "red") for side in ("old", "new"))
    return old, new


def _group_label(by: str, name: str | None, words: Words) -> str:
    if by == "division":
        return words.division(name)
    return words.label(vocab.SECTOR if by == "sector" else SIZE, name)


def _show_work(found: PackDiff, words: Words, console: Console) -> None:
    if not found.planned and not found.load:
        console.print(
            words("The day lies before the plan, which is not made again for the past: no workload")
        )
        return
    table = plain_table()
    table.add_column(words.within("visit", "why"))
    for head in (words("visits"), words("scheduled"), words("days")):
        table.add_column(head, justify="right")
    names = ("visits", "scheduled", "person_days")
    for row in found.planned:
        cells = [_change(row[f"old_{name}"], row[f"new_{name}"]) for name in names]
        table.add_row(words.label(CHANNEL, row["channel"]), *cells)
    total = [
        _change(*(sum(r[f"{s}_{name}"] for r in found.planned) for s in ("old", "new"))) for name in names
    ]
    table.add_section()
    table.add_row(f"[bold]{words('total')}[/]", *total)
    console.print(table)
    for row in found.load:
        told = words(
            "{month}: person-days planned {load}, available {capacity}; short of the annual budget {short}",
            month=f"{row['month_on']:%Y-%m}",
            load=_change(row["old_load_days"], row["new_load_days"]),
            capacity=_change(row["old_person_days"], row["new_person_days"]),
            short=_change(row["old_short_days"], row["new_short_days"]),
        )
        console.print(told, highlight=False)
    heading(console, words("What the rules ask for and the plan does not do"))
    table = plain_table(show_header=False)
    for row in found.shortfalls:
        table.add_row(
            words.label(SCOPE, row["scope"]),
            escape(words.label(BINDING, row["rule"])),
            _change(row["old_count"], row["new_count"]),
        )
    for row in found.caps:
        cells = (_change(row["old_enterprises"], row["new_enterprises"]),)
        table.add_row("C4", words(_CAPS[row["what"]]), *cells)
    console.print(table)


def _firms_table(rows: Sequence[Row], titles: Mapping[str, str], words: Words) -> Table:
    table = plain_table()
    table.add_column(words("enterprise id"), no_wrap=True)
    table.add_column(words("name"), overflow="ellipsis", no_wrap=True, max_width=14)
    table.add_column(words.within(*MOMENTS["issued"]), no_wrap=True)
    table.add_column(words.within(*MOMENTS["facts"]), no_wrap=True)
    table.add_column(words("score"), justify="right", no_wrap=True)
    table.add_column(words("main reasons"), overflow="fold")
    for row in rows:
        why = (
            reason_text(row["reasons"][0], words) if row["reasons"] else titles.get(row["new_decided_by"], "")
        )
        table.add_row(
            row["enterprise_id"],
            escape(row["name"] or "–"),
            *(_codes(row, moment, words) for moment in ("issued", "facts")),
            " → ".join(dict.fromkeys((str(row["old_score"]), str(row["new_score"])))),
            escape(why),
        )
    return table


def _codes(row: Row, moment: str, words: Words) -> str:
    old, new = row[f"old_{moment}"], row[f"new_{moment}"]
    return words.code(old) if old == new else f"{words.code(old)}→{words.code(new)}"


def reason_text(reason: Row, words: Words) -> str:
    """A reason that is not the same under both packs, in a few words."""
    title = words.either(reason, "title") or reason["factor"]
    if reason["kind"] == "points":
        return f"{title} {reason['old_points'] or 0:+d} → {reason['new_points'] or 0:+d}"
    if reason["spoke"] and reason["speaks"]:
        return title
    return f"{'+' if reason['speaks'] else '-'} {title}"


def show_firm(found: PackDiff, row: Row, titles: Mapping[str, str], words: Words, console: Console) -> None:
    """An enterprise's own preview."""
    _show_title(found, words, console)
    console.print(f"\n{escape(row['name'] or '–')}  [dim]{escape(row['enterprise_id'])}[/]", highlight=False)
    table = plain_table()
    table.add_column("")
    for head in _sides(words):
        table.add_column(head)
    for moment in MOMENTS:
        table.add_row(
            _moment(found, moment, words), *(words.code(row[f"{side}_{moment}"]) for side in ("old", "new"))
        )
    table.add_row(words("score"), *(str(row[f"{side}_score"]) for side in ("old", "new")))
    by = [row[f"{side}_decided_by"] for side in ("old", "new")]
    table.add_row(words("decided by"), *(escape(titles.get(one, one)) for one in by))
    console.print(table)
    reasons = plain_table()
    reasons.add_column(words("reason"), overflow="fold")
    for head in _sides(words):
        reasons.add_column(head, justify="right")
    for one in row["reasons"]:
        reasons.add_row(escape(words.either(one, "title") or one["factor"]), *_weights(one, words))
    if row["reasons"]:
        console.print()
        console.print(reasons)


def _sides(words: Words) -> tuple[str, str]:
    return words.within("pack", "old"), words.within("pack", "new")


def _weights(reason: Row, words: Words) -> list[str]:
    if reason["kind"] == "points":
        return [f"{reason[f'{side}_points'] or 0:+d}" for side in ("old", "new")]
    return [words("holds") if reason[key] else "–" for key in ("spoke", "speaks")]


# ---------------------------------------------------------------------------------------- lint and list


def show_findings(found: Sequence[Finding], pack: str, words: Words, console: Console) -> None:
    """Faults of a pack, errors first."""
    if not found:
        console.print(words("{pack}: nothing found", pack=pack), highlight=False)
        return
    for one in found:
        colour = "bold red" if one.severity == "error" else "yellow"
        text = words.of(one)
        console.print(
            f"[{colour}]{words(_SEVERITIES[one.severity])}[/] {one.file}.yaml: {escape(one.field)}: {escape(text)}",
            highlight=False,
            soft_wrap=True,
        )
    errors = sum(one.severity == "error" for one in found)
    console.print(
        words(
            "{pack}: {errors} errors, {warnings} warnings",
            pack=pack,
            errors=errors,
            warnings=len(found) - errors,
        ),
        highlight=False,
    )


def show_list(
    activations: Sequence[Row], files: Sequence[Row], pack: str, words: Words, console: Console
) -> None:
    """Activations, newest first, and how the files at hand compare."""
    if activations:
        console.print(_activations_table(activations, words))
    else:
        console.print(words("Nothing is coded yet; the first run activates {pack}", pack=pack))
    heading(console, words("Packs at hand (files)"))
    table = plain_table(show_header=False)
    for row in files:
        if row["error"]:
            table.add_row(row["pack"], "–", f"[red]{escape(row['error'])}[/]")
            continue
        state = words(_FILES[row["state"]]) if activations else ""
        table.add_row(row["pack"], f"{row['version']} ({row['hash'][:_HASH]})", state)
    console.print(table)


def _activations_table(activations: Sequence[Row], words: Words) -> Table:
    table = plain_table()
    table.add_column("#", justify="right")
    for head in (words.within("pack", "from"), words("state"), words("pack"), words("by")):
        table.add_column(head, no_wrap=True)
    table.add_column(words("why"), overflow="fold")
    for row in activations:
        state = words(_ACTIVATIONS[row["state"]])
        table.add_row(
            str(row["number"]),
            f"{row['effective_from']}",
            f"[bold green]{state}[/]" if row["state"] == "active" else state,
            f"{escape(row['pack'])} {escape(row['version'])} ({row['pack_hash'][:_HASH]})",
            escape(row["activated_by"] or "–"),
            escape(_why(row, words)),
        )
    return table


def _why(row: Row, words: Words) -> str:
    if row["kind"] == "initial":
        return words("recorded at the first coding")
    if row["diff"] is None:
        return f"{row['reason']} ({words('without a comparison')})"
    moved = sum(
        one["enterprises"]
        for one in json.loads(row["diff"])["matrix"]
        if one["moment"] == "issued" and one["old"] != one["new"]
    )
    return f"{row['reason']} ({words('{n} codes changed in the comparison', n=f'{moved:,}')})"
