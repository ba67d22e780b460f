"""Packs in force: what was activated holds, by day; files edited in place change nothing; a change is told before."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from models.errors import PolicyError, ScoreError
from models.policy import load_policy
from models.policy.loading import policy_from
from pipelines.demo.city import build_city
from tests.worlds.deliveries import warehouse
from tests.worlds.packs import HARD, LIMITS, MILD, STARTER, changed
from tests.worlds.warehouses import city_world, fill
from warehouse.coding.issue import issue
from warehouse.coding.order import code_only
from warehouse.connection import Connection, writing
from warehouse.home import Home
from warehouse.rules.in_force import coding_on, rules_between
from warehouse.rules.packs import (
    FIRST_DAY,
    Activation,
    FromDay,
    activate,
    activated_on,
    active_pack,
    begin_with,
    differs,
    list_activations,
    published_pack_on,
    read_pack,
    stored_pack,
)
from warehouse.what_if.pack_diff import MOMENTS, PackDiff, compare

END = date(2026, 6, 30)
FIRMS = 60


def from_day(day: date) -> Activation:
    return Activation(day, "Li", "tried in a test", None)


def issued_on(connection: Connection, day: date) -> None:
    connection.execute(
        "INSERT INTO ops.runs BY NAME SELECT $id AS run_id, $day::DATE AS as_of, $day::DATE AS known_at, "
        "true AS is_issued, 0 AS stored_no, (SELECT count(*) FROM ops.runs) AS number",
        {"id": f"{day}", "day": day},
    )


# ---------------------------------------------------------------------------------- what is in force when


def test_a_home_without_activations_is_coded_by_the_pack_given() -> None:
    assert coding_on(warehouse(), HARD, END).policy.pack == "hard"
    assert activated_on(warehouse(), END) is None


def test_an_activation_within_the_memory_gives_every_day_its_own_rules(home: Home) -> None:
    with writing(home) as connection:
        issued_on(connection, END)
    activate(home, HARD, from_day(date(2026, 7, 10)), default=STARTER)
    with writing(home) as connection:
        rules = coding_on(connection, STARTER, date(2026, 7, 20)).rules
        # 270 days of memory before 20 July 2026.
        assert [(one.since, one.policy.pack) for one in rules] == [
            (date(2025, 10, 23), "starter"),
            (date(2026, 7, 10), "hard"),
        ]
        assert [one.policy.codes.thresholds.red for one in rules] == [42, 12]
        assert coding_on(connection, STARTER, date(2026, 7, 9)).policy.pack == "starter"
        assert coding_on(connection, STARTER, date(2026, 7, 10)).policy.pack == "hard"
        # Before the first day of all the pack holds that the home began with.
        assert activated_on(connection, FIRST_DAY - timedelta(days=400)).name == "starter"


def test_who_reads_the_copy_has_each_activation_at_once(home: Home) -> None:
    day = date(2026, 7, 20)
    assert published_pack_on(home, MILD, day).name == "mild", "where none was activated"
    with writing(home) as connection:
        issued_on(connection, END)
    for pack, since in ((HARD, date(2026, 7, 10)), (MILD, day)):
        activate(home, pack, from_day(since), default=STARTER)
        for _ in range(2):
            assert published_pack_on(home, STARTER, day).name == pack.name
            assert published_pack_on(home, STARTER, date(2026, 7, 9)).name == "starter"


def test_dated_values_of_each_pack_count_only_while_it_is_in_force() -> None:
    later = "    2026-03-01: {basis: proposal, reference: Made up for a test, value: {blue: 9, yellow: 19, red: 35}}\n"
    dated = changed("dated", ("codes", LIMITS, f"{LIMITS}\n{later}"))
    packs = [FromDay(FIRST_DAY, dated), FromDay(date(2026, 2, 1), MILD), FromDay(date(2026, 4, 1), dated)]
    rules = rules_between(warehouse(), STARTER, date(2026, 1, 1), END, packs=packs)
    assert [(one.since, one.policy.codes.thresholds.red) for one in rules] == [
        (date(2026, 1, 1), 42),
        (date(2026, 2, 1), 60),
        (date(2026, 4, 1), 35),
    ]


def test_the_rules_begin_as_early_as_the_longest_memory_in_them() -> None:
    held = "hold_at_most_days: {{red: {0}, yellow: {0}, blue: {0}}}"
    short = changed("short", ("codes", held.format(90), held.format(30)))
    packs = [FromDay(FIRST_DAY, STARTER), FromDay(END - timedelta(days=10), short)]
    rules = coding_on(warehouse(), STARTER, END, packs=packs).rules
    assert rules[0].since == END - timedelta(days=270)


def test_the_latest_decision_holds_and_what_it_overrules_never_does(home: Home) -> None:
    activate(home, HARD, from_day(date(2026, 8, 1)), default=STARTER)
    activate(home, MILD, from_day(date(2026, 7, 1)), default=STARTER)
    with writing(home) as connection:
        held = {day: activated_on(connection, day).name for day in (END, date(2026, 7, 1), date(2026, 9, 1))}
    assert held == {END: "starter", date(2026, 7, 1): "mild", date(2026, 9, 1): "mild"}
    assert [(row["pack"], row["kind"], row["state"]) for row in list_activations(home)] == [
        ("mild", "activate", "coming"),
        ("hard", "activate", "overruled"),
        ("starter", "initial", "active"),
    ]
    assert active_pack(home, HARD).name == "starter"


def test_a_replay_uses_the_rules_known_by_its_write(home: Home) -> None:
    activate(home, HARD, from_day(date(2026, 7, 10)), default=STARTER)
    with writing(home) as connection:
        now, then = (coding_on(connection, STARTER, END, stored_by=by).rules for by in (None, 0))
    assert [one.policy.pack for one in now] == ["starter", "hard"]
    assert [one.policy.pack for one in then] == ["starter"]


# ------------------------------------------------------------------------------------------ what is refused


def test_a_day_that_is_coded_is_not_coded_again_by_other_rules(home: Home) -> None:
    with writing(home) as connection:
        issued_on(connection, END)
    with pytest.raises(
        PolicyError, match=r"2026-06-30 is coded already .* from 2026-07-01 on\. Name that day"
    ):
        activate(home, HARD, from_day(END), default=STARTER)
    activate(home, HARD, from_day(END + timedelta(days=1)), default=STARTER)


def test_what_is_in_force_anyway_is_not_activated_again_but_may_take_back_what_is_to_come(home: Home) -> None:
    with pytest.raises(PolicyError, match="is in force on 2026-07-01 as it is"):
        activate(home, STARTER, from_day(date(2026, 7, 1)), default=STARTER)
    activate(home, HARD, from_day(date(2026, 8, 1)), default=STARTER)
    activate(home, STARTER, from_day(date(2026, 7, 1)), default=STARTER)
    with writing(home) as connection:
        assert activated_on(connection, date(2026, 9, 1)).name == "starter"


def test_a_pack_without_values_for_the_day_is_refused(home: Home) -> None:
    limits = "{0}:\n      basis: proposal\n      reference: >-\n        Shares"
    late = changed("late", ("codes", limits.format("1990-01-01"), limits.format("2027-01-01")))
    with pytest.raises(PolicyError, match="no thresholds for 2026-07-01"):
        activate(home, late, from_day(date(2026, 7, 1)), default=STARTER)


# ----------------------------------------------------------------------------------------- stored, not files


def test_files_edited_in_place_change_nothing_until_they_are_activated() -> None:
    connection = warehouse()
    assert begin_with(connection, None, STARTER)
    edited = policy_from({**STARTER.texts, "codes": STARTER.texts["codes"].replace("red: 42}", "red: 41}")})
    assert not begin_with(connection, None, edited)
    coding = coding_on(connection, edited, END)
    assert (coding.policy.codes.thresholds.red, coding.policy.pack_hash) == (42, STARTER.hash)
    assert differs(connection, STARTER, END) is None
    told = differs(connection, edited, END)
    assert told is not None and "./riskcode policy activate starter" in told


def test_a_stored_pack_is_read_back_as_it_was() -> None:
    shanxi, connection = load_policy("shanxi"), warehouse()
    begin_with(connection, None, shanxi)
    read = read_pack(connection, shanxi.content_hash)
    assert read.on(END) == shanxi.on(END)
    assert (read.hash, read.planning_hash, read.texts) == (shanxi.hash, shanxi.planning_hash, shanxi.texts)


def test_a_stored_pack_is_found_by_the_beginning_of_its_hash(home: Home) -> None:
    activate(home, HARD, from_day(date(2026, 7, 1)), default=STARTER)
    found = stored_pack(home, HARD.content_hash[:8])
    assert found is not None and found.name == "hard"
    assert stored_pack(home, "0123456789") is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "slow_minutes:",
            "snail_minutes:",
            r"cannot be read by this program: features\.yaml.*use the version",
        ),
        ("red: 42", "red: 43", r"was changed after it was stored\. Restore"),
    ],
)
def test_a_stored_pack_that_cannot_be_trusted_stops_the_run(old: str, new: str, message: str) -> None:
    connection = warehouse()
    begin_with(connection, None, STARTER)
    connection.execute("UPDATE ops.packs SET content = replace(content, ?, ?)", [old, new])
    with pytest.raises(PolicyError, match=message):
        coding_on(connection, HARD, END)


def test_a_kind_of_file_that_came_later_is_not_missed_in_an_older_pack() -> None:
    older = policy_from({name: text for name, text in STARTER.texts.items() if name != "review"})
    assert older.on(END).review == STARTER.on(END).review
    assert older.hash == STARTER.hash


# ------------------------------------------------------------------------------------------- what it changes


def coded_city(root: Path) -> Home:
    """A home that holds a small city, coded and issued by the starter pack."""
    home = Home(root).prepare()
    with writing(home) as connection:
        fill(connection, city_world(build_city(FIRMS, END, 2, 2026)), received_on=END)
        begin_with(connection, home, STARTER)
        coding = coding_on(connection, STARTER, END)
        code_only(connection, coding)
        issue(connection, coding, run_id="first")
    return home


@pytest.fixture(scope="module")
def coded(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return coded_city(tmp_path_factory.mktemp("packs"))


@pytest.fixture(scope="module")
def harder(coded: Home) -> PackDiff:
    before, files = codes_of(coded), sorted(path.name for path in coded.root.iterdir())
    found = compare(coded, None, HARD, default=STARTER)
    # Nothing of the home itself is touched.
    assert codes_of(coded).equals(before)
    assert sorted(path.name for path in coded.root.iterdir()) == files
    return found


@pytest.fixture(scope="module")
def milder(coded: Home) -> PackDiff:
    return compare(coded, STARTER, MILD, default=HARD)


def codes_of(home: Home) -> pl.DataFrame:
    with writing(home) as connection:
        return connection.sql("FROM risk.codes ORDER BY enterprise_id").pl()


def test_the_matrix_sums_to_the_city_in_every_moment_and_group(harder: PackDiff) -> None:
    for moment in MOMENTS:
        assert sum(row["enterprises"] for row in harder.matrix if row["moment"] == moment) == FIRMS
        for by in ("division", "sector", "size"):
            rows = [row for row in harder.groups if (row["moment"], row["grouped_by"]) == (moment, by)]
            assert sum(row["enterprises"] for row in rows) == FIRMS


def test_the_side_before_is_what_was_issued(coded: Home, harder: PackDiff) -> None:
    issued = dict(codes_of(coded).group_by("code").len().iter_rows())
    assert harder.counts("issued", "old") == issued
    assert (harder.as_of, harder.old.name, harder.new.name) == (END, "starter", "hard")


def test_harder_cut_offs_show_at_once_and_give_those_reasons(coded: Home, harder: PackDiff) -> None:
    scores = codes_of(coded)
    reach_red = scores.filter((pl.col("score") >= 12) | (pl.col("code") == "red")).height
    assert harder.counts("issued", "new")["red"] == reach_red > harder.counts("issued", "old").get("red", 0)
    assert harder.counts("facts", "new")["red"] <= reach_red
    assert all(row["old_score"] == row["new_score"] for row in harder.firms)
    moved = [row for row in harder.firms if row["old_issued"] != row["new_issued"]]
    assert len(moved) == harder.moved("issued") > 0


@pytest.mark.whole
def test_milder_cut_offs_wait_as_the_change_rules_ask(milder: PackDiff) -> None:
    assert milder.moved("issued") == 0
    assert milder.moved("facts") > 0
    assert sum(row["old_later"] != row["new_later"] for row in milder.firms) == milder.moved("later") > 0
    assert milder.counts("facts", "new").get("red", 0) <= milder.counts("facts", "old").get("red", 0)


@pytest.mark.whole
def test_the_workload_of_both_sides_is_planned_from_the_same_beginning(milder: PackDiff) -> None:
    # The codes of the day are the same on both sides, so are the visits.
    assert milder.planned and milder.load
    for row in (*milder.planned, *milder.load, *milder.shortfalls, *milder.caps):
        for name in (name.removeprefix("old_") for name in row if name.startswith("old_")):
            assert row[f"old_{name}"] == row[f"new_{name}"], (name, row)
    assert {row["what"] for row in milder.caps} == {"over", "reached", "waived"}


def test_an_enterprise_is_told_what_would_weigh_more(coded: Home, milder: PackDiff) -> None:
    with writing(coded) as connection:
        graded = connection.execute("SELECT enterprise_id FROM risk.features WHERE credit = 'b'").fetchall()
    told = {row["enterprise_id"]: row for row in milder.firms}
    assert graded
    for (firm,) in graded:
        assert told[firm]["new_score"] == told[firm]["old_score"] + 1
        points = [one for one in told[firm]["reasons"] if one["kind"] == "points"]
        assert [(one["factor"], one["old_points"], one["new_points"]) for one in points] == [
            ("credit", None, 1)
        ]


def test_a_replay_of_a_day_before_the_activation_gives_the_codes_issued_then(coded: Home) -> None:
    before = codes_of(coded)
    activate(coded, HARD, from_day(END + timedelta(days=1)), default=STARTER)
    with writing(coded) as connection:
        said: dict[date, pl.DataFrame] = {}
        for day in (END + timedelta(days=1), END):
            coding = coding_on(connection, STARTER, day, known_at=day)
            code_only(connection, coding)
            said[day] = connection.sql("FROM risk.codes ORDER BY enterprise_id").pl()
    assert said[END].equals(before)
    assert said[END + timedelta(days=1)]["pack"].unique().to_list() == ["hard"]
    assert (said[END + timedelta(days=1)]["code"] == "red").sum() > (before["code"] == "red").sum()


def test_without_a_coded_day_there_is_nothing_to_compare(home: Home) -> None:
    with pytest.raises(ScoreError, match=r"Nothing is coded yet.*\./riskcode run"):
        compare(home, None, HARD, default=STARTER)
