"""A published copy of three enterprises, small enough to count by hand."""

from datetime import date
from pathlib import Path

import duckdb

from warehouse.database.meta import COPY_FORMAT
from warehouse.schema.catalogue import OWN

DAY = date(2026, 7, 1)
RED, HELD, GREEN = "91370102MA0000001R", "91370103MA0000002H", "91370104MA0000003G"

_COPY = """
CREATE SCHEMA risk; CREATE SCHEMA core; CREATE SCHEMA serve; CREATE SCHEMA ops;
CREATE TABLE risk.cut_offs AS FROM (VALUES ('blue', 8), ('yellow', 18), ('red', 34)) t(code, least);
CREATE TABLE core.enterprises AS FROM (VALUES
    ($red, '甲<化工>有限公司', '370102', 'hazardous_chemicals', 'city', 'active'),
    ($held, '乙建材', '370103', 'general', 'district', 'active'),
    ($green, '丙商贸', '370104', 'general', 'town', 'active'))
    t(enterprise_id, name, division, sector, enforcing_level, status);
CREATE TABLE risk.codes AS SELECT *, $day AS as_of, 'starter' AS pack, '1' AS pack_version, 'abcdef012345' AS pack_hash,
    'f0f0f0f0f0f0' AS fingerprint, $day AS data_watermark FROM (VALUES
    ($red, 'red', 20, false, 'open_major_hazard'), ($held, 'red', 12, false, 'held'),
    ($green, 'green', -1, false, 'score'))
    t(enterprise_id, code, score, is_provisional, decided_by);
CREATE TABLE risk.factors AS SELECT *, if(kind = 'points', '', '办理') AS clearing_zh,
    if(kind = 'points', '', 'Act on it') AS clearing_en, '' AS check_zh, '' AS check_en, 'proposal' AS basis,
    'art. 1' AS reference FROM (VALUES
    ('open_major_hazard', 'veto', '重大隐患', 'Open major hazard'),
    ('violation_points', 'points', '违法分', 'Findings'),
    ('sector', 'points', '行业', 'Sector'), ('self_reports', 'points', '自查', 'Self-reports'),
    ('held', 'held', '观察期', 'Waiting'), ('band', 'band', '区间', 'Band (BLUE 8+, YELLOW 18+, RED 34+)'))
    t(factor, kind, title_zh, title_en);
CREATE TABLE risk.explanations AS FROM (VALUES
    ($red, 1, 'veto', 'open_major_hazard', '1', 0, 'red', NULL::DATE),
    ($red, 2, 'points', 'violation_points', '45', 13, NULL, DATE '2026-08-01'),
    ($red, 3, 'points', 'sector', 'hazardous_chemicals', 7, NULL, NULL),
    ($red, 4, 'band', 'band', '20', 0, 'yellow', NULL),
    ($held, 1, 'held', 'held', 'blue', 0, 'red', DATE '2026-07-11'),
    ($held, 2, 'points', 'violation_points', '40', 13, NULL, NULL),
    ($held, 3, 'points', 'self_reports', '10', -1, NULL, NULL),
    ($held, 4, 'band', 'band', '12', 0, 'blue', NULL),
    ($green, 1, 'band', 'band', '-1', 0, 'green', NULL),
    ($green, 2, 'points', 'self_reports', '1', -1, NULL, DATE '2026-12-31'))
    t(enterprise_id, rank, kind, factor, value, points, code, expires_on);
CREATE TABLE risk.point_steps AS FROM (VALUES
    ($red, 'violation_points', DATE '2026-08-01', 9), ($red, 'violation_points', DATE '2027-02-01', 0),
    ($red, 'self_reports', DATE '2027-01-01', 1)) t(enterprise_id, factor, changes_on, points);
CREATE TABLE risk.steps AS FROM (VALUES
    ($red, DATE '2025-10-04', DATE '2026-05-01', 7, false, 'score', 'green'),
    ($red, DATE '2026-05-01', DATE '9999-12-31', 20, false, 'open_major_hazard', 'red'),
    ($held, DATE '2025-10-04', DATE '2026-06-11', 40, false, 'score', 'red'),
    ($held, DATE '2026-06-11', DATE '9999-12-31', 12, false, 'score', 'blue'))
    t(enterprise_id, valid_from, valid_to, score, is_provisional, decided_by, code);
CREATE TABLE risk.forecast AS FROM (VALUES
    ($red, $day, DATE '9999-12-31', 20, 'open_major_hazard', 'red'),
    ($held, $day, DATE '2026-07-11', 12, 'held', 'red'),
    ($held, DATE '2026-07-11', DATE '2026-08-10', 12, 'held', 'yellow'),
    ($held, DATE '2026-08-10', DATE '9999-12-31', 12, 'score', 'blue'),
    ($green, $day, DATE '9999-12-31', -1, 'score', 'green'))
    t(enterprise_id, valid_from, valid_to, score, decided_by, code);
CREATE TABLE risk.code_history AS FROM (VALUES
    ($red, DATE '2026-03-01', DATE '2026-05-02', 'green', NULL, 7, 'score', TIMESTAMP '2026-03-01 02:00'),
    ($red, DATE '2026-05-02', DATE '9999-12-31', 'red', 'green', 20, 'open_major_hazard', TIMESTAMP '2026-05-02 02:00'))
    t(enterprise_id, valid_from, valid_to, code, previous_code, score, decided_by, issued_at);
CREATE TABLE risk.change_reasons AS FROM (VALUES
    ($red, DATE '2026-05-02', TIMESTAMP '2026-05-02 02:00', 'came', 'points', 'violation_points', NULL, 13, NULL,
     '45', NULL),
    ($red, DATE '2026-05-02', TIMESTAMP '2026-05-02 02:00', 'fired', 'veto', 'open_major_hazard', NULL, 0, NULL,
     '1', 'red'))
    t(enterprise_id, valid_from, issued_at, cause, kind, factor, points_before, points_after, value_before,
      value_after, code);
CREATE TABLE serve.open_findings AS FROM (VALUES
    ($red, 'demo', 'V1', 'CHEM-05', '储罐无液位报警', 'critical', true, DATE '2026-05-01', DATE '2026-06-01', true,
     ['demo/V1', 'province/9']))
    t(enterprise_id, source, violation_id, item_code, description, severity, is_major_hazard, occurred_on,
      rectify_due_on, is_overdue, reports);
CREATE TABLE risk.ways (enterprise_id VARCHAR, as_of DATE, option BIGINT, code VARCHAR, reached_on DATE,
    is_searched BOOLEAN, acts STRUCT(kind VARCHAR, ref VARCHAR, about VARCHAR)[]);
INSERT INTO risk.ways VALUES
    ($red, $day, 1, 'yellow', DATE '2026-07-31', true, [{'kind': 'close_finding', 'ref': 'demo/V1', 'about': 'CHEM-05'},
     {'kind': 'pass_recheck', 'ref': '', 'about': ''}]), ($held, $day, 1, 'yellow', DATE '2026-07-11', true, []);
CREATE TABLE risk.near_red AS FROM (VALUES ($green, $day, 'accident', 'green')) t(enterprise_id, as_of, event, code);
"""


def write_copy(path: Path) -> Path:
    """Write the copy."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = {"$red": f"'{RED}'", "$held": f"'{HELD}'", "$green": f"'{GREEN}'", "$day": f"DATE '{DAY}'"}
    script = _COPY
    for name, value in values.items():
        script = script.replace(name, value)
    with duckdb.connect(str(path)) as connection:
        connection.execute(script)
        for name in ("risk.probabilities", "dispute.open", "ops.meta"):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {name.split('.')[0]}")
            connection.execute(OWN[name].ddl(name).replace("TABLE", "TABLE IF NOT EXISTS", 1))
        connection.execute("INSERT INTO ops.meta VALUES ('schema_version', ?)", [COPY_FORMAT])
    return path
