"""Counted visits of a day as documents of a platform: by the mapping alone, byte for byte, corrections as editions."""

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from desk.files.outward.documents import Edition, documents_of, keep_edition
from desk.files.outward.mapping import SAMPLE, read_outward
from models.errors import MappingError
from tests.worlds.field import DAY, FINDING, finding, record
from tests.worlds.ledgers import NOON, Desk, home_in, ledger_of
from warehouse.field.counted import counted_on


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with ledger_of(home_in(tmp_path)) as ledger:
        yield Desk(ledger)


def kept(desk: Desk, folder: Path, path: Path = SAMPLE) -> Edition:
    """The edition of the day of the ordinary visit."""
    mapping = read_outward(path)
    documents = documents_of(counted_on(desk.ledger, DAY), {"e1": "历下机械厂"}, mapping)
    return keep_edition(documents, DAY, mapping, path, folder)


def told(edition: Edition) -> dict[str, object]:
    [visit] = json.loads(edition.path.read_text("utf-8"))["jcjl"]
    return visit


def changed(folder: Path, **parts: object) -> Path:
    """The sample with other parts, beside its schema."""
    shutil.copy(SAMPLE.with_name("proposal.schema.json"), folder)
    file = folder / "own.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(SAMPLE.read_text("utf-8")) | parts), "utf-8")
    return file


def test_a_visit_that_counts_goes_out_by_the_names_and_codes_of_the_other_side(
    desk: Desk, tmp_path: Path
) -> None:
    visit = desk.signed(record(findings=[finding()]))
    edition = kept(desk, tmp_path / "out")
    assert edition.path.name == "proposal-2026-06-30-1.json" and edition.is_new
    assert told(edition) == {
        "jcbh": str(visit.visit_id),
        "bgcs": 2,
        "sfcx": "0",
        "tyshxydm": "e1",
        "jcdxmc": "历下机械厂",
        "zfcj": "3",
        "xzqhdm": "370102",
        "jclx": "04",
        "jcfs": "1",
        "jcyj": "安全生产法 65",
        "jcsx": ["GEN-01"],
        "jcbm": "历下区应急管理局",
        "kssj": "2026-06-30T09:35:00+08:00",
        "jssj": "2026-06-30T11:20:00+08:00",
        "jcjg": "2",
        "wts": 1,
        "zfrys": 2,
        "basj": "2026-06-29T16:00:00+08:00",
        "wtqd": [
            {
                "wtbh": str(FINDING),
                "sxbm": "GEN-01",
                "wtms": "疏散通道堆放杂物",
                "wz": "二号车间",
                "sfzdyh": "0",
                "pdbz": None,
                "czfs": "2",
                "zgqx": "2026-07-15",
                "zgrq": None,
            }
        ],
    }


def test_the_same_day_again_writes_nothing_and_a_correction_is_a_later_edition(
    desk: Desk, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    visit = desk.signed(record(findings=[finding()]))
    first = kept(desk, folder)
    before = first.path.read_bytes()
    assert kept(desk, folder) == Edition(1, first.path, is_new=False)
    assert kept(desk, tmp_path / "elsewhere").path.read_bytes() == before
    corrected = record(findings=[finding(place="三号车间")])
    visit = desk.took(visit, "revise", NOON + timedelta(hours=1), record=corrected, reason="位置写错")
    second = kept(desk, folder)
    assert (second.number, told(second)["bgcs"]) == (2, 3)
    desk.took(visit, "withdraw", NOON + timedelta(hours=2), reason="对象写错")
    third = kept(desk, folder)
    assert (third.number, told(third)["sfcx"], told(third)["wtqd"]) == (3, "1", [])
    assert first.path.read_bytes() == before and len([*folder.iterdir()]) == 3


def test_what_does_not_count_does_not_go_out(desk: Desk, tmp_path: Path) -> None:
    desk.approved()
    desk.signed(record(findings=[finding(photos=["a" * 64])]))
    assert json.loads(kept(desk, tmp_path / "out").path.read_text())["jcjl"] == []


def test_persons_go_out_only_where_the_mapping_says_so_twice(desk: Desk, tmp_path: Path) -> None:
    desk.signed()
    sample = yaml.safe_load(SAMPLE.read_text("utf-8"))["visits"]
    visits = sample | {"jcyj": {"from": "officer_names", "join": "、"}}
    with pytest.raises(MappingError, match="persons does not name officer_names"):
        read_outward(changed(tmp_path, visits=visits))
    own = changed(tmp_path, visits=visits, persons=["officer_names"])
    assert told(kept(desk, tmp_path / "out", own))["jcyj"] == "o1、o2"
    assert "王某" not in kept(desk, tmp_path / "plain").path.read_text("utf-8")


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ({"from": "kind", "codes": {"special": "01"}}, "has no 'immediate'"),
        ({"constant": "77"}, r"\$\.jcjl\[0\]\.jclx"),
        ({"from": "weather"}, "there is no weather"),
        ({"from": "kind", "constant": "01"}, "one of both"),
    ],
)
def test_what_the_other_side_would_not_take_is_not_written(
    desk: Desk, tmp_path: Path, field: dict[str, object], said: str
) -> None:
    desk.signed()
    sample = yaml.safe_load(SAMPLE.read_text("utf-8"))["visits"]
    own = changed(tmp_path, visits=sample | {"jclx": field})
    with pytest.raises(MappingError, match=said):
        kept(desk, tmp_path / "out", own)
    assert not (tmp_path / "out").exists()
