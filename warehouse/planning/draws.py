"""Draws: committed to, revealed and kept as the open records anybody can verify.

The seed of a draw comes from the operating system and is used once.  A draw committed to ahead of time waits until
it is revealed; the nightly run draws whatever is missing at once.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from secrets import token_hex
from typing import Any

import polars as pl

from models.errors import DrawError
from models.planning.crews.crews import Authority, members, of_authority
from models.planning.crews.recusals import barred
from models.planning.draw import (
    Heading,
    commit_crews,
    commit_objects,
    objects_needed,
    reveal,
    sha256,
    to_json,
    verify,
)
from models.planning.floors import floors
from models.planning.frames import audit_frame, audit_shares, draw_frame, is_fit, with_authority
from models.planning.situation import Situation
from models.planning.year import Rooms, annual_targets, rooms, spread
from models.policy import PlanningPolicy
from warehouse.database.frames import Connection, append, insert
from warehouse.schema.catalogue import OWN

Seeds = Callable[[str], str]
"""Gives the secret seed of a draw by its id."""


def fresh_seed(_draw_id: str) -> str:
    """A seed nobody knew before: 256 bits from the operating system."""
    return token_hex(32)


def seeds_from(text: str) -> Seeds:
    """Seeds that follow from a text.  For demonstrations and tests: whoever knows the text knows every draw."""
    return lambda draw_id: sha256(f"{text}\n{draw_id}")


@dataclass(frozen=True)
class Pending:
    """A draw that is called for: committed to, with its seed and the firms of its frame in order."""

    record: dict[str, Any]
    seed: str
    channel: str
    frame: pl.DataFrame


def plan_year(connection: Connection, now: Situation, policy: PlanningPolicy, seeds: Seeds) -> pl.DataFrame:
    """Complete ``plan.targets`` for the year: months for P2, draws for P3 and audits.  Returns the rows added.

    What was committed to ahead of time waits for its seed and its public value.
    """
    room = rooms(now, policy, _authorities(now, policy))
    added = [annual_targets(now, policy, room)]
    for one in _called_for(connection, now, policy, seeds):
        record = reveal(one.record, one.seed)
        keep_record(connection, record)
        added.append(_targets(record, one.frame, room, now))
    rows = pl.concat(added).sort("enterprise_id", "channel")
    append(connection, "plan.targets", rows)
    return rows


def commit_year(
    connection: Connection,
    now: Situation,
    policy: PlanningPolicy,
    seeds: Seeds,
    *,
    public_source: str,
    committed_on: date,
) -> dict[str, Pending]:
    """Commit to all draws the year calls for, to be revealed with a public value.  Returns them with their seeds.

    ``public_source`` says which value it will be, exactly enough to leave no choice.
    """
    called = _called_for(
        connection, now, policy, seeds, public_source=public_source, committed_on=committed_on
    )
    kept = {one.record["draw_id"]: one for one in called}
    for one in kept.values():
        keep_record(connection, one.record)
    return kept


def reveal_year(
    connection: Connection,
    now: Situation,
    policy: PlanningPolicy,
    seeds: Mapping[str, str],
    *,
    public_value: str,
) -> list[str]:
    """Draw what was committed to; the drawn enterprises get their months.  Returns the ids of the draws.

    Raises DrawError when a seed is missing or does not fit the commitment.
    """
    room = rooms(now, policy, _authorities(now, policy))
    firms = with_authority(now, policy)
    waiting = unrevealed(connection, now.year)
    if lost := sorted(set(waiting) - set(seeds)):
        raise DrawError(
            "The seed of {lost} is missing; without it the draw stays closed. Find the one kept.",
            lost=lost[0],
        )
    for draw_id, committed in waiting.items():
        record = reveal(committed, seeds[draw_id], public_value)
        keep_record(connection, record)
        append(connection, "plan.targets", _targets(record, firms, room, now))
    return list(waiting)


def unrevealed(connection: Connection, year: int) -> dict[str, dict[str, Any]]:
    """Draws of a year that were committed to and wait for their seed, by id."""
    rows = connection.execute(
        "SELECT draw_id, record FROM plan.draws WHERE NOT is_revealed AND year = ? ORDER BY draw_id", [year]
    ).fetchall()
    return {draw_id: json.loads(record) for draw_id, record in rows}


def _targets(
    record: Mapping[str, Any],
    frame: pl.DataFrame,
    room: Rooms,
    now: Situation,
) -> pl.DataFrame:
    """Months for the drawn, in drawing order; who has closed since gets none."""
    drawn = pl.DataFrame([row[0] for row in record["result"]], schema={"enterprise_id": pl.String})
    ordered = drawn.join(frame, on="enterprise_id", how="inner", maintain_order="left")
    return spread(ordered, _channel(record["draw_id"]), room, set_on=now.as_of, draw_id=record["draw_id"])


def _channel(draw_id: str) -> str:
    """Channel of a draw: the year stands before it, the place after it."""
    return draw_id.split("-")[1].partition("_")[0]


def _authorities(now: Situation, policy: PlanningPolicy) -> list[Authority]:
    return with_authority(now, policy).select("at_level", "at_division").unique().rows()


def _called_for(
    connection: Connection,
    now: Situation,
    policy: PlanningPolicy,
    seeds: Seeds,
    *,
    public_source: str = "",
    committed_on: date | None = None,
) -> Iterator[Pending]:
    """Draws that are missing and not committed to already."""
    today = committed_on or now.as_of
    closed = {draw_id.rpartition("-")[0] for draw_id in unrevealed(connection, now.year)}
    held = {draw_id for (draw_id,) in connection.execute("SELECT draw_id FROM plan.draws").fetchall()}
    for label, authority, frame, weights, total in (*_random(now, policy), *_audits(now, policy)):
        name = _draw_id(now, label, authority)
        if name in closed:
            continue
        draw_id = _unused(f"{name}-{today:%m%d}", held)
        heading = Heading(draw_id, *authority, str(now.year), today, public_source)
        seed = seeds(draw_id)
        rows = frame.select("enterprise_id", "stratum").rows()
        yield Pending(
            commit_objects(heading, rows, weights, total, seed=seed), seed, _channel(draw_id), frame
        )


def _unused(draw_id: str, held: set[str]) -> str:
    """An id no draw has yet: a second draw of one day is another draw, and the first one's record stays."""
    number, found = 1, draw_id
    while found in held:
        number += 1
        found = f"{draw_id}.{number}"
    return found


Call = tuple[str, Authority, pl.DataFrame, dict[str, int], int]
"""Label, authority, frame, weights of its strata, and how many are drawn."""


def _random(now: Situation, policy: PlanningPolicy) -> Iterator[Call]:
    """Draws for every authority below its floor (P3): of those who may be visited, and of the others for what is left.

    The second draw, of whom a rule bars, is called for only where the first one takes everybody.
    """
    frame = draw_frame(now, policy)
    for floor in floors(now, policy):
        own = of_authority(frame, floor.authority)
        free = pl.col("barred_by").is_null()
        first = min(floor.missing, floor.available)
        rest = floor.missing - first - floor.barred
        for label, part, wanted in (
            ("random", own.filter(free), first),
            ("random_barred", own.filter(~free), rest),
        ):
            total = max(0, min(wanted, part.height))
            if total:
                strata = part["stratum"].unique().sort()
                weights = {one: policy.draw.weights[one.rpartition("-")[2]] for one in strata}
                yield label, floor.authority, part, weights, total


def _audits(now: Situation, policy: PlanningPolicy) -> Iterator[Call]:
    """A few of those who are left alone, once a year (C2): GREEN and unrated."""
    shares = audit_shares(policy)
    taken = now.targets_of("audit")
    frame = audit_frame(now, policy)
    for (level, division, stratum), own in frame.group_by(
        "at_level", "at_division", "stratum", maintain_order=True
    ):
        authority, label = (str(level), str(division)), f"audit_{stratum}"
        before = taken.filter(pl.col("draw_id").str.starts_with(_draw_id(now, label, authority) + "-"))
        wanted = min(objects_needed(own.height, shares[str(stratum)], 0), own.height)
        if wanted and before.is_empty():
            yield label, authority, own.sort("enterprise_id"), {str(stratum): 1}, wanted


def _draw_id(now: Situation, label: str, authority: Authority) -> str:
    return "-".join([str(now.year), label, *filter(None, authority)])


def plan_crews(
    connection: Connection, now: Situation, policy: PlanningPolicy, months: Iterable[date], seeds: Seeds
) -> None:
    """Draw the crews of every authority for months that have none, and give them the month's drawn enterprises."""
    people = members(now, policy)
    have = set(now.crews.select("month_on", "level", "division").unique().iter_rows())
    for month in months:
        for authority, own in sorted(people.items()):
            if (month, *authority) in have:
                continue
            # Who has no place in an open record is not drawn; a crew of the day still finds room for them.
            staff = [
                (one.officer_id, one.role)
                for one in own.values()
                if one.until >= month and is_fit(one.officer_id)
            ]
            if not staff:
                continue
            objects = _objects(now, policy, month, authority)
            recusals = _recusals(objects, now, policy, {officer for officer, _ in staff})
            draw_id = f"{month:%Y}-crews-{'-'.join(filter(None, authority))}-{month:%m}"
            heading = Heading(draw_id, *authority, f"{month:%Y-%m}", now.as_of)
            seed = seeds(draw_id)
            committed = commit_crews(
                heading,
                staff,
                objects["enterprise_id"].to_list(),
                recusals,
                seed=seed,
                crew_size=policy.crew.officers,
                technical=policy.crew.technical,
            )
            record = reveal(committed, seed)
            keep_record(connection, record, month_on=month)
            _keep_crews(connection, record, month, dict(staff))


def _objects(now: Situation, policy: PlanningPolicy, month: date, authority: Authority) -> pl.DataFrame:
    """Drawn enterprises meant for a month, or left over from the months before it."""
    drawn = now.targets.filter(
        (pl.col("channel") == "random")
        & (pl.col("month_on") <= month)
        & (pl.col("month_on").dt.year() == month.year)
    )
    done = now.done.filter(pl.col("item_id").str.starts_with("random:"))
    firms = of_authority(with_authority(now, policy), authority)
    return (
        firms.join(drawn, on="enterprise_id", how="semi")
        .join(done, on="enterprise_id", how="anti")
        .select("enterprise_id")
        .unique()
        .sort("enterprise_id")
    )


def _recusals(
    objects: pl.DataFrame, now: Situation, policy: PlanningPolicy, staff: set[str]
) -> list[tuple[str, str]]:
    rows = barred(objects, now, policy).explode("barred").rows()
    return [(enterprise, officer) for enterprise, officer in rows if officer in staff]


def _keep_crews(connection: Connection, record: dict[str, Any], month: date, roles: dict[str, str]) -> None:
    """The crews of a record as rows; names carry the month, so that no two months share one."""
    result, draw_id, prefix = record["result"], record["draw_id"], f"{month:%y%m}-"
    drawn = [
        (prefix + crew["crew_id"], one, place)
        for place, crew in enumerate(result["crews"])
        for one in (*crew["officers"], *filter(None, [crew["technical"]]))
    ]
    drawn += [(None, one, len(result["crews"]) + at) for at, one in enumerate(result["spare"])]
    crews = [
        (month, record["level"], record["division"], crew, one, roles[one], place, draw_id)
        for crew, one, place in drawn
    ]
    append(connection, "plan.crews", OWN["plan.crews"].frame(crews))
    ties = [(month, firm, prefix + crew, draw_id) for firm, crew in result["objects"] if crew]
    append(connection, "plan.ties", OWN["plan.ties"].frame(ties))


def keep_record(connection: Connection, record: dict[str, Any], *, month_on: date | None = None) -> None:
    """Keep a draw's record, whole, as the file anybody may have.

    Raises DrawError for an id that is taken: only the reveal of a commitment may replace it.
    """
    there = connection.execute(
        "SELECT seed_sha256, is_revealed FROM plan.draws WHERE draw_id = ?", [record["draw_id"]]
    ).fetchall()
    if there and there[0] != (record["seed_sha256"], False):
        raise DrawError(
            "There is a draw {draw_id} already. Its record stays; draw under another id.",
            draw_id=record["draw_id"],
        )
    kept = ("draw_id", "kind", "level", "division", "committed_on", "roster_sha256", "seed_sha256")
    insert(
        connection,
        "plan.draws",
        if_there="replace",
        **{name: record[name] for name in kept},
        year=int(record["period"][:4]),
        month_on=month_on,
        is_revealed=record["seed"] is not None,
        record=to_json(record),
    )


def unverified(connection: Connection, committed_on: date) -> dict[str, str]:
    """Draws of a day that cannot be re-drawn from their record, with what does not match."""
    rows = connection.execute(
        "SELECT draw_id, record FROM plan.draws WHERE committed_on = ? AND is_revealed ORDER BY draw_id",
        [committed_on],
    ).fetchall()
    checked = ((draw_id, verify(json.loads(record))) for draw_id, record in rows)
    return {draw_id: problems[0] for draw_id, problems in checked if problems}
