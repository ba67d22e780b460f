"""A copy for other programs tells of no person; every column that could was judged."""

from pathlib import Path

import duckdb
import pytest

from models.errors import WarehouseError
from tests.worlds.runs import riskcode
from warehouse.home import Home
from warehouse.schema.catalogue import OWN
from warehouse.sharing import share

HARMLESS = """
address basis because calendar_version card_id cause cell change channel channels check_en check_zh
clearing_en clearing_zh code code_before code_if_upheld column_name complaint_id credit datum_id
delivery_id department departments diff digest disposal division draw_id earlier_id enforcing_level enterprise_id event
factor file filer fingerprint folder form former_number from_code gave_way_to group_en group_kind
group_value group_zh headers held held_by home_division home_level industry inherent_risk
involved_as inspection_id item_code item_id item_ids key kept_wrongly kind label legal_form level
licensed_activities look_en
look_zh mapping_hash message metric mode named_as objection_id outcome override_id pack pack_hash
pack_version parent_id place planning_hash previous_code reference registration_number remedy
reports result role roster_sha256 rule rules run_id said said_by scope scorecard sector seed_sha256
severity sheet source source_file standardisation state status substances table_name text_en text_zh
to_code value value_after value_before version violation_id visit_id waived_by why
wording_en wording_zh core.enterprises.name plan.visits.reason risk.code_history.decided_by
risk.code_history.reasons risk.codes.decided_by risk.factors.title_en risk.factors.title_zh
risk.forecast.decided_by risk.steps.decided_by
serve.inspection_queue.reason serve.red_queue.decided_by
"""
"""Columns of text that tell of no person: of enterprises, rules, places, files, and values of closed lists."""


def test_every_column_of_text_that_is_published_is_judged() -> None:
    for name, table in OWN.items():
        for column, said in table.shown.items() if table.is_published else ():
            if "VARCHAR" in said.kind:
                is_harmless = not {column, f"{name}.{column}"}.isdisjoint(HARMLESS.split())
                assert said.personal != is_harmless, f"{name}.{column}: personal, or harmless?"


def test_what_tells_of_a_person_is_declared_with_its_column() -> None:
    assert OWN["plan.assignments"].personal == {"crew_id", "officer_id", "name"}
    assert OWN["raw.rejected_rows"].personal == {"content", "cells"}
    assert {"given_by", "reason", "ended_by"} <= OWN["dispute.overrides"].personal
    assert OWN["core.enterprises"].columns["phone"].personal


@pytest.mark.slow
def test_a_shared_copy_has_all_other_columns_and_no_officer(coded: Path, tmp_path: Path) -> None:
    target = tmp_path / "shared.duckdb"
    done = riskcode(coded, "share", str(target))
    assert done.returncode == 0 and f"{target}" in done.stdout, done.stderr
    with (
        duckdb.connect(str(target), read_only=True) as shared,
        duckdb.connect(str(coded / "warehouse.duckdb"), read_only=True) as warehouse,
    ):
        codes = shared.execute("SELECT count(*), count(DISTINCT enterprise_id) FROM risk.codes").fetchall()
        assert codes == [(300, 300)]
        assert shared.execute("SELECT count(*) FROM raw.rejected_rows WHERE rules <> ''").fetchall() != [(0,)]
        has = {
            (f"{schema}.{table}", column)
            for schema, table, column in shared.execute(
                "SELECT schema_name, table_name, column_name FROM duckdb_columns() WHERE NOT internal"
            ).fetchall()
        }
        assert {(name, column) for name, column in has if column in OWN[name].personal} == set()
        assert ("plan.assignments", "visit_id") in has
        officers = warehouse.execute("SELECT DISTINCT officer_id, name FROM core.officers").fetchall()
        texts = shared.execute(
            "SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns() "
            "WHERE NOT internal AND data_type LIKE '%VARCHAR%'"
        ).fetchall()
        for table, column in texts:
            said = " ".join(
                value
                for (value,) in shared.execute(f"SELECT DISTINCT {column}::VARCHAR FROM {table}").fetchall()
                if value
            )
            assert [one for pair in officers for one in pair if one in said] == [], (table, column)


def test_nothing_is_shared_before_anything_is_published_or_into_the_home(home: Home, tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="Nothing has been published"):
        share(home, tmp_path / "shared.duckdb")
    refused = riskcode(home.root, "share", str(home.root / "shared.duckdb"))
    assert (refused.returncode, "lies in the home" in refused.stderr) == (1, True)
