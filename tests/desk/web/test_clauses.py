"""The cases of the desk (``tests/cases/desk/*.yaml``) played by programs that ask over HTTP.

What a case says is known stands in the published copy before it is asked: officers, recusals, the cap.  The days are
those of the case, and the enterprise is one of the demo city.
"""

import csv
import re
import shutil
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from models.field.filings import emergency_deadline
from tests.worlds.crews import Crew, rules
from tests.worlds.desks import LIXIA, Desk, asked, desk_of
from tests.worlds.field import DAY, filing, finding, moment, policy, record
from tests.worlds.field_cases import CLAUSES, Case, cases
from tests.worlds.homes import copy_of
from warehouse.home import Home

EARLIER = datetime.combine(DAY, datetime.min.time()) - timedelta(days=6)
"""When the visit was made that a re-check looks at again."""
CERTIFIED = {"certified_until": "2026-12-31"}
USUAL = 1
"""Cases of a clause that a usual run plays; the forms of all of them are judged there without a desk."""
UUID = re.compile(r"00000000-0000-0000-0000-[0-9a-f]{12}")


class Play:
    """One desk for all cases; each finds the copy as it says, and numbers of its own."""

    def __init__(self, desk: Desk, home: Path, whole: Path) -> None:
        self.desk, self.home, self.whole = desk, Home(home), whole
        self.crew = Crew(desk, home)
        self.case = ""

    def knowing(self, case: Case) -> str:
        """Publish what the case says is known; the enterprise it is about."""
        known, firm = case.get("known", {}), case.get("firm", {})
        people = known.get("officers") or [{"officer_id": one, **CERTIFIED} for one in ("o1", "o2", "o3")]
        chosen = self._firm(case)
        new = self.home.published.with_suffix(".new")
        shutil.copyfile(self.whole, new)
        with duckdb.connect(str(new)) as copy:
            copy.execute("DELETE FROM serve.officers; DELETE FROM serve.recusals")
            for one in people:
                row = [one["officer_id"], one["officer_id"], LIXIA, one.get("role", "officer")]
                row += [one.get("certified_until"), one.get("left_on")]
                copy.execute(
                    "INSERT INTO serve.officers (officer_id, name, level, division, role, certified_until, left_on) "
                    "VALUES (?, ?, 'district', ?, ?, ?, ?)",
                    row,
                )
                if one.get("is_recused"):
                    copy.execute("INSERT INTO serve.recusals VALUES (?, ?)", [chosen, one["officer_id"]])
            cap = [known.get("cap", 4), known.get("visits_this_year", 1), DAY, chosen]
            copy.execute("UPDATE plan.caps SET cap = ?, used = ?, as_of = ? WHERE enterprise_id = ?", cap)
            trade = [firm.get("sector", "explosive_dust"), firm.get("industry"), chosen]
            copy.execute(
                "UPDATE core.enterprises SET sector = ?, industry = ? WHERE enterprise_id = ?", trade
            )
        new.replace(self.home.published)
        self.case = case["name"]
        return chosen

    def _firm(self, case: Case) -> str:
        """Another one for every case: visits of others are none of its own."""
        return self.crew.firms[hash_of(case["name"]) % len(self.crew.firms)]

    def own(self, told: Any) -> Any:
        """What a case says, with numbers that no other case has."""
        if isinstance(told, Mapping):
            return {key: self.own(one) for key, one in told.items()}
        if isinstance(told, list):
            return [self.own(one) for one in told]
        if isinstance(told, str) and UUID.fullmatch(told):
            return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.case} {told}"))
        return told

    def at(self, when: datetime) -> None:
        """The clock of the desk."""
        self.crew.at(when)

    def filing(self, case: Case, firm: str) -> dict[str, Any]:
        """The ordinary filing, as the case changes it."""
        told = filing(**case.get("filing", {})).model_dump(mode="json")
        return self.own(told | {"enterprise_id": firm})

    def begun(
        self,
        firm: str,
        told: Mapping[str, Any],
        filed: datetime,
        starts: datetime,
        approved: datetime | None = None,
    ) -> str:
        """A visit that is filed at a moment, approved then or at another, and begun at one more."""
        self.at(filed)
        crew = self.crew
        number = crew.begin(firm=firm, **{name: one for name, one in told.items() if name != "enterprise_id"})
        crew.done(number, "file")
        self.at(approved or filed)
        crew.done(number, "approve", crew.leader)
        self.at(starts)
        crew.done(number, "start")
        return number

    def earlier(self, firm: str, findings: list[str]) -> str:
        """A visit of the week before that counted, with findings of these numbers."""
        day = EARLIER.date()
        told = self.filing({"filing": {"planned_on": day}}, firm)
        start = moment(f"{day} 09:35")
        number = self.begun(firm, told, moment(f"{day} 08:00"), start)
        found = [finding(id=one).model_dump(mode="json") for one in findings]
        kept = record(findings=found).model_dump(mode="json")
        kept |= {"begun_at": start.isoformat(), "ended_at": moment(f"{day} 11:00").isoformat()}
        for one in (*kept["officers"], kept["unit"]):
            one["signed_at"] = moment(f"{day} 11:30").isoformat()
        self.at(moment(f"{day} 12:00"))
        self.recorded(number, kept)
        return number

    def recorded(self, number: str, kept: Mapping[str, Any]) -> set[str]:
        """What stands against recording and signing; a record against which something stands is not signed."""
        unsigned = {**kept, "officers": [], "unit": None, "refusal": None}
        for step, brought in (("record", unsigned), ("sign", kept)):
            answer = self.crew.step(number, step, record=brought)
            if answer.status_code != 200:
                return rules(answer)
        return set()


def hash_of(text: str) -> int:
    """A number that is the same in every process."""
    return uuid.uuid5(uuid.NAMESPACE_OID, text).int


@pytest.fixture(scope="module")
def play(coded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    home = copy_of(coded, tmp_path_factory.mktemp("clauses") / "home")
    with desk_of(home, tmp_path_factory.mktemp("ledger")) as desk:
        desk.now = moment("2026-06-30 08:00")
        desk.add("city", "leader")
        yield Play(desk, home, coded / Home(home).published.relative_to(home))


def test_every_clause_of_the_desk_is_played() -> None:
    assert {"D1", "D3", "D5", "D6", "P4", "P8", "P9", "P11", "C5", "C6"} <= CLAUSES


@pytest.mark.parametrize("case", cases(lambda case: "policy" not in case, usual=USUAL))
def test_a_case_is_answered_over_http_as_written(play: Play, case: Case) -> None:
    firm = play.knowing(case)
    _PLAYED[case["asks"]](play, case, firm)


def _filed(play: Play, case: Case, firm: str) -> None:
    then, told = case["then"], play.filing(case, firm)
    if told["rechecks"]:
        told["rechecks"] = play.earlier(firm, [play.own("00000000-0000-0000-0000-000000000001")])
    now = moment(case.get("now", f"{DAY} 08:00"))
    begins = moment(f"{told['planned_on']} {told['begins_at'] or '09:30:00'}"[:16])
    if told["emergency"] is None or now < begins:
        play.at(now)
        number = play.crew.begin(**told)
        answer = play.crew.step(number, "file")
    else:
        play.at(begins)
        number = play.crew.begin(**told)
        answer = play.crew.step(number, "start_emergency")
        if answer.status_code == 200:
            play.at(now)
            answer = play.crew.step(number, "file_afterwards")
    said = set() if answer.status_code == 200 else rules(answer)
    assert said == set(then["faults"])
    if "late" in then:
        assert answer.json()["is_late"] is then["late"]
        assert emergency_deadline(filing(**case["filing"]).planned_on or DAY, policy())[0] == then["file_by"]


def _written(play: Play, case: Case, firm: str) -> None:
    told, known = play.filing(case, firm), play.own(case.get("known", {}))
    if told["rechecks"]:
        told["rechecks"] = play.earlier(firm, known["to_recheck"])
    filed, approved = moment("2026-06-29 16:00"), case.get("approved")
    number = play.begun(firm, told, filed, moment(f"{DAY} 09:35"), moment(approved) if approved else None)
    play.at(moment(case.get("now", f"{DAY} 12:00")))
    assert play.recorded(number, play.own(_record(case))) == set(case["then"]["faults"])


def _record(case: Case) -> dict[str, Any]:
    told = dict(case.get("record", {}))
    told["findings"] = [finding(**one).model_dump() for one in told.get("findings", ())]
    return record(**told).model_dump(mode="json")


def _closed(play: Play, case: Case, firm: str) -> None:
    answers = dict(case["answers"])
    rectified = answers.pop("rectified_on", None)
    one = play.own("00000000-0000-0000-0000-000000000001")
    number = play.earlier(firm, [one])
    if rectified:
        day = {"planned_on": rectified, "kind": "recheck", "channel": "recheck"}
        told = play.filing({"filing": day}, firm) | {"rechecks": number}
        start = moment(f"{rectified} 09:35")
        again = play.begun(firm, told, moment(f"{rectified} 08:00"), start)
        kept = record(opinions=[{"finding_id": one, "opinion": "done"}]).model_dump(mode="json")
        kept |= {"begun_at": start.isoformat(), "ended_at": moment(f"{rectified} 11:00").isoformat()}
        play.at(moment(f"{rectified} 12:00"))
        assert play.recorded(again, kept) == set()
    answer = play.crew.step(number, "close_finding", finding_id=one, answers=answers)
    said = set() if answer.status_code == 200 else rules(answer)
    assert said == set(case["then"]["faults"])


def _approved(play: Play, case: Case, firm: str) -> None:
    crew, who = play.crew, case["filing"]
    play.at(moment(f"{DAY} 08:00"))
    filer = crew.leader if who["filer"] == who["approver"] else crew.officer
    number = crew.begin(filer, **play.filing({}, firm))
    crew.done(number, "file", filer)
    answer = crew.step(number, "approve", crew.leader)
    said = set() if answer.status_code == 200 else rules(answer)
    assert said == set(case["then"]["faults"])


def _traced(play: Play, case: Case, firm: str) -> None:
    """What the ledger of visits tells of what was done (D3)."""
    crew, then = play.crew, case["then"]
    number = play.begun(firm, play.filing(case, firm), moment("2026-06-29 16:00"), moment(f"{DAY} 09:35"))
    play.at(moment(f"{DAY} 12:00"))
    assert play.recorded(number, play.own(_record(case))) == set()
    for step in case.get("steps", ()):
        told = dict(step)
        name, who = told.pop("step"), crew.leader if told.pop("by", "") == "leader" else crew.officer
        if "record" in told:
            told["record"] = play.own(_record(told))
        assert crew.step(number, name, who, **told).status_code == then.get("status", 200)
    visit = crew.officer.get(f"/visits/{number}.json").json()
    assert [one["step"] for one in visit["steps"]] == then["steps"]
    assert all(one["at"] and (one["by"] or one["step"] == "count") for one in visit["steps"])
    assert [one["reason"] for one in visit["revisions"]] == then["revisions"]
    [line] = [one for one in _lines(crew, firm) if one["visit"] == number]
    assert {head: line[head] for head in then["ledger"]} == then["ledger"]
    assert line["enterprise"] == firm and line["unit"]


def _lines(crew: Crew, firm: str) -> list[dict[str, str]]:
    text = crew.officer.get(f"/visits.csv?enterprise={firm}").content.decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


def _offered(play: Play, case: Case, firm: str) -> None:
    """The check items that a visit to this enterprise can be filed for (P9)."""
    play.at(moment(f"{DAY} 08:00"))
    page = play.crew.officer.get(f"/visits/new?enterprise={firm}").text
    offered = set(re.findall(r'name="item" type="checkbox" value="([^"]+)"', page))
    assert set(case["then"]["offers"]) <= offered
    assert not offered & set(case["then"]["never"])


def _explained(play: Play, case: Case, firm: str) -> None:
    """Why an enterprise has its code, told to whoever may see it (C5)."""
    [(chosen,)] = asked(
        play.home.root, "SELECT min(enterprise_id) FROM risk.codes WHERE code = ?", case["code"]
    )
    then = case["then"]
    who = play.desk.login(case["by"])
    answer = who.get(f"/enterprises/{chosen}.json")
    assert answer.status_code == then.get("status", 200)
    if answer.status_code != 200:
        return
    found = answer.json()["passport"]
    points = [one["points"] for one in found["reasons"] if one["kind"] == "points"]
    assert (found["code"], sum(points)) == (case["code"], found["score"])
    assert {one["kind"] for one in found["reasons"]} == set(then["kinds"])


_PLAYED = {
    "filing": _filed,
    "record": _written,
    "closing": _closed,
    "approval": _approved,
    "ledger": _traced,
    "items": _offered,
    "passport": _explained,
}
