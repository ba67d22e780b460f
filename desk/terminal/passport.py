"""A passport in a terminal of 80 columns: the code and why, what time brings, what would change it, its history."""

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from desk.say import passport as sentences
from desk.say.facts import Texts
from desk.words.words import Words
from warehouse.database.reading import Row

_FINDINGS, _CHANGES = 5, 5
"""Open findings and changes that are shown; the page has more, JSON all."""


def show_passport(found: Row, words: Words, console: Console) -> None:
    """Everything about one code that fits a screen or two."""
    texts = Texts(words.language)
    _head(found, words, texts, console)
    console.print(_points(found, words, texts))
    _rules(found, words, texts, console)
    _time(found, words, texts, console)
    _ways(found, words, texts, console)
    _near(found, texts, console)
    _history(found, words, texts, console)
    for one in found["foretold"]:
        chance = words("label_" + one["label"])
        _line(
            console,
            f"{chance}: {one['probability']:.1%} ({one['low']:.1%}–{one['high']:.1%}) · "
            f"{one[f'wording_{words.language}']} ({one['base_rate']:.1%})",
        )
    console.print(
        f"[dim]{escape(found['pack'])} {found['pack_version']} · {found['pack_hash'][:12]} · "
        f"{found['fingerprint'][:12]} · {words('assumption')}\n{words('passport_page')}[/]",
        highlight=False,
    )


def _head(found: Row, words: Words, texts: Texts, console: Console) -> None:
    console.print(
        f"[bold]{escape(found['name'])}[/]  [dim]{escape(found['enterprise_id'])}[/]", highlight=False
    )
    facts = [
        texts("since", day=found["since"]),
        *([texts("provisional")] if found["is_provisional"] else []),
        texts("by_score", score=found["score"]),
        texts("as_of", day=found["as_of"]),
        words.division(found["division"]),
        texts.datum("sector", found["sector"]),
    ]
    console.print(f"{words.code(found['code'])} {escape(' · '.join(facts))}", highlight=False)
    if mark := sentences.contested(found, texts):
        console.print(f"[bold black on yellow] ⚑ {escape(mark)} [/]", highlight=False)
    console.print()
    console.print(f"[bold]{escape(sentences.because(found, texts))}[/]", highlight=False)
    for sentence in sentences.also(found, texts):
        console.print(escape(sentence), highlight=False)
    console.print()


def _points(found: Row, words: Words, texts: Texts) -> Table:
    """The points of the score, with what becomes of them."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(words("reason"), overflow="fold", ratio=5)
    table.add_column(words("points"), justify="right", no_wrap=True)
    table.add_column(texts("until"), overflow="fold", ratio=4)
    table.add_column(words("basis"), no_wrap=True)
    for reason in sentences.scored(found):
        datum = texts.datum(reason["factor"], reason["value"])
        table.add_row(
            f"{escape(texts.either(reason, 'title'))} [dim]{escape(datum)}[/]",
            f"[{'default' if reason['points'] > 0 else 'green'}]{reason['points']:+d}[/]",
            f"[dim]{escape(sentences.later(reason, texts, most=2))}[/]",
            words(reason["basis"]),
        )
    table.add_section()
    limits = " · ".join(f"{texts.code(code)} ≥{least}" for code, least in found["cut_offs"].items())
    table.add_row(
        f"[bold]{words('sum')}[/]", f"[bold]{found['score']:+d}[/]", f"[dim]{escape(limits)}[/]", ""
    )
    return table


def _rules(found: Row, words: Words, texts: Texts, console: Console) -> None:
    if not sentences.rules(found):
        return
    _title(console, texts("rules_title"))
    for rule in sentences.rules(found):
        datum = texts.datum(rule["factor"], rule["value"])
        _line(
            console,
            f"{words.code(rule['code'])} {escape(texts.either(rule, 'title'))} [dim]{escape(datum)}[/]",
        )
        clearing = texts.either(rule, "clearing")
        told = [f"{words('clearing')}: {clearing}"] if clearing else []
        _line(
            console,
            f"[dim]{escape(' · '.join([*told, sentences.ends(rule, texts), words(rule['basis'])]))}[/]",
            4,
        )


def _time(found: Row, words: Words, texts: Texts, console: Console) -> None:
    if not found["forecast"]:
        return
    _title(console, texts("if_nothing"))
    table = Table.grid(padding=(0, 1))
    for stretch in sentences.outlook(found, texts):
        waits = f"\n{stretch.waits}" if stretch.waits else ""
        table.add_row(
            words.code(stretch.code), escape(stretch.when), f"[dim]{escape(stretch.why + waits)}[/]"
        )
    console.print(Padding(table, (0, 0, 0, 2), expand=False), highlight=False)


def _ways(found: Row, words: Words, texts: Texts, console: Console) -> None:
    _title(console, texts("do"))
    if not found["ways"]:
        _line(console, escape(sentences.no_way(found, texts)))
        for title, clearing in sentences.helps(found, texts):
            _line(console, f"□ {escape(title)}{texts('colon')}{escape(clearing)}")
    for at, option in enumerate(found["ways"] or [], start=1):
        named = f"{texts('option', n=at)}{texts('colon')}" if len(found["ways"]) > 1 else ""
        _line(console, f"{named}{words.code(option['code'])} {escape(sentences.promise(option, texts))}")
        for act in option["acts"]:
            _line(console, f"□ {escape(sentences.act(act, texts))} [dim]{escape(act['ref'] or '')}[/]", 4)
        if not option["acts"]:
            _line(console, escape(texts("wait")), 4)
        if not option["is_searched"]:
            _line(console, f"[dim]{escape(texts('unsearched'))}[/]", 4)
    if condition := sentences.condition(found, texts):
        _line(console, f"[dim]{escape(condition)}[/]")
    findings = found["open_findings"]
    if findings:
        _line(console, f"{escape(texts('open_findings'))} ({len(findings)})")
    for finding in findings[:_FINDINGS]:
        colour = "red" if finding["is_overdue"] else "default"
        _line(console, f"[{colour}]{escape(sentences.finding(finding, texts))}[/]", 4)


def _near(found: Row, texts: Texts, console: Console) -> None:
    if found["near_red"] is None or found["code"] == "red":
        return
    _title(console, texts("near"))
    events = texts("list").join(sentences.event(one["event"], texts) for one in found["near_red"])
    told = f"{texts('near_yes_short')}{texts('colon')}{events}" if events else texts("near_no")
    _line(console, escape(told))


def _history(found: Row, words: Words, texts: Texts, console: Console) -> None:
    if not found["history"]:
        return
    _title(console, texts("history"))
    for row in list(reversed(found["history"]))[:_CHANGES]:
        _line(
            console, f"{words.code(row['code'])} {row['valid_from']} {escape(sentences.turned(row, texts))}"
        )
        for cause in sentences.causes(row, texts):
            _line(console, f"[dim]{escape(cause)}[/]", 4)
    if len(found["history"]) > _CHANGES:
        _line(console, f"[dim]{escape(texts('more_rows', n=len(found['history']) - _CHANGES))}[/]")


def _title(console: Console, text: str) -> None:
    console.print(f"\n[bold]{escape(text)}[/]", highlight=False)


def _line(console: Console, text: str, indent: int = 2) -> None:
    """A line of a section, folded under itself."""
    console.print(Padding(text, (0, 0, 0, indent), expand=False), highlight=False)
