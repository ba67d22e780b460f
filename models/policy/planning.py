"""What ``planning.yaml`` and ``caps.yaml`` may say: channels, exemptions, ceilings, draws, crews and the budget."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from models.errors import PolicyError
from models.policy.channels import CHANNELS, OPTIONAL_CHANNELS, Channel, ChannelEntry
from models.policy.in_force import in_force
from models.policy.shape import Dated, OffSiteMatter, Provenance, Strict, Words
from models.vocabulary import (
    ALERT_KIND,
    ALERT_LEVEL,
    CODE,
    INSPECTION_KIND,
    INSPECTION_RESULT,
    LEVEL,
    SECTOR,
    STANDARDISATION,
    CodeList,
)

DAY = 4
"""Quarter-days of a working day."""


class Switches(Strict):
    """Questions the sources leave open.  Each is settled here, visibly, and each is conservative by default.

    ``green_counts_in_base``: the 30 % are of all general enterprises, GREEN ones included.
    ``off_plan_counts_in_cap``: visits outside the plan use up the annual cap; they are never kept off by it.
    ``off_site_satisfies_annual``: of packs before ``off_site_settles`` (``codes.yaml``), which says it since.
    ``red_is_settled_by_its_cause``: the visit whose findings made an enterprise RED is its special inspection (C3).
    """

    green_counts_in_base: bool
    off_plan_counts_in_cap: bool
    off_site_satisfies_annual: bool | None = None
    red_is_settled_by_its_cause: bool = False


class Blackout(Strict):
    """Days on which no planned visit takes place; off-plan visits do."""

    first: date
    last: date
    title: Words

    @model_validator(mode="after")
    def _forwards(self) -> "Blackout":
        if self.last < self.first:
            raise ValueError(f"blackout {self.title.en} ends before it begins")
        return self


class Visiting(Strict):
    """Rules of every visit.

    ``horizon_working_days``: how far ahead days are fixed at least.  ``filed_working_days``: visits so near are
    filed (D1) and stay.
    ``record_within_days``: a visit whose day has come waits so long for its record before it is planned again.
    ``begin_at``: hour at which a crew goes out; until then a visit of the day can still be filed (D1).
    ``beyond_reasonable_percent``: visits of a year, in per cent of the cap, from which on an enterprise is named.
    """

    min_gap_days: int = Field(ge=0)
    horizon_working_days: int = Field(gt=0)
    filed_working_days: int = Field(ge=0)
    record_within_days: int = Field(ge=0)
    default_level: Literal["city", "district", "town"]
    begin_at: Annotated[int, Field(ge=0, le=23)] = 9
    beyond_reasonable_percent: Annotated[int, Field(ge=100)] | None = None


class HazardSource(Strict):
    """Regular special inspection of major hazard sources: rounds a year, grades concerned, kinds of visit that do."""

    rounds_a_year: Literal[1, 2, 4, 12]
    grades: list[Annotated[int, Field(ge=1, le=4)]]
    satisfied_by: list[str]


class Immediate(Strict):
    """What calls for an immediate inspection, looking back so many days: alert levels, alert kinds, accidents.

    ``until_answered``: kinds of alert that call for it until they are closed, whatever their age.
    """

    lookback_days: int = Field(gt=0)
    alert_levels: list[str]
    alert_kinds: list[str]
    accidents: bool
    until_answered: tuple[str, ...] = ()


class Recheck(Strict):
    """When a re-check is due: after the rectification date; results that stopped work; repeat offenders."""

    results: list[str]
    repeat_items_at_least: int = Field(gt=0)
    repeat_every_days: int = Field(gt=0)
    again_after_days: int = Field(gt=0)


class OffSite(Strict):
    """Who may be checked off site first: these codes, these sectors, and no open major hazard."""

    codes: list[str]
    sectors: list[str]


class Draw(Strict):
    """双随机.  ``share_permille`` of all general enterprises a year; ``weights``: chance of a code relative to BLUE.

    ``audit_green_permille``, ``audit_unrated_permille``: audit draws of GREEN and of unrated enterprises.
    """

    share_permille: int = Field(ge=0, le=1000)
    weights: dict[str, int]
    audit_green_permille: int = Field(ge=0, le=1000)
    audit_unrated_permille: int = Field(ge=0, le=1000)


class CrewShape(Strict):
    """Who goes: certified officers, technical inspectors, and whether a crew without the latter may go."""

    officers: int = Field(ge=2)
    technical: int = Field(ge=0, le=1)
    technical_required: bool


class Budget(Strict):
    """Parts of the legal working days that do not go into supervision inspections (150号), per mille."""

    other_enforcement_permille: int = Field(ge=0, le=1000)
    non_enforcement_permille: int = Field(ge=0, le=1000)

    @model_validator(mode="after")
    def _leaves_something(self) -> "Budget":
        if self.other_enforcement_permille + self.non_enforcement_permille >= 1000:
            raise ValueError("other and non-enforcement days leave no day for inspections")
        return self

    @property
    def inspection_permille(self) -> int:
        """Part of the working days left for planned supervision inspections."""
        return 1000 - self.other_enforcement_permille - self.non_enforcement_permille


Form = Literal["whole_city", "regional", "demonstration", "assistance"]


class CrossRegion(Strict):
    """异地执法: the forms in use, in order; divisions of a region; most of a lender's crew-days lent.

    a crew needs before it goes elsewhere.
    """

    forms: list[Form]
    regions: list[list[str]]
    most_lent_permille: int = Field(ge=0, le=1000)


class CapRow(Strict):
    """Most counted visits a year for a risk class; the first row that fits an enterprise counts."""

    title: Words
    sectors: list[str] | None = None
    standardisation: list[str] | None = None
    codes: list[str] | None = None
    most: int = Field(ge=0)


class CapFile(Strict):
    """``caps.yaml``: the annual ceiling of each risk class (C4)."""

    caps: Dated[list[CapRow]]


def _ever(value: Any) -> Any:
    """What held before packs said it: the default of a value that older packs lack."""
    said = {"basis": "proposal", "reference": "what held before packs said it", "value": value}
    return Field(default_factory=lambda: Dated[Any].model_validate({"values": {date.min: said}}))


class PlanningFile(Strict):
    """``planning.yaml``."""

    channels: list[ChannelEntry] = Field(min_length=1)
    precedence: Dated[list[str]]
    switches: Dated[Switches]
    visiting: Dated[Visiting]
    blackouts: Dated[list[Blackout]]
    immediate: Dated[Immediate]
    recheck: Dated[Recheck]
    annual_satisfied_by: Dated[list[str]]
    red_satisfied_by: Dated[list[str]] = _ever([*INSPECTION_KIND.keys])
    own_departments: Dated[list[str]] = _ever([])
    above_the_city: Dated[list[str]] = _ever([])
    hazard_source: Dated[HazardSource] = _ever(HazardSource(rounds_a_year=2, grades=[], satisfied_by=[]))
    superior_kinds: Dated[list[str]]
    off_site: Dated[OffSite]
    draw: Dated[Draw]
    crew: Dated[CrewShape]
    budget: Dated[Budget]
    cross_region: Dated[CrossRegion]


@dataclass(frozen=True)
class PlanningPolicy:
    """How inspections are planned, on one day.  ``channels`` stand in order of precedence."""

    channels: Mapping[str, Channel]
    switches: Switches
    visiting: Visiting
    blackouts: tuple[Blackout, ...]
    immediate: Immediate
    recheck: Recheck
    annual_satisfied_by: tuple[str, ...]
    red_satisfied_by: tuple[str, ...]
    own_departments: tuple[str, ...]
    above_the_city: tuple[str, ...]
    hazard_source: HazardSource
    superior_kinds: tuple[str, ...]
    off_site: OffSite
    draw: Draw
    crew: CrewShape
    budget: Budget
    cross_region: CrossRegion
    caps: tuple[CapRow, ...]
    red_visit_working_days: int
    off_site_settles: frozenset[OffSiteMatter]
    provenance: Mapping[str, Provenance]

    @property
    def quarter_days(self) -> dict[str, int]:
        """Time of a crew on the spot, by channel."""
        return {name: one.spec.quarter_days for name, one in self.channels.items()}


def planning_on(
    file: PlanningFile,
    caps: CapFile,
    day: date,
    *,
    red_visit_working_days: int,
    off_site_settles: frozenset[OffSiteMatter],
) -> PlanningPolicy:
    """Values in force on a day.  Raises PolicyGapError where there are none."""
    values, provenance = in_force(file, day)
    ceilings, theirs = in_force(caps, day)
    del provenance["precedence"]  # Told by the ranks.
    order = {name: rank for rank, name in enumerate(values.pop("precedence"))}
    channels = {
        entry.name: Channel(
            entry.name, order[entry.name], entry.title, entry.clause, dated.value, dated, min(entry.values)
        )
        for entry, dated in sorted(values.pop("channels"), key=lambda one: order[one[0].name])
    }
    return PlanningPolicy(
        channels=channels,
        red_visit_working_days=red_visit_working_days,
        off_site_settles=off_site_settles,
        provenance=provenance | theirs,
        **values,
        **ceilings,
    )


def check_planning(file: PlanningFile, caps: CapFile) -> None:
    """Refuse what contradicts itself.  Raises PolicyError that names the file and the next step."""
    problems = (*_channel_problems(file), *_word_problems(file), *_draw_problems(file), *_cap_problems(caps))
    for problem in problems:
        raise PolicyError("{problem}. Correct the pack.", problem=problem)


def _channel_problems(file: PlanningFile) -> Iterator[str]:
    names = [entry.name for entry in file.channels]
    wanted = [name for name in CHANNELS if name in names or name not in OPTIONAL_CHANNELS]
    if sorted(names) != sorted(wanted):
        yield f"planning.yaml: channels must be exactly {', '.join(wanted)}, each once"
    for start, order in file.precedence.values.items():
        if sorted(order.value) != sorted(names):
            yield f"planning.yaml: precedence from {start} must order exactly {', '.join(names)}"
    for entry in file.channels:
        for start, dated in entry.values.items():
            spec = dated.value
            is_urgent = spec.off_plan or entry.name in ("immediate", "recheck")
            if is_urgent and spec.within_working_days is None and not entry.name.startswith("red"):
                yield f"planning.yaml: {entry.name} from {start} is urgent but has no deadline"
            if spec.is_published and spec.off_plan:
                yield f"planning.yaml: {entry.name} from {start} would be announced although it is not planned"
    for start, dated in file.visiting.values.items():
        if dated.value.filed_working_days > dated.value.horizon_working_days:
            yield f"planning.yaml: visiting from {start} files visits further ahead than it plans"


def _word_problems(file: PlanningFile) -> Iterator[str]:
    """Words of the code lists that do not exist: a rule about them would silently never hold."""
    for start, immediate in file.immediate.values.items():
        yield from _unknown(f"immediate from {start}", immediate.value.alert_levels, ALERT_LEVEL)
        kinds = [*immediate.value.alert_kinds, *immediate.value.until_answered]
        yield from _unknown(f"immediate from {start}", kinds, ALERT_KIND)
    for start, recheck in file.recheck.values.items():
        yield from _unknown(f"recheck from {start}", recheck.value.results, INSPECTION_RESULT)
    for start, off_site in file.off_site.values.items():
        yield from _unknown(f"off_site from {start}", off_site.value.codes, CODE)
        yield from _unknown(f"off_site from {start}", off_site.value.sectors, SECTOR)
    for start, sources in file.hazard_source.values.items():
        yield from _unknown(f"hazard_source from {start}", sources.value.satisfied_by, INSPECTION_KIND)
    for name, dated in (
        ("annual_satisfied_by", file.annual_satisfied_by),
        ("red_satisfied_by", file.red_satisfied_by),
        ("superior_kinds", file.superior_kinds),
    ):
        for start, kinds in dated.values.items():
            yield from _unknown(f"{name} from {start}", kinds.value, INSPECTION_KIND)


def _unknown(
    where: str, given: Sequence[str], known: CodeList, *, file: str = "planning.yaml"
) -> Iterator[str]:
    for word in sorted(set(given) - set(known.keys))[:1]:
        yield f"{file}: {where}: unknown {known.name} {word}; known: {', '.join(known.keys)}"


def _draw_problems(file: PlanningFile) -> Iterator[str]:
    for start, dated in file.draw.values.items():
        wrong = sorted(set(dated.value.weights) ^ {"red", "yellow", "blue", "green"})
        if wrong:
            yield f"planning.yaml: draw weights from {start} must name red, yellow, blue and green ({wrong[0]})"
        if any(weight < 0 for weight in dated.value.weights.values()):
            yield f"planning.yaml: draw weights from {start} must not be negative"


def _cap_problems(caps: CapFile) -> Iterator[str]:
    for start, dated in caps.caps.values.items():
        last = dated.value[-1] if dated.value else None
        if last is None or last.sectors or last.standardisation or last.codes:
            yield f"caps.yaml: caps from {start} need a last row for everybody else"
        for row in dated.value:
            yield from _unknown(row.title.en, row.sectors or (), SECTOR, file="caps.yaml")
            yield from _unknown(row.title.en, row.standardisation or (), STANDARDISATION, file="caps.yaml")
            yield from _unknown(row.title.en, row.codes or (), CODE, file="caps.yaml")


def level_order() -> Sequence[str]:
    """Levels from the highest: a level is superior to those after it."""
    return LEVEL.keys
