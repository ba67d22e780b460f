"""Registers of several sources and the one authority of an enterprise (P1): what is in force is what rows carry.

What a source says of level and division goes into the register only as far as ``models.authorities`` lets it: rows
carry what is in force, and keep what they were delivered with (``told_as``).  All else of a row counts as delivered.
The files of a day may come in any order: rows of the day carry what is in force after all of them.  Of earlier days
only the newest row is put right, by a version of its own.  An enterprise that one source knows is left as delivered.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import polars as pl

from models.authorities import AUTHORITY_COLUMNS, UNSAID, Contested, Said, Statement, in_force
from models.messages import N_, Message
from models.tables.canonical import TABLES
from warehouse.database.frames import Connection, append, log, shown_as
from warehouse.database.meta import next_stored_no
from warehouse.database.rows import Rows
from warehouse.database.validity import as_delivered
from warehouse.database.versions import add_versions, undo
from warehouse.intake.complaints import Complaint, renew
from warehouse.intake.decided import carry_decisions
from warehouse.intake.files.raw import shown
from warehouse.intake.judged import Judged
from warehouse.intake.mapping import kept_mapping
from warehouse.schema.catalogue import OWN, TOLD_AS

AUTHORITY_CONTESTED = "authority_contested"
AUTHORITY_BY_TURNS = "authority_by_turns"
CONTESTED = "ops.contested_authorities"
REGISTER = TABLES["enterprises"]
Row = dict[str, Any]


def named_in(connection: Connection, judged: Judged) -> frozenset[str]:
    """Enterprises that a delivery says something of, whatever becomes of its rows; none where one source knows them."""
    accepted, contradicted = judged.rows.get(REGISTER.name), judged.contradicted.get(REGISTER.name)
    if accepted is None or contradicted is None or not _has_several_sources(connection, judged):
        return frozenset()
    told = accepted.lazy().select("enterprise_id").collect()["enterprise_id"]
    return frozenset((*told, *contradicted["enterprise_id"]))


def hold_authorities(
    connection: Connection, judged: Judged, named: frozenset[str], *, received_on: date
) -> None:
    """Let the register rows of a delivery, and those stored already, carry the authority that is in force.

    ``judged`` is changed; ``named``: the enterprises the delivery spoke of.  Part of the transaction that writes it.
    """
    rows = judged.rows.get(REGISTER.name)
    if rows is None or not _has_several_sources(connection, judged):
        return
    carry_decisions(connection, REGISTER, rows)
    incoming = judged.held(REGISTER.name)
    stored = _stored(connection, named, received_on)
    shared = _shared(stored, incoming) | named & _contested(connection)
    if not shared:
        return
    is_shared = pl.col("enterprise_id").is_in(list(shared))
    mine = _by_enterprise(incoming.filter(is_shared).to_dicts())
    there = _by_enterprise(stored.filter(is_shared).to_dicts())
    settling = _settling(connection, judged)
    stale: list[Row] = []
    again: list[Row] = []
    contested: list[tuple[str, Contested]] = []
    for one in sorted(shared):
        now, against = _in_force(there[one], mine[one], settling)
        contested += [(one, word) for word in against]
        gone, more = _put_right(there[one], mine[one], now, judged.delivery_id)
        _carry(there[one], mine[one], now, changed={row["version"] for row in more})
        stale += gone
        again += more
    schema = pl.Schema({**incoming.schema, TOLD_AS: pl.String()})
    carried = [row for rows in mine.values() for row in rows]
    others = incoming.filter(~is_shared).with_columns(pl.lit(None, dtype=pl.String).alias(TOLD_AS))
    judged.rows[REGISTER.name] = Rows.of(pl.concat([others, _frame(carried, schema)]))
    if stale:
        keys = pl.DataFrame(stale, infer_schema_length=None).select(*REGISTER.key, "version")
        undo(connection, REGISTER, keys, by=next_stored_no(connection))
    for rows in _one_by_one(again):
        add_versions(connection, REGISTER, _frame(rows, schema), received_on=received_on)
    _note(connection, shared, contested, received_on)


def _frame(rows: list[Row], schema: pl.Schema) -> pl.DataFrame:
    return pl.DataFrame([{name: row[name] for name in schema} for row in rows], schema=schema, orient="row")


def _one_by_one(rows: list[Row]) -> Iterator[list[Row]]:
    """Rows of one enterprise and ``recorded_at`` apart from each other, in the order they were stored in."""
    rounds: dict[int, list[Row]] = defaultdict(list)
    seen: Counter[tuple[str, date]] = Counter()
    for row in sorted(rows, key=lambda one: (one["enterprise_id"], one["version"])):
        at = (row["enterprise_id"], row["recorded_at"])
        rounds[seen[at]].append(row)
        seen[at] += 1
    yield from rounds.values()


def _has_several_sources(connection: Connection, judged: Judged) -> bool:
    there = connection.execute("SELECT DISTINCT source FROM core.enterprises").fetchall()
    return bool({str(source) for (source,) in there} - {judged.mapping.name})


def _stored(connection: Connection, named: frozenset[str], received_on: date) -> pl.DataFrame:
    """What is stored of enterprises, oldest version first; ``said_…``: as it was delivered."""
    with shown_as(connection, "named", pl.DataFrame({"enterprise_id": sorted(named)})):
        said = ", ".join(f"{as_delivered(name, 'c')} AS said_{name}" for name in AUTHORITY_COLUMNS)
        return connection.sql(
            f"""
            SELECT c.*, {said}, coalesce(d.received_on = $on, false) AS is_of_today
            FROM core.enterprises c SEMI JOIN named USING (enterprise_id) LEFT JOIN ops.deliveries d USING (delivery_id)
            WHERE c.undone_no IS NULL ORDER BY enterprise_id, version
            """,
            params={"on": received_on},
        ).pl()


def _shared(stored: pl.DataFrame, incoming: pl.DataFrame) -> frozenset[str]:
    """Enterprises of which several sources speak and not all rows say the same, or did not when they were stored."""
    delivered = {name: pl.col(name).cast(pl.String) for name in AUTHORITY_COLUMNS}
    said = pl.concat(
        [
            stored.select("enterprise_id", "source", **{name: f"said_{name}" for name in AUTHORITY_COLUMNS}),
            incoming.select("enterprise_id", "source", **delivered),
        ]
    )
    words = said.group_by("enterprise_id").agg(pl.col("source", *AUTHORITY_COLUMNS).n_unique())
    several = words.filter(pl.col("source") > 1, pl.max_horizontal(*AUTHORITY_COLUMNS) > 1)
    was = stored.filter(pl.col(TOLD_AS).is_not_null())
    return frozenset((*several["enterprise_id"], *was["enterprise_id"]))


def _contested(connection: Connection) -> frozenset[str]:
    told = connection.execute(f"SELECT DISTINCT enterprise_id FROM {CONTESTED}").fetchall()
    return frozenset(str(one) for (one,) in told)


def _by_enterprise(rows: list[Row]) -> Mapping[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["enterprise_id"]].append(row)
    return found


def _settling(connection: Connection, judged: Judged) -> frozenset[str]:
    """Sources that a person has named, in their mappings, as those that decide."""
    last = connection.execute(
        "SELECT d.source, arg_max(m.text, d.number) FROM ops.deliveries d "
        "JOIN ops.mappings m ON m.hash = d.mapping_hash WHERE contains(m.text, 'settles_authority') GROUP BY ALL"
    ).fetchall()
    found = {str(source) for source, text in last if kept_mapping(text).settles_authority}
    own = {judged.mapping.name}
    return frozenset(found | own if judged.mapping.settles_authority else found - own)


# ---- one enterprise ----------------------------------------------------------------------------------------


def _in_force(
    stored: list[Row], incoming: list[Row], settling: frozenset[str]
) -> tuple[Said, list[Contested]]:
    earlier = [row for row in stored if not row["is_of_today"]]
    newest = max(earlier, key=_age, default=None)
    held = UNSAID if newest is None else _carried(newest)
    new = [row for row in incoming if _repeated(row, stored) is None]
    statements: list[Statement] = []
    for source in {row["source"] for row in (*stored, *new)}:
        told = [(_age(row), _said(row)) for row in stored if row["source"] == source]
        told += [((row["recorded_at"], 1, 0), _carried(row)) for row in new if row["source"] == source]
        age, said = max(told, key=lambda one: one[0])
        before = max((row for row in earlier if row["source"] == source), key=_age, default=None)
        said_before = UNSAID if before is None else _said(before)
        statements.append(Statement(source, age[0], said, said_before, source in settling))
    return in_force(statements, held)


def _age(row: Row) -> tuple[date, int, int]:
    """Which of two stored rows is newer; one that comes now is newer than all of its ``recorded_at``."""
    return (row["recorded_at"], 0, row["version"])


def _said(row: Row) -> Said:
    return Said(*(row[f"said_{name}"] for name in AUTHORITY_COLUMNS))


def _carried(row: Row) -> Said:
    return Said(*(row[name] for name in AUTHORITY_COLUMNS))


def _repeated(row: Row, stored: list[Row]) -> Row | None:
    """The last version stored of a row, where it was delivered word for word as the row is now."""
    same = [
        one for one in stored if (one["source"], one["recorded_at"]) == (row["source"], row["recorded_at"])
    ]
    last = max(same, key=_age, default=None)
    if last is None or _said(last) != _carried(row):
        return None
    others = (name for name in REGISTER.columns() if name not in AUTHORITY_COLUMNS)
    return last if all(last[name] == row[name] for name in others) else None


def _put_right(
    stored: list[Row], incoming: list[Row], now: Said, delivery_id: str
) -> tuple[list[Row], list[Row]]:
    """Stored rows that are to count no more, and rows to store instead: of today all, of earlier days the newest."""
    stale = [row for row in stored if row["is_of_today"] and _carried(row) != now]
    again = [row | _carrying(_said(row), now) for row in stale]
    newest = max((row for row in stored if row not in stale), key=_age, default=None)
    if newest is None or _carried(newest) == now:
        return stale, again
    coming = [row["recorded_at"] for row in incoming if _repeated(row, stored) is None]
    if all(
        recorded < newest["recorded_at"] for recorded in (*coming, *(row["recorded_at"] for row in again))
    ):
        again.append(newest | _carrying(_said(newest), now) | {"delivery_id": delivery_id})
    return stale, again


def _carry(stored: list[Row], incoming: list[Row], now: Said, changed: set[int]) -> None:
    """New rows carry what is in force; those that repeat what is stored stay as it stands there."""
    repeated = [_repeated(row, stored) for row in incoming]
    for row, there in zip(incoming, repeated, strict=True):
        carried = now if there is None or there["version"] in changed else _carried(there)
        row.update(_carrying(_carried(row), carried))


def _carrying(said: Said, carried: Said) -> Row:
    other = {
        name: told or ""
        for name, told, held in zip(AUTHORITY_COLUMNS, said, carried, strict=True)
        if told != held
    }
    kept = json.dumps(other, ensure_ascii=False) if other else None
    return {**carried._asdict(), TOLD_AS: kept}


# ---- what is told ------------------------------------------------------------------------------------------


def _note(
    connection: Connection,
    shared: frozenset[str],
    contested: list[tuple[str, Contested]],
    received_on: date,
) -> None:
    """Keep what stands against what of some enterprises, each with the day it arose."""
    frame = OWN[CONTESTED].frame([(one, *word, received_on) for one, word in contested])
    with shown_as(connection, "shared", pl.DataFrame({"enterprise_id": sorted(shared)})):
        before = connection.sql(f"FROM {CONTESTED} SEMI JOIN shared USING (enterprise_id)").pl()
        connection.execute(
            f"DELETE FROM {CONTESTED} WHERE enterprise_id IN (SELECT enterprise_id FROM shared)"
        )
    same = [name for name in frame.columns if name != "first_on"]
    kept = frame.join(before, on=same, how="left", suffix="_before", maintain_order="left")
    append(connection, CONTESTED, kept.select(*same, first_on=pl.coalesce("first_on_before", "first_on")))


def tell_contested(connection: Connection, judged: Judged, *, on: date) -> None:
    """Renew the complaints about authorities that are contested: one for two sources, a column and the day it arose.

    What is contested changes with a register only.
    """
    if REGISTER.name not in judged.rows:
        return
    found: dict[str, list[Complaint]] = {
        str(source): []
        for (source,) in connection.execute(
            "SELECT DISTINCT source FROM ops.complaints WHERE kind = ? AND state <> 'over'",
            [AUTHORITY_CONTESTED],
        ).fetchall()
    }
    for source, holder, column, first_on, n, key, held, said in connection.execute(_CONTESTED).fetchall():
        facts = {"n": f"{n:,}", "column": f"{REGISTER.name}.{column}", "key": shown(key), "holder": holder}
        facts |= {"held": held, "said": said, "source": source}
        place = f"{facts['column']} {holder} {first_on}"
        found.setdefault(source, []).append(
            Complaint(source, AUTHORITY_CONTESTED, place, Message(_SAID, facts))
        )
    for source, complaints in sorted(found.items()):
        renew(connection, source, complaints, on=on, kinds=[AUTHORITY_CONTESTED])


_SAID = N_(
    "{n} enterprises have another {column} here than in {holder}, which stays in force ({key}: {held}, here {said}). "
    "Have one of them corrected, let the one that decides say so in its mapping (settles_authority), or acknowledge it."
)
_CONTESTED = f"""
SELECT said_by, held_by, column_name, first_on, count(*), min(enterprise_id), arg_min(held, enterprise_id),
       arg_min(said, enterprise_id) FROM {CONTESTED} GROUP BY ALL ORDER BY ALL
"""


def of_moves(connection: Connection, judged: Judged, *, on: date) -> list[Complaint]:
    """Enterprises that a source gives back a level or district it had taken from them: two of its files take turns.

    For a delivery already stored.  That a source says otherwise than before is a correction, and only logged.
    """
    moved = connection.execute(_MOVED, {"delivery": judged.delivery_id}).fetchall()
    if moved:
        told = {key for key, *_ in moved}
        log.info(
            "%s: %s enterprises have another level or district than before", judged.mapping.name, len(told)
        )
    found: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for key, file, before, after, is_again in moved:
        if is_again:
            found[file].append((key, before, after))
    return [
        Complaint(
            judged.mapping.name,
            AUTHORITY_BY_TURNS,
            f"{REGISTER.name} {file} {on}",
            Message(
                _BY_TURNS,
                {"file": file, "n": f"{len(keys):,}", "key": shown(keys[0][0])}
                | {"before": keys[0][1], "after": keys[0][2]},
            ),
        )
        for file, keys in found.items()
    ]


_BY_TURNS = N_(
    "{file}: {n} enterprises have a level or district again that they had before another file changed it ({key}: "
    "{before} became {after}). Do two files take turns? Have one corrected or left out (ignore:); else acknowledge it."
)
_MOVED = f"""
WITH told AS (
    SELECT enterprise_id, source, version, delivery_id, source_file, {as_delivered("enforcing_level", "c")} AS level,
           {as_delivered("division", "c")} AS place
    FROM core.enterprises c WHERE undone_no IS NULL
     AND enterprise_id IN (SELECT enterprise_id FROM core.enterprises WHERE delivery_id = $delivery)),
steps AS (
    SELECT *, lag(level) OVER one_source AS level_before, lag(place) OVER one_source AS place_before
    FROM told WINDOW one_source AS (PARTITION BY enterprise_id, source ORDER BY version))
SELECT enterprise_id, source_file, concat_ws(' ', level_before, place_before), concat_ws(' ', level, place),
       EXISTS (FROM told q WHERE q.enterprise_id = s.enterprise_id AND q.source = s.source AND q.version < s.version
               AND q.delivery_id <> s.delivery_id AND q.level = s.level AND q.place IS NOT DISTINCT FROM s.place)
FROM steps s WHERE delivery_id = $delivery AND (level <> level_before OR place <> place_before) ORDER BY ALL
"""
