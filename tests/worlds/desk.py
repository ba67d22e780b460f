"""What the desk delivers: a visit, what it found, and its filing, as rows of daily files."""

from datetime import date, datetime, time
from typing import Any

Row = dict[str, Any]


def filing(firm: str, day: date, number: str = "f-1", **changes: Any) -> Row:
    """A filing of the morning of a day, for that day."""
    return {
        "filing_id": number,
        "recorded_at": day,
        "enterprise_id": firm,
        "filed_at": datetime.combine(day, time(8, 30)),
        "planned_on": day,
        "officers": ["o1", "o2"],
        "state": "filed",
        "is_emergency": False,
    } | changes


def visit(firm: str, day: date, number: str = "i-1", **changes: Any) -> Row:
    """A special inspection of a day, told that day."""
    return {
        "inspection_id": number,
        "recorded_at": day,
        "enterprise_id": firm,
        "inspected_on": day,
        "kind": "special",
        "mode": "on_site",
        "level": "district",
        "departments": "应急管理局",
        "officers": ["张三", "李四"],
        "result": "serious",
        "filed_on": day,
    } | changes


def finding(firm: str, day: date, number: str = "v-1", **changes: Any) -> Row:
    """A major hazard found at the visit."""
    return {
        "violation_id": number,
        "recorded_at": day,
        "enterprise_id": firm,
        "inspection_id": "i-1",
        "occurred_on": day,
        "description": "安全出口上锁，\n现场用“铁链”捆死",
        "severity": "critical",
        "is_major_hazard": True,
        "rectify_due_on": day,
        "disposal": "case",
    } | changes


def told(firm: str, day: date) -> dict[str, list[Row]]:
    """All three."""
    return {
        "inspections": [visit(firm, day)],
        "violations": [finding(firm, day)],
        "filings": [filing(firm, day)],
    }
