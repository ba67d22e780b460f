"""A visit in every state that a page of it can be in."""

from datetime import UTC, datetime
from typing import Any

from tests.worlds.crews import MORNING, Crew

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)


def of_every_state(crew: Crew) -> dict[str, str]:
    """Numbers of visits by their state, made by programs' requests; the one that is signed waits for its photo."""
    firms = iter(crew.firms)

    def begun(*steps: str, **other: Any) -> str:
        number = crew.begin(firm=next(firms), **other)
        for step in steps:
            crew.done(number, step, crew.leader if step == "approve" else crew.officer)
        return number

    made = {"draft": begun(), "filed": begun("file"), "approved": begun("file", "approve")}
    made["cancelled"] = begun()
    crew.done(made["cancelled"], "cancel", reason="企业停产")
    for state in ("started", "recorded", "signed", "counted", "withdrawn"):
        made[state] = begun("file", "approve", "start")
    crew.at(NOON)
    for state in ("recorded", "signed", "counted", "withdrawn"):
        photos = ["ab" * 32] if state == "signed" else []
        record = crew.record(crew.finding(photos=photos))
        crew.done(made[state], "record", record=record)
        if state != "recorded":
            crew.done(made[state], "sign", record=crew.signed(record))
    crew.done(made["withdrawn"], "withdraw", crew.leader, reason="重复登记")
    crew.at(MORNING)
    return made
