"""The people of the demo city and what is asked of them: roster, absences, declared conflicts, tasks.

Officers of the city and the districts are those whom the ledger of visits names, so that who inspected last time
can be told by name.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.demo.authorities import CITY_DIVISION, UNDERSTAFFED, Authority, authorities
from pipelines.demo.city import City
from pipelines.demo.history import versions
from pipelines.demo.period import Days
from pipelines.demo.rendering import Row
from pipelines.demo.trades import DISTRICTS, GIVEN, SURNAMES
from pipelines.demo.visits import CITY_TEAMS, TEAMS_PER_DISTRICT, inspection_ids

VALID_DAYS = 1826
"""Days a certificate is valid: five years."""

ABSENT_DAYS_A_YEAR, DAYS_AHEAD = 12, 183
CONFLICTS_EACH = 2


@dataclass(frozen=True)
class Spell:
    """A reason to be away: its part of all spells, its length in days, and how many days before it is known."""

    reason: str
    share: float
    days: tuple[int, int]
    notice: tuple[int, int]


SPELLS = (
    Spell("年休假", 0.35, (3, 7), (5, 30)),
    Spell("业务培训", 0.25, (2, 4), (10, 45)),
    Spell("专项督导外勤", 0.10, (1, 3), (2, 10)),
    Spell("异地执法外勤", 0.10, (3, 5), (5, 20)),
    Spell("病假", 0.20, (1, 3), (0, 0)),
)
"""Sick leave comes last: nobody knows of it before."""

CONFLICT_REASONS = (
    "近亲属在该企业任职",
    "曾在该企业工作",
    "与企业负责人有利害关系",
    "近亲属持有该企业股份",
)


@dataclass(frozen=True)
class Request:
    """Somebody asks for visits.

    ``share`` is the part of all firms with an open one, at least ``least`` firms.  ``opens`` bounds the first
    day and ``lasts`` the days until the last one, both for open tasks, in days from the end of the period.
    ``texts`` pairs the department and what it wants looked at; ``off_site`` is the part without a visit on site.
    """

    kind: str
    share: float
    least: int
    opens: tuple[int, int]
    lasts: tuple[int, int]
    texts: tuple[tuple[str, str], ...]
    levels: tuple[str, ...] = ("city", "district")
    off_site: float = 0.0
    is_high_hazard: bool = False


REQUESTS = (
    Request(
        "department",
        0.010,
        2,
        (-60, 30),
        (30, 120),
        (
            ("消防救援支队", "消防设施和疏散通道"),
            ("市场监督管理局", "特种设备使用管理"),
            ("生态环境局", "危险废物贮存"),
            ("住房和城乡建设局", "施工现场安全"),
        ),
    ),
    Request(
        "typical_accident",
        0.002,
        2,
        (-20, 0),
        (30, 60),
        (("应急管理局", "吸取典型事故教训，同类企业检查"),),
        ("city",),
        is_high_hazard=True,
    ),
    Request(
        "key_task", 0.002, 2, (-15, 20), (20, 60), (("安全生产委员会办公室", "汛期安全专项"),), ("city",)
    ),
    Request("emergency", 0.0004, 1, (-3, 0), (3, 10), (("应急管理局", "突发事件处置"),), ("city",)),
    Request("complaint", 0.001, 1, (-7, 0), (5, 15), (("12345热线", "群众举报核查"),)),
    Request("transfer", 0.001, 1, (-15, 0), (10, 30), (("市场监督管理局", "转办线索核查"),)),
    Request("platform", 0.001, 1, (-10, 0), (5, 20), (("综合监管平台", "监测异常核实"),), off_site=0.6),
    Request("assistance", 0.003, 2, (-30, 30), (30, 90), (("应急管理局", "专家帮扶指导"),), off_site=0.2),
)


def roster_tables(city: City, visits: pl.DataFrame, inspections: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Officers, absences, conflicts and tasks as delivered, without ``source``.

    ``visits`` (visit, team) and ``inspections`` (inspection_id, officers) tell who works in which team.
    """
    known = authorities(city)
    people = list(_people(city, known, _names_by_division(visits, inspections)))
    stays = [person for person in people if person["left_on"] is None]
    return {
        "officers": _officer_rows(city, people),
        "absences": _absence_rows(city, pl.Series([person["officer_id"] for person in stays])),
        "conflicts": _conflict_rows(city, known, stays),
        "tasks": _task_rows(city),
    }


def _names_by_division(visits: pl.DataFrame, inspections: pl.DataFrame) -> dict[str, list[tuple[int, str]]]:
    """Team and name of everybody the ledger names, team by team, under the division of the team."""
    teams = visits.select("team", inspection_id=inspection_ids(pl.col("visit")))
    named = (
        teams.join(inspections, on="inspection_id", maintain_order="left")
        .select("team", name=pl.col("officers").str.split(";"))
        .explode("name")
        .unique(maintain_order=True)
        .sort("team", maintain_order=True)
    )
    found: dict[str, list[tuple[int, str]]] = {}
    for team, name in named.iter_rows():
        division = CITY_DIVISION if team >= CITY_TEAMS else DISTRICTS[team // TEAMS_PER_DISTRICT].code
        found.setdefault(division, []).append((team % TEAMS_PER_DISTRICT, name))
    return found


def _people(city: City, known: list[Authority], names: Mapping[str, list[tuple[int, str]]]) -> Iterator[Row]:
    """One row per person: columns of ``officers``, days as numbers, and ``joined``.

    Towns take the names their district leaves; whom neither needs is somebody who has left, one a division.
    """
    rng = city.rng(30)
    pools = {division: iter(people) for division, people in names.items()}
    last_of = {authority.district: authority for authority in known}
    for authority in known:
        pool = pools.get(authority.district, iter(()))
        crew = [_named(rng, next(pool, None)) for _ in range(authority.officers)]
        valid = rng.integers(45, VALID_DAYS - 25, len(crew)) + city.period.last
        until = _with_faults(rng, authority, valid.tolist(), city.period.last)
        for at, ((team, name), day) in enumerate(zip(crew, until, strict=True)):
            yield _person(city, rng, authority, authority.number("ZF", at), name, day) | {
                "team": None if authority.level == "town" else _team(team)
            }
        for at in range(authority.inspectors):
            day = int(city.period.last + rng.integers(45, VALID_DAYS - 25))
            person = _person(city, rng, authority, authority.number("JS", at), _named(rng, None)[1], day)
            yield person | {"role": "technical_inspector"}
        if authority is last_of[authority.district] and (left := next(pool, None)):
            yield _who_left(city, rng, authority, left)


def _who_left(city: City, rng: np.random.Generator, authority: Authority, known: tuple[int, str]) -> Row:
    """Somebody the ledger names who is gone for ten days or more; of the city's people or a district's."""
    level = "city" if authority.level == "city" else "district"
    home = Authority(level, authority.district, authority.firms)
    gone = _person(city, rng, home, home.number("ZF", -1), known[1], city.period.last + 200)
    left = int(city.period.last - rng.integers(10, 200))
    return gone | {"team": _team(known[0]), "left_on": left}


def _team(position: int) -> str:
    return f"第{'一二三四'[position]}中队"


def _named(rng: np.random.Generator, known: tuple[int, str] | None) -> tuple[int, str]:
    """Team and name of somebody the ledger names, else of somebody new."""
    surname, given = rng.integers(0, len(SURNAMES)), rng.integers(0, len(GIVEN))
    team = int(rng.integers(0, TEAMS_PER_DISTRICT))
    return known or (team, SURNAMES[surname] + GIVEN[given])


def _with_faults(
    rng: np.random.Generator, authority: Authority, valid: list[int], last: int
) -> list[int | None]:
    """Last valid day per officer; one in every second larger authority has no certificate that is known valid."""
    chance, ago = rng.random(), int(rng.integers(5, 120))
    if (authority.level, authority.division) == UNDERSTAFFED or (len(valid) > 4 and chance < 0.35):
        return [*valid[:-1], last - ago]
    return [*valid[:-1], None] if len(valid) > 4 and chance < 0.5 else list(valid)


def _person(
    city: City, rng: np.random.Generator, authority: Authority, number: str, name: str, until: int | None
) -> Row:
    """Somebody who joined before the period, or one time in eight in its first years."""
    before, within = -int(rng.integers(30, 3000)), int(rng.integers(0, max(1, city.period.last - 400)))
    return {
        "officer_id": number,
        "name": name,
        "division": authority.division,
        "level": authority.level,
        "role": "officer",
        "certified_until": until,
        "team": None,
        "left_on": None,
        "joined": within if rng.random() < 0.125 and city.period.last > 400 else before,
    }


def _officer_rows(city: City, people: Iterable[Row]) -> pl.DataFrame:
    """Versions of everybody: when joined, when the certificate was renewed, when it was known they leave."""
    told: list[Row] = []
    for person in people:
        joined, until, left = person["joined"], person["certified_until"], person["left_on"]
        renewed = None if until is None else until - VALID_DAYS
        stayed = person | {"left_on": None}
        if renewed is not None and renewed > joined:
            # Renewed twenty days before the former certificate ran out.
            told.append(stayed | {"recorded_at": joined, "certified_until": renewed + 20})
            told.append(stayed | {"recorded_at": renewed})
        else:
            told.append(stayed | {"recorded_at": joined})
        if left is not None:
            told.append(person | {"recorded_at": left - 7})
    schema = dict.fromkeys(("officer_id", "name", "division", "level", "role", "team"), pl.String)
    days = ("recorded_at", "certified_until", "left_on")
    frame = pl.DataFrame(told, schema={**schema, **dict.fromkeys(days, pl.Int64)})
    return frame.with_columns(city.period.to_date(pl.col(day)) for day in days)


def _absence_rows(city: City, officers: pl.Series) -> pl.DataFrame:
    """Spells away in the last year and the half-year after its end, as far as they are known at the end."""
    rng, last = city.rng(31), city.period.last
    years, mean = 1 + DAYS_AHEAD / 365, sum(one.share * sum(one.days) / 2 for one in SPELLS)
    who = np.repeat(np.arange(len(officers)), rng.poisson(ABSENT_DAYS_A_YEAR * years / mean, len(officers)))
    first = rng.integers(last - 364, last + DAYS_AHEAD + 1, len(who))
    kind = rng.choice(len(SPELLS), len(who), p=[one.share for one in SPELLS])
    kind = np.where((kind == len(SPELLS) - 1) & (first > last), 0, kind)
    bounds = np.array([(*one.days, *one.notice) for one in SPELLS])[kind]
    length = rng.integers(bounds[:, 0], bounds[:, 1] + 1)
    recorded = np.minimum(first - rng.integers(bounds[:, 2], bounds[:, 3] + 1), last)
    return _numbered(
        pl.DataFrame(
            {
                "recorded_at": city.period.dates(recorded),
                "officer_id": officers.gather(who),
                "first_day": city.period.dates(first),
                "last_day": city.period.dates(first + length - 1),
                "reason": pl.Series([one.reason for one in SPELLS]).gather(kind),
            }
        ),
        "absence_id",
        "QJ",
    )


def _conflict_rows(city: City, known: list[Authority], people: list[Row]) -> pl.DataFrame:
    """Firms of their own authority that people keep off, one in ten only for a time; one row per version."""
    rng, last = city.rng(32), city.period.last
    firms = {(one.level, one.division): one.firms for one in known}
    pairs = [
        (person["officer_id"], int(firm))
        for person in people
        for firm in _some(rng, firms[person["level"], person["division"]], int(rng.poisson(CONFLICTS_EACH)))
    ]
    firm = np.array([one for _, one in pairs], dtype=np.int64)
    declared = rng.integers(np.maximum(city.opened[firm], 0), last + 1)
    ended = rng.integers(declared, last + 1)
    holds = rng.random(len(firm)) > 0.1
    things = pl.DataFrame(
        {
            "recorded_at": city.period.dates(declared),
            "officer_id": pl.Series([one for one, _ in pairs], dtype=pl.String),
            "enterprise_id": city.firms["enterprise_id"].gather(firm),
            "reason": pl.Series(CONFLICT_REASONS).gather(rng.integers(0, len(CONFLICT_REASONS), len(firm))),
            "ended_on": city.period.dates(ended).set(pl.Series(holds), None),
        }
    )
    numbered = _numbered(things, "conflict_id", "HB").with_columns(known="ended_on")
    return versions(numbered, {"known": ("ended_on",)}, end=city.period.end)


def _task_rows(city: City) -> pl.DataFrame:
    """Open tasks around the end of the period, and as many of its last year that were closed."""
    rng = city.rng(33)
    drawn = [
        part
        for request in REQUESTS
        for is_open in (True, False)
        for part in _requested(city, rng, request, is_open=is_open)
    ]
    numbered = _numbered(pl.concat(drawn), "task_id", "RW").with_columns(known="closed_on")
    return versions(numbered, {"known": ("closed_on",)}, end=city.period.end)


def _requested(
    city: City, rng: np.random.Generator, request: Request, *, is_open: bool
) -> Iterator[pl.DataFrame]:
    """Tasks of one kind, for firms that were there all the time; a fifth have two departments asking (P6)."""
    alive = (city.closes >= city.period.last) & (city.opened == 0)
    possible = np.flatnonzero(alive & city.is_high_hazard() if request.is_high_hazard else alive)
    firm = _some(rng, possible, max(request.least, round(request.share * alive.sum())))
    text = rng.integers(0, len(request.texts), len(firm))
    yield _asked(city, rng, request, firm, text, is_open=is_open)
    if len(request.texts) > 1:
        again = firm[: -(-len(firm) // 5)]
        yield _asked(
            city, rng, request, again, (text[: len(again)] + 1) % len(request.texts), is_open=is_open
        )


def _asked(
    city: City, rng: np.random.Generator, request: Request, firm: Days, text: Days, *, is_open: bool
) -> pl.DataFrame:
    last, count = city.period.last, len(firm)
    # Closed ones lie so far back that each could be closed before the end.
    low, high = request.opens if is_open else (-330, -request.lasts[1] - 10)
    opens = last + rng.integers(low, high + 1, count)
    lasts = rng.integers(request.lasts[0], request.lasts[1] + 1, count)
    closed = opens + rng.integers(1, lasts + 1)
    off_site = rng.random(count) < request.off_site
    return pl.DataFrame(
        {
            "recorded_at": city.period.dates(np.minimum(opens - rng.integers(0, 15, count), last)),
            "enterprise_id": city.firms["enterprise_id"].gather(firm),
            "kind": pl.repeat(request.kind, count, eager=True),
            "department": pl.Series([one for one, _ in request.texts]).gather(text),
            "level": pl.Series(request.levels).gather(rng.integers(0, len(request.levels), count)),
            "opens_on": city.period.dates(opens),
            "due_on": city.period.dates(opens + lasts),
            "mode": pl.Series(np.where(off_site, "off_site", "on_site"), dtype=pl.String),
            "content": pl.Series([one for _, one in request.texts]).gather(text),
            "closed_on": city.period.dates(closed).set(pl.Series([is_open] * count, dtype=pl.Boolean), None),
        }
    )


def _some(rng: np.random.Generator, firms: Days, count: int) -> Days:
    """Up to ``count`` different firms."""
    return rng.choice(firms, min(count, len(firms)), replace=False)


def _numbered(frame: pl.DataFrame, key: str, prefix: str) -> pl.DataFrame:
    """Rows in the order they became known, with their number in it."""
    numbers = pl.format("{}{}", pl.lit(prefix), pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(6))
    return frame.sort("recorded_at", maintain_order=True).with_columns(numbers.alias(key))
