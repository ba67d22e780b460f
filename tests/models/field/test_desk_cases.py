"""Cases of the desk that a lawyer can check by hand: ``tests/cases/desk/*.yaml``, one file for each clause.

A case says what differs from the ordinary visit of ``tests.worlds.field`` (Tuesday 30 June 2026, 9:30 to 11:30, two
certified officers, one visit of four that the cap allows), and which rules then speak.  ``asks``: what is judged; what
is no form, but a page or the ledger, is asked over HTTP alone (``tests/desk/web/test_clauses.py``).
"""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from models.field.closing import closing_faults
from models.field.facts import Officer
from models.field.filings import approval_faults, emergency_deadline, filing_faults, is_late
from models.field.forms import Answers
from models.field.records import record_faults, signature_faults
from tests.worlds.field import FINDING, facts, filing, finding, moment, policy, record
from tests.worlds.field_cases import Case, cases, files
from tests.worlds.plans import with_values

ORDINARY = "2026-06-30 08:00"


def test_every_clause_of_the_desk_has_a_file_of_cases_with_a_title_in_both_languages():
    for clause, file in files().items():
        assert set(file) == {"clause", "title", "cases"} and file["clause"] == clause
        assert set(file["title"]) == {"zh", "en"}
        names = [case["name"] for case in file["cases"]]
        assert len(names) >= 2 and len(set(names)) == len(names)
        assert any(not case["then"].get("faults") for case in file["cases"]), "what is allowed is told too"
        refused = ("faults", "status", "never")
        assert any(case["then"].get(one) for one in refused for case in file["cases"]), "and what is not"


def _known(case: Case) -> Any:
    known = dict(case.get("known", {}))
    if "officers" in known:
        known["officers"] = {one["officer_id"]: Officer(**one) for one in known["officers"]}
    if "to_recheck" in known:
        known["to_recheck"] = frozenset(UUID(one) for one in known["to_recheck"])
    return facts(**known)


def _policy(case: Case) -> Any:
    on = policy()
    return replace(on, planning=with_values(on.planning, case.get("policy", {})))


def _filing(case: Case) -> Any:
    now = moment(case.get("now", ORDINARY))
    return filing_faults(filing(**case.get("filing", {})), _known(case), _policy(case), now)


def _record(case: Case) -> Any:
    told = dict(case.get("record", {}))
    told["findings"] = [finding(**one).model_dump() for one in told.get("findings", ())]
    visit, now = filing(**case.get("filing", {})), moment(case.get("now", "2026-06-30 12:00"))
    kept, filed = record(**told), moment("2026-06-29 16:00")
    approved = moment(case.get("approved", "2026-06-29 16:05"))
    return [
        *record_faults(kept, visit, _known(case), now, filed_at=filed, approved_at=approved),
        *signature_faults(kept, visit, _policy(case)),
    ]


def _closing(case: Case) -> Any:
    told = dict(case["answers"])
    rectified: date | None = told.pop("rectified_on", None)
    return closing_faults(FINDING, Answers.model_validate(told), rectified, _policy(case))


def _approval(case: Case) -> Any:
    return approval_faults(case["filing"]["filer"], case["filing"]["approver"], _policy(case))


_FOUND = {"filing": _filing, "record": _record, "closing": _closing, "approval": _approval}


@pytest.mark.parametrize("case", cases(lambda case: case["asks"] in _FOUND))
def test_a_case_of_the_desk_is_judged_as_written(case: Case):
    assert set(case) <= {
        "name",
        "note",
        "asks",
        "now",
        "approved",
        "filing",
        "record",
        "known",
        "policy",
        "answers",
        "then",
    }
    then = dict(case["then"])
    assert set(then) <= {"faults", "late", "file_by"}
    said = _FOUND[case["asks"]](case)
    assert {one.rule for one in said} == set(then.pop("faults", ()))
    assert all(str(one).count(". ") >= 1 for one in said), "a fault says what is, and what to do"
    if then:
        visit, on = filing(**case.get("filing", {})), policy()
        assert visit.planned_on is not None
        now = moment(case.get("now", ORDINARY))
        told = {"late": is_late(visit, on, now), "file_by": emergency_deadline(visit.planned_on, on)[0]}
        assert {name: told[name] for name in then} == then
