"""Words of codes in a draft: what is accepted means what its word means, and what nobody knows is refused."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.tables.canonical import TABLES, code_list
from tests.worlds.deliveries import FIRMS, accident, alert, csv_bytes, deliver, firm, violation, visit
from tests.worlds.drafts import draft_of, judged_by
from tests.worlds.effort import tries
from warehouse.intake.drafting.codes import MOST_VALUES, meanings_of
from warehouse.intake.drafting.synonyms import spoken

NOBODY_KNOWS = ("甲类", "特急", "待核", "非重大的", "未发现问题，但拒绝签字", "1/2", "Ⅹ级")


def finding(at: int) -> dict[str, Any]:
    return violation(f"v{at}")


COLUMNS: dict[str, tuple[str, str, Callable[[int], dict[str, Any]]]] = {
    "violations.severity": ("violations", "severity", finding),
    "violations.disposal": ("violations", "disposal", finding),
    "alerts.level": ("alerts", "level", lambda at: alert(f"a{at}")),
    "alerts.kind": ("alerts", "kind", lambda at: alert(f"a{at}")),
    "inspections.result": ("inspections", "result", lambda at: visit(f"j{at}")),
    "inspections.kind": ("inspections", "kind", lambda at: visit(f"j{at}")),
    "accidents.grade": ("accidents", "grade", lambda at: accident(f"s{at}")),
    "enterprises.status": ("enterprises", "status", lambda at: firm(at)),
    "enterprises.sector": ("enterprises", "sector", lambda at: firm(at)),
}


def known_words(table: str, name: str) -> dict[str, str]:
    codes = code_list(TABLES[table].columns()[name])
    assert codes is not None
    return {**spoken(codes).words, **codes.spellings()}


@pytest.mark.parametrize("place", COLUMNS)
@settings(max_examples=tries(9), deadline=None)
@given(data=st.data())
def test_an_accepted_code_is_what_its_word_means_and_no_other_word_is_accepted(
    place: str, data: st.DataObject
) -> None:
    table, name, row = COLUMNS[place]
    words = known_words(table, name)
    pool = st.sampled_from([*words, *NOBODY_KNOWS])
    texts = data.draw(st.lists(pool, min_size=1, max_size=len(FIRMS)))
    key = TABLES[table].key[-1]
    rows = [row(at) | {name: text} for at, text in enumerate(texts)]
    files = {"数据.csv": csv_bytes(rows)}
    if table != "enterprises":
        files["register.csv"] = csv_bytes([firm(0)])
    with tempfile.TemporaryDirectory() as folder:
        outcome = judged_by(draft_of(Path(folder), files), Path(folder))
    accepted = dict(outcome.accepted[table].select(key, name).iter_rows())
    told = {one[key]: words.get(text) for one, text in zip(rows, texts, strict=True)}
    if name == "disposal":  # may be empty and decides nothing: the cell is refused, its row stays
        assert accepted == told
        assert outcome.cells.height == sum(meaning is None for meaning in told.values())
    else:
        assert accepted == {ident: meaning for ident, meaning in told.items() if meaning is not None}


def test_many_texts_are_no_list_and_only_what_the_reader_does_not_know_is_written_out() -> None:
    column = TABLES["inspections"].columns()["result"]
    words = list(known_words("inspections", "result"))
    assert len(words) > MOST_VALUES
    found = meanings_of("result", column, pl.Series(words))
    assert found.unknown == []
    assert "合格" not in found.keys["values"] and found.keys["values"]["无隐患"] == "clean"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("未发现安全生产违法行为", "clean"),
        ("未发现问题，但拒绝签字", None),
        ("未发现一般隐患但有重大隐患", None),
        ("发现重大火灾隐患", "serious"),
        ("拒绝配合", "refused"),
    ],
)
def test_the_beginning_of_a_text_counts_where_nothing_takes_it_back(text: str, meaning: str | None) -> None:
    found = meanings_of("result", TABLES["inspections"].columns()["result"], pl.Series([text]))
    assert found.keys.get("values", {}).get(text) == meaning
    assert bool(found.unknown) == (meaning is None)


def test_what_is_shown_of_a_folder_is_only_what_is_in_it(tmp_path: Path) -> None:
    deliver(tmp_path / "other", {"x.csv": b"a\n1\n"})
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "link.csv").symlink_to(tmp_path / "other" / "x.csv")
    files = {"register.csv": csv_bytes([firm(0)])}
    told = {one.file: str(one.why) for one in draft_of(tmp_path / "d", files).unread}
    assert told == {"link.csv": "no file of this folder"}
