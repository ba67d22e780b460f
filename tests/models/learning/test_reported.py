"""What no card may use is told beside the card, with whom it would fall upon, and never becomes a card."""

from functools import cache

import numpy as np
import polars as pl
import pytest

from desk.pages.report.page import render
from desk.words.words import Words
from models.learning.evaluation import Evaluation, evaluate
from models.learning.reported import FAMILY, TITLES
from models.learning.training import Material
from tests.worlds.panels import POLICY, Floats, by_chance, history, policy

TELLING = "无限公司"


def by_form(rows: pl.DataFrame) -> Floats:
    """Logit of a truth that knows the legal form alone."""
    return np.where(_forms(rows) == TELLING, 1.0, -2.0)


def _forms(rows: pl.DataFrame) -> np.ndarray:
    """A third of the enterprises are of one form, by their id."""
    return np.where(rows["enterprise_id"].hash(7).to_numpy() % 3 == 0, TELLING, "有限公司")


def knowing(material: Material) -> Material:
    panel = material.panel.with_columns(legal_form=pl.Series(_forms(material.panel)))
    return Material(**{**vars(material), "panel": panel})


@cache
def measured(*told: str) -> Evaluation:
    return evaluate(
        knowing(history(by_form, firms=700)),
        policy=policy(test_periods=3, boosting_rounds=20, reported=list(told)),
        in_force=POLICY,
        families=("boosted", FAMILY),
    )


def brought(found: Evaluation, kind: str, metric: str = "auc") -> dict[str, float]:
    return found.reported.filter(kind=kind, metric=metric).row(0, named=True)


def test_what_the_legal_form_brings_is_told_with_its_interval():
    row = brought(measured("division", "legal_form"), "legal_form")
    assert row["value"] > 0.7
    assert 0 < row["low"] <= row["difference"] <= row["high"]


def test_a_column_that_tells_little_brings_little():
    found = measured("division", "legal_form")
    territory, form = (brought(found, name) for name in ("division", "legal_form"))
    assert territory["low"] < 0.02
    assert form["low"] > territory["difference"]


def test_whom_it_would_fall_upon_stands_beside_whom_the_card_visits():
    rows = measured("division", "legal_form").reported_parity.filter(kind="legal_form", group=TELLING)
    share = dict(rows.select("knows", "flagged_share").iter_rows())
    assert share[True] > 1.2 * share[False]


def test_it_never_becomes_a_card_nor_the_opponent_nor_a_family():
    found = measured("division", "legal_form")
    assert not {"legal_form", "division"} & {one.feature for one in found.card.scorecard.factors}
    assert found.card.origin.family in ("boosted", FAMILY)
    assert not found.opponent.startswith("with_")
    assert {one.kind for one in found.contestants if one.name.startswith("with_")} == {"reported"}


def test_a_pack_that_says_nothing_has_nothing_reported():
    found = measured()
    assert found.reported.is_empty()
    assert found.reported_parity.is_empty()
    assert {"knows", "kind", "group"} <= set(found.reported_parity.columns)


def test_what_the_data_do_not_tell_is_not_reported():
    found = evaluate(
        history(by_chance, firms=700),
        policy=policy(test_periods=3, boosting_rounds=20, reported=["legal_form"]),
        in_force=POLICY,
        families=(FAMILY,),
    )
    assert found.reported.is_empty()
    assert set(TITLES) == {"division", "legal_form"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_report_tells_it_in_every_language(language: str):
    page = render(measured("division", "legal_form"), language=language)
    words = Words(language)
    assert words("What no card may use, and what it would change") in page
    assert words("territory") in page
    assert TELLING in page
