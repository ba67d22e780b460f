"""Intake: deliveries become canonical tables; what is refused is kept with file, line and rule."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetSpec,
    Config,
    MaterializeResult,
    TableColumn,
    TableColumnConstraints,
    TableSchema,
    multi_asset,
)

from assets.partitions import AS_OF, POOL, TOGETHER
from assets.resources import Warehouse
from models.tables.canonical import TABLES, Table
from warehouse.home import Home
from warehouse.intake.arrivals import waiting
from warehouse.intake.inbox import table_facts, take_in_all

GROUP = "intake"
OWNERS = ["team:data-intake"]
REJECTS = "rejected_rows"


class Deliveries(Config):
    """Where deliveries come from.  Without ``folder`` and ``mapping``: the inbox.

    ``finished``: what of the inbox was finished when a sensor looked (place: mark), the rest being left alone.
    ``arrived_before``: what had come into the inbox by then, so that a night that is made up for learns nothing of the
    days after it; databases are not asked what they say by now.
    """

    folder: str | None = None
    mapping: str | None = None
    take_in: bool = True
    today: str | None = None
    finished: dict[str, str] | None = None
    arrived_before: str | None = None

    def of_inbox(self, home: Home) -> dict[str, frozenset[str]] | None:
        """The files that are taken in, by folder of the inbox; ``None``: all of them."""
        if self.finished is None and self.arrived_before is None:
            return None
        before = datetime.fromisoformat(self.arrived_before) if self.arrived_before else None
        finished = {*self.finished.values()} if self.finished is not None else None
        arrived = waiting(home, finished=finished, before=before)
        return {one.source.folder.name: one.files for one in arrived}


def _columns(table: Table) -> TableSchema:
    """Columns as Dagster shows them: type, meaning with the Chinese header, whether they are required."""
    return TableSchema(
        columns=[
            TableColumn(
                name,
                type=str(column.dtype.base_type()).lower(),
                description=f"{(column.metadata or {})['zh']}: {column.description}",
                constraints=TableColumnConstraints(nullable=column.nullable),
            )
            for name, column in table.columns().items()
        ]
    )


def _specs() -> list[AssetSpec]:
    tables = [
        AssetSpec(
            name,
            group_name=GROUP,
            owners=OWNERS,
            skippable=True,
            kinds={"duckdb", "table"},
            metadata={"dagster/column_schema": _columns(table), "dagster/table_name": f"core.{name}"},
            description=(
                f"{table.zh}: {table.grain} a row, every version kept. Rows passed the contract of "
                "models/tables/canonical.py; refused ones are in rejected_rows."
            ),
        )
        for name, table in TABLES.items()
    ]
    rejects = AssetSpec(
        REJECTS,
        group_name=GROUP,
        owners=OWNERS,
        skippable=True,
        kinds={"duckdb", "table"},
        description="被拒数据: every refused row with source file, line, rule and content; nothing is lost.",
    )
    return [*tables, rejects]


@multi_asset(
    specs=_specs(),
    partitions_def=AS_OF,
    backfill_policy=TOGETHER,
    pool=POOL,
    can_subset=True,
    name="intake",
)
def intake(
    context: AssetExecutionContext, config: Deliveries, warehouse: Warehouse
) -> Iterator[MaterializeResult[Any]]:
    """Take in what was delivered; the same delivery twice changes nothing.

    A delivery is taken in whole, whichever of its tables was asked for.
    """
    today = date.fromisoformat(config.today) if config.today else None
    if config.take_in:
        take_in_all(
            warehouse.connection,
            warehouse.paths,
            folder=config.folder,
            mapping=config.mapping,
            received_on=warehouse.days[-1],
            today=today,
            only=config.of_inbox(warehouse.paths),
            asks=config.arrived_before is None,
        )
    selected = {key.to_user_string() for key in context.selected_asset_keys}
    asked = [name for name in (*TABLES, REJECTS) if name in selected]
    for name, facts in table_facts(warehouse.connection, asked).items():
        yield MaterializeResult(asset_key=name, metadata=facts)
