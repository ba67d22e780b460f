"""Who goes out on a day: crews as drawn, pairs of who is left over, and nobody who may not be sent."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from models.calendar import horizon
from models.planning.crews.bench import Crew
from models.planning.crews.crews import (
    Member,
    Month,
    at_division,
    at_level,
    benches,
    crews_of,
    members,
    months,
    of_authority,
    undrawn,
)
from tests.worlds.plans import HERE, POLICY, officers, situation, with_values

DAY, FAR = date(2026, 7, 1), date(2030, 1, 1)
OURS = ("district", HERE)


def people(
    *ids: str, away: dict[str, Any] | None = None, technical: tuple[str, ...] = ()
) -> dict[str, Member]:
    """Members by id; those that are away have one span of absence."""
    spans = away or {}
    return {
        one: Member(
            one, "technical" if one in technical else "officer", FAR, (spans[one],) if one in spans else ()
        )
        for one in ids
    }


def crews(month: Month, of: dict[str, Member], **shape: Any) -> list[tuple[str, tuple[str, ...]]]:
    policy = with_values(POLICY, {f"crew.{name}": value for name, value in shape.items()})
    return [(crew.crew_id, crew.officers) for crew in crews_of(DAY, month, of, policy.crew)]


def test_crews_go_out_as_drawn_and_who_was_left_over_in_pairs_in_the_order_drawn():
    drawn: Month = [("c2", ["d", "b"]), ("c1", ["a", "e"]), (None, ["g"]), (None, ["f"]), (None, ["h"])]
    assert crews(drawn, people(*"abdefgh")) == [("c1", ("a", "e")), ("c2", ("d", "b")), ("g+f", ("g", "f"))]


def test_a_crew_of_which_one_is_away_is_broken_up_and_the_other_goes_with_the_next():
    today = (DAY, DAY)
    drawn: Month = [("c1", ["a", "b"]), ("c2", ["c", "d"]), (None, ["e"])]
    assert crews(drawn, people(*"abcde", away={"a": today})) == [("b+e", ("b", "e")), ("c2", ("c", "d"))]
    both = people(*"abcde", away={"a": today, "c": today})
    assert crews(drawn, both) == [("b+d", ("b", "d"))]


@pytest.mark.parametrize(
    ("first", "last", "there"), [(0, 0, False), (-3, 0, False), (0, 3, False), (-3, -1, True), (1, 3, True)]
)
def test_an_absence_lasts_from_its_first_to_its_last_day(first: int, last: int, there: bool):
    span = (DAY + timedelta(days=first), DAY + timedelta(days=last))
    assert people("a", away={"a": span})["a"].is_present(DAY) is there
    assert Member("a", "officer", DAY, ()).is_present(DAY)
    assert not Member("a", "officer", DAY - timedelta(days=1), ()).is_present(DAY)


def test_whoever_joined_after_the_draw_goes_last_and_whoever_left_is_not_waited_for():
    drawn: Month = [("c1", ["a", "gone"]), (None, ["z"])]
    assert crews(drawn, people("a", "z", "new", "newer")) == [
        ("a+z", ("a", "z")),
        ("new+newer", ("new", "newer")),
    ]
    assert crews(undrawn(people("b", "a", "c")), people("b", "a", "c")) == [("a+b", ("a", "b"))]


def test_a_technical_inspector_joins_each_crew_while_there_are_any_and_never_makes_a_pair():
    of = people(*"abcdt", technical=("t",))
    assert crews([("c1", ["a", "b"]), ("c2", ["c", "d"])], of) == [
        ("c1", ("a", "b", "t")),
        ("c2", ("c", "d")),
    ]
    own = people(*"abcdtu", technical=("t", "u"))
    assert crews([("c1", ["a", "b", "u"]), ("c2", ["c", "d"])], own) == [
        ("c1", ("a", "b", "u")),
        ("c2", ("c", "d", "t")),
    ]
    assert crews([(None, ["a"]), (None, ["t"])], people("a", "t", technical=("t",))) == []
    assert crews([("c1", ["a", "t"])], people("a", "t", technical=("t",))) == []


def test_where_technical_inspectors_are_required_no_crew_goes_without():
    of = people(*"abcdt", technical=("t",))
    drawn: Month = [("c1", ["a", "b"]), ("c2", ["c", "d"])]
    assert crews(drawn, of, technical_required=True) == [("c1", ("a", "b", "t"))]
    assert crews(drawn, of, technical=0, technical_required=True) == [("c1", ("a", "b")), ("c2", ("c", "d"))]
    assert crews(undrawn(people(*"abcde")), people(*"abcde"), officers=3) == [("a+b+c", ("a", "b", "c"))]


def test_members_know_their_authority_their_last_day_and_when_they_are_away():
    told = [
        {"officer_id": "cert", "certified_until": DAY},
        {"officer_id": "left", "left_on": DAY},
        {"officer_id": "both", "certified_until": DAY - timedelta(days=9), "left_on": DAY},
        {"officer_id": "none", "certified_until": None},
        {"officer_id": "tech", "role": "technical", "certified_until": None},
        {"officer_id": "tech left", "role": "technical", "certified_until": None, "left_on": DAY},
        {"officer_id": "city", "level": "city", "division": HERE},
    ]
    spans = [("cert", DAY, DAY), ("cert", DAY - timedelta(days=9), DAY - timedelta(days=8))]
    now = situation(
        DAY,
        officers=told,
        absences=[{"officer_id": one, "first_day": first, "last_day": last} for one, first, last in spans],
    )
    found = members(now, POLICY)
    assert {name: list(own) for name, own in found.items()} == {
        OURS: ["both", "cert", "left", "none", "tech", "tech left"],
        ("city", ""): ["city"],
    }
    before = DAY - timedelta(days=1)
    assert {one: member.until for one, member in found[OURS].items()} == {
        "cert": DAY,
        "left": before,
        "both": DAY - timedelta(days=9),
        "none": date.min,
        "tech": date.max,
        "tech left": before,
    }
    assert found[OURS]["cert"].away == ((DAY - timedelta(days=9), DAY - timedelta(days=8)), (DAY, DAY))


def test_drawn_crews_are_read_by_month_and_authority_in_the_order_drawn():
    rows = [("c1", "b", 1), ("c1", "a", 2), ("c2", "c", 3), (None, "d", 4), (None, "e", 5), ("c3", "f", 6)]
    crew = {"level": "district", "division": HERE, "role": "officer"}
    drawn = [
        {**crew, "month_on": month, "crew_id": name, "officer_id": one, "place": place}
        for month in (DAY, date(2026, 8, 1))
        for name, one, place in reversed(rows)
        if month == DAY or name == "c1"
    ]
    assert months(situation(DAY, crews=drawn)) == {
        (DAY, OURS): [("c1", ["b", "a"]), ("c2", ["c"]), (None, ["d"]), (None, ["e"]), ("c3", ["f"])],
        (date(2026, 8, 1), OURS): [("c1", ["b", "a"])],
    }


@pytest.mark.parametrize(
    ("level", "division", "authority"),
    [
        ("city", "370102", ("city", "")),
        ("district", "370102", ("district", "370102")),
        ("district", "370102005", ("district", "370102")),
        ("district", "37010", ("district", "37010")),
        ("district", "Gaoxin", ("district", "Gaoxin")),
        ("district", "Licheng", ("district", "370112")),
        ("district", "370102x", ("district", "370102x")),
        ("district", None, ("district", "?")),
        (None, "370102005", (POLICY.visiting.default_level, "370102")),
    ],
)
def test_the_authority_of_a_row_is_its_level_and_the_county_of_its_division(
    level: str | None, division: str | None, authority: tuple[str, str]
):
    schema = {"level": pl.String, "division": pl.String}
    told = pl.DataFrame([(level, division)], schema=schema, orient="row").with_columns(
        at_level(POLICY), at_division(POLICY)
    )
    assert told.select("at_level", "at_division").row(0) == authority
    assert of_authority(told, authority).height == 1
    assert of_authority(told, ("province", authority[1])).is_empty()


def test_a_bench_has_the_crews_of_every_day_and_its_part_of_the_month_as_budget():
    as_of = date(2026, 7, 15)
    days = horizon(as_of, 1)
    quiet = {"first": days[1], "last": days[2], "title": {"zh": "静", "en": "Fair"}}
    policy = with_values(POLICY, {"blackouts": [quiet]})
    now = situation(as_of, officers=officers(2))
    found = benches(now, policy, days, [OURS, ("city", ""), OURS])
    assert list(found) == [("city", ""), OURS]
    pair = Crew(f"{HERE}-01+{HERE}-02", (f"{HERE}-01", f"{HERE}-02"))
    assert found[OURS].days == tuple(days)
    assert found[OURS].crews == ((pair,),) * len(days)
    assert found[OURS].closed == frozenset({1, 2})
    # All 23 working days of July, those that are over too: 92 quarter-days, of which 179 in a thousand.
    assert found[OURS].budget == 92 * 179 // 1000
    assert (found["city", ""].budget, set(found["city", ""].crews)) == (0, {()})
