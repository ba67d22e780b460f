"""What can fail outside the program, one after the other."""

import contextlib
import os
import random
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Generator
from datetime import timedelta
from pathlib import Path

from tests.faults.site import TOLD, Site, Skipped
from tests.kills.acts import FILE, GIVE, WATCH, arrives
from tests.live.clock import Clock
from tests.live.conftest import moment
from tests.worlds.runs import DAY_1, DAY_2, run_arguments

READS = (
    ("queue", "--json"),
    ("codes", "--json"),
    ("plan", "month", "--json"),
    ("objection", "list", "--json"),
)
FLIPS = 12


def small_disk(site: Site) -> None:
    """A disk of its own that is full; then it is larger."""
    before, run = site.state(), run_arguments(site.city.news, DAY_2)
    with mounted(
        site.home, sum(path.stat().st_size for path in site.home.rglob("*") if path.is_file()) + 2**21
    ):
        kept = site.home / "kept"
        kept.mkdir()
        for command in (run, WATCH, FILE(site.city), GIVE(site.city), ("backup", f"{kept}")):
            site.asks(*command, ends=(5,), says="No space left below")
        for command in READS:
            site.asks(*command)
        site.is_alike(before, "a full disk")
        subprocess.run(["mount", "-o", "remount,size=4g", site.home], check=True)
        site.asks(*run)


def read_only(site: Site) -> None:
    """Nobody may write in the home, as on a disk that was mounted after an error."""
    before = site.state()
    for path in [site.home, *site.home.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    for command in READS:
        site.asks(*command)
    for command in (run_arguments(site.city.news, DAY_2), WATCH, FILE(site.city), GIVE(site.city)):
        site.asks(*command, ends=(5,))
    site.asks("doctor", ends=(1,))
    for path in [site.home, *site.home.rglob("*")]:
        path.chmod(0o700 if path.is_dir() else 0o600)
    site.asks("doctor", ends=(0, 1))
    site.is_alike(before, "a read-only home")


def of_another(site: Site) -> None:
    """The home belongs to somebody else, as after a restore by root."""
    if os.getuid():
        raise Skipped("only root gives files away")
    before, everything = site.state(), [site.home, *site.home.rglob("*")]
    for path in everything:
        os.chown(path, 65534, 65534)
    for command in (*READS, run_arguments(site.city.news, DAY_2), WATCH, FILE(site.city)):
        site.asks(*command, ends=(5,))
    site.asks("doctor", ends=(1, 5))
    for path in everything:
        os.chown(path, 0, 0)
    site.asks("doctor", ends=(0, 1))
    site.is_alike(before, "a home of another")


def one_file_of_another(site: Site) -> None:
    """One file in the inbox may not be read."""
    arrives(site.home, site.city)
    [file] = (site.home / "inbox" / "demo_city").iterdir()
    file.chmod(0)
    site.asks(*WATCH)
    site.asks("sources", "complaints", says=file.name)
    file.chmod(0o600)
    site.asks(*WATCH)
    site.asks("objection", "file", *FILE(site.city)[2:])


def copies_flipped(site: Site) -> None:
    """Bytes of the copies for readers are turned over."""
    _copies(site, lambda file, dice: _flip(file, dice.randrange(file.stat().st_size)), FLIPS)


def copies_cut(site: Site) -> None:
    """Copies for readers are cut off, or empty, or no databases."""

    def writes_over(file: Path, _: random.Random) -> None:
        file.write_bytes(b"no database " * 1000)

    _copies(site, lambda file, dice: os.truncate(file, dice.randrange(file.stat().st_size)), 4)
    _copies(site, lambda file, _: os.truncate(file, 0), 1)
    _copies(site, writes_over, 1)
    _copies(site, lambda file, _: file.unlink(), 1)


def _copies(site: Site, damage: Callable[[Path, random.Random], None], times: int) -> None:
    before, dice = site.state(), random.Random(2026)
    right = {command: site.asks(*command).stdout for command in READS}
    for turn in range(times):
        for file in sorted((site.home / "published").glob("*.duckdb")):
            damage(file, dice)
        for command in READS:
            answer = site.asks(*command, ends=(0, 5))
            if answer.returncode == 0 and answer.stdout != right[command]:
                site.wrong.append(f"{' '.join(command)}: another answer from a damaged copy")
        # Whoever comes next makes them anew.
        site.asks(*(("doctor",), WATCH)[turn % 2], ends=(0, 1))
        if {command: site.asks(*command).stdout for command in READS} != right:
            site.wrong.append("the copies are not what they were")
    site.is_alike(before, "damaged copies")


def warehouse_damaged(site: Site) -> None:
    """The warehouse itself is damaged; it comes back from a backup."""
    before, dice, kept = site.state(), random.Random(7), site.home.parent / "kept"
    kept.mkdir()
    site.asks("backup", f"{kept}")
    [backup] = kept.iterdir()
    file = site.home / "warehouse.duckdb"
    for turn in range(4):
        if turn == 3:
            os.truncate(file, file.stat().st_size // 2)
        for _ in range(40):
            _flip(file, dice.randrange(file.stat().st_size))
        for command in (run_arguments(site.city.news, DAY_2), FILE(site.city), WATCH):
            site.asks(*command, ends=(0, 5, 9))
        site.asks("doctor", ends=(0, 1))
        site.asks("restore", f"{backup}", "--replace")
        site.is_alike(before, "a restored warehouse")
    shutil.rmtree(kept)


def clock_set_back(site: Site) -> None:
    """The clock goes back by two days."""
    before = site.state()
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock(Path(folder))
        clock.set(moment(DAY_1 - timedelta(days=2), 12))
        arrives(site.home, site.city)
        site.asks("run", ends=(5,), says="was the clock set back?", settings=clock.environment)
        site.asks(
            *run_arguments(site.city.news, DAY_2), ends=(2,), says="can be coded", settings=clock.environment
        )
        for command in READS:
            site.asks(*command, settings=clock.environment)
        site.asks("doctor", ends=(0, 1), settings=clock.environment)
    site.is_alike(before, "a clock set back")


def homes_swapped(site: Site) -> None:
    """The copies for readers are those of another home, and then the warehouse is."""
    other, before = site.home.parent / "other", site.state()
    shutil.copytree(site.home, other)
    site.asks(*GIVE(site.city), settings={"RISKCODE_HOME": f"{other}"})
    for name in ("published", "warehouse.duckdb"):
        here, there, aside = site.home / name, other / name, site.home.parent / "aside"
        here.rename(aside)
        there.rename(here)
        aside.rename(there)
        site.asks("doctor", ends=(0, 1))
        site.asks("doctor", ends=(0, 1), settings={"RISKCODE_HOME": f"{other}"})
        if name == "published":
            site.is_alike(before, "copies of another home")
    now = site.state()
    site.is_alike(now, "a warehouse of another home")
    if not now["overrides"]:
        site.wrong.append("the warehouse was not swapped")
    shutil.rmtree(other)


def half_written(site: Site) -> None:
    """A file is copied into the inbox slowly: half of it lies there when somebody looks."""
    arrives(site.home, site.city)
    [file] = (site.home / "inbox" / "demo_city").iterdir()
    whole = file.read_bytes()
    for part in (0, 1, len(whole) // 3, len(whole) - 3):
        file.write_bytes(whole[:part])
        site.asks(*WATCH)
    file.write_bytes(whole)
    site.asks(*WATCH)
    site.asks("explain", site.city.firm, "--json", says='"code": "red"')


def vanishing(site: Site) -> None:
    """Files come and go while somebody looks."""
    arrives(site.home, site.city)
    folder = site.home / "inbox" / "demo_city"
    [file] = folder.iterdir()
    content, stop = file.read_bytes(), threading.Event()
    (folder / "违法行为_gone.csv").symlink_to(folder / "nowhere.csv")

    def comes_and_goes() -> None:
        while not stop.wait(0.05):
            for number in range(5):
                path = folder / f"违法行为_{number}.csv"
                path.write_bytes(content) if not path.exists() else path.unlink()

    thread = threading.Thread(target=comes_and_goes)
    thread.start()
    try:
        for _ in range(3):
            site.asks(*WATCH, ends=(0, *TOLD))
    finally:
        stop.set()
        thread.join()
    for path in folder.iterdir():
        if path != file:
            path.unlink()
    site.asks(*WATCH)
    site.asks("explain", site.city.firm, "--json", says='"code": "red"')


def three_at_once(site: Site) -> None:
    """A run, an act, the inbox and a backup begin in one moment."""
    arrives(site.home, site.city)
    site.asks(*WATCH)
    arrives(site.home, site.city, "X-2")
    kept = site.home.parent / "kept"
    kept.mkdir()
    commands = (run_arguments(site.city.news, DAY_2), FILE(site.city), WATCH, ("backup", f"{kept}"))
    for _ in range(3):
        begun = [(command, site.begun(*command)) for command in commands]
        for command, process in begun:
            # The objection is contested already when it is filed once more.
            site.ended(command, process, ends=(0, 6, 9))
        for command in READS:
            site.asks(*command)
    for command in commands:
        site.asks(*command, ends=(0, 9))
    now = site.state()
    site.is_alike(now, "four at once")
    if len(now["objections"]) != 1 or sum(row[0] == "X-2" for row in now["facts"]) != 1:
        site.wrong.append(f"done twice or not at all: {now['objections']}")
    shutil.rmtree(kept)


def _flip(file: Path, at: int) -> None:
    with file.open("r+b") as opened:
        opened.seek(at)
        [byte] = opened.read(1)
        opened.seek(at)
        opened.write(bytes([byte ^ 0xFF]))


@contextlib.contextmanager
def mounted(home: Path, size: int) -> Generator[None]:
    """The home on a disk of its own, of so many bytes."""
    aside = home.with_name("aside")
    home.rename(aside)
    home.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "riskcode", home]
    if os.getuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        home.rmdir()
        aside.rename(home)
        raise Skipped("no disk can be mounted here")
    try:
        shutil.copytree(aside, home, dirs_exist_ok=True)
        yield
    finally:
        subprocess.run(["umount", home], check=True)
        home.rmdir()
        aside.rename(home)


CASES: dict[str, Callable[[Site], None]] = {
    "a full disk": small_disk,
    "a read-only home": read_only,
    "a home of another user": of_another,
    "a delivery that may not be read": one_file_of_another,
    "copies with bytes turned over": copies_flipped,
    "copies cut off, emptied, gone": copies_cut,
    "a damaged warehouse": warehouse_damaged,
    "a clock set back": clock_set_back,
    "homes swapped": homes_swapped,
    "a delivery half written": half_written,
    "deliveries that come and go": vanishing,
    "three commands and the inbox at once": three_at_once,
}
