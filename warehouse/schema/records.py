"""Tables of what is on record of an enterprise, as the published copy tells it."""

from functools import partial

from warehouse.schema.tables import COMMON, day, flag, own_table, spread, text, whole

_COLUMNS = COMMON | spread(
    {
        "recorded_at": day("day this version became known to the authority"),
        "inspection_id": text("visit number within the source"),
        "visit_id": text("visit of the plan that the record names"),
        "inspected_on": day("day of the visit or off-site check"),
        "kind": text("channel; an assistance visit is never counted (P11)"),
        "mode": text("on_site or off_site"),
        "departments": text("departments present, separated by ;"),
        "officers": text("officers, separated by ;", personal=True),
        "result": text("outcome; unknown is not clean"),
        "filed_on": day("day the visit was filed (D1)"),
        "occurred_on": day("day it was found"),
        "description": text("what was found", personal=True),
        "location": text("where in the premises it was found", personal=True),
        "severity": text("how grave"),
        "is_major_hazard": flag("judged a major accident hazard"),
        "quantity": whole("findings the row stands for"),
        "rectify_due_on": day("last day to rectify"),
        "rectified_on": day("day the rectification was accepted; empty = open"),
        "disposal": text("how it was disposed of (D5)"),
        "department": text("deciding department"),
        "plan_until": day("last day of an approved rectification plan"),
        "officer_id": text("the person", personal=True),
        "name": text("name of the person", personal=True),
        "level": text(
            "level of the authority: that inspected, empty when above the city; or of the officer's own"
        ),
        "division": text("division of the person's own authority"),
        "role": text("officer or technical_inspector"),
        "certified_until": day("last day of the certificate (D2); empty = none"),
        "left_on": day("first day the person is not there any more"),
        "contested_until": day("last day to decide about an open objection to it; empty = there is none"),
        "contested_decisive": flag("the code hangs on that objection"),
    }
)
_known = partial(own_table, _COLUMNS, renewed="enterprise", is_kept=False)

TABLES = {
    "serve.enterprise_visits": _known(
        "one visit on record that stands (历次检查), the latest of each enterprise first",
        "enterprise_id source inspection_id visit_id inspected_on recorded_at kind mode level departments officers "
        "result filed_on contested_until contested_decisive",
    ),
    "serve.enterprise_findings": _known(
        "one finding on record that stands (历次问题隐患), open or not, the latest of each enterprise first",
        "enterprise_id source violation_id inspection_id occurred_on recorded_at item_code description location "
        "severity is_major_hazard quantity rectify_due_on rectified_on disposal department plan_until "
        "contested_until contested_decisive",
    ),
    "serve.officers": own_table(
        _COLUMNS,
        "one person who may be sent (执法人员名册)",
        "officer_id name level division role certified_until left_on",
        order="officer_id",
        is_kept=False,
    ),
    "serve.recusals": own_table(
        _COLUMNS,
        "one enterprise and officer who stays away from it (回避)",
        "enterprise_id officer_id",
        order="enterprise_id, officer_id",
        is_kept=False,
    ),
}
