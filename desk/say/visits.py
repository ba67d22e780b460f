"""How a visit is told: who goes, what is checked, when it was filed."""

from itertools import groupby

from desk.words.labels import CHECK_WHY
from desk.words.words import Words
from models import vocabulary as vocab
from warehouse.database.reading import Row


def crews_of(found: list[Row]) -> list[tuple[str, list[Row]]]:
    """Visits by crew of an authority, in their order; the key names the day too."""
    keyed = groupby(found, key=lambda row: (row["planned_on"], row["level"], row["division"], row["crew_id"]))
    return [("|".join(str(part) for part in key), list(visits)) for key, visits in keyed]


def check_text(check: Row, words: Words) -> str:
    """One thing to check: what, and why here."""
    code = f"{check['item_code']} " if check["item_code"] else ""
    why = words.label(CHECK_WHY, check["why"])
    return words.aside(f"{code}{words.either(check, 'title')}", why)


def people_text(row: Row, words: Words, *, numbered: bool = False) -> str:
    """Who goes: officers by name, technical inspectors marked; ``numbered``: with the numbers they show on site."""
    technical = words.label(vocab.OFFICER_ROLE, "technical_inspector")
    names = list[str]()
    for person in row["officers"]:
        told = [person["officer_id"]] if numbered else []
        told += [technical] if person["role"] == "technical_inspector" else []
        names.append(words.aside(person["name"], words.listing(told)) if told else person["name"])
    return words.listing(names)


def contact_text(row: Row, words: Words) -> str:
    """Where to go, and whom to ask for, as far as it is known."""
    whom = " ".join(filter(None, (row["contact"], row["phone"])))
    told = {words("address"): row["address"], words("contact"): whom}
    return " · ".join(f"{title}{words.colon}{fact or '–'}" for title, fact in told.items())


def finding_text(check: Row, words: Words) -> str:
    """Of an open finding: what and where, when it was found, until when it is to be put right; else nothing."""
    if check["occurred_on"] is None:
        return ""
    found = words("found {day}", day=check["occurred_on"])
    due = words("to be put right by {day}", day=check["rectify_due_on"]) if check["rectify_due_on"] else None
    said = check["description"] if check["description"] != words.either(check, "title") else None
    return " · ".join(filter(None, (said, check["location"], found, due)))


def reasons_text(row: Row, words: Words) -> str:
    """The main reasons of a queue row in one line."""
    parts: list[str] = []
    for reason in row["reasons"] or []:
        points = f" {reason['points']:+d}" if reason["points"] else ""
        parts.append(f"{words.either(reason, 'title')}{points}")
    return words.within("between reasons", "; ").join(parts)


def filing(row: Row, words: Words) -> str:
    """When the visit must be filed (D1): only an emergency may be filed afterwards."""
    is_after = row["file_by"] is not None and row["file_by"].date() > row["planned_on"]
    return (
        words("may be filed up to 1 working day after the visit (D1)")
        if is_after
        else words("file before the visit (D1)")
    )
