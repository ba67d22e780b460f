"""An ordinary visit to e1 on Tuesday 30 June 2026 from 9:30 to 11:30 by o1 and o2; tests say what differs from it."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from models.field.facts import Facts, Officer
from models.field.forms import Filing, Finding, Record
from models.policy import PolicyOnDay, load_policy
from warehouse.clock import LOCAL

Told = Mapping[str, Any]
DAY = date(2026, 6, 30)
ITEM, MAJOR_ITEM, CRITERION = "GEN-01", "DUST-01", "令第10号 11(3)"
FINDING = UUID(int=1)
PHOTO = "a" * 64


def policy(day: date = DAY) -> PolicyOnDay:
    """The starter pack on a day."""
    return load_policy().on(day)


def moment(text: str) -> datetime:
    """A moment in Jinan."""
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def filing(**differs: Any) -> Filing:
    """The filing of the ordinary visit."""
    return Filing.model_validate(
        {
            "enterprise_id": "e1",
            "channel": "immediate",
            "kind": "immediate",
            "basis": "安全生产法 65",
            "item_codes": [ITEM],
            "departments": ["历下区应急管理局"],
            "planned_on": DAY,
            "begins_at": time(9, 30),
            "ends_at": time(11, 30),
            "officers": ["o1", "o2"],
            "recusal_confirmed": True,
            **differs,
        }
    )


def finding(**differs: Any) -> Finding:
    """A finding that is ordered to be put right by 15 July."""
    return Finding.model_validate(
        {
            "id": FINDING,
            "item_code": ITEM,
            "description": "疏散通道堆放杂物",
            "place": "二号车间",
            "severity": "general",
            "disposal": "order",
            "rectify_due_on": date(2026, 7, 15),
            **differs,
        }
    )


def record(**differs: Any) -> Record:
    """The record of the ordinary visit, with nothing found, signed by everybody."""
    signed = f"{DAY}T11:30:00+08:00"
    nothing = not differs.get("findings") and not differs.get("opinions")
    return Record.model_validate(
        {
            "begun_at": f"{DAY}T09:35:00+08:00",
            "ended_at": f"{DAY}T11:20:00+08:00",
            "places": ["二号车间"],
            "certificates_shown": True,
            "no_finding": nothing,
            "integrity_pledge": True,
            "officers": [{"officer_id": one, "signed_at": signed} for one in ("o1", "o2")],
            "unit": {"name": "王某", "post": "厂长", "signed_at": signed},
            **differs,
        }
    )


def facts(**differs: Any) -> Facts:
    """What is known: two officers certified until the end of the year, one visit of four, two items."""
    officers = {one: Officer(one, certified_until=date(2026, 12, 31)) for one in ("o1", "o2", "o3")}
    told: dict[str, Any] = {
        "officers": officers,
        "visits_this_year": 1,
        "cap": 4,
        "item_codes": frozenset({ITEM, MAJOR_ITEM}),
        "criteria": {MAJOR_ITEM: (CRITERION,)},
    }
    return Facts(**(told | differs))
