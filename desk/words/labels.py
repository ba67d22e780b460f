"""Labels of closed lists: channels, states, outcomes, sizes."""

from models import vocabulary as vocab

CHANNEL = vocab.CodeList(
    "channel",
    {
        "red_overdue": "RED overdue",
        "red": "RED special",
        "immediate": "immediate",
        "recheck": "re-check",
        "hazard_source": "hazard source",
        "annual_full": "full coverage",
        "department": "department",
        "random": "random draw",
        "audit": "audit draw",
        "crews": "crews",
    },
)
"""Channels as short as a column; the policy pack has the full titles."""


DUE_STATE = vocab.CodeList(
    "due state", {"due": "due", "overdue": "overdue", "visited": "visited", "closed": "closed"}
)
"""What became of a RED enterprise's special visit."""


BASIS = vocab.CodeList(
    "basis", {"law": "law", "policy": "policy", "proposal": "proposal", "unverified": "unverified"}
)
"""Where a rule comes from."""


CARD_STATE = vocab.CodeList(
    "card state", {"challenger": "challenger", "champion": "champion", "retired": "retired"}
)


VISIT_STATE = vocab.CodeList(
    "state",
    {
        "scheduled": "scheduled",
        "short": "short",
        "deferred": "deferred",
        "awaiting": "awaiting",
    },
)


LAW_PART = vocab.CodeList(
    "part of a law",
    {
        "chemicals": "chemicals",
        "fireworks": "fireworks",
        "open pit": "open pit",
        "underground": "underground",
        "tailings": "tailings",
    },
)
"""Parts of laws and standards as references of check items name them."""
CHECK_WHY = vocab.CodeList(
    "why",
    {
        "open_major": "open major hazard",
        "overdue": "rectification overdue",
        "open": "open finding",
        "repeated": "found repeatedly",
        "trade_unknown": "trade unknown",
        "sector_major": "major hazard of the sector",
        "sector": "item of the sector",
        "everybody": "checked everywhere",
    },
)


CHANGE = vocab.CodeList(
    "change",
    {
        "new": "new",
        "moved": "moved",
        "other_crew": "other crew",
        "dropped": "dropped",
        "done": "done",
        "cancelled": "cancelled",
    },
)


BECAUSE = vocab.CodeList(
    "because",
    {
        "inspected": "inspection recorded",
        "no_longer_due": "no longer due",
        "deadline_earlier": "deadline is earlier",
        "opens_later": "may only be made later",
        "crew_or_day_taken": "crew or day taken by another visit",
        "borrowed_crew": "borrowed crew",
        "capacity": "not enough crew days",
        "budget": "budget used up",
        "no_day": "no lawful day",
        "no_crew": "no crew may go",
        "closed": "enterprise closed",
        "suspended": "enterprise does not operate",
        "green": "GREEN is spared",
        "superior": "inspected by a superior level",
        "cap": "annual cap reached",
        "gap": "too soon after the last visit",
    },
)
"""Why a visit changed, or has no day."""


BINDING = vocab.CodeList(
    "binding rule",
    {
        "overdue": "the deadline has passed; made up for as soon as possible",
        "record_awaited": "the deadline has passed and no record of the visit has come",
        "capacity": "not enough crew days",
        "budget": "the annual plan's inspection days are used up (Document 150)",
        "no_officers": "no officer with a valid certificate",
        "recusal": "everybody who could go is recused",
        "absence": "nobody who could go is on duty",
        "no_lawful_day": "no lawful day before the deadline",
        "cap": "the annual cap is reached (C4)",
        "gap": "too soon after the last visit until the deadline",
        "superior": "a superior level inspected jointly (P7)",
        "suspended": "the enterprise does not operate",
        "green": "GREEN enterprises are not inspected on site (C2)",
        "draw_floor": "the 30 % draw cannot be reached: too few enterprises may be visited (P3)",
        "missed_year": "owed by the plan of last year and not made up for since",
        "annual_budget": "the annual plan needs more than its days (Document 150)",
        "unknown_sector": "sector unknown; planned as a general enterprise",
        "unknown_level": "enforcing level unknown; planned at the default level",
        "unknown_town": "the register names no town; of towns' officers only those delivered without one go there",
        "over_cap": "visited more often this year than the cap allows",
        "beyond_reasonable": "visited clearly more often than is reasonable; see why",
        "authority_contested": "sources name two levels or districts; what held before stays in force (P1)",
        "draw_pending": "a draw that was committed to is not revealed yet",
        "unfit_id": "ids with commas cannot stand in an open draw",
        "calendar": "holidays not announced yet; working days are provisional",
    },
)
"""Rules that can bind, as the certificate of a plan names them."""


SCOPE = vocab.CodeList(
    "scope",
    {
        "visit": "visit",
        "deferred": "can wait",
        "authority": "proof",
        "floor": "floor",
        "note": "note",
    },
)


LIST_KIND = vocab.CodeList("kind", {"key": "key", "general": "general"})


SIZE = vocab.CodeList(
    "size",
    {
        "micro": "micro (0–19 people)",
        "small": "small (20–299 people)",
        "medium": "medium (300–999 people)",
        "large": "large (≥ 1,000 people)",
    },
)


FORM = vocab.CodeList(
    "form",
    {
        "regional": "region, on the city's order",
        "whole_city": "whole city, on its order",
        "demonstration": "demonstration, on the city's order",
        "assistance": "assistance",
        "standing": "as ordered before",
    },
)


CONTESTABLE = vocab.CodeList(
    "contestable",
    {
        "violations": "finding",
        "alerts": "alert",
        "inspections": "inspection",
        "accidents": "accident",
        "self_reports": "self-report",
        "enterprises": "register",
    },
)
"""What an objection can be about, besides the code itself."""


FILER = vocab.CodeList("filer", {"enterprise": "enterprise", "officer": "officer"})


OUTCOME = vocab.CodeList("outcome", {"upheld": "upheld", "rejected": "rejected"})


OBJECTION_STATE = vocab.CodeList(
    "objection state",
    {"open": "open", **OUTCOME.labels, "withdrawn_by_filer": "taken back"},
)


REMEDY = vocab.CodeList(
    "remedy",
    {
        "withdraw": "datum withdrawn",
        "correct": "datum corrected",
        "override": "override",
    },
)


ACT = vocab.CodeList(
    "act",
    {
        "file": "Lodging an objection",
        "decide": "Deciding an objection",
        "withdraw": "Taking an objection back",
        "give": "Giving an override",
        "end": "Ending an override",
    },
)
"""What is asked of the warehouse at the desk."""


ACT_STATE = vocab.CodeList(
    "state of an act", {"asked": "waits to be carried out", "done": "carried out", "refused": "refused"}
)


SUBMISSION_STATE = vocab.CodeList(
    "state of a submission", {"taken": "taken", "conflict": "in conflict", "refused": "refused"}
)
"""What became of a form of another program that came back."""


FEED = vocab.CodeList(
    "calendar", {"me": "my visits", "crew": "visits of my crew", "authority": "visits of my authority"}
)
"""Whose visits a calendar shows."""


VERDICT = vocab.CodeList(
    "verdict",
    {
        "right": "right",
        "wrong": "wrong",
        "unknown": "nobody looked",
        "pending": "too early to tell",
    },
)


TRACK_RECORD = vocab.CodeList(
    "track record",
    {
        "visited": "visited",
        "records": "other records only",
        "none": "nothing on record",
    },
)


ALERT = vocab.CodeList(
    "alert",
    {
        "run": "run failed",
        "retried": "run failed, then succeeded",
        "source": "source not read",
        "tick": "sensor or schedule fails",
        "late": "night missed",
        "recovered": "night made up for",
        "notifier": "message not sent",
        "call": "another system does not answer",
        "overdue": "RED inspections overdue",
        "objection": "objections to be decided",
        "alarm": "alarms of monitoring",
        "test": "test message",
    },
)
"""Kinds of alerts and of messages."""


CATEGORIES = {
    "sector": vocab.SECTOR,
    "standardisation": vocab.STANDARDISATION,
    "credit": vocab.CREDIT,
    "seriously_untrustworthy": vocab.CREDIT,
    "track_record": TRACK_RECORD,
}
"""Factors and rules whose datum is a category."""


COLOURS = {
    "red": "bold white on red",
    "yellow": "bold black on yellow",
    "blue": "bold white on blue",
    "green": "bold black on green",
}
