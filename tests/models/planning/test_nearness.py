"""Near and far, who stays away, and who may lend to whom: the small rules a plan is made with."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from math import acos, cos, radians, sin
from typing import Any

import pytest

from models.planning.crews.bench import Visit
from models.planning.crews.lending import Loan, _is_lent, _lenders, lent_name
from models.planning.crews.nearness import _hilbert, in_order, metres, with_curve
from models.planning.crews.recusals import barred
from tests.worlds.plans import HERE, POLICY, situation, with_values

MOST = 4**12


def at(number: int, place: tuple[float, float] | None) -> Visit:
    """A visit that says nothing but where it is."""
    usual: dict[str, Any] = dict.fromkeys(Visit.__dataclass_fields__, 0)
    return Visit(**{**usual, "at": number, "visit_id": f"v{number}", "place": place})


@pytest.mark.parametrize("corner", [(0, 0), (16, 0), (2048, 2048), (4080, 4080), (4080, 0), (1024, 3072)])
def test_the_curve_runs_through_every_cell_of_a_square_from_neighbour_to_neighbour(corner: tuple[int, int]):
    cells = [(corner[0] + x, corner[1] + y) for x in range(16) for y in range(16)]
    by_place = sorted((_hilbert(x, y), (x, y)) for x, y in cells)
    first = by_place[0][0]
    assert [place for place, _ in by_place] == list(range(first, first + 256))
    assert all(abs(x - u) + abs(y - v) == 1 for (_, (x, y)), (_, (u, v)) in pairwise(by_place))


def test_the_curve_begins_and_ends_on_one_side_of_the_map():
    assert (_hilbert(0, 0), _hilbert(4095, 0)) == (0, MOST - 1)


def test_visits_are_placed_over_the_longer_side_of_the_map_and_those_without_coordinates_last():
    corners = [(117.0, 36.0), (118.0, 36.5), (117.5, 36.0), None]
    told = with_curve([at(n, place) for n, place in enumerate(corners)])
    assert [visit.curve for visit in told] == [0, _hilbert(4095, 2047), _hilbert(2047, 0), MOST]
    assert [visit.at for visit in told] == [0, 1, 2, 3]
    assert with_curve([at(0, (117.0, 36.0))])[0].curve == 0
    assert with_curve([at(0, None)]) == [at(0, None)]


PLACES = [(117.0, 36.0), (118.0, 36.0), (117.0, 37.0), (-63.0, -36.0), (117.3, 36.65)]


def test_distances_are_those_of_the_great_circle_in_whole_metres():
    told = metres([at(n, place) for n, place in enumerate(PLACES)])

    def angle(one: tuple[float, float], other: tuple[float, float]) -> float:
        (a, b), (c, d) = ((radians(x), radians(y)) for x, y in (one, other))
        return acos(max(-1.0, min(1.0, sin(b) * sin(d) + cos(b) * cos(d) * cos(a - c))))

    for n, one in enumerate(PLACES):
        for m, other in enumerate(PLACES):
            assert told[n, m] == pytest.approx(6_371_000 * angle(one, other) if n != m else 0, abs=1)
    # A degree of the meridian; and to the other side of the earth, half of it around.
    assert (told[0, 2], told[0, 3]) == (111_195, 20_015_087)


def test_what_has_no_coordinates_is_near_to_everything():
    assert metres([at(0, PLACES[0]), at(1, None), at(2, PLACES[1])]).tolist() == [
        [0, 0, 89_958],
        [0, 0, 0],
        [89_958, 0, 0],
    ]
    assert metres([]).shape == (0, 0)


def test_two_stops_follow_the_curve_and_more_the_shortest_way():
    two = [replace(at(0, PLACES[0]), curve=9), replace(at(1, PLACES[1]), curve=3)]
    assert [visit.at for visit in in_order(two)] == [1, 0]
    assert [visit.at for visit in in_order([replace(one, curve=3) for one in reversed(two)])] == [0, 1]
    line = [at(n, (117.0 + x, 36.0)) for n, x in enumerate((0.2, 0.0, 0.3, 0.1))]
    assert [visit.at for visit in in_order(line)] == [1, 3, 0, 2]


# ---- recusals ------------------------------------------------------------------------------------------

SEEN = date(2026, 6, 1)


def stays_away(*visits: dict[str, Any], conflicts: tuple[str, ...] = ()) -> list[str]:
    """Officers who may not go to ``e1`` of our district."""
    people = [
        {"officer_id": "p1", "name": "Wang"},
        {"officer_id": "p2", "name": "Li"},
        {"officer_id": "p3", "name": "Li"},
        {"officer_id": "q1", "name": "Li", "division": "370103"},
        {"officer_id": "q2", "name": "Zhao", "division": "370103"},
    ]
    now = situation(
        date(2026, 6, 30),
        firms=[{"enterprise_id": "e1"}, {"enterprise_id": "e2"}],
        officers=people,
        inspections=[{"enterprise_id": "e1", "inspected_on": SEEN, **visit} for visit in visits],
        conflicts=[{"enterprise_id": "e1", "officer_id": one} for one in conflicts],
    )
    asked = now.firms.select("enterprise_id").filter(enterprise_id="e1")
    found = barred(asked, now, POLICY)
    return found["barred"].item().to_list() if found.height else []


def test_whoever_came_last_time_stays_away_by_id_or_by_name():
    assert stays_away({"officers": "p1; Zhao"}) == ["p1", "q2"]
    assert stays_away({"officers": " Li "}) == ["p2", "p3"]
    assert stays_away({"officers": "Nobody"}, {"officers": None}) == []
    assert stays_away() == []


def test_only_the_last_day_counts_with_everybody_who_came_on_it():
    before = {"inspected_on": SEEN - timedelta(days=1), "officers": "q2"}
    assert stays_away(before, {"officers": "p1"}, {"officers": "p2"}) == ["p1", "p2"]
    assert stays_away(before, {"officers": "p1", "kind": "assistance"}) == ["q2"]
    assert stays_away(before, {"officers": "p1", "mode": "off_site"}) == ["p1"]


def test_a_declared_conflict_keeps_away_whoever_came_last():
    assert stays_away({"officers": "p1"}, conflicts=("q1", "p1")) == ["p1", "q1"]
    assert stays_away(conflicts=("q1",)) == ["q1"]


# ---- lending -------------------------------------------------------------------------------------------

US, NEXT, FAR, CITY = ("district", HERE), ("district", "370103"), ("district", "370181"), ("city", "")


@pytest.mark.parametrize(
    ("borrower", "forms", "lenders"),
    [
        (US, ["regional"], [("regional", NEXT)]),
        (FAR, ["regional"], []),
        (US, ["whole_city"], [("whole_city", one) for one in (NEXT, FAR, CITY)]),
        (CITY, ["whole_city"], [("whole_city", one) for one in (US, NEXT, FAR)]),
        (US, ["demonstration"], [("demonstration", CITY)]),
        (CITY, ["demonstration"], []),
        (CITY, ["regional"], []),
        (US, ["assistance"], []),
        (US, ["demonstration", "assistance", "regional"], [("demonstration", CITY), ("regional", NEXT)]),
    ],
)
def test_who_may_lend_goes_by_the_forms_in_their_order(
    borrower: tuple[str, str], forms: list[str], lenders: list[tuple[str, tuple[str, str]]]
):
    regions = {"cross_region.forms": forms, "cross_region.regions": [[HERE, "370103"], ["370181", "370199"]]}
    idle = {one: [(0, "c")] for one in (CITY, FAR, NEXT, US)}
    assert list(_lenders(borrower, idle, with_values(POLICY, regions))) == lenders


def test_a_crew_away_from_home_goes_by_a_name_no_crew_at_home_has():
    for lender in (US, CITY):
        assert _is_lent(lent_name(Loan(lender, NEXT, 0, "c1", "regional")))
    assert not any(_is_lent(name) for name in ("c1", "370102-01+370102-02", "a/b", "district"))
