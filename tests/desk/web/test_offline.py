"""The desk off line, in Chromium: what is written survives whatever happens and comes to the server once."""

import json
import re
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import FormData

from desk.web.sent import record_of
from tests.worlds.crews import MORNING, Crew
from tests.worlds.devices import (
    ARGUMENTS,
    CHROMIUM,
    IN_CHROMIUM,
    PHONE,
    PLAIN,
    Device,
    killed,
    photo,
    serious,
)

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)
KEEP = "button[value=keep]:not(.unseen)"
LONGEST_FIRST_LOAD = 150_000

pytestmark = IN_CHROMIUM


class Noon:
    """The crew at noon, for which visits were filed and approved in the morning."""

    def __init__(self, crew: Crew) -> None:
        self.crew = crew
        crew.at(NOON)

    def approved(self) -> str:
        """A visit that may begin."""
        self.crew.at(MORNING)
        number = self.crew.begin()
        self.crew.done(number, "file")
        self.crew.done(number, "approve", self.crew.leader)
        self.crew.at(NOON)
        return number

    def begun(self) -> str:
        """A visit that has begun."""
        number = self.approved()
        self.crew.done(number, "start")
        return number

    def visit(self, number: str) -> Any:
        """A visit as the ledger has it."""
        return self.crew.officer.get(f"/visits/{number}.json").json()


@pytest.fixture(scope="module")
def noon(crews: Crew) -> Noon:
    return Noon(crews)


def write(page: Any, situation: str = "", *, is_empty: bool = True) -> None:
    """Fill in what a record needs besides findings."""
    page.fill("#begun_at", "2026-07-01T10:00")
    page.fill("#ended_at", "2026-07-01T11:00")
    page.fill("#places", "一车间，仓库")
    page.fill("#situation", situation)
    page.check("#certificates_shown")
    page.check("#integrity_pledge")
    if is_empty:
        page.check("#no_finding")


def add_finding(page: Any, item: str, photos: list[bytes], **told: str) -> str:
    """Add a finding with its photos; its number."""
    page.click("button[value=more]")
    part = page.locator("fieldset.finding").last
    number = part.get_attribute("id").removeprefix("f-")
    page.select_option(f"[id='c-{number}']", item)
    page.fill(f"[id='l-{number}']", "仓库")
    page.fill(f"[id='d-{number}']", told.get("description", "通道堵塞"))
    page.select_option(f"[id='s-{number}']", "order")
    page.fill(f"[id='b-{number}']", "2026-07-10")
    if "criterion" in told:
        part.locator("summary").click()
        page.check(f"[id='m-{number}']")
        page.select_option(f"[id='k-{number}']", told["criterion"])
        page.fill(f"[id='e-{number}']", "责令暂停作业")
    if photos:
        files = [
            {"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": one} for n, one in enumerate(photos)
        ]
        page.set_input_files(f"[id='u-{number}']", files)
        part.locator("canvas").nth(len(photos) - 1).wait_for()
    return number


def online(device: Device) -> None:
    """Have a network again, and know it."""
    device.window.set_offline(False)
    device.page.evaluate("dispatchEvent(new Event('online'))")


def test_a_record_with_photos_survives_the_killed_browser_and_is_sent_once(
    noon: Noon, port: int, playing: Any, tmp_path: Path
) -> None:
    address, number = f"http://127.0.0.1:{port}", noon.approved()
    criteria = noon.crew.officer.get(f"/records/{number}.json").json()["criteria"]
    form = noon.crew.officer.get(f"/records/{number}").text
    item = re.findall(r'<option value="([^"]+)"[^>]*>[^<]*★', form)[0]
    said = criteria[item][0]

    def opened() -> Device:
        how: dict[str, Any] = {"executable_path": CHROMIUM, "args": ARGUMENTS, "viewport": PHONE}
        return Device(address, playing.chromium.launch_persistent_context(tmp_path, **how))

    device = opened()
    device.log_in(noon.crew, "officer")
    device.go("/day")
    device.kept("/day", "/outbox", f"/visits/{number}", f"/records/{number}")
    device.window.set_offline(True)
    page = device.go(f"/records/{number}")
    assert page.locator("#kept").is_visible()
    write(page, is_empty=False)
    first = add_finding(page, "GEN-01", [photo((200, 0, 0), by_camera=True), photo((0, 200, 0))])
    second = add_finding(page, item, [photo((0, 0, 200))], criterion=said)
    third = add_finding(page, "GEN-01", [photo((90, 90, 0)), photo((0, 90, 90))], description="灭火器过期")
    assert "36.675, 117.05" in page.locator(f"[id='f-{first}']").inner_text()
    page.fill("#situation", "断网时写下")
    page.wait_for_timeout(200)
    killed(tmp_path)

    device = opened()
    device.window.set_offline(True)
    page = device.go(f"/records/{number}")
    assert page.input_value("#situation") == "断网时写下"
    assert [one.split("\n")[0] for one in page.locator("fieldset.finding").all_inner_texts()] == [
        f"finding {n}" for n in (1, 2, 3)
    ]
    assert page.locator("fieldset.finding canvas").count() == 5
    page.click("button[value=record]")
    page.wait_for_selector("#notes [role=status]")
    [entry] = device.waiting()
    assert (entry["step"], entry["state"], len(entry["photos"])) == ("record", "waiting", 5)
    assert page.locator("#waiting").inner_text() == "Waiting: 1"
    assert noon.visit(number)["state"] == "approved"

    device.log_in(noon.crew, "officer")
    posted = list[Any]()
    page.on("request", lambda one: posted.append(one) if one.url.endswith("/record.json") else None)
    online(device)
    device.until_sent()
    # Whoever stayed on the page is told, and writes nothing more on what is past.
    page.locator("form[inert]").wait_for()
    assert "has come to the server" in page.inner_text("#notes")
    told = noon.visit(number)
    assert [one["step"] for one in told["steps"]][-2:] == ["start", "record"]
    findings = told["record"]["findings"]
    assert [one["id"] for one in findings] == [first, second, third]
    assert [one["is_major"] for one in findings] == [False, True, False]
    assert [len(one["photos"]) for one in findings] == [2, 1, 2]
    for name in [name for one in findings for name in one["photos"]]:
        shown = noon.crew.officer.get(f"/blobs/{name}")
        assert shown.status_code == 200 and sha256(shown.content).hexdigest() == name
    [sent] = posted
    headers = {"If-Match": sent.headers["if-match"]}
    again = [
        noon.crew.officer.post(
            f"/visits/{number}/steps/record.json", json=json.loads(sent.post_data), headers=headers
        )
        for _ in range(3)
    ]
    assert [(one.status_code, one.json()["version"]) for one in again] == [(200, told["version"])] * 3
    assert len(noon.visit(number)["steps"]) == len(told["steps"])
    device.window.close()


def test_a_step_waits_for_its_photos_and_the_steps_after_it_for_the_step(noon: Noon, device: Device) -> None:
    number = noon.approved()
    device.log_in(noon.crew, "officer")
    page = device.go(f"/records/{number}")
    write(page, is_empty=False)
    add_finding(page, "GEN-01", [photo((1, 2, 3)), photo((4, 5, 6))])
    held_up = list[str]()

    def last(route: Any) -> None:
        if len(held_up) < 1:
            held_up.append(route.request.url)
            route.continue_()
        else:
            route.abort()

    device.window.route("**/blobs/*", last)
    page.locator("form details summary", has_text="Sign it right away").click()
    for officer in noon.crew.officers:
        page.fill(f"[id='sign.{officer}']", noon.crew.names[officer])
    page.fill("[id='unit.name']", "王五")
    page.click("button[value=sign]")
    assert "It is not confirmed" in page.locator("#faults").inner_text() and device.waiting() == []
    page.check("#confirmed")
    page.click("button[value=sign]")
    page.wait_for_selector("#notes [role=status]")
    page.locator("button[value=sign]:enabled").wait_for()
    assert [(one["step"], one["version"], one["tries"]) for one in device.waiting()] == [
        ("record", 3, 1),
        ("sign", 5, 0),
    ]
    assert noon.visit(number)["state"] == "approved", "a photo is still missing"
    device.window.unroute("**/blobs/*")
    page.evaluate("dispatchEvent(new Event('online'))")
    device.until_sent()
    told = noon.visit(number)
    assert told["state"] == "counted"
    assert [one["step"] for one in told["steps"]][-4:] == ["start", "record", "sign", "count"]
    assert [one["officer_id"] for one in told["record"]["officers"]] == noon.crew.officers
    # What is signed is revised by the same way.
    page = device.go(f"/records/{number}")
    page.fill("#situation", "更正")
    page.fill("#reason", "笔误")
    for officer in noon.crew.officers:
        page.fill(f"[id='sign.{officer}']", noon.crew.names[officer])
    page.check("#confirmed")
    page.click("button[value=revise]")
    page.wait_for_url(f"**/visits/{number}")
    told = noon.visit(number)
    assert (told["revision"], told["record"]["situation"]) == (2, "更正")
    assert len(told["record"]["findings"][0]["photos"]) == 2


def test_a_session_that_ends_loses_nothing_and_nobody_else_can_send_it(noon: Noon, device: Device) -> None:
    number = noon.approved()
    device.log_in(noon.crew, "officer")
    page = device.go(f"/records/{number}")
    write(page, "只属于本人")
    device.window.clear_cookies()
    page.click(KEEP)
    page.locator("#notes a", has_text="Log in").wait_for()
    said = page.inner_text("#notes")
    assert "session is over" in said and "network" not in said
    [entry] = device.waiting()
    assert entry["state"] == "login"
    device.log_in(noon.crew, "leader")
    page = device.go("/outbox")
    page.wait_for_timeout(300)
    assert "Entries of Officer on this device: 1" in page.inner_text("main")
    assert page.locator(".entry").count() == 0 and not page.locator("#waiting").is_visible()
    # A page that is still open and does not know of the other person changes nothing.
    page.evaluate(
        """async () => {
          const at = (name) => new URL(name, document.querySelector("script[type=module]").src);
          const [{ user }, { send }] = await Promise.all([import(at("page.js")), import(at("sending.js"))]);
          const [entry] = await (await import(at("store.js"))).entries();
          user.id = entry.user_id;
          await send({ eager: true });
        }"""
    )
    assert [one["state"] for one in device.waiting()] == ["login"]
    assert noon.visit(number)["state"] == "approved"
    device.log_in(noon.crew, "officer")
    device.go("/day")
    device.until_sent()
    told = noon.visit(number)
    assert (told["state"], told["record"]["situation"]) == ("started", "只属于本人")
    assert told["steps"][-1]["by"] == "Officer"


def test_the_outbox_tells_what_waits_and_why_and_lets_nothing_go_unsaved(noon: Noon, device: Device) -> None:
    number = noon.approved()
    device.log_in(noon.crew, "officer")
    device.page.clock.install()
    page = device.go(f"/records/{number}")
    device.kept("/outbox")
    write(page, "从未送达")
    page.fill("#places", "")
    page.click("button[value=record]")
    page.locator("#faults").wait_for()
    assert "No place is named" in page.inner_text("#faults")
    page = device.go("/outbox")
    entry = page.locator(".entry")
    text = entry.inner_text()
    firm = noon.crew.officer.get(f"/records/{number}").text
    assert re.search(r"finish the record · (.+)", text).group(1) in firm  # pyright: ignore[reportOptionalMemberAccess]
    assert "not taken by the server" in text and "No place is named" in text and "no_places" in text
    assert re.search(r"made 0 minutes ago \(\d\d:\d\d\) · \d+ kB, photos: 0", text)
    assert entry.locator("[data-do=delete]").is_disabled() and not page.locator("#old").is_visible()
    page.clock.fast_forward("25:00:00")
    page.locator("#old").wait_for()
    assert "waited in the outbox for 25 hours" in page.inner_text("#old")
    entry.locator("[data-do=retry]").click()
    page.locator("#said:empty").wait_for(state="attached")
    assert [(one["state"], one["tries"]) for one in device.waiting()] == [("refused", 2)]
    with page.expect_download() as saving:
        entry.locator("[data-do=save]").click()
    saved = json.loads(Path(saving.value.path()).read_text())
    assert saved["entry"]["visit_id"] == number and saved["entry"]["body"]["record"]["no_finding"] is True
    entry.locator("[data-do=delete]:enabled").click()
    page.locator("#none").wait_for()
    page = device.go(f"/records/{number}")
    assert page.input_value("#situation") == "" and device.waiting() == []


@pytest.mark.whole
def test_what_was_refused_opens_again_with_what_was_written_and_gives_way_to_what_is_sent_then(
    noon: Noon, device: Device
) -> None:
    number = noon.approved()
    device.log_in(noon.crew, "officer")
    page = device.go(f"/records/{number}")
    write(page, is_empty=False)
    finding = add_finding(page, "GEN-01", [photo((7, 7, 7))])
    page.fill(f"[id='b-{finding}']", "")
    page.click("button[value=record]")
    page.locator(f"[id='f-{finding}'] .late-list").wait_for()
    assert "no_deadline" in page.inner_text(f"[id='f-{finding}'] .late-list")
    # The visit has begun all the same.
    assert noon.visit(number)["state"] == "started"
    page = device.go("/outbox")
    page.click("[data-part=open]")
    page.wait_for_selector("form[data-ready]", state="attached")
    assert page.locator(f"[id='f-{finding}'] canvas").count() == 1
    assert "no_deadline" in page.inner_text("#faults")
    page.fill(f"[id='b-{finding}']", "2026-07-10")
    page.click("button[value=record]")
    page.wait_for_url(f"**/visits/{number}")
    assert device.waiting() == []
    assert [one["step"] for one in noon.visit(number)["steps"]][-2:] == ["start", "record"]


def test_of_two_who_write_one_record_the_second_sees_both_and_decides(noon: Noon, device: Device) -> None:
    number = noon.begun()
    device.log_in(noon.crew, "officer")
    page = device.go(f"/records/{number}")
    write(page, "后到的记录")
    noon.crew.done(number, "keep", noon.crew.leader, record=noon.crew.record(situation="先到的记录"))
    page.click(KEEP)
    page.wait_for_url("**/outbox")
    conflict = page.locator("[data-part=conflict]")
    conflict.wait_for()
    held, offered = (conflict.locator(f"[data-part={side}]").inner_text() for side in ("held", "offered"))
    assert "先到的记录" in held and "后到的记录" not in held
    assert "后到的记录" in offered and "先到的记录" not in offered
    assert noon.visit(number)["record"]["situation"] == "先到的记录"
    page.click("[data-do=anew]")
    page.wait_for_url(f"**/records/{number}")
    page.wait_for_selector("form[data-ready]", state="attached")
    assert page.input_value("#situation") == "后到的记录"
    page.fill("#situation", "先到的和后到的记录")
    page.click(KEEP)
    device.until_sent()
    told = noon.visit(number)
    assert (told["record"]["situation"], told["version"]) == ("先到的和后到的记录", 6)


@pytest.mark.whole
def test_an_answer_that_was_lost_hides_no_step_of_somebody_else(noon: Noon, device: Device) -> None:
    number = noon.begun()
    device.log_in(noon.crew, "officer")
    page = device.go(f"/records/{number}")
    write(page, "已签")
    page.locator("[data-script] > details > summary").click()
    for officer in noon.crew.officers:
        page.fill(f"[id='sign.{officer}']", noon.crew.names[officer])
    page.fill("[id='unit.name']", "王五")
    page.check("#confirmed")

    def lost(route: Any) -> None:
        route.fetch()
        route.abort()

    device.window.route("**/steps/record.json", lost)
    page.click("button[value=sign]")
    page.locator("button[value=sign]:enabled").wait_for()
    assert noon.visit(number)["state"] == "recorded"
    assert [(one["step"], one["state"]) for one in device.waiting()] == [
        ("record", "waiting"),
        ("sign", "waiting"),
    ]
    noon.crew.done(number, "keep", noon.crew.leader, record=noon.crew.record(situation="领导改过"))
    device.window.unroute("**/steps/record.json")
    page = device.go("/outbox")
    page.locator("[data-part=conflict]:visible").wait_for()
    assert [(one["step"], one["state"]) for one in device.waiting()] == [("sign", "conflict")]
    assert noon.visit(number)["record"]["situation"] == "领导改过"


def test_kept_pages_are_gone_when_their_person_leaves_or_another_one_comes(
    noon: Noon, device: Device
) -> None:
    number = noon.approved()
    device.log_in(noon.crew, "officer")
    page = device.go("/day")
    device.kept("/day", f"/records/{number}")
    device.log_in(noon.crew, "leader")
    device.go("/day")
    device.kept("/day", "/outbox")
    assert not {one for one in device.pages() if number in one}
    # Neither the login nor an error takes the place of a page that is kept.
    device.window.clear_cookies()
    for path in ("/day", "/visits/none"):
        device.go(path)
        assert "/login" in page.url
    device.window.set_offline(True)
    device.go("/")
    assert page.locator("#kept").is_visible() and page.locator("h1").inner_text() != "Log in"
    page.goto(f"{device.address}/queue")
    assert "/queue is not kept" in page.inner_text("#missing")
    device.window.set_offline(False)
    device.log_in(noon.crew, "leader")
    device.go("/day")
    page.click("header form[action='/logout'] button")
    page.wait_for_url("**/login")
    assert device.pages() == []
    device.window.set_offline(True)
    with pytest.raises(Exception, match="ERR_"):
        device.go("/day")


@pytest.mark.whole
def test_of_two_windows_one_sends(noon: Noon, device: Device) -> None:
    device.log_in(noon.crew, "officer")
    page = device.go(f"/records/{noon.approved()}")
    write(page)
    other = device.window.new_page()
    other.goto(f"{device.address}/outbox")
    device.window.set_offline(True)
    page.click(KEEP)
    page.wait_for_selector("#notes [role=status]")
    other.locator(".entry").wait_for()
    asked = list[str]()
    device.window.on("request", lambda one: asked.append(one.url) if one.method == "POST" else None)
    device.window.set_offline(False)
    for one in (page, other):
        one.evaluate("dispatchEvent(new Event('online'))")
    other.locator("#none").wait_for()
    assert [one.rsplit("/", 1)[1] for one in asked] == ["start.json", "keep.json"]


@pytest.mark.whole
def test_of_two_windows_on_one_record_none_destroys_what_the_other_wrote(noon: Noon, device: Device) -> None:
    device.log_in(noon.crew, "officer")
    path = f"/records/{noon.begun()}"
    second = Device(device.address, device.window)
    second.page = device.window.new_page()
    first_page, second_page = device.go(path), second.go(path)
    first_page.fill("#situation", "第一个窗口写下的")
    first_page.wait_for_timeout(200)
    second_page.fill("#situation", "第二个窗口写下的")
    note = second_page.locator("#overtaken")
    note.wait_for()
    assert "written on in another window" in note.inner_text()
    first_page.fill("#places", "一车间")
    first_page.wait_for_timeout(200)
    assert first_page.locator("#overtaken").count() == 0
    second_page.fill("#places", "仓库")
    note.get_by_role("button").click()
    second_page.wait_for_selector("form[data-ready]", state="attached")
    second_page.locator("#notes", has_text="was put back").wait_for()
    told = [second_page.input_value(one) for one in ("#situation", "#places")]
    assert told == ["第一个窗口写下的", "一车间"]


@pytest.mark.whole
def test_over_a_plain_line_there_is_no_worker_and_the_outbox_works(
    noon: Noon, port: int, chromium: Any
) -> None:
    window = chromium.new_context(viewport=PHONE)
    device = Device(f"http://{PLAIN}:{port}", window)
    number = noon.approved()
    device.log_in(noon.crew, "officer")
    page = device.go(f"/records/{number}")
    assert page.evaluate("[isSecureContext, 'serviceWorker' in navigator, 'subtle' in crypto]") == [False] * 3
    write(page, is_empty=False)
    add_finding(page, "GEN-01", [photo((9, 9, 9))])
    window.set_offline(True)
    page.click("button[value=record]")
    page.wait_for_selector("#notes [role=status]")
    assert [one["state"] for one in device.waiting()] == ["waiting"]
    online(device)
    device.until_sent()
    [finding] = noon.visit(number)["record"]["findings"]
    [name] = finding["photos"]
    assert sha256(noon.crew.officer.get(f"/blobs/{name}").content).hexdigest() == name
    window.close()


@pytest.mark.whole
def test_the_device_reads_a_form_as_the_server_does(noon: Noon, device: Device) -> None:
    number = noon.approved()
    device.log_in(noon.crew, "officer")
    page = device.go(f"/records/{number}")
    write(page, " 两行\n文字 ", is_empty=False)
    page.fill("#places", "一车间、二车间; 仓库\n  院内 ,")
    add_finding(page, "GEN-01", [photo((3, 3, 3))])
    page.select_option("#outcome", "stopped")
    fields, record = page.evaluate(
        """async () => {
          const at = (name) => new URL(name, document.querySelector("script[type=module]").src);
          const { fieldsOf, recordOf } = await import(at("forms.js"));
          const fields = fieldsOf(document.getElementById("record"));
          return [fields, recordOf(fields, null, "+08:00")];
        }"""
    )
    ours = record_of(FormData([(name, value) for name, value in fields]), None, {})
    assert type(ours).model_validate(record) == ours
    assert ours.places == ("一车间", "二车间", "仓库", "院内") and len(ours.findings[0].photos) == 1


def test_the_first_load_is_light_and_asks_no_other_host(noon: Noon, device: Device) -> None:
    device.log_in(noon.crew, "officer")
    loaded = list[Any]()
    device.page.on("response", lambda one: loaded.append(one))
    device.go("/day")
    device.kept("/day")
    first = [one for one in loaded if not one.from_service_worker]
    assert {one.url.split("/")[-1] for one in first} >= {"day", "desk.css", "desk.js", "store.js"}
    assert all(one.url.startswith(device.address) for one in loaded)
    assert sum(len(one.body()) for one in first if one.status == 200) <= LONGEST_FIRST_LOAD


def test_axe_finds_nothing_serious_on_the_record_and_in_the_outbox(
    noon: Noon, port: int, chromium: Any
) -> None:
    window = chromium.new_context(viewport=PHONE, bypass_csp=True)
    device = Device(f"http://127.0.0.1:{port}", window)
    number = noon.begun()
    device.log_in(noon.crew, "officer")
    page = device.go(f"/records/{number}")
    write(page, is_empty=False)
    add_finding(page, "GEN-01", [photo((5, 5, 5))])
    found = list[str]()

    def looked_at() -> None:
        found.extend(serious(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    looked_at()
    noon.crew.done(number, "keep", noon.crew.leader, record=noon.crew.record())
    page.click(KEEP)
    page.wait_for_url("**/outbox")
    page.locator("[data-part=conflict]").wait_for()
    looked_at()
    window.close()
    assert found == []
