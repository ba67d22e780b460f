"""The commands about scorecards: a whole card, what is compared, who may put a card in force."""

import json
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import polars as pl
import pytest
from click.testing import Result
from rich.cells import cell_len
from rich.console import Console
from typer.testing import CliRunner

from desk.terminal.card import PAGE_WIDTH, RANKED, bins, card_page
from desk.words.words import Words
from models.coding.calibration import Calibration
from models.coding.card import FittedCard, Origin
from models.errors import BusyError, ModelError
from models.learning.gate import GateInputs
from models.messages import Message
from models.policy import Thresholds
from models.scorecard import Factor, Scorecard
from pipelines.cli import app
from tests.worlds.effects import CHANGED
from tests.worlds.runs import ended, process, riskcode
from warehouse.connection import holding, writing
from warehouse.home import Home
from warehouse.rules.cards import publish_models, save_card
from warehouse.rules.shelf import list_promotions

LANGUAGES = ("zh", "en")
TITLE = {"zh": "下次检查发现严重问题", "en": "Serious finding at the next visit"}
MEANING = {
    "zh": "赋码日之后一年内的首次检查结果为严重、停产或拒绝检查；未被检查的企业为未知，不算没有问题",
    "en": "The first visit within a year of the as-of day ends serious, stopped or refused; an enterprise that was "
    "not visited is unknown, not clean",
}


def factor(feature: str, points: dict[str, int], missing: int, zh: str, en: str) -> dict[str, Any]:
    numeric = all(key.lstrip("-").isdigit() for key in points)
    return {
        "name": feature,
        "feature": feature,
        "points": points,
        "missing": missing,
        "title_zh": zh,
        "title_en": en,
        "check_zh": "",
        "check_en": "",
        "basis": "proposal",
        "reference": "fitted",
        "kind": "numeric" if numeric else "category",
    }


FINDINGS = factor("violations_36m", {"0": 0, "3": 5, "5": 12}, 3, "近三年违法违规数", "Findings of 36 months")
SECTOR = factor(
    "sector",
    {"fireworks": 8, "general": 0, "hazardous_chemicals": 8},
    2,
    "行业领域固有风险",
    "Inherent hazard of the sector",
)
FACTORS = [
    FINDINGS,
    SECTOR,
    factor(
        "violation_points",
        {"0": 0, "4": 2, "10": 6, "31": 9},
        0,
        "近两年违法违规加权分",
        "Findings of 24 months, weighted by severity and recency",
    ),
    factor("last_result", {"0": -4, "2": 0, "3": 6}, 1, "最近一次检查结果", "Result of the last visit"),
    factor("clean_streak", {"0": 2, "1": 0, "4": -6}, 0, "连续无问题检查次数", "Clean visits in a row"),
    factor("track_record", {"visited": 0, "records": 2, "none": 4}, 4, "履历", "What is on record"),
    factor("refusals_24m", {"0": 0, "1": 14}, 0, "拒绝检查次数", "Refused visits"),
]


def step(least: int, probability: float) -> dict[str, Any]:
    return {
        "least_points": least,
        "probability": probability,
        "low": probability * 0.8,
        "high": probability * 1.25,
        "labelled": 800,
        "positives": round(800 * probability),
    }


STEPS = [step(-10, 0.021), step(-3, 0.06), step(2, 0.09), step(6, 0.13), step(11, 0.2), step(18, 0.31)]


def card(
    factors: list[dict[str, Any]] = FACTORS, steps: list[dict[str, Any]] = STEPS, **more: Any
) -> dict[str, Any]:
    """A card as its JSON says, by hand."""
    return {
        "card_id": "3f2a91c07d1e",
        "scorecard": {
            "name": "serious_finding",
            "version": "2026-06-30",
            "fingerprint": "9d81ce40aa17" + 52 * "0",
            "factors": factors,
        },
        "thresholds": {"blue": 4, "yellow": 12, "red": 20},
        "logit_per_point": 0.1,
        "directions": {"violations_36m": "up"},
        "calibrations": {
            "serious_finding": {"label": "serious_finding", "base_rate": 0.1, "steps": steps},
        },
        "priors": None,
        "origin": {
            "family": "boosted",
            "label": "serious_finding",
            "fitted_for": "2026-06-30",
            "first_cohort": "2022-06-30",
            "last_cohort": "2025-03-31",
            "cohorts": 12,
            "rows": 41203,
            "positives": 4120,
            "enterprises": 9812,
            "data_watermark": "2026-06-29",
            "pack": "starter",
            "pack_version": "2026.1",
            "pack_hash": "aa00bb11cc22" + 52 * "0",
            "code_version": "0123456789ab",
        },
        **more,
    }


def page(language: str, of: dict[str, Any] | None = None, width: int = PAGE_WIDTH) -> list[str]:
    words = Words(language)
    console = Console(width=width, record=True)
    shown = card_page(
        of or card(), words, state="challenger", title=TITLE[language], meaning=MEANING[language]
    )
    with console.capture() as captured:
        console.print(shown)
    return [line.rstrip() for line in captured.get().splitlines()]


def largest_card() -> dict[str, Any]:
    """As much as a card may hold: 18 factors, 60 bins, an industry table, a long way of probabilities."""
    long = "Findings of 24 months, weighted by severity and recency"
    numeric = [
        factor(
            f"feature_{n}",
            {str(100 * k): 3 * k for k in range(bins)},
            2,
            "近两年违法违规加权分（含反复出现）",
            long,
        )
        for n, bins in enumerate([7, 7, 6, *[2] * 13, 3])
    ]
    trades = {f"{code}": code % 7 for code in range(10, 96)}
    trade = {
        **factor("industry_division", trades, 1, "行业大类", "Industry division"),
        "kind": "category",
    }
    steps = [step(3 * at, 0.02 + 0.006 * at) for at in range(60)]
    return card(
        [*numeric, trade],
        steps,
        calibrations={
            "serious_finding": {"label": "serious_finding", "base_rate": 0.1, "steps": steps},
            "accident": {"label": "accident", "base_rate": 0.002, "steps": steps},
        },
    )


# The card


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("of", [card(), largest_card()], ids=["usual", "largest"])
@pytest.mark.parametrize("width", [80, PAGE_WIDTH])
def test_a_card_is_no_wider_than_the_terminal(language: str, of: dict[str, Any], width: int):
    assert max(map(cell_len, page(language, of, width))) <= width


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_what_is_predicted_from_what_and_that_it_is_a_proposal(language: str):
    text = "\n".join(page(language))
    origin = card()["origin"]
    for told in (
        TITLE[language],
        "3f2a91c07d1e",
        "9d81ce40aa17",
        "41,203",
        "9,812",
        "4,120",
        *(origin[key] for key in ("first_cohort", "last_cohort", "data_watermark", "family", "code_version")),
        {"zh": "非济南市官方标准", "en": "not Jinan's"}[language],
        {"zh": "仅为建议", "en": "a proposal"}[language],
    ):
        assert told in text


def test_every_bin_of_every_factor_is_on_the_page_with_its_points():
    text = "\n".join(page("en"))
    assert "0–2: 0  3–4: +5  5+: +12  missing: +3" in text
    for each in FACTORS:
        for told in bins(each, Words("en")):
            assert told in text


def test_the_factor_that_moves_the_score_most_stands_first():
    lines = page("en")
    at = {
        each["title_en"]: n
        for n, line in enumerate(lines)
        for each in FACTORS
        if line.startswith(each["title_en"])
    }
    assert at["Refused visits"] < at["Findings of 36 months"] < at["What is on record"]


def told(
    points: dict[str, int], feature: str = "alerts", missing: int = 0, language: str = "en"
) -> list[str]:
    return bins(factor(feature, points, missing, "题", "title"), Words(language))


def test_what_lies_below_a_first_bin_that_is_not_zero_belongs_to_it():
    assert told({"-1": 2, "3": 0}) == ["≤2: +2", "3+: 0", "missing: 0"]


def test_a_factor_with_one_bin_tells_known_from_missing():
    assert told({"0": 3}, missing=-1) == ["any value: +3", "missing: -1"]


def test_categories_with_the_same_points_stand_together_by_their_label():
    assert bins(SECTOR, Words("en")) == [
        "general: 0",
        "fireworks, hazardous chemicals: +8",
        "missing or other: +2",
    ]
    assert bins(SECTOR, Words("zh"))[1] == "烟花爆竹、危险化学品: +8"


def test_ranks_of_results_are_told_by_their_names():
    assert told({"0": -4, "2": 0, "3": 6}, "last_result")[:3] == [
        "clean/unknown: -4",
        "findings: 0",
        "serious findings/stopped or closed/refused: +6",
    ]


def test_cut_offs_leave_no_score_out():
    assert "GREEN ≤3 · BLUE 4–11 · YELLOW 12–19 · RED 20+" in "\n".join(page("en"))


def test_probabilities_stand_by_score_with_interval_and_wording():
    lines = page("en")
    assert "well below average      ≤-4: 2.1% (1.7–2.6)" in lines
    assert "well above average      11–17: 20.0% (16.0–25.0)  18+: 31.0% (24.8–38.8)" in lines


def test_every_step_of_a_long_way_is_told():
    of = largest_card()
    text = "\n".join(page("en", of))
    assert "≤2: 2.0% (1.6–2.5)" in text
    assert text.count("%") > len(of["calibrations"]["serious_finding"]["steps"])


def test_a_rare_label_gets_a_second_digit():
    rare = card(steps=[step(0, 0.0021), step(9, 0.0088)])
    rare["calibrations"]["serious_finding"]["base_rate"] = 0.004
    assert "0.21% (0.17–0.26)" in "\n".join(page("en", rare))


def test_the_ranks_are_those_of_the_features():
    from models.features.inspections import RESULT_RANK

    assert {name: rank for rank, name in enumerate(RANKED["last_result"])} == dict(RESULT_RANK)


# Commands


BETTER = GateInputs(
    auc_difference=0.021,
    auc_low=0.004,
    auc_high=0.038,
    precision_ratio=1.08,
    migration=0.2,
    two_band_moves=0.01,
    periods=2,
    opponent_difference=0.01,
    opponent_low=-0.01,
    opponent_high=0.03,
    moves={("green", "green"): 700, ("green", "blue"): 150, ("red", "red"): 100, ("red", "yellow"): 50},
    challenger={"auc": 0.742},
    champion={"auc": 0.721},
    effects=CHANGED,
)


WORSE = replace(BETTER, auc_difference=-0.02, auc_low=-0.03, auc_high=-0.01)


def fitted(of: dict[str, Any]) -> FittedCard:
    """The same card, with the fingerprint and the id its content gives."""
    factors: list[Factor] = []
    for each in of["scorecard"]["factors"]:
        fields = {key: value for key, value in each.items() if key != "kind"}
        numeric = each["kind"] == "numeric"
        fields["points"] = {int(key) if numeric else key: n for key, n in each["points"].items()}
        factors.append(Factor(**fields))
    return FittedCard(
        scorecard=Scorecard(of["scorecard"]["name"], of["scorecard"]["version"], tuple(factors)),
        thresholds=Thresholds(**of["thresholds"]),
        logit_per_point=of["logit_per_point"],
        directions=of["directions"],
        calibrations={name: Calibration.from_dict(one) for name, one in of["calibrations"].items()},
        priors=None,
        origin=Origin(**of["origin"]),
    )


CARD = fitted(card())
CARD_ID = CARD.card_id


def store(home: Home, inputs: GateInputs | None) -> None:
    """Keep the card, and what its evaluation found."""
    with writing(home) as connection:
        save_card(connection, CARD, fitted_on=date(2026, 6, 30))
        if inputs is not None:
            connection.execute(
                "INSERT OR REPLACE INTO model.evaluations "
                "VALUES ('run', 'serious_finding', ?, DATE '2026-06-30', DATE '2026-06-30', '好', 'good', ?, 'r.html', "
                "'count_36m')",
                [CARD_ID, json.dumps(inputs.to_dict())],
            )
        publish_models(connection, home)


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Home:
    """A home with one challenger that was better than the expert pack."""
    monkeypatch.setenv("RISKCODE_HOME", str(tmp_path))
    monkeypatch.setenv("RISKCODE_LANG", "en")
    monkeypatch.setenv("COLUMNS", "120")
    found = Home(tmp_path)
    store(found, BETTER)
    return found


def run(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, ["model", *arguments], input=answer)


SIGNED = ("--by", "Wang Li", "--reason", "better on both periods")


def test_show_prints_the_page_in_the_language_asked_for(home: Home):
    done = run("show", CARD_ID[:4], "--lang", "zh")
    assert done.exit_code == 0, done.output
    assert TITLE["zh"] in done.stdout and MEANING["zh"] in done.stdout
    assert TITLE["en"] in run("show", CARD_ID).stdout
    assert run("show", CARD_ID, "--lang", "fr").exit_code == 2


def test_show_gives_machines_the_whole_card(home: Home):
    told = json.loads(run("show", CARD_ID, "--json").stdout)
    effects = json.loads(json.dumps(CHANGED.to_dict()))
    whole = {"state": "challenger", **json.loads(CARD.to_json()), "effects": effects, "model_card": None}
    assert told == whole


WORK = {
    "en": (
        "150 now, 100 with the card (10 newly RED, 60 no longer)",
        "40 of them are RED by a rule",
        "can make 80 special inspections within 5 working days",
        "all RED would take 125% of that, the newly RED, due in the same days, 12%",
        "MORE than can be made",
    ),
    "zh": (
        "现行 150 家，启用后 100 家（新增 10 家，退出 60 家）",
        "其中 40 家按规则直接判红",
        "全部检查组 5 个工作日内最多可做 80 次专项检查",
        "全部红码占 125%；新增红码在同一期限内到期，占 12%",
        "已超出可完成的数量",
    ),
}


def without_blanks(text: str) -> str:
    """A text wherever the terminal broke its lines."""
    return "".join(text.split())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "command",
    [
        ("show", CARD_ID),
        ("compare", CARD_ID),
        ("promote", CARD_ID, *SIGNED),
        ("promote", CARD_ID, *SIGNED, "--yes"),
    ],
    ids=["show", "compare", "promote", "promote unasked"],
)
def test_what_a_card_changes_is_in_view_before_it_is_promoted(
    home: Home, monkeypatch: pytest.MonkeyPatch, language: str, command: tuple[str, ...]
):
    monkeypatch.setenv("RISKCODE_LANG", language)
    monkeypatch.setenv("COLUMNS", "80")
    done = run(*command)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    # What was decided, and the file of the model card, are said in a line each.
    assert max(map(cell_len, lines[: -2 if command[0] == "promote" else None])) <= 80
    text = without_blanks(done.stdout)
    for told in (*WORK[language], "700", "1,000"):
        assert without_blanks(told) in text, told
    if command[0] != "show":
        # Of 200 chemical enterprises 120 are RED now, 80 then.
        chemicals = [line.split() for line in lines if line.endswith(("60.0%", "40.0%"))]
        assert [line[-5:] for line in chemicals] == [
            ["120", "10", "50", "20", "60.0%"],
            ["80", "20", "50", "50", "40.0%"],
        ]


def test_what_a_promotion_changes_is_told_to_machines(home: Home):
    effects = json.loads(json.dumps(CHANGED.to_dict()))
    assert json.loads(run("compare", CARD_ID, "--json").stdout)["inputs"]["effects"] == effects
    told = json.loads(run("promote", CARD_ID, *SIGNED, "--json").stdout)
    assert told["card"] == CARD_ID and told["inputs"]["effects"] == effects
    assert told["gate"]["passed"] is True
    assert told["inputs"]["effects"]["groups"][1]["then"]["red"] == 80


def test_an_evaluation_of_a_former_version_tells_the_moves_and_that_the_rest_was_not_measured(home: Home):
    store(home, replace(BETTER, effects=None))
    done = run("compare", CARD_ID)
    assert done.exit_code == 0 and "Work and groups were not measured then" in done.stdout
    with writing(home) as connection:
        connection.execute(
            "UPDATE model.evaluations SET gate_inputs = json_merge_patch(gate_inputs, '{\"effects\": null}')"
        )
        publish_models(connection, home)
    assert run("compare", CARD_ID).stdout == done.stdout


@pytest.mark.parametrize("language", LANGUAGES)
def test_show_is_one_page_even_of_the_largest_card(
    home: Home, monkeypatch: pytest.MonkeyPatch, language: str
):
    monkeypatch.setenv("COLUMNS", "80")
    large = fitted(largest_card())
    with writing(home) as connection:
        save_card(connection, large, fitted_on=date(2026, 6, 30))
        connection.execute("UPDATE model.evaluations SET card_id = ?", [large.card_id])
        publish_models(connection, home)
    lines = run("show", large.card_id, "--lang", language).stdout.splitlines()
    assert 50 < len(lines) <= 60
    assert max(map(cell_len, lines)) <= 80
    text = without_blanks("\n".join(lines))
    for told in WORK[language]:
        assert without_blanks(told) in text, "what it would change is not what is left out"
    title = {"zh": "近两年违法违规加权分", "en": "Findings of 24 month"}[language]
    assert "\n".join(lines).count(title) == 17, "no factor but the industry's is left out"
    whole = run("show", large.card_id, "--lang", language, "--whole").stdout
    assert len(whole.splitlines()) > 90 and "177+: 37.4% (29.9–46.8)" in whole


def test_a_promotion_writes_the_model_card_in_both_languages_and_show_names_it(home: Home):
    assert "./riskcode model card" in run("show", CARD_ID).stdout
    told = json.loads(run("promote", CARD_ID, *SIGNED, "--json").stdout)
    paths = [home.model_card(CARD_ID, language) for language in LANGUAGES]
    assert told["model_cards"] == [str(path) for path in paths]
    for language, path in zip(LANGUAGES, paths, strict=True):
        text = path.read_text(encoding="utf-8")
        assert TITLE[language] in text and "Wang Li" in text and "better on both periods" in text
        assert without_blanks(str(path)) in without_blanks(run("show", CARD_ID, "--lang", language).stdout)
    assert json.loads(run("show", "--json").stdout)["model_card"] == str(paths[1])


def test_a_rollback_is_told_in_the_model_card_of_what_goes(home: Home):
    run("promote", CARD_ID, *SIGNED)
    run("rollback", "--by", "Zhao Min", "--reason", "too many complaints")
    text = home.model_card(CARD_ID, "en").read_text(encoding="utf-8")
    assert "replaced by expert pack" in text and "too many complaints" in text and "Zhao Min" in text


def test_a_model_card_is_written_of_any_card_in_the_language_asked_for(home: Home):
    done = run("card", CARD_ID[:6], "--language", "zh")
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == str(home.model_card(CARD_ID, "zh"))
    assert not home.model_card(CARD_ID, "en").exists()
    assert len(json.loads(run("card", CARD_ID, "--json").stdout)) == 2
    assert run("card", CARD_ID, "--language", "fr").exit_code == 2
    assert isinstance(run("card").exception, ModelError), "nothing is in force"


def in_shadow(home: Home) -> None:
    """Three days, with one missing, on which the card was in shadow."""
    points = json.dumps([["violations_36m", 12, 0], ["employees", 4, 3]])
    with writing(home) as connection:
        for day in ("2026-06-27", "2026-06-28", "2026-06-30"):
            for one, other, n in (
                ("red", "red", 90),
                ("red", "yellow", 1),
                ("green", "red", 9),
                ("green", "green", 900),
            ):
                connection.execute(
                    "INSERT INTO model.shadow_codes VALUES (?, ?, NULL, ?, ?, ?)",
                    [day, CARD_ID, one, other, n],
                )
        connection.execute(
            "INSERT INTO model.shadow_red VALUES ('2026-06-30', ?, NULL, '91370102MA35F4GR25', 'red', 'yellow', "
            "36, 34, 18, 20, ?)",
            [CARD_ID, points],
        )
        publish_models(connection, home)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_month_of_two_cards_is_read_side_by_side(
    home: Home, monkeypatch: pytest.MonkeyPatch, language: str
):
    monkeypatch.setenv("RISKCODE_LANG", language)
    monkeypatch.setenv("COLUMNS", "80")
    in_shadow(home)
    done = run("shadow")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert max(map(cell_len, lines)) <= 80
    day = next(n for n, line in enumerate(lines) if line.startswith("2026-06-30"))
    assert lines[day].split()[2:] == ["91", "0", "0", "909", "1", "99.0%"]
    assert lines[day + 1].split()[1:] == ["99", "1", "0", "900", "9"]
    text = without_blanks(done.stdout)
    for told in {
        "en": (
            "beside expert pack",
            "1 days in between without a shadow",
            "RED 36/34",
            "YELLOW 18/20",
            "+12 → 0",
        ),
        "zh": ("与专家卡并行", "期间有 1 日无影子结果", "红 36/34", "黄 18/20", "近三年违法违规数 +12 → 0"),
    }[language]:
        assert without_blanks(told) in text, told
    assert len(run("shadow", CARD_ID, "--days", "1", "--limit", "0").stdout.splitlines()) < len(lines)


def test_machines_get_every_day_and_every_enterprise(home: Home):
    in_shadow(home)
    told = json.loads(run("shadow", CARD_ID[:5], "--json").stdout)
    assert told["card"] == CARD_ID and [day["as_of"] for day in told["days"]][-1] == "2026-06-30"
    last = told["days"][-1]
    assert last["agreement"] == 0.99 and last["against"] is None
    assert {"from": "green", "to": "red", "enterprises": 9} in last["moves"]
    [one] = last["apart"]
    assert (one["from_code"], one["shadow_score"]) == ("red", 18)
    assert one["points"][0] == {"feature": "violations_36m", "now": 12, "shadow": 0}


def test_without_a_shadow_it_is_told_how_to_get_one(home: Home):
    for command in (("shadow",), ("shadow", CARD_ID)):
        failed = run(*command).exception
        assert isinstance(failed, ModelError) and "./riskcode run" in str(failed)


def test_an_unknown_card_ends_with_code_8_and_says_what_there_is(home: Home):
    for command in (("show", "beef"), ("compare", "beef"), ("promote", "beef", *SIGNED)):
        failed = run(*command).exception
        assert isinstance(failed, ModelError)
        assert failed.exit_code == 8 and CARD_ID in str(failed)


def test_without_a_card_named_show_shows_the_champion(home: Home):
    assert isinstance(run("show").exception, ModelError)
    run("promote", CARD_ID, *SIGNED)
    assert f"{CARD_ID} · {TITLE['en']} · champion" in run("show").stdout


def test_list_tells_cards_and_decisions(home: Home):
    assert "challenger" in run("list").stdout
    run("promote", CARD_ID, *SIGNED, "--from", "2026-12-01")
    text = run("list").stdout
    for told in (CARD_ID, "champion", "41,203", "from 2026-12-01", "approved by Wang Li", "on both periods"):
        assert told in text
    assert "against the gate" not in text
    found = json.loads(run("list", "--json").stdout)
    assert found["cards"][0]["state"] == "champion"
    assert found["promotions"][0]["approved_by"] == "Wang Li"


def test_the_list_fits_a_terminal_of_80_columns(home: Home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = run("list").stdout.splitlines()
    assert len(lines) == 2 and "serious_finding" in lines[1]
    assert max(map(cell_len, lines)) <= 80


def test_without_cards_list_says_how_to_get_one(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("RISKCODE_HOME", str(tmp_path / "empty"))
    assert "./riskcode model fit" in run("list").stdout
    assert not (tmp_path / "empty").exists()


def test_compare_shows_measures_moves_and_findings(home: Home):
    text = run("compare", CARD_ID).stdout
    for told in (
        "0.742",
        "0.721",
        "+0.021",
        "700",
        "150",
        "1,000",
        "Gate: passed",
        "20.0% of the enterprises",
    ):
        assert told in text
    data = json.loads(run("compare", CARD_ID, "expert", "--json").stdout)
    assert data["against"] is None and data["gate"]["passed"] is True
    assert {"from": "green", "to": "blue", "enterprises": 150} in data["inputs"]["moves"]


def test_cards_are_compared_with_what_is_in_force_only(home: Home):
    failed = run("compare", CARD_ID, CARD_ID).exception
    assert isinstance(failed, ModelError)
    assert "what is in force, expert" in str(failed)


def test_what_is_in_force_already_is_not_put_in_force_again(home: Home):
    first = run("promote", CARD_ID, *SIGNED)
    again = run("promote", CARD_ID, *SIGNED)
    assert again.exit_code == 0 and again.stdout == "".join(first.stdout.splitlines(keepends=True)[-2:]), (
        "told once more"
    )
    other = ("promote", CARD_ID, "--by", "Zhao Min", "--reason", "better on both periods", "--yes")
    for command in (other, ("compare", CARD_ID)):
        failed = run(*command).exception
        assert isinstance(failed, ModelError) and "in force already" in str(failed)
    assert len(list_promotions(home)) == 1


def test_promoting_prints_the_findings_and_keeps_who_decided(home: Home):
    done = run("promote", CARD_ID, *SIGNED, "--from", "2026-12-01")
    assert done.exit_code == 0, done.output
    assert "Gate: passed" in done.stdout and "champion from 2026-12-01" in done.stdout
    (kept,) = list_promotions(home)
    assert (kept["action"], kept["card_id"], kept["previous_id"]) == ("promote", CARD_ID, None)
    assert (kept["approved_by"], kept["reason"]) == ("Wang Li", "better on both periods")
    assert kept["effective_from"] == date(2026, 12, 1) and kept["overridden"] is False
    assert len(json.loads(kept["gate"])) == 8


def test_a_refused_card_is_not_promoted_and_the_findings_are_told(home: Home):
    store(home, WORSE)
    done = run("promote", CARD_ID, *SIGNED)
    assert isinstance(done.exception, ModelError) and done.exception.exit_code == 8
    assert "AUC less the champion's is -0.020" in str(done.exception)
    assert "--override" in str(done.exception)
    assert "Gate: refused" in done.stdout
    assert not list_promotions(home)


def test_a_person_may_decide_against_the_gate_and_the_list_says_so(home: Home):
    store(home, WORSE)
    assert run("promote", CARD_ID, *SIGNED, "--override").exit_code == 0
    assert list_promotions(home)[0]["overridden"] is True
    assert "against the gate" in run("list").stdout


def test_overriding_a_gate_that_passes_is_no_override(home: Home):
    run("promote", CARD_ID, *SIGNED, "--override")
    assert list_promotions(home)[0]["overridden"] is False


def test_a_card_that_was_never_evaluated_is_not_promoted(home: Home):
    with writing(home) as connection:
        connection.execute("DELETE FROM model.evaluations")
        publish_models(connection, home)
    failed = run("promote", CARD_ID, *SIGNED).exception
    assert isinstance(failed, ModelError) and "./riskcode model evaluate" in str(failed)


@pytest.mark.parametrize("blank", [("--by", " ", "--reason", "why"), ("--by", "Wang Li", "--reason", "")])
@pytest.mark.parametrize("command", [("promote", CARD_ID), ("rollback",)])
def test_a_decision_without_name_or_reason_is_refused(
    home: Home, command: tuple[str, ...], blank: tuple[str, ...]
):
    done = run(*command, *blank)
    assert done.exit_code == 2 and "is blank" in done.output
    assert run(*command, *blank[:2]).exit_code == 2
    assert not list_promotions(home)


def test_on_a_terminal_promoting_asks_first(home: Home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pipelines.cli.model.on_a_terminal", lambda: True)
    assert run("promote", CARD_ID, *SIGNED, answer="n\n").exit_code == 1
    assert not list_promotions(home)
    assert run("promote", CARD_ID, *SIGNED, answer="y\n").exit_code == 0
    assert len(list_promotions(home)) == 1


def test_yes_is_not_asked_again(home: Home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pipelines.cli.model.on_a_terminal", lambda: True)
    assert run("promote", CARD_ID, *SIGNED, "--yes").exit_code == 0


def test_while_a_run_writes_nothing_is_promoted(home: Home):
    with holding(home):
        failed = run("promote", CARD_ID, *SIGNED).exception
    assert isinstance(failed, BusyError)
    assert not list_promotions(home)


def test_rolling_back_names_what_is_in_force_again(home: Home):
    nothing = ("rollback", "--by", "Wang Li", "--reason", "too many complaints")
    assert isinstance(run(*nothing).exception, ModelError)
    run("promote", CARD_ID, *SIGNED)
    done = run("rollback", "--by", "Wang Li", "--reason", "too many complaints")
    assert done.exit_code == 0
    assert "Rolled back to expert pack" in done.stdout
    kept = list_promotions(home)[0]
    assert (kept["action"], kept["card_id"], kept["reason"]) == ("rollback", None, "too many complaints")
    text = run("list").stdout
    assert "rolled back expert pack" in text and "retired" in text


def test_a_refusal_ends_the_process_with_code_8(home: Home):
    store(home, WORSE)
    done = riskcode(home.root, "model", "promote", CARD_ID, *SIGNED)
    assert done.returncode == 8
    assert "Gate: refused" in done.stdout and "The gate refuses" in done.stderr


@pytest.fixture
def learning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, Any]]:
    """Stands in for ``pipelines.learning``; says what it was asked for."""
    asked, module = list[dict[str, Any]](), ModuleType("pipelines.learning")

    def fit(_: Any, label: str, **told: Any) -> Any:
        asked.append({"label": label, **told})
        return SimpleNamespace(
            card_id="3f2a91c07d1e",
            scorecard=SimpleNamespace(factors=FACTORS),
            to_json=lambda: json.dumps(card()),
        )

    def evaluate(_: Any, label: str, **told: Any) -> Any:
        asked.append({"label": label, **told})
        day, nan = date(2026, 3, 31), float("nan")
        rows = [
            ("card", None, "auc", 0.742, 0.731, 0.752),
            ("card", None, "precision_expected", 0.29, None, None),
            ("card", None, "brier", 0.1, None, None),
            ("count", None, "auc", 0.61, 0.6, 0.62),
            ("count", None, "precision_expected", nan, nan, nan),
            ("card", day, "auc", 0.999, None, None),
        ]
        names = ("contestant", "test_as_of", "metric", "value", "low", "high")
        found = SimpleNamespace(
            metrics=pl.DataFrame(rows, schema=names, orient="row", schema_overrides={"test_as_of": pl.Date}),
            periods=pl.DataFrame({"is_final": [False, True, True]}),
            contestants=[
                SimpleNamespace(name="card", title=Message("Scorecard")),
                SimpleNamespace(name="count", title=Message("Count of findings")),
            ],
            opponent="count",
            gains=pl.DataFrame({"test_as_of": [day], "metric": ["auc"], "gain": [nan]}),
            forecast=pl.DataFrame({"metric": ["auc"], "expected": [0.1]}),
            verdict=Message("The card ranks better"),
        )
        return found, tmp_path / "report.html"

    module.fit, module.evaluate = fit, evaluate  # pyright: ignore
    monkeypatch.setitem(sys.modules, "pipelines.learning", module)
    monkeypatch.setenv("RISKCODE_HOME", str(tmp_path))
    monkeypatch.setenv("RISKCODE_LANG", "en")
    monkeypatch.setenv("COLUMNS", "100")
    return asked


def test_fitting_names_the_card_and_the_next_step(learning: list[dict[str, Any]]):
    done = run("fit", "--label", "penalty", "--as-of", "2026-06-30")
    assert learning == [{"label": "penalty", "as_of": date(2026, 6, 30), "family": "boosted"}]
    assert "./riskcode model show 3f2a91c07d1e" in done.stdout
    assert json.loads(run("fit", "--json").stdout)["card_id"] == "3f2a91c07d1e"
    assert learning[1] == {"label": "serious_finding", "as_of": None, "family": "boosted"}


def test_evaluating_shows_the_final_periods_the_verdict_and_the_report(
    learning: list[dict[str, Any]], tmp_path: Path
):
    text = run("evaluate").stdout
    for told in (
        "Last 2 periods",
        "0.742",
        "(0.731–0.752)",
        "29.0%",
        "Best simple rule before Count of findings",
        "ranks better",
    ):
        assert told in text
    assert "0.999" not in text
    assert str(tmp_path / "report.html") in text
    assert max(map(cell_len, text.replace(str(tmp_path), "").splitlines())) <= 100


def test_evaluating_for_machines_gives_every_measure_and_null_for_unknown(learning: list[dict[str, Any]]):
    data = json.loads(run("evaluate", "--json").stdout, parse_constant=pytest.fail)
    assert {row["metric"] for row in data["metrics"]} == {"auc", "precision_expected", "brier"}
    assert [row["value"] for row in data["metrics"]] == [0.742, 0.29, 0.1, 0.61, None]
    assert data["verdict"]["en"] == "The card ranks better"
    assert (data["opponent"], data["gains"][0]["gain"], data["forecast"][0]["expected"]) == (
        "count",
        None,
        0.1,
    )


def test_looking_at_cards_loads_no_learning():
    probe = (
        "import sys\n"
        "import pipelines.cli\n"
        "heavy = {'dagster', 'great_expectations', 'sklearn', 'polars', 'models.coding.card'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "import pipelines.cli.model\n"
        "heavy = {'dagster', 'great_expectations', 'sklearn', 'models.learning.fit'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = ended(process(Path("none"), "-c", probe))
    assert done.returncode == 0, done.stderr
