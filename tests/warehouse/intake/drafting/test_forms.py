"""Forms of days: proposed where one alone reads every cell, asked for where two do, never guessed."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds.effort import tries
from warehouse.intake.drafting.forms import CANDIDATES, Forms, forms_of
from warehouse.intake.values.days import moments


@pytest.mark.parametrize(
    ("cells", "chosen"),
    [
        (["2025年6月1日", "45809", "2025-06-02"], ()),
        (["2025/6/1 下午3:05", "20250601"], ()),
        (["25/12/2025", "01/06/2025"], ("%d/%m/%Y",)),
        (["12/25/2025", "06/01/2025"], ("%m/%d/%Y",)),
        (["13-06-2025 08:30", "01-06-2025 17:00"], ("%d-%m-%Y %H:%M",)),
        (["1748740000", "1748750000"], ("epoch_s",)),
        (["1748740000000", "1748750000123"], ("epoch_ms",)),
        (["114/06/01", "113/12/31"], ("minguo",)),
        (["民國114年6月1日"], ("minguo",)),
        (["25-Dec-2025", "01-Jun-2025"], ("%d-%b-%Y",)),
        (["2025-06-01", "25/12/2025"], ("%Y-%m-%d", "%d/%m/%Y")),
        (["12/25/2025 下午3:05", "12/26/2025 上午9:00"], ("%m/%d/%Y %p%I:%M",)),
    ],
)
def test_the_form_that_alone_reads_every_cell_is_proposed(cells: list[str], chosen: tuple[str, ...]) -> None:
    assert forms_of(pl.Series(cells)) == Forms(chosen)


@pytest.mark.parametrize(
    "cells",
    [
        ["06/05/2025"],
        ["01/02/2025", "03/04/2025"],
        ["06/06/2025"],
        ["25/06/07"],
        ["2025-06-01", "06/05/2025"],
    ],
)
def test_days_with_two_readings_are_a_question(cells: list[str]) -> None:
    found = forms_of(pl.Series(cells))
    assert found.chosen == () and len(found.rival) == 2


@pytest.mark.parametrize("cells", [["待定"], ["25/12/2025", "待定"], ["32/13/2025"], ["12"], ["1"]])
def test_what_no_form_reads_gets_none(cells: list[str]) -> None:
    assert forms_of(pl.Series(cells)) == Forms()


@settings(max_examples=tries(60), deadline=None)
@given(
    days=st.lists(st.dates(date(1991, 1, 1), date(2040, 12, 31)), min_size=1, max_size=8),
    form=st.sampled_from([one for one in CANDIDATES if "%" in one]),
)
def test_a_form_is_only_proposed_if_it_gives_the_days_that_were_meant(days: list[date], form: str) -> None:
    written = [
        (datetime(one.year, one.month, one.day) + timedelta(hours=10, minutes=5)).strftime(form)
        for one in days
    ]
    cells = pl.Series(written)
    found = forms_of(cells)
    if found.chosen or (not found.rival and moments(cells, []).null_count() == 0):
        read = moments(cells.unique(maintain_order=True), list(found.chosen)).dt.date().to_list()
        assert read == list(dict.fromkeys(days))
