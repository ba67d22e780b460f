"""Channels, the reasons to visit an enterprise: what ``planning.yaml`` says of each."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from models.policy.shape import DatedValue, Entry, Provenance, Strict, Text, Words

CHANNELS = (
    "red_overdue",
    "red",
    "immediate",
    "recheck",
    "hazard_source",
    "annual_full",
    "department",
    "random",
    "audit",
)
"""Every way a visit can become due; a pack orders them, it cannot invent one the planner does not know."""
OPTIONAL_CHANNELS = ("hazard_source",)
"""Channels a pack may do without: those stored before the law they rest on have none."""


class ChannelValue(Strict):
    """What a channel asks for and what it must respect.

    ``quarter_days``: time of a crew on the spot.  ``within_working_days``: deadline after the item opens; none
    means the end of the year (planned channels).  ``off_plan``: not part of the annual plan and its budget
    (P4).  ``spares_green``: GREEN enterprises are left alone (C2).  ``yields_to_superior``: not repeated after
    a superior level's joint visit (P7).  ``keeps_gap``: not sooner after the last visit than the minimum gap.
    ``off_site_first``: done off site where the firm qualifies (P12).  ``is_published``: in the month list (P5).
    ``yields_to_cap``: a planned visit for it is not made beyond the annual cap (C4).
    """

    quarter_days: Literal[1, 2, 4]
    within_working_days: int | None = Field(default=None, gt=0)
    off_plan: bool
    spares_green: bool
    yields_to_superior: bool
    keeps_gap: bool
    off_site_first: bool
    is_published: bool
    yields_to_cap: bool = True


class ChannelEntry(Entry[DatedValue[ChannelValue]]):
    """A channel with its wording, its clause and its dated values."""

    may_begin_later: ClassVar[bool] = True
    name: Text = Field(alias="channel")
    title: Words
    clause: Text


@dataclass(frozen=True)
class Channel:
    """A channel, on one day: ``rank``, its place in the precedence, 0 first; ``since``, when it began to be one."""

    name: str
    rank: int
    title: Words
    clause: str
    spec: ChannelValue
    provenance: Provenance
    since: date
