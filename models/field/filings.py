"""When a visit may be filed and approved: before it begins, by two certified officers, within the cap (D1, D2, P4)."""

from collections.abc import Iterator
from datetime import date, datetime, time

from models.calendar import add_working_days
from models.field.facts import Facts, Fault, Officer
from models.field.forms import Emergency, Filing
from models.messages import Label
from models.policy.pack import PolicyOnDay
from models.vocabulary import LEVEL


def filing_faults(filing: Filing, facts: Facts, policy: PolicyOnDay, now: datetime) -> list[Fault]:
    """What stands against filing a visit; nothing where it may be filed.

    ``now``: in the time zone of the place.  A late emergency is no fault: it is filed, and marked (``is_late``).
    """
    if filing.is_assistance:
        return [*_assistance(filing, facts), *_window(filing)]
    return [
        *_content(filing, facts),
        *_window(filing),
        *_before_it_begins(filing, policy, now),
        *_people(filing, facts, policy),
        *_cap(filing, facts, policy),
    ]


def plan_faults(filing: Filing, facts: Facts, *, is_taken: bool) -> list[Fault]:
    """What stands against making this visit of the plan; ``is_taken``: whether another visit makes it already."""
    found = list[Fault]()
    if facts.planned_for is not None and facts.planned_for != filing.enterprise_id:
        found.append(
            Fault(
                "The visit of the plan belongs to another enterprise. Begin the visit from your day, or without the "
                "plan.",
                rule="plan_visit_of_another",
                clause="D1",
                part="plan_visit_id",
            )
        )
    if is_taken:
        found.append(
            Fault(
                "This visit of the plan is filed already. Go on with that visit, or have it cancelled first.",
                rule="plan_visit_taken",
                clause="D1",
                part="plan_visit_id",
            )
        )
    return found


def emergency_deadline(visited_on: date, policy: PolicyOnDay) -> tuple[date, bool]:
    """The last day to file an emergency visit, all of it, and whether the calendar of its year is provisional (D1)."""
    return add_working_days(visited_on, policy.desk.emergency.file_within_working_days)


def is_late(filing: Filing, policy: PolicyOnDay, now: datetime) -> bool:
    """Whether an emergency visit is filed after its last day."""
    if filing.emergency is None or filing.planned_on is None:
        return False
    return now.date() > emergency_deadline(filing.planned_on, policy)[0]


def emergency_faults(filing: Filing, policy: PolicyOnDay) -> list[Fault]:
    """What stands against going there at once and filing afterwards."""
    if filing.emergency is None or filing.is_assistance:
        return [
            Fault(
                "The visit is not filed and no emergency. File it before it begins, or write what could not wait.",
                rule="no_emergency",
                clause="D1",
                part="emergency",
            )
        ]
    return [*_emergency(filing, filing.emergency, policy)]


def approval_faults(filer: str, approver: str, policy: PolicyOnDay) -> list[Fault]:
    """What stands against a person's approving what another, or the same, has filed."""
    if filer == approver and policy.desk.approval.by_another_person:
        return [
            Fault(
                "Whoever files a visit does not approve it. Let another leader of the authority approve.",
                rule="approver_is_filer",
                clause="D1",
                part="approver",
            )
        ]
    return []


def authority_faults(own: tuple[str, str], level: str, division: str) -> list[Fault]:
    """What stands against a person's acting for another authority than the own one (P1)."""
    if own == (level, division):
        return []
    return [
        Fault(
            "This enterprise belongs to the {level} authority {division}. Let that authority file the visit, or ask "
            "it for the enterprise's transfer.",
            {"level": Label(LEVEL, level), "division": division},
            rule="other_authority",
            clause="P1",
            part="enterprise_id",
        )
    ]


def _content(filing: Filing, facts: Facts) -> Iterator[Fault]:
    if not filing.basis:
        yield Fault(
            "No legal basis is given. Name the article the visit rests on.",
            rule="no_basis",
            clause="D1",
            part="basis",
        )
    if not filing.item_codes:
        yield Fault(
            "No check item is named. Choose at least one from the catalogue; what is not on the list is not checked.",
            rule="no_items",
            clause="D1",
            part="item_codes",
        )
    for code in sorted(set(filing.item_codes) - facts.item_codes):
        yield Fault(
            "Check item {code} is not in the catalogue in force. Choose another one.",
            {"code": code},
            rule="unknown_item",
            clause="D1",
            part="item_codes",
        )
    if filing.channel is None:
        yield Fault(
            "It is not said why the visit is due. Choose the channel.",
            rule="no_channel",
            clause="D1",
            part="channel",
        )
    if filing.kind == "recheck" and filing.rechecks is None:
        yield Fault(
            "A re-check does not say of which visit. Begin it from the visit whose findings are looked at again.",
            rule="recheck_of_nothing",
            clause="P8",
            part="rechecks",
        )
    if filing.kind != "recheck" and filing.rechecks is not None:
        yield Fault(
            "The visit looks at earlier findings again and is not called a re-check. Choose that kind.",
            rule="recheck_by_another_name",
            clause="P8",
            part="kind",
        )


def _window(filing: Filing) -> Iterator[Fault]:
    if filing.planned_on is None or filing.begins_at is None or filing.ends_at is None:
        yield Fault(
            "Day or time of the visit is missing. Give the day, and from when to when.",
            rule="no_window",
            clause="D1",
            part="planned_on",
        )
    elif filing.begins_at >= filing.ends_at:
        yield Fault(
            "The visit would end before it begins. Correct the times.",
            rule="window_backwards",
            clause="D1",
            part="ends_at",
        )


def _before_it_begins(filing: Filing, policy: PolicyOnDay, now: datetime) -> Iterator[Fault]:
    if filing.planned_on is None:
        return
    begins = datetime.combine(filing.planned_on, filing.begins_at or time.max, now.tzinfo)
    if filing.emergency is None:
        if now >= begins:
            yield Fault(
                "A visit is filed before it begins, and this one began on {begins}. Choose a later time, or file it "
                "as an emergency with its reason.",
                {"begins": f"{begins:%Y-%m-%d %H:%M}"},
                rule="filed_after_it_began",
                clause="D1",
                part="planned_on",
            )
    else:
        yield from _emergency(filing, filing.emergency, policy)


def _emergency(filing: Filing, emergency: Emergency, policy: PolicyOnDay) -> Iterator[Fault]:
    if not emergency.reason:
        yield Fault(
            "An emergency has no reason. Write what could not wait.",
            rule="emergency_without_reason",
            clause="D1",
            part="emergency.reason",
        )
    if not emergency.approved_by:
        yield Fault(
            "It is not said who approved the emergency by word of mouth. Name the person.",
            rule="emergency_not_approved",
            clause="D1",
            part="emergency.approved_by",
        )
    channel = policy.planning.channels.get(filing.channel or "")
    if channel is not None and not channel.spec.off_plan:
        yield Fault(
            "A visit of the annual plan is no emergency. File it before it begins, or choose the channel outside the "
            "plan that it belongs to.",
            rule="emergency_of_the_plan",
            clause="P4",
            part="channel",
        )


def _people(filing: Filing, facts: Facts, policy: PolicyOnDay) -> Iterator[Fault]:
    crew, day, fit = policy.planning.crew, filing.planned_on, 0
    for officer_id in sorted({*filing.officers}):
        found = _against(officer_id, facts.officers.get(officer_id), "officer", day)
        fit += found is None
        if found is not None:
            yield found
    if fit < crew.officers:
        yield Fault(
            "A visit needs {needed} officers whose certificates are valid on its day; there are {fit}. Name more.",
            {"needed": crew.officers, "fit": fit},
            rule="too_few_officers",
            clause="D2",
            part="officers",
        )
    technical = 0
    for officer_id in sorted({*filing.technical_inspectors}):
        found = _against(officer_id, facts.officers.get(officer_id), "technical_inspector", day)
        technical += found is None
        if found is not None:
            yield found
    needed = crew.technical * (len({*filing.officers}) // 2) if crew.technical_required else 0
    if technical < needed:
        yield Fault(
            "For every two officers a technical inspector comes along: {needed} are needed, {there} are named. Name "
            "more.",
            {"needed": needed, "there": technical},
            rule="too_few_technical_inspectors",
            clause="D2",
            part="technical_inspectors",
        )
    if not filing.recusal_confirmed:
        yield Fault(
            "It is not confirmed that nobody has to stay away. Let everybody who goes confirm it.",
            rule="recusal_not_confirmed",
            clause="D2",
            part="recusal_confirmed",
        )


def _against(officer_id: str, known: Officer | None, role: str, day: date | None) -> Fault | None:
    """What stands against a person's going, the gravest alone."""
    part = "officers" if role == "officer" else "technical_inspectors"
    named = {"officer": officer_id}
    if known is None:
        return Fault(
            "{officer} is not in the register of officers. Name somebody who is, or have the register completed.",
            named,
            rule="unknown_officer",
            clause="D2",
            part=part,
        )
    if known.is_recused:
        return Fault(
            "{officer} has declared a conflict with this enterprise and stays away. Name somebody else.",
            named,
            rule="recused",
            clause="D2",
            part=part,
        )
    if day is not None and not known.is_there_on(day):
        return Fault(
            "{officer} has left by the day of the visit. Name somebody else.",
            named,
            rule="has_left",
            clause="D2",
            part=part,
        )
    if known.role != role:
        return Fault(
            "{officer} has another role in the register. Name the person where that role belongs.",
            named,
            rule="other_role",
            clause="D2",
            part=part,
        )
    if role == "officer" and day is not None and not known.is_certified_on(day):
        return Fault(
            "The certificate of {officer} is not valid on the day of the visit. Name somebody else, or have the "
            "register corrected.",
            named,
            rule="not_certified",
            clause="D2",
            part=part,
        )
    return None


def _cap(filing: Filing, facts: Facts, policy: PolicyOnDay) -> Iterator[Fault]:
    if facts.cap is None or not facts.counts_in_cap or facts.visits_this_year < facts.cap:
        return
    told = {"visits": facts.visits_this_year, "cap": facts.cap}
    channel = policy.planning.channels.get(filing.channel or "")
    if channel is not None and not channel.spec.off_plan and channel.spec.yields_to_cap:
        yield Fault(
            "The enterprise had {visits} visits this year and its cap is {cap}. Leave the visit out, or file it under "
            "the channel outside the plan that it belongs to.",
            told,
            rule="beyond_cap",
            clause="P4",
            part="channel",
        )
    elif not filing.beyond_cap_reason:
        yield Fault(
            "The enterprise had {visits} visits this year and its cap is {cap}. Write why it is visited all the same.",
            told,
            rule="beyond_cap_without_reason",
            clause="P4",
            part="beyond_cap_reason",
        )


def _assistance(filing: Filing, facts: Facts) -> Iterator[Fault]:
    if filing.channel or filing.plan_visit_id or filing.emergency or filing.rechecks:
        yield Fault(
            "Assistance is no inspection: it settles no visit of the plan and is no emergency. Take that out, or file "
            "an inspection.",
            rule="assistance_as_inspection",
            clause="P11",
            part="kind",
        )
    named = sorted({*filing.officers, *filing.technical_inspectors})
    if not named:
        yield Fault(
            "Nobody is named who goes. Name at least one person.",
            rule="nobody_goes",
            clause="P11",
            part="officers",
        )
    for officer_id in named:
        if officer_id not in facts.officers:
            yield Fault(
                "{officer} is not in the register of officers. Name somebody who is, or have the register completed.",
                {"officer": officer_id},
                rule="unknown_officer",
                clause="P11",
                part="officers",
            )
