"""Cards in a warehouse: stored, put in force from a day on, taken back, and used by the nightly run."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from desk.pages.model_card import render
from desk.words.words import kept
from models.coding.card import FittedCard, with_card
from models.errors import ModelError, RiskcodeError
from models.learning.comparison import points_of
from models.learning.evaluation import Evaluation, evaluate
from models.learning.gate import Finding, GateResult
from models.learning.metrics import spearman
from models.learning.shadow import in_shadow
from models.learning.training import fit_finished
from models.messages import Message
from models.policy import load_policy
from models.vocabulary import CODE_KEYS, LIKELIHOOD
from pipelines.demo.city import build_city
from tests.worlds.panels import DAYS, POLICY, history, policy
from tests.worlds.warehouses import KnownCity, city_world, fill, stored_city
from warehouse.coding.coding import Coding
from warehouse.coding.issue import issue
from warehouse.coding.order import code_only
from warehouse.connection import Connection, writing
from warehouse.home import Home
from warehouse.learning.lessons import fit, prepare, store_card
from warehouse.planning.plan import compute_plan
from warehouse.publish import publish_run
from warehouse.rules.cards import (
    EVALUATION_TABLES,
    champion,
    promote,
    publish_models,
    roll_back,
    save_card,
    save_evaluation,
)
from warehouse.rules.dossier import dossier
from warehouse.rules.shelf import (
    card_in_shadow,
    gate_inputs,
    list_cards,
    list_promotions,
    load_card,
    shadow_days,
)

TODAY = date(2026, 6, 30)
PACK = load_policy()
OPEN = GateResult(())
SHUT = GateResult((Finding("precision", False, Message("finds too little"), value=0.5, limit=0.97),))


@cache
def card(seed: int = 1) -> FittedCard:
    """One of several cards."""
    return fit_finished(history(firms=500, seed=seed), policy=policy(), in_force=POLICY)


@cache
def evaluation() -> Evaluation:
    material = history(firms=400, days=DAYS[-8:])
    quick = policy(reported=["division"])
    return evaluate(material, policy=quick, in_force=POLICY, families=("logistic_bins_rounded",))


def save(home: Home, *cards: FittedCard) -> None:
    with writing(home) as connection:
        for one in cards:
            save_card(connection, one, fitted_on=TODAY)
        publish_models(connection, home)


def put_in_force(
    home: Home, of: FittedCard, day: date | None, *, gate: GateResult = OPEN, override: bool = False
) -> date:
    return promote(
        home,
        of.card_id,
        approved_by="王主任",
        reason="tried for a quarter",
        effective_from=day,
        gate=gate,
        override=override,
        say=kept,
    )


def take_back(home: Home, day: date | None = None) -> str | None:
    return roll_back(home, approved_by="王主任", reason="too many visits", effective_from=day)


def in_force(home: Home, day: date) -> str | None:
    """Id of the card in force on a day."""
    with writing(home) as connection:
        found = champion(connection, day)
    return found.card_id if found else None


def later(days: int) -> date:
    return TODAY + timedelta(days=days)


# ---- stored --------------------------------------------------------------------------------------------


def test_a_stored_card_is_the_card_in_the_table_in_the_file_and_for_readers(home: Home):
    save(home, card())
    text = (home.cards / f"{card().card_id}.json").read_text(encoding="utf-8")
    assert FittedCard.from_dict(json.loads(text)) == card()
    stored = load_card(home, card().card_id[:6])
    assert FittedCard.from_dict(stored.card) == card()
    assert (stored.state, stored.label, stored.fitted_on) == ("challenger", "serious_finding", TODAY)


def test_the_same_card_again_changes_nothing(home: Home):
    save(home, card())
    save(home, card(), card(2))
    assert {row["card_id"] for row in list_cards(home)} == {card().card_id, card(2).card_id}


def test_a_card_nobody_knows_is_refused_with_those_there_are(home: Home):
    save(home, card())
    with pytest.raises(ModelError, match=f"no card zzz. Stored cards: {card().card_id}"):
        load_card(home, "zzz")


# ---- in force ------------------------------------------------------------------------------------------


def test_before_the_first_promotion_the_expert_pack_is_in_force(home: Home):
    save(home, card())
    assert in_force(home, TODAY) is None
    with pytest.raises(ModelError, match="the expert pack is in force"):
        load_card(home, None)


def test_a_card_is_in_force_from_its_day_on(home: Home):
    save(home, card())
    assert put_in_force(home, card(), later(5)) == later(5)
    assert [in_force(home, later(days)) for days in (0, 4, 5, 400)] == [None, None, *[card().card_id] * 2]
    assert load_card(home, None).card_id == card().card_id
    with writing(home) as connection:
        assert champion(connection, later(5)) == card()


def test_each_day_keeps_the_card_it_had(home: Home):
    save(home, card(1), card(2))
    put_in_force(home, card(1), later(5))
    put_in_force(home, card(2), later(10))
    assert [in_force(home, later(days)) for days in (4, 5, 9, 10)] == [
        None,
        card(1).card_id,
        card(1).card_id,
        card(2).card_id,
    ]


def test_a_rollback_brings_the_previous_card_back_and_then_the_expert_pack(home: Home):
    save(home, card(1), card(2))
    put_in_force(home, card(1), later(1))
    put_in_force(home, card(2), later(2))
    assert take_back(home, later(3)) == card(1).card_id
    assert in_force(home, later(3)) == card(1).card_id
    assert take_back(home, later(4)) is None
    assert [in_force(home, later(days)) for days in (1, 2, 3, 4)] == [
        card(1).card_id,
        card(2).card_id,
        card(1).card_id,
        None,
    ]


def test_what_was_taken_back_does_not_come_again_by_a_further_rollback(home: Home):
    save(home, card(1), card(2), card(3))
    put_in_force(home, card(1), later(1))
    put_in_force(home, card(2), later(2))
    take_back(home, later(3))
    put_in_force(home, card(3), later(4))
    assert take_back(home, later(5)) == card(1).card_id


def test_a_promotion_for_later_that_was_taken_back_never_takes_effect(home: Home):
    save(home, card())
    put_in_force(home, card(), later(30))
    assert take_back(home, later(1)) is None
    assert in_force(home, later(30)) is None


def test_a_later_decision_overrules_an_earlier_one_that_was_to_begin_later(home: Home):
    save(home, card(1), card(2))
    put_in_force(home, card(1), later(30))
    put_in_force(home, card(2), later(10))
    assert [in_force(home, later(days)) for days in (9, 10, 30)] == [None, *[card(2).card_id] * 2]


def test_with_nothing_promoted_there_is_nothing_to_take_back(home: Home):
    save(home, card())
    with pytest.raises(ModelError, match="nothing to roll back"):
        take_back(home)
    put_in_force(home, card(), later(1))
    take_back(home, later(2))
    with pytest.raises(ModelError, match="nothing to roll back"):
        take_back(home, later(3))


def test_every_decision_is_kept_with_who_and_why(home: Home):
    save(home, card())
    put_in_force(home, card(), later(1), gate=SHUT, override=True)
    take_back(home, later(2))
    back, there = list_promotions(home)
    assert (there["action"], there["card_id"], there["previous_id"]) == ("promote", card().card_id, None)
    assert (there["approved_by"], there["overridden"]) == ("王主任", True)
    assert json.loads(there["gate"])[0]["name"] == "precision"
    assert (back["action"], back["card_id"], back["previous_id"]) == ("rollback", None, card().card_id)
    assert back["reason"] == "too many visits"


def test_what_the_gate_refuses_is_not_promoted_without_an_override(home: Home):
    save(home, card())
    with pytest.raises(ModelError, match="finds too little"):
        put_in_force(home, card(), later(1), gate=SHUT)
    assert list_promotions(home) == []


def test_a_card_that_is_not_stored_cannot_be_promoted(home: Home):
    save(home, card())
    with pytest.raises(ModelError, match="no card"):
        put_in_force(home, card(2), later(1))


def test_before_anything_is_coded_a_card_may_begin_on_any_day(home: Home):
    save(home, card())
    assert put_in_force(home, card(), date(2020, 1, 1)) == date(2020, 1, 1)


# ---- a card that was changed ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"), [('"red": ', '"red": 1'), ('"logit_per_point": 0.1', '"logit_per_point": 0.2')]
)
def test_a_card_changed_in_the_table_is_refused(home: Home, old: str, new: str):
    save(home, card())
    put_in_force(home, card(), TODAY)
    with writing(home) as connection:
        connection.execute("UPDATE model.cards SET card = replace(card, ?, ?)", [old, new])
        with pytest.raises(RiskcodeError, match="was changed after it was saved"):
            champion(connection, TODAY)


def test_a_card_changed_on_disk_is_refused(home: Home):
    save(home, card())
    path: Path = home.cards / f"{card().card_id}.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    data["scorecard"]["factors"][0]["missing"] += 5
    with pytest.raises(RiskcodeError, match="was changed after it was saved"):
        FittedCard.from_dict(data)


def test_a_card_that_is_in_force_but_gone_is_missed(home: Home):
    save(home, card())
    put_in_force(home, card(), TODAY)
    with writing(home) as connection:
        connection.execute("DELETE FROM model.cards")
        with pytest.raises(ModelError, match=r"is in force .* but is not stored"):
            champion(connection, TODAY)


# ---- evaluations ---------------------------------------------------------------------------------------


def save_measured(home: Home, run_id: str, against: str | None = None) -> None:
    with writing(home) as connection:
        save_card(connection, evaluation().card, fitted_on=TODAY)
        save_evaluation(
            connection,
            evaluation(),
            run_id=run_id,
            against=against,
            evaluated_on=TODAY,
            report="r.html",
            say=kept,
        )
        publish_models(connection, home)


def test_every_table_of_an_evaluation_is_stored_once(home: Home):
    save_measured(home, "first")
    save_measured(home, "first")
    save_measured(home, "second")
    with writing(home) as connection:
        for name in EVALUATION_TABLES:
            frame: pl.DataFrame = getattr(evaluation(), name)
            kept = connection.sql(f"FROM model.{name} WHERE evaluation_id = 'first'").pl()
            assert kept.height == frame.height > 0, name
            back = kept.select(frame.columns).cast(dict(frame.schema))
            assert back.sort(back.columns).equals(frame.sort(frame.columns)), name
            assert connection.sql(f"FROM model.{name}").pl().height == 2 * frame.height


def test_readers_see_the_area_of_an_evaluated_card(home: Home):
    save_measured(home, "first")
    [row] = list_cards(home)
    assert row["auc"] == pytest.approx(evaluation().gate_inputs.challenger["auc"])


def test_the_gate_reads_back_what_was_measured(home: Home):
    save_measured(home, "first")
    back, told = gate_inputs(home, evaluation().card.card_id), evaluation().gate_inputs
    assert back.moves == told.moves
    assert back.challenger == pytest.approx(told.challenger)
    assert back.auc_difference == pytest.approx(told.auc_difference)
    assert [one[:3] for one in back.parity] == [one[:3] for one in told.parity]


def test_a_dossier_holds_what_was_measured_and_decided(home: Home):
    save_measured(home, "first")
    mine = evaluation().card.card_id
    put_in_force(home, evaluation().card, TODAY)
    told = dossier(home, mine[:6])
    assert told.card == evaluation().card and told.state == "champion"
    assert told.evaluation and told.evaluation["verdict_en"] == kept(evaluation().verdict)["en"]
    assert {*told.tables} == {*EVALUATION_TABLES}
    for name, frame in told.tables.items():
        assert frame.height == getattr(evaluation(), name).height, name
    assert [one["approved_by"] for one in told.decisions] == ["王主任"]
    for language in ("zh", "en"):
        assert "王主任" in render(told, evaluation().label, language=language)


def test_an_evaluation_against_another_card_than_the_one_in_force_does_not_count(home: Home):
    save_measured(home, "first", against=None)
    save(home, card(2))
    put_in_force(home, card(2), TODAY)
    with pytest.raises(ModelError, match=r"evaluated against the expert pack, but .* evaluate again"):
        gate_inputs(home, evaluation().card.card_id)


def test_a_card_that_was_never_evaluated_cannot_pass_the_gate(home: Home):
    save(home, card())
    with pytest.raises(ModelError, match="was never evaluated"):
        gate_inputs(home, card().card_id)


# ---- the nightly run -----------------------------------------------------------------------------------


@pytest.fixture
def city(home: Home) -> Iterator[Connection]:
    """The warehouse of a small demo city."""
    with writing(home) as connection:
        yield fill(connection, city_world(build_city(200, TODAY, 2, 2026)), received_on=TODAY)


@pytest.fixture
def few(home: Home) -> Iterator[Connection]:
    """The same of a few enterprises, for whole nights."""
    with writing(home) as connection:
        yield fill(connection, city_world(build_city(40, TODAY, 2, 2026)), received_on=TODAY)


def code(connection: Connection, day: date) -> tuple[Coding, pl.DataFrame]:
    """Code a day the way the nightly run does, and what came out."""
    found = champion(connection, day)
    coding = Coding(day, day, with_card(PACK.on(day), found), card=found)
    code_only(connection, coding)
    issue(connection, coding, run_id=f"{day}")
    return coding, connection.sql("FROM risk.codes ORDER BY enterprise_id").pl()


def with_champion(connection: Connection, home: Home, day: date) -> FittedCard:
    """A promoted card, on the connection that is open."""
    save_card(connection, card(), fitted_on=TODAY)
    connection.execute(
        "INSERT INTO model.promotions VALUES (1, now(), 'promote', ?, NULL, 'w', 'r', ?, false, '[]')",
        [card().card_id, day],
    )
    return card()


def test_while_the_expert_pack_is_in_force_there_are_no_probabilities(city: Connection):
    coding, codes = code(city, TODAY)
    assert coding.card is None
    assert codes["fingerprint"].unique().to_list() == [PACK.on(TODAY).scorecard.fingerprint]
    assert city.sql("FROM risk.probabilities").pl().is_empty()
    assert city.sql("FROM risk.rates").pl().is_empty()


def test_with_a_champion_its_points_and_cut_offs_decide(city: Connection, home: Home):
    used = with_champion(city, home, TODAY)
    _, codes = code(city, TODAY)
    features = city.sql("FROM risk.features ORDER BY enterprise_id").pl()
    assert codes["score"].to_list() == points_of(used.scorecard, features).tolist()
    assert codes["fingerprint"].unique().to_list() == [used.scorecard.fingerprint]
    limits = (used.thresholds.blue, used.thresholds.yellow, used.thresholds.red)
    decided = codes.filter(pl.col("decided_by") == "score")
    assert decided.height > 20
    for score, name in decided.select("score", "code").iter_rows():
        assert name == CODE_KEYS[sum(score >= limit for limit in limits)]


def test_a_day_before_the_champions_is_coded_by_the_expert_pack(city: Connection, home: Home):
    with_champion(city, home, TODAY)
    coding, _ = code(city, TODAY - timedelta(days=1))
    assert coding.card is None
    coding, _ = code(city, TODAY)
    assert coding.card == card()


def test_with_a_champion_every_firm_has_a_probability_in_words_and_a_rate(city: Connection, home: Home):
    used = with_champion(city, home, TODAY)
    _, codes = code(city, TODAY)
    said = city.sql("FROM risk.probabilities ORDER BY enterprise_id").pl().join(codes, on="enterprise_id")
    assert said.height == codes.height * len(used.calibrations)
    assert said["card_id"].unique().to_list() == [used.card_id]
    for row in said.rows(named=True):
        step = used.calibrations[row["label"]].at(row["score"])
        assert (row["probability"], row["low"], row["high"]) == (step.probability, step.low, step.high)
        assert row["wording_zh"] == LIKELIHOOD.zh(used.calibrations[row["label"]].likelihood(row["score"]))
    rates = city.sql("FROM risk.rates").pl()
    assert sorted(rates["enterprise_id"]) == codes["enterprise_id"].to_list()
    assert rates["rate"].is_between(rates["low"], rates["high"]).all()
    assert rates["among_worst"].sum() == pytest.approx(max(1, round(codes.height * 0.02)))


def test_vetoes_apply_under_a_champion(city: Connection, home: Home):
    used = with_champion(city, home, TODAY)
    _, codes = code(city, TODAY)
    hazardous = city.sql("SELECT enterprise_id FROM risk.features WHERE open_major_hazards > 0").pl()
    assert hazardous.height > 0
    struck = codes.join(hazardous, on="enterprise_id")
    assert struck["code"].unique().to_list() == ["red"]
    assert struck["score"].min() < used.thresholds.red, "the points alone would not do it"


def test_the_reasons_add_up_under_a_champion(city: Connection, home: Home):
    with_champion(city, home, TODAY)
    _, codes = code(city, TODAY)
    total = city.sql(
        "SELECT enterprise_id, sum(points)::BIGINT AS total FROM risk.explanations GROUP BY ALL"
    ).pl()
    joined = codes.join(total, on="enterprise_id", how="left")
    assert joined["total"].equals(joined["score"].alias("total"))


def test_a_day_that_is_coded_keeps_its_card(home: Home):
    with writing(home) as connection:
        fill(connection, city_world(build_city(60, TODAY, 2, 2026)), received_on=TODAY)
        code(connection, TODAY)
    save(home, card())
    for day in (TODAY, TODAY - timedelta(days=1)):
        with pytest.raises(ModelError, match=r"2026-06-30 is coded already .* from 2026-07-01 on"):
            put_in_force(home, card(), day)
    assert put_in_force(home, card(), None) == later(1)
    with pytest.raises(ModelError, match="coded already"):
        take_back(home, TODAY)


# ---- in shadow -------------------------------------------------------------------------------------------


def night(connection: Connection, home: Home, day: date) -> Coding:
    """Code and publish a day the way the nightly run does."""
    found = champion(connection, day)
    coding = Coding(day, day, with_card(PACK.on(day), found), card=found)
    code_only(connection, coding)
    compute_plan(connection, coding)
    publish_run(connection, home, coding, run_id=f"{day}")
    return coding


def test_every_night_the_newest_challenger_codes_beside_the_card_in_force(few: Connection, home: Home):
    save_card(few, card(2), fitted_on=TODAY - timedelta(days=1))
    save_card(few, card(), fitted_on=TODAY)
    coding = night(few, home, TODAY)
    night(few, home, later(1))
    first, second = shadow_days(home, card().card_id, 31)
    assert (first.as_of, second.as_of, first.against) == (TODAY, later(1), None)
    assert card_in_shadow(home) == card().card_id
    with pytest.raises(ModelError, match="was not in shadow yet"):
        shadow_days(home, card(2).card_id, 31)
    assert [one.as_of for one in shadow_days(home, card().card_id, 1)] == [later(1)]
    # What was kept is what both cards say of that day.
    features = few.sql("FROM risk.features ORDER BY enterprise_id").pl()
    pairs, apart = in_shadow(features, in_force=PACK.on(later(1)), champion=None, card=card())
    assert dict(second.moves) == {(one, other): n for one, other, n in pairs.rows()}
    assert sum(second.moves.values()) == features.height
    assert [row["enterprise_id"] for row in second.apart] == apart["enterprise_id"].to_list()
    assert coding.card is None, "it codes nobody"


@pytest.mark.whole
def test_what_is_in_force_is_not_in_shadow_and_shadows_go_after_two_months(few: Connection, home: Home):
    save_card(few, card(), fitted_on=TODAY)
    night(few, home, TODAY)
    night(few, home, later(61))
    assert [one.as_of for one in shadow_days(home, card().card_id, 31)] == [TODAY, later(61)]
    night(few, home, later(62))
    assert [one.as_of for one in shadow_days(home, card().card_id, 31)] == [later(61), later(62)]
    with_champion(few, home, later(63))
    save_card(few, card(2), fitted_on=TODAY)
    night(few, home, later(63))
    assert [one.as_of for one in shadow_days(home, card().card_id, 31)] == [later(61), later(62)]
    [against] = shadow_days(home, card(2).card_id, 31)
    assert against.against == card().card_id


def test_a_card_that_cannot_score_holds_no_night_up(few: Connection, home: Home):
    save_card(few, card(), fitted_on=TODAY)
    few.execute("UPDATE model.cards SET card = replace(card, '\"red\": ', '\"red\": 1')")
    night(few, home, TODAY)
    assert card_in_shadow(home) is None
    assert few.sql("SELECT max(as_of) FROM risk.codes").fetchall() == [(TODAY,)]


def test_a_lesson_knows_what_the_crews_can_make_and_who_is_closed(city: Connection):
    material = prepare(city, PACK, label="accident", as_of=TODAY, to_judge=False).material
    closed = city.sql("SELECT DISTINCT enterprise_id FROM core.enterprises WHERE status = 'closed'").pl()
    assert 0 < len(material.closed) < 200 and material.closed <= set(closed["enterprise_id"])
    # Two officers of an authority are a crew, and a special inspection is its day; some are on leave.
    crews = city.sql(
        "SELECT sum(n // 2)::BIGINT FROM (SELECT count(DISTINCT officer_id) AS n FROM core.officers WHERE "
        "role = 'officer' AND certified_until > DATE '2026-07-10' AND left_on IS NULL GROUP BY level, division)"
    ).fetchall()[0][0]
    assert material.capacity is not None and material.capacity.working_days == 5
    assert 5 * crews * 0.7 < material.capacity.visits <= 5 * crews


def test_without_officers_what_can_be_made_is_unknown(city: Connection):
    city.execute("DELETE FROM core.officers")
    assert prepare(city, PACK, label="accident", as_of=TODAY, to_judge=False).material.capacity is None


# ---- the demo city, whose truth is known ---------------------------------------------------------------


@pytest.fixture(scope="module")
def known_city() -> Iterator[KnownCity]:
    """Four years of 2,000 firms, and the latent risk that caused it all."""
    city = stored_city(2000, end=TODAY, years=4)
    yield city
    city.connection.close()


@pytest.mark.slow
def test_a_card_ranks_the_demo_city_at_least_as_truly_as_counting_does(known_city: KnownCity, home: Home):
    lesson = prepare(known_city.connection, PACK, label="penalty", as_of=TODAY)
    fitted = fit(lesson)
    rows = lesson.material.current.join(known_city.truth, on="enterprise_id")
    truth = rows["latent_risk"].to_numpy()
    found = {
        "card": spearman(points_of(fitted.scorecard, rows), truth),
        "count": spearman(rows["violations_36m"].to_numpy(), truth),
        "expert": spearman(points_of(lesson.policy.scorecard, rows), truth),
    }
    told = ", ".join(f"{name} {value:.3f}" for name, value in found.items())
    assert found["card"] > 0, told
    assert found["card"] >= found["count"], told
    assert store_card(known_city.connection, home, fitted, today=TODAY) == fitted.card_id
    assert load_card(home, fitted.card_id).label == "penalty"
