"""The demo city: the same every time, true to its own register, and dirty only where it says so."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dataframely as dy
import polars as pl
import pytest

from models.credit_codes import is_credit_code
from models.tables.canonical import TABLES
from models.vocabulary import CODE_LISTS, JINAN_DIVISIONS, TASK_KIND
from pipelines.demo import DemoCity, write_demo_city
from pipelines.demo.authorities import UNDERSTAFFED
from pipelines.demo.city import City, build_city, truth
from pipelines.demo.credit_codes import credit_codes, spoiled
from pipelines.demo.deliver import ROSTER_FILES
from pipelines.demo.dirt import CHANGES, DAMAGES, HARMLESS
from pipelines.demo.events import clean_tables
from pipelines.demo.rendering import chinese_headers
from pipelines.demo.towns import towns_of

END = date(2026, 6, 30)
FIRMS = 300
DELIVERED = [name for name in TABLES if name not in ("former_numbers", "filings")]
"""The firms of the demo city never had other numbers, and what is filed there is filed at its desk."""
EVENTS = [name for name in DELIVERED if TABLES[name].refers_to_register]


@pytest.fixture(scope="module")
def city() -> City:
    return build_city(FIRMS, END, years=2, seed=7)


@pytest.fixture(scope="module")
def tables(city: City) -> dict[str, pl.DataFrame]:
    return clean_tables(city)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> DemoCity:
    return write_demo_city(
        tmp_path_factory.mktemp("clean"), enterprises=FIRMS, end=END, years=2, seed=7, dirty=False
    )


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> DemoCity:
    return write_demo_city(tmp_path_factory.mktemp("dirty"), enterprises=FIRMS, end=END, years=2, seed=7)


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()


def _canonical(table: str, text: pl.DataFrame) -> pl.DataFrame:
    """What a mapping makes of a clean Chinese text delivery."""
    columns = TABLES[table].columns()
    back = {zh: name for name, zh in chinese_headers(table, list(columns)).items()}
    frame = text.rename({header: back[header] for header in text.columns})
    spellings = {tuple(codes.keys): codes.spellings() for codes in CODE_LISTS}
    for name in frame.columns:
        kind, cell = columns[name], pl.col(name)
        if isinstance(kind, dy.Enum):
            words = spellings[tuple(kind.categories)]
            frame = frame.with_columns(cell.str.to_lowercase().replace_strict(words))
        elif isinstance(kind, dy.Bool):
            frame = frame.with_columns(cell.replace_strict({"是": True, "否": False}))
        elif isinstance(kind, dy.Date):
            frame = frame.with_columns(cell.str.replace_all("/", "-").str.to_date("%Y-%m-%d"))
    return frame.with_columns(source=pl.lit("demo")).select(list(columns))


def _read_csv(path: Path, encoding: str) -> pl.DataFrame:
    return pl.read_csv(path.read_bytes().decode(encoding).encode(), infer_schema=False)


def test_the_same_seed_writes_the_same_bytes(dirty: DemoCity, tmp_path: Path) -> None:
    again = write_demo_city(tmp_path, enterprises=FIRMS, end=END, years=2, seed=7)
    assert dict(_files(dirty.folder)) == dict(_files(tmp_path))
    assert again.rows == dirty.rows
    assert again.dirty == dirty.dirty


def test_another_seed_writes_another_city(tables: dict[str, pl.DataFrame]) -> None:
    other = clean_tables(build_city(FIRMS, END, years=2, seed=8))
    assert not other["enterprises"].equals(tables["enterprises"])


def test_every_credit_code_is_valid_and_given_once(city: City) -> None:
    codes = [*city.firms["enterprise_id"], *city.spare]
    assert all(is_credit_code(code) for code in codes)
    assert len(set(codes)) == len(codes)
    assert {code[2:8] for code in codes} <= set(JINAN_DIVISIONS)


def test_the_region_in_a_credit_code_is_the_district_of_the_firm(city: City) -> None:
    assert (city.firms["enterprise_id"].str.slice(2, 6) == city.firms["division"]).all()


def test_codes_stay_distinct_by_the_hundred_thousand() -> None:
    divisions = build_city(1, END, 2, 7).firms["division"].to_numpy().repeat(100_000)
    assert len(set(credit_codes(divisions, seed=1))) == 100_000


def test_a_spoiled_code_has_a_wrong_check_digit(city: City) -> None:
    assert not any(is_credit_code(spoiled(code)) for code in city.spare)


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_is_about_a_firm_of_the_register(tables: dict[str, pl.DataFrame], name: str) -> None:
    known = tables["enterprises"]["enterprise_id"].implode()
    assert tables[name]["enterprise_id"].is_in(known).all()


@pytest.mark.parametrize("name", DELIVERED)
def test_nothing_is_recorded_after_the_end(tables: dict[str, pl.DataFrame], name: str) -> None:
    frame, columns = tables[name], TABLES[name].columns()
    past = [column for column in frame.columns if (columns[column].metadata or {}).get("past")]
    assert len(frame) > 0
    assert "recorded_at" in past
    assert all((frame[column].drop_nulls().cast(pl.Date) <= END).all() for column in past)


def test_a_version_knows_nothing_that_came_after_it_was_recorded(
    tables: dict[str, pl.DataFrame],
) -> None:
    for name, columns in {
        "violations": ("rectified_on", "decided_on", "withdrawn_on"),
        "alerts": ("acknowledged_at", "closed_at"),
        "inspections": ("filed_on",),
        "tasks": ("closed_on",),
        "conflicts": ("ended_on",),
    }.items():
        for column in columns:
            days = tables[name].select("recorded_at", day=pl.col(column).cast(pl.Date)).drop_nulls()
            assert (days["day"] <= days["recorded_at"]).all(), (name, column)


@pytest.mark.parametrize("name", DELIVERED)
def test_a_clean_table_keeps_the_contract(tables: dict[str, pl.DataFrame], name: str) -> None:
    schema = TABLES[name].schema
    frame = tables[name].with_columns(source=pl.lit("demo")).select(list(TABLES[name].columns()))
    assert len(schema.validate(frame, cast=True)) == len(frame)


def test_a_finding_belongs_to_a_visit_that_was_no_assistance(
    tables: dict[str, pl.DataFrame],
) -> None:
    visits = tables["inspections"].select("inspection_id", "kind", "inspected_on", visited="enterprise_id")
    found = tables["violations"].join(visits, on="inspection_id", how="left")
    assert found["kind"].null_count() == 0
    assert "assistance" not in found["kind"]
    assert (found["visited"] == found["enterprise_id"]).all()
    assert (found["inspected_on"] == found["occurred_on"]).all()


def test_planned_visits_are_made_on_working_days(tables: dict[str, pl.DataFrame]) -> None:
    planned = tables["inspections"].filter(pl.col("kind") != "immediate")
    assert (planned["inspected_on"].dt.weekday() <= 5).all()


def test_clean_files_read_back_as_the_canonical_tables(
    clean: DemoCity, tables: dict[str, pl.DataFrame]
) -> None:
    years = sorted(clean.folder.glob("违法行为_*.csv"))
    assert [path.stem[-4:] for path in years] == ["2024", "2025", "2026"]
    violations = pl.concat([_read_csv(path, "utf-8-sig") for path in years])
    delivered = {
        "enterprises": _read_csv(clean.folder / "企业名册.csv", "gb18030"),
        "violations": violations,
        "self_reports": _read_csv(clean.folder / "自查报告.csv", "utf-8"),
        "inspections": pl.read_excel(clean.folder / "检查记录.xlsx").cast(pl.String),
        **{name: _read_csv(clean.folder / file, "utf-8") for name, file in ROSTER_FILES.items()},
    }
    for name, text in delivered.items():
        frame = TABLES[name].schema.validate(_canonical(name, text), cast=True)
        key = ["recorded_at", TABLES[name].key[-1]]
        want = TABLES[name].schema.validate(
            tables[name].with_columns(source=pl.lit("demo")).select(frame.columns), cast=True
        )
        assert frame.sort(key).equals(want.sort(key)), name


def test_alerts_are_typed_and_accidents_are_objects(clean: DemoCity, tables: dict[str, pl.DataFrame]) -> None:
    assert pl.read_parquet(clean.folder / "alerts.parquet").equals(tables["alerts"])
    accidents = json.loads((clean.folder / "accidents.json").read_text(encoding="utf-8"))
    assert len(accidents) == len(tables["accidents"])
    assert set(accidents[0]) == set(tables["accidents"].columns)


def test_every_kind_of_dirt_is_there_and_clean_means_clean(clean: DemoCity, dirty: DemoCity) -> None:
    kinds = {kind for table in CHANGES for kind in (*CHANGES[table], *DAMAGES.get(table, {}))}
    assert set(dirty.dirty) == kinds
    assert not clean.dirty
    assert set(HARMLESS) < kinds


def test_dirty_lines_are_really_broken(dirty: DemoCity) -> None:
    lines = b"".join(path.read_bytes() for path in dirty.folder.glob("违法行为_*.csv"))
    reports = (dirty.folder / "自查报告.csv").read_bytes()
    for sign in ("巨大", "待定", "2099", "@SUM(1+1)", "\x00", "长" * 4001):
        assert sign.encode() in lines
    assert "乱码".encode("gb18030") in lines
    assert "乱码".encode("gb18030") in reports
    widths = {line.count(b",") for line in reports.splitlines()}
    assert len(widths) == 2
    register = (dirty.folder / "企业名册.csv").read_bytes().decode("gb18030")
    for sign in ("=HYPERLINK", "999.0", "12.5", "2025-02-30", "未知行业"):
        assert sign in register


def test_a_dirty_delivery_still_holds_every_good_row(clean: DemoCity, dirty: DemoCity) -> None:
    for path in clean.folder.glob("*.csv"):
        good = path.read_bytes().split(b"\n")
        assert set(good) <= set((dirty.folder / path.name).read_bytes().split(b"\n")), path.name


def test_the_truth_covers_every_firm_and_drives_what_is_found(
    city: City, clean: DemoCity, tables: dict[str, pl.DataFrame]
) -> None:
    latent = pl.read_parquet(clean.truth)
    assert latent.equals(truth(city))
    assert latent["latent_risk"].is_between(0, 1).all()
    assert len([name for name in latent.columns if "q" in name]) == 8
    found = tables["violations"].group_by("enterprise_id").agg(found=pl.col("violation_id").n_unique())
    both = latent.join(found, on="enterprise_id", how="left").fill_null(0)
    assert both.select(pl.corr("latent_risk", "found", method="spearman")).item() > 0.25


@pytest.fixture(scope="module")
def large() -> dict[str, pl.DataFrame]:
    return clean_tables(build_city(4000, END, 2, 2026))


def test_the_city_looks_like_a_city(large: dict[str, pl.DataFrame]) -> None:
    frames = large
    latest = frames["violations"].sort("recorded_at").unique("violation_id", keep="last")
    open_major = latest.filter(
        pl.col("is_major_hazard") & pl.col("rectified_on").is_null() & pl.col("withdrawn_on").is_null()
    )
    visits = frames["inspections"].filter(pl.col("kind") != "assistance")
    sectors = frames["enterprises"].unique("enterprise_id")["sector"]
    high_hazard = (sectors.is_not_null() & (sectors != "general")).sum()
    assert 0.05 < high_hazard / 4000 < 0.09
    assert 0.70 < visits["enterprise_id"].n_unique() / 4000 < 0.90
    assert 0.001 < open_major["enterprise_id"].n_unique() / 4000 < 0.008
    assert 0.007 < latest["is_major_hazard"].sum() / len(latest) < 0.017
    assert 8 <= len(frames["accidents"]) <= 32


def _staff(frames: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """People available at the end, one row each, and whether they hold a valid certificate."""
    latest = frames["officers"].sort("recorded_at").unique("officer_id", keep="last")
    return latest.filter(pl.col("left_on").is_null() | (pl.col("left_on") > END)).with_columns(
        is_certified=(pl.col("certified_until") >= END).fill_null(value=False)
    )


@pytest.mark.parametrize("which", ["tables", "large"])
def test_each_authority_can_send_two_officers_and_an_inspector(
    which: str, request: pytest.FixtureRequest
) -> None:
    staff = _staff(request.getfixturevalue(which))
    strength = staff.filter("is_certified").group_by("level", "division").agg(pl.col("role").value_counts())
    towns = [town for code in JINAN_DIVISIONS for town in towns_of(code)]
    assert strength.height == 1 + len(JINAN_DIVISIONS) + len(towns)
    assert sorted(strength.filter(level="town")["division"]) == sorted(towns)
    for level, division, roles in strength.iter_rows():
        have = {one["role"]: one["count"] for one in roles}
        assert have["officer"] >= 2 and have["technical_inspector"] >= 1, (level, division)


def test_a_town_s_firm_names_its_town_and_a_few_name_the_district_only(
    large: dict[str, pl.DataFrame],
) -> None:
    firms = large["enterprises"].select("enterprise_id", "enforcing_level", "division").unique()
    at_town = firms.filter(enforcing_level="town")
    named = at_town.filter(pl.col("division").str.len_chars() == 9)
    districts = named["division"].str.head(6)
    assert firms["enterprise_id"].is_unique().all()
    assert (districts == named["enterprise_id"].str.slice(2, 6)).all()
    assert named.select(pl.col("division").n_unique()).item() == sum(map(len, map(towns_of, JINAN_DIVISIONS)))
    assert 5 < at_town.height - named.height < 40
    assert (firms.filter(pl.col("enforcing_level") != "town")["division"].str.len_chars() == 6).all()


def test_staff_follows_the_firms_but_for_one_town(large: dict[str, pl.DataFrame]) -> None:
    firms = large["enterprises"].unique("enterprise_id").group_by("enforcing_level", "division").len("firms")
    officers = _staff(large).filter(pl.col("role") == "officer")
    strength = officers.group_by("level", "division").agg(pl.len(), certified=pl.col("is_certified").sum())
    both = strength.join(firms, left_on=["level", "division"], right_on=["enforcing_level", "division"])
    is_short = (pl.col("level") == UNDERSTAFFED[0]) & (pl.col("division") == UNDERSTAFFED[1])
    assert both.filter(is_short).select("len", "certified").row(0) == (3, 2)
    assert both["len"].min() == 3
    # One in thirty firms is closed and looked after by nobody.
    per_officer = pl.col("level").replace_strict({"city": 8, "district": 48, "town": 24})
    suffices = pl.col("len") * per_officer >= pl.col("firms") * 29 / 30
    assert both.filter(~is_short).select(suffices.all()).item()
    assert not both.filter(is_short).select(suffices).item()
    districts = both.filter(pl.col("level") == "district")
    assert districts.select(pl.corr("firms", "len")).item() > 0.9
    assert 4 <= officers.filter(pl.col("level") == "city").height <= 10


def test_officers_are_the_people_of_the_ledger(large: dict[str, pl.DataFrame]) -> None:
    home = pl.col("departments").str.extract("^(.*?)应急管理局")
    divisions = {names[0]: code for code, names in JINAN_DIVISIONS.items()} | {"济南市": "370100"}
    named = large["inspections"].select(
        division=home.replace_strict(divisions), name=pl.col("officers").str.split(";")
    )
    named = named.explode("name").unique()
    officers = _staff(large).filter(pl.col("role") == "officer", pl.col("level") != "town")
    assert officers.join(named, on=["division", "name"], how="anti").is_empty()


def test_absences_and_conflicts_are_of_people_of_the_roster(large: dict[str, pl.DataFrame]) -> None:
    people = _staff(large)
    for name in ("absences", "conflicts"):
        assert large[name]["officer_id"].is_in(people["officer_id"].implode()).all(), name
    days = (pl.col("last_day") - pl.col("first_day")).dt.total_days() + 1
    away = large["absences"].select(days.sum()).item() / 1.5 / people.height
    assert 11 < away < 13
    assert 1.5 < large["conflicts"]["conflict_id"].n_unique() / people.height < 2.2
    assert (large["absences"]["first_day"] > END).any()


def test_a_conflict_is_declared_for_a_firm_of_the_own_authority(large: dict[str, pl.DataFrame]) -> None:
    firms = (
        large["enterprises"].unique("enterprise_id").select("enterprise_id", "enforcing_level", at="division")
    )
    both = large["conflicts"].join(_staff(large), on="officer_id").join(firms, on="enterprise_id")
    assert (both["level"] == both["enforcing_level"]).all()
    assert both.filter(pl.col("level") != "city").select((pl.col("at") == pl.col("division")).all()).item()


def test_some_firms_have_open_tasks_around_the_end(large: dict[str, pl.DataFrame]) -> None:
    latest = large["tasks"].sort("recorded_at").unique("task_id", keep="last")
    still_open = latest.filter(pl.col("closed_on").is_null())
    asked = still_open.filter(pl.col("kind") == "department")
    assert 0.008 < asked["enterprise_id"].n_unique() / 4000 < 0.011
    assert asked["enterprise_id"].n_unique() < asked.height
    assert set(still_open["kind"]) == set(TASK_KIND.keys)
    assert (still_open["due_on"] <= date(2026, 12, 31)).all()
    assert (still_open["due_on"] > END).mean() > 0.8
    assert latest["closed_on"].is_not_null().any()


@pytest.mark.parametrize("end", [date(2024, 2, 29), date(2025, 5, 17), date(2026, 12, 31)])
def test_the_period_may_end_on_any_day(tmp_path: Path, end: date) -> None:
    made = write_demo_city(tmp_path, enterprises=60, end=end, years=1, seed=1)
    assert made.truth.exists()
    assert made.rows["inspections"] > 0
