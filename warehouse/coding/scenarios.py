"""What scenarios are judged by: the levels of the coming days, and what each act adds to them."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from models.coding.changes import Waiting, waiting
from models.coding.path import remembered
from models.coding.timeline import Book, Ints, Sampled, books, each_day, moments
from models.coding.verdicts import INTERVAL
from models.counterfactuals.acts import ALIKE, CLOSE
from models.counterfactuals.scenarios import Asked, Scenarios, Window
from models.features.acts import (
    CHANGED,
    RECHECK,
    Slot,
    acted,
    closing_rows,
    counted,
    moved_by,
    rechecked,
    settled_features,
    slots,
)
from models.features.events import events_of
from models.features.span import Levels, Stretch, followed
from models.vocabulary import day_number
from warehouse.coding.levels import Rows
from warehouse.database.frames import shown_as


def scenarios_of(rows: Rows, asked: Asked, today: pl.DataFrame, acts: pl.DataFrame) -> Scenarios:
    """What it takes to run scenarios of some enterprises.

    ``rows``: theirs.  ``today``: ``enterprise_id``, sorted, and the ``rank`` of the code.  ``acts``: what is offered.
    """
    dwell = pl.col("rank").replace_strict(dict(enumerate(asked.dwell_days)), return_dtype=pl.Int64)
    firms = today.select("enterprise_id").with_row_index("f").with_columns(pl.col("f").cast(pl.Int32))
    findings = acts.filter(pl.col("kind") == CLOSE, pl.col("place") == 0).with_row_index("closing")
    closings = findings.join(firms, on="enterprise_id", maintain_order="left")
    begins = remembered(asked.as_of, asked.span.last, asked.known_at, asked.rules)
    kinds = {*acts["kind"].unique()}
    told: list[tuple[Book, Sampled]] = []
    windows: list[Window] = []
    for book in books(begins, asked.rules):
        levels, policy = book.reading.levels, book.rules.policy.features
        rows.prepare(asked.known_at, policy)
        told.append((book, rows.sampled(Levels(levels, policy, Stretch(book.first, book.last)))))
        if book.last >= day_number(asked.as_of):
            windows.append(_window(rows, *_from(*told[-1], day_number(asked.as_of)), asked, kinds, closings))
    return Scenarios(
        asked,
        today.with_columns(target=day_number(asked.as_of) + dwell),
        _blocks(acts, findings),
        _before(told, rows.register(), asked),
        windows,
    )


def _from(book: Book, sampled: Sampled, day: int) -> tuple[Book, Sampled]:
    """A rule book, and the levels under it, from a day on; what a level was before holds on that day."""
    if book.first >= day:
        return book, sampled
    since = pl.max_horizontal("day", pl.lit(day, dtype=pl.Int32))
    return replace(book, first=day), {
        name: rows.with_columns(day=since).unique(["f", "day"], keep="last", maintain_order=True)
        for name, rows in sampled.items()
    }


def _blocks(acts: pl.DataFrame, findings: pl.DataFrame) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {}
    firsts = acts.filter(pl.col("place") == 0).join(
        findings.select("enterprise_id", "block", "closing"), on=["enterprise_id", "block"], how="left"
    )
    ordered = firsts.sort("enterprise_id", "block").select("enterprise_id", "kind", "closing")
    for enterprise, kind, closing in ordered.iter_rows():
        found.setdefault(enterprise, []).append((kind, -1 if closing is None else closing))
    return found


def _before(told: Sequence[tuple[Book, Sampled]], register: pl.DataFrame, asked: Asked) -> Waiting | None:
    """What the change rules remember of the evening before the coded day; ``None`` where they remember nothing."""
    evening = day_number(asked.as_of) - 1
    if min(book.first for book, _ in told) > evening:
        return None
    return waiting(moments(told, register).steps, asked.changes, last=evening)[1]


def _window(
    rows: Rows,
    book: Book,
    base: Sampled,
    asked: Asked,
    kinds: Collection[str],
    closings: pl.DataFrame,
) -> Window:
    policy, reading = book.rules.policy.features, book.reading
    register, span = rows.register(), Stretch(book.first, book.last)
    others = set(reading.features) - settled_features()
    score, mask = each_day(book, base, register, others)
    done: dict[str, tuple[Ints, Ints]] = {}
    today, known_at = day_number(asked.as_of), day_number(asked.known_at)
    for act, table in CHANGED.items():
        moved = {*moved_by(act), *([INTERVAL] if act == RECHECK else [])} & others
        if not moved or act not in kinds:
            continue
        changed = acted(act, rows.numbered(table), today)
        events = events_of(table, changed, policy, known_at=known_at)
        rows.connection.execute(f"CREATE OR REPLACE TEMP TABLE acted AS {events}")
        asked_of = {name: values for name, values in reading.levels.items() if name in moved_by(act)}
        then = rows.sampled(Levels(asked_of, policy, span, {table: "acted"}))
        more, less = each_day(book, then, register, moved), each_day(book, base, register, moved)
        done[act] = more[0] - less[0], more[1] - less[1]
    parts = slots(reading.levels, policy)
    tables = ("of_violations", rechecked("of_violations", today))
    counts = [_counts(rows, parts, table, register.height, span) for table in tables]
    put_right = _closings(rows, parts, book, asked, closings)
    return Window(book, parts, score, mask, done, np.stack(counts), put_right)


def _counts(rows: Rows, parts: Sequence[Slot], table: str, height: int, span: Stretch) -> Ints:
    """How many count in each slot: enterprises × slots × days."""
    counts = np.zeros((height, len(parts), span.last - span.first + 1), np.int64)
    if parts and height:
        found = rows.connection.sql(counted(parts, table, span)).pl()
        at = tuple(found[name].to_numpy() for name in ("f", "slot"))
        np.add.at(counts, (*at, found["day"].to_numpy() - span.first), found["n"].to_numpy())
    return counts.cumsum(axis=2)


def _closings(rows: Rows, parts: Sequence[Slot], book: Book, asked: Asked, closings: pl.DataFrame) -> Ints:
    """What putting a finding right adds to the counts, without and with a clean visit: 2 × findings × slots × days."""
    span, today = Stretch(book.first, book.last), day_number(asked.as_of)
    if closings.is_empty():
        return np.zeros((2, 0, len(parts), span.last - span.first + 1), np.int64)
    connection, known_at = rows.connection, day_number(asked.known_at)
    own = closings.select(pl.col("closing").cast(pl.Int32), "f", *ALIKE)
    with shown_as(connection, "closings", own):
        connection.execute("CREATE OR REPLACE TEMP TABLE closing AS FROM closings")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE closing_visits AS "
        "SELECT closing AS f, v.* EXCLUDE (f) FROM of_inspections v JOIN closing c ON v.f = c.f"
    )
    counts: list[Ints] = []
    for put_right in ("rectified_on", str(today)):
        units = f"(SELECT * EXCLUDE (closing, f) REPLACE ({put_right} AS rectified_on), closing AS f FROM closing)"
        events = events_of("violations", closing_rows(units), book.rules.policy.features, known_at=known_at)
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE closing_events AS {followed(events, 'closing_visits')}"
        )
        tables = ("closing_events", rechecked("closing_events", today))
        counts += [_counts(rows, parts, table, own.height, span) for table in tables]
    still_open, still_open_visited, closed, closed_visited = counts
    return np.stack([closed - still_open, closed_visited - still_open_visited])
