"""Pictures for the README, of a running installation: ``python -m docs.screenshots``.

Run ``make run`` and ``./riskcode model evaluate`` before.  Needs the Dagster UI of ``make dev`` on port 3000
and Chromium (``CHROMIUM``, default /usr/bin/chromium).
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME

from desk.pages.passport import write_page
from desk.terminal import passport as passport_view
from desk.words.words import Words
from models.policy import load_policy
from pipelines.cli import run
from pipelines.settings import load_settings
from warehouse.database.reading import reading
from warehouse.questions import codes as queries
from warehouse.questions.passport import passport

if TYPE_CHECKING:
    from playwright.sync_api import Browser

IMAGES = Path(__file__).parent / "img"
# CJK glyphs are exactly two cells wide only in a font made for both.
PAGE = (
    "<body style='margin:0'><pre style=\"display:inline-block;margin:0;padding:14px 18px;background:{background};"
    "color:{foreground};font:15px/1.35 'Noto Sans Mono CJK SC',monospace\">{code}</pre></body>"
)
UI = "http://127.0.0.1:3000"
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


def terminal_pages() -> dict[str, str]:
    """The summary of a run and one explanation, as HTML."""
    settings, words = load_settings(), Words("zh")
    with reading(settings.home) as connection:
        last = queries.last_run(connection)
        summary = run.summarise(connection, last["run_id"])
        first = queries.queue(connection, limit=1)[0]
        found = passport(connection, first["enterprise_id"])
    pages: dict[str, str] = {}
    for name, width, show in (
        ("run", 128, lambda console: run.show(summary, words, console, is_demo=True)),
        ("explain", 100, lambda console: passport_view.show_passport(found, words, console)),
    ):
        with Path(os.devnull).open("w") as nowhere:
            console = Console(
                record=True, width=width, file=nowhere, force_terminal=True, color_system="truecolor"
            )
            show(console)
        pages[name] = console.export_html(theme=SVG_EXPORT_THEME, code_format=PAGE, inline_styles=True)
    return pages


def passport_pages(folder: Path) -> dict[str, Path]:
    """The page of the first RED enterprise, in both languages."""
    settings = load_settings()
    with reading(settings.home) as connection:
        first = queries.queue(connection, limit=1)[0]
        found = passport(connection, first["enterprise_id"])
    clocks = load_policy(settings.pack).on(found["as_of"]).review.objections
    names = {"passport": "en", "passport-zh": "zh"}
    return {
        name: write_page(found, folder / f"{name}.html", language=language, clocks=clocks)
        for name, language in names.items()
    }


def take_pictures(*, with_ui: bool) -> None:
    """Take all pictures in a real browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS.split())
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        for name, html in terminal_pages().items():
            page.set_content(html)
            page.locator("pre").screenshot(path=IMAGES / f"{name}.png")
        with TemporaryDirectory() as folder:
            for name, path in passport_pages(Path(folder)).items():
                passport_page = browser.new_page(viewport={"width": 1000, "height": 1400})
                passport_page.goto(path.as_uri())
                passport_page.screenshot(path=IMAGES / f"{name}.png")
        for report in sorted(load_settings().home.reports.glob("*.html"))[-1:]:
            report_page = browser.new_page(viewport={"width": 1280, "height": 1200})
            report_page.goto(report.as_uri())
            report_page.screenshot(path=IMAGES / "model-report.png")
        if with_ui:
            _ui_pictures(browser)
        browser.close()


def _ui_pictures(browser: "Browser") -> None:
    page = browser.new_page(viewport={"width": 2700, "height": 1560})
    page.goto(f"{UI}/asset-groups")
    page.wait_for_timeout(6000)
    page.keyboard.press("Alt+e")
    page.wait_for_timeout(3000)
    page.reload()
    page.wait_for_timeout(8000)
    for _ in range(3):  # the fitted graph is a little too large
        page.mouse.click(2672, 1411)
        page.wait_for_timeout(400)
    page.wait_for_timeout(2500)
    page.screenshot(path=IMAGES / "asset-graph.png", clip={"x": 540, "y": 105, "width": 2080, "height": 1450})
    page.set_viewport_size({"width": 1500, "height": 860})
    for name, path in (
        ("asset-codes", "assets/codes?view=overview"),
        ("asset-checks", "assets/violations?view=checks&checkDetail=violations_match_inspections"),
    ):
        page.goto(f"{UI}/{path}")
        page.wait_for_timeout(5000)
        page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    take_pictures(with_ui="--terminal-only" not in sys.argv)
