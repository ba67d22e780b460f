"""Points as step functions of time are what runs on every single day would give."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.coding.shrinkage import WHOLE, Priors, interval_permille, shrunk_rates
from models.coding.timeline import InForce, Span, asked_of, with_interval
from models.coding.verdicts import INTERVAL, judge
from models.features import CATALOGUE
from models.policy import Condition, PolicyOnDay, load_policy
from models.scorecard import Factor, Scorecard
from models.vocabulary import as_date, day_number
from tests.models.test_laws import some
from tests.worlds.by_hand import AS_OF, POLICY, days_before, feature_rows, world
from tests.worlds.coded import features_on, judged_steps, points_on_days
from tests.worlds.effort import tries
from tests.worlds.strategies import World, as_events, coded_days, integer_frames, worlds

few = settings(some, max_examples=tries(5))
SAID = ["score", "is_provisional", "rank", "near_rank", "veto_rank", "decided_by"]
LIMITS = (1, 2, 3, 10, 40, 90, 182, 366, 731, 1097, 1827)


def reads_everything() -> PolicyOnDay:
    """A card with a factor for every feature, so that no change of any feature can go unseen."""
    numbers = {0: 0} | {limit: at + 1 for at, limit in enumerate(LIMITS)}
    factors = [Factor(name, name, numbers, 99, "z", "e") for name in CATALOGUE.integers]
    factors.append(Factor("track", "track_record", {"visited": 1, "records": 2, "none": 3}, 99, "z", "e"))
    return replace(POLICY, scorecard=Scorecard("all", "1", tuple(factors)))


def on_each_day(of: World, span: Span, policy: PolicyOnDay, days: list[date]) -> dict[date, pl.DataFrame]:
    """What a run on each of the days says."""
    events, found = as_events(integer_frames(of)), dict[date, pl.DataFrame]()
    for day in days:
        features = features_on(events, as_of=day, known_at=span.known_at, policy=policy.features)
        found[day] = judge(features, policy.scorecard.contributions(features), policy)
    return found


def holding(steps: pl.DataFrame, day: date) -> pl.DataFrame:
    """What the steps say on a day."""
    told = steps.filter(pl.col("as_of") <= day_number(day)).sort("as_of")
    return told.unique("enterprise_id", keep="last").sort("enterprise_id").select("enterprise_id", *SAID)


def told_days(steps: pl.DataFrame, span: Span) -> list[date]:
    """Days worth trying: those of the steps, the days before them, and some in between."""
    changes = steps["as_of"].unique().to_list()
    every = range(day_number(span.first), day_number(span.last) + 1, 97)
    days = {*changes[1:9], *(day - 1 for day in changes[1:9]), *every}
    return [as_date(day) for day in sorted(days) if span.first <= as_date(day) <= span.last]


@few
@given(worlds(most_events=12), st.data())
def test_the_steps_of_every_feature_are_what_runs_on_single_days_give(of: World, data: st.DataObject):
    policy, first = reads_everything(), data.draw(coded_days(of))
    span = Span(
        first, first + timedelta(days=800), first + timedelta(days=data.draw(st.sampled_from((0, 400))))
    )
    steps = judged_steps(as_events(integer_frames(of)), span, [InForce(date(1990, 1, 1), policy)])
    for day, run in on_each_day(of, span, policy, told_days(steps, span)).items():
        assert holding(steps, day).equals(run.select("enterprise_id", *SAID)), day


def test_a_finding_loses_its_weight_on_the_days_its_bands_end():
    of = world(violations=[{"occurred_on": AS_OF, "severity": "critical", "rectified_on": AS_OF}])
    span = Span(AS_OF, AS_OF + timedelta(days=800), AS_OF)
    points = changed_points(of, span, [InForce(date(1990, 1, 1), POLICY)])
    # 10 points of severity: times 3 for 182 days, times 2 for a year, times 1 for two years.
    assert points["violation_points"] == [(366, 4), (731, 0)]


def changed_points(of: World, span: Span, rules: list[InForce]) -> dict[str, list[tuple[int, int]]]:
    """By factor, on which days after the first one of the span its points change, and what they are then."""
    points = points_on_days(as_events(integer_frames(of)), span, rules)
    found: dict[str, list[tuple[int, int]]] = {}
    for factor, day, worth in points.select("factor", "as_of", "points").iter_rows():
        found.setdefault(factor, []).append((day - day_number(span.first), worth))
    return found


def test_a_span_to_a_day_is_the_beginning_of_every_longer_one():
    found = [
        {"occurred_on": days_before(ago), "severity": "critical", "rectify_due_on": AS_OF} for ago in (0, 5)
    ]
    events = as_events(integer_frames(world(violations=found)))

    def steps(last: int) -> pl.DataFrame:
        return judged_steps(events, Span(AS_OF, as_date(last), AS_OF), [InForce(date(1990, 1, 1), POLICY)])

    longest = steps(day_number(AS_OF) + 800)
    days = longest["as_of"].unique().to_list()[1:]
    assert len(days) > 3
    for last in (*days, *(day - 1 for day in days)):
        assert steps(last).equals(longest.filter(pl.col("as_of") <= last)), last


@pytest.mark.parametrize("limit", [{"at_least": 7}, {"at_most": 7}], ids=str)
def test_silence_is_judged_anew_on_the_very_days_it_passes_a_limit(limit: dict[str, int]):
    """A sensor is silent for twelve days; ninety days later that leaves the window day by day."""
    rule = replace(POLICY.codes.rules[0], when=(Condition(feature="offline_days", **limit),))
    policy = replace(POLICY, codes=replace(POLICY.codes, rules=(rule,)))
    raised = datetime.combine(AS_OF, time(23, 59))
    silent = {"raised_at": raised, "closed_at": raised + timedelta(days=12), "kind": "sensor_offline"}
    of = world(alerts=[silent], inspections=[{"inspected_on": days_before(ago)} for ago in (5, 9)])
    span = Span(AS_OF, AS_OF + timedelta(days=110), AS_OF + timedelta(days=110))
    steps = judged_steps(as_events(integer_frames(of)), span, [InForce(date(1990, 1, 1), policy)])
    days = [AS_OF + timedelta(days=ahead) for ahead in (0, *range(6, 9), *range(94, 98), 110)]
    ranks = set()
    for day, run in on_each_day(of, span, policy, days).items():
        assert holding(steps, day).equals(run.select("enterprise_id", *SAID)), day
        ranks |= set(run["rank"])
    assert len(ranks) > 1


def test_the_rules_of_each_day_are_used():
    milder = replace(POLICY.codes, thresholds=POLICY.codes.thresholds.model_copy(update={"blue": 1}))
    later = AS_OF + timedelta(days=10)
    rules = [InForce(date(1990, 1, 1), POLICY), InForce(later, replace(POLICY, codes=milder))]
    visits = [{"inspected_on": days_before(days), "result": "findings"} for days in (3, 400)]
    of = world(register=[{"employees": 5000}], inspections=visits)
    span = Span(AS_OF, AS_OF + timedelta(days=20), AS_OF)
    steps = judged_steps(as_events(integer_frames(of)), span, rules)
    assert holding(steps, later - timedelta(days=1))["rank"].to_list() == [0]
    assert holding(steps, later)["rank"].to_list() == [1]
    assert steps["rules"].unique().sort().to_list() == [0, 1]


def test_a_day_on_which_both_an_event_and_the_rules_turn_is_judged_once_by_the_new_rules():
    later = AS_OF + timedelta(days=10)
    # Its first band ends on the day before the rules turn.
    of = world(violations=[{"occurred_on": later - timedelta(days=183)}])
    rules = [InForce(since, POLICY) for since in (date(1990, 1, 1), later)]
    steps = judged_steps(as_events(integer_frames(of)), Span(AS_OF, AS_OF + timedelta(days=20), AS_OF), rules)
    assert steps["as_of"].is_unique().all() and day_number(later) in steps["as_of"]
    assert ((steps["as_of"] >= day_number(later)) == (steps["rules"] == 1)).all()


def test_whoever_reads_a_feature_names_the_values_that_matter():
    asked = asked_of(InForce(date(1990, 1, 1), load_policy().on(AS_OF)))
    assert asked["days_since_self_report"] == {0, 184, 366}
    assert asked["days_since_accident"] == {365}
    assert asked["inspections_24m"] == {1, 2}


def test_the_interval_of_a_rate_is_there_only_with_a_cards_priors():
    rows = feature_rows({"inspections_36m": 9}, {"inspections_36m": 0}).with_columns(
        serious_visits_36m=pl.lit(0)
    )
    priors = Priors({WHOLE: (1.0, 1.0)})
    assert with_interval(rows, None) is rows
    assert with_interval(rows, SimpleNamespace(priors=None)) is rows  # type: ignore[arg-type]
    told = with_interval(rows, SimpleNamespace(priors=priors))  # type: ignore[arg-type]
    assert told.drop(INTERVAL).equals(rows)
    assert told[INTERVAL].equals(interval_permille(shrunk_rates(rows, priors)).alias(INTERVAL))
    assert told[INTERVAL][0] < told[INTERVAL][1] == 900


def test_each_set_of_rules_speaks_to_its_last_day_and_only_of_its_own_factors():
    later, card = AS_OF + timedelta(days=10), POLICY.scorecard
    shorter = replace(POLICY, scorecard=replace(card, factors=card.factors[1:]))
    found = [{"occurred_on": days_before(5), "rectify_due_on": later - timedelta(days=2)}]
    of = world(register=[{"sector": "hazardous_chemicals"}], violations=found)
    span = Span(AS_OF, later + timedelta(days=5), AS_OF)
    rules = [InForce(date(1990, 1, 1), POLICY), InForce(later, shorter)]
    # Overdue from the day after the order's last day on, which is the last day of the first rules.
    points = changed_points(of, span, rules)
    assert points["overdue_rectifications"] == [(9, 5)]
    # The register gives what the first factor earns; later rules that do not know it give nothing.
    assert POLICY.scorecard.factors[0].feature == "sector"
    assert points[card.factors[0].name] == [(10, 0)]
    steps = judged_steps(as_events(integer_frames(of)), span, rules)
    assert dict(steps.select("as_of", "rules").iter_rows())[day_number(later)] == 1
    assert steps.schema["rules"] == pl.Int64


SPELL = st.tuples(
    st.integers(-200, 60), st.sampled_from([0, 1439, 700]), st.sampled_from([1, 3, 12, 45, 120, 999])
)
"""Day of the span and minute on which sensors fall silent, and for how many days."""


def silent_days(spells: list[tuple[int, int, int]], day: int) -> int:
    """Whole days of silence within the 90 days up to the end of a day, of spells begun by then."""
    now = (day + 1) * 1440 - 1
    minutes = 0
    for begins, minute, lasts in spells:
        start = begins * 1440 + minute
        if begins <= day:
            minutes += max(0, min(now, start + lasts * 1440) - max(start, now - 90 * 1440))
    return minutes // 1440


@settings(some, max_examples=tries(10))
@given(st.lists(SPELL, min_size=1, max_size=3))
def test_silence_is_looked_for_on_the_days_it_comes_to_matter_and_on_few_others(
    spells: list[tuple[int, int, int]],
):
    points = {0: 0, 2: 1, 10: 2, 40: 3}
    short = replace(POLICY.codes.rules[0], when=(Condition(feature="offline_days", at_least=1, at_most=5),))
    policy = replace(
        POLICY,
        scorecard=Scorecard("silence", "1", (Factor("offline_days", "offline_days", points, 99, "z", "e"),)),
        codes=replace(POLICY.codes, rules=(short,)),
    )
    dawn = datetime.combine(AS_OF, time())
    silent = [
        {"kind": "sensor_offline", "raised_at": raised, "closed_at": raised + timedelta(days=lasts)}
        for begins, minute, lasts in spells
        for raised in [dawn + timedelta(days=begins, minutes=minute)]
    ]
    both = [{**one, "enterprise_id": which} for one in silent for which in ("e1", "e2")]
    of = world(register=[{}, {"enterprise_id": "e2"}], alerts=both)
    last = 200
    end = AS_OF + timedelta(days=last)
    steps = judged_steps(
        as_events(integer_frames(of)), Span(AS_OF, end, end), [InForce(date(1990, 1, 1), policy)]
    )
    told = steps.with_columns(
        day=pl.col("as_of") - day_number(AS_OF), fires=pl.col("decided_by") == short.name
    )
    for which in ("e1", "e2"):
        own = told.filter(pl.col("enterprise_id") == which)
        said = own.select("day", "score", "fires").rows()
        on_days = [[row for row in said if row[0] <= day][-1][1:] for day in range(last + 1)]
        silence = [silent_days(spells, day) for day in range(last + 1)]
        assert on_days == [(sum(days >= least for least in (2, 10, 40)), 1 <= days <= 5) for days in silence]
        assert own.height <= 10 + 14 * len(spells)
