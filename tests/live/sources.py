"""What comes into the inbox of a site, and who else takes its warehouse."""

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date
from random import Random

import duckdb

from tests.live.services import Services
from tests.worlds.deliveries import Row, alert, csv_bytes, deliver, violation
from tests.worlds.runs import REPOSITORY
from warehouse.home import Home


def mapping(source: str, table: str) -> bytes:
    """The mapping of a source whose CSV files are all of one table."""
    return f"mapping: {source}\nid_scheme: uscc\ntables:\n  {table}:\n    - files: ['*.csv']\n".encode()


def firms_of(home: Home) -> list[str]:
    """The enterprises that are coded, in the order of their numbers."""
    with duckdb.connect(str(home.published), read_only=True) as connection:
        found = connection.execute("SELECT enterprise_id FROM risk.codes ORDER BY 1").fetchall()
    return [one for (one,) in found]


def found(firms: list[str], day: date) -> list[Row]:
    """Three findings of a day, about firms of a list."""
    chance = Random(f"findings {day}")
    about = [{"enterprise_id": chance.choice(firms), "recorded_at": f"{day}"} for _ in range(3)]
    return [violation(f"{day}/{at}", occurred_on=f"{day}", **one) for at, one in enumerate(about)]


def findings(firms: list[str], day: date) -> bytes:
    """The findings of a day as a file."""
    return csv_bytes(found(firms, day))


def alarms(firms: list[str], day: date) -> bytes:
    """Two alerts of a day, about firms of a list."""
    chance = Random(f"alarms {day}")
    about = [{"enterprise_id": chance.choice(firms), "recorded_at": f"{day}"} for _ in range(2)]
    return csv_bytes(alert(f"{day}/{at}", raised_at=f"{day} 10:00:00", **one) for at, one in enumerate(about))


def deliver_findings(city: Services, source: str, *days: date) -> None:
    """A source delivers what was found on days, one file each."""
    told = {f"{day}.csv": findings(firms_of(city.home), day) for day in days}
    deliver(city.home.inbox / source, {"mapping.yaml": mapping(source, "violations"), **told})


@contextmanager
def lock_held(city: Services) -> Generator[None]:
    """Somebody else holds the warehouse's lock."""
    program = (
        "import sys; from pathlib import Path; from warehouse.connection import holding; "
        "from warehouse.home import Home\n"
        "with holding(Home(Path(sys.argv[1]))): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(city.home.root)]
    with subprocess.Popen(
        command, env=city.environment, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdin is not None and holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield
        holder.stdin.close()
