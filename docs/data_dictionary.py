"""Writes ``docs/data-dictionary.md`` from the code: tables, features, published copy, code lists, rules.

Run ``python -m docs.data_dictionary`` after a change; a test fails while the file is stale.  Columns of the
published copy are read off a copy that an empty installation publishes, so none can be forgotten.
"""

import tempfile
from datetime import date
from pathlib import Path

import dataframely as dy
import duckdb
import polars as pl

from docs.markers import table
from models import vocabulary as vocab
from models.coding.explain import factor_texts
from models.features import FEATURES
from models.features.fold import INTEGERS
from models.policy import load_policy
from models.tables.canonical import TABLES, Table, code_list
from warehouse.coding.coding import Coding
from warehouse.coding.order import code_enterprises
from warehouse.connection import writing
from warehouse.database.versions import VERSION_COLUMNS
from warehouse.home import Home
from warehouse.planning.plan import compute_plan
from warehouse.publish import publish_run

FILE = Path(__file__).with_name("data-dictionary.md")
DAY = date(2026, 6, 30)

RULES = {
    "recorded_before_found": "`recorded_at` lies before `occurred_on`",
    "rectified_before_found": "`rectified_on` lies before `occurred_on`",
    "due_before_found": "`rectify_due_on` lies before `occurred_on`",
    "decided_before_found": "`decided_on` lies before `occurred_on`",
    "plan_before_found": "`plan_approved_on` lies before `occurred_on`",
    "plan_ends_before_it_begins": "`plan_until` lies before `plan_approved_on`",
    "withdrawn_before_found": "`withdrawn_on` lies before `occurred_on`",
    "recorded_before_raised": "`recorded_at` lies before the day of `raised_at`",
    "acknowledged_before_raised": "`acknowledged_at` lies before `raised_at`",
    "closed_before_raised": "`closed_at` lies before `raised_at`",
    "recorded_before_inspected": "`recorded_at` lies before `inspected_on`",
    "recorded_before_accident": "`recorded_at` lies before `occurred_on`",
    "period_ends_before_start": "`period_end` lies before `period_start`",
    "filed_before_period": "`filed_on` lies before `period_start`",
    "fixed_more_than_found": "`hazards_fixed` is larger than `hazards_found`",
    "recorded_before_filed": "`recorded_at` lies before `filed_on`",
    "last_before_first": "`last_day` lies before `first_day`",
    "due_before_opens": "`due_on` lies before `opens_on`",
}
"""What a row refused by a rule of its table has done."""

GENERAL_RULES = {
    "missing:<column>": "a required cell is empty",
    "too_long:<column>": "the text is longer than allowed; often a shifted column",
    "too_small:<column>, too_large:<column>": "the number is outside its limits",
    "unreadable:<column>": "the cell is not a date, time, whole number or yes/no",
    "unknown_code:<column>": "the value is in no accepted spelling of the code list",
    "future_date:<column>": "the day lies after the day of reading",
    "formula_like:<column>": "a spreadsheet would run the text as a formula",
    "control_characters:<column>": "the text holds control characters",
    "bad_credit_code:enterprise_id": "the 统一社会信用代码 fails GB 32100-2015 (`id_scheme: uscc`)",
    "unknown_enterprise": "the enterprise is not in the register; alone, the row *waits* for it",
    "duplicate_key": "two good rows share key and `recorded_at` but not their content",
}
"""Rules for every table, from ``models.contract`` and ``warehouse.intake.conform``."""

READING_RULES = {
    "wrong_encoding": "the line is in another encoding than the rest of its file",
    "wrong_number_of_fields": "the line has more or fewer cells than the header",
    "unbalanced_quote": "a quote is opened and never closed",
    "huge_line": "the line is longer than 1,000,000 characters",
    "not_json": "the line is not JSON",
    "not_a_number": "a number of the item is not one that JSON has, such as NaN",
    "not_a_flat_object": "the item is not an object, or holds lists or objects",
    "empty_file": "the file holds nothing (line 0)",
    "empty_header": "a header cell is empty (line 0)",
    "repeated_header": "a header stands twice (line 0)",
    "unreadable_header": "the header is in another encoding or holds control characters (line 0)",
    "zip_bomb": "the workbook unpacks to an unreasonable size, or spans too many cells (line 0)",
    "unknown_format": "the ending of the file is not known (line 0)",
    "unreadable_file": "the file cannot be opened as what its ending says (line 0)",
}
"""Refusals of ``warehouse.intake.readers``; line 0 stands for the whole file."""

FEATURE_MEANINGS = {
    "enterprise_id": ("", "the enterprise; key"),
    "sector": ("", "`enterprises.sector`; empty = unknown"),
    "division": ("", "`enterprises.division`; used by no score"),
    "enforcing_level": ("", "`enterprises.enforcing_level`; used by no score"),
    "status": ("", "`enterprises.status`; used by no score"),
    "standardisation": ("", "`enterprises.standardisation`"),
    "credit": ("", "`enterprises.credit`"),
    "industry_division": (
        "",
        "first two characters of `enterprises.industry`: the GB/T 4754 division (大类)",
    ),
    "track_record": (
        "",
        "`visited` in the long window, else `records` (findings, accidents or alerts), else `none`",
    ),
    "employees": ("people", "`enterprises.employees`"),
    "major_hazard_source": ("grade", "`enterprises.major_hazard_source`"),
    "hazardous_processes": ("processes", "`enterprises.hazardous_processes`"),
    "high_hazard": ("0/1", "1 for the six sectors of P2"),
    "violation_points": (
        "points",
        "severity points × time weight × quantity, 24 months; one item counts once a visit; nothing while an "
        "approved rectification plan runs, unless it is a major hazard",
    ),
    "severity_points": ("points", "severity points × quantity over the long window, not weighted by time"),
    "severity_points_12m": ("points", "severity points × quantity of 365 days"),
    "violations_12m": ("findings", "findings of 365 days"),
    "violations_36m": ("findings", "findings of 1,096 days"),
    "violations_60m": ("findings", "findings of 1,826 days"),
    "serious_violations_36m": ("findings", "serious and critical findings of 1,096 days"),
    "years_with_violations_60m": ("years", "of the last five times 365 days, those with a finding"),
    "days_since_violation": ("days", "age of the last finding"),
    "major_hazards_24m": ("findings", "major hazards (重大事故隐患) found within 730 days"),
    "open_major_hazards": ("findings", "major hazards not rectified, however old"),
    "unchecked_major_hazards": (
        "0/1",
        "1 while a major hazard found within 730 days was put right but no clean visit has followed",
    ),
    "open_rectifications": ("orders", "open findings with a deadline, without those under an approved plan"),
    "overdue_rectifications": ("orders", "open findings whose deadline has passed"),
    "overdue_days": ("days", "longest time past a deadline"),
    "repeat_items": ("items", "items found in two or more visits of the repeat window"),
    "inspections_12m": ("visits", "counted visits of 365 days (assistance visits never count, P11)"),
    "inspections_24m": ("visits", "counted visits of 730 days"),
    "inspections_36m": ("visits", "counted visits of 1,096 days"),
    "serious_visits_36m": ("visits", "counted visits of 1,096 days that ended serious, stopped or refused"),
    "score_sum": ("points", "check-list scores of the long window, summed"),
    "scored_visits": ("visits", "counted visits of the long window with a check-list score"),
    "score_mean": ("points", "score_sum ÷ scored_visits, rounded down; empty without a scored visit"),
    "last_score": ("points", "check-list score of the last scored visit"),
    "inspections_window": ("visits", "counted visits of the long severity window"),
    "clean_streak": ("visits", "clean visits since the last one that was not clean"),
    "failed_rechecks_12m": ("visits", "re-checks of 365 days that still found something"),
    "refusals_24m": ("visits", "refused visits of 730 days"),
    "alert_points": ("points", "alert points × time weight, 365 days; false alarms never count"),
    "unanswered_alerts": ("alerts", "alerts of 90 days that nobody answered within the allowed time"),
    "slow_alerts": ("alerts", "alerts of 90 days answered late"),
    "offline_days": ("days", "days within the last 90 with silent sensors, summed over spells"),
    "complaints_12m": ("alerts", "complaints and transferred clues of 365 days"),
    "accidents_12m": ("accidents", "accidents of 365 days"),
    "accidents_60m": ("accidents", "accidents of 1,826 days"),
    "years_with_accidents_60m": ("years", "of the last five times 365 days, those with an accident"),
    "lost_time_accidents_12m": ("accidents", "accidents of 365 days that cost working days"),
    "lost_time_accidents_36m": ("accidents", "accidents of 1,096 days that cost working days"),
    "casualties_36m": ("people", "people harmed in 1,096 days, where the source does not split them"),
    "lost_days_36m": ("days", "working days lost by accidents of 1,096 days"),
    "accidents_36m": ("accidents", "accidents of 1,096 days"),
    "fatal_accidents_12m": ("accidents", "accidents of 365 days with at least one death"),
    "larger_accidents_36m": ("accidents", "较大 or worse within 1,096 days (stated, or by the figures)"),
    "major_accidents_36m": ("accidents", "重大 or worse within 1,096 days (stated, or by the figures)"),
    "serious_injuries_12m": ("people", "seriously injured within 365 days"),
    "self_reports_12m": ("reports", "self-inspection reports filed within 365 days"),
    "unfixed_self_hazards": ("hazards", "reported by the enterprise within 365 days and not yet fixed"),
    "days_since_inspection": ("days", "age of the last counted visit; empty = never visited"),
    "last_result": (
        "rank",
        "result of the last counted visit: 0 clean, 1 unknown, 2 findings, 3 serious, 4 stopped, 5 refused",
    ),
    "days_since_accident": ("days", "age of the last accident"),
    "days_since_fatal_accident": ("days", "age of the last fatal accident"),
    "days_since_larger_accident": ("days", "age of the last 较大 or worse accident"),
    "days_since_major_accident": ("days", "age of the last 重大 or worse accident"),
    "days_since_self_report": ("days", "age of the last self-inspection report"),
    "severity_mean": (
        "points / 10 visits",
        "(severity points + prior points) × 10 ÷ (visits + prior visits), whole number",
    ),
    "severity_mean_12m": (
        "points / 10 visits",
        "the same over the findings and visits of 365 days",
    ),
    "unsettled_findings": (
        "0/1",
        "1 while the newest finding of 730 days not known to be rectified has no later clean visit",
    ),
}
"""Unit and meaning of each feature; windows include their last day and end at the as-of day."""

PUBLISHED = {
    "risk.codes": "one enterprise; the day coded last",
    "risk.code_history": "one issued code of one enterprise, from a day to a day (变码记录); without gaps",
    "risk.change_reasons": "one reason that differs between the codes before and after a change (变码原因)",
    "risk.scores": "one enterprise; the points of each factor, and their sum",
    "risk.probabilities": "one enterprise and label a champion is calibrated for; empty with the expert pack",
    "risk.rates": "one enterprise: share of serious visits, shrunk to its peers; empty with the expert pack",
    "risk.explanations": "one enterprise and reason",
    "risk.factors": "one factor or rule a reason may name",
    "risk.steps": "one enterprise and stretch of days on which the facts say the same, if nothing new is learnt; "
    "from `as_of` - 270 to `as_of` + 1830 days",
    "risk.forecast": "one enterprise and coming code, if nothing new is learnt (码的预告); the first begins on `as_of`",
    "risk.point_steps": "one coming change of the points of one factor of an enterprise",
    "risk.ways": "one enterprise that is not GREEN and smallest set of acts that betters its code (怎样改变)",
    "risk.near_red": "one enterprise that is not RED and one everyday event that would make it RED that day",
    "risk.monitoring": "one measure of the system itself, and group where there are groups (自我监测)",
    "risk.migrations": "one pair of codes, before and now, and how many enterprises went that way (变码矩阵)",
    "risk.features": "one enterprise; columns as in [Features](#features) plus `as_of`",
    "serve.red_queue": "one RED enterprise",
    "serve.open_findings": "one open finding: major hazards, and findings with a deadline",
    "serve.inspection_queue": "one visit that is due, of any channel (待检队列)",
    "serve.month_list": "one enterprise and month of the published plan list (P5)",
    "plan.visits": "one visit: planned, waiting for its record, deferred, or short (检查计划)",
    "plan.visit_items": "one thing that is due (检查事由), with its visit or the rule that waived it",
    "plan.visit_checks": "one thing to check at a visit (P9)",
    "plan.assignments": "one visit and person sent",
    "plan.shortfalls": "one thing the rules ask for that the plan does not do: the certificate",
    "plan.changes": "one visit that is not as it was in the plan before",
    "plan.budget": "one authority and month: the person-days of the annual plan (150号)",
    "plan.floors": "one authority: the 30 % floor of 双随机 (P3)",
    "plan.outcomes": "one authority: what the optimiser can prove of its plan",
    "plan.capacity": "one authority and working day: crews and load",
    "plan.targets": "one enterprise and planned channel of the year: the month it is meant for",
    "plan.draws": "one draw (双随机) with its open record",
    "dispute.objections": "one objection (异议), as it was filed",
    "dispute.decisions": "one decision about an objection",
    "dispute.overrides": "one override (人工定码), with what came to light since",
    "dispute.open": "one objection not yet decided: what is contested (异议中)",
    "core.enterprises": "one enterprise as known on the day of knowledge; columns as in "
    "[enterprises](#enterprises-企业名册) and [versions](#versions)",
    "raw.rejected_rows": "one refused row (被拒数据)",
    "ops.activations": "one activation of a rule pack (启用), newest last",
    "ops.monitoring_history": "one measure of the system itself and issued day",
    "ops.acknowledged": "one alarm that a person takes as it is",
    "ops.runs": "one finished run, or update within the day",
    "ops.deliveries": "one delivery taken in",
    "ops.delivery_files": "one file of a delivery, for one table",
    "ops.meta": "one fact the warehouse remembers about itself",
}
"""Grain of each table of the published copy, in the order of the document."""

COLUMNS = {
    "enterprise_id": "the enterprise",
    "as_of": "day coded, or planned at the end of",
    "code": "green, blue, yellow or red",
    "score": "risk points; higher is riskier",
    "decided_by": "rule that gave the code, or `score`, `unrated`, `held` (the change rules) or `override` (a person)",
    "pack": "policy pack",
    "pack_version": "its version",
    "pack_hash": "SHA-256 of what of it decides codes",
    "fingerprint": "SHA-256 of the points of its scorecard",
    "data_watermark": "latest day on which anything that counts became known",
    "valid_from": "first day",
    "valid_to": "day the next row begins; 9999-12-31 while there is none",
    "risk.code_history.valid_to": "day the next row begins, 9999-12-31 while there is none; equal to `valid_from`: "
    "shown for part of that day only",
    "previous_code": "code before; empty for the first one",
    "issued_at": "when it was issued",
    "risk.code_history.reasons": "the explanation when it was issued, in order",
    "cause": "came or went (points), fired or cleared (rules, change rules, overrides)",
    "risk.change_reasons.kind": "override, held, veto, floor, unrated or points",
    "points_before": "points at the change before; empty where the factor gave no reason",
    "points_after": "points now; empty where the factor gives no reason any more",
    "value_before": "datum at the change before, as text",
    "value_after": "datum now, as text",
    "risk.change_reasons.code": "code the reason gives by itself; empty for points",
    "risk.change_reasons.valid_from": "day of the change, as in `risk.code_history`",
    "risk.steps.code": "code the facts give by themselves, before the change rules and overrides",
    "risk.steps.decided_by": "rule that gave that code, or `score`, or `unrated`",
    "changes_on": "first day of the new points",
    "risk.point_steps.points": "points of the factor from that day on",
    "option": "number of the option, the soonest first",
    "risk.ways.code": "code that is promised; empty where all acts together would not better it",
    "reached_on": "first day of the promised code, if the acts are done on the coded day",
    "is_searched": "no smaller set of acts works; no: the search was cut short",
    "acts": "what is to be done: kind (close_finding, pass_recheck, file_self_report, answer_alerts, "
    "restore_monitoring), ref (the finding, or a number), about (in words); none: waiting is enough",
    "event": "complaint, general_finding, serious_finding, overdue_order, red_alert or accident",
    "risk.near_red.code": "its code of today",
    "metric": "what is measured, see [monitoring](monitoring.md#what-is-measured)",
    "group_kind": "what is grouped by: division, sector, size, factor or table; empty = everything",
    "group_value": "the group",
    "group_zh": "the group, in words",
    "group_en": "the group, in words",
    "risk.monitoring.value": "the number; empty where there is too little to say",
    "ops.monitoring_history.value": "the number; empty where there is too little to say",
    "ops.acknowledged.value": "the number that day",
    "low": "lower end of the 95 % interval",
    "high": "upper end of the 95 % interval",
    "limit_low": "alarm below",
    "limit_high": "alarm above",
    "risk.monitoring.state": "ok, alarm, unknown (too little to say) or acknowledged",
    "ops.monitoring_history.state": "ok, alarm, unknown (too little to say) or acknowledged",
    "since": "first day of the alarm that stands",
    "text_zh": "the finding in a sentence",
    "text_en": "the finding in a sentence",
    "risk.monitoring.look_zh": "where to look",
    "risk.monitoring.look_en": "where to look",
    "before_as_of": "day compared with",
    "from_code": "code then",
    "to_code": "code now",
    "risk.migrations.enterprises": "enterprises that went from the one to the other",
    "scorecard": "name of the scorecard",
    "label": "what is foretold: a label of `learning.yaml`",
    "card_id": "fitted card the probability comes from",
    "base_rate": "share of positives where the card was calibrated",
    "probability": "calibrated probability of the label",
    "risk.probabilities.low": "lower end of its 95 % interval",
    "risk.probabilities.high": "upper end of its 95 % interval",
    "wording_zh": "the probability in words, against the base rate",
    "wording_en": "the probability in words, against the base rate",
    "cell": "sector / size class whose prior is used",
    "visits": "counted visits of 36 months",
    "serious": "of these, serious or worse",
    "peer_rate": "share of serious visits among its peers (the prior's mean)",
    "rate": "its own share, shrunk to the peers",
    "risk.rates.low": "lower end of the 90 % interval of the share",
    "risk.rates.high": "upper end of the 90 % interval of the share",
    "among_worst": "chance of being among the worst 2 % of the city",
    "rank": "order, 1 first",
    "kind": "override, held (the change rules), veto, floor, unrated, points or band",
    "factor": "factor or rule",
    "value": "the datum it rests on, as text",
    "points": "points that count towards the score; 0 for rules",
    "risk.explanations.code": "code the reason gives by itself; empty for points",
    "expires_on": "first day these points fall, or the reason ends, if nothing new is learnt; empty: not by itself",
    "title_zh": "wording",
    "title_en": "wording",
    "basis": "law, policy (of an authority) or proposal (ours)",
    "reference": "where the number comes from",
    "check_zh": "what to check on site",
    "check_en": "what to check on site",
    "clearing_zh": "what clears it",
    "clearing_en": "what clears it",
    "red_since": "first issued day of this RED spell",
    "due_on": "last day of the special inspection (C3), counted in working days",
    "is_due_provisional": "the calendar of that year is not announced yet",
    "visited_on": "first counted on-site visit after `red_since`",
    "serve.red_queue.state": "overdue, due or visited",
    "source": "mapping that delivered the row",
    "violation_id": "finding number within the source",
    "item_code": "item of the check-item catalogue or legal article",
    "description": "what was found",
    "severity": "how grave",
    "is_major_hazard": "judged a major accident hazard",
    "occurred_on": "day it was found",
    "rectify_due_on": "last day to rectify",
    "is_overdue": "the deadline has passed",
    "table_name": "canonical table",
    "file": "file of the delivery",
    "line": "line in it; 0 = the whole file",
    "rules": "names of the rules that refused it, separated by a comma",
    "content": "the row as delivered, as JSON; plain text where it could not be read",
    "raw.rejected_rows.state": "open, waiting (for its enterprise), accepted (later) or superseded",
    "mapping_hash": "SHA-256 of the mapping it was read by",
    "entry": "place of the entry within its table of the mapping, from 0",
    "delivery_id": "SHA-256 (16 characters) of mapping and files",
    "refused_on": "day of the run that refused it",
    "settled_on": "day it was accepted or superseded",
    "run_id": "the run; updates within the day begin with watch-, objections with objection-",
    "known_at": "day of knowledge",
    "finished_at": "when it was recorded",
    "ops.runs.state": "done",
    "stored_no": "number of the last write it could use or made; every write of data or decisions has the next one",
    "is_issued": "its codes were issued; a replay of an earlier day issues nothing",
    "calendar_version": "version of the working-day calendar",
    "rescored": "enterprises coded anew within the day; empty = all",
    "number": "ascending number: the order in which it was decided or run",
    "ops.activations.version": "version of the pack",
    "ops.activations.pack_hash": "SHA-256 of everything in it, planning and monitoring included",
    "effective_from": "first day coded with it",
    "activated_at": "when it was recorded",
    "activated_by": "who decided",
    "diff": "summary of the comparison before it, as JSON; empty: none was made",
    "ops.activations.kind": "initial (recorded by the first run) or activate (by a person)",
    "given_by": "who answers for it",
    "given_at": "when it was recorded",
    "objection_id": "number of the objection, like O-2026-0001",
    "filed_at": "when it was recorded",
    "filed_on": "day it was received",
    "filed_by": "who filed it",
    "filer": "enterprise or officer",
    "dispute.objections.table_name": "canonical table of what is contested; empty = the code itself",
    "dispute.open.table_name": "canonical table of what is contested; empty = the code itself",
    "datum_id": "its number within the source",
    "asked": "corrections asked for, as JSON {column: {from, to}}; empty: the datum should go",
    "grounds": "why it is wrong, in the words of who filed it",
    "known_on": "day the datum became known, or the code was issued",
    "dispute.objections.file_by": "last day to object without a reason for being late",
    "late_reason": "why it came later",
    "new_evidence": "what was not known when it was decided before",
    "earlier_id": "objection to the same that was decided before",
    "code_if_upheld": "code of that day if it were upheld; empty where the code itself is contested",
    "is_decisive": "the code hangs on it: short clock, and nobody who had a hand in it decides",
    "decide_by": "last day to decide",
    "dispute.objections.is_provisional": "`decide_by` lies on a calendar not yet announced",
    "dispute.open.is_provisional": "`decide_by` lies on a calendar not yet announced",
    "dispute.open.is_overdue": "`decide_by` has passed",
    "decided_at": "when it was recorded",
    "decided_on": "day of the decision",
    "dispute.decisions.decided_by": "who decided",
    "outcome": "upheld, rejected, or withdrawn_by_filer",
    "dispute.decisions.reasons": "written reasons",
    "remedy": "of what is upheld: withdraw, correct or override",
    "changes": "what the decision changed, as JSON {column: {from, to}}",
    "base_on": "`recorded_at` of the version that was judged",
    "counts_on": "`recorded_at` of the version the decision made",
    "override_id": "number of the override, like V-2026-0001",
    "involved_as": "how who decided had a hand in it before (recorded, filed, overrode, decided); empty = not",
    "in_time": "decided by `decide_by`",
    "code_before": "code when it was given",
    "first_day": "first day it holds",
    "last_day": "last day it holds",
    "given_on": "day of the decision",
    "ended_on": "day it was ended early",
    "ended_by": "who ended it",
    "ended_reason": "why",
    "ended_from": "first day without it",
    "ended_stored_no": "number of the write that ended it",
    "judged_on": "last day of the look-back on whether it was right",
    "adverse_on": "first serious finding, major hazard or accident since its first day; empty = none",
    "dispute.overrides.visits": "counted visits since its first day, up to `judged_on`",
    "dispute.overrides.reason": "why it was given",
    "ops.activations.reason": "why",
    "ops.acknowledged.reason": "why",
    "is_over": "the look-back is over",
    "digest": "SHA-256 of its content",
    "enterprises": "enterprises coded",
    "red": "of these RED",
    "yellow": "of these YELLOW",
    "blue": "of these BLUE",
    "green": "of these GREEN",
    "provisional": "of these provisional",
    "folder": "where it lay",
    "received_on": "day of the run that took it in",
    "taken_in_at": "when it was taken in",
    "delivered": "rows delivered",
    "added": "new rows, versions of new keys included",
    "corrected": "new versions of keys known before",
    "unchanged": "rows already known",
    "refused": "rows refused",
    "accepted": "rows accepted",
    "visit_id": "the visit; the first thing it was planned for",
    "channel": "most urgent channel of the visit, or channel of the item",
    "channels": "all channels of the visit, most urgent first",
    "item_id": "channel and cause",
    "item_ids": "what the visit is for",
    "plan.visits.rank": "place of the channel in the precedence, 0 first",
    "plan.visit_items.rank": "place of the channel in the precedence, 0 first",
    "plan.visits.state": "scheduled, awaiting (its record), deferred (later in the year), or short",
    "serve.inspection_queue.state": "scheduled, awaiting (its record), deferred (later in the year), or short",
    "reason": "why it has no day: no_day, no_crew, budget or capacity",
    "planned_on": "day of the visit",
    "opens_on": "first day the law leaves",
    "plan.visits.due_on": "last day the law leaves",
    "plan.visit_items.due_on": "last day the law leaves",
    "serve.inspection_queue.due_on": "last day the law leaves",
    "plan.shortfalls.due_on": "last day the law leaves",
    "file_by": "last day to file the visit; an immediate one is filed within one working day after (D1)",
    "first_on": "first day the plan may use, or of the stretch that is short",
    "last_on": "last day the plan may use, or of the stretch that is short",
    "plan.visits.is_overdue": "something it is for was due before",
    "serve.inspection_queue.is_overdue": "something it is for was due before",
    "wanted_from": "first day it is meant for",
    "wanted_by": "last day it is meant for",
    "mode": "on_site or off_site",
    "department": "department that asks",
    "quarter_days": "time of a crew on the spot, in quarters of a day",
    "in_cap": "counts against the annual cap (C4)",
    "is_planned": "all it is for is part of the annual plan, so it uses that budget",
    "off_plan": "outside the annual plan (P4)",
    "keeps_gap": "keeps the minimum gap to the visit before",
    "waived_by": "rule it gave way to; empty = stands",
    "is_later": "its turn comes after the days planned now",
    "draw_id": "draw it comes from",
    "plan.visits.value": "serious findings expected, in millionths; the score where no card is calibrated",
    "serve.inspection_queue.value": "serious findings expected, in millionths; the score where no card is calibrated",
    "crew_id": "crew of the month, officers joined by + where their crew was broken up, or lender/crew",
    "officers": "who goes",
    "stop": "order within the crew's day, 1 first",
    "form": "form of cross-region inspection (P10) the crew comes in; empty = its own",
    "change": "against the plan before: new, kept, moved, other_crew, dropped, done or cancelled",
    "previous_day": "day in the plan before",
    "made_on": "plan it first stood in",
    "level": "enforcing level (P1)",
    "division": "division of the authority; empty for the city",
    "month_on": "first day of the month",
    "serve.month_list.kind": "key (重点检查) or general (一般检查)",
    "plan.draws.kind": "objects (enterprises) or crews",
    "look_zh": "what to look at",
    "look_en": "what to look at",
    "why": "open_major, overdue, open, repeated, sector_major, sector or everybody",
    "is_major": "on a list of major hazards (C6), or found to be one",
    "plan.visit_checks.reference": "law or standard",
    "officer_id": "the person",
    "name": "name of the person",
    "role": "officer or technical_inspector",
    "home_level": "level of the person's own authority",
    "home_division": "division of the person's own authority",
    "scope": "visit, deferred, authority, floor or note",
    "rule": "rule that binds",
    "count": "visits or enterprises",
    "person_days": "person-days short, or of the crews of the day",
    "needed_days": "person-days (or enterprises of a floor) asked for",
    "available_days": "person-days (or enterprises of a floor) there are",
    "gave_way_to": "channels that took precedence in the same days",
    "because": "why it changed",
    "from_day": "day in the plan before",
    "to_day": "day now",
    "year": "calendar year",
    "working_days": "working days still to come in the month",
    "people": "officers and technical inspectors",
    "total_days": "person-days in all (总法定工作日)",
    "other_days": "other enforcement (其他执法工作日)",
    "non_enforcement_days": "no enforcement (非执法工作日)",
    "inspection_days": "left for supervision inspections (监督检查工作日)",
    "annual_full_days": "asked for by full coverage (P2)",
    "random_days": "asked for by 双随机 (P3)",
    "other_planned_days": "asked for by other planned channels",
    "short_days": "asked for beyond what there is",
    "base": "general enterprises, GREEN ones included unless the policy says otherwise",
    "required": "30 % of them",
    "done": "inspected by 双随机 this year",
    "planned": "drawn and still to be visited",
    "available": "could still be drawn",
    "short": "cannot be drawn",
    "scheduled": "visits with a day",
    "dropped": "visits without one",
    "most_possible": "visits no plan can exceed, precedence by precedence",
    "plan.outcomes.value": "value of the visits with a day",
    "value_bound": "value no plan of as many visits can exceed",
    "is_proven": "no better plan exists",
    "planning_hash": "SHA-256 of the planning policy",
    "is_provisional": "too little data to rate (暂定), or days of a calendar not yet announced",
    "day": "working day",
    "crews": "crews that can go out",
    "plan.capacity.visits": "visits planned",
    "load_days": "person-days of the visits planned",
    "set_on": "day of the decision",
    "committed_on": "day the commitment was made",
    "roster_sha256": "hash of roster and rules, published before",
    "seed_sha256": "hash of the seed, published before",
    "is_revealed": "the seed is open and the draw is done",
    "record": "the open file anybody can verify",
    "key": "name of the fact",
    "ops.meta.value": "the fact",
}
"""Meaning of each column of the published copy; ``schema.table.column`` where tables differ."""

VERSION_MEANINGS = {
    "version": "1 for the first version of a key",
    "known_from": "first day this version counts",
    "known_to": "day the next version takes over; 9999-12-31 while there is none",
    "delivery_id": "delivery that brought it",
    "source_file": "file it stood in",
    "source_line": "line in that file",
    "stored_no": "number of the write that stored it",
}

_TYPES = {
    pl.String: "text",
    pl.Enum: "code",
    pl.Date: "date",
    pl.Datetime: "date and time",
    pl.Int64: "whole number",
    pl.Float64: "number",
    pl.Boolean: "yes/no",
}


def render() -> str:
    """The whole document."""
    parts = [_INTRODUCTION, "## Canonical tables"]
    parts += [_table_section(one) for one in TABLES.values()]
    parts += [_versions(), _refusals(), _features(), _published(), _pack_names(), _code_lists(), _districts()]
    return "\n\n".join(part.strip() for part in parts) + "\n"


_INTRODUCTION = """\
<!-- Generated by `python -m docs.data_dictionary`; edit the generator or the code, not this file. -->
# Data dictionary

A delivery may use the column name, its Chinese header (or one of the further headers), or any header the
[mapping file](operations.md#mapping-files) names.  Two days belong to every event: the day it happened and
`recorded_at` (记录日期), the day the authority knew it; registers and what is planned have the latter only.  *Required*
means an empty cell refuses the row; `= x` means an empty cell stands for x.  Clause ids (C1, P2 …) are explained
in the [glossary](glossary.md).
"""


def _table_section(one: Table) -> str:
    key = ", ".join(f"`{name}`" for name in one.key)
    happened = f" · happened: `{one.happened}`" if one.happened else ""
    rows = [_column_row(name, column) for name, column in one.columns().items()]
    own = list(one.schema._schema_validation_rules())
    parts = [
        f"### {one.name} {one.zh}",
        f"One row: {one.grain}, in one version · key: {key} (+ `recorded_at`){happened}",
        table(("column", "Chinese header", "type", "required", "meaning"), rows),
    ]
    if own:
        parts.append("Row rules: " + "; ".join(f"**{rule}**: {RULES[rule]}" for rule in own) + ".")
    return "\n\n".join(parts)


def _column_row(name: str, column: dy.Column) -> tuple[str, str, str, str, str]:
    meta = column.metadata or {}
    headers = " / ".join((meta["zh"], *meta["also"]))
    required = "" if column.nullable else "yes"
    if meta["blank"] is not None:
        required = f"= {str(meta['blank']).lower()}"
    if name == "source":
        required = "set by the mapping"
    return f"`{name}`", headers, _type(column), required, column.description or ""


def _type(column: dy.Column) -> str:
    codes = code_list(column)
    if codes is not None:
        return f"code: [{codes.name}](#{codes.name.replace(' ', '-')})"
    kind, unit = _TYPES[column.dtype.base_type()], (column.metadata or {})["unit"]
    low, high = getattr(column, "min", None), getattr(column, "max", None)
    limits = [f"{low:,} … {high:,}"] if low is not None and high is not None else []
    longest = getattr(column, "max_length", None)
    limits += [f"≤ {longest:,} characters"] if longest else []
    limits += ["not in the future"] if (column.metadata or {})["past"] else []
    return ", ".join([f"{kind} ({unit})" if unit else kind, *limits])


def _versions() -> str:
    rows = [(f"`{name}`", kind, VERSION_MEANINGS[name]) for name, kind in VERSION_COLUMNS.items()]
    return "\n\n".join(
        [
            "## Versions",
            "The warehouse adds these columns to every canonical row (`core.<table>`).  `core.current_<table>` "
            "shows the current version of each key.  When a version counts: "
            "[corrections and versions](operations.md#corrections-and-versions).",
            table(("column", "type", "meaning"), rows),
        ]
    )


def _refusals() -> str:
    return "\n\n".join(
        [
            "## Why a row is refused",
            "Besides the row rules above.  Names carry the column.",
            table(("rule", "the row is refused because"), _coded(GENERAL_RULES)),
            "While reading a file:",
            table(("rule", "refused because"), _coded(READING_RULES)),
        ]
    )


def _coded(words: dict[str, str]) -> list[tuple[str, str]]:
    return [(", ".join(f"`{name}`" for name in key.split(", ")), text) for key, text in words.items()]


def _features() -> str:
    rows = [
        (f"`{name}`", "Int64" if name in INTEGERS else "String", *FEATURE_MEANINGS[name]) for name in FEATURES
    ]
    return "\n\n".join(
        [
            "## Features",
            "`risk.features`: one row per enterprise known on the day of knowledge.  Counts are 0 when nothing "
            "is on record; `days_since_…` and `last_result` stay empty.  Points, weights and windows: "
            "[scoring](scoring.md).",
            table(("feature", "type", "unit", "meaning"), rows),
        ]
    )


def published_columns() -> list[tuple[str, str, str]]:
    """(table, column, type) of the published copy, as an empty installation publishes it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        coding = Coding(DAY, DAY, load_policy().on(DAY))
        with writing(home) as connection:
            code_enterprises(connection, coding)
            compute_plan(connection, coding)
            publish_run(connection, home, coding, run_id="none")
        with duckdb.connect(str(home.published), read_only=True) as copy:
            return copy.execute(
                "SELECT table_schema || '.' || table_name, column_name, data_type "
                "FROM information_schema.columns ORDER BY table_schema, table_name, ordinal_position"
            ).fetchall()


def _published() -> str:
    columns = published_columns()
    factors = {factor.name: factor.title_en for factor in load_policy().on(DAY).scorecard.factors}
    found = {name for name, _, _ in columns}
    if found != set(PUBLISHED):
        raise KeyError(f"describe these tables of the published copy: {sorted(found ^ set(PUBLISHED))}")
    parts = [
        "## Published copy",
        "`published/riskcode.duckdb`, read-only, replaced whole by each run.  Readers use nothing else.",
    ]
    for name, grain in PUBLISHED.items():
        parts.append(f"### {name}\n\nOne row: {grain}.")
        if "columns as in" in grain:
            continue
        mine = [(column, kind) for found_in, column, kind in columns if found_in == name]
        points = factors if name == "risk.scores" else {}
        shown = [(column, kind) for column, kind in mine if column not in points]
        parts.append(
            table(
                ("column", "type", "meaning"),
                [
                    (f"`{column}`", kind, COLUMNS.get(f"{name}.{column}") or COLUMNS[column])
                    for column, kind in shown
                ],
            )
        )
        if points:
            parts.append(
                f"And one BIGINT column of points for each of the {len(points)} factors, named as the factor."
            )
    return "\n\n".join(parts)


def _pack_names() -> str:
    policy = load_policy().on(DAY)
    texts = factor_texts(policy).filter(pl.col("kind") != "band").rows(named=True)
    rows = [(f"`{one['factor']}`", one["kind"], one["title_zh"], one["title_en"]) for one in texts]
    return "\n\n".join(
        [
            "## Factors and rules",
            f"Of the pack `{policy.pack}` {policy.version}; points, conditions and references: "
            "[scoring](scoring.md).",
            table(("name", "kind", "Chinese", "English"), rows),
        ]
    )


def _code_lists() -> str:
    parts = [
        "## Code lists",
        "Stored by key.  Deliveries may use the key, a label or a further spelling, in any case.",
    ]
    for codes in vocab.CODE_LISTS:
        rows = [
            (f"`{key}`", codes.zh(key), label, " ".join(codes.written[key][1:]))
            for key, label in codes.labels.items()
        ]
        parts += [f"### {codes.name}", table(("key", "Chinese", "English", "also accepted"), rows)]
    return "\n\n".join(parts)


def _districts() -> str:
    rows = [(f"`{code}`", *names) for code, names in vocab.JINAN_DIVISIONS.items()]
    return "\n\n".join(
        [
            "## Districts",
            "GB/T 2260 codes of Jinan whose names the command line knows; `division` itself takes any text.",
            table(("code", "Chinese", "English"), rows),
        ]
    )


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
    print(f"{FILE.name} written")
