"""What acts do to levels: rows that one act changes, and findings counted by whether they are put right.

Acts (``models.counterfactuals.acts``) change rows of one table each: a visit or a report more, alerts answered or over
by the end of the day, findings put right.  Levels that do not rest on what is changed stay as they are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

from models.features.catalogue import CATALOGUE
from models.features.intervals import NEVER, Piece, Quality
from models.features.measures import Exists, Measure, Sum
from models.features.span import Asked, Stretch, turns
from models.features.windows import FeaturePolicy

RECHECK, REPORT, ANSWER, RESTORE = "pass_recheck", "file_self_report", "answer_alerts", "restore_monitoring"
CHANGED = {RECHECK: "inspections", REPORT: "self_reports", ANSWER: "alerts", RESTORE: "alerts"}
"""The table that each act changes, besides putting findings right."""
_RESTS_ON = {ANSWER: ("answered_on", "acknowledged_at"), RESTORE: ("closed_on", "closed_at")}
_SETTLED = ("rectified_on", "next_clean_after", "next_clean_from")
"""What putting right, or a clean visit, changes of a finding."""


def rests_on(measure: Measure, columns: tuple[str, ...]) -> bool:
    """Whether a measure reads one of some columns."""
    told = [str(getattr(measure, one.name)) for one in fields(measure) if one.name != "where"]
    texts = " ".join((*told, *_texts(measure.where)))
    return any(column in texts for column in columns)


def _texts(quality: Quality) -> Iterator[str]:
    yield from (*quality.says, *quality.begins, *quality.ends)
    for begins, ends in quality.rests:
        yield from (begins, ends)


def settled_features() -> frozenset[str]:
    """Features that change when a finding is put right, or a clean visit follows."""
    return frozenset(
        name for name, one in CATALOGUE.measures("violations").items() if rests_on(one, _SETTLED)
    )


def moved_by(act: str) -> frozenset[str]:
    """Features that an act can change, but for those of findings; what several give among them."""
    columns = _RESTS_ON.get(act)
    measures = CATALOGUE.measures(CHANGED[act])
    moved = {name for name, one in measures.items() if columns is None or rests_on(one, columns)}
    combined = {name for name, one in CATALOGUE.combined.items() if moved & set(one.of)}
    return frozenset(moved | combined)


def acted(act: str, rows: str, day: int) -> str:
    """Rows of the table that an act changes (SQL, with ``f``), with the act done by each enterprise on a day."""
    if act == RECHECK:
        more = f"'recheck' AS kind, 'on_site' AS mode, 'clean' AS result, NULL::BIGINT AS score, {day} AS inspected_on"
        return f"(FROM {rows} UNION ALL BY NAME SELECT f, {more}, {_KNOWN} FROM firms)"
    if act == REPORT:
        more = f"{day} AS filed_on, 0 AS hazards_found, 0 AS hazards_fixed"
        return f"(FROM {rows} UNION ALL BY NAME SELECT f, {more}, {_KNOWN} FROM firms)"
    minute, among = ("acknowledged_at", "true") if act == ANSWER else ("closed_at", "kind = 'sensor_offline'")
    last = (day + 1) * 1440 - 1
    sooner = f"CASE WHEN {among} AND raised_at <= {last} THEN least({minute}, {last}) ELSE {minute} END"
    return f"(SELECT * REPLACE ({sooner} AS {minute}) FROM {rows})"


_KNOWN = f"-{NEVER} AS known_from, {NEVER} AS known_to, NULL::INTEGER AS withdrawn_on"


@dataclass(frozen=True)
class Slot:
    """Part of a feature of findings: how many count on a day.  ``worth``: what it adds where any does.

    Without ``worth`` the feature is their number.
    """

    feature: str
    pieces: tuple[Piece, ...]
    worth: int | None = None


def slots(asked: Asked, policy: FeaturePolicy) -> list[Slot]:
    """The parts of the features that putting findings right, or a clean visit, changes, of those asked for."""
    found: list[Slot] = []
    for name in sorted(settled_features() & set(asked)):
        measure = CATALOGUE[name].measure
        assert isinstance(measure, Sum)
        pieces = measure.pieces(policy, asked[name])
        if not isinstance(measure, Exists):
            found.append(Slot(name, pieces))
            continue
        for key in dict.fromkeys(piece.key for piece in pieces):
            mine = tuple(piece for piece in pieces if piece.key == key)
            found.append(Slot(name, mine, int(mine[0].amount)))
    return found


def counted(slots: Sequence[Slot], table: str, span: Stretch) -> str:
    """SQL of how the counts of slots change over a span: ``f``, ``slot``, ``day``, ``n``."""
    selects = [
        f"SELECT f, {at} AS slot, s, e, a FROM ({one.select(table, 0, span.first, span.last)})"
        for at, slot in enumerate(slots)
        for piece in slot.pieces
        for one in (piece if slot.worth is None else replace(piece, amount="1")).whole()
    ]
    return f"WITH pieces AS MATERIALIZED ({' UNION ALL '.join(selects)}) {turns('f, slot', 'a', span)}"


def rechecked(table: str, day: int) -> str:
    """SQL of prepared findings once a clean visit was made on a day."""
    return f"""(SELECT * REPLACE (
        CASE WHEN day < {day} THEN least(next_clean_after, {day}) ELSE next_clean_after END AS next_clean_after,
        CASE WHEN rectified_on <= {day} THEN least(next_clean_from, {day}) ELSE next_clean_from END AS next_clean_from)
    FROM {table})"""


def closing_rows(units: str) -> str:
    """Findings in integer form of which only what counts for these features is known (``ALIKE`` columns)."""
    texts = ", ".join(
        f"NULL::VARCHAR AS {one}" for one in ("inspection_id", "item_code", "severity", "department")
    )
    numbers = ", ".join(f"NULL::BIGINT AS {one}" for one in ("penalty_unit", "penalty_person", "decided_on"))
    told = f"'' AS source, f::VARCHAR AS violation_id, 1 AS quantity, {texts}, {numbers}, {_KNOWN}"
    return f"(SELECT *, {told} FROM {units})"
