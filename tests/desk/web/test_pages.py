"""Pages: whole in both languages, of one file of styles and some modules, and told where something is not there."""

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.worlds.desks import Desk, asked, desk_of
from tests.worlds.homes import copy_of
from warehouse.home import Home

LONGEST_FIRST_LOAD = 150_000
"""Bytes of a page with all it names."""


@pytest.fixture(scope="module", params=["en", "zh"])
def speaking(
    request: pytest.FixtureRequest, coded: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """The desk in each language, with a leader of the city."""
    with desk_of(coded, tmp_path_factory.mktemp("speaking"), language=request.param) as made:
        made.add("leader", "leader")
        yield made


@pytest.fixture(scope="module")
def paths(coded: Path) -> list[str]:
    """A page of every kind, one enterprise of every code among them."""
    firms = [
        row[0]
        for row in asked(coded, "SELECT min(enterprise_id) FROM risk.codes GROUP BY code ORDER BY code")
    ]
    pages = [
        "/day",
        "/day?of=area",
        "/day?on=2020-01-01",
        "/queue",
        "/queue?channel=red",
        "/queue?risk=yellow&page=9",
    ]
    pages += [f"/queue?code={code}" for code in ("red", "yellow", "blue", "green")]
    pages += [
        "/month",
        "/month?month=2026-11",
        "/search",
        "/search?q=机械",
        "/search?q=nobody",
        "/enterprises/NOBODY",
    ]
    return (
        pages + [f"/enterprises/{firm}" for firm in firms] + ["/nothing/here", "/queue?page=0", "/day?on=x"]
    )


class Elements(HTMLParser):
    """Elements of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def of(self, name: str) -> list[str]:
        return [attributes[name] or "" for _, attributes in self.found if name in attributes]


def test_a_page_has_no_style_or_script_within_and_asks_no_other_site(
    speaking: Desk, paths: list[str]
) -> None:
    browser = speaking.login("leader")
    files = browser.get("/kept.json").json()["files"]
    assert len(files) > 5
    modules = sum(len(browser.get(one).content) for one in files if one.endswith(".js"))
    for path in [*paths, "/login"]:
        answer = browser.get(path)
        page = Elements(answer.text)
        tags = {tag for tag, _ in page.found}
        assert not tags & {"style", "iframe", "img"}, path
        scripts = [names for tag, names in page.found if tag == "script"]
        assert {one["type"] for one in scripts} <= {"module"} and {one.get("src") for one in scripts} <= {
            *files
        }
        assert (
            page.of("style") == []
            and [one for _, names in page.found for one in names if one[:2] == "on"] == []
        )
        named = page.of("href") + page.of("src") + page.of("action")
        assert [one for one in named if not re.match(r"(/(?!/)|#|tel:)", one)] == [], path
        loaded = [names["href"] for tag, names in page.found if tag == "link"]
        size = modules + len(answer.content) + sum(len(browser.get(one or "").content) for one in loaded)
        assert size <= LONGEST_FIRST_LOAD, (path, size)


def test_a_page_has_its_landmarks_one_title_and_labels_for_all_that_is_filled_in(
    speaking: Desk, paths: list[str]
) -> None:
    browser = speaking.login("leader")
    for path in paths:
        page = Elements(browser.get(path).text)
        tags = [tag for tag, _ in page.found]
        assert [tags.count(one) for one in ("main", "header", "footer", "h1")] == [1, 1, 1, 1], path
        ids = page.of("id")
        assert len(ids) == len({*ids}), path
        labelled = {*page.of("for")}
        fields = [
            names for tag, names in page.found if tag in ("input", "select") and names.get("type") != "hidden"
        ]
        assert [one for one in fields if one.get("id") not in labelled] == [], path
        first = next(names for tag, names in page.found if tag == "a")
        assert first["href"] == "#content" and "content" in ids


def test_every_page_tells_the_day_it_is_of_and_when_that_was_published(
    speaking: Desk, paths: list[str]
) -> None:
    browser = speaking.login("leader")
    told = r"(As of 2026-06-30, published|数据截至 2026-06-30，发布于) \d{4}-\d\d-\d\d \d\d:\d\d"
    assert [path for path in paths if not re.search(told, browser.get(path).text)] == []
    for path in ("/day.json", "/queue.json", "/month.json"):
        answer = browser.get(path).json()
        assert answer["as_of"] == "2026-06-30" and answer["published_at"]


def test_a_colour_never_stands_alone(speaking: Desk, paths: list[str]) -> None:
    browser = speaking.login("leader")
    words = {
        "red": ("RED", "红"),
        "yellow": ("YELLOW", "黄"),
        "blue": ("BLUE", "蓝"),
        "green": ("GREEN", "绿"),
    }
    seen = set[str]()
    for path in paths:
        for code, said in re.findall(r'<span class="chip (\w+)">([^<]*)</span>', browser.get(path).text):
            assert said in words[code]
            seen.add(code)
    assert seen == {*words}


def test_what_is_not_there_or_cannot_be_is_told_with_the_next_step(desk: Desk) -> None:
    browser = desk.login("city")
    told = {
        "/nothing": (404, "There is no such page here. Begin with your day: /day"),
        "/enterprises/NOBODY": (
            404,
            "There is no enterprise 'NOBODY' here. Look for it by its name: /search",
        ),
        "/queue?page=0": (422, "What the address asks for cannot be: page. Correct it, or begin again: /day"),
        "/day?of=nobody": (422, "What the address asks for cannot be: of. Correct it, or begin again: /day"),
        "/day?on=July": (422, "'July' is no day. Write it as 2026-06-30."),
        "/month?month=2026-13": (422, "'2026-13' is no month. Write it as 2026-07."),
        "/queue?code=pink": (422, "'pink' is not one of green, blue, yellow, red."),
        "/search?q=" + "x" * 1001: (422, "What the address asks for cannot be: q."),
    }
    for path, (status, sentence) in told.items():
        page = browser.get(path)
        assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert sentence.replace("'", "&#39;") in page.text
        json_path = re.sub(r"(\?|$)", r".json\1", path, count=1)
        answer = browser.get(json_path)
        assert answer.status_code == status and answer.json()["status"] == status
        assert answer.json()["error"].startswith(sentence), json_path


def test_a_method_nobody_waits_for_is_told_so(desk: Desk) -> None:
    assert desk.login("city").post("/queue.json").status_code == 405


def test_before_anything_is_published_pages_say_what_to_do(tmp_path: Path) -> None:
    with desk_of(tmp_path / "empty", tmp_path / "ledger") as early:
        browser = early.login(early.add("leader", "leader"))
        for path in ("/day", "/queue", "/queue?code=red", "/enterprises/X", "/month", "/search?q=x"):
            page = browser.get(path)
            assert page.status_code == 503 and "Start a run first: ./riskcode run" in page.text, path
            assert "Nothing is published yet" in page.text and page.headers["retry-after"] == "30"
        assert early.browser().get("/login").status_code == 200


def test_without_documents_the_copy_answers_the_same(desk: Desk, coded: Path, tmp_path: Path) -> None:
    home = Home(copy_of(coded, tmp_path / "home"))
    home.documents.unlink()
    [(firm,)] = asked(coded, "SELECT min(enterprise_id) FROM risk.codes WHERE code = 'yellow'")
    with desk_of(home.root, tmp_path / "ledger") as bare:
        plain, whole = bare.login(bare.add("leader", "leader")), desk.login("city")
        for path in (
            "/queue.json?code=red",
            "/queue.json?code=blue&page=2&size=7",
            f"/enterprises/{firm}.json",
        ):
            assert plain.get(path).json() == whole.get(path).json(), path


def test_a_new_copy_is_read_with_the_next_request(coded: Path, tmp_path: Path) -> None:
    home = Home(copy_of(coded, tmp_path / "home"))
    with desk_of(home.root, tmp_path / "ledger") as live:
        browser = live.login(live.add("leader", "leader"))
        before = browser.get("/month.json").json()
        fresh = tmp_path / "fresh.duckdb"
        shutil.copy(home.published, fresh)
        with duckdb.connect(str(fresh)) as copy:
            copy.execute("UPDATE ops.runs SET as_of = DATE '2026-07-01'; DELETE FROM serve.month_list")
        fresh.replace(home.published)
        after = browser.get("/month.json").json()
    assert (before["as_of"], after["as_of"]) == ("2026-06-30", "2026-07-01")
    assert before["of"] > 0 and after["of"] == 0


def test_an_enterprise_is_found_by_its_name_its_number_and_what_a_scanned_code_says(
    desk: Desk, coded: Path
) -> None:
    browser = desk.login("city")
    [(firm, name)] = asked(coded, "SELECT enterprise_id, name FROM core.enterprises ORDER BY 1 LIMIT 1")
    part = name[2:-4]
    for text in (
        firm,
        firm.lower(),
        f" {firm} ",
        f"https://scan.invalid/q?uniscid={firm}&x=1",
        f"名称：{name} 代码：{firm}",
    ):
        answer = browser.get("/search", params={"q": text})
        assert (answer.status_code, answer.headers["location"]) == (303, f"/enterprises/{firm}"), text
        assert [
            one["enterprise_id"]
            for one in browser.get("/search.json", params={"q": text}).json()["enterprises"]
        ] == [firm]
    found = browser.get("/search.json", params={"q": part}).json()["enterprises"]
    assert firm in [one["enterprise_id"] for one in found] and all(part in one["name"] for one in found)
    assert browser.get("/search.json", params={"q": "%"}).json()["enterprises"] == []


def test_pages_are_kept_by_nobody_and_files_for_good(desk: Desk) -> None:
    browser = desk.login("city")
    assert browser.get("/day").headers["cache-control"] == "no-store"
    assert desk.browser().get("/month").headers["cache-control"] == "no-store"
    assert desk.browser().get("/month.json").headers["cache-control"] == "public, max-age=300"
    [style] = re.findall(r"/static/\w{12}/desk\.css", browser.get("/day").text)
    assert "immutable" in browser.get(style).headers["cache-control"]


def test_an_error_nobody_foresaw_is_a_page_with_all_headers_and_no_details(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("secret")

    browser = desk.login("city", raise_server_exceptions=False)
    monkeypatch.setattr("desk.web.search.firms", fail)
    page, answer = browser.get("/search?q=x"), browser.get("/search.json?q=x")
    assert page.status_code == answer.status_code == 500
    assert "no mistake of yours" in page.text and "secret" not in page.text + answer.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
