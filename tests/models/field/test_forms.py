"""Forms: unfinished ones are forms, senseless ones are not, and what they say of themselves."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from pydantic import ValidationError

from models.field.facts import criteria_of
from models.field.filings import authority_faults
from models.field.forms import STORED, Filing, Record, in_zone
from models.law import criteria_cited, read_citation
from models.policy.check_items import load_catalogue
from tests.worlds.field import DAY, FINDING, PHOTO, filing, finding, moment, record
from warehouse.clock import LOCAL


def test_a_form_that_was_only_begun_is_a_form():
    assert Filing(enterprise_id="e1", kind="special").item_codes == ()
    assert Record().result == "unknown"


@pytest.mark.parametrize(
    "differs",
    [
        {"kind": "raid"},
        {"channel": "whim"},
        {"mode": "by_air"},
        {"assistants": -1},
        {"score": 3},
        {"enterprise_id": " "},
        {"basis": "x" * 4001},
        {"basis": "安全生产法\x0065"},
        {"enterprise_id": "e1\ne2"},
        {"begins_at": "09:30+08:00"},
    ],
)
def test_a_filing_that_makes_no_sense_is_refused(differs: dict[str, object]):
    with pytest.raises(ValidationError):
        filing(**differs)


@pytest.mark.parametrize("photo", ["", "a" * 63, "A" * 64, "../" + "a" * 61])
def test_a_photo_is_a_hash(photo: str):
    with pytest.raises(ValidationError):
        finding(photos=[photo])


def test_a_finding_stands_once_and_times_have_their_zone():
    with pytest.raises(ValidationError, match="twice"):
        record(findings=[finding(), finding()])
    with pytest.raises(ValidationError):
        record(begun_at="2026-06-30T09:30:00")


@pytest.mark.parametrize("year", ["0001", "1999", "2101", "9999"])
def test_days_and_moments_lie_in_our_time_and_what_was_stored_before_is_read_all_the_same(year: str):
    at = f"{year}-12-31T23:59:59+08:00"
    signed = [{"officer_id": "o1", "signed_at": at}]
    for differs in ({"begun_at": at}, {"ended_at": at}, {"officers": signed}):
        with pytest.raises(ValidationError, match="2000 to 2100"):
            record(**differs)
    with pytest.raises(ValidationError, match="2000 to 2100"):
        filing(planned_on=f"{year}-12-31")
    with pytest.raises(ValidationError, match="2000 to 2100"):
        finding(rectify_due_on=f"{year}-12-31")
    held = Record.model_validate({"begun_at": at, "officers": signed}, context=STORED)
    assert held.begun_at is not None and held.begun_at.year == int(year)


def test_a_moment_that_another_zone_does_not_have_stays_as_it_is():
    first, last = datetime.min.replace(tzinfo=timezone(timedelta(hours=8))), datetime.max.replace(tzinfo=UTC)
    assert in_zone(first, UTC) == first and in_zone(last, LOCAL) == last
    assert in_zone(datetime(2026, 6, 30, tzinfo=UTC), LOCAL).hour == 8


def test_a_form_comes_back_from_its_json_as_it_was():
    whole = record(findings=[finding(photos=[PHOTO]), finding(id=UUID(int=2), is_major=True)])
    assert Record.model_validate_json(whole.model_dump_json()) == whole
    assert Filing.model_validate_json(filing().model_dump_json()) == filing()


def test_the_result_is_the_gravest_thing_told():
    assert record().result == "clean"
    assert record(findings=[finding()]).result == "findings"
    assert record(findings=[finding(), finding(id=UUID(int=2), is_major=True)]).result == "serious"
    assert record(outcome="stopped", findings=[finding()]).result == "stopped"


def test_signatures_lie_between_the_beginning_of_the_visit_and_the_moment_it_is_signed():
    signed = [
        {"officer_id": f"o{n}", "signed_at": f"{day}T11:30:00+08:00"}
        for n, day in enumerate(("2001-01-01", "2026-06-30", "2099-01-01"))
    ]
    kept = record(officers=signed, unit={"name": "王某", "signed_at": "2099-01-01T00:00:00Z"})
    kept = kept.signed_by(moment("2026-06-30 12:00"))
    times = [one.signed_at for one in kept.officers]
    assert times == [moment(f"2026-06-30 {at}") for at in ("09:35", "11:30", "12:00")]
    assert kept.unit is not None and kept.unit.signed_at == moment("2026-06-30 12:00")
    assert record(unit=None).signed_by(moment("2026-06-30 12:00")).unit is None


def test_the_images_of_a_record_are_its_photos_and_drawn_signatures():
    signed = {"officer_id": "o1", "signed_at": "2026-06-30T11:30:00+08:00", "image": "b" * 64}
    assert record(findings=[finding(photos=[PHOTO, PHOTO])], officers=[signed]).images == {PHOTO, "b" * 64}


def test_criteria_are_those_that_the_catalogue_cites_where_the_item_is_major():
    items = load_catalogue().on(DAY)
    dust, general = criteria_of(items, sector="explosive_dust"), criteria_of(items, sector="general")
    assert any("令第10号" in one for cited in dust.values() for one in cited)
    assert set(general) < {item.code for item in items}
    for cited in (*dust.values(), *general.values()):
        assert cited and all(criteria_cited(read_citation(one)) for one in cited)


def test_another_authoritys_enterprise_is_not_filed_for():
    assert authority_faults(("district", "370102"), "district", "370102") == []
    (told,) = authority_faults(("city", ""), "district", "370102")
    assert told.rule == "other_authority" and "370102" in str(told)


def test_a_recheck_that_found_everything_rectified_found_nothing_and_any_other_did():
    done, left = ({"finding_id": FINDING, "opinion": one} for one in ("done", "partly"))
    assert record(opinions=[done], no_finding=False).result == "clean"
    assert record(opinions=[left], no_finding=False).result == "findings"
    assert record(opinions=[done], findings=[finding(id=UUID(int=2))]).result == "findings"
