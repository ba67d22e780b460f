"""The real data sets, end to end through their mapping files: nothing lost, everybody coded, order irrelevant."""

import csv
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.models import PAIRS, Pair
from docs import scoring_tables
from docs.markers import block
from models.coding.path import on_day
from models.coding.timeline import InForce
from models.features import Events
from models.learning.comparison import baselines, points_of
from models.learning.labels import in_cohort
from models.learning.metrics import at_capacity, auc
from models.policy import load_policy
from models.vocabulary import day_number
from tests.worlds.coded import codes_on, path_of
from tests.worlds.effort import EVERYTHING
from warehouse.coding.coding import Coding
from warehouse.coding.extract import EVERY_ROW
from warehouse.coding.levels import features_on, rows_of
from warehouse.coding.order import code_enterprises
from warehouse.connection import Connection, writing
from warehouse.home import Home
from warehouse.intake.accepted import known_enterprises
from warehouse.intake.delivery import Judged, judge_delivery
from warehouse.intake.mapping import Mapping, load_mapping, parse_mapping
from warehouse.intake.take_in import take_in
from warehouse.learning.panel import label_of, panel_days, with_outcomes
from warehouse.planning.plan import compute_plan

pytestmark = pytest.mark.real

Stage = Callable[[Connection, Coding], object]

SETS = {
    "tw_osh": {"enterprises": 22_218, "violations": 52_714, "inspections": 47_617, "accidents": 1_685},
    "msha_quarterly": {"enterprises": 10_377, "violations": 150_000, "accidents": 55_332},
    "nrc_reactors": {
        "enterprises": 72,
        "violations": 22_450,
        "inspections": 6_634,
        "accidents": 18_584,
        "alerts": 549,
    },
    "nyc_restaurants": {"enterprises": 24_806, "violations": 318_914, "inspections": 122_398},
}
"""Rows of each set by table, as its own description gives them."""


PLANNED = ("nrc_reactors",)
"""Every kind of event, and many of them: these are also told what would help, and planned, every time."""

UNASKED = ("passports", "red_queue")
"""The stages that neither give a code nor its reasons."""


@dataclass(frozen=True)
class Archive:
    """A data set taken in and coded on its last day."""

    home: Home
    judged: Judged
    codes: pl.DataFrame
    reasons: pl.DataFrame


def taken_in(
    connection: Connection, folder: Path, mapping: Mapping, but: tuple[str, ...] = UNASKED
) -> tuple[Judged, Coding]:
    """Take a set in and code its last day."""
    day = mapping.archive_ends
    assert day is not None, "a closed archive says when it ends"
    known = known_enterprises(connection)
    judged = judge_delivery(mapping, folder, known_enterprises=known, today=date(2026, 1, 1))
    take_in(connection, judged, received_on=day)
    coding = Coding(day, day, load_policy().on(day))
    code_enterprises(connection, coding, but=but)
    return judged, coding


def decided(connection: Connection) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Codes and reasons, in order."""
    return connection.sql("FROM risk.codes ORDER BY enterprise_id").pl(), connection.sql(
        "FROM risk.explanations ORDER BY ALL"
    ).pl()


@pytest.fixture(scope="module")
def archive(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Archive]:
    """Each data set as it is delivered, taken in and coded once."""

    @cache
    def of_name(name: str) -> Archive:
        home = Home(tmp_path_factory.mktemp(name))
        planned = EVERYTHING or name in PLANNED
        with writing(home) as connection:
            but = () if planned else UNASKED
            judged, coding = taken_in(connection, real_data / name, load_mapping(name), but)
            if planned:
                compute_plan(connection, coding)
            return Archive(home, judged, *decided(connection))

    return of_name


USUAL = ("tw_osh", "nrc_reactors")
"""The sets that a usual run looks at; all of them are part of ``make test-all``."""


def _usual(name: str) -> list[pytest.MarkDecorator]:
    return [] if name in USUAL else [pytest.mark.whole]


USUAL_SETS = [pytest.param(name, marks=_usual(name)) for name in SETS]
USUAL_PAIRS = [pytest.param(pair, marks=_usual(pair.set), id=f"{pair.set}-{pair.label}") for pair in PAIRS]
Archives = Callable[[str], Archive]


@pytest.mark.parametrize("name", USUAL_SETS)
def test_every_row_is_accounted_for_and_every_enterprise_coded(name: str, archive: Archives) -> None:
    judged, codes = archive(name).judged, archive(name).codes
    delivered: dict[str, int] = {}
    for count in judged.files:
        assert count.delivered == count.accepted + count.refused
        delivered[count.table] = delivered.get(count.table, 0) + count.delivered
    assert delivered == SETS[name]
    assert judged.rejects.height == judged.refused
    assert codes.height == codes["enterprise_id"].n_unique() == SETS[name]["enterprises"]
    assert not codes.filter(pl.col("is_provisional") & (pl.col("code") == "green")).height
    sums = archive(name).reasons.group_by("enterprise_id").agg(score=pl.col("points").sum())
    assert codes.select("enterprise_id", "score").equals(sums.sort("enterprise_id"))


def test_the_figures_of_the_scoring_page_are_fresh(archive: Archives) -> None:
    def row(name: str) -> pl.DataFrame:
        with writing(archive(name).home) as connection:
            return scoring_tables.real_row(connection, name)

    fresh = scoring_tables.real_table(row(name) for name in scoring_tables.REAL_SETS)
    shown = block(scoring_tables.FILE.read_text(encoding="utf-8"), "real")
    assert shown.strip() == fresh.strip(), "run: python -m docs.scoring_tables"


def shuffled_parts(path: Path, target: Path, dice: random.Random, parts: int = 3) -> None:
    """The rows of a file in another order, dealt out to several files."""
    seed = dice.randrange(10**6)
    if path.suffix == ".parquet":
        frame = pl.read_parquet(path).sample(fraction=1.0, shuffle=True, seed=seed)
        for at in range(parts):
            frame.gather_every(parts, at).write_parquet(target / f"{path.stem}_part{at}.parquet")
        return
    encoding = "gb18030" if "gb18030" in path.name else "utf-8-sig"
    with path.open(encoding=encoding, newline="") as file:
        head, *rows = csv.reader(file)
    dice.shuffle(rows)
    for at in range(parts):
        with (target / f"{path.stem}_part{at}.csv").open("w", encoding=encoding, newline="") as file:
            csv.writer(file).writerows([head, *rows[at::parts]])


def any_part(mapping: Mapping) -> Mapping:
    """The mapping with every file name widened to its parts."""

    def widen(text: str) -> str:
        return text.replace(".parquet", "_part*.parquet").replace(".csv", "_part*.csv")

    return parse_mapping(widen(mapping.text))


@pytest.mark.parametrize("name", [pytest.param("tw_osh", marks=pytest.mark.whole), "nrc_reactors"])
def test_row_order_and_the_cut_into_files_change_no_byte_of_codes_and_reasons(
    name: str, archive: Archives, real_data: Path, tmp_path: Path
) -> None:
    dice = random.Random(7)
    for path in sorted((real_data / name).iterdir()):
        shuffled_parts(path, tmp_path, dice)
    with writing(Home(tmp_path / "home")) as connection:
        taken_in(connection, tmp_path, any_part(load_mapping(name)))
        codes, reasons = decided(connection)
    assert codes.equals(archive(name).codes)
    assert reasons.equals(archive(name).reasons)


@pytest.mark.parametrize("name", USUAL_SETS)
def test_a_few_alone_have_the_codes_of_the_whole_city_on_the_day_and_foretold(
    name: str, archive: Archives
) -> None:
    dice, end = random.Random(name), load_mapping(name).archive_ends
    assert end is not None, "a closed archive says when it ends"
    with writing(archive(name).home) as connection:
        rules = [InForce(date(1990, 1, 1), load_policy().on(end))]
        for _ in range(2 if EVERYTHING else 1):
            day = end - timedelta(days=dice.randrange(1500))
            later = day + timedelta(days=dice.randrange(1, 365))
            events = rows_of(connection, EVERY_ROW).events(day)
            whole = codes_on(events, as_of=day, known_at=day, rules=rules)
            chosen = dice.sample(sorted(whole["enterprise_id"]), min(36, whole.height))
            alone = path_of(of(events, chosen), first=day, last=later, known_at=day, rules=rules).codes
            then = codes_on(events, as_of=later, known_at=day, rules=rules)
            for at, told in ((day, whole), (later, then)):
                assert ranks(on_day(alone, day_number(at))) == {one: ranks(told)[one] for one in chosen}


def of(events: Events, chosen: list[str]) -> Events:
    """The events of a few enterprises."""
    return Events(
        **{name: frame.filter(pl.col("enterprise_id").is_in(chosen)) for name, frame in vars(events).items()}
    )


def ranks(codes: pl.DataFrame) -> dict[str, int]:
    return dict(codes.select("enterprise_id", "rank").iter_rows())


BEHIND = {"auc": 0.01, "precision at 10 %": 0.01, "precision at 2 %": 0.02}
"""How far the expert pack may be behind the best simple rule: what periods of one set differ by chance."""
KNOWN_BEHIND = {("tw_osh", "penalty", "precision at 10 %"): 0.035}
"""Where it is further behind, as docs/scoring.md says: five years of findings counted there beat its points."""


def tried_on(home: Home, name: str, label: str) -> list[pl.DataFrame]:
    """Everybody on each of the days a card is judged on, with what was known then and what became of them."""
    policy, end = load_policy(), load_mapping(name).archive_ends
    assert end is not None, "a closed archive says when it ends"
    learning = policy.on(end).learning
    wanted = label_of(policy.on(end), label)
    with writing(home) as connection:
        days = panel_days(connection, wanted, learning.fitting, end, to_judge=True)
        known = [
            pl.concat(features_on(connection, day, day, policy.on(day).features))
            .filter(in_cohort(wanted))
            .with_columns(as_of=pl.lit(day_number(day), dtype=pl.Int64))
            for day in days[-learning.fitting.test_periods :]
        ]
        return [with_outcomes(connection, one, wanted, known_at=end) for one in known]


def ranked_by(score: np.ndarray, frame: pl.DataFrame) -> dict[str, float]:
    labels = frame["label"].cast(pl.Float64).to_numpy()
    shares = {f"precision at {share} %": len(labels) * share // 100 for share in (10, 2)}
    hits = {told: at_capacity(score, labels, size).precision_expected for told, size in shares.items()}
    return {"auc": auc(score, labels), **hits}


@pytest.mark.parametrize("pair", USUAL_PAIRS)
def test_the_expert_pack_ranks_as_well_as_the_best_simple_rule(pair: Pair, archive: Archives) -> None:
    frames = tried_on(archive(pair.set).home, pair.set, pair.label)
    card = load_policy().on(date(2026, 6, 30)).scorecard
    # Rules learn from no label, so the day itself may stand for what is learnt from.
    of_rules = {
        rule.name: pooled([ranked_by(rule.predict(one, one).score, one) for one in frames])
        for rule in baselines(frames[0])
    }
    expert = pooled([ranked_by(points_of(card, one).astype(float), one) for one in frames])
    for measure, behind in BEHIND.items():
        best = max(of_rules, key=lambda name: of_rules[name][measure])
        most = KNOWN_BEHIND.get((pair.set, pair.label, measure), behind)
        assert expert[measure] >= of_rules[best][measure] - most, (measure, best, of_rules[best], expert)


def pooled(periods: list[dict[str, float]]) -> dict[str, float]:
    return {measure: float(np.mean([one[measure] for one in periods])) for measure in BEHIND}
