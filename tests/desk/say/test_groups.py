"""Groups of enterprises are called the same wherever they are told."""

import pytest

from desk.say.groups import group
from desk.words.words import Words
from models.coding.shrinkage import SIZE_BINS


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_size_is_called_with_the_people_it_begins_with(language: str) -> None:
    for least, size in SIZE_BINS:
        assert str(least) in group("size", size, Words(language)).replace(",", "")


def test_a_group_nobody_knows_is_called_so_and_one_without_a_label_by_its_key() -> None:
    words = Words("en")
    assert [
        group(kind, key, words) for kind, key in (("size", None), ("sector", "unknown"), ("division", ""))
    ] == ["unknown"] * 3
    assert group("division", "370102", words) == "Lixia"
    assert group("division", "110000", words) == "110000"
    assert group("sector", "fishing", words) == "fishing"
