"""Nobody sees what lies elsewhere: not in a list, not on a page, not by its number."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.web.viewer import Viewer
from tests.worlds.crews import MORNING, Crew, fields
from tests.worlds.desks import LIXIA, SHIZHONG, Desk, asked, desk_of
from tests.worlds.disputed import disputed
from tests.worlds.effort import tries

ROLES = ("inspector", "leader", "analyst", "auditor")
PLACES = (("district", LIXIA), ("district", SHIZHONG), ("town", "370102001"))
LISTS = (
    "/day.json?of=authority",
    "/day.json?of=area",
    "/day.json?of=area&on=2026-07-02",
    "/day.json?of=me",
    "/map.json?of=authority",
    "/map.json?of=area&on=2026-07-02",
    "/queue.json?size=200",
    "/queue.json?size=200&page=2",
    "/queue.json?size=200&channel=red",
    "/queue.json?code=red&size=200",
    "/queue.json?code=yellow&size=200",
    "/queue.json?code=blue&size=200&text=济南",
    "/queue.json?code=green&size=200",
    "/search.json?q=济南",
    "/search.json?q=公司",
)


@pytest.fixture(scope="module")
def browsers(desk: Desk) -> dict[tuple[str, str], Any]:
    """Somebody of each role and place, none of whom any plan sends."""
    return {
        (role, division): desk.login(desk.add(f"{role}-{division}", role, level=level, division=division))
        for role in ROLES
        for level, division in PLACES
    }


def firms_in(told: Any) -> Iterator[str]:
    """Every enterprise that an answer names, however deep."""
    if isinstance(told, dict):
        if "enterprise_id" in told:
            yield told["enterprise_id"]
        for one in told.values():
            yield from firms_in(one)
    elif isinstance(told, list):
        for one in told:
            yield from firms_in(one)


def lies_in(division: str, place: str | None) -> bool:
    return (place or "").startswith(division)


@settings(max_examples=tries(60))
@given(
    who=st.sampled_from([(role, place) for role in ROLES for _, place in PLACES]), path=st.sampled_from(LISTS)
)
def test_lists_name_enterprises_of_the_own_place_only(
    desk: Desk, coded: Path, browsers: dict[tuple[str, str], Any], who: tuple[str, str], path: str
) -> None:
    answer = browsers[who].get(path)
    assert answer.status_code in (200, 403), answer.text
    if "of=" in path and who[0] == "inspector":
        assert answer.status_code == 403
    places = dict(asked(coded, "SELECT enterprise_id, division FROM core.enterprises"))
    assert [firm for firm in firms_in(answer.json()) if not lies_in(who[1], places[firm])] == []


@settings(max_examples=tries(60))
@given(
    who=st.sampled_from([(role, place) for role in ROLES for _, place in PLACES]),
    nth=st.integers(0, 299),
    form=st.sampled_from(["", ".json"]),
)
def test_an_enterprise_elsewhere_is_told_as_one_that_does_not_exist(
    desk: Desk, coded: Path, browsers: dict[tuple[str, str], Any], who: tuple[str, str], nth: int, form: str
) -> None:
    firms = asked(coded, "SELECT enterprise_id, division FROM core.enterprises ORDER BY 1")
    firm, place = firms[nth % len(firms)]
    answer = browsers[who].get(f"/enterprises/{firm}{form}")
    visited = asked(
        coded, "SELECT division FROM plan.visits WHERE enterprise_id = ? AND planned_on IS NOT NULL", firm
    )
    is_own = lies_in(who[1], place) or any(lies_in(who[1], one) for (one,) in visited)
    assert answer.status_code == (200 if is_own else 404)
    if not is_own:
        nobody = browsers[who].get(f"/enterprises/NOBODY{form}")
        assert answer.text.replace(firm, "NOBODY") == nobody.text


def test_an_officer_who_is_sent_elsewhere_sees_the_visit_and_the_enterprise(desk: Desk, coded: Path) -> None:
    [(officer, firm, day, place)] = asked(
        coded,
        "SELECT a.officer_id, a.enterprise_id, a.planned_on, e.division FROM plan.assignments a "
        "JOIN core.enterprises e USING (enterprise_id) WHERE NOT starts_with(e.division, ?) ORDER BY ALL LIMIT 1",
        LIXIA,
    )
    sent = desk.login(desk.add("lent", level="district", division=LIXIA, officer_id=officer))
    visits = sent.get(f"/day.json?on={day}").json()["visits"]
    assert firm in [visit["enterprise_id"] for visit in visits]
    assert sent.get(f"/enterprises/{firm}").status_code == 200
    stays = desk.login(desk.add("stays", level="district", division=LIXIA))
    assert stays.get(f"/enterprises/{firm}").status_code == 404, place


def test_a_district_elsewhere_is_none_to_choose(desk: Desk) -> None:
    browser = desk.login("lixia")
    for text in (SHIZHONG, "市中区", "Shizhong", "37", "370", "%", " "):
        answer = browser.get("/queue.json", params={"district": text, "code": "red"})
        if text.strip():
            assert answer.status_code == 404, text
        else:
            assert answer.json() == browser.get("/queue.json?code=red").json()
    own = browser.get("/queue.json", params={"district": "历下区", "code": "yellow"}).json()
    assert own["enterprises"] == browser.get("/queue.json?code=yellow").json()["enterprises"] != []


def test_an_inspector_sees_no_day_of_other_crews_and_a_leader_does(desk: Desk, coded: Path) -> None:
    [(officer, day)] = asked(
        coded,
        "SELECT officer_id, planned_on FROM plan.assignments WHERE division = ? ORDER BY ALL LIMIT 1",
        LIXIA,
    )
    browser = desk.login(desk.add("one", level="district", division=LIXIA, officer_id=officer))
    assert browser.get("/day.json?of=authority").status_code == 403
    seen = browser.get("/day.json").json()["visits"]
    assert all(officer in [one["officer_id"] for one in visit["officers"]] for visit in seen) and seen
    told = desk.login("lixia").get(f"/day.json?on={day}").json()
    assert told["of"] == "authority"
    assert {(visit["level"], visit["division"]) for visit in told["visits"]} == {("district", LIXIA)}


DESK_LISTS = (
    "/visits.json?size=200",
    "/visits.json?state=filed",
    "/objections.json?size=200",
    "/objections.json?state=open",
    "/overrides.json?size=200",
)


@dataclass(frozen=True)
class Places:
    """A desk with a visit, objections, an override and an act in each of two districts, and people of each place."""

    crew: Crew
    home: Path
    browsers: dict[tuple[str, str], Any]
    numbers: dict[str, dict[str, str]]

    def firm(self, district: str) -> tuple[str, str]:
        """The enterprise that is contested in a district, and where it lies."""
        [found] = asked(
            self.home,
            "SELECT enterprise_id, division FROM dispute.overrides JOIN core.enterprises USING (enterprise_id) "
            "WHERE starts_with(division, ?)",
            district,
        )
        return found


@pytest.fixture(scope="module")
def places(coded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    home = disputed(coded, tmp_path_factory.mktemp("disputed"))
    with desk_of(home, tmp_path_factory.mktemp("places")) as made:
        made.now = MORNING
        crew, numbers = Crew(made, home), dict[str, dict[str, str]]()
        people = {
            (role, division): made.login(made.add(f"{role}-{division}", role, level=level, division=division))
            for role in ROLES
            for level, division in PLACES
        }
        built = Places(crew, home, people, numbers)
        for n, (district, who) in enumerate(
            zip((LIXIA, SHIZHONG), (crew.officer, crew.stranger), strict=True)
        ):
            firm, _ = built.firm(district)
            visit = crew.begin(who, firm=firm)
            crew.done(visit, "file", who) if district == LIXIA else None
            form = fields(who.get(f"/objections/new?enterprise={firm}").text, "/objections")
            act = who.post("/objections", data=form | {"by": "王五", "grounds": "不服"}).headers["location"]
            numbers[district] = {"visit": visit, "act": act, "objection": f"O-2026-{n}1", "firm": firm}
        yield built


@settings(max_examples=tries(60))
@given(
    who=st.sampled_from([(role, place) for role in ROLES for _, place in PLACES]),
    path=st.sampled_from(DESK_LISTS),
)
def test_what_the_desk_lists_is_of_the_own_place_only(
    places: Places, who: tuple[str, str], path: str
) -> None:
    answer = places.browsers[who].get(path)
    where = dict(asked(places.home, "SELECT enterprise_id, division FROM core.enterprises"))
    found = [*firms_in(answer.json())]
    assert answer.status_code == 200 and [firm for firm in found if not lies_in(who[1], where[firm])] == []
    if (who[1], "state=filed" in path) != (SHIZHONG, True) and who[1] in (LIXIA, SHIZHONG):
        assert places.numbers[who[1]]["firm"] in found, "there is something to see"


@settings(max_examples=tries(60))
@given(
    who=st.sampled_from([(role, place) for role in ROLES for _, place in PLACES]),
    district=st.sampled_from([LIXIA, SHIZHONG]),
    path=st.sampled_from(
        [
            *(
                "/visits/{visit}",
                "/visits/{visit}.json",
                "/visits/{visit}/filing",
                "/visits/{visit}/form.xlsx",
                "/records/{visit}",
                "{act}",
                "/statutes.json?q=灭火器&visit={visit}",
            ),
            *("{act}.json", "/objections/{objection}", "/objections/{objection}.json"),
            *("/objections/new?enterprise={firm}", "/overrides/new.json?enterprise={firm}"),
        ]
    ),
)
def test_what_lies_elsewhere_has_no_page_at_the_desk(
    places: Places, who: tuple[str, str], district: str, path: str
) -> None:
    told = places.numbers[district]
    answer = places.browsers[who].get(path.format(**told))
    # Visits and acts are the authority's, objections lie where their enterprise does.
    of_authority = "{visit}" in path or "{act}" in path
    is_own = who[1] == district if of_authority else lies_in(who[1], places.firm(district)[1])
    assert (answer.status_code != 404) == is_own, answer.text
    # There is no form before it is approved, and a filing that is done leads to its visit.
    others = ("new", "/records", "/filing", "/form.xlsx")
    if is_own and not any(one in path for one in others):
        assert answer.status_code == 200, (who, path)


def test_users_are_for_administrators_alone(places: Places) -> None:
    for browser in places.browsers.values():
        for path in ("/users", "/users.json", "/users/new", "/users/new.json", "/users/nobody.json"):
            assert browser.get(path).status_code == 403, path
        assert browser.get("/me").status_code == 200


def test_who_keeps_users_alone_sees_no_enterprise(desk: Desk) -> None:
    browser = desk.login(desk.add("keeper", "admin"))
    for path in ("/day", "/queue.json", "/search?q=济南"):
        answer = browser.get(path)
        assert answer.status_code == 403 and "keeps users" in answer.text
    assert browser.get("/month").status_code == 200


def test_an_account_without_the_place_of_its_district_is_never_the_whole_city() -> None:
    for level, division in (("district", ""), ("town", " "), ("city", LIXIA)):
        with pytest.raises(AssertionError):
            Viewer("Li", frozenset({"leader"}), level, division)
