"""Every canonical table, once.

A column carries its type, limits, key, meaning (en), Chinese header and unit.  From these classes come the
row contract (``models.contract``), the DuckDB tables (``warehouse.schema.schema``), the Great Expectations suites
(``assets.suites``), the data dictionary (``docs/data-dictionary.md``), the headers a delivery may use
(``warehouse.sources``) and the samples of the tests.

Two days belong to every event: the day it happened and ``recorded_at``, the day it became known to the
authority.  Registers, and what is planned or asked for, only have the latter.  A row with the same key and a
later ``recorded_at`` is a new version; both stay in history.
Sources: table of canonical data in the mission digest, clauses S1-S5, P1, P4, P6, P10-P12, D1, D2, D5.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import dataframely as dy

from models import vocabulary as vocab
from models.tables.events import Accidents, Alerts, Inspections, SelfReports, Violations
from models.tables.registers import (
    Absences,
    Conflicts,
    Enterprises,
    Filings,
    FormerNumbers,
    Officers,
    Tasks,
)


@dataclass(frozen=True)
class Table:
    """One canonical table.

    ``key`` names the columns that identify a thing; a thing has one or more versions, told apart by
    ``recorded_at``.  ``happened`` is the column with the day it happened (``None`` where there is no past day:
    registers, and what is planned or asked for).
    """

    name: str
    schema: type[dy.Schema]
    key: tuple[str, ...]
    happened: str | None
    zh: str
    grain: str

    def columns(self) -> dict[str, dy.Column]:
        """Columns in storage order."""
        return dict(_columns(self.schema))

    @property
    def is_register(self) -> bool:
        """Whether the table is the register that all events refer to."""
        return self.name == "enterprises"

    @property
    def subject(self) -> str | None:
        """The column that says whom a row is about, where it is no part of the key."""
        columns = (name for name in ("enterprise_id", "officer_id") if name in self.columns())
        return next((name for name in columns if name not in self.key), None)

    @property
    def refers_to_register(self) -> bool:
        """Whether each row is about an enterprise that the register must know."""
        return not self.is_register and "enterprise_id" in self.columns()

    @property
    def may_name_former_numbers(self) -> bool:
        """Whether a row may name its enterprise by a number of before; what tells of such numbers names today's."""
        return self.refers_to_register and self.name != "former_numbers"


@cache
def _columns(schema: type[dy.Schema]) -> dict[str, dy.Column]:
    """Asked for every cell that is shown, and dear to put together."""
    return dict(schema.columns())


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table("enterprises", Enterprises, ("enterprise_id",), None, "企业名册", "one enterprise"),
        Table(
            "former_numbers",
            FormerNumbers,
            ("source", "former_number"),
            None,
            "曾用编号",
            "one number an enterprise had before",
        ),
        Table(
            "violations",
            Violations,
            ("source", "violation_id"),
            "occurred_on",
            "违法违规与隐患",
            "one finding",
        ),
        Table("alerts", Alerts, ("source", "alert_id"), "raised_at", "监测预警", "one alert"),
        Table(
            "inspections",
            Inspections,
            ("source", "inspection_id"),
            "inspected_on",
            "检查记录",
            "one visit or off-site check",
        ),
        Table(
            "accidents", Accidents, ("source", "accident_id"), "occurred_on", "生产安全事故", "one accident"
        ),
        Table(
            "self_reports",
            SelfReports,
            ("source", "report_id"),
            "filed_on",
            "自查自报",
            "one self-inspection report",
        ),
        Table("officers", Officers, ("officer_id",), None, "执法人员名册", "one person"),
        Table("absences", Absences, ("source", "absence_id"), None, "请假与外勤", "one spell away"),
        Table(
            "conflicts",
            Conflicts,
            ("source", "conflict_id"),
            None,
            "回避申报",
            "one person and enterprise kept apart",
        ),
        Table(
            "tasks", Tasks, ("source", "task_id"), None, "检查任务", "one enterprise somebody asks to visit"
        ),
        Table("filings", Filings, ("source", "filing_id"), None, "检查备案", "one visit that is filed (D1)"),
    )
}


def code_list(column: dy.Column) -> vocab.CodeList | None:
    """Code list of a category column, else ``None``."""
    return (column.metadata or {}).get("codes")


def decisive(table: Table) -> tuple[str, ...]:
    """Columns from which a code follows and whose default could hide danger."""
    return _with(table, "decisive")


def identities(table: Table) -> tuple[str, ...]:
    """Columns that say which thing a row is about: its own number, and numbers of what it refers to."""
    return _with(table, "identity")


def personal(table: Table) -> tuple[str, ...]:
    """Columns that tell of a person: they stay in the warehouse, and are masked where a refused row is shown."""
    return _with(table, "personal")


def may_have_none(table: Table) -> tuple[str, ...]:
    """Columns of numbers that not everybody has."""
    return _with(table, "may_have_none")


def registrations(table: Table) -> dict[str, str]:
    """Columns of registration numbers, with when they hold one: "always", or the column that tells by its kind."""
    said = {name: (column.metadata or {})["registration"] for name, column in table.columns().items()}
    return {name: when for name, when in said.items() if when}


@cache
def _with(table: Table, said: str) -> tuple[str, ...]:
    return tuple(name for name, column in table.columns().items() if (column.metadata or {})[said])


def alone(table: Table) -> tuple[str, ...]:
    """Columns for which a header of their name is not taken that the mapping reads for another one."""
    return _with(table, "alone")


def headers(table: Table) -> Iterator[tuple[str, str]]:
    """Every header under which a column may be delivered without being mapped: (header, column)."""
    for name, column in table.columns().items():
        meta = column.metadata or {}
        yield name, name
        yield meta["zh"], name
        for other in meta["also"]:
            yield other, name
