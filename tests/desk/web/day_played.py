"""A day at the desk, played in a real browser: ``python -m tests.desk.web.day_played HOME SCREENS``.

The home is one of a coded demo city whose archive ends on 30 June 2026; it is written in.  An inspector on a phone and
a leader at a desk file, approve, record without a network, and look again; a desk and a watch run as processes of
their own.  Every step is photographed into the folder ``SCREENS``.
"""

import re
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import Any

import psutil
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.worlds.desks import PASSWORD, desk_of
from tests.worlds.devices import CHROMIUM
from tests.worlds.field import DAY, moment
from tests.worlds.runs import process, until
from warehouse.database.reading import reading, rows
from warehouse.home import Home

PHONE, SCREEN = {"width": 360, "height": 780}, {"width": 1280, "height": 900}
PATIENCE_SECONDS = 60.0
HAZARD, CRITERION = "GEN-04", "令第10号 3(2)"
"""An item that is on a list of major hazards for everybody, and what the list calls it by."""
WHO = """
WITH sent AS (
    SELECT a.officer_id, a.home_division, v.planned_on, v.level = 'district' AND v.division = a.home_division AS is_own,
           c.code, min(v.planned_on) OVER (PARTITION BY a.officer_id) AS first_on
    FROM plan.assignments a JOIN plan.visits v USING (visit_id) JOIN risk.codes c ON c.enterprise_id = v.enterprise_id
    WHERE a.home_level = 'district' AND a.role = 'officer'
)
SELECT officer_id, home_division AS division FROM sent
WHERE planned_on = first_on AND is_own AND code <> 'red' ORDER BY planned_on, officer_id LIMIT 1
"""


KEPT = """async () => {
    const found = [];
    for (const name of await caches.keys())
        for (const one of await (await caches.open(name)).keys()) found.push(new URL(one.url).pathname);
    return found;
}"""
"""Pages that are kept on the device."""


@dataclass
class Stage:
    """What the play needs: where everything runs, and what was seen."""

    home: Home
    address: str
    clock: Path
    screens: Path
    watch: "Popen[str]"
    taken: list[str] = field(default_factory=list[str])
    figures: dict[str, float] = field(default_factory=dict[str, float])

    def at(self, time_of_day: str) -> None:
        """What the clock of the desk says."""
        self.clock.write_text(moment(f"{DAY} {time_of_day}").isoformat())

    def shot(self, page: Page, name: str) -> None:
        """A picture of the whole page."""
        self.taken.append(name)
        path = self.screens / f"{len(self.taken):02}-{name}.png"
        page.screenshot(path=path, full_page=True)

    def code_of(self, firm: str) -> str:
        """The code that readers see."""
        with reading(self.home) as copy:
            return rows(copy, "SELECT code FROM risk.codes WHERE enterprise_id = $id", {"id": firm})[0][
                "code"
            ]

    def cpu(self) -> float:
        """Processor seconds of the watch."""
        told = psutil.Process(self.watch.pid).cpu_times()
        return told.user + told.system


@contextmanager
def running(home: Home, screens: Path, language: str) -> Generator[tuple[Stage, dict[str, Any]]]:
    """A desk and a watch over the home, with an inspector whom the plan sends out and the district's leader."""
    with reading(home) as copy:
        officer = rows(copy, WHO)[0]
    clock = home.root.parent / "clock"
    with desk_of(home.root, home.root) as desk:
        desk.now = moment(f"{DAY} 07:00")
        place: dict[str, Any] = {"level": "district", "division": officer["division"]}
        desk.add("inspector", "inspector", **place, officer_id=officer["officer_id"])
        desk.add("leader", "leader", **place)
    clock.write_text(desk.now.isoformat())
    server = process(home.root, "-m", "tests.worlds.desk_server", str(home.root), str(clock), language)
    watch = process(home.root, "-m", "pipelines", "watch", "--until-eof")
    try:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        screens.mkdir(parents=True, exist_ok=True)
        yield Stage(home, address, clock, screens, watch), officer
    finally:
        for one in (server, watch):
            assert one.stdin is not None
            one.stdin.close()
            one.stdin = None
            one.wait(90)


def logged_in(stage: Stage, browser: Browser, who: str, size: Any) -> tuple[BrowserContext, Page]:
    """Somebody's own window, after logging in."""
    window = browser.new_context(base_url=stage.address, viewport=size)
    window.set_default_timeout(PATIENCE_SECONDS * 1000)
    page = window.new_page()
    page.goto("/login")
    page.fill("#name", who)
    page.fill("#password", PASSWORD)
    page.click("main form button")
    page.wait_for_url("**/day*")
    return window, page


def step(page: Page, visit: str, name: str) -> None:
    """Press the button of a step on the page of a visit."""
    page.goto(f"/visits/{visit}")
    page.click(f'form[action$="/steps/{name}"] button:not([hidden])')
    page.wait_for_url(f"**/visits/{visit}*")


def file_form(page: Page, begins: str, ends: str) -> str:
    """Fill in what a filing still lacks, and file; the number of the visit."""
    page.fill("#planned_on", DAY.isoformat())
    page.fill("#begins_at", begins)
    page.fill("#ends_at", ends)
    page.check("#recusal_confirmed")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.fill("#beyond_cap_reason", "上级交办")
    if not page.locator('input[name="item"]:checked').count():
        page.check('input[name="item"] >> nth=0')
    page.click('main form button[value="file"]')
    page.wait_for_url(re.compile(r"/visits/[0-9a-f-]{36}$"))
    return page.url.rsplit("/", 1)[1]


def sign_form(page: Page) -> None:
    """Everybody signs on the device."""
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    for one in page.locator('input[name^="sign."]').all():
        # The label says whose name is typed; here the register's name stands in it.
        number = (one.get_attribute("name") or "").removeprefix("sign.")
        one.fill(
            page.evaluate(
                "number => JSON.parse(document.getElementById('told').textContent).names[number]", number
            )
        )
    page.fill('[name="unit.name"]', "王建国")
    page.fill('[name="unit.post"]', "厂长")
    page.check("#confirmed")


def times(page: Page, begun: str, ended: str) -> None:
    """From when to when, where, and what was shown."""
    page.fill("#begun_at", f"{DAY}T{begun}")
    page.fill("#ended_at", f"{DAY}T{ended}")
    page.fill("#places", "一号车间，危险品仓库")
    page.fill("#situation", "查看现场、台账与培训记录，询问两名作业人员。")
    page.check("#certificates_shown")
    page.check("#integrity_pledge")


def findings(stage: Stage, page: Page) -> None:
    """Three of them, the first a major hazard; each with a photo."""
    photo = stage.screens / "photo.jpg"
    page.screenshot(path=photo, type="jpeg")
    known = (
        {"item": HAZARD, "where": "危险品仓库", "what": "未履行动火审批，现场正在焊接", "way": "case"},
        {"item": "GEN-01", "where": "一号车间", "what": "疏散通道堆放杂物", "way": "order"},
        {"item": "GEN-01", "where": "二层走廊", "what": "应急照明损坏两处", "way": "order"},
    )
    for place, one in enumerate(known):
        page.click('#more button[value="more"]')
        part = page.locator("fieldset.finding").nth(place)
        number = (part.get_attribute("id") or "").removeprefix("f-")
        part.locator(f'[id="c-{number}"]').select_option(one["item"])
        part.locator(f'[id="l-{number}"]').fill(one["where"])
        part.locator(f'[id="d-{number}"]').fill(one["what"])
        part.locator(f'[id="s-{number}"]').select_option(one["way"])
        part.locator(f'[id="b-{number}"]').fill("2026-07-10")
        if one["item"] == HAZARD:
            part.locator(f'[id="g-{number}"]').select_option("critical")
            part.locator("summary").click()
            part.locator(f'[id="m-{number}"]').check()
            part.locator(f'[id="k-{number}"]').select_option(CRITERION)
        part.locator('input[type="file"]').set_input_files(photo)
        part.locator(".photo").first.wait_for()


def sent(page: Page) -> bool:
    """Whether the outbox is empty; until then somebody presses its button."""
    if page.locator("#none").is_visible():
        return True
    page.locator('[data-do="retry"]').first.click()
    page.wait_for_timeout(1000)
    return page.locator("#none").is_visible()


def played(stage: Stage, browser: Browser) -> None:
    """The whole day."""
    stage.at("08:00")
    window, phone = logged_in(stage, browser, "inspector", PHONE)
    _, large = logged_in(stage, browser, "leader", SCREEN)
    stage.shot(phone, "my-day")
    place = phone.locator("li.visit:not(.red)", has=phone.locator("a.button")).first
    place.locator("a.button").click()
    firm = phone.input_value('input[name="enterprise_id"]')
    visit = file_form(phone, "10:00", "12:00")
    stage.shot(phone, "filed")

    stage.at("08:20")
    large.goto(f"/visits/{visit}")
    stage.shot(large, "leader-approves")
    step(large, visit, "approve")

    stage.at("10:02")
    phone.goto(f"/visits/{visit}/pass")
    stage.shot(phone, "pass-code")
    step(phone, visit, "start")
    phone.goto("/day")
    until(lambda: f"/records/{visit}" in phone.evaluate(KEPT))

    window.set_offline(True)
    phone.goto("/day")
    stage.shot(phone, "my-day-off-line")
    phone.goto(f"/records/{visit}")
    times(phone, "10:05", "11:10")
    findings(stage, phone)
    stage.shot(phone, "record-off-line")
    sign_form(phone)
    phone.click('button[value="sign"]')
    phone.wait_for_timeout(1000)
    phone.goto("/outbox")
    phone.locator("#entries li").first.wait_for()
    stage.shot(phone, "outbox-off-line")

    stage.at("11:30")
    until(lambda: psutil.Process(stage.watch.pid).cpu_percent(0.5) < 5)
    before, began = stage.cpu(), time.monotonic()
    window.set_offline(False)
    until(lambda: sent(phone))
    stage.figures["seconds to the server"] = time.monotonic() - began
    assert phone.request.get(f"/visits/{visit}.json").json()["state"] == "counted"
    until(lambda: stage.code_of(firm) == "red")
    stage.figures["seconds to the code"] = time.monotonic() - began
    stage.figures["CPU seconds of the watch, to RED"] = stage.cpu() - before
    phone.goto(f"/visits/{visit}")
    stage.shot(phone, "visit-counted")
    phone.goto(f"/enterprises/{firm}")
    stage.shot(phone, "enterprise-red")

    stage.at("13:00")
    phone.goto(f"/visits/new?rechecks={visit}")
    again = file_form(phone, "14:00", "15:00")
    step(large, again, "approve")
    stage.at("14:02")
    step(phone, again, "start")
    phone.goto(f"/records/{again}")
    times(phone, "14:05", "14:40")
    for one in phone.locator('select[name$=".opinion"]').all():
        one.select_option("done")
    sign_form(phone)
    stage.at("14:50")
    stage.shot(phone, "recheck")
    before = stage.cpu()
    phone.click('button[value="sign"]')
    until(lambda: phone.request.get(f"/visits/{again}.json").json()["state"] == "counted")
    until(lambda: stage.code_of(firm) != "red")
    stage.figures["CPU seconds of the watch, after the re-check"] = stage.cpu() - before
    phone.goto(f"/enterprises/{firm}")
    stage.shot(phone, "enterprise-after-the-recheck")
    large.goto("/visits")
    stage.shot(large, "leader-ledger")


def play(home: Home, screens: Path, browser: Browser, language: str = "zh") -> dict[str, float]:
    """Play it; how long and how much what took.  What was on the screens when it failed is photographed too."""
    with running(home, screens, language) as (stage, _):
        try:
            played(stage, browser)
        except Exception:
            for number, page in enumerate(page for one in browser.contexts for page in one.pages):
                page.screenshot(path=stage.screens / f"failed-{number}.png")
            raise
        finally:
            for window in browser.contexts:
                window.close()
    return stage.figures


@contextmanager
def chromium() -> Generator[Browser]:
    """A browser."""
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]) as browser,
    ):
        yield browser


if __name__ == "__main__":
    with chromium() as own:
        told = play(Home(Path(sys.argv[1])), Path(sys.argv[2]), own, *sys.argv[3:])
    for name, figure in told.items():
        sys.stdout.write(f"{name}: {figure:.2f}\n")
