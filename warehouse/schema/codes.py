"""Tables of codes: what is shown, why, until when, what would change it, and what was issued before."""

from functools import partial

from models.planning.demand.red_queue import QUEUE_SCHEMA
from warehouse.schema.tables import COMMON, Column, day, flag, moment, own_table, spread, text, texts, whole

_COLUMNS = COMMON | spread(
    {
        "decided_by": text(
            "rule that gave the code, or `score`, `unrated`, `held` (the change rules) or `override` (a "
            "person)"
        ),
        "valid_from": day("first day"),
        "valid_to": day("day the next row begins; 9999-12-31 while there is none"),
        "previous_code": text("code before; empty for the first one"),
        "issued_at": moment("when it was issued"),
        "reasons": Column(
            "STRUCT(kind VARCHAR, factor VARCHAR, value VARCHAR, points BIGINT, code VARCHAR)[]",
            "the explanation when it was issued, in order",
        ),
        "cause": text("came or went (points), fired or cleared (rules, change rules, overrides)"),
        "kind": text("override, held (the change rules), veto, floor, unrated, points or band"),
        "factor": text("factor or rule"),
        "points_before": whole("points at the change before; empty where the factor gave no reason"),
        "points_after": whole("points now; empty where the factor gives no reason any more"),
        "value_before": text("datum at the change before, as text"),
        "value_after": text("datum now, as text"),
        "scorecard": text("name of the scorecard"),
        "value": text("the datum it rests on, as text"),
        "points": whole("points that count towards the score; 0 for rules"),
        "expires_on": day(
            "first day these points fall, or the reason ends, if nothing new is learnt; empty: not by itself"
        ),
        "basis": text("law, policy (of an authority) or proposal (ours)"),
        "reference": text("where the number comes from"),
        "check_zh check_en": text("what to check on site"),
        "clearing_zh clearing_en": text("what clears it"),
        "changes_on": day("first day of the new points"),
        "read_on": day(
            "first day after `as_of` on which what the rules read of it may be different by itself"
        ),
        "blue_on yellow_on red_on": day(
            "the same, after the day by which an act of `as_of` betters a BLUE, YELLOW or RED code"
        ),
        "beyond_on": day("the same, after the last day that is foreseen"),
        "level_on": day("first day after `as_of` on which a feature may be, but for what is a day older"),
        "option": whole("number of the option, the soonest first"),
        "reached_on": day("first day of the promised code, if the acts are done on the coded day"),
        "is_searched": flag("no smaller set of acts works; no: the search was cut short"),
        "acts": Column(
            "STRUCT(kind VARCHAR, ref VARCHAR, about VARCHAR)[]",
            "what is to be done: kind (close_finding, pass_recheck, file_self_report, answer_alerts, "
            "restore_monitoring), ref (the finding, or a number), about (in words); none: waiting is "
            "enough",
            personal=True,
        ),
        "event": text("complaint, general_finding, serious_finding, overdue_order, red_alert or accident"),
        "red_since": day("first issued day of this RED spell"),
        "due_on": day("last day of the special inspection (C3), counted in working days"),
        "is_due_provisional": flag("the calendar of that year is not announced yet"),
        "visited_on": day("first counted on-site visit after `red_since`"),
        "state": text("overdue, due or visited"),
        "description": text("what was found", personal=True),
        "location": text("where in the premises it was found", personal=True),
        "severity": text("how grave"),
        "is_major_hazard": flag("judged a major accident hazard"),
        "occurred_on": day("day it was found"),
        "rectify_due_on": day("last day to rectify"),
        "is_overdue": flag("the deadline has passed"),
        "reports": texts("every report of the finding, as source/number"),
    }
)
_issued = partial(own_table, _COLUMNS, renewed="enterprise")
_told = partial(_issued, is_of_day=True)
_coded = partial(_told, is_kept=False)
_listed = partial(own_table, _COLUMNS, is_kept=False, is_of_day=True)

TABLES = {
    "risk.codes": _coded(
        "one enterprise; the day coded last",
        "enterprise_id as_of code score is_provisional decided_by pack pack_version pack_hash "
        "fingerprint data_watermark",
        order="enterprise_id",
    ),
    "risk.code_history": _issued(
        "one issued code of one enterprise, from a day to a day (变码记录); without gaps",
        "enterprise_id valid_from valid_to code previous_code score is_provisional decided_by "
        "issued_at run_id pack pack_version pack_hash fingerprint data_watermark reasons",
        order="enterprise_id, valid_from, issued_at",
        valid_to=day(
            "day the next row begins, 9999-12-31 while there is none; equal to `valid_from`: shown for "
            "part of that day only"
        ),
    ),
    "risk.change_reasons": _issued(
        "one reason that differs between the codes before and after a change (变码原因)",
        "enterprise_id valid_from issued_at cause kind factor points_before points_after value_before "
        "value_after code",
        order="enterprise_id, valid_from, issued_at",
        valid_from=day("day of the change, as in `risk.code_history`"),
        kind=text("override, held, veto, floor, unrated or points"),
        code=text("code the reason gives by itself; empty for points"),
    ),
    "risk.scores": _coded(
        "one enterprise; the points of each factor, and their sum",
        "enterprise_id score as_of scorecard fingerprint",
        order="enterprise_id",
    ),
    "risk.explanations": _coded(
        "one enterprise and reason",
        "enterprise_id as_of rank kind factor value points code expires_on",
        order="enterprise_id, rank",
        code=text("code the reason gives by itself; empty for points"),
    ),
    "risk.factors": _listed(
        "one factor or rule a reason may name",
        "factor kind title_zh title_en basis reference check_zh check_en clearing_zh clearing_en",
        order="factor",
        renewed="night",
    ),
    "risk.cut_offs": _told(
        "one code from BLUE to RED: the least score that gives it by itself",
        "code least",
        order="least",
        renewed="night",
        least=whole("least score"),
    ),
    "risk.steps": _coded(
        "one enterprise and stretch of days on which the facts say the same, if nothing new is "
        "learnt; from `as_of` - 270 to `as_of` + 1830 days",
        "enterprise_id valid_from valid_to score is_provisional decided_by code as_of",
        order="enterprise_id, valid_from",
        decided_by=text("rule that gave that code, or `score`, or `unrated`"),
        code=text("code the facts give by themselves, before the change rules and overrides"),
    ),
    "risk.forecast": _coded(
        "one enterprise and coming code, if nothing new is learnt (码的预告); the first begins on `as_of`",
        "enterprise_id valid_from valid_to score decided_by code as_of",
        order="enterprise_id, valid_from",
    ),
    "risk.point_steps": _coded(
        "one coming change of the points of one factor of an enterprise",
        "enterprise_id factor changes_on points as_of",
        order="enterprise_id, factor, changes_on",
        points=whole("points of the factor from that day on"),
    ),
    "risk.ways": _told(
        "one enterprise that is not GREEN and smallest set of acts that betters its code (怎样改变)",
        "enterprise_id as_of option code reached_on is_searched acts",
        order="enterprise_id, option",
        code=text("code that is promised; empty where all acts together would not better it"),
    ),
    "risk.near_red": _told(
        "one enterprise that is not RED and one everyday event that would make it RED that day",
        "enterprise_id as_of event code",
        order="enterprise_id, event",
        code=text("its code of today"),
    ),
    "risk.turns": _coded(
        "one enterprise; until when what was made of it may be kept",
        "enterprise_id as_of read_on blue_on yellow_on red_on beyond_on level_on",
        order="enterprise_id",
        is_published=False,
    ),
    "risk.features": _coded("one enterprise", "as_of", order="enterprise_id"),
    "serve.red_queue": _listed(
        "one RED enterprise",
        f"{' '.join(QUEUE_SCHEMA)} as_of",
        order="rank",
    ),
    "serve.open_findings": _coded(
        "one open finding: major hazards, and findings with a deadline",
        "enterprise_id source violation_id item_code description location severity is_major_hazard occurred_on "
        "rectify_due_on is_overdue reports",
    ),
    "serve.alike_findings": _told(
        "one finding of a day on which another system reports another one of that enterprise: perhaps the same",
        "enterprise_id occurred_on source violation_id item_code description severity is_major_hazard reports as_of",
        order="enterprise_id, occurred_on, source, violation_id",
    ),
}
