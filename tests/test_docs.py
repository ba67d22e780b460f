"""The documents agree with the code: what is generated is fresh, what is written by hand is complete."""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import typer
from dagster import DagsterInstance, build_schedule_context

from docs import (
    data_dictionary,
    house,
    law,
    performance,
    pictures,
    planning_tables,
    scoring_pack,
    scoring_tables,
)
from docs.codes_picture import draw_codes
from docs.markers import block, with_block
from models import vocabulary as vocab
from models.coding.explain import factor_texts
from models.errors import RiskcodeError
from models.features import CATALOGUE
from models.law import legal_texts, questions, read_citation
from models.policy import load_policy, pack_names
from models.tables.canonical import TABLES
from pipelines import cli
from pipelines.cli.groups import Later
from warehouse.connection import Connection
from warehouse.home import Home
from warehouse.intake import mapping as mapping_file
from warehouse.intake.mapping import parse_mapping

REPOSITORY = Path(__file__).parents[1]
DOCS = REPOSITORY / "docs"
PAGES = sorted([*REPOSITORY.glob("*.md"), *DOCS.rglob("*.md")])
POLICY = load_policy().on(scoring_pack.DAY)
HOSTS = {
    "127.0.0.1",
    "localhost",
    "www.w3.org",
    "purl.org",
    "creativecommons.org",
    "matplotlib.org",
    "www.apache.org",
    "uri.amap.com",
}
"""Hosts that may be named: this machine, those of standards and licences within pictures and texts, and the one that a
link for navigation leads to."""
OTHERS_OWN = ("desk/web/static/idb/", "desk/web/static/leaflet/", "tests/desk/web/axe/")
"""What others wrote and is kept as they did."""


@cache
def _page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def _name(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


# ------------------------------------------------------------------------------------ data dictionary


def test_the_data_dictionary_is_fresh() -> None:
    assert _page("data-dictionary.md") == data_dictionary.render(), "run: python -m docs.data_dictionary"


def test_every_feature_row_rule_and_reading_rule_has_a_meaning() -> None:
    assert [feature.name for feature in CATALOGUE if not feature.meaning] == []
    rules = {
        name: rule for one in TABLES.values() for name, rule in one.schema._schema_validation_rules().items()
    }
    assert all(data_dictionary.told(name, rule.expr) for name, rule in rules.items())
    assert set(data_dictionary.OTHER_RULES) <= set(rules)
    rooms = (
        *(
            "archive",
            "delimited",
            "encodings",
            "flaws",
            "header",
            "json_items",
            "parquet",
            "readers",
            "sheets",
        ),
        "workbooks",
    )
    readers = "".join(
        next((REPOSITORY / "warehouse" / "intake").rglob(f"{name}.py")).read_text(encoding="utf-8")
        for name in rooms
    )
    refused = set(re.findall(r'(?:refuse|refuse_whole|Refusal)\([^"\n]*"(\w+)"', readers))
    refused |= set(re.findall(r'(?:rule = |else |return )"([a-z]+(?:_[a-z]+)+)"', readers))
    flaws = set(re.findall(r'^[A-Z_]+ = "(\w+)"$', readers, re.M))
    assert refused | {f"{rule}:<column>" for rule in flaws} <= set(data_dictionary.READING_RULES)
    assert {"merged_cell", "ambiguous_header"} <= flaws
    assert {"wrong_encoding", "unbalanced_quote", "repeated_header"} <= refused


# ------------------------------------------------------------------------------------------- glossary


@pytest.mark.parametrize("codes", vocab.CODE_LISTS, ids=lambda codes: codes.name)
def test_every_code_list_value_has_its_chinese_label(codes: vocab.CodeList) -> None:
    known = _page("glossary.md") + _page("data-dictionary.md")
    assert [key for key in codes.keys if f"| {codes.zh(key)} |" not in known] == []


@pytest.mark.parametrize("pack", pack_names())
def test_every_factor_and_rule_has_its_chinese_name(pack: str) -> None:
    known = _page("glossary.md") + _page("data-dictionary.md")
    texts = factor_texts(load_policy(pack).on(scoring_pack.DAY)).rows(named=True)
    missing = [row["factor"] for row in texts if row["kind"] != "band" and row["title_zh"] not in known]
    assert missing == []


def test_every_clause_the_code_cites_is_in_the_glossary() -> None:
    clauses = _page("glossary.md").split("## Clauses")[1]
    listed = set(re.findall(r"\b[CPDSFJE]\d+\b", clauses))
    for letter, first, last in re.findall(r"([CPDSFJE])(\d+)–[CPDSFJE](\d+)", clauses):
        listed |= {f"{letter}{number}" for number in range(int(first), int(last) + 1)}
    packs = "".join(path.read_text(encoding="utf-8") for path in (REPOSITORY / "models").rglob("*.yaml"))
    assert set(re.findall(r"\b[CPDSFJE]\d{1,2}\b", packs)) <= listed


# ------------------------------------------------------------------------------------------------ law


def test_the_page_of_the_law_is_fresh() -> None:
    assert _page("law.md") == law.render(), "run: python -m docs.law"


def test_every_question_is_answered_by_a_value_of_the_pack_and_cites_texts_of_the_register() -> None:
    pack = load_policy()
    for one in questions():
        assert law.answer(one.key, pack, law.CHECKED)[1].basis, one.key
        assert [said for said in one.cites if read_citation(said).text is None] == []
    with pytest.raises(KeyError):
        law.answer("planning.draw.nothing", pack, law.CHECKED)


def test_every_text_of_the_register_is_used_or_says_why_it_is_there() -> None:
    texts, used = legal_texts(), law.uses()
    after = {name for text in texts.values() if used[text.name] for name in text.successors}
    idle = [name for name, text in texts.items() if not used[name] and not text.note and name not in after]
    assert idle == []


# -------------------------------------------------------------------------------------------- scoring


@pytest.mark.parametrize("name", scoring_pack.pack_blocks())
def test_the_scoring_page_shows_the_pack_as_it_is(name: str) -> None:
    fresh = scoring_pack.pack_blocks()[name].strip()
    assert block(_page("scoring.md"), name).strip() == fresh, "run: python -m docs.scoring_tables"


@pytest.mark.parametrize("name", ["example", "shares", "capacity", "sensitivity", "truth", "real"])
def test_every_figure_of_the_scoring_page_stands_between_markers(name: str) -> None:
    assert block(_page("scoring.md"), name).count("|") > 20


def test_the_figures_were_made_with_the_pack_of_today() -> None:
    assert f"`{POLICY.pack_hash[:12]}`" in block(_page("scoring.md"), "shares"), (
        "run: python -m docs.scoring_tables"
    )


def test_cut_offs_in_texts_are_those_of_the_pack() -> None:
    text = re.sub(
        r"<!-- begin sensitivity -->.*?<!-- end sensitivity -->", "", _page("scoring.md"), flags=re.S
    )
    found = set(re.findall(r"(RED|YELLOW|BLUE) ≥ (\d+)", text))
    assert found == {(code.upper(), str(least)) for code, least in POLICY.codes.thresholds}


def test_what_the_scoring_page_says_of_the_largest_factors_holds() -> None:
    most = {factor.name: max(factor.points.values()) for factor in POLICY.scorecard.factors}
    inherent = sum(
        most[name] for name in ("sector", "major_hazard_source", "hazardous_processes", "employees")
    )
    assert f"reaches {inherent} points at its very worst: YELLOW, never RED" in _page("scoring.md")
    assert POLICY.codes.thresholds.yellow <= inherent < POLICY.codes.thresholds.red
    text = " ".join(_page("scoring.md").split())
    assert f"largest behaviour factor ({max(most.values())}) stays below the YELLOW line" in text
    assert max(most.values()) < POLICY.codes.thresholds.yellow


@pytest.mark.slow
@pytest.mark.parametrize("name", planning_tables.blocks())
def test_the_tables_of_the_planning_page_are_those_of_the_pack(name: str) -> None:
    fresh = planning_tables.blocks()[name].strip()
    assert block(_page("planning.md"), name).strip() == fresh, "run: python -m docs.planning_tables"


@pytest.fixture(scope="module")
def demo() -> Iterator[Connection]:
    with scoring_tables.coded_demo() as city:
        yield city


@pytest.mark.slow
def test_what_the_codes_of_the_demo_city_are_is_told_and_drawn_as_it_is(demo: Connection) -> None:
    assert stale(scoring_tables.demo_blocks(demo)) == [], "run: python -m docs.scoring_tables"
    drawn = (pictures.IMAGES / "codes.svg").read_text(encoding="utf-8")
    assert drawn == draw_codes(pictures.codes_of(demo)), "run: python -m docs.pictures codes.svg"


@pytest.mark.whole
def test_what_other_cut_offs_would_give_on_every_day_of_half_a_year_is_fresh(demo: Connection) -> None:
    assert stale(scoring_tables.half_year_blocks(demo)) == [], "run: python -m docs.scoring_tables"


def stale(fresh: dict[str, str]) -> list[str]:
    """Blocks of the scoring page that no longer say what they would say today."""
    page = _page("scoring.md")
    return [name for name, content in fresh.items() if block(page, name).strip() != content.strip()]


def test_what_a_night_costs_is_told_and_drawn_as_it_was_recorded(tmp_path: Path) -> None:
    page = _page("performance.md")
    assert [
        name for name, told in performance.blocks().items() if block(page, name).strip() != told.strip()
    ] == []
    performance.draw(tmp_path / "performance.svg")
    assert (tmp_path / "performance.svg").read_bytes() == performance.PICTURE.read_bytes()


def test_every_picture_is_made_by_one_command_and_shown_on_a_page() -> None:
    made = {*pictures.PICTURES, *pictures.UI_PICTURES}
    assert {path.name for path in pictures.IMAGES.iterdir()} == made
    shown = "".join(path.read_text(encoding="utf-8") for path in PAGES)
    assert [name for name in sorted(made) if f"img/{name})" not in shown] == []


@pytest.mark.real
@pytest.mark.whole
def test_the_real_data_sets_are_coded_and_told_by_one_command(real_data: Path) -> None:
    fresh = scoring_tables.real_block(real_data)
    assert fresh is not None and stale({"real": fresh}) == []


def test_without_real_data_their_block_stays(tmp_path: Path) -> None:
    assert scoring_tables.real_block(tmp_path) is None


def test_a_block_is_replaced_and_the_rest_is_kept() -> None:
    text = "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n"
    assert with_block(text, "x", "new\n") == "a\n<!-- begin x -->\nnew\n<!-- end x -->\nb\n"
    with pytest.raises(ValueError, match="no block 'y'"):
        with_block(text, "y", "new")


# ----------------------------------------------------------------------------------------- operations


def test_every_setting_is_documented() -> None:
    settings = (REPOSITORY / "pipelines" / "settings.py").read_text(encoding="utf-8")
    named = set(re.findall(r"RISKCODE_[A-Z_]+", settings))
    assert named
    assert {name for name in named if f"| `{name}` |" not in _page("operations.md")} == set()


def _errors(kind: type[RiskcodeError]) -> Iterator[type[RiskcodeError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _errors(child)


def test_exit_codes_are_those_of_the_errors() -> None:
    part = _page("operations.md").split("## Exit codes")[1].split("## ")[0]
    shown = {
        error: int(code)
        for code, errors in re.findall(r"^\| (\d+) \| (.*?) \|", part, flags=re.M)
        for error in re.findall(r"`(\w+)`", errors)
    }
    ours = {kind.__name__: kind.exit_code for kind in _errors(RiskcodeError) if "models." in kind.__module__}
    assert shown == ours
    spoken = {int(code) for code in re.findall(r"\b(\d+) \w", (cli.__doc__ or "").split("Exit codes:")[1])}
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", part, flags=re.M)}
    assert spoken == listed - {130}


def test_every_key_of_a_mapping_file_is_documented() -> None:
    part = _page("operations.md").split("## Mapping files")[1].split("## Corrections")[0]
    for model in ("Mapping", "Entry", "FieldSpec", "SqlQuery", "Ignored"):
        for name, field in getattr(mapping_file, model).model_fields.items():
            if not field.exclude:
                assert f"`{field.alias or name}`" in part, f"{model}.{name}"


def test_the_mapping_example_is_a_mapping() -> None:
    example = block(_page("operations.md"), "mapping-example")
    parsed = parse_mapping(example.strip().removeprefix("```yaml\n").removesuffix("```"))
    assert set(parsed.tables) == {"enterprises", "inspections", "violations", "alerts"}


def test_the_day_the_schedule_codes_is_the_one_documented(home: Home) -> None:
    from pipelines.definitions import defs
    from pipelines.instance import write_instance_config

    night = datetime(2026, 7, 2, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
    repository = defs.get_repository_def()
    write_instance_config(home)
    with DagsterInstance.from_config(str(home.dagster)) as instance:
        context = build_schedule_context(
            instance=instance, scheduled_execution_time=night, repository_def=repository
        )
        requests = repository.get_schedule_def("nightly_schedule").evaluate_tick(context).run_requests
    [request] = requests
    said = {"2026-07-02": "codes the day that begins (", "2026-07-01": "codes the day that has just ended ("}
    assert said[request.partition_key] in _page("operations.md")


# ------------------------------------------------------------------------------------------ all pages


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    broken: list[str] = []
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        file, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", file):
            continue
        page = (path.parent / file).resolve() if file else path
        if not page.exists() or (anchor and anchor not in _anchors(page)):
            broken.append(target)
    assert broken == []


def _anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_every_command_mentioned_exists_with_its_options(path: Path) -> None:
    root = typer.main.get_command(cli.app)
    for line in re.findall(r"\./riskcode((?: [^\s`|;>#·…]+)*)", path.read_text(encoding="utf-8")):
        words, command = line.split(), root
        while words and hasattr(command, "commands") and re.fullmatch(r"[a-z]+", words[0]):
            assert words[0] in command.commands, f"./riskcode {line.strip()}"
            command = command.commands[words.pop(0)]
            command = command.loaded() if isinstance(command, Later) else command
        options = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
        unknown = [word for word in words if word.startswith("--") and word not in options]
        assert unknown in ([], ["--help"]), f"./riskcode {line.strip()}"


def _texts() -> Iterator[tuple[str, str]]:
    """All texts that are kept under version control, with their names."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        file = REPOSITORY / name
        if name.startswith(OTHERS_OWN):
            continue
        if file.suffix not in (".png", ".xlsx", ".parquet", ".xz") and file.is_file():
            yield name, file.read_text(encoding="utf-8")


def test_the_project_speaks_of_itself_only() -> None:
    here = [f"{folder}/" for folder in (REPOSITORY, REPOSITORY.parent) if len(folder.parts) > 1]
    # A clone in a folder for temporary files shares its path with the examples of tests.
    here = [folder for folder in here if folder != f"{tempfile.gettempdir()}/"]
    told = dict[str, list[str]]()
    for name, text in _texts():
        hosts = {
            host for host in re.findall(r"://([\w-]+(?:\.[\w-]+)+)", text) if not host.endswith(".invalid")
        }
        found = sorted(hosts - HOSTS) + [folder for folder in here if folder in text]
        found += re.findall(r"\b(?:issue|session|ticket) #?\d+", text, flags=re.IGNORECASE)
        if found:
            told[name] = found
    assert told == {}


def test_decision_records_are_numbered_short_and_complete() -> None:
    records = sorted((DOCS / "decisions").glob("*.md"))
    assert [path.name[:4] for path in records] == [f"{n:04}" for n in range(1, len(records) + 1)]
    for path in records:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {path.name[:4]} ")
        assert len(text.splitlines()) <= 40, path.name
        assert [head for head in ("Context", "Decision", "Consequences") if f"## {head}" not in text] == []


def test_the_picture_of_the_house_is_that_of_the_imports() -> None:
    assert house.FILE.read_text(encoding="utf-8") == house.fresh(), "run: python -m docs.house"


def test_a_circle_has_no_floors_and_an_import_that_follows_is_not_drawn() -> None:
    houses = {
        "roof": frozenset({"wall", "ground"}),
        "wall": frozenset({"ground"}),
        "ground": frozenset[str](),
    }
    assert house.floors(houses) == [["roof"], ["wall"], ["ground"]]
    assert sorted(house.told_imports(houses)) == [("roof", "wall"), ("wall", "ground")]
    with pytest.raises(ValueError, match="circle"):
        house.floors({"a": frozenset({"b"}), "b": frozenset({"a"})})
