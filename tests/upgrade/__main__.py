"""Keep a small home as this version of the program writes it, and what it codes on the next day.

To be called once for a release, before the schema changes: ``python -m tests.upgrade 0.1.0``.
"""

import json
import sys
import tarfile
import tempfile
from pathlib import Path

import duckdb

from tests.worlds.runs import DAY_1, DAY_2, riskcode, run_arguments, write_city
from warehouse.checkpoint import take_in_log
from warehouse.connection import holding
from warehouse.home import Home

HOMES = Path(__file__).with_name("homes")
FIRMS = 24
CODES = "SELECT enterprise_id, code, score, decided_by FROM risk.codes ORDER BY ALL"


def keep(name: str) -> Path:
    """Write ``homes/NAME.tar.xz``: the warehouse after a day, and the codes of the day and the next one."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        delivery = write_city(Path(folder) / "delivery", FIRMS)
        told: dict[str, object] = {}
        for day in (DAY_1, DAY_2):
            done = riskcode(home, *run_arguments(delivery, day))
            assert done.returncode == 0, done.stderr
            with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
                told[f"{day}"] = connection.execute(CODES).fetchall()
            if day == DAY_1:
                with holding(Home(home)):
                    take_in_log(Home(home))
                first = (home / "warehouse.duckdb").read_bytes()
        (home / "warehouse.duckdb").write_bytes(first)
        (home / "told.json").write_text(json.dumps(told, ensure_ascii=False, default=str), encoding="utf-8")
        target = HOMES / f"{name}.tar.xz"
        target.parent.mkdir(exist_ok=True)
        with tarfile.open(target, "w:xz") as archive:
            for file in ("warehouse.duckdb", "told.json"):
                archive.add(home / file, file)
    return target


if __name__ == "__main__":
    print(keep(sys.argv[1]))
