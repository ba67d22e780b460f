"""Tables of what the system measures in itself."""

from functools import partial

from warehouse.schema.tables import COMMON, day, number, own_table, spread, text, whole

_COLUMNS = COMMON | spread(
    {
        "metric": text("what is measured, see [monitoring](monitoring.md#what-is-measured)"),
        "group_kind": text("what is grouped by: division, sector, size, factor or table; empty = everything"),
        "group_value": text("the group"),
        "value": number("the number; empty where there is too little to say"),
        "low": number("lower end of the 95 % interval"),
        "high": number("upper end of the 95 % interval"),
        "limit_low": number("alarm below"),
        "limit_high": number("alarm above"),
        "state": text("ok, alarm, unknown (too little to say) or acknowledged"),
        "since": day("first day of the alarm that stands"),
        "group_zh group_en": text("the group, in words"),
        "text_zh text_en": text("the finding in a sentence"),
        "look_zh look_en": text("where to look"),
        "before_as_of": day("day compared with"),
        "from_code": text("code then"),
        "to_code": text("code now"),
        "enterprises": whole("enterprises that went from the one to the other"),
        "measure": text("what is counted by bands"),
        "bin": whole("lower end of the band"),
    }
)
_measured = partial(own_table, _COLUMNS)
_measured_today = partial(_measured, is_of_day=True)

TABLES = {
    "risk.monitoring": _measured_today(
        "one measure of the system itself, and group where there are groups (自我监测)",
        "as_of metric group_kind group_value value low high limit_low limit_high state since group_zh "
        "text_zh look_zh group_en text_en look_en",
        order="metric, group_kind, group_value",
    ),
    "risk.migrations": _measured_today(
        "one pair of codes, before and now, and how many enterprises went that way (变码矩阵)",
        "as_of before_as_of from_code to_code enterprises",
    ),
    "ops.monitoring_history": _measured(
        "one measure of the system itself and issued day",
        "as_of metric group_kind group_value value low high limit_low limit_high state",
        order="as_of, metric, group_kind, group_value",
    ),
    "ops.acknowledged": _measured(
        "one alarm that a person takes as it is",
        "metric group_kind group_value as_of value low high given_by reason given_at",
        order="as_of, metric, group_kind, group_value",
        value=number("the number that day"),
    ),
    "ops.distributions": _measured(
        "one band of a measure on an issued day",
        "as_of measure bin enterprises",
        is_published=False,
        enterprises=whole("enterprises in the band"),
    ),
}

MEASURED = tuple(name for name, table in TABLES.items() if table.is_published)
"""Tables that measuring makes and publishes by itself, beside the codes."""
MEASURED_OF_DAY = tuple(name for name, table in TABLES.items() if table.is_of_day)
"""Those of them that hold the day measured last."""
