"""Objections and overrides: until when, by whom, whether it matters, and whether an override was right.

Shaped on DataQs (whoever recorded a datum does not judge it, reasons are written, deadlines bind) and on the statutory
food hygiene ratings of the UK (21 days to object, 21 to answer, another officer).  The numbers are in ``review.yaml``.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from models.calendar import add_working_days, is_working_day
from models.errors import DisputeError
from models.messages import N_, Message, joined
from models.vocabulary import CODE_KEYS, RiskCode

if TYPE_CHECKING:
    from models.policy.review import ReviewPolicy

LEAST_REASON = 20
"""Characters of a written reason.  Shorter ones ("ok", "见附件") cannot be checked by anybody afterwards."""

_BETWEEN_NAMES = re.compile(r"[;；,，、]")


@dataclass(frozen=True)
class Deadline:
    """The last day of a period; provisional where it rests on a calendar that is not announced yet."""

    day: date
    is_provisional: bool = False


def last_filing_day(known_on: date, policy: "ReviewPolicy") -> Deadline:
    """Last day to object to what became known, or was issued, on a day (which is not counted)."""
    return _ends(known_on + timedelta(days=policy.objections.file_within_days), policy)


def decide_by(filed_on: date, policy: "ReviewPolicy", *, is_decisive: bool) -> Deadline:
    """Last day to decide what was filed on a day: calendar days, or working days where the code hangs on it."""
    if is_decisive:
        return Deadline(*add_working_days(filed_on, policy.objections.decisive_within_working_days))
    return _ends(filed_on + timedelta(days=policy.objections.decide_within_days), policy)


def _ends(day: date, policy: "ReviewPolicy") -> Deadline:
    """The end of a period, on the next working day where the pack lets clocks roll (民法典 art. 203)."""
    works, unsure = is_working_day(day)
    if works or not policy.clock_rolls:
        return Deadline(day, unsure)
    rolled, provisional = add_working_days(day, 1)
    return Deadline(rolled, unsure or provisional)


def is_decisive(now: Collection[str], then: Collection[str] | None, *, code: str) -> bool:
    """Whether the code hangs on an objection.

    ``now`` and ``then``: the codes of the enterprise (shown, and by the facts and change rules alone) as they are and
    as they would be if it were upheld; ``then`` is ``None`` where the ``code`` itself is contested, which is decisive
    unless there is no better one.
    """
    return code != RiskCode.GREEN.key if then is None else tuple(now) != tuple(then)


def names_in(text: str | None) -> set[str]:
    """Names of a list such as ``inspections.officers``, which separates them by ``;``."""
    return {name for part in _BETWEEN_NAMES.split(text or "") if (name := same_name(part))}


def same_name(name: str) -> str:
    """A name in the one spelling by which two are compared: width, case and spaces do not make another person."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


@dataclass(frozen=True)
class Involved:
    """Who had a hand in a matter before it is decided."""

    filed_by: str
    recorded_by: Collection[str] = field(default_factory=tuple)
    overridden_by: Collection[str] = field(default_factory=tuple)
    decided_before: Collection[str] = field(default_factory=tuple)


_HANDS = {
    "recorded": Message("recorded the datum"),
    "filed": Message("filed the objection"),
    "overrode": Message("gave the override"),
    "decided": Message("decided the earlier objection"),
}


def conflicts(reviewer: str, involved: Involved) -> tuple[str, ...]:
    """How a reviewer was involved before: any of ``recorded``, ``filed``, ``overrode``, ``decided``."""
    me = same_name(reviewer)
    hands: dict[str, Iterable[str]] = {
        "recorded": involved.recorded_by,
        "filed": (involved.filed_by,),
        "overrode": involved.overridden_by,
        "decided": involved.decided_before,
    }
    return tuple(hand for hand, people in hands.items() if me in {same_name(one) for one in people})


def require_reviewer(reviewer: str, involved: Involved, *, is_decisive: bool) -> tuple[str, ...]:
    """How the reviewer was involved before, to be recorded; of a decisive objection he must not have been.

    Raises DisputeError.
    """
    found = conflicts(reviewer, involved)
    if is_decisive and found:
        raise DisputeError(
            "{reviewer} {hands}, and the code hangs on this objection: have somebody else decide it.",
            reviewer=reviewer.strip(),
            hands=joined((_HANDS[one] for one in found), N_("{said} and {more}")),
        )
    return found


def require_reason(text: str, what: Message) -> str:
    """A written reason, stripped.  Raises DisputeError when it says too little."""
    reason = " ".join(text.split())
    if len(reason) < LEAST_REASON:
        raise DisputeError(
            "{what}: '{reason}' has {count} characters, {least_reason} are the least. Write what was "
            "checked and what follows from it; it is kept and shown.",
            what=what,
            reason=reason,
            count=len(reason),
            least_reason=LEAST_REASON,
        )
    return reason


def require_name(text: str, what: Message) -> str:
    """The name of a person, stripped.  Raises DisputeError when there is none."""
    if not same_name(text):
        raise DisputeError("{what} names nobody. Give the name of the person who answers for it.", what=what)
    return text.strip()


Verdict = Literal["right", "wrong", "unknown", "pending"]
"""What became of an override; ``pending`` while its time is not over, ``unknown`` where nobody looked."""


def judge_override(*, code_before: str, code: str, has_adverse: bool, visits: int, is_over: bool) -> Verdict:
    """Whether an override was right, by what came to light from its first day to the end of its look-back.

    ``has_adverse``: a serious finding, a major hazard or an accident came to light; ``visits``: counted visits of
    that time; ``is_over``: whether that time is over.  Evidence settles it at once; silence only at the end, and only
    where somebody looked.
    """
    eased = CODE_KEYS.index(code) < CODE_KEYS.index(code_before)
    if has_adverse:
        return "wrong" if eased else "right"
    if not is_over:
        return "pending"
    if visits == 0:
        return "unknown"
    return "right" if eased else "wrong"
