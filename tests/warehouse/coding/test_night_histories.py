"""After any history a night that keeps what it can comes to the tables of a night that codes everybody."""

import shutil
import tempfile
from datetime import date, timedelta
from pathlib import Path
from random import Random
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from models.errors import DisputeError, PolicyError
from models.policy import load_policy
from models.tables.canonical import TABLES
from tests.warehouse.coding.test_renewal import tables_of
from tests.worlds.bucketed import some_card
from tests.worlds.dying import dying
from tests.worlds.edges import edgy_world
from tests.worlds.effort import EVERYTHING, histories
from tests.worlds.warehouses import fill
from warehouse.coding import renewal
from warehouse.coding.issue import issue
from warehouse.coding.order import code_enterprises
from warehouse.connection import writing
from warehouse.database.frames import insert
from warehouse.database.places import open_place
from warehouse.disputes.overrides import Given, end_override, give_override
from warehouse.home import Home
from warehouse.intraday import update_enterprises
from warehouse.rules.cards import save_card
from warehouse.rules.in_force import coding_on
from warehouse.rules.packs import Activation, activate, begin_with

START = date(2026, 6, 30)
PACK = load_policy()
FIRMS = 12


class Nights(RuleBasedStateMachine):
    """A few enterprises, to which things happen between nights; nights die in the middle, too."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="riskcode-nights-"))
        self.home, self.beside = (Home(self.folder / name).prepare() for name in ("home", "beside"))
        self.day, self.number, self.kept = START, 0, 0
        # What is told to readers is not looked at.
        self.patches = [
            patch("warehouse.intraday.publish"),
            patch("warehouse.coding.extract.FEW", 0),
            patch("warehouse.coding.extract.MOST_ROWS", 60),
        ]
        for one in self.patches:
            one.start()
        with writing(self.home) as connection:
            fill(connection, self.world(0), received_on=START)
            begin_with(connection, self.home, PACK)
        self.a_night(1)

    def teardown(self) -> None:
        for one in self.patches:
            one.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def world(self, seed: int) -> dict[str, pl.DataFrame]:
        return edgy_world(seed, self.day, firms=FIRMS, most_events=20)

    # ---- what happens --------------------------------------------------------------------------------------

    @rule(
        seed=st.integers(0, 10**6),
        how=st.sampled_from(("told", "withdrawn", "of another")),
        often=st.booleans(),
    )
    def rows_come_in(self, seed: int, how: str, *, often: bool) -> None:
        """Rows that are new, or corrections of rows that were about the same or another enterprise."""
        chance = Random(seed)
        told = {
            name: frame for name, frame in self.world(seed).items() if name != "enterprises" and frame.height
        }
        for name in chance.sample(sorted(told), min(2, len(told))):
            at = chance.randrange(told[name].height)
            row = told[name][at : at + (3 if often else 1)].with_columns(recorded_at=pl.lit(self.day))
            if how == "withdrawn" and "withdrawn_on" in TABLES[name].columns():
                row = row.with_columns(withdrawn_on=pl.lit(self.day))
            if how == "of another":
                row = row.with_columns(enterprise_id=pl.lit(f"e{chance.randint(1, FIRMS)}"))
            with writing(self.home) as connection:
                fill(connection, {name: row}, received_on=self.day)

    @rule()
    def an_update_within_the_day(self) -> None:
        self.number += 1
        with writing(self.home) as connection:
            update_enterprises(connection, self.home, PACK, known_at=self.day, run_id=f"update {self.number}")

    @rule(
        firm=st.integers(1, FIRMS), code=st.sampled_from(("red", "yellow", "green")), days=st.integers(0, 40)
    )
    def an_override(self, firm: int, code: str, days: int) -> None:
        self.number += 1
        given = Given(
            f"e{firm}",
            code,
            self.day,
            self.day + timedelta(days=days),
            f"seen on the spot, {self.number}",
            "王主任",
            self.day,
        )
        with writing(self.home) as connection:
            try:
                give_override(connection, coding_on(connection, PACK, self.day), given)
            except DisputeError:
                return  # it is that code already, or has another one

    @rule(chance=st.integers(0, 10**6))
    def an_override_ends(self, chance: int) -> None:
        with writing(self.home) as connection:
            given = connection.sql(
                "SELECT override_id FROM dispute.overrides WHERE ended_on IS NULL ORDER BY 1"
            ).fetchall()
            if not given:
                return
            [number] = Random(chance).choice(given)
            tomorrow = self.day + timedelta(days=1)
            try:
                end_override(
                    connection, number, by="李主任", reason="settled", on=self.day, first_day_without=tomorrow
                )
            except DisputeError:
                return  # it is over

    @rule(pack=st.sampled_from(("starter", "shanxi", "longyan")), days=st.sampled_from((1, 2, 20)))
    def another_pack(self, pack: str, days: int) -> None:
        wanted = Activation(self.day + timedelta(days=days), "王主任", "tried", None)
        try:
            activate(self.home, load_policy(pack), wanted, default=PACK)
        except PolicyError:
            return  # it is in force anyway

    @rule(days=st.sampled_from((1, 2, 20)))
    def a_promotion(self, days: int) -> None:
        self.number += 1
        with writing(self.home) as connection:
            insert(
                connection,
                "model.promotions",
                number=self.number,
                promoted_at=self.day,
                action="promote",
                card_id=save_card(connection, some_card(), fitted_on=self.day),
                approved_by="ZHOU",
                reason="for a test",
                effective_from=self.day + timedelta(days=days),
                overridden=False,
                gate="[]",
            )

    # ---- nights --------------------------------------------------------------------------------------------

    @rule(days=st.sampled_from((1, 1, 1, 2, 31)))
    def a_night(self, days: int) -> None:
        self.day += timedelta(days=days)
        with writing(self.home) as connection:
            coding = coding_on(connection, PACK, self.day)
            with open_place(connection, self.beside, self.day):
                code_enterprises(connection, coding, is_full=True)
                whole = tables_of(connection)
            with open_place(connection, self.home, self.day):
                code_enterprises(connection, coding)
                ours = tables_of(connection)
                self.kept += renewal.held(connection) is not None
                assert renewal.kept_wrongly(connection) == []
                assert [name for name, frame in whole.items() if not frame.equals(ours[name])] == []
                issue(connection, coding, run_id=f"night {self.day}")

    @rule(after=st.integers(1, 14))
    def a_night_that_dies(self, after: int) -> None:
        """With a portion half written; the next night may go on with it, after whatever happens before."""
        with dying(lambda noted: len(noted) == after), writing(self.home) as connection:
            coding = coding_on(connection, PACK, self.day + timedelta(days=1))
            try:
                with open_place(connection, self.home, coding.as_of):
                    code_enterprises(connection, coding)
            except KeyboardInterrupt:
                return


@pytest.mark.whole
def test_a_night_after_any_history_is_a_whole_night() -> None:
    run_state_machine_as_test(Nights, settings=histories(6 if EVERYTHING else 2, steps=8))
