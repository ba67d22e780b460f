"""Statute on the spot in Chromium: looked for beside a finding, taken at a tap; without network among what is here."""

import uuid
from typing import Any

import pytest

from tests.worlds.crews import Crew
from tests.worlds.devices import IN_CHROMIUM, Device, serious

pytestmark = IN_CHROMIUM


@pytest.fixture
def finding(crew: Crew) -> tuple[str, str]:
    """A visit that has begun, and the number of the one finding of its record."""
    number, one = crew.begun(), str(uuid.uuid4())
    crew.done(number, "keep", record=crew.record({"id": one, "description": "灭火器没压力了"}))
    return number, one


def look(page: Any, finding: str, text: str) -> Any:
    """Look for something beside a finding; what is shown."""
    page.fill(f"[id='q-{finding}']", text)
    page.press(f"[id='q-{finding}']", "Enter")
    shown = page.locator(f"[id='f-{finding}'] .found li")
    shown.first.wait_for()
    return shown


def test_what_is_taken_at_a_tap_is_written_into_the_finding_with_its_law_and_kept(
    device: Device, crew: Crew, finding: tuple[str, str]
) -> None:
    visit, number = finding
    device.log_in(crew, "officer")
    page = device.go(f"/records/{visit}")
    shown = look(page, number, "灭火气没压力")
    assert "FIRE-01" in shown.first.inner_text()
    shown.first.locator("button").first.click()
    page.wait_for_selector(f"[id='r-{number}']:visible")
    assert page.input_value(f"[id='c-{number}']") == "FIRE-01"
    assert "消防法 16(1)2" in page.inner_text(f"[id='r-{number}']")
    assert page.input_value(f"[id='d-{number}']") == "灭火器没压力了"
    page.click("button[value=keep]:not(.unseen)")
    device.until_sent()
    [kept] = crew.officer.get(f"/visits/{visit}.json").json()["record"]["findings"]
    assert (kept["item_code"], kept["criterion"]) == ("FIRE-01", "")


def test_a_criterion_of_this_enterprise_is_taken_with_its_item_and_none_of_another(
    device: Device, crew: Crew, finding: tuple[str, str]
) -> None:
    visit, number = finding
    criteria = crew.officer.get(f"/records/{visit}.json").json()["criteria"]
    item, [said, *_] = next(iter(criteria.items()))
    device.log_in(crew, "officer")
    page = device.go(f"/records/{visit}")
    shown = look(page, number, item)
    shown.first.locator("button", has_text=said).first.click()
    page.wait_for_selector(f"[id='r-{number}']:visible")
    assert page.input_value(f"[id='c-{number}']") == item
    assert page.input_value(f"[id='k-{number}']") == said
    assert not page.is_checked(f"[id='m-{number}']"), "whether it is major the officer says"
    look(page, number, "GEN-01").first.locator("button").first.click()
    page.wait_for_selector(f"[id='f-{number}'] .found li", state="detached")
    assert page.input_value(f"[id='k-{number}']") == ""


def test_without_network_the_items_of_the_page_are_looked_through_and_it_says_so(
    device: Device, crew: Crew, finding: tuple[str, str]
) -> None:
    visit, _ = finding
    device.log_in(crew, "officer")
    device.go("/day")
    device.kept(f"/records/{visit}")
    device.window.set_offline(True)
    page = device.go(f"/records/{visit}")
    page.click("button[value=more]")
    added = page.locator("fieldset.finding").last.get_attribute("id").removeprefix("f-")
    shown = look(page, added, "fire extinguisher")
    assert "FIRE-01" in shown.first.inner_text()
    assert "no network" in page.inner_text(f"[id='f-{added}'] .found")
    shown.first.locator("button").first.click()
    page.wait_for_selector(f"[id='f-{added}'] .found li", state="detached")
    assert page.input_value(f"[id='c-{added}']") == "FIRE-01"


def test_axe_finds_nothing_serious_where_statutes_are_looked_for(
    device: Device, crew: Crew, chromium: Any, finding: tuple[str, str]
) -> None:
    window = chromium.new_context(viewport={"width": 360, "height": 800}, bypass_csp=True)
    other = Device(device.address, window)
    other.log_in(crew, "officer")
    found = list[str]()
    for path in (
        f"/statutes?q=灭火气&visit={finding[0]}&finding={finding[1]}",
        "/statutes?q=安全生产法",
        f"/records/{finding[0]}",
    ):
        page = other.go(path)
        if path.startswith("/records"):
            look(page, finding[1], "灭火气")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        found += serious(page)
    window.close()
    assert found == []
