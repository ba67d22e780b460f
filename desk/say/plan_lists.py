"""The plan as lists for people: the year, the month, a day."""

from collections.abc import Sequence
from datetime import date

from desk.say.authorities import contested_line
from desk.say.lists import MOST_CHECKS, Column, Listing, Row, authority_column, firm_columns, value
from desk.say.visits import check_text, people_text
from desk.words.labels import BINDING, CHANGE, CHANNEL, SCOPE
from desk.words.words import Words
from models import vocabulary as vocab
from models.messages import N_, NC_


def of_year(told: Row, words: Words) -> list[Listing]:
    """Budget, floors and draws of a year."""
    title = words("Annual plan {year} as of {as_of}", year=told["plan"]["year"], as_of=told["plan"]["as_of"])
    return [
        budget(told["budget"], title, words),
        floors(told["floors"], title, words),
        draws(told["draws"], title, words),
    ]


def month_title(plan: Row, words: Words) -> str:
    """Which days a plan is for, and when it was made."""
    return words(
        "Plan from {first} to {last}, made as of {as_of}",
        first=plan["first_on"],
        last=plan["last_on"],
        as_of=plan["as_of"],
    )


def of_month(told: Row, words: Words) -> list[Listing]:
    """Visits, load, what is not possible, contested authorities, and what changed."""
    title = month_title(told["plan"], words)
    return [
        visits(told["visits"], title, words),
        load(told["load"], title, words),
        shortfalls(told["shortfalls"], title, words),
        contested(told["contested"], title, words),
        changes(told["changes"], title, words),
    ]


def of_day(found: Sequence[Row], day: date, words: Words) -> Listing:
    """The visits of a day."""
    return visits(found, words("Visits of {day}: {n}", day=day, n=len(found)), words)


def visits(found: Sequence[Row], title: str, words: Words) -> Listing:
    """Planned visits in the order in which crews make them: where, why, who, what to check."""

    def to_check(row: Row) -> str:
        told = [check_text(check, words) for check in row["checks"][:MOST_CHECKS]]
        more = len(row["checks"]) - MOST_CHECKS
        return words.within("between reasons", "; ").join(
            [*told, *([words("{n} more", n=more)] if more > 0 else [])]
        )

    columns = (
        Column(words("day"), value("planned_on"), 11),
        authority_column(words),
        Column(words("team"), lambda row: words.team(row["crew_id"]), 11),
        Column(words("stop"), value("stop"), 5),
        *firm_columns(words),
        Column(words("district"), lambda row: words.division(row["place"]), 9),
        Column(words("code"), lambda row: words.label(vocab.CODE, row["code"]), 6),
        Column(words.within("visit", "why"), words.channels, 15),
        Column(words.within("deadline", "due"), lambda row: row["due_on"] or "–", 11),
        Column(words("mode"), lambda row: words.label(vocab.INSPECTION_MODE, row["mode"]), 6),
        Column(words("officers"), lambda row: people_text(row, words), 16),
        Column(words("what to check"), to_check, 52),
    )
    return Listing(words("visits"), title, columns, found)


BUDGET_COLUMNS = {
    "people": NC_("working days", "people"),
    "total_days": NC_("working days", "total"),
    "other_days": NC_("working days", "other enf."),
    "non_enforcement_days": NC_("working days", "no enf."),
    "inspection_days": NC_("working days", "insp."),
    "annual_full_days": NC_("working days", "coverage"),
    "random_days": NC_("working days", "draws"),
    "other_planned_days": NC_("working days", "others"),
    "short_days": NC_("working days", "short"),
}


FLOOR_COLUMNS = {
    "base": N_("base"),
    "required": N_("required"),
    "done": N_("done"),
    "planned": N_("planned"),
    "short": N_("short"),
}


def budget(found: Sequence[Row], title: str, words: Words) -> Listing:
    """Person-days of every authority for the months that are left (150号)."""
    days = (Column(words.within(*head), value(name), 11) for name, head in BUDGET_COLUMNS.items())
    return Listing(words("person-days"), title, (authority_column(words), *days), found)


def floors(found: Sequence[Row], title: str, words: Words) -> Listing:
    """What must be reached this year, by authority."""
    columns = (
        authority_column(words),
        Column(words("kind"), lambda row: words.label(CHANNEL, row["channel"]), 20),
        *(Column(words(head), value(name), 10) for name, head in FLOOR_COLUMNS.items()),
    )
    return Listing(words("floors"), title, columns, found)


def draws(found: Sequence[Row], title: str, words: Words) -> Listing:
    """Every draw of the year, with the hashes by which anybody can verify it."""

    def drawn(row: Row) -> object:
        return (row["drawn"] or 0) if row["is_revealed"] else words("not revealed")

    columns = (
        Column(words("draw"), value("draw_id"), 34),
        authority_column(words),
        Column(words.within("visit", "why"), lambda row: words.label(CHANNEL, row["channel"]), 14),
        Column(words("frame"), lambda row: row["frame_size"] or 0, 8),
        Column(words("drawn"), drawn, 8),
        Column(words.within("draw", "committed on"), value("committed_on"), 11),
        Column(words.within("draw", "roster SHA-256"), value("roster_sha256"), 34),
        Column(words.within("draw", "seed SHA-256"), value("seed_sha256"), 34),
    )
    return Listing(words("Draws"), title, columns, found)


def load(found: Sequence[Row], title: str, words: Words) -> Listing:
    """Person-days by level and day: planned, available, and asked for in vain."""
    columns = (
        Column(words("level"), lambda row: words.label(vocab.LEVEL, row["level"]), 10),
        Column(words("day"), value("day"), 11),
        Column(words("visits"), value("visits"), 8),
        Column(words.within("person-days", "planned"), value("load_days"), 10),
        Column(words.within("person-days", "available"), value("person_days"), 10),
        Column(words("short"), value("short_days"), 10),
    )
    return Listing(words("load"), title, columns, found)


def shortfalls(found: Sequence[Row], title: str, words: Words) -> Listing:
    """The certificate row by row: what the rules ask for and the plan does not do, and by which rule."""
    columns = (
        Column(words("kind"), lambda row: words.label(SCOPE, row["scope"]), 14),
        Column(words("rule"), lambda row: words.label(BINDING, row["rule"]), 34),
        authority_column(words),
        *firm_columns(words),
        Column(
            words.within("visit", "why"),
            lambda row: words.label(CHANNEL, row["channel"]) if row["channel"] else "–",
            14,
        ),
        Column(words.within("deadline", "due"), lambda row: row["due_on"] or "–", 11),
        Column(words("visits"), lambda row: row["count"] or "–", 7),
        Column(
            words("person-days"), lambda row: round(row["person_days"], 1) if row["person_days"] else "–", 9
        ),
        Column(
            words("gave way to"),
            lambda row: words.listing(words.label(CHANNEL, one) for one in row["gave_way_to"] or []) or "–",
            18,
        ),
    )
    return Listing(words("not possible"), title, columns, found)


def contested(found: Sequence[Row], title: str, words: Words) -> Listing:
    """Enterprises of which sources name two authorities (P1)."""
    columns = (Column(words("contested"), lambda row: contested_line(row, words), 120),)
    return Listing(words("contested authorities"), title, columns, found)


def changes(found: Sequence[Row], title: str, words: Words) -> Listing:
    """Visits that are not as they were in the plan before, and why."""
    columns = (
        Column(words("change"), lambda row: words.label(CHANGE, row["change"]), 12),
        Column(words("reason"), lambda row: words.reason(row["because"]), 30),
        authority_column(words),
        *firm_columns(words),
        Column(words("from"), lambda row: row["from_day"] or "–", 11),
        Column(words("to"), lambda row: row["to_day"] or "–", 11),
    )
    return Listing(words("changes"), title, columns, found)
