"""The real data sets, end to end through their mapping files: nothing lost, everybody coded, order irrelevant."""

import csv
import random
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from models.coding.path import code_path, codes_on, on_day
from models.coding.timeline import InForce
from models.features import Events
from models.policy import load_policy
from models.vocabulary import day_number
from warehouse.coding.coding import Coding
from warehouse.coding.engines import read_events
from warehouse.coding.order import code_enterprises
from warehouse.connection import writing
from warehouse.home import Home
from warehouse.intake.accepted import known_enterprises
from warehouse.intake.delivery import Judged, judge_delivery
from warehouse.intake.inbox import take_in_all
from warehouse.intake.mapping import Mapping, load_mapping, parse_mapping
from warehouse.intake.take_in import take_in
from warehouse.planning.plan import compute_plan

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("real")]

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


def run_set(folder: Path, mapping: Mapping, home: Home) -> tuple[Judged, pl.DataFrame]:
    """Take a set in and code its last day.  Returns the judgement and ``risk.codes``."""
    day = mapping.archive_ends
    assert day is not None, "a closed archive says when it ends"
    with writing(home) as connection:
        judged = judge_delivery(
            mapping, folder, known_enterprises=known_enterprises(connection), today=date(2026, 1, 1)
        )
        take_in(connection, judged, received_on=day)
        coding = Coding(day, day, load_policy().on(day))
        code_enterprises(connection, coding)
        compute_plan(connection, coding)
        codes = connection.sql("FROM risk.codes ORDER BY enterprise_id").pl()
        sums = connection.sql(
            "SELECT enterprise_id, sum(points)::BIGINT AS score FROM risk.explanations GROUP BY 1 ORDER BY 1"
        ).pl()
    assert codes.select("enterprise_id", "score").equals(sums)
    return judged, codes


@pytest.mark.parametrize("name", SETS)
def test_every_row_is_accounted_for_and_every_enterprise_coded(
    name: str, real_data: Path, tmp_path: Path
) -> None:
    judged, codes = run_set(real_data / name, load_mapping(name), Home(tmp_path))
    delivered: dict[str, int] = {}
    for count in judged.files:
        assert count.delivered == count.accepted + count.refused
        delivered[count.table] = delivered.get(count.table, 0) + count.delivered
    assert delivered == SETS[name]
    assert judged.rejects.height == judged.refused
    assert codes.height == codes["enterprise_id"].n_unique() == SETS[name]["enterprises"]
    assert not codes.filter(pl.col("is_provisional") & (pl.col("code") == "green")).height


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


@pytest.mark.parametrize("name", ["tw_osh", "nrc_reactors"])
def test_row_order_and_the_cut_into_files_change_no_byte_of_the_codes(
    name: str, real_data: Path, tmp_path: Path
) -> None:
    mapping = load_mapping(name)
    _, codes = run_set(real_data / name, mapping, Home(tmp_path / "whole"))
    parts = tmp_path / "parts"
    parts.mkdir()
    dice = random.Random(7)
    for path in sorted((real_data / name).iterdir()):
        shuffled_parts(path, parts, dice)
    _, again = run_set(parts, any_part(mapping), Home(tmp_path / "cut"))
    assert codes.equals(again)


@pytest.mark.parametrize("name", SETS)
def test_a_few_alone_have_the_codes_of_the_whole_city_on_the_day_and_foretold(
    name: str, real_data: Path, tmp_path: Path
) -> None:
    mapping, dice, home = load_mapping(name), random.Random(name), Home(tmp_path)
    end = mapping.archive_ends
    assert end is not None, "a closed archive says when it ends"
    with writing(home) as connection:
        take_in_all(connection, home, folder=str(real_data / name), mapping=name, received_on=end, today=end)
        events = read_events(connection)
        rules = [InForce(date(1990, 1, 1), load_policy().on(end))]
        for _ in range(2):
            day = end - timedelta(days=dice.randrange(1500))
            later = day + timedelta(days=dice.randrange(1, 365))
            whole = codes_on(events, as_of=day, known_at=day, rules=rules)
            chosen = dice.sample(sorted(whole["enterprise_id"]), min(36, whole.height))
            alone = code_path(of(events, chosen), first=day, last=later, known_at=day, rules=rules).codes
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
