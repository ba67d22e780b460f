"""What a plant manager reads: why, until when, and what would change it."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from desk.draw.passport import MOST_BARS, bars, stretches, timeline, waterfall
from desk.files.tables import as_json
from desk.pages.passport import render, write_page
from desk.say import facts, ways
from desk.say import passport as sentences
from desk.words.words import Words
from models.errors import WarehouseError
from models.policy.review import ObjectionClocks
from tests.worlds.passports import DAY, GREEN, HELD, RED, write_copy
from warehouse.database.reading import open_copy
from warehouse.questions.passport import passport

EN, ZH = Words("en"), Words("zh")
CLOCKS = ObjectionClocks(file_within_days=21, decide_within_days=22, decisive_within_working_days=5)
Found = dict[str, Any]


@pytest.fixture(scope="module")
def firms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Found]:
    with open_copy(write_copy(tmp_path_factory.mktemp("copy") / "riskcode.duckdb")) as connection:
        return {name: passport(connection, name) for name in (RED, HELD, GREEN)}


def plain(html: str) -> str:
    """The text of a page without its pictures."""
    return re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"<(svg|style).*?</\1>", "", html, flags=re.DOTALL))
    )


def test_the_code_is_shown_since_its_last_change(firms: dict[str, Found]) -> None:
    assert firms[RED]["since"] == date(2026, 5, 2)
    assert firms[GREEN]["since"] == DAY, "nothing was issued yet"


def test_cut_offs_are_those_the_copy_was_coded_by(firms: dict[str, Found]) -> None:
    assert firms[RED]["cut_offs"] == {"blue": 8, "yellow": 18, "red": 34}


def test_every_point_says_when_it_goes_and_what_comes_after(firms: dict[str, Found]) -> None:
    findings, sector = sentences.scored(firms[RED])
    assert sentences.later(findings, EN) == "+9 from 2026-08-01, gone on 2027-02-01"
    assert sentences.later(findings, ZH) == "2026-08-01 起 +9、2027-02-01 起清零"
    assert sentences.later(sector, EN) == "stays"


def test_of_many_steps_the_first_and_the_last_are_told() -> None:
    steps = [{"changes_on": date(2026, month, 1), "points": 5 - month} for month in range(1, 6)]
    assert (
        sentences.later({"points": 5, "after": steps}, EN, most=2)
        == "+4 from 2026-01-01, … gone on 2026-05-01"
    )


def test_points_below_nothing_that_end_are_not_called_gone() -> None:
    step = {"changes_on": date(2026, 12, 31), "points": 0}
    assert sentences.later({"points": -1, "after": [step]}, EN) == "0 from 2026-12-31"


def test_a_factor_without_points_today_is_told_when_it_will_give_some(firms: dict[str, Found]) -> None:
    [coming] = firms[RED]["coming"]
    assert (coming["factor"], coming["after"]) == (
        "self_reports",
        [{"changes_on": date(2027, 1, 1), "points": 1}],
    )


def test_the_sentence_names_the_rule_and_its_datum(firms: dict[str, Found]) -> None:
    assert sentences.because(firms[RED], EN) == (
        "RED because of a rule: Open major hazard (1 open). While this holds, no score makes it better than RED."
    )
    assert sentences.because(firms[RED], ZH).startswith("红码：触发规则“重大隐患”（1 项）。")
    assert sentences.also(firms[RED], EN) == [], "the score alone would give YELLOW"


def test_a_held_code_says_what_the_facts_say_and_what_they_said_before(firms: dict[str, Found]) -> None:
    assert "today's facts would give BLUE" in sentences.because(firms[HELD], EN)
    assert sentences.also(firms[HELD], EN) == [
        "Until 2026-06-10 the facts gave RED (40 risk points).",
        "The facts give BLUE because of: 12 risk points.",
    ]


def test_a_green_code_says_how_far_the_next_one_is(firms: dict[str, Found]) -> None:
    assert sentences.because(firms[GREEN], EN) == (
        "GREEN because it has only -1 risk points (worse begins at 8) and no rule asks for a worse code."
    )


def test_a_code_by_score_names_the_three_factors_that_add_most(firms: dict[str, Found]) -> None:
    found = {**firms[RED], "decided_by": "score", "code": "yellow"}
    assert sentences.because(found, EN) == (
        "YELLOW because it has 20 risk points and YELLOW begins at 18. Most come from: Findings (13), Sector (7)."
    )


def test_the_calendar_of_codes_has_no_gap_and_says_why_it_waits(firms: dict[str, Found]) -> None:
    now, yellow, blue = sentences.outlook(firms[HELD], EN)
    assert (now.when, now.why, now.waits) == ("today to 2026-07-10", "Waiting", "")
    assert yellow.when == "2026-07-11 to 2026-08-09"
    assert blue.when == "from 2026-08-10"
    assert "facts better from 2026-06-11" in yellow.waits
    assert "facts better from 2026-06-11" in blue.waits
    assert sentences.headline(firms[HELD], EN) == "YELLOW from 2026-07-11, BLUE from 2026-08-10"
    assert sentences.headline(firms[RED], EN) == "RED; time alone does not change it"


def test_what_would_change_it_is_told_in_one_line(firms: dict[str, Found]) -> None:
    assert ways.shortest(firms[RED], EN) == (
        "Rectify it and have it closed: CHEM-05, Ask for a re-check on site and pass it (nothing found) "
        "→ YELLOW from 2026-07-31"
    )
    assert ways.shortest(firms[HELD], EN) == "", "waiting is enough"
    assert ways.condition(firms[HELD], EN) == ""


def test_an_act_or_event_nobody_worded_is_shown_as_it_is() -> None:
    assert ways.act({"kind": "paint_it", "ref": "r", "about": "{gate}"}, EN) == "paint_it {gate}"
    assert ways.event("meteor", ZH) == "meteor"


def test_the_history_tells_what_came_and_which_rule_fired(firms: dict[str, Found]) -> None:
    first, second = firms[RED]["history"]
    assert sentences.turned(first, EN) == "GREEN: first code"
    assert sentences.turned(second, EN) == "GREEN to RED"
    assert sentences.causes(second, EN) == ["rule applies: Open major hazard", "came: Findings 0 → +13"]


def test_an_objection_is_marked_and_an_overdue_one_more_so(firms: dict[str, Found]) -> None:
    assert sentences.contested(firms[RED], EN) == ""
    found = {**firms[RED], "contested_until": date(2026, 7, 9), "contested_overdue": False}
    assert "by 2026-07-09" in sentences.contested(found, EN)
    assert "overdue" in sentences.contested({**found, "contested_overdue": True}, EN)


def test_a_passport_is_json(firms: dict[str, Found]) -> None:
    assert json.loads(as_json(firms[RED]))["reasons"][1]["after"][0] == {
        "changes_on": "2026-08-01",
        "points": 9,
    }


def test_an_unknown_enterprise_is_told_with_a_next_step(tmp_path: Path) -> None:
    with (
        open_copy(write_copy(tmp_path / "riskcode.duckdb")) as connection,
        pytest.raises(WarehouseError, match="Check the id"),
    ):
        passport(connection, "nobody")


@pytest.mark.parametrize(("firm", "language"), [(RED, "zh"), (HELD, "en")])
def test_the_page_needs_no_network_and_is_the_same_every_time(
    firms: dict[str, Found], firm: str, language: str, tmp_path: Path
) -> None:
    page = write_page(firms[firm], tmp_path / "new" / "p.html", language=language, clocks=CLOCKS)
    html = page.read_text(encoding="utf-8")
    assert "<script" not in html
    assert not re.search(r"""(src|href)\s*=\s*["'](?!#)|url\(\s*['"]?(?!#)|@import""", html)
    assert html == render(firms[firm], language=language, clocks=CLOCKS)


def test_the_page_answers_why_and_what_would_change_it(firms: dict[str, Found]) -> None:
    html = render({**firms[RED], "contested_until": date(2026, 7, 9)}, language="en", clocks=CLOCKS)
    page = plain(html)
    for told in (
        "RED because of a rule: Open major hazard",
        "⚑ contested: an objection is being decided, by 2026-07-09",
        "CHEM-05",
        "demo/V1",
        "from 2026-07-31",
        "+9 from 2026-08-01, gone on 2027-02-01",
        "GREEN to RED",
        "within 21 days",
        "within 22 days",
        "within 5 working days",
        "assumptions of this project",
        "art. 1",
    ):
        assert told in page, told
    assert "One event from RED" not in page, "it is RED already"
    assert "甲&lt;化工&gt;有限公司" in html


def test_the_page_of_a_green_firm_names_the_one_event(firms: dict[str, Found]) -> None:
    page = plain(render(firms[GREEN], language="en", clocks=CLOCKS))
    assert "Any one of these would make it RED on the same day: one accident, even without a death" in page
    alone = {**firms[GREEN], "near_red": []}
    assert "No single ordinary event" in plain(render(alone, language="en", clocks=CLOCKS))


def test_the_bars_add_up_to_the_score_even_where_small_ones_share_one(firms: dict[str, Found]) -> None:
    assert bars(firms[RED], EN) == [("Findings", 13), ("Sector", 7)]
    many = [
        {"kind": "points", "factor": f"f{n}", "points": n - 3, "title_en": f"F{n}"}
        for n in range(MOST_BARS + 5)
    ]
    shown = bars({"reasons": many}, EN)
    assert len(shown) == MOST_BARS
    assert sum(points for _, points in shown) == sum(one["points"] for one in many)


def test_the_strip_joins_what_was_shown_with_what_will_follow(firms: dict[str, Found]) -> None:
    assert stretches(firms[RED], date(2026, 4, 1), date(2026, 12, 31)) == [
        ("green", date(2026, 4, 1), date(2026, 5, 2)),
        ("red", date(2026, 5, 2), date(2026, 12, 31)),
    ]


def test_the_pictures_name_their_colours(firms: dict[str, Found]) -> None:
    drawn = waterfall(firms[HELD], EN) + timeline(firms[HELD], EN)
    assert all(named in drawn for named in ("RED", "YELLOW", "BLUE", "GREEN", "2026-08-10", "today"))


def test_data_are_worded_with_their_unit() -> None:
    assert facts.datum("overdue_rectifications", "1", EN) == "1 order"
    assert facts.datum("overdue_rectifications", "2", EN) == "2 orders"
    assert facts.datum("severity_mean", "46", ZH) == "每次 4.6"
    assert facts.datum("last_result", "0", EN) == "clean"
    assert facts.datum("days_since_inspection", None, EN) == "never inspected on site"
    assert facts.datum("held", "yellow", EN) == "facts: YELLOW"
    assert facts.datum("something_new", "3", EN) == "3"
