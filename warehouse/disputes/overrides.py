"""Accountable overrides: a person gives a code, with a reason and a last day; later it is judged whether it was right.

An override never betters what a veto says: given it is refused, and a veto that comes later outranks it
(``models.coding.path``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from models.disputes import require_name, require_reason
from models.errors import DisputeError
from models.messages import N_, Message, joined
from models.policy import Words
from models.vocabulary import CODE_KEYS
from warehouse.database.frames import Connection, insert
from warehouse.database.meta import next_stored_no, value, written_at
from warehouse.database.reading import rows
from warehouse.database.validity import override_ends

if TYPE_CHECKING:
    from warehouse.coding.coding import Coding


@dataclass(frozen=True)
class Given:
    """A code a person gives to an enterprise, from a first to a last day, both inclusive."""

    enterprise_id: str
    code: str
    first_day: date
    last_day: date
    reason: str
    by: str
    on: date
    objection_id: str | None = None


def give_override(connection: Connection, coding: "Coding", given: Given) -> str:
    """Record an override.  Returns its number, like ``V-2026-0001``.

    Raises DisputeError when it is too long, says too little, changes nothing, stands beside another one, or betters
    what a veto says.  Codes follow when the enterprise is coded anew.
    """
    reason = require_reason(given.reason, Message("The reason of an override"))
    by = require_name(given.by, Message("Who gives an override"))
    if (there := is_given_so(connection, given)) is not None:
        return there
    limits = coding.policy.review.overrides
    days = (given.last_day - given.first_day).days + 1
    if not 1 <= days <= limits.longest_days:
        raise DisputeError(
            "{first_day} to {last_day} are {days} days; an override lasts 1 to {longest_days}. Give a "
            "last day up to {first_day_2}.",
            first_day=given.first_day,
            last_day=given.last_day,
            days=days,
            longest_days=limits.longest_days,
            first_day_2=given.first_day + timedelta(days=limits.longest_days - 1),
        )
    if given.first_day < coding.as_of:
        raise DisputeError(
            "An override cannot begin on {first_day}: the codes of {as_of} are issued already. Let it "
            "begin on that day or later.",
            first_day=given.first_day,
            as_of=coding.as_of,
        )
    before = _code_of(connection, given.enterprise_id)
    if before == given.code:
        raise DisputeError(
            "{enterprise_id} is {before} already; there is nothing to override.",
            enterprise_id=given.enterprise_id,
            before=before.upper(),
        )
    _refuse_second(connection, given)
    _refuse_too_many(connection, given, limits.longest_days)
    _refuse_against_veto(connection, given)
    number = next_id(connection, "V", given.on.year)
    insert(
        connection,
        "dispute.overrides",
        override_id=number,
        enterprise_id=given.enterprise_id,
        code=given.code,
        code_before=before,
        first_day=given.first_day,
        last_day=given.last_day,
        reason=reason,
        given_by=by,
        given_on=given.on,
        given_at=written_at(connection),
        objection_id=given.objection_id,
        stored_no=next_stored_no(connection),
        judged_on=given.last_day + timedelta(days=limits.judged_after_days),
    )
    return number


def is_given_so(connection: Connection, given: Given) -> str | None:
    """Number of this very override, if it stands: whoever gave it died before it was told, and gives it again."""
    asked = (
        "SELECT override_id FROM dispute.overrides WHERE enterprise_id = ? AND code = ? AND first_day = ? "
        "AND last_day = ? AND given_by = ? AND reason = ? AND ended_on IS NULL"
    )
    told = [given.enterprise_id, given.code, given.first_day, given.last_day]
    told += [given.by.strip(), " ".join(given.reason.split())]
    return value(connection, asked, told)


def end_override(
    connection: Connection, override_id: str, *, by: str, reason: str, on: date, first_day_without: date
) -> str:
    """End an override early; it holds no more from ``first_day_without`` on.  Returns its enterprise.

    Raises DisputeError when there is no such override, or it is over.
    """
    ended_by = require_name(by, Message("Who ends an override"))
    told = require_reason(reason, Message("The reason for ending an override"))
    enterprise_of(connection, override_id)
    found = rows(connection, "FROM dispute.overrides WHERE override_id = $id", {"id": override_id})
    if (found[0]["ended_by"], found[0]["ended_reason"]) == (ended_by, told):
        # Whoever ended it died before it was told, and asks again.
        return str(found[0]["enterprise_id"])
    if found[0]["ended_on"] is not None or found[0]["last_day"] < first_day_without:
        raise DisputeError(
            "{override_id} is over ({ended_on}); there is nothing to end.",
            override_id=override_id,
            ended_on=found[0]["ended_on"] or found[0]["last_day"],
        )
    connection.execute(
        """
        UPDATE dispute.overrides SET ended_on = $on, ended_from = $day, ended_by = $by, ended_reason = $reason,
               ended_stored_no = $no,
               judged_on = judged_on - (last_day - greatest(first_day, $day::DATE - 1))::INTEGER
        WHERE override_id = $id
        """,
        {
            "on": on,
            "day": first_day_without,
            "by": ended_by,
            "reason": told,
            "no": next_stored_no(connection),
            "id": override_id,
        },
    )
    return str(found[0]["enterprise_id"])


def enterprise_of(connection: Connection, override_id: str) -> str:
    """The enterprise of an override.  Raises DisputeError when there is no such override."""
    found = value(
        connection, "SELECT enterprise_id FROM dispute.overrides WHERE override_id = ?", [override_id]
    )
    if found is None:
        raise DisputeError(
            "There is no override '{override_id}'. See ./riskcode override list", override_id=override_id
        )
    return str(found)


def givers(connection: Connection, enterprise_id: str, day: date) -> set[str]:
    """Who gave the overrides of an enterprise that stand on a day."""
    found = connection.execute(
        "SELECT given_by FROM dispute.overrides WHERE enterprise_id = ? "
        f"AND ? BETWEEN first_day AND {override_ends()}",
        [enterprise_id, day],
    ).fetchall()
    return {str(name) for (name,) in found}


def _code_of(connection: Connection, enterprise_id: str) -> str:
    found = value(connection, "SELECT code FROM risk.codes WHERE enterprise_id = ?", [enterprise_id])
    if found is None:
        raise DisputeError(
            "'{enterprise_id}' has no code. Check the id: ./riskcode codes --list",
            enterprise_id=enterprise_id,
        )
    return str(found)


def _refuse_second(connection: Connection, given: Given) -> None:
    standing = value(
        connection,
        "SELECT override_id FROM dispute.overrides WHERE enterprise_id = ? "
        f"AND first_day <= ? AND {override_ends()} >= ?",
        [given.enterprise_id, given.last_day, given.first_day],
    )
    if standing is not None:
        raise DisputeError(
            "{enterprise_id} has an override on these days already, {standing}. End it first: "
            "./riskcode override end {standing}",
            enterprise_id=given.enterprise_id,
            standing=standing,
        )


def _refuse_too_many(connection: Connection, given: Given, longest_days: int) -> None:
    """One override after another is a long one: of any two such spans of days at most one may be overridden."""
    since = given.last_day - timedelta(days=2 * longest_days - 1)
    until = given.first_day + timedelta(days=2 * longest_days - 1)
    days = value(
        connection,
        f"""
        SELECT sum(greatest(0, least({override_ends()}, $until) - greatest(first_day, $since) + 1))::BIGINT
        FROM dispute.overrides WHERE enterprise_id = $id
        """,
        {"id": given.enterprise_id, "since": since, "until": until},
    )
    asked = (given.last_day - given.first_day).days + 1
    if (days or 0) + asked > longest_days:
        raise DisputeError(
            "{enterprise_id} is overridden on {days} of {longest_days} days already; with these "
            "{asked} days that is more than {longest_days_2}. Correct the data instead: ./riskcode "
            "objection file",
            enterprise_id=given.enterprise_id,
            days=days,
            longest_days=2 * longest_days,
            asked=asked,
            longest_days_2=longest_days,
        )


def _refuse_against_veto(connection: Connection, given: Given) -> None:
    """No override betters what a veto says; the vetoes are named in words, with what clears them."""
    vetoes = rows(
        connection,
        "SELECT DISTINCT f.title_zh, f.title_en, f.clearing_zh, f.clearing_en, r.code FROM risk.explanations r "
        "JOIN risk.factors f USING (factor) WHERE r.enterprise_id = $id AND r.kind = 'veto' ORDER BY ALL",
        {"id": given.enterprise_id},
    )
    against = [row for row in vetoes if CODE_KEYS.index(row["code"]) > CODE_KEYS.index(given.code)]
    if against:
        raise DisputeError(
            "A veto stands and no override betters it: {vetoes}. Clear it, or object to the datum it rests on.",
            vetoes=joined(map(_veto, against), N_("{said}; {more}")),
        )


def _veto(row: Mapping[str, str]) -> Message:
    """A veto by its title, with what clears it."""
    title, clearing = (Words(zh=row[f"{name}_zh"], en=row[f"{name}_en"]) for name in ("title", "clearing"))
    return Message("{title} (clears: {clearing})", {"title": title, "clearing": clearing})


SERIES = {"O": ("dispute.objections", "objection_id"), "V": ("dispute.overrides", "override_id")}
"""Table and column of each series of numbers."""


def next_id(connection: Connection, series: str, year: int) -> str:
    """The next number of a series in a year, like ``O-2026-0001``."""
    table, column = SERIES[series]
    taken = value(connection, f"SELECT count(*) FROM {table} WHERE {column} LIKE ?", [f"{series}-{year}-%"])
    return f"{series}-{year}-{int(taken) + 1:04d}"
