"""Whoever goes on with a night that died comes to what a whole night gives, whatever happened in between."""

from dataclasses import replace
from datetime import datetime, time

import polars as pl
import pytest

from models.coding.card import FittedCard, with_card
from models.coding.timeline import InForce
from tests.warehouse.coding.test_renewal import LONG_AGO, begun, city, coding_of, night, tables_of, watched
from tests.worlds.bucketed import some_card
from tests.worlds.by_hand import row
from tests.worlds.dying import at_portion, dying
from tests.worlds.strategies import canonical
from tests.worlds.warehouses import fill
from warehouse.coding import renewal
from warehouse.coding.coding import Coding, identity_of
from warehouse.coding.order import STAGES, code_enterprises, require
from warehouse.connection import Connection
from warehouse.database import places
from warehouse.database.meta import stored_no
from warehouse.database.places import open_place
from warehouse.home import Home

__all__ = ["begun", "city"]
City = tuple[Home, Connection, Coding]


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warehouse.coding.extract.FEW", 0)
    monkeypatch.setattr("warehouse.coding.extract.MOST_ROWS", 40)


def whole(city: City, coding: Coding) -> dict[str, pl.DataFrame]:
    """The tables of a night that codes everybody."""
    home, connection, _ = city
    with open_place(connection, Home(home.root / "whole").prepare(), coding.as_of):
        code_enterprises(connection, coding, is_full=True)
        return tables_of(connection)


def unlike(connection: Connection, others: dict[str, pl.DataFrame]) -> list[str]:
    ours = tables_of(connection)
    return [name for name, frame in others.items() if not frame.equals(ours[name])]


@pytest.mark.whole
def test_rows_that_came_in_meanwhile_and_do_not_count_double_nobody(city: City) -> None:
    home, connection, coding = city
    coding = replace(coding, stored_by=stored_no(connection))
    others = whole(city, coding)
    with (
        pytest.raises(KeyboardInterrupt),
        dying(at_portion(3, "risk.explanations")),
        open_place(connection, home, coding.as_of),
    ):
        code_enterprises(connection, coding)
    raised = {"raised_at": datetime.combine(coding.as_of, time(8)), "recorded_at": coding.as_of}
    alerts = [row("alerts", 1000 + number, enterprise_id="e1", **raised) for number in range(15)]
    fill(connection, {"alerts": canonical("alerts", alerts)}, received_on=coding.as_of)
    with open_place(connection, home, coding.as_of):
        code_enterprises(connection, coding)
        assert unlike(connection, others) == []


@pytest.mark.whole
@pytest.mark.parametrize("table", ["risk.features", "risk.scores"])
def test_of_what_is_made_anew_after_the_sample_no_stage_is_passed_over(city: City, table: str) -> None:
    """As by a run that is tried again from the step that failed."""
    home, connection, coding = city
    coding = coding_of(watched(300), coding.as_of)
    others = whole(city, coding)
    connection.execute("UPDATE risk.forecast SET score = score + 1")
    renewed, everybody = 4, 2
    at = renewed + everybody if table == "risk.features" else renewed - 1 + everybody
    with (
        pytest.raises(KeyboardInterrupt),
        dying(at_portion(at, table)),
        open_place(connection, home, coding.as_of),
    ):
        code_enterprises(connection, coding)
    with open_place(connection, home, coding.as_of):
        assert renewal.kept_wrongly(connection)
        require(connection, coding, *list(STAGES)[2:])
        assert unlike(connection, others) == []


@pytest.mark.whole
def test_whoever_dies_while_what_was_kept_wrongly_is_forgotten_forgets_nothing(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, connection, coding = city
    coding = coding_of(watched(300), coding.as_of)
    others = whole(city, coding)
    connection.execute("UPDATE risk.features SET violations_12m = coalesce(violations_12m, 0) + 1")

    def die(connection: Connection) -> None:
        places.forget_made(connection)
        raise KeyboardInterrupt

    with monkeypatch.context() as killing, pytest.raises(KeyboardInterrupt):
        killing.setattr(renewal, "forget_made", die)
        with open_place(connection, home, coding.as_of):
            code_enterprises(connection, coding)
    with open_place(connection, home, coding.as_of):
        code_enterprises(connection, coding)
        assert renewal.kept_wrongly(connection)
        assert unlike(connection, others) == []


def test_a_night_that_is_run_again_after_it_was_issued_makes_no_portion_again(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, connection, coding = city
    coding = coding_of(watched(0), coding.as_of)
    assert night(connection, home, coding) == []
    issued = tables_of(connection)
    monkeypatch.setattr(places, "note_filled", None)
    with open_place(connection, home, coding.as_of):
        assert renewal.held(connection) is None
        code_enterprises(connection, coding)
        assert unlike(connection, issued) == []


def test_a_card_of_the_same_points_and_other_cut_offs_or_priors_begins_anew(city: City) -> None:
    _, connection, coding = city

    def by(card: FittedCard) -> Coding:
        policy = with_card(coding.policy, card)
        return replace(coding, policy=policy, card=card, rules=(InForce(LONG_AGO, policy, card),))

    card = some_card()
    stricter = card.thresholds.model_copy(update={"red": card.thresholds.red + 1})
    identities = {
        identity_of(connection, by(one))
        for one in (card, replace(card, thresholds=stricter), replace(card, priors=None))
    }
    assert len(identities) == 3


def test_whoever_dies_while_a_place_is_emptied_leaves_it_as_it_was(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, connection, coding = city
    with open_place(connection, home, coding.as_of):
        code_enterprises(connection, coding, is_full=True)
        held, others = places.identity(connection), tables_of(connection)

    def die(_: Connection) -> None:
        raise KeyboardInterrupt

    with open_place(connection, home, coding.as_of), monkeypatch.context() as killing:
        killing.setattr(places, "_prepare", die)
        with pytest.raises(KeyboardInterrupt):
            places.begin(connection, identity_of(connection, replace(coding, stored_by=1)))
    with open_place(connection, home, coding.as_of):
        assert places.identity(connection) == held
        assert places.made(connection) == {*STAGES}
        assert unlike(connection, others) == []


@pytest.mark.whole
def test_what_was_kept_of_codes_that_were_followed_by_others_is_not_gone_on_with(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, connection, coding = city
    monkeypatch.setattr("warehouse.coding.extract.MOST_ROWS", 20)
    coding = coding_of(watched(0), coding.as_of)
    others = whole(city, coding)
    dead = pytest.raises(KeyboardInterrupt)
    with dead, dying(at_portion(2, "risk.forecast")), open_place(connection, home, coding.as_of):
        code_enterprises(connection, coding)
    connection.execute("UPDATE ops.runs SET run_id = 'an update since' WHERE run_id LIKE '%01'")
    with open_place(connection, home, coding.as_of):
        code_enterprises(connection, coding)
        assert unlike(connection, others) == []
