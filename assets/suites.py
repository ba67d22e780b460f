"""What needs judgement about whole tables, as expectation suites.

Rows were judged one by one by the contract; here the question is whether the delivery as a whole is believable:
volume, freshness, distribution, and tables that must agree with each other.  Suites derived from
``models.tables.canonical`` (one current version per key, nothing essential missing) stop a run; the others warn.
"""

from datetime import date, timedelta

from models.tables.canonical import TABLES, Table
from models.vocabulary import CODE_KEYS
from warehouse.validation import Suite

FRESH_WITHIN_DAYS = {
    "violations": 45,
    "alerts": 7,
    "inspections": 30,
    "accidents": 400,
    "self_reports": 120,
}
"""Proposal: how old the newest record of a living source may be before somebody should ask."""


def structure(table: Table) -> Suite:
    """One current version per key; in every row whom it is about, and its days."""
    subject = [name for name in ("enterprise_id", "officer_id") if name in table.columns()]
    required = (*subject, "recorded_at", *((table.happened,) if table.happened else ()))
    return Suite(
        f"{table.name}_structure",
        f"core.current_{table.name}",
        f"{table.zh}: one current version for each {' + '.join(table.key)}; essential columns are filled.",
        (
            *(("ExpectColumnValuesToNotBeNull", {"column": column}) for column in required),
            _no_rows(
                f"SELECT {', '.join(table.key)}, count(*) AS n FROM {{batch}} "
                f"GROUP BY {', '.join(table.key)} HAVING count(*) > 1",
                "one current version per key",
            ),
        ),
        is_blocking=True,
    )


def freshness(table: Table, as_of: date) -> Suite:
    """The newest record is not older than a living source's should be."""
    days = FRESH_WITHIN_DAYS[table.name]
    limit = as_of - timedelta(days=days)
    return Suite(
        f"{table.name}_freshness",
        f"core.current_{table.name}",
        f"{table.zh}: something was recorded within {days} days of the as-of date; silence is not safety.",
        (
            _no_rows(
                f"SELECT max(recorded_at) AS newest FROM {{batch}} "
                f"HAVING max(recorded_at) IS NULL OR max(recorded_at) < DATE '{limit}'",
                f"newest record is from {limit} or later",
            ),
        ),
    )


def officers_match(table: Table) -> Suite:
    """Whoever is away or declares a conflict is on the roster, else nobody is kept from any visit."""
    return Suite(
        f"{table.name}_match_officers",
        f"core.current_{table.name}",
        f"{table.zh}: every person is on the roster; a number spelt otherwise would keep nobody at home.",
        (
            _no_rows(
                "SELECT a.* FROM {batch} a ANTI JOIN core.current_officers o USING (officer_id)",
                "every person is on the roster",
            ),
        ),
    )


def _no_rows(query: str, description: str) -> tuple[str, dict[str, str]]:
    return "UnexpectedRowsExpectation", {"unexpected_rows_query": query, "description": description}


def _too_many(condition: str, share: float) -> str:
    return (
        f"SELECT count(*) FILTER ({condition}) AS n, count(*) AS total FROM {{batch}} "
        f"HAVING count(*) FILTER ({condition}) > {share} * count(*)"
    )


_FINDING = "v.source, v.violation_id, v.enterprise_id, v.inspection_id"
"""What tells a finding: to carry whole rows through a join of millions is dear."""

WHOLE_TABLES = (
    Suite(
        "enterprises_volume",
        "core.current_enterprises",
        "企业名册: there is at least one enterprise; an empty register would publish an empty city.",
        (("ExpectTableRowCountToBeBetween", {"min_value": 1}),),
        is_blocking=True,
    ),
    Suite(
        "violations_distribution",
        "core.current_violations",
        "违法违规: most findings carry a severity, and major hazards stay rare (C6: exact, not inflated).",
        (
            _no_rows(_too_many("severity = 'ungraded'", 0.5), "at most half of the findings are ungraded"),
            _no_rows(_too_many("is_major_hazard", 0.1), "at most a tenth are major hazards"),
        ),
    ),
    Suite(
        "inspections_distribution",
        "core.current_inspections",
        "检查记录: results vary; a source that only knows penalised visits says nothing of clean ones.",
        (
            _no_rows(_too_many("result = 'unknown'", 0.3), "at most 30 % of the results are unknown"),
            _no_rows(_too_many("result <> 'clean'", 0.98), "some visits are clean"),
        ),
    ),
    Suite(
        "alerts_distribution",
        "core.current_alerts",
        "监测预警: false alarms are marked but do not dominate.",
        (_no_rows(_too_many("is_false_alarm", 0.6), "at most 60 % are false alarms"),),
    ),
    Suite(
        "violations_match_inspections",
        "core.current_violations",
        "违法违规: findings refer to a recorded visit, never to an assistance visit (P11); a major hazard is "
        "not settled by an order alone (D5).",
        (
            _no_rows(
                f"SELECT {_FINDING} FROM {{batch}} v ANTI JOIN core.current_inspections i ON i.source = v.source "
                "AND i.inspection_id = v.inspection_id WHERE v.inspection_id IS NOT NULL",
                "every finding's visit is on record",
            ),
            _no_rows(
                f"SELECT {_FINDING} FROM {{batch}} v JOIN core.current_inspections i ON i.source = v.source "
                "AND i.inspection_id = v.inspection_id WHERE i.kind = 'assistance'",
                "no finding comes from an assistance visit (P11)",
            ),
            _no_rows(
                "SELECT * FROM {batch} WHERE is_major_hazard AND disposal = 'order'",
                "no major hazard is settled by a rectification order alone (D5)",
            ),
        ),
    ),
    Suite(
        "inspections_filed_before",
        "core.current_inspections",
        "检查记录: visits are filed before, immediate ones at most a few days after (D1).",
        (
            _no_rows(
                "SELECT * FROM {batch} WHERE kind <> 'immediate' AND filed_on > inspected_on",
                "planned visits are filed before (D1)",
            ),
        ),
    ),
)
"""There is a register; shares that would only look otherwise if a source or a mapping were broken; tables that must
agree, and clauses that can be read off them."""

_OF_THIS_DAY = "(SELECT max(as_of) FROM plan.current) = (SELECT max(as_of) FROM risk.codes)"
"""A backfill of an older day keeps the newer plan; the two are not compared."""

RESULT_SUITES = {
    "codes": [
        Suite(
            "codes_complete",
            "risk.codes",
            "赋码: every enterprise has exactly one of the four codes, and too little data never gives GREEN.",
            (
                ("ExpectTableRowCountToBeBetween", {"min_value": 1}),
                ("ExpectColumnValuesToBeInSet", {"column": "code", "value_set": list(CODE_KEYS)}),
                ("ExpectColumnValuesToBeUnique", {"column": "enterprise_id"}),
                _no_rows(
                    "SELECT f.enterprise_id FROM risk.features f ANTI JOIN {batch} c USING (enterprise_id)",
                    "no enterprise is without a code",
                ),
                _no_rows("SELECT * FROM {batch} WHERE is_provisional AND code = 'green'", "no unrated GREEN"),
            ),
            is_blocking=True,
        ),
        Suite(
            "codes_red_share",
            "risk.codes",
            "赋码: at most 5 % are RED (proposal); each RED costs a special inspection within 5 working days (C3).",
            (_no_rows(_too_many("code = 'red'", 0.05), "at most 5 % are RED"),),
        ),
    ],
    "explanations": [
        Suite(
            "explanations_exact",
            "risk.explanations",
            "赋码理由: for every enterprise the points of its reasons add up to its score exactly.",
            (
                _no_rows(
                    "SELECT c.enterprise_id FROM risk.codes c LEFT JOIN (SELECT enterprise_id, sum(points) AS points "
                    "FROM {batch} GROUP BY enterprise_id) e USING (enterprise_id) "
                    "WHERE e.points IS DISTINCT FROM c.score",
                    "points add up to the score",
                ),
            ),
            is_blocking=True,
        ),
    ],
    "red_queue": [
        Suite(
            "red_queue_complete",
            "serve.red_queue",
            "红码队列: every RED enterprise stands in the queue once, with a due day (C3).",
            (
                ("ExpectColumnValuesToBeUnique", {"column": "enterprise_id"}),
                ("ExpectColumnValuesToNotBeNull", {"column": "due_on"}),
                _no_rows(
                    "SELECT c.enterprise_id FROM risk.codes c ANTI JOIN {batch} q USING (enterprise_id) "
                    "WHERE c.code = 'red'",
                    "no RED enterprise is missing",
                ),
            ),
            is_blocking=True,
        ),
    ],
    "inspection_plan": [
        Suite(
            "plan_lawful",
            "plan.visits",
            "检查计划: no planned visit breaks the annual cap (C4), and no officer or crew is double-booked (D2).",
            (
                ("ExpectColumnValuesToBeUnique", {"column": "visit_id"}),
                _no_rows(
                    "SELECT v.enterprise_id FROM {batch} v JOIN plan.caps c USING (enterprise_id) "
                    "WHERE v.state IN ('scheduled', 'awaiting') AND v.in_cap AND year(v.planned_on) = year(c.as_of) "
                    "GROUP BY v.enterprise_id "
                    "HAVING count(*) FILTER (v.state = 'scheduled') > max(c.cap) - max(c.used) "
                    "AND count(*) FILTER (v.state = 'scheduled' AND v.is_planned AND NOT EXISTS ("
                    "FROM plan.visit_items i WHERE i.visit_id = v.visit_id AND NOT i.yields_to_cap)) > 0",
                    "no planned visit that yields to the cap is made beyond it",
                ),
                _no_rows(
                    "SELECT planned_on, level, division, crew_id FROM {batch} WHERE state = 'scheduled' "
                    "GROUP BY ALL HAVING sum(quarter_days) > 4",
                    "no crew has more than a day's work",
                ),
                _no_rows(
                    "SELECT a.planned_on, a.officer_id FROM plan.assignments a "
                    "SEMI JOIN (FROM {batch} WHERE state = 'scheduled') v ON v.visit_id = a.visit_id "
                    "GROUP BY a.planned_on, a.officer_id HAVING count(DISTINCT a.crew_id) > 1",
                    "no officer is in two crews on one day",
                ),
                _no_rows(
                    "SELECT enterprise_id, planned_on FROM {batch} WHERE state = 'scheduled' GROUP BY ALL "
                    "HAVING count(*) > 1",
                    "no enterprise gets two visits on one day (P6)",
                ),
            ),
            is_blocking=True,
        ),
        Suite(
            "plan_named_records",
            "plan.named_records",
            "检查计划: a record that names a visit of the plan names one planned for its enterprise; it settles no "
            "other.",
            (
                _no_rows(
                    "SELECT source, inspection_id, visit_id FROM {batch} WHERE state = 'unknown_visit'",
                    "every visit that a record names was planned",
                ),
            ),
        ),
        Suite(
            "plan_reds",
            "serve.red_queue",
            "检查计划: every RED has its special inspection in time, or stands in the certificate (C3).",
            (
                _no_rows(
                    "SELECT q.enterprise_id FROM {batch} q "
                    "ANTI JOIN (SELECT enterprise_id, planned_on, state FROM plan.visits) v "
                    "ON v.enterprise_id = q.enterprise_id "
                    # A visit whose day is over is taken for made until its record is overdue, whenever it was.
                    "AND (v.state = 'awaiting' OR v.state = 'scheduled' AND v.planned_on <= q.due_on) "
                    "ANTI JOIN (SELECT s.enterprise_id FROM plan.shortfalls s LEFT JOIN plan.visits v USING (visit_id) "
                    "WHERE s.channel LIKE 'red%' OR list_has_any(v.channels, ['red', 'red_overdue'])) s "
                    "ON s.enterprise_id = q.enterprise_id "
                    f"WHERE q.state IN ('due', 'overdue') AND {_OF_THIS_DAY}",
                    "no RED is without a day and without a reason",
                ),
            ),
            is_blocking=True,
        ),
    ],
}
"""Suites about codes, explanations, the queue and the plan, by asset."""


def intake_suites(as_of: date) -> dict[str, list[Suite]]:
    """Suites about the intake tables, by asset."""
    by_asset = {name: [structure(table)] for name, table in TABLES.items()}
    fresh = [freshness(TABLES[name], as_of) for name in FRESH_WITHIN_DAYS]
    known = [officers_match(TABLES[name]) for name in ("absences", "conflicts")]
    for suite in (*fresh, *known, *WHOLE_TABLES):
        by_asset[suite.table.removeprefix("core.current_")].append(suite)
    return by_asset
