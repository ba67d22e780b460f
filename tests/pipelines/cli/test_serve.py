"""``./riskcode serve`` as a process: it answers, lets in whom it showed on the terminal, and ends when told to."""

import re
import signal
import socket
from pathlib import Path

import httpx
import pytest

from tests.worlds.homes import copy_of
from tests.worlds.runs import process, riskcode
from warehouse.home import Home


def address_of(line: str) -> str:
    [address] = re.findall(r"http://\S+", line)
    return address


def test_the_desk_answers_until_it_is_told_to_end(coded: Path, tmp_path: Path) -> None:
    home = copy_of(coded, tmp_path / "home")
    with process(home, "-m", "pipelines", "serve", "--port", "0") as served:
        assert served.stdout is not None
        address = address_of(served.stdout.readline())
        with httpx.Client(base_url=address) as browser:
            assert "Log in" in browser.get("/login").text
            assert browser.get("/day.json").status_code == 401
            assert browser.get("/month.json").json()["of"] > 0
            assert "server" not in browser.get("/login").headers
        served.send_signal(signal.SIGINT)
        assert served.wait(30) == 0
    assert (Home(home).field / "ledger.sqlite").exists()


def test_a_demo_city_shows_whom_it_lets_in_and_gives_new_passwords_at_every_start(
    coded: Path, tmp_path: Path
) -> None:
    home = copy_of(coded, tmp_path / "home")
    (home / "demo").mkdir()
    (home / "demo" / "enterprises").write_text("300")
    seen = list[str]()
    for _ in range(2):
        with process(home, "-m", "pipelines", "serve", "--demo", "--port", "0") as served:
            assert served.stdout is not None
            shown = list[str]()
            while not shown or "http://" not in shown[-1]:
                shown.append(served.stdout.readline())
            accounts = dict(
                re.findall(
                    r"^(leader\d?|auditor|inspector\d|admin|enterprise\d)\s+(\S+)",
                    "".join(shown),
                    re.MULTILINE,
                )
            )
            assert list(accounts) == [
                "leader",
                "auditor",
                "inspector1",
                "leader1",
                "inspector2",
                "leader2",
                "admin",
                "enterprise1",
            ]
            with httpx.Client(base_url=address_of(shown[-1])) as browser:
                for login in ("inspector1", "inspector2"):
                    sent = browser.post("/login", data={"name": login, "password": accounts[login]})
                    assert sent.status_code == 303
                    day = browser.get("/day.json").json()
                    assert day["of"] == "me" and day["visits"]
                sent = browser.post(
                    "/login", data={"name": "enterprise1", "password": accounts["enterprise1"]}
                )
                assert sent.status_code == 303 and browser.get("/my.json").json()["register"]["name"]
                if seen:
                    assert (
                        browser.post("/login", data={"name": "leader", "password": seen[0]}).status_code
                        == 401
                    )
            seen.append(accounts["leader"])
            served.send_signal(signal.SIGTERM)
            served.wait(30)
    assert seen[0] != seen[1]


def test_a_home_with_real_data_gets_no_people_by_a_command(coded: Path, tmp_path: Path) -> None:
    done = riskcode(copy_of(coded, tmp_path / "home"), "serve", "--demo", "--port", "0")
    assert done.returncode == 5 and "holds no demo city" in done.stderr


def test_a_port_that_is_taken_is_told_with_the_next_step(coded: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = riskcode(copy_of(coded, tmp_path / "home"), "serve", "--port", str(port))
    assert done.returncode == 1
    assert f"127.0.0.1:{port} cannot be listened on" in done.stderr and "--port" in done.stderr


@pytest.mark.parametrize("port", ["-1", "65536", "x"])
def test_a_port_that_cannot_be_is_wrong_usage(tmp_path: Path, port: str) -> None:
    assert riskcode(tmp_path, "serve", "--port", port).returncode == 2
