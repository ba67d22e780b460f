"""Tables of objections and overrides.  Rows are only added; an override that is ended early says so in its row."""

from functools import partial

from warehouse.schema.tables import COMMON, day, flag, own_table, spread, text, whole

_COLUMNS = COMMON | spread(
    {
        "objection_id": text("number of the objection, like O-2026-0001"),
        "filed_on": day("day it was received"),
        "filed_by": text("who filed it", personal=True),
        "filer": text("enterprise or officer"),
        "table_name": text("canonical table of what is contested; empty = the code itself"),
        "datum_id": text("its number within the source"),
        "asked": text(
            "corrections asked for, as JSON {column: {from, to}}; empty: the datum should go", personal=True
        ),
        "grounds": text("why it is wrong, in the words of who filed it", personal=True),
        "known_on": day("day the datum became known, or the code was issued"),
        "file_by": day("last day to object without a reason for being late"),
        "late_reason": text("why it came later", personal=True),
        "new_evidence": text("what was not known when it was decided before", personal=True),
        "earlier_id": text("objection to the same that was decided before"),
        "code_if_upheld": text(
            "code of that day if it were upheld; empty where the code itself is contested"
        ),
        "is_decisive": flag("the code hangs on it: short clock, and nobody who had a hand in it decides"),
        "decide_by": day("last day to decide"),
        "is_provisional": flag("`decide_by` lies on a calendar not yet announced"),
        "decided_on given_on": day("day of the decision"),
        "decided_by": text("who decided", personal=True),
        "outcome": text("upheld, rejected, or withdrawn_by_filer"),
        "reasons": text("written reasons", personal=True),
        "remedy": text("of what is upheld: withdraw, correct or override"),
        "changes": text("what the decision changed, as JSON {column: {from, to}}", personal=True),
        "base_on": day("`recorded_at` of the version that was judged"),
        "counts_on": day("`recorded_at` of the version the decision made"),
        "override_id": text("number of the override, like V-2026-0001"),
        "involved_as": text(
            "how who decided had a hand in it before (recorded, filed, overrode, decided); empty = not"
        ),
        "in_time": flag("decided by `decide_by`"),
        "code_before": text("code when it was given"),
        "first_day": day("first day it holds"),
        "last_day": day("last day it holds"),
        "reason": text("why it was given", personal=True),
        "ended_on": day("day it was ended early"),
        "ended_by": text("who ended it", personal=True),
        "ended_reason": text("why", personal=True),
        "ended_stored_no": whole("number of the write that ended it"),
        "judged_on": day("last day of the look-back on whether it was right"),
        "ended_from": day("first day without it"),
        "adverse_on": day(
            "first serious finding, major hazard or accident since its first day; empty = none"
        ),
        "visits": whole("counted visits since its first day, up to `judged_on`"),
        "is_over": flag("the look-back is over"),
        "is_overdue": flag("`decide_by` has passed"),
    }
)
_disputed = partial(own_table, _COLUMNS)

TABLES = {
    "dispute.objections": _disputed(
        "one objection (异议), as it was filed",
        "objection_id filed_at filed_on filed_by filer enterprise_id table_name source datum_id asked "
        "grounds known_on file_by late_reason new_evidence earlier_id as_of code code_if_upheld "
        "is_decisive decide_by is_provisional stored_no",
        key="objection_id",
    ),
    "dispute.decisions": _disputed(
        "one decision about an objection",
        "objection_id decided_at decided_on decided_by outcome reasons remedy changes base_on "
        "counts_on override_id involved_as in_time stored_no",
        key="objection_id",
    ),
    "dispute.overrides": _disputed(
        "one override (人工定码), with what came to light since",
        "override_id enterprise_id code code_before first_day last_day reason given_by given_at "
        "objection_id stored_no ended_on ended_by ended_reason ended_stored_no given_on judged_on "
        "ended_from",
        key="override_id",
        when_published="adverse_on visits is_over known_at",
    ),
    "dispute.open": _disputed(
        "one objection not yet decided: what is contested (异议中)",
        "objection_id enterprise_id table_name source datum_id filed_on decide_by is_provisional "
        "is_decisive is_overdue",
        is_kept=False,
    ),
}
