"""Objections (异议): which are open and until when, how they were decided; lodged, decided and taken back here."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from starlette.datastructures import FormData

from desk.say import disputes as say
from desk.web import acts
from desk.web.asking import Asking, Somebody, page_and_json
from desk.web.errors import status_of
from desk.web.knowing import firm_of
from desk.web.queue import Page, Paged, Size, Text, link_of, one_of
from desk.web.sent import Sent, fields, prose, text
from desk.words.labels import ACT, CONTESTABLE, FILER, OBJECTION_STATE, OUTCOME, REMEDY
from models.disputes import Involved, conflicts, names_in
from models.errors import FieldError, NotThereError
from models.vocabulary import CODE
from warehouse.database.frames import Connection
from warehouse.database.reading import Row, rows
from warehouse.field.acts import DECIDE, FILE, WITHDRAW, is_lodger, lodging
from warehouse.questions import disputes as queries
from warehouse.questions.codes import code_of

router = APIRouter()

SIZE = 50
CORRECTIONS = 3
"""Columns that can be corrected by one form."""
Number = Annotated[str, Path(max_length=40)]
Key = Annotated[str, Query(max_length=200)]


@page_and_json(router, "/objections")
def listed(
    asking: Somebody, state: Text = "", enterprise: Text = "", page: Page = 1, size: Size = SIZE
) -> Response:
    """Objections about enterprises of the own area, open ones first by the day they must be decided."""
    today, firm = asking.now.date(), enterprise.strip()
    with asking.reading() as copy:
        found = queries.objections(
            copy,
            day=today,
            enterprise_id=firm or None,
            state=one_of(OBJECTION_STATE, state),
            area=asking.viewer.area,
        )
    waits = [one for one in acts.pending(asking, acts.OF_OBJECTIONS) if firm in ("", one["enterprise_id"])]
    paged, filters = Paged(page, size, len(found)), {"state": state, "enterprise": enterprise}
    told = {
        "of": paged.of,
        "page": page,
        "size": size,
        "objections": found[paged.skip :][:size],
        "acts": waits,
    }
    return asking.answer(
        "objections.html",
        told,
        today=today,
        filters=filters,
        paged=paged,
        link=link_of("/objections", filters),
        say=say,
        states=OBJECTION_STATE,
        act_codes=ACT,
    )


@page_and_json(router, "/objections/new")
def new(
    asking: Somebody,
    enterprise: Annotated[str, Query(description="whose datum or code is contested", max_length=200)],
    table: Annotated[str, Query(description="of the datum; none: the code itself", max_length=40)] = "",
    source: Key = "",
    key: Annotated[str, Query(description="number of the datum", max_length=200)] = "",
    again: acts.Again = "",
) -> Response:
    """What is asked of an objection that is lodged for an enterprise, and what there is to choose from."""
    register = firm_of(asking, enterprise.strip())
    given = {"table": one_of(CONTESTABLE, table) or "", "source": source, "key": key}
    return _lodging(asking, register, given | acts.as_sent(asking, again))


@router.post("/objections", include_in_schema=False)
def lodge(asking: Somebody, sent: Sent) -> Response:
    """Lodge an objection for an enterprise, or as an officer."""
    asking.require_form(text(sent, "csrf"))
    register = firm_of(asking, text(sent, "enterprise_id"))
    try:
        return acts.ask(asking, FILE, register, _filing(asking, register, sent), sent)
    except FieldError as error:
        return _lodging(asking, register, fields(sent), fault=error)


def _filing(asking: Asking, register: Row, sent: FormData) -> Row:
    """What the form lodges.  Raises FieldError."""
    table, filer = (
        one_of(CONTESTABLE, text(sent, "table")),
        one_of(FILER, text(sent, "filer")) or "enterprise",
    )
    by = acts.own_name(asking) if filer == "officer" else text(sent, "by")[:200]
    key = register["enterprise_id"] if table == "enterprises" else text(sent, "key")[:200]
    grounds, corrected = prose(sent, "grounds"), _corrections(sent, table)
    if not by:
        raise FieldError("It is not said who objects. Write the name of the enterprise's person.")
    if not grounds:
        raise FieldError("An objection says why. Write the grounds.")
    if table and not key:
        raise FieldError("It is not said which datum is contested. Write its number.")
    if table == "enterprises" and not corrected:
        raise FieldError("The register is corrected, not withdrawn. Say which column should say what.")
    return {
        "enterprise_id": register["enterprise_id"],
        "by": by,
        "filer": filer,
        "grounds": grounds,
        "datum": [table, text(sent, "source")[:200] or None, key] if table else None,
        "corrections": corrected,
        "late_reason": prose(sent, "late_reason") or None,
        "new_evidence": prose(sent, "new_evidence") or None,
        # Who writes it down for another does not decide it.
        "lodged_by": acts.own_name(asking),
    }


def _corrections(sent: FormData, table: str | None) -> dict[str, str]:
    """What columns should say, by their names.  Raises FieldError for a column the table has not."""
    if table is None:
        return {}
    told = {text(sent, f"column.{n}"): text(sent, f"value.{n}")[:1000] for n in range(1, CORRECTIONS + 1)}
    told.pop("", None)
    if not told.keys() <= {*say.correctable(table)}:
        raise FieldError("There is no such column to correct. Choose one of the list.")
    return told


def _lodging(asking: Asking, register: Row, given: Row, *, fault: FieldError | None = None) -> Response:
    if not acts.may(asking, register)[FILE]:
        raise FieldError("Objections are lodged by those who inspect or lead there. Let one of them do it.")
    table = given.get("table", "")
    with asking.reading() as copy:
        firm = register["enterprise_id"]
        datum = _datum(copy, firm, table, given.get("source", ""), given.get("key", ""))
        code = code_of(copy, register["enterprise_id"])
    told: Row = {"register": register, "code": code, "table": table, "datum": datum}
    told |= {"columns": [name for name, _ in say.columns(table, asking.words)] if table else []}
    return asking.answer(
        "objection_new.html",
        told,
        status=status_of(fault) if fault else 200,
        given=defaultdict(str, given),
        fault=asking.words.of(fault) if fault else "",
        request_id=uuid.uuid4(),
        tables=CONTESTABLE,
        filers=FILER,
        named=say.columns(table, asking.words) if table else [],
        corrections=range(1, CORRECTIONS + 1),
    )


@page_and_json(router, "/objections/{objection_id}")
def shown(asking: Somebody, objection_id: Number, again: acts.Again = "") -> Response:
    """One objection: grounds, evidence, the datum, what hangs on it, its clock, and how it was decided."""
    return _page(asking, _found(asking, objection_id), given=acts.as_sent(asking, again))


def _found(asking: Asking, objection_id: str) -> Row:
    """An objection about an enterprise of the own area.  Raises NotThereError."""
    with asking.reading() as copy:
        found = queries.objections(
            copy, day=asking.now.date(), objection_id=objection_id, area=asking.viewer.area
        )
    if not found:
        raise NotThereError("There is no such objection here. Look at the list: /objections")
    return found[0]


def _page(
    asking: Asking, row: Row, *, given: Mapping[str, Any] | None = None, fault: FieldError | None = None
) -> Response:
    user, register = asking.own_session.user, firm_of(asking, row["enterprise_id"])
    asking.note_look("objection", row["objection_id"])
    with asking.reading() as copy:
        datum, recorded = _contested(copy, row)
        code = code_of(copy, row["enterprise_id"])
    me, lodged = acts.own_name(asking), lodging(asking.desk.ledger, row["objection_id"])
    hands = conflicts(me, Involved(row["filed_by"], recorded_by=recorded))
    waits = [
        one
        for one in acts.pending(asking, acts.OF_OBJECTIONS)
        if one["told"].get("objection_id") == row["objection_id"]
    ]
    may = acts.may(asking, register)
    is_open = row["state"] == "open" and not any(one["state"] == "asked" for one in waits)
    table = row["table_name"]
    # The day of the page is that of the copy.
    coded_on, rest = row["as_of"], {name: value for name, value in row.items() if name != "as_of"}
    return asking.answer(
        "objection.html",
        {**rest, "coded_on": coded_on, "code_now": code, "datum": datum, "acts": waits},
        status=status_of(fault) if fault else 200,
        today=asking.now.date(),
        may_decide=is_open and may[DECIDE],
        is_lodger=lodged is not None and is_lodger(lodged, user.user_id, me),
        may_withdraw=is_open and may[WITHDRAW] and "recorded" not in hands,
        hands=hands if row["is_decisive"] else (),
        given=defaultdict(str, given or {}),
        fault=asking.words.of(fault) if fault else "",
        request_id=uuid.uuid4,
        say=say,
        states=OBJECTION_STATE,
        act_codes=ACT,
        filers=FILER,
        outcomes=OUTCOME,
        remedies=REMEDY,
        named=say.columns(table, asking.words) if table else [],
        corrections=range(1, CORRECTIONS + 1),
    )


_SHOWN = {
    "violations": ("serve.enterprise_findings", "violation_id"),
    "inspections": ("serve.enterprise_visits", "inspection_id"),
}
"""Tables of the published copy that have what is contested; of others only the number is known there."""


def _datum(copy: Connection, enterprise_id: str, table: str, source: str, key: str) -> Row | None:
    """The datum of an enterprise as readers see it now; none where the copy has no rows of its table.

    A number alone opens nothing: it may be another enterprise's, of another place.
    """
    if table not in _SHOWN or not key:
        return None
    of, number = _SHOWN[table]
    asked = (
        f"FROM {of} WHERE enterprise_id = $firm AND {number} = $key AND ($source = '' OR source = $source)"
    )
    found = rows(copy, asked, {"firm": enterprise_id, "key": key, "source": source})
    return found[0] if len(found) == 1 else None


def _contested(copy: Connection, row: Row) -> tuple[Row | None, set[str]]:
    """What an objection is about, and who recorded it as far as the copy knows: officers of its visit."""
    told = (row["enterprise_id"], row["table_name"] or "", row["source"] or "", row["datum_id"] or "")
    datum = _datum(copy, *told)
    visit = (
        datum["inspection_id"] if datum else row["datum_id"] if row["table_name"] == "inspections" else None
    )
    if visit is None:
        return datum, set()
    asked = "SELECT officers FROM serve.enterprise_visits WHERE inspection_id = $visit AND source = $source"
    found = rows(copy, asked, {"visit": visit, "source": row["source"]})
    return datum, {name for one in found for name in names_in(one["officers"])}


@router.post("/objections/{objection_id}/decision", include_in_schema=False)
def decide(asking: Somebody, objection_id: Number, sent: Sent) -> Response:
    """Uphold or reject, with written reasons."""
    return _ended(asking, objection_id, sent, DECIDE, _ruling)


def _ended(
    asking: Asking, objection_id: str, sent: FormData, kind: str, told: Callable[[Asking, Row, FormData], Row]
) -> Response:
    """Ask for what ends an open objection; the page again, as it was filled in, where something stands against it."""
    asking.require_form(text(sent, "csrf"))
    row = _found(asking, objection_id)
    try:
        if row["state"] != "open":
            raise FieldError("The objection is decided already. Look at it as it stands now.")
        asked = told(asking, row, sent)
        return acts.ask(asking, kind, firm_of(asking, row["enterprise_id"]), asked, sent)
    except FieldError as error:
        return _page(asking, row, given=fields(sent), fault=error)


def _ruling(asking: Asking, row: Row, sent: FormData) -> Row:
    """What the form decides.  Raises FieldError."""
    outcome, reasons = one_of(OUTCOME, text(sent, "outcome")), acts.reason(sent, "reasons")
    if outcome is None:
        raise FieldError("It is not said whether the objection is upheld. Choose one.")
    told: Row = {"objection_id": row["objection_id"], "outcome": outcome, "reasons": reasons}
    told |= {"by": acts.own_name(asking)}
    if outcome == "rejected":
        return told
    remedy = one_of(REMEDY, text(sent, "remedy"))
    if row["table_name"] is None or remedy == "override":
        code, until = one_of(CODE, text(sent, "code")), acts.day_of(text(sent, "until"))
        if code is None or until is None:
            raise FieldError("An override needs a code and a last day. Choose both.")
        return told | {"remedy": "override", "code": code, "until": until.isoformat()}
    corrected = _corrections(sent, row["table_name"])
    if remedy == "correct" and not corrected and not row["asked"]:
        raise FieldError("A correction says what is right. Choose a column, and write what it should say.")
    return told | {"remedy": remedy, "corrections": {} if remedy == "withdraw" else corrected}


@router.post("/objections/{objection_id}/withdrawal", include_in_schema=False)
def take_back(asking: Somebody, objection_id: Number, sent: Sent) -> Response:
    """Note that who filed it takes it back."""
    return _ended(asking, objection_id, sent, WITHDRAW, _taken_back)


def _taken_back(asking: Asking, row: Row, sent: FormData) -> Row:
    """What the form notes: the wish of who filed it, and who noted it here.  Raises FieldError."""
    why, me = prose(sent, "why"), acts.own_name(asking)
    if not why:
        raise FieldError(
            "It is not said how it was taken back. Write by what and when, such as the letter and its day."
        )
    with asking.reading() as copy:
        _, recorded = _contested(copy, row)
    if "recorded" in conflicts(me, Involved("", recorded_by=recorded)):
        raise FieldError(
            "You recorded what is contested yourself. Let a colleague note that it is taken back."
        )
    reasons = asking.words("{why} (noted at the desk by {name})", why=why, name=me)
    return {
        "objection_id": row["objection_id"],
        "by": row["filed_by"],
        "reasons": reasons,
        "noted_by": me,
        "why": why,
    }
