"""How rule packs look in a terminal: what one would change, its faults, and which were in force."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from desk.say.visits import rule_texts
from desk.words.labels import CHANNEL, SCOPE, SIZE
from desk.words.words import Words
from models import vocabulary as vocab
from warehouse.database.reading import Row

if TYPE_CHECKING:
    from models.lint.faults import Finding
    from warehouse.what_if.pack_diff import PackDiff

MOMENTS = ("issued", "facts", "later")
CODES = tuple(reversed(vocab.CODE_KEYS))
MOST_FIRMS = 10
"""Enterprises shown; --output has all."""
_HASH = 8


def _table(**more: Any) -> Table:
    return Table(box=None, pad_edge=False, header_style="bold", **more)


def _heading(console: Console, text: str) -> None:
    console.print(f"\n[bold]{escape(text)}[/]", highlight=False)


def _change(old: float, new: float) -> str:
    """Two numbers and their difference; one where there is none."""
    told = [f"{one:,.1f}".removesuffix(".0") for one in (old, new, abs(new - old))]
    if told[0] == told[1]:
        return told[0]
    sign, colour = ("+", "red") if new > old else ("-", "green")
    return f"{told[0]} → {told[1]} [{colour}]({sign}{told[2]})[/]"


# ------------------------------------------------------------------------------------------------ diff


def show_diff(found: "PackDiff", titles: Mapping[str, str], words: Words, console: Console) -> None:
    """What another pack would change in the whole city."""
    _show_title(found, words, console)
    console.print(_counts_table(found, words))
    for moment in ("issued", "facts"):
        told = words("policy_matrix", moment=words(f"moment_{moment}"), moved=f"{found.moved(moment):,}")
        _heading(console, told)
        console.print(_matrix_table(found, moment, words))
    _heading(console, words("policy_groups"))
    groups = _groups_table(found, words)
    console.print(groups if groups.row_count else words("policy_same_groups"))
    _heading(console, words("policy_work"))
    _show_work(found, words, console)
    shown = found.firms[:MOST_FIRMS]
    if not shown:
        _heading(console, words("policy_none_differ"))
        return
    _heading(console, words("policy_firms", n=len(shown), all=f"{len(found.firms):,}"))
    console.print(_firms_table(shown, titles, words))
    console.print(f"[dim]{escape(words('policy_next'))}[/]", highlight=False)


def _show_title(found: "PackDiff", words: Words, console: Console) -> None:
    old, new = (
        f"{side.name} {side.version} ({side.content_hash[:_HASH]})" for side in (found.old, found.new)
    )
    title = words("policy_title", old=old, new=new, day=found.as_of, n=f"{found.enterprises:,}")
    console.print(f"[bold]{escape(title)}[/]", highlight=False)
    console.print(f"[dim]{escape(words('policy_moments', later=found.later_on))}[/]", highlight=False)
    if found.card:
        console.print(f"[yellow]{words('policy_card', card=found.card)}[/]", highlight=False)


def _counts_table(found: "PackDiff", words: Words) -> Table:
    table = _table()
    table.add_column(words("code"))
    for moment in MOMENTS:
        name = f"{found.later_on}" if moment == "later" else words(f"moment_{moment}")
        table.add_column(name, justify="right", no_wrap=True)
    counts = {moment: [found.counts(moment, side) for side in ("old", "new")] for moment in MOMENTS}
    for code in CODES:
        cells = [_change(*(one.get(code, 0) for one in counts[moment])) for moment in MOMENTS]
        table.add_row(words.code(code), *cells)
    return table


def _matrix_table(found: "PackDiff", moment: str, words: Words) -> Table:
    counts = {(row["old"], row["new"]): row["enterprises"] for row in found.matrix if row["moment"] == moment}
    table = _table()
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


def _groups_table(found: "PackDiff", words: Words) -> Table:
    """Groups in which the code of anybody changes, on the day or by the facts."""
    table = _table()
    table.add_column(words("group"), no_wrap=True, overflow="ellipsis", max_width=34)
    for name in ("enterprises", "worse", "better"):
        table.add_column(words(name), justify="right")
    for moment in ("issued", "facts"):
        table.add_column(f"{words.label(vocab.CODE, 'red')} {words(f'moment_{moment}')}", justify="right")
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
            label = f"{words(f'by_{by}')} {_group_label(by, name, words)}"
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


def _show_work(found: "PackDiff", words: Words, console: Console) -> None:
    if not found.planned and not found.load:
        console.print(words("policy_no_work"))
        return
    table = _table()
    table.add_column(words("channel"))
    for name in ("visits", "scheduled_n", "days"):
        table.add_column(words(name), justify="right")
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
        told = {name: _change(row[f"old_{key}"], row[f"new_{key}"]) for name, key in _LOAD.items()}
        console.print(words("policy_month", month=f"{row['month_on']:%Y-%m}", **told), highlight=False)
    _heading(console, words("policy_short"))
    rules = rule_texts(words)
    table = _table(show_header=False)
    for row in found.shortfalls:
        rule = rules.get(row["rule"]) or str(row["rule"])
        table.add_row(
            words.label(SCOPE, row["scope"]), escape(rule), _change(row["old_count"], row["new_count"])
        )
    for row in found.caps:
        cells = (_change(row["old_enterprises"], row["new_enterprises"]),)
        table.add_row("C4", words(f"cap_{row['what']}"), *cells)
    console.print(table)


_LOAD = {"load": "load_days", "capacity": "person_days", "short": "short_days"}


def _firms_table(rows: Sequence[Row], titles: Mapping[str, str], words: Words) -> Table:
    table = _table()
    table.add_column(words("id"), no_wrap=True)
    table.add_column(words("name"), overflow="ellipsis", no_wrap=True, max_width=14)
    table.add_column(words("moment_issued"), no_wrap=True)
    table.add_column(words("moment_facts"), no_wrap=True)
    table.add_column(words("score"), justify="right", no_wrap=True)
    table.add_column(words("reasons"), overflow="fold")
    for row in rows:
        why = (
            reason_text(row["reasons"][0], words) if row["reasons"] else titles.get(row["new_decided_by"], "")
        )
        table.add_row(
            row["enterprise_id"],
            escape(row["name"] or "–"),
            *(_codes(row, moment, words) for moment in ("issued", "facts")),
            str(row["new_score"]) if row["old_score"] == row["new_score"] else _arrow(row),
            escape(why),
        )
    return table


def _arrow(row: Row) -> str:
    return f"{row['old_score']} → {row['new_score']}"


def _codes(row: Row, moment: str, words: Words) -> str:
    old, new = row[f"old_{moment}"], row[f"new_{moment}"]
    return words.code(old) if old == new else f"{words.code(old)}→{words.code(new)}"


def reason_text(reason: Row, words: Words) -> str:
    """A reason that is not the same under both packs, in a few words."""
    title = reason[f"title_{words.language}"] or reason["factor"]
    if reason["kind"] == "points":
        return f"{title} {reason['old_points'] or 0:+d} → {reason['new_points'] or 0:+d}"
    if reason["spoke"] and reason["speaks"]:
        return title
    return f"{'+' if reason['speaks'] else '-'} {title}"


def show_firm(found: "PackDiff", row: Row, titles: Mapping[str, str], words: Words, console: Console) -> None:
    """An enterprise's own preview."""
    _show_title(found, words, console)
    console.print(f"\n{escape(row['name'] or '–')}  [dim]{escape(row['enterprise_id'])}[/]", highlight=False)
    table = _table()
    table.add_column("")
    for side in ("old_pack", "new_pack"):
        table.add_column(words(side))
    for moment in MOMENTS:
        name = f"{found.later_on}" if moment == "later" else words(f"moment_{moment}")
        table.add_row(name, *(words.code(row[f"{side}_{moment}"]) for side in ("old", "new")))
    table.add_row(words("score"), *(str(row[f"{side}_score"]) for side in ("old", "new")))
    by = [row[f"{side}_decided_by"] for side in ("old", "new")]
    table.add_row(words("decided_by"), *(escape(titles.get(one, one)) for one in by))
    console.print(table)
    reasons = _table()
    reasons.add_column(words("reason"), overflow="fold")
    for side in ("old_pack", "new_pack"):
        reasons.add_column(words(side), justify="right")
    for one in row["reasons"]:
        reasons.add_row(escape(one[f"title_{words.language}"] or one["factor"]), *_weights(one, words))
    if row["reasons"]:
        console.print()
        console.print(reasons)


def _weights(reason: Row, words: Words) -> list[str]:
    if reason["kind"] == "points":
        return [f"{reason[f'{side}_points'] or 0:+d}" for side in ("old", "new")]
    return [words("speaks") if reason[key] else "–" for key in ("spoke", "speaks")]


# ---------------------------------------------------------------------------------------- lint and list


def show_findings(found: "Sequence[Finding]", pack: str, words: Words, console: Console) -> None:
    """Faults of a pack, errors first."""
    if not found:
        console.print(words("lint_clean", pack=pack), highlight=False)
        return
    for one in found:
        colour = "bold red" if one.severity == "error" else "yellow"
        # A text of the pack within the sentence has the reader's language, where the pack has it.
        facts = {name: getattr(told, words.language, told) for name, told in one.facts.items()}
        text = words(one.message, **facts)
        console.print(
            f"[{colour}]{words(one.severity)}[/] {one.file}.yaml: {escape(one.field)}: {escape(text)}",
            highlight=False,
            soft_wrap=True,
        )
    errors = sum(one.severity == "error" for one in found)
    console.print(
        words("lint_found", pack=pack, errors=errors, warnings=len(found) - errors), highlight=False
    )


def show_list(
    activations: Sequence[Row], files: Sequence[Row], pack: str, words: Words, console: Console
) -> None:
    """Activations, newest first, and how the files at hand compare."""
    if activations:
        console.print(_activations_table(activations, words))
    else:
        console.print(words("policy_no_activations", pack=pack))
    _heading(console, words("policy_packaged"))
    table = _table(show_header=False)
    for row in files:
        if row["error"]:
            table.add_row(row["pack"], "–", f"[red]{escape(row['error'])}[/]")
            continue
        state = {"same": "files_same", "stored": "files_stored", "differ": "files_differ"}[row["state"]]
        table.add_row(
            row["pack"], f"{row['version']} ({row['hash'][:_HASH]})", words(state) if activations else ""
        )
    console.print(table)


def _activations_table(activations: Sequence[Row], words: Words) -> Table:
    table = _table()
    table.add_column("#", justify="right")
    for name in ("effective_from", "state", "pack", "activated_by"):
        table.add_column(words(name), no_wrap=True)
    table.add_column(words("why"), overflow="fold")
    for row in activations:
        state = words(f"pack_{row['state']}")
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
        return words("pack_initial")
    if row["diff"] is None:
        return f"{row['reason']} ({words('pack_without_diff')})"
    moved = sum(
        one["enterprises"]
        for one in json.loads(row["diff"])["matrix"]
        if one["moment"] == "issued" and one["old"] != one["new"]
    )
    return f"{row['reason']} ({words('pack_moved', n=f'{moved:,}')})"
