"""What to check at each visit, ranked and with the reason (P9).

The findings of the enterprise itself come first: open major hazards, overdue ones, other open ones, then what it
was found at again and again.  Then follow the items of its sector and trade that a list of major hazards names, its
other items, and what is checked everywhere.  A visit that is nothing but a re-check stays with the findings (P7); the
yearly full coverage (P2) leaves nothing out.  Where the trade is unknown the list says so, before anything that would
be wrong to take for the whole.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

import polars as pl

from models.industries import industry_code, is_in_industries
from models.policy.check_items import CheckItem
from models.vocabulary import CHECK_NOTE, LOOK, SECTOR, CodeList

WHY: tuple[str, ...] = (
    "open_major",
    "overdue",
    "open",
    "repeated",
    "trade_unknown",
    "sector_major",
    "sector",
    "everybody",
)
"""Reasons in the order of the list."""
OPEN_REASONS = 3
"""So many of them are open findings, which no limit cuts off."""
REPEATED_TIMES = 2
"""Found so often, an item counts as repeated."""

CHECKLIST_SCHEMA = {
    "visit_id": pl.String,
    "rank": pl.Int64,
    "item_code": pl.String,
    "title_zh": pl.String,
    "title_en": pl.String,
    "look_zh": pl.String,
    "look_en": pl.String,
    "why": pl.String,
    "source": pl.String,
    "violation_id": pl.String,
    "reference": pl.String,
    "is_major": pl.Boolean,
}
"""Columns of a checklist row; ``source`` and ``violation_id`` name the finding where there is one."""

_WORDING = ("item_code", "item_zh", "item_en", "look_zh", "look_en", "reference")
_NO_SECTOR = ""
_NO_TRADE = ""
"""Stands for the trade of an enterprise whose industry nobody knows."""
_SEVERITY_ORDER = {"critical": 0, "serious": 1, "general": 2, "ungraded": 2, "minor": 3}
_UNKNOWN_SEVERITY = 2
_LATER_THAN_ANY_DAY = 10**7
_ORDER = ("visit", "why", "first", "second", "third")
_ENTRY = (*_ORDER, "item_code", "finding", "is_major")
"""Columns of a thing to check before it has a rank: what it is ordered by, all numbers, and what it is."""


def checklist(
    visits: pl.DataFrame,
    findings: pl.DataFrame,
    history: pl.DataFrame,
    items: Sequence[CheckItem],
    *,
    most: int,
) -> pl.DataFrame:
    """List what to check at each visit.

    Args:
        visits: one row per visit: ``visit_id``, ``enterprise_id``, ``sector`` and ``industry`` (GB/T 4754; either
            may be null or unknown), ``channels`` (list of text).
        findings: one row per open finding: ``enterprise_id``, ``source``, ``violation_id``, ``item_code``,
            ``description``, ``severity``, ``is_major_hazard``, ``occurred_on``, ``rectify_due_on``,
            ``is_overdue``.
        history: past findings by item: ``enterprise_id``, ``item_code``, ``times``, ``last_on``.
        items: check items in force.
        most: rows of a visit at most; open findings and visits of full coverage are not cut.

    Returns:
        One row per visit and thing to check, columns ``CHECKLIST_SCHEMA``, sorted by visit and rank.
    """
    codes = {said: industry_code(said) for said in visits["industry"].unique() if said is not None}
    by_code = _trades(set(codes.values()), items)
    trades = {said: by_code[code] for said, code in codes.items()}
    stops = _stops(visits, trades)
    catalogue = _catalogue(items)
    named = _named(findings)
    majors = _by_trade(items, {trades[said]: code for said, code in codes.items()})
    opened = _opened(stops, named)
    repeated = _repeated(stops, history, majors, opened)
    usual = _usual(stops, majors, pl.concat([opened, repeated]), most)
    entries = pl.concat([opened, repeated, usual]).sort(_ORDER)
    rank = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("visit")
    kept = (
        entries.with_columns(rank=rank)
        .join(stops.select("visit", "visit_id", "is_full"), on="visit", maintain_order="left")
        .filter((pl.col("why") < OPEN_REASONS) | pl.col("is_full") | (pl.col("rank") <= most))
    )
    return _worded(kept, catalogue, named)


def _trades(codes: Collection[str | None], items: Sequence[CheckItem]) -> dict[str | None, str]:
    """What sets each industry apart from others: which of all lists of industries it is in.

    Items that name the same industries concern the same enterprises.
    """
    lists = {each for i in items for each in (tuple(i.industries), tuple(i.major_industries)) if each}
    ordered = tuple(sorted(lists))
    return {code: _NO_TRADE if code is None else _trade(code, ordered) for code in codes}


@lru_cache(maxsize=2**14)
def _trade(code: str, lists: tuple[tuple[str, ...], ...]) -> str:
    return " ".join(["-", *(f"{at}" for at, one in enumerate(lists) if is_in_industries(code, one))])


def _stops(visits: pl.DataFrame, trades: Mapping[str, str]) -> pl.DataFrame:
    """Visits with a number that sorts as their ids do, and what their channels ask for."""
    known = pl.col("sector").is_in(SECTOR.keys).fill_null(False)
    channels = pl.col("channels").cast(pl.List(pl.String))
    return (
        visits.sort("visit_id")
        .select(
            "visit_id",
            "enterprise_id",
            sector=pl.when(known).then(pl.col("sector")).otherwise(pl.lit(_NO_SECTOR)),
            trade=pl.col("industry").replace_strict(trades, default=_NO_TRADE, return_dtype=pl.String),
            is_full=channels.list.contains("annual_full").fill_null(False),
            is_recheck=(channels.list.unique().list.join(",") == "recheck").fill_null(False),
        )
        .with_row_index("visit")
    )


def _catalogue(items: Sequence[CheckItem]) -> pl.DataFrame:
    """Wording of the items, one row per code."""
    return pl.DataFrame(
        [
            (item.code, item.title.zh, item.title.en, item.look.zh, item.look.en, item.reference)
            for item in items
        ],
        schema=dict.fromkeys(_WORDING, pl.String),
        orient="row",
    )


def _by_trade(items: Sequence[CheckItem], codes: Mapping[str, str | None]) -> pl.DataFrame:
    """Items that apply to each sector and trade: their reason, place in the catalogue and whether they are major.

    ``codes``: an industry of each trade.  Where the trade is unknown, a row without item stands for what is left out.
    """
    rows = [
        (
            sector,
            trade,
            item.code,
            _reason(item, sector, code),
            int(not item.is_major_in(sector, code)),
            # What is asked of its trade alone comes before what is asked of its whole sector.
            place if item.industries else place + len(items),
        )
        for sector in (*SECTOR.keys, _NO_SECTOR)
        for trade, code in {_NO_TRADE: None, **codes}.items()
        for place, item in enumerate(items)
        if item.applies_to(sector, code)
    ]
    with_trades = sorted({sector for item in items if item.industries for sector in item.sectors})
    note = WHY.index("trade_unknown")
    return pl.DataFrame(
        [*rows, *((sector, _NO_TRADE, None, note, 1, 0) for sector in with_trades)],
        schema={
            "sector": pl.String,
            "trade": pl.String,
            "item_code": pl.String,
            "why": pl.Int64,
            "first": pl.Int64,
            "second": pl.Int64,
        },
        orient="row",
    ).with_columns(is_major=pl.col("first") == 0)


def _reason(item: CheckItem, sector: str, industry: str | None) -> int:
    if not item.sectors:
        return WHY.index("everybody")
    return WHY.index("sector_major" if item.is_major_in(sector, industry) else "sector")


def _named(findings: pl.DataFrame) -> pl.DataFrame:
    """Findings numbered by age, so that the order of rows makes no difference."""
    keys = ("occurred_on", "enterprise_id", "source", "violation_id")
    return findings.sort(keys, nulls_last=True).with_row_index("finding")


def _opened(stops: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    """Every open finding of the enterprise visited: major, overdue, then the rest; graver and due first."""
    is_major = pl.col("is_major_hazard").fill_null(False)
    why = (
        pl.when(is_major)
        .then(WHY.index("open_major"))
        .when(pl.col("is_overdue").fill_null(False))
        .then(WHY.index("overdue"))
        .otherwise(WHY.index("open"))
    )
    grave = (
        pl.col("severity")
        .fill_null("ungraded")
        .replace_strict(_SEVERITY_ORDER, default=_UNKNOWN_SEVERITY, return_dtype=pl.Int64)
    )
    return _entries(
        stops.join(named, on="enterprise_id").with_columns(
            why=why,
            first=grave,
            second=_day(pl.col("rectify_due_on")).fill_null(_LATER_THAN_ANY_DAY),
            third=pl.col("finding"),
            is_major=is_major,
        )
    )


def _repeated(
    stops: pl.DataFrame, history: pl.DataFrame, majors: pl.DataFrame, opened: pl.DataFrame
) -> pl.DataFrame:
    """Items the enterprise was found at repeatedly, oftenest first, that are not open anyway."""
    often = (
        history.filter(pl.col("item_code").is_not_null())
        .group_by("enterprise_id", "item_code")
        .agg(pl.col("times").sum(), pl.col("last_on").max())
        .filter(pl.col("times") >= REPEATED_TIMES)
        .with_columns(third=pl.col("item_code").rank("dense"))
    )
    return _entries(
        stops.filter(~pl.col("is_recheck"))
        .join(often, on="enterprise_id")
        .join(opened, on=["visit", "item_code"], how="anti")
        .join(
            majors.select("sector", "trade", "item_code", "is_major"),
            on=["sector", "trade", "item_code"],
            how="left",
        )
        .with_columns(
            pl.col("is_major").fill_null(False),
            why=pl.lit(WHY.index("repeated")),
            first=-pl.col("times").cast(pl.Int64),
            second=-_day(pl.col("last_on")).fill_null(0),
            finding=pl.lit(None, pl.UInt32),
        )
    )


def _usual(stops: pl.DataFrame, majors: pl.DataFrame, taken: pl.DataFrame, most: int) -> pl.DataFrame:
    """Items of the sector, of the trade and of everybody that are not listed already.

    Those that cannot come among the first ``most`` are left out at once: whatever is taken stands before them anyway.
    """
    place = pl.int_range(1, pl.len() + 1).over("sector", "trade")
    ordered = majors.sort("why", "first", "second").with_columns(place=place)
    asked = stops.filter(~pl.col("is_recheck"))
    by_trade = ["sector", "trade"]
    whole = asked.filter("is_full").join(ordered, on=by_trade)
    first = asked.filter(~pl.col("is_full")).join(ordered.filter(pl.col("place") <= most), on=by_trade)
    return _entries(
        pl.concat([whole, first])
        .join(taken, on=["visit", "item_code"], how="anti")
        .with_columns(third=pl.lit(0), finding=pl.lit(None, pl.UInt32))
    )


def _day(column: pl.Expr) -> pl.Expr:
    return column.cast(pl.Date).cast(pl.Int32).cast(pl.Int64)


def _entries(rows: pl.DataFrame) -> pl.DataFrame:
    whole = ("why", "first", "second", "third")
    return rows.select(_ENTRY).with_columns(
        pl.col(whole).cast(pl.Int64), pl.col("finding").cast(pl.UInt32), pl.col("item_code").cast(pl.String)
    )


def _zh(told: CodeList) -> dict[str, str]:
    return {key: told.zh(key) for key in told.keys}


def _worded(kept: pl.DataFrame, catalogue: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    """Give each row its words: those of the finding, else of the item, else its bare code."""
    note = pl.when(pl.col("why") == WHY.index("trade_unknown")).then(pl.lit("trade_unknown"))
    look = (
        pl.when(pl.col("why") < OPEN_REASONS)
        .then(pl.lit("open"))
        .otherwise(pl.coalesce(note, pl.lit("repeated")))
    )
    bare = pl.coalesce("item_code", "violation_id")
    return (
        kept.join(catalogue, on="item_code", how="left", maintain_order="left")
        .join(
            named.select("finding", "source", "violation_id", "description"),
            on="finding",
            how="left",
            maintain_order="left",
        )
        .with_columns(
            title_zh=pl.coalesce("description", "item_zh", bare, note.replace_strict(_zh(CHECK_NOTE))),
            title_en=pl.coalesce("item_en", "description", bare, note.replace_strict(CHECK_NOTE.labels)),
            look_zh=pl.coalesce("look_zh", look.replace_strict(_zh(LOOK))),
            look_en=pl.coalesce("look_en", look.replace_strict(LOOK.labels)),
            why=pl.col("why").replace_strict(dict(enumerate(WHY)), return_dtype=pl.String),
        )
        .select(pl.col(name).cast(kind) for name, kind in CHECKLIST_SCHEMA.items())
    )
