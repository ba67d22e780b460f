"""Cross-region inspection (异地执法, P10): idle crew-days of one authority go to another that is short.

Forms, in the order of the policy: ``regional`` (divisions of one region, same level), ``whole_city`` (any
authority, those of the same level first), ``demonstration`` (the city's own crews), ``assistance`` (advice only: it
is no inspection (P11) and adds no crew).  Only idle crew-days are lent, so a lender's own plan is untouched.  Towns of
one district are neighbours of one region.  A loan is a proposal: nobody goes without the order the policy asks for.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import polars as pl

from models.places import place_of
from models.planning.crews.assign import Assigned, assign
from models.planning.crews.bench import Bench, Crew
from models.planning.crews.crews import Authority
from models.policy import DAY, PlanningPolicy
from models.vocabulary import LEVEL

Slot = tuple[int, str]
"""Day index and crew."""


@dataclass(frozen=True)
class Loan:
    """A crew lent for a day (index) to another authority."""

    lender: Authority
    borrower: Authority
    day: int
    crew_id: str
    form: str


def lend(
    visits: Mapping[Authority, pl.DataFrame],
    own: Mapping[Authority, Bench],
    outcomes: Mapping[Authority, Assigned],
    policy: PlanningPolicy,
) -> tuple[dict[Authority, Assigned], dict[Authority, Bench], list[Loan]]:
    """Plans, benches and loans after lending.

    The authority that would drop the most urgent visit borrows first.  A loan stands only if the crew is used.
    """
    planned, benches, loans = dict(outcomes), dict(own), list[Loan]()
    idle = {one: _idle(bench, planned.get(one), policy) for one, bench in own.items()}
    for borrower in sorted(_in_need(planned), key=lambda one: (_need(planned[one]), one)):
        offers = _offers(borrower, idle, planned[borrower], visits[borrower], policy)
        if not offers:
            continue
        bench = _with(benches[borrower], offers, own)
        # What already has a day keeps it, so that borrowed crews take only what was left over.
        again = assign(_kept(visits[borrower], planned[borrower]), bench)
        used = set(again.visits.drop_nulls("day").select("day", "crew_id").iter_rows())
        taken = [loan for loan in offers if (loan.day, lent_name(loan)) in used]
        planned[borrower], benches = again, moved(benches, taken)
        for loan in taken:
            idle[loan.lender].remove((loan.day, loan.crew_id))
        idle[borrower] = _idle(benches[borrower], again, policy)
        loans += [replace(loan, crew_id=lent_name(loan)) for loan in taken]
    return planned, benches, loans


def standing(visits: pl.DataFrame, own: Mapping[Authority, Bench]) -> list[Loan]:
    """Loans that filed visits rest on: they are not called back."""
    filed = visits.filter("is_fixed").select("at_level", "at_division", "kept_day", "kept_crew").drop_nulls()
    found: set[Loan] = set()
    for level, division, day, name in filed.iter_rows():
        at_level, _, rest = name.partition("/")
        at_division, _, crew_id = rest.partition("/")
        bench = own.get((at_level, at_division))
        if bench and any(crew.crew_id == crew_id for crew in bench.crews[day]):
            found.add(Loan((at_level, at_division), (level, division), day, crew_id, "standing"))
    return sorted(found, key=lambda loan: (loan.borrower, loan.day, loan.lender, loan.crew_id))


def moved(own: Mapping[Authority, Bench], loans: Iterable[Loan]) -> dict[Authority, Bench]:
    """Benches with crews where they were lent to, and no longer where they come from."""
    benches = dict(own)
    for loan in loans:
        benches[loan.borrower] = _with(benches[loan.borrower], [loan], own)
        home = [list(on_day) for on_day in benches[loan.lender].crews]
        home[loan.day] = [crew for crew in home[loan.day] if crew.crew_id != loan.crew_id]
        benches[loan.lender] = replace(benches[loan.lender], crews=tuple(tuple(on_day) for on_day in home))
    return benches


def _in_need(planned: Mapping[Authority, Assigned]) -> list[Authority]:
    """Authorities with visits that more crews would help."""
    lacking = pl.col("reason").is_in(["capacity", "no_crew"])
    return [one for one, plan in planned.items() if plan.visits.filter(lacking).height]


def _need(plan: Assigned) -> list[tuple[int, int]]:
    """Dropped visits by rank, most first: compares authorities by their most urgent loss."""
    return [(rank, -count) for rank, count in sorted(plan.dropped.items()) if count]


def _idle(bench: Bench, plan: Assigned | None, policy: PlanningPolicy) -> list[Slot]:
    """Crew-days without any visit, at most the share that may be lent."""
    used = set(plan.visits.drop_nulls("day").select("day", "crew_id").iter_rows()) if plan else set()
    # A crew on loan is not lent on.
    slots = [
        (day, crew.crew_id)
        for day, crews in enumerate(bench.crews)
        for crew in crews
        if not _is_lent(crew.crew_id)
    ]
    most = len(slots) * policy.cross_region.most_lent_permille // 1000
    return [slot for slot in slots if slot not in used][:most]


def _offers(
    borrower: Authority,
    idle: Mapping[Authority, list[Slot]],
    plan: Assigned,
    visits: pl.DataFrame,
    policy: PlanningPolicy,
) -> list[Loan]:
    """Idle crew-days within the windows of what is lacking, no more on a day than that work could fill."""
    lacking = plan.visits.filter(pl.col("reason").is_in(["capacity", "no_crew"]))
    todo = visits.join(lacking.select("visit_id"), on="visit_id", how="semi")
    # A drawn visit waits for the crew it was drawn for.
    windows = todo.filter(pl.col("crew_id").is_null()).select("first", "last", "quarter_days").rows()
    wanted: Counter[int] = Counter()
    for first, last, quarters in windows:
        wanted.update(dict.fromkeys(range(first, last + 1), quarters))
    offers: dict[int, dict[tuple[Authority, str], Loan]] = {}
    for form, lender in _lenders(borrower, idle, policy):
        for day, crew in idle[lender]:
            on_day = offers.setdefault(day, {})
            if len(on_day) * DAY < wanted[day]:
                on_day.setdefault((lender, crew), Loan(lender, borrower, day, crew, form))
    return [loan for _, on_day in sorted(offers.items()) for loan in on_day.values()]


def _lenders(
    borrower: Authority, idle: Mapping[Authority, list[Slot]], policy: PlanningPolicy
) -> Iterator[tuple[str, Authority]]:
    """Who may lend, form by form; of one form the nearest first: level, district, code."""
    level, division = borrower
    home = place_of("district", division)
    region = next((set(one) for one in policy.cross_region.regions if home in one), set[str]()) | {home}

    def farness(lender: Authority) -> tuple[bool, bool, Authority]:
        return lender[0] != level, place_of("district", lender[1]) != home, lender

    for form in policy.cross_region.forms:
        for lender in sorted(idle, key=farness):
            if lender == borrower or form == "assistance":
                continue
            same = lender[0] == level
            is_city = lender[0] == "city" and level != "city"
            if (
                (form == "regional" and same and place_of("district", lender[1]) in region)
                or form == "whole_city"
                or (form == "demonstration" and is_city)
            ):
                yield form, lender


def lent_name(loan: Loan) -> str:
    """Name of a crew away from home: two authorities may have crews of one name."""
    return f"{loan.lender[0]}/{loan.lender[1]}/{loan.crew_id}"


def _is_lent(name: str) -> bool:
    level, _, rest = name.partition("/")
    return level in LEVEL.keys and "/" in rest


def _with(bench: Bench, loans: Iterable[Loan], own: Mapping[Authority, Bench]) -> Bench:
    """A bench with the crews lent to it.  The budget is the borrower's own: borrowing pays no planned visits."""
    crews = [list(on_day) for on_day in bench.crews]
    for loan in loans:
        lent = next(crew for crew in own[loan.lender].crews[loan.day] if crew.crew_id == loan.crew_id)
        crews[loan.day].append(Crew(lent_name(loan), lent.officers))
    ordered = tuple(tuple(sorted(on_day, key=lambda crew: crew.crew_id)) for on_day in crews)
    return replace(bench, crews=ordered)


def _kept(visits: pl.DataFrame, plan: Assigned) -> pl.DataFrame:
    """Visits that keep the day and crew they have just been given."""
    given = plan.visits.select("visit_id", given_day="day", given_crew="crew_id")
    return (
        visits.join(given, on="visit_id", how="left", maintain_order="left")
        .with_columns(
            kept_day=pl.coalesce("given_day", "kept_day"),
            kept_crew=pl.coalesce("given_crew", "kept_crew"),
            is_fixed=pl.col("is_fixed") | pl.col("given_day").is_not_null(),
        )
        .drop("given_day", "given_crew")
    )
