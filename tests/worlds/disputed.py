"""A home whose published copy tells of objections and overrides in two districts."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from tests.worlds.homes import copy_of
from warehouse.home import Home

DISTRICTS = ("370102", "370103")
_OBJECTION: dict[str, Any] = {
    "filed_on": date(2026, 6, 20),
    "filed_by": "王五",
    "filer": "enterprise",
    "grounds": "检查当天该设备已停用，附照片",
    "known_on": date(2026, 6, 10),
    "file_by": date(2026, 7, 1),
    "as_of": date(2026, 6, 30),
    "code": "yellow",
    "code_if_upheld": "green",
    "is_decisive": True,
    "decide_by": date(2026, 6, 26),
    "is_provisional": False,
    "stored_no": 1,
}
_OVERRIDE: dict[str, Any] = {
    "code": "yellow",
    "code_before": "green",
    "first_day": date(2026, 6, 25),
    "last_day": date(2026, 7, 20),
    "reason": "邻近工地爆破作业，三周内加强检查，避免连带事故",
    "given_by": "钱七",
    "given_on": date(2026, 6, 25),
    "stored_no": 1,
    "judged_on": date(2026, 10, 20),
    "visits": 0,
    "is_over": False,
    "known_at": date(2026, 6, 30),
}


def disputed(coded: Path, folder: Path) -> Path:
    """A copy of the small demo city; of each district an objection to a finding, one to the code that is decided, and
    an override: numbers O-2026-01, O-2026-02, V-2026-01 of the first, O-2026-11 … of the second."""
    home = copy_of(coded, folder / "home")
    with duckdb.connect(str(Home(home).published)) as copy:
        for n, district in enumerate(DISTRICTS):
            found = copy.execute(
                "SELECT v.enterprise_id, v.source, v.violation_id FROM serve.enterprise_findings v "
                "JOIN core.enterprises e USING (enterprise_id) "
                "WHERE starts_with(e.division, ?) AND e.enforcing_level = 'district' ORDER BY 1, 3 LIMIT 1",
                [district],
            ).fetchone()
            assert found is not None
            firm, source, key = found
            first, second, override = (f"{one}-2026-{n}{at}" for one, at in (("O", 1), ("O", 2), ("V", 1)))
            told = _OBJECTION | {"enterprise_id": firm}
            _insert(
                copy,
                "dispute.objections",
                told
                | {"objection_id": first, "table_name": "violations"}
                | {"source": source, "datum_id": key},
            )
            _insert(copy, "dispute.objections", told | {"objection_id": second, "code_if_upheld": None})
            ruling = {"objection_id": second, "outcome": "rejected", "decided_on": date(2026, 6, 25)}
            ruling |= {"decided_by": "钱七", "reasons": "赋码依据经复核无误，维持原码。" * 2, "in_time": True}
            _insert(copy, "dispute.decisions", ruling | {"stored_no": 2})
            _insert(copy, "dispute.overrides", _OVERRIDE | {"override_id": override, "enterprise_id": firm})
    return home


def _insert(copy: duckdb.DuckDBPyConnection, table: str, row: dict[str, Any]) -> None:
    names = ", ".join(row)
    marks = ", ".join("?" for _ in row)
    copy.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values()))
