"""Laws that hold in every world: time, independence, order, monotony, and the promises of the codes."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.coding.explain import explain_codes
from models.coding.timeline import InForce
from models.coding.verdicts import assign_codes
from models.features import CATALOGUE
from models.features.events import EVENT_COLUMNS
from models.scorecard import Factor
from models.tables.canonical import TABLES
from models.vocabulary import CODE_KEYS, RiskCode, day_number
from tests.worlds.by_hand import AS_OF, POLICY
from tests.worlds.coded import codes_on, features_on
from tests.worlds.effort import tries
from tests.worlds.packs import without_the_off_site_reading
from tests.worlds.strategies import (
    LAST_DAY,
    SEEDS,
    World,
    as_events,
    canonical,
    coded_days,
    corrected,
    feature_frames,
    integer_frames,
    rows,
    worlds,
)

Frames = dict[str, pl.DataFrame]

some = settings(
    max_examples=tries(20),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""The same examples on every run, so that a failure is never an accident of the day."""

CARD = POLICY.scorecard
LATER = st.sampled_from((0, 30, 400, 4000))
"""Days from the day coded to the day of knowledge; the longest is past everything a world records."""


@st.composite
def coded_worlds(draw: st.DrawFn, *, most_events: int = 40) -> tuple[World, date, date]:
    """A world, the day it is coded for, and the day of knowledge."""
    world = draw(worlds(most_events=most_events))
    as_of = draw(coded_days(world))
    return world, as_of, as_of + timedelta(days=draw(LATER))


def fold(frames: Frames, as_of: date, known_at: date) -> pl.DataFrame:
    return features_on(as_events(frames), as_of=as_of, known_at=known_at, policy=POLICY.features)


def code(features: pl.DataFrame, as_of: date = AS_OF) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Contributions, codes and reasons of feature rows."""
    points = CARD.contributions(features)
    return (
        points,
        assign_codes(features, points, policy=POLICY),
        explain_codes(features, points, as_of=as_of, policy=POLICY),
    )


# ---- strategies ----------------------------------------------------------------------------------------


@some
@given(worlds())
def test_every_world_drawn_is_one_the_contract_accepts(world: World):
    for name, frame in world.items():
        assert TABLES[name].schema.is_valid(frame)
        assert frame.select(*TABLES[name].key, "recorded_at").is_unique().all()
        assert set(integer_frames(world)[name].columns) == {*EVENT_COLUMNS[name], "known_from", "known_to"}


@pytest.mark.parametrize("name", TABLES)
@some
@given(data=st.data())
def test_a_row_of_any_table_drawn_is_one_the_contract_accepts(name: str, data: st.DataObject):
    drawn = data.draw(rows(TABLES[name], key="k", enterprises=("e1",)))
    assert canonical(name, [drawn]).height == 1


# ---- time ----------------------------------------------------------------------------------------------


@some
@given(coded_worlds())
def test_what_was_not_yet_known_changes_nothing(coded: tuple[World, date, date]):
    world, as_of, known_at = coded
    known = {name: frame.filter(pl.col("recorded_at") <= known_at) for name, frame in world.items()}
    assert fold(integer_frames(world), as_of, known_at).equals(fold(integer_frames(known), as_of, known_at))


HAPPENED = {name: table.happened for name, table in TABLES.items() if table.happened}
FOLLOWS = {"violations": ("rectified_on", "plan_approved_on"), "alerts": ("acknowledged_at", "closed_at")}
"""What follows an event and counts from its own day.  A withdrawal counts as soon as it is known, for all days."""


def _as_it_stood(frames: Frames, as_of: date) -> Frames:
    """Without the events after the day, and without what came of earlier ones after it."""
    day = day_number(as_of)
    stood = dict(frames)
    for name, happened in HAPPENED.items():
        day_of = {
            c: pl.col(c) // 1440 if c.endswith("_at") else pl.col(c)
            for c in (happened, *FOLLOWS.get(name, ()))
        }
        stood[name] = (
            frames[name]
            .filter(day_of[happened] <= day)
            .with_columns(pl.when(day_of[c] <= day).then(pl.col(c)).alias(c) for c in FOLLOWS.get(name, ()))
        )
    return stood


@some
@given(coded_worlds())
def test_what_happened_after_the_day_coded_changes_nothing(coded: tuple[World, date, date]):
    world, as_of, known_at = coded
    frames = integer_frames(world)
    assert fold(frames, as_of, known_at).equals(fold(_as_it_stood(frames, as_of), as_of, known_at))


@some
@given(coded_worlds(), SEEDS)
def test_a_later_correction_changes_nothing_for_an_earlier_day_of_knowledge(
    coded: tuple[World, date, date], seed: int
):
    world, as_of, known_at = coded
    known = {name: frame.filter(pl.col("recorded_at") <= known_at) for name, frame in world.items()}
    anew = corrected(known, seed, recorded_at=max(known_at, LAST_DAY) + timedelta(days=1))
    before, after = integer_frames(known), integer_frames(anew)
    assert fold(before, as_of, known_at).equals(fold(after, as_of, known_at))


# ---- independence and order ----------------------------------------------------------------------------


@some
@given(worlds())
def test_one_enterprise_alone_has_the_features_it_has_among_others(world: World):
    frames = integer_frames(world)
    together = fold(frames, AS_OF, date(2030, 1, 1))
    for one in together["enterprise_id"]:
        alone = {name: frame.filter(pl.col("enterprise_id") == one) for name, frame in frames.items()}
        assert fold(alone, AS_OF, date(2030, 1, 1)).equals(together.filter(pl.col("enterprise_id") == one))


@some
@given(feature_frames())
def test_one_enterprise_alone_has_the_points_code_and_reasons_it_has_among_others(features: pl.DataFrame):
    together = code(features)
    for one in features["enterprise_id"]:
        alone = code(features.filter(pl.col("enterprise_id") == one))
        for of_one, of_all in zip(alone, together, strict=True):
            assert of_one.equals(of_all.filter(pl.col("enterprise_id") == one))


@some
@given(worlds(), st.integers(0, 1000))
def test_the_order_of_the_rows_changes_nothing(world: World, seed: int):
    frames = integer_frames(world)
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=seed) for name, frame in frames.items()}
    known_at = date(2030, 1, 1)
    assert fold(frames, AS_OF, known_at).equals(fold(shuffled, AS_OF, known_at))


@some
@given(feature_frames(), st.integers(0, 1000))
def test_the_order_of_the_enterprises_changes_no_code_and_no_reason(features: pl.DataFrame, seed: int):
    _, codes, reasons = code(features)
    _, shuffled_codes, shuffled_reasons = code(features.sample(fraction=1, shuffle=True, seed=seed))
    assert codes.equals(shuffled_codes)
    assert reasons.equals(shuffled_reasons)


# ---- monotony ------------------------------------------------------------------------------------------

FED_BY_FINDINGS = (
    "violation_points",
    "severity_points",
    "severity_points_12m",
    "violations_12m",
    "violations_36m",
    "violations_60m",
    "serious_violations_36m",
    "violations_halved_1y",
    "violations_halved_2y",
    "finding_days_12m",
    "finding_days_36m",
    "finding_days",
    "items_found_36m",
    "authorities_60m",
    "years_with_violations_60m",
    "severity_mean_12m",
    "major_hazards_24m",
    "open_major_hazards",
    "open_rectifications",
    "overdue_rectifications",
    "overdue_days",
    "repeat_items",
    "severity_mean",
    "unsettled_findings",
    "unchecked_major_hazards",
)
"""The only features a finding may touch, with those below; a further one may raise them and never lowers them."""

RENEWED_BY_FINDINGS = ("days_since_violation", "days_since_first_violation", "track_record")
"""Features that tell a finding was made: the age of the newest falls, that of the oldest grows, and there is something
on record."""


@some
@given(worlds(), rows(TABLES["violations"], key="added", enterprises=("e1",)))
def test_an_added_finding_never_softens_a_code(world: World, added: dict[str, object]):
    known_at = date(2030, 1, 1)
    more = {**world, "violations": canonical("violations", [*world["violations"].to_dicts(), added])}
    before, after = (fold(integer_frames(each), AS_OF, known_at) for each in (world, more))
    untouched = [name for name in CATALOGUE.names if name not in (*FED_BY_FINDINGS, *RENEWED_BY_FINDINGS)]
    assert before.select(untouched).equals(after.select(untouched))
    for name in FED_BY_FINDINGS:
        assert (after[name] >= before[name]).all(), name
    assert (after["days_since_violation"] <= before["days_since_violation"]).fill_null(value=True).all()
    grown = after["days_since_first_violation"] >= before["days_since_first_violation"]
    assert grown.fill_null(value=True).all()
    assert (after["track_record"].eq(before["track_record"]) | before["track_record"].eq("none")).all()
    (points, codes, _), (more_points, harder, _) = code(before), code(after)
    for factor in CARD.factors:
        assert (more_points[factor.name] >= points[factor.name]).all(), factor.name
    rank = {name: at for at, name in enumerate(CODE_KEYS)}
    assert all(rank[b] >= rank[a] for a, b in zip(codes["code"], harder["code"], strict=True))


RAISED_BY_OFF_SITE_CHECKS = ("last_result", "failed_rechecks_12m", "refusals_24m")
"""Features that an off-site check that found something may raise; it may end a clean streak, and touches no other."""


@some
@given(worlds(most_events=12), rows(TABLES["inspections"], key="added", enterprises=("e1",)))
def test_an_added_off_site_check_never_lowers_points_nor_betters_a_code(
    world: World, added: dict[str, object]
):
    known_at = date(2030, 1, 1)
    check = {**added, "mode": "off_site", "withdrawn_on": None}
    more = {**world, "inspections": canonical("inspections", [*world["inspections"].to_dicts(), check])}
    before, after = (fold(integer_frames(each), AS_OF, known_at) for each in (world, more))
    untouched = [name for name in CATALOGUE.names if name not in (*RAISED_BY_OFF_SITE_CHECKS, "clean_streak")]
    assert before.select(untouched).equals(after.select(untouched))
    for name in RAISED_BY_OFF_SITE_CHECKS:
        assert (after[name].fill_null(-1) >= before[name].fill_null(-1)).all(), name
    assert (after["clean_streak"] <= before["clean_streak"]).all()
    points, more_points = CARD.contributions(before), CARD.contributions(after)
    for factor in CARD.factors:
        assert (more_points[factor.name] >= points[factor.name]).all(), factor.name
    rules = [InForce(date(1990, 1, 1), POLICY)]
    ranks = [
        codes_on(as_events(integer_frames(each)), as_of=AS_OF, known_at=known_at, rules=rules)["rank"]
        for each in (world, more)
    ]
    assert (ranks[1] >= ranks[0]).all()


OLD = without_the_off_site_reading(full="false").on(AS_OF)


@some
@given(coded_worlds())
def test_a_pack_that_does_not_say_what_off_site_checks_settle_reads_them_as_visits_on_site(
    coded: tuple[World, date, date],
):
    world, as_of, known_at = coded
    events = as_events(integer_frames(world))
    on_site = world["inspections"].with_columns(
        mode=pl.lit("on_site", dtype=world["inspections"]["mode"].dtype)
    )
    folded = features_on(events, as_of=as_of, known_at=known_at, policy=OLD.features)
    now = fold(integer_frames({**world, "inspections": on_site}), as_of, known_at)
    assert folded.equals(now)


NOT_RISING = {
    "major_hazard_source": "grade 1 is the worst and 4 the mildest; 0 means there is no source",
    "clean_streak": "a longer clean streak is good news",
}
"""Numeric factors whose points do not rise with their feature, and why."""

NUMERIC = [factor for factor in CARD.factors if factor.is_numeric]


def _points_by_value(factor: Factor) -> list[int]:
    """Points at each bin boundary, the value before it and one beyond the last, in order of the value."""
    bounds = {near for least in factor.points for near in (int(least) - 1, int(least), int(least) + 10_000)}
    frame = pl.DataFrame({factor.feature: sorted(bounds)}, schema={factor.feature: pl.Int64})
    return frame.select(factor.expression().alias("points"))["points"].to_list()


@pytest.mark.parametrize("factor", NUMERIC, ids=lambda factor: factor.name)
def test_raising_a_feature_never_lowers_its_points(factor: Factor):
    rises = _points_by_value(factor) == sorted(_points_by_value(factor))
    assert rises is (factor.name not in NOT_RISING)


def test_a_milder_hazard_source_and_a_longer_clean_streak_never_raise_points():
    points = {factor.name: factor.points for factor in NUMERIC}
    source, streak = points["major_hazard_source"], points["clean_streak"]
    assert source[1] > source[2] > source[3] > source[4] > source[0] == 0
    assert list(streak.values()) == sorted(streak.values(), reverse=True)


# ---- promises of the codes -----------------------------------------------------------------------------


@settings(some, max_examples=tries(30))
@given(feature_frames())
def test_every_enterprise_has_one_code_and_it_is_the_worst_of_what_its_reasons_say(features: pl.DataFrame):
    points, codes, reasons = code(features)
    everyone = sorted(features["enterprise_id"])
    assert codes["enterprise_id"].to_list() == everyone
    for one, given_code, score in codes.select("enterprise_id", "code", "score").iter_rows():
        own = reasons.filter(pl.col("enterprise_id") == one)
        said = [RiskCode[name.upper()] for name in own["code"].drop_nulls()]
        assert max(said).key == given_code
        assert own["rank"].to_list() == list(range(1, own.height + 1))
        assert own["points"].sum() == score
    factors = [factor.name for factor in CARD.factors]
    assert points.select(pl.sum_horizontal(factors)).to_series().equals(points["score"], check_names=False)


@settings(some, max_examples=tries(30))
@given(feature_frames())
def test_what_decides_is_the_first_reason_and_gives_the_code(features: pl.DataFrame):
    _, codes, reasons = code(features)
    first = reasons.filter(pl.col("rank") == 1).select("enterprise_id", first="code")
    decisive = codes.join(first, on="enterprise_id", validate="1:1")
    assert decisive["first"].equals(decisive["code"], check_names=False)
    named = codes.with_columns(
        factor=pl.when(pl.col("decided_by") == "score").then(pl.lit("band")).otherwise(pl.col("decided_by"))
    ).join(reasons, on=["enterprise_id", "factor", "code"], how="semi")
    assert named.height == codes.height


@settings(some, max_examples=tries(30))
@given(feature_frames())
def test_the_unrated_are_never_green(features: pl.DataFrame):
    _, codes, _ = code(features)
    rated = (pl.col("inspections_24m") >= 2) | (
        (pl.col("inspections_24m") >= 1) & (pl.col("self_reports_12m") >= 1)
    )
    unrated = set(features.filter(~rated)["enterprise_id"])
    assert set(codes.filter("is_provisional")["enterprise_id"]) == unrated
    assert "green" not in set(codes.filter("is_provisional")["code"])
