"""No silent difference: what damage does to a code is named with file and place."""

from pathlib import Path
from random import Random

import pytest

from tests.mangling.city import Delivery, content_of, good_delivery
from tests.mangling.every import CITIES, DAMAGES, Mangler, drawn
from tests.mangling.oracle import Damage, outcome_of, silent_differences
from tests.worlds.effort import EVERYTHING
from warehouse.intake.values import reading

MANGLINGS, SAMPLE = 2_000, 40
PARTS = 8


@pytest.fixture(scope="module")
def mangler(tmp_path_factory: pytest.TempPathFactory) -> Mangler:
    return Mangler(tmp_path_factory.mktemp("mangling"))


def test_there_are_many_kinds_of_damage_each_with_a_sentence_of_its_own():
    assert len(DAMAGES) >= 40
    assert len({one.sentence for one in DAMAGES.values()}) == len(DAMAGES)


@pytest.mark.parametrize("name", DAMAGES)
def test_every_damage_has_an_effect_and_is_the_same_for_a_seed(name: str, mangler: Mangler):
    seed = list(DAMAGES).index(name)
    (_, before, bad, damage), (_, _, again, same) = mangler.mangling(seed), mangler.mangling(seed)
    assert damage == same
    assert are_same(bad, again)
    assert not are_same(bad, before)


def are_same(one: Delivery, other: Delivery) -> bool:
    """Whether two deliveries are the same, byte by byte; files made alike need not be written."""
    told = ((one.files[name], other.files[name]) for name in one.files)
    changed = ((mine, yours) for mine, yours in told if mine != yours)
    return (one.mapping, one.beside) == (other.mapping, other.beside) and all(
        (mine.name, mine.is_delivered) == (yours.name, yours.is_delivered)
        and (not mine.is_delivered or content_of(mine) == content_of(yours))
        for mine, yours in changed
    )


def test_a_good_delivery_comes_to_the_same_in_files_of_any_kind(mangler: Mangler):
    outcomes = [mangler.good(city)[1] for city in range(CITIES)]
    for outcome in outcomes:
        assert (outcome.refused, outcome.remarks) == (set(), set())
        assert outcome.rows == outcomes[0].rows
    assert {rank for rank, _ in outcomes[0].codes.values()} == {0, 1, 2, 3}


@pytest.mark.slow
@pytest.mark.skipif(EVERYTHING, reason="all of them are tried")
def test_some_manglings_change_no_code_in_silence(mangler: Mangler):
    step = MANGLINGS // SAMPLE
    assert [told for seed in range(0, MANGLINGS, step) if (told := mangler.silent(seed + seed // step))] == []


@pytest.mark.whole
@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_no_mangling_changes_a_code_in_silence(part: int, mangler: Mangler):
    assert [told for seed in range(part, MANGLINGS, PARTS) if (told := mangler.silent(seed))] == []


def test_the_codes_of_a_mangling_follow_from_the_rows_of_each_enterprise(mangler: Mangler, tmp_path: Path):
    """Codes are asked for only where rows changed; that this loses nothing is looked at here."""
    good = mangler.good(0)[1]
    seed = list(DAMAGES).index("error_value")
    outcome = outcome_of(mangler.mangling(seed)[2], tmp_path)
    assert outcome.codes
    differ = {one for one in {*good.codes, *outcome.codes} if good.codes.get(one) != outcome.codes.get(one)}
    assert differ <= {
        one for one in {*good.rows, *outcome.rows} if good.rows.get(one) != outcome.rows.get(one)
    }


# ---- the oracle can fail -------------------------------------------------------------------------------


def damaged(change: str, table: str, column: str) -> tuple[Delivery, Damage]:
    """The city as CSV with other cells in one column."""
    delivery = good_delivery(Random(1))
    file = delivery.files[table]
    file.become("csv")
    for row in file.rows:
        row[file.column(column)] = change
    return delivery, Damage(file.name, (column,))


def test_a_value_that_becomes_another_possible_one_is_found_silent(mangler: Mangler, tmp_path: Path):
    bad, damage = damaged("否", "violations", "is_major_hazard")
    assert silent_differences(mangler.good(0)[1], outcome_of(bad, tmp_path), damage)


def test_without_the_check_of_error_cells_the_mangler_fails(
    mangler: Mangler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    bad, damage = damaged("#REF!", "accidents", "deaths")
    good = mangler.good(0)[1]
    assert not silent_differences(good, outcome_of(bad, tmp_path / "with"), damage)
    monkeypatch.setattr(reading, "error_cells", lambda _: reading.places())
    monkeypatch.setattr(reading, "remaining", lambda *_: reading.places())
    assert silent_differences(good, outcome_of(bad, tmp_path / "without"), damage)


def test_every_damage_comes_in_a_round_of_seeds():
    assert {drawn(seed)[0].name for seed in range(len(DAMAGES))} == set(DAMAGES)
