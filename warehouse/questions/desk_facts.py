"""What the published copy knows of a visit that is filed or recorded: whose it is, who may go, how often was enough."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from models.divisions import successions
from models.errors import PolicyGapError
from models.field.facts import Facts, Officer, criteria_of
from models.field.forms import Filing
from models.places import place_of
from models.policy.check_items import CheckItem, load_catalogue
from models.policy.pack import PolicyOnDay
from models.policy.planning import PlanningPolicy
from warehouse.database.frames import Connection
from warehouse.database.reading import Row, rows

NOWHERE = "?"
"""Division of an authority that no register names; nobody acts for it."""


def register_of(connection: Connection, enterprise_id: str) -> Row | None:
    """What of an enterprise decides about its visits; ``None`` where it is not in the register."""
    asked = """
    SELECT enterprise_id, name, address, enforcing_level AS level, division, sector, industry FROM core.enterprises
    WHERE enterprise_id = $id
    """
    found = rows(connection, asked, {"id": enterprise_id})
    return found[0] if found else None


def firm_names(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """Names of enterprises by number, as the register has them."""
    asked = (
        "SELECT enterprise_id, name FROM core.enterprises WHERE list_contains($ids::VARCHAR[], enterprise_id)"
    )
    return {row["enterprise_id"]: row["name"] for row in rows(connection, asked, {"ids": sorted(ids)})}


def authority_of_firm(register: Row, planning: PlanningPolicy) -> tuple[str, str]:
    """Level and division of the authority an enterprise belongs to (P1), as the plan has it."""
    level = register["level"] or planning.visiting.default_level
    if level == "city":
        return level, ""
    place = place_of("town" if level == "town" else "district", register["division"] or NOWHERE)
    return level, {one.code: one.successor for one in successions().values()}.get(place, place)


def officers_for(connection: Connection, enterprise_id: str) -> dict[str, Officer]:
    """Everybody of the register by number, with who stays away from this enterprise."""
    asked = """
    SELECT o.officer_id, o.role, o.name, o.certified_until, o.left_on, r.officer_id IS NOT NULL AS is_recused
    FROM serve.officers o
    LEFT JOIN serve.recusals r ON r.officer_id = o.officer_id AND r.enterprise_id = $id ORDER BY o.officer_id
    """
    return {row["officer_id"]: Officer(**row) for row in rows(connection, asked, {"id": enterprise_id})}


def colleagues(connection: Connection, level: str, division: str) -> list[Row]:
    """Officers and technical inspectors of an authority: ``officer_id``, ``name``, ``role``, ``certified_until``."""
    asked = """
    SELECT officer_id, name, role, level, division, certified_until, left_on FROM serve.officers
    ORDER BY role, officer_id
    """
    own = [row for row in rows(connection, asked) if _home(row) == (level, division)]
    return [{name: row[name] for name in ("officer_id", "name", "role", "certified_until")} for row in own]


def _home(row: Row) -> tuple[str, str]:
    level, division = row["level"] or "district", row["division"] or ""
    if level == "city":
        return level, ""
    return level, place_of("town" if level == "town" else "district", division)


def counts_in_cap(filing: Filing, planning: PlanningPolicy) -> bool:
    """Whether a visit uses up the annual cap (C4): on site, and of the plan unless the policy counts others too."""
    if filing.is_assistance or filing.mode != "on_site" or filing.channel == "recheck":
        return False
    channel = planning.channels.get(filing.channel or "")
    is_planned = channel is not None and not channel.spec.off_plan
    return is_planned or planning.switches.off_plan_counts_in_cap


def items_on(day: date) -> tuple[CheckItem, ...]:
    """Check items in force on a day; none before the first."""
    try:
        return load_catalogue().on(day)
    except PolicyGapError:
        return ()


def facts_of(
    connection: Connection, register: Row, filing: Filing, policy: PolicyOnDay, *, since: Iterable[date] = ()
) -> Facts:
    """What a filing, or the record of its visit, is judged by.

    ``since``: days of visits that the ledger has and that count, for the copy may not know of them yet.
    """
    day = filing.planned_on or date.max
    used, cap = _cap(connection, register["enterprise_id"], day.year, set(since))
    items = items_on(day)
    return Facts(
        officers=officers_for(connection, register["enterprise_id"]),
        visits_this_year=used,
        cap=cap,
        counts_in_cap=counts_in_cap(filing, policy.planning),
        item_codes=frozenset(item.code for item in items),
        criteria=criteria_of(items, sector=register["sector"], industry=register["industry"]),
        planned_for=_planned_for(connection, filing.plan_visit_id),
    )


def _planned_for(connection: Connection, plan_visit_id: str | None) -> str | None:
    """The enterprise of a visit of the plan; none of one that the plan does not have, or has no more."""
    if plan_visit_id is None:
        return None
    found = rows(connection, _PLANNED, {"id": plan_visit_id})
    return found[0]["enterprise_id"] if found else None


def _cap(connection: Connection, enterprise_id: str, year: int, since: set[date]) -> tuple[int, int | None]:
    """Visits of a year that count, and how many may be made."""
    found = rows(
        connection, "SELECT cap, used, as_of FROM plan.caps WHERE enterprise_id = $id", {"id": enterprise_id}
    )
    if not found:
        return len({day for day in since if day.year == year}), None
    row = found[0]
    # What was counted was counted for the year of the plan; another begins with nothing.
    used = row["used"] if row["as_of"].year == year else 0
    return used + len({day for day in since if day.year == year and day > row["as_of"]}), row["cap"]


_PLANNED = """
SELECT v.visit_id, v.enterprise_id, v.planned_on, v.channel, v.channels, v.mode, v.level, v.division, v.officers
FROM plan.visits v WHERE v.visit_id = $id
"""


def planned_visit(connection: Connection, visit_id: str) -> Row | None:
    """A visit of the plan, with its people by role and the items to check; ``None`` where the plan has none."""
    found = rows(connection, _PLANNED, {"id": visit_id})
    if not found:
        return None
    people = "SELECT officer_id, role FROM plan.assignments WHERE visit_id = $id ORDER BY role, officer_id"
    checks = (
        "SELECT item_code FROM plan.visit_checks WHERE visit_id = $id AND item_code IS NOT NULL ORDER BY rank"
    )
    sent, codes = rows(connection, people, {"id": visit_id}), rows(connection, checks, {"id": visit_id})
    return {
        **found[0],
        "officers": [row["officer_id"] for row in sent if row["role"] != "technical_inspector"],
        "technical_inspectors": [row["officer_id"] for row in sent if row["role"] == "technical_inspector"],
        "item_codes": [*dict.fromkeys(row["item_code"] for row in codes)],
    }


def offered_items(register: Row, day: date, also: Sequence[str] = ()) -> list[CheckItem]:
    """Items of the catalogue that an enterprise may be checked for, those of ``also`` first."""
    items = items_on(day)
    first = [item for item in items if item.code in also]
    rest = [
        item
        for item in items
        if item.code not in also and item.applies_to(register["sector"], register["industry"])
    ]
    return [*first, *rest]


def items_by_code(day: date) -> dict[str, Any]:
    """Check items in force on a day, by code."""
    return {item.code: item for item in items_on(day)}
