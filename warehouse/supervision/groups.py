"""Measures that compare groups: parity by sector, size and district, flip-flops, disputes."""

import polars as pl

from models.coding.shrinkage import cell
from models.supervision import drift
from models.supervision.drift import Measured
from models.territory import lies_in
from warehouse.coding.coding import Coding
from warehouse.coding.issue import renew_shares
from warehouse.database.frames import Connection
from warehouse.database.meta import value
from warehouse.database.validity import known, override_ends
from warehouse.questions.complaints import standing


def fairness(connection: Connection, coding: Coding) -> list[Measured]:
    """Red rate by district and legal form, like with like; by sector and size, which rules tell apart; feedback.

    Legal forms are compared where one is delivered at all; no score knows them.
    """
    limits = coding.policy.review.monitoring
    rows = connection.sql(_FIRMS, params={"known_at": coding.known_at}).pl()
    firms = rows.with_columns(cell().alias("stratum"), is_red=drift.is_red())
    inherent = {"sector": pl.col("sector"), "size": pl.col("stratum").str.split("/").list.last()}
    apart = {"division": lies_in("district")}
    if firms["legal_form"].is_not_null().any():
        apart["legal_form"] = pl.col("legal_form").str.strip_chars()
    found: list[Measured] = []
    for kind, group in apart.items():
        asked = firms.select("is_red", group=group.fill_null("unknown"), alike=pl.col("stratum"))
        found += drift.parity(kind, asked, limits=limits)
    for kind, group in inherent.items():
        found += drift.shares(kind, firms.select("is_red", group=group.fill_null("unknown")))
    return [*found, drift.feedback(firms, limits=limits)]


_FIRMS = f"""
SELECT c.enterprise_id, c.code, f.division, f.sector, f.employees, f.inspections_24m AS visits, e.legal_form
FROM risk.codes c JOIN risk.features f USING (enterprise_id)
LEFT JOIN (FROM core.enterprises WHERE {known()}) e USING (enterprise_id) ORDER BY c.enterprise_id
"""


def flip_flops(connection: Connection, coding: Coding) -> Measured:
    """Codes that came back within the days of the policy, per mille of enterprises and year."""
    [[first, enterprises]] = connection.execute(
        "SELECT (SELECT min(valid_from) FROM risk.code_history), (SELECT count(*) FROM risk.codes)"
    ).fetchall()
    return drift.flip_flop_rate(
        connection.sql(_CHANGES, params={"as_of": coding.as_of}).pl(),
        first=first or coding.as_of,
        as_of=coding.as_of,
        enterprises=enterprises,
        within_days=coding.policy.review.flip_flop_days,
        limits=coding.policy.review.monitoring,
    )


# What was shown for part of a day only is no change of the code from day to day.
_CHANGES = """
WITH shown AS (
    SELECT enterprise_id, valid_from AS day, code FROM risk.code_history
    WHERE valid_to > valid_from AND valid_from < $as_of
      AND enterprise_id IN (SELECT enterprise_id FROM risk.code_history GROUP BY 1 HAVING count(*) > 1)
    UNION ALL BY NAME
    SELECT enterprise_id, $as_of::DATE AS day, code FROM risk.codes
    WHERE enterprise_id IN (SELECT enterprise_id FROM risk.code_history)),
moved AS (SELECT * FROM shown QUALIFY code IS DISTINCT FROM lag(code) OVER (PARTITION BY enterprise_id ORDER BY day))
SELECT enterprise_id, (day - DATE '1970-01-01')::BIGINT AS as_of,
       (list_position(['green', 'blue', 'yellow', 'red'], code) - 1)::BIGINT AS held_rank
FROM moved ORDER BY enterprise_id, as_of
"""


def disputes(connection: Connection, coding: Coding) -> list[Measured]:
    """Numbers of standing overrides and undecided objections."""
    arguments = {"as_of": coding.as_of}
    return [
        drift.counted("overrides_standing", value(connection, _STANDING, arguments)),
        drift.counted("objections_open", value(connection, _OPEN, arguments)),
    ]


def deliveries(connection: Connection, coding: Coding) -> Measured:
    """Complaints about deliveries that are open."""
    renew_shares(connection, coding)
    found = [row for row in standing(connection) if row["state"] == "open"]
    about = sorted({row["source"] for row in found})
    return drift.unread(len(found), sum(row["is_grave"] for row in found), about)


_STANDING = f"""
SELECT count(*) FROM dispute.overrides WHERE first_day <= $as_of AND {override_ends(day="$as_of")} >= $as_of
"""


_OPEN = """
SELECT count(*) FROM dispute.objections WHERE filed_on <= $as_of AND objection_id NOT IN (
    SELECT objection_id FROM dispute.decisions WHERE decided_on <= $as_of)
"""
