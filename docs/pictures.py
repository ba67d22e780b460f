"""Makes every picture of ``docs/img`` anew: ``python -m docs.pictures`` (``make pictures``).

The demo city is coded, a card is evaluated, and Dagster's UI is started, all in a temporary folder (``--home FOLDER``
keeps it, and uses what is there); pages are photographed by Chromium (``CHROMIUM``, default /usr/bin/chromium).
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME

from desk.pages.passport import write_page
from desk.terminal.passport import show_passport
from desk.words.words import Words
from docs import house, performance
from docs.codes_picture import draw_codes
from models.policy import load_policy
from pipelines.cli import run
from tests.desk.web.day_played import play
from warehouse.connection import Connection
from warehouse.database.reading import reading
from warehouse.home import Home
from warehouse.questions import codes as queries
from warehouse.questions.passport import passport

REPOSITORY = Path(__file__).parents[1]
IMAGES = REPOSITORY / "docs" / "img"
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
PATIENCE_SECONDS = 300
"""Longest wait for Dagster's webserver and for one of its pages; a busy machine takes minutes."""

# CJK glyphs are exactly two cells wide only in a font made for both.
TERMINAL = (
    "<body style='margin:0'><pre style=\"display:inline-block;margin:0;padding:14px 18px;background:{background};"
    "color:{foreground};font:15px/1.35 'Noto Sans Mono CJK SC',monospace\">{code}</pre></body>"
)


@dataclass(frozen=True)
class Studio:
    """What a picture can be made of: a coded home, a browser (of Playwright), a folder for pages."""

    home: Home
    browser: Any
    folder: Path

    @cached_property
    def city(self) -> dict[str, Any]:
        """The summary of the last run, the passport of the first RED enterprise, and every code."""
        with reading(self.home) as connection:
            first = queries.queue(connection, limit=1)[0]
            return {
                "run": run.summarise(connection, queries.last_run(connection)["run_id"]),
                "passport": passport(connection, first["enterprise_id"]),
                "codes": codes_of(connection),
            }

    def page(self, width: int, height: int) -> Any:
        """An empty page of the browser."""
        return self.browser.new_page(viewport={"width": width, "height": height})


# ------------------------------------------------------------------------------------------- the pictures


def run_summary(studio: Studio, path: Path) -> None:
    """What a run prints."""
    _terminal(studio, path, 128, partial(run.show, studio.city["run"], Words("zh"), is_demo=True))


def explanation(studio: Studio, path: Path) -> None:
    """What ``explain`` prints of the first RED enterprise."""
    _terminal(studio, path, 100, partial(show_passport, studio.city["passport"], Words("zh")))


def _terminal(studio: Studio, path: Path, width: int, show: Callable[[Console], None]) -> None:
    with Path(os.devnull).open("w") as nowhere:
        console = Console(
            record=True, width=width, file=nowhere, force_terminal=True, color_system="truecolor"
        )
        show(console)
    page = studio.page(1280, 800)
    page.set_content(console.export_html(theme=SVG_EXPORT_THEME, code_format=TERMINAL, inline_styles=True))
    page.locator("pre").screenshot(path=path)


def passport_page(studio: Studio, path: Path, *, language: str) -> None:
    """The page of the first RED enterprise."""
    found = studio.city["passport"]
    clocks = load_policy().on(found["as_of"]).review.objections
    written = write_page(found, studio.folder / f"{language}.html", language=language, clocks=clocks)
    page = studio.page(1000, 1400)
    page.goto(written.as_uri())
    page.screenshot(path=path)


def report(studio: Studio, path: Path) -> None:
    """The first page of the newest report on a card."""
    page = studio.page(1280, 1200)
    page.goto(sorted(studio.home.reports.glob("*.html"))[-1].as_uri())
    page.screenshot(path=path)


def month(studio: Studio, path: Path) -> None:
    """Load of the month against capacity."""
    _riskcode(studio.home, "plan", "month", "--picture", str(path))


def codes_of(connection: Connection) -> pl.DataFrame:
    """What the picture of the codes is drawn from."""
    return connection.sql("SELECT code, score, is_provisional, as_of FROM risk.codes").pl()


def codes(studio: Studio, path: Path) -> None:
    """The codes of the city."""
    path.write_text(draw_codes(studio.city["codes"]), encoding="utf-8")


MOMENTS = ("my-day", "record-off-line", "outbox-off-line", "enterprise-red")
"""What of a day at the desk is shown, as an inspector sees it on a phone."""


def desk(studio: Studio, path: Path) -> None:
    """Moments of a day at the desk, side by side; the day is played on a copy of the city."""
    home, screens = studio.folder / "desk", studio.folder / "screens"
    shutil.copytree(studio.home.root, home, ignore=shutil.ignore_patterns("dagster", "data_docs"))
    play(Home(home), screens, studio.browser)
    shown = [next(screens.glob(f"*-{name}.png")).as_uri() for name in MOMENTS]
    frames = "".join(f"<div><img src='{one}'></div>" for one in shown)
    style = "body{margin:0;display:flex;gap:16px;padding:16px;background:#d8dee4}div{height:780px;overflow:hidden}"
    page = studio.page(4 * 376 + 16, 812)
    # A page of its own origin may show files; one that was set may not.
    sheet = studio.folder / "desk.html"
    sheet.write_text(f"<style>{style}img{{display:block}}</style>{frames}", encoding="utf-8")
    page.goto(sheet.as_uri())
    page.screenshot(path=path)


def the_house(_: Studio, path: Path) -> None:
    """Rooms and what they import."""
    path.write_text(house.fresh(), encoding="utf-8")


def asset_graph(page: Any) -> dict[str, int]:
    """All assets; returns the part of the window that holds the graph."""
    page.get_by_text("red_queue", exact=True).wait_for()
    page.wait_for_function("() => !document.body.innerText.includes('Loading')")
    return {"x": 590, "y": 230, "width": 2060, "height": 2960}


def codes_asset(page: Any) -> None:
    """An asset with its metadata."""
    page.get_by_text("pack_hash").first.wait_for()
    page.get_by_text("Latest check results").wait_for()


def warning_check(page: Any) -> None:
    """A check that warns."""
    page.get_by_text("Evaluation result").wait_for()


PICTURES: Mapping[str, Callable[[Studio, Path], None]] = {
    "run.png": run_summary,
    "explain.png": explanation,
    "passport.png": partial(passport_page, language="en"),
    "passport-zh.png": partial(passport_page, language="zh"),
    "model-report.png": report,
    "plan-load.svg": month,
    "codes.svg": codes,
    "desk.png": desk,
    "house.svg": the_house,
    "performance.svg": lambda _, path: performance.draw(path),
}
GROUPS = ",".join(
    f"global@global:{name}" for name in ("intake", "decisions", "learning", "scoring", "inspection")
)
"""Groups of assets as the address of the graph names those that are unfolded."""
UI_PICTURES: Mapping[str, tuple[str, tuple[int, int], Callable[[Any], dict[str, int] | None]]] = {
    "asset-graph.png": (f"asset-groups?expanded={GROUPS}", (2700, 3300), asset_graph),
    "asset-codes.png": ("assets/codes?view=overview", (1500, 860), codes_asset),
    "asset-checks.png": (
        "assets/violations?view=checks&checkDetail=violations_match_inspections",
        (1500, 860),
        warning_check,
    ),
}
"""Pictures of Dagster's UI: path of the page, size of the window, and what waits until it is all there."""


# ------------------------------------------------------------------------------------------- the studio


@contextmanager
def studio(home: Home) -> Iterator[Studio]:
    """A browser, and a home in which the demo city is coded and a card was evaluated."""
    from playwright.sync_api import sync_playwright

    if not home.published.exists():
        _riskcode(home, "run", "--demo")
    if not any(home.reports.glob("*.html")):
        _riskcode(home, "model", "evaluate")
    with sync_playwright() as play, TemporaryDirectory() as folder:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield Studio(home, browser, Path(folder))
        browser.close()


def _environment(home: Home) -> dict[str, str]:
    return {
        **os.environ,
        "RISKCODE_HOME": str(home.root),
        "RISKCODE_LANG": "en",
        "DAGSTER_HOME": str(home.dagster),
    }


def _riskcode(home: Home, *arguments: str) -> None:
    command = [sys.executable, "-m", "pipelines", *arguments]
    subprocess.run(command, cwd=REPOSITORY, env=_environment(home), check=True, stdout=subprocess.DEVNULL)


@contextmanager
def dagster_ui(home: Home) -> Iterator[str]:
    """Dagster's webserver on a free port; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "dagster_webserver", "-w", "workspace.yaml", "-p", str(port)]
    address, limit = f"http://127.0.0.1:{port}", time.monotonic() + PATIENCE_SECONDS
    with subprocess.Popen(
        command, cwd=REPOSITORY, env=_environment(home), stderr=subprocess.DEVNULL
    ) as server:
        try:
            while not _answers(address):
                if server.poll() is not None or time.monotonic() > limit:
                    raise SystemExit(f"Dagster's webserver did not start; try: {' '.join(command)}")
                time.sleep(1)
            yield address
        finally:
            server.terminate()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/server_info", timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


_RENAME = """([root, shown]) => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) texts.currentNode.nodeValue = texts.currentNode.nodeValue.replaceAll(root, shown)
}"""


def photograph(own: Studio, address: str, name: str, path: Path) -> None:
    """Take one of ``UI_PICTURES``."""
    where, (width, height), wait = UI_PICTURES[name]
    page = own.page(width, height)
    page.set_default_timeout(PATIENCE_SECONDS * 1000)
    page.goto(f"{address}/{where}")
    clip = wait(page)
    page.wait_for_timeout(3_000)
    # The folder in which the city was coded says nothing to a reader.
    page.evaluate(_RENAME, [str(own.home.root), "/var/lib/riskcode"])
    page.screenshot(path=path, clip=clip)


def main() -> None:
    """Make all pictures, or those that are named."""
    parser = argparse.ArgumentParser("python -m docs.pictures", description="Make the pictures anew.")
    parser.add_argument("--home", type=Path, help="keep the coded city here, or use the one that is there")
    parser.add_argument("names", nargs="*", help="only these pictures")
    chosen = parser.parse_args()
    names = chosen.names or [*PICTURES, *UI_PICTURES]
    if unknown := set(names) - {*PICTURES, *UI_PICTURES}:
        sys.exit(f"No such picture: {', '.join(sorted(unknown))}.")
    if not CHROMIUM.exists():
        sys.exit(f"There is no {CHROMIUM}. Install chromium and fonts-noto-cjk, or set CHROMIUM.")
    IMAGES.mkdir(exist_ok=True)
    with ExitStack() as stack:
        home = Home(chosen.home or Path(stack.enter_context(TemporaryDirectory()))).prepare()
        own = stack.enter_context(studio(home))
        ui = stack.enter_context(dagster_ui(home)) if set(names) & set(UI_PICTURES) else ""
        for name in names:
            print(name, flush=True)
            if name in PICTURES:
                PICTURES[name](own, IMAGES / name)
            else:
                photograph(own, ui, name, IMAGES / name)


if __name__ == "__main__":
    main()
