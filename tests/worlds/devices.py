"""A device in the field: a desk that listens, a browser that is killed, photos as cameras write them."""

import io
import os
import signal
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from PIL import Image

from desk.web.asking import SESSION
from tests.worlds.crews import Crew
from tests.worlds.desks import Desk

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
IN_CHROMIUM = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}; set CHROMIUM"),
]
"""Marks of tests that use it."""
AXE = Path(__file__).parents[1] / "desk" / "web" / "axe" / "axe.min.js"
PHONE = {"width": 360, "height": 800}
PLAIN = "desk.test"
"""A name of this machine that browsers do not take for it, so that the line is a plain one."""
ARGUMENTS = ["--no-sandbox", f"--host-resolver-rules=MAP {PLAIN} 127.0.0.1"]


def photo(
    colour: tuple[int, int, int], size: tuple[int, int] = (2000, 1500), *, by_camera: bool = False
) -> bytes:
    """A JPEG of one colour; ``by_camera``: with the time and the place that cameras write."""
    written, made = io.BytesIO(), Image.new("RGB", size, colour)
    exif = Image.Exif()
    if by_camera:
        exif.get_ifd(0x8769)[0x9003] = "2026:07:01 10:05:30"
        exif.get_ifd(0x8825).update({1: "N", 2: (36.0, 40.0, 30.0), 3: "E", 4: (117.0, 3.0, 0.0)})
    made.save(written, "JPEG", exif=exif)
    return written.getvalue()


class Device:
    """A phone of somebody: one window of a browser, with the session it has."""

    def __init__(self, address: str, window: Any) -> None:
        self.address, self.window = address, window
        window.set_default_timeout(10_000)
        self.page = window.pages[0] if window.pages else window.new_page()
        self.page.on("dialog", lambda dialog: dialog.accept())

    def log_in(self, crew: Crew, login: str) -> None:
        """Have the session of somebody from now on."""
        token = crew.desk.login(login).cookies[SESSION]
        self.window.add_cookies([{"name": SESSION, "value": token, "url": self.address}])

    def go(self, path: str) -> Any:
        """Open a page, and wait for what its scripts do at first."""
        self.page.goto(self.address + path)
        ready = {"/records/": "form[data-ready]", "/outbox": "#entries[data-ready]"}
        for beginning, element in ready.items():
            if path.startswith(beginning):
                self.page.wait_for_selector(element, state="attached")
        return self.page

    def kept(self, *paths: str) -> None:
        """Wait until pages are kept on the device."""
        deadline = time.monotonic() + 20
        while not {*paths} <= {*self.pages()}:
            assert time.monotonic() < deadline, self.pages()
            time.sleep(0.1)

    def pages(self) -> list[str]:
        """Pages that are kept on the device, whosever they are."""
        return self.page.evaluate(
            "async () => { const found = [];"
            "for (const name of await caches.keys()) if (name.startsWith('pages-'))"
            "for (const one of await (await caches.open(name)).keys()) found.push(new URL(one.url).pathname);"
            "return found; }"
        )

    def waiting(self) -> list[dict[str, Any]]:
        """The entries of the outbox."""
        return self.page.evaluate(
            "async () => { const files = document.querySelector('script[type=module]').src;"
            "const all = await (await import(new URL('store.js', files))).entries();"
            "return all.map(({step, state, tries, version, photos, error, visit_id}) =>"
            "({step, state, tries, version, photos, error, visit_id})); }"
        )

    def until_sent(self) -> None:
        """Wait until nothing waits."""
        from playwright.sync_api import Error

        deadline, left = time.monotonic() + 20, True
        while left:
            assert time.monotonic() < deadline, self.waiting()
            time.sleep(0.1)
            # A page that has sent all there was may be on its way to another one.
            with suppress(Error):
                left = bool(self.waiting())


@contextmanager
def listening(desk: Desk) -> Generator[int]:
    """The port on which a desk answers browsers."""
    server = uvicorn.Server(uvicorn.Config(desk.app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    [listener] = server.servers[0].sockets
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def serious(page: Any) -> list[str]:
    """What axe finds on a page with all of it open that is serious, or worse."""
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.add_script_tag(path=AXE)
    told = page.evaluate("axe.run()")
    assert len(told["passes"]) > 10, "rules were tried"
    return [
        f"{page.url}: {one['id']} {one['nodes'][0]['html'][:160]}"
        for one in told["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def killed(profile: Path) -> None:
    """Kill the browser of a profile, as a device does that runs out of power."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        # Its children name the profile too; they go with it.
        if f"--user-data-dir={profile}".encode() in line and not any(
            one.startswith(b"--type=") for one in line
        ):
            os.kill(int(folder.name), signal.SIGKILL)


@pytest.fixture(scope="module")
def port(crews: Crew) -> Iterator[int]:
    """The port of the desk of the crew of a file."""
    with listening(crews.desk) as found:
        yield found


@pytest.fixture(scope="module")
def playing() -> Iterator[Any]:
    """Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        yield play


@pytest.fixture(scope="module")
def chromium(playing: Any) -> Iterator[Any]:
    """One browser for all tests of a file."""
    browser = playing.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def device(port: int, chromium: Any) -> Iterator[Device]:
    """A device on which nothing is kept yet."""
    window = chromium.new_context(viewport=PHONE, accept_downloads=True)
    yield Device(f"http://127.0.0.1:{port}", window)
    window.close()
