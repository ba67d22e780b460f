"""A passport in a terminal of 80 columns: the code and why, what time brings, what would change it, its history."""

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from desk.say import facts, ways
from desk.say import passport as sentences
from desk.say.plan import NO_TARGET
from desk.terminal.layout import plain_table
from desk.words.words import Words
from models.messages import N_
from warehouse.database.reading import Row

_FINDINGS, _CHANGES = 5, 5
"""Open findings and changes that are shown; the page has more, JSON all."""


CHANCES = {
    "serious_finding": N_("chance of a serious finding at the next visit"),
    "penalty": N_("chance of a finding or penalty within 12 months"),
    "accident": N_("chance of an accident within 12 months"),
    "lost_time_injury": N_("chance of a lost-time injury within 12 months"),
    "bad_score": N_("chance of 28 points or more at the next scored visit"),
}
"""What a fitted card foretells, by label."""


def show_passport(found: Row, words: Words, console: Console) -> None:
    """Everything about one code that fits a screen or two."""
    _head(found, words, console)
    console.print(_points(found, words))
    _rules(found, words, console)
    _time(found, words, console)
    _ways(found, words, console)
    _near(found, words, console)
    _history(found, words, console)
    _foot(found, words, console)


def _foot(found: Row, words: Words, console: Console) -> None:
    """Chances that a fitted card foretells, and what the code was made from."""
    for one in found["foretold"]:
        label = one["label"]
        chance = words(CHANCES[label]) if label in CHANCES else label
        _line(
            console,
            f"{chance}: {one['probability']:.1%} ({one['low']:.1%}–{one['high']:.1%}) · "
            f"{words.either(one, 'wording')} ({one['base_rate']:.1%})",
        )
    if found["foretold"]:
        _line(console, f"[dim]{words(NO_TARGET)}[/]")
    made = [
        escape(found["pack"]) + f" {found['pack_version']}",
        found["pack_hash"][:12],
        found["fingerprint"][:12],
    ]
    made.append(words("Cut-offs and points are this project's assumptions, not Jinan's"))
    page = words("as a page: ./riskcode explain ID --html")
    console.print(f"[dim]{' · '.join(made)}\n{page}[/]", highlight=False)


def _head(found: Row, words: Words, console: Console) -> None:
    console.print(
        f"[bold]{escape(found['name'])}[/]  [dim]{escape(found['enterprise_id'])}[/]", highlight=False
    )
    told = [
        words("since {day}", day=found["since"]),
        *([words("provisional")] if found["is_provisional"] else []),
        words("{score} risk points", score=found["score"]),
        words("as of {day}", day=found["as_of"]),
        words.division(found["division"]),
        facts.datum("sector", found["sector"], words),
    ]
    console.print(f"{words.code(found['code'])} {escape(' · '.join(told))}", highlight=False)
    if mark := sentences.contested(found, words):
        console.print(f"[bold black on yellow] ⚑ {escape(mark)} [/]", highlight=False)
    console.print()
    console.print(f"[bold]{escape(sentences.because(found, words))}[/]", highlight=False)
    for sentence in sentences.also(found, words):
        console.print(escape(sentence), highlight=False)
    console.print()


def _points(found: Row, words: Words) -> Table:
    """The points of the score, with what becomes of them."""
    table = plain_table()
    table.add_column(words("reason"), overflow="fold", ratio=5)
    table.add_column(words("points"), justify="right", no_wrap=True)
    table.add_column(words("later, if nothing new happens"), overflow="fold", ratio=4)
    table.add_column(words("basis"), no_wrap=True)
    for reason in sentences.scored(found):
        datum = facts.datum(reason["factor"], reason["value"], words)
        table.add_row(
            f"{escape(words.either(reason, 'title'))} [dim]{escape(datum)}[/]",
            f"[{'default' if reason['points'] > 0 else 'green'}]{reason['points']:+d}[/]",
            f"[dim]{escape(sentences.later(reason, words, most=2))}[/]",
            facts.basis(reason["basis"], words),
        )
    table.add_section()
    total = words("sum")
    limits = " · ".join(f"{facts.code(code, words)} ≥{least}" for code, least in found["cut_offs"].items())
    table.add_row(f"[bold]{total}[/]", f"[bold]{found['score']:+d}[/]", f"[dim]{escape(limits)}[/]", "")
    return table


def _rules(found: Row, words: Words, console: Console) -> None:
    if not sentences.rules(found):
        return
    _title(console, words("Rules that set the colour by themselves"))
    clears = words("what clears it")
    for rule in sentences.rules(found):
        datum = facts.datum(rule["factor"], rule["value"], words)
        _line(
            console,
            f"{words.code(rule['code'])} {escape(words.either(rule, 'title'))} [dim]{escape(datum)}[/]",
        )
        clearing = words.either(rule, "clearing")
        told = [f"{clears}{words.colon}{clearing}"] if clearing else []
        _line(
            console,
            f"[dim]{escape(' · '.join([*told, sentences.ends(rule, words), facts.basis(rule['basis'], words)]))}[/]",
            4,
        )


def _time(found: Row, words: Words, console: Console) -> None:
    if not found["forecast"]:
        return
    _title(console, words("If nothing new happens"))
    table = Table.grid(padding=(0, 1))
    for stretch in sentences.outlook(found, words):
        waits = f"\n{stretch.waits}" if stretch.waits else ""
        table.add_row(
            words.code(stretch.code), escape(stretch.when), f"[dim]{escape(stretch.why + waits)}[/]"
        )
    console.print(Padding(table, (0, 0, 0, 2), expand=False), highlight=False)


def _ways(found: Row, words: Words, console: Console) -> None:
    _title(console, words("What would change it"))
    if not found["ways"]:
        _line(console, escape(ways.no_way(found, words)))
        for title, clearing in ways.helps(found, words):
            _line(console, f"□ {escape(title)}{words.colon}{escape(clearing)}")
    for at, option in enumerate(found["ways"] or [], start=1):
        named = words("Option {n}", n=at) + words.colon if len(found["ways"]) > 1 else ""
        _line(console, f"{named}{words.code(option['code'])} {escape(ways.promise(option, words))}")
        for act in option["acts"]:
            _line(console, f"□ {escape(ways.act(act, words))} [dim]{escape(act['ref'] or '')}[/]", 4)
        if not option["acts"]:
            _line(console, escape(words("Nothing needs be done; waiting is enough")), 4)
        if not option["is_searched"]:
            unsearched = words(
                "All of these together are enough; whether fewer would do was not searched to the end"
            )
            _line(console, f"[dim]{escape(unsearched)}[/]", 4)
    if condition := ways.condition(found, words):
        _line(console, f"[dim]{escape(condition)}[/]")
    findings = found["open_findings"]
    if findings:
        title = words("Findings not yet rectified")
        _line(console, f"{escape(title)} ({len(findings)})")
    for finding in findings[:_FINDINGS]:
        colour = "red" if finding["is_overdue"] else "default"
        _line(console, f"[{colour}]{escape(ways.finding(finding, words))}[/]", 4)


def _near(found: Row, words: Words, console: Console) -> None:
    if found["code"] == "red":
        return
    _title(console, words("One event from RED"))
    events = words.listing(ways.event(one["event"], words) for one in found["near_red"])
    told = words("any of these makes it RED") + words.colon + events if events else words(ways.NOT_NEAR)
    _line(console, escape(told))


def _history(found: Row, words: Words, console: Console) -> None:
    if not found["history"]:
        return
    _title(console, words("How the code has changed"))
    for row in list(reversed(found["history"]))[:_CHANGES]:
        _line(
            console, f"{words.code(row['code'])} {row['valid_from']} {escape(sentences.turned(row, words))}"
        )
        for cause in sentences.causes(row, words):
            _line(console, f"[dim]{escape(cause)}[/]", 4)
    if len(found["history"]) > _CHANGES:
        earlier = words("{n} earlier changes", n=len(found["history"]) - _CHANGES)
        _line(console, f"[dim]{escape(earlier)}[/]")


def _title(console: Console, text: str) -> None:
    console.print(f"\n[bold]{escape(text)}[/]", highlight=False)


def _line(console: Console, text: str, indent: int = 2) -> None:
    """A line of a section, folded under itself."""
    console.print(Padding(text, (0, 0, 0, indent), expand=False), highlight=False)
