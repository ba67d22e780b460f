"""Mutation testing: what it measures is named once, and its score counts what it says it counts."""

from pathlib import Path

import pytest
from mutmut.configuration import reset_config

from tests.mutation.areas import REPOSITORY, SURVIVORS, place, plan
from tests.mutation.mutants import Mutant, mutants_of, sample, starts_of, worth
from tests.mutation.report import ACCEPTED, EQUIVALENT, Listed, lines, listed, report
from tests.mutation.work import KILLED, NO_TEST, SURVIVED, TIMED_OUT

SOURCE = '''"""A module."""

LIMIT = 3


class Visit:
    """A visit."""

    def is_late(self, days: int) -> bool:
        """Later than the limit."""
        return days > LIMIT


def refused(days: int) -> None:
    if days < 0:
        raise ValueError("{days} days are less than none.", days)
'''


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Mutant]:
    """Mutants of ``SOURCE``."""
    (tmp_path / "pyproject.toml").write_text('[tool.mutmut]\nsource_paths = ["models"]\n')
    monkeypatch.chdir(tmp_path)
    reset_config()
    return list(mutants_of("models/visit.py", SOURCE))


def _mutant(number: int) -> Mutant:
    return Mutant(
        f"models.visit.x_late__mutmut_{number}", "models/visit.py", "late", number, "a", f"b{number}"
    )


MUTANTS = [_mutant(number) for number in range(1, 11)]


def test_a_mutant_says_where_it_is_and_what_it_changes(made: list[Mutant]):
    [later] = [mutant for mutant in made if mutant.function == "Visit.is_late"]
    assert (later.file, later.line) == ("models/visit.py", 11)
    assert later.change == "-return days > LIMIT\n+return days >= LIMIT"
    assert SOURCE.split("\n")[later.line - 1].strip() == later.was


def test_sentences_are_left_out_and_their_facts_are_not(made: list[Mutant]):
    kept = [mutant.now for mutant in worth(made, plan().left_out) if mutant.function == "refused"]
    assert kept == [
        "if days <= 0:",
        "if days < 1:",
        'raise ValueError("{days} days are less than none.", None)',
        'raise ValueError("{days} days are less than none.", )',
    ]


def test_a_sample_is_the_same_every_time_and_holds_every_smaller_one():
    names = [[mutant.name for mutant in sample(reversed(MUTANTS), size)] for size in range(11)]
    assert names == [[mutant.name for mutant in sample(MUTANTS, size)] for size in range(11)]
    assert all(names[size] == names[10][:size] for size in range(11))
    assert sample(MUTANTS, None) == MUTANTS


def test_only_what_is_equivalent_is_not_counted():
    became = dict(
        zip(
            (m.name for m in MUTANTS),
            [KILLED] * 5 + [TIMED_OUT, SURVIVED, SURVIVED, SURVIVED, NO_TEST],
            strict=True,
        )
    )
    judged = [
        Listed("models/visit.py late", "a", "b7", EQUIVALENT, "Nobody can tell."),
        Listed("models/visit.py late", "a", "b8", ACCEPTED, "A matter of speed."),
    ]
    told = report("visits", MUTANTS, MUTANTS, became, judged)
    assert (told.told, round(told.score, 1)) == (9, 66.7)
    assert [mutant.now for mutant in told.left] == ["b9", "b10"]
    assert told.gone == told.killed_by_now == []


def test_a_listed_survivor_that_is_killed_or_gone_is_told():
    killed = Listed("models/visit.py late", "a", "b1", EQUIVALENT, "Nobody can tell.")
    gone = Listed("models/visit.py early", "a", "b1", EQUIVALENT, "Nobody can tell.")
    told = report("visits", MUTANTS, MUTANTS[:1], {MUTANTS[0].name: KILLED}, [killed, gone])
    assert (told.killed_by_now, told.gone, told.score) == ([killed], [gone], 100)
    assert [line for line in lines(told) if "take it off" in line] == [
        "no longer there, take it off the list: models/visit.py early",
        "killed by now, take it off the list: models/visit.py late",
    ]


def test_what_was_not_tested_yet_is_said_and_not_counted():
    judged = [Listed("models/visit.py late", "a", "b3", EQUIVALENT, "Nobody can tell.")]
    told = report(
        "visits", MUTANTS, MUTANTS[:4], {MUTANTS[0].name: KILLED, MUTANTS[1].name: SURVIVED}, judged
    )
    assert (told.told, told.score) == (2, 50)
    assert "  stopped before 2 more; the same command goes on" in list(lines(told))


def test_the_report_fits_a_terminal():
    long = Mutant("m", "models/visit.py", "late", 1, "a" * 200, "b" * 200)
    told = report(
        "visits", [long], [long], {"m": SURVIVED}, [Listed("x" * 200, "", "y" * 200, EQUIVALENT, "")]
    )
    assert max(len(line) for line in lines(told)) == 80


@pytest.mark.parametrize("area", plan().areas.values(), ids=lambda area: area.name)
def test_the_sources_and_tests_of_an_area_exist(area):
    assert [path for path in (*area.sources, *area.tests) if not (REPOSITORY / path).exists()] == []


def test_a_folder_or_file_has_the_tests_of_its_area():
    coding = plan().areas["coding"]
    assert place("models/coding/") is coding
    assert place("models/coding/changes.py").tests == coding.tests
    assert place("models/coding/changes.py").files() == ["models/coding/changes.py"]
    for unknown in ("models/errors.py", "nowhere"):
        with pytest.raises(ValueError, match=unknown):
            place(unknown)


def test_every_listed_survivor_names_a_function_and_says_why():
    for one in listed(SURVIVORS):
        file, _, function = one.where.partition(" ")
        names = starts_of((REPOSITORY / file).read_text(encoding="utf-8"))
        assert function in names, one.where
        assert one.because.endswith("."), one.where
