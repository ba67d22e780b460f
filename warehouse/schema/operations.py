"""Tables of what the system did: deliveries, refused rows, rules in force, runs."""

from functools import partial

from warehouse.schema.tables import COMMON, day, flag, moment, own_table, small, spread, text, texts, whole

_COLUMNS = COMMON | spread(
    {
        "table_name": text("canonical table"),
        "file": text("file of the delivery"),
        "sheet": text("sheet of the workbook; empty where a file has none"),
        "line": whole("line in it; 0 = the whole file"),
        "rules": text("names of the rules that refused it, separated by a comma"),
        "content": text(
            "the row as delivered, as JSON; plain text where it could not be read", personal=True
        ),
        "cells": text(
            "the cells it is refused for, as JSON: canonical column, and what was delivered", personal=True
        ),
        "state": text(
            "open, waiting (for its enterprise or its day), accepted (later), superseded, or cell (accepted without it)"
        ),
        "mapping_hash": text("SHA-256 of the mapping it was read by"),
        "entry": small("place of the entry within its table of the mapping, from 0"),
        "delivery_id": text("SHA-256 (16 characters) of mapping and files"),
        "refused_on": day("day of the run that refused it"),
        "settled_on": day("day it was accepted or superseded"),
        "number": small("ascending number: the order in which it was decided or run"),
        "version": text("version of the pack"),
        "effective_from": day("first day coded with it"),
        "activated_by": text("who decided", personal=True),
        "diff": text("summary of the comparison before it, as JSON; empty: none was made"),
        "kind": text("initial (recorded by the first run) or activate (by a person)"),
        "enterprises": whole("enterprises coded"),
        "red": whole("of these RED"),
        "yellow": whole("of these YELLOW"),
        "blue": whole("of these BLUE"),
        "green": whole("of these GREEN"),
        "provisional": whole("of these provisional"),
        "is_issued": flag("its codes were issued; a replay of an earlier day issues nothing"),
        "calendar_version": text("version of the working-day calendar"),
        "rescored": whole("enterprises coded anew within the day; empty = all"),
        "renewed": whole(
            "enterprises whose codes a night made anew, while what was made of all others was kept; empty = all"
        ),
        "kept_wrongly": text("what a sample showed to be kept wrongly, so that all were coded anew"),
        "folder": text("where it lay"),
        "received_on": day("day of the run that took it in"),
        "taken_in_at": moment("when it was taken in"),
        "delivered": whole("rows delivered"),
        "added": whole("new rows, versions of new keys included"),
        "corrected": whole("new versions of keys known before"),
        "unchanged": whole("rows already known"),
        "refused": whole("rows refused"),
        "accepted": whole("rows accepted"),
        "headers": text("headers that filled its decisive columns, as JSON: canonical column, and header"),
        "digest": text("SHA-256 of its content"),
        "complaint_id": text("short, the same for the same thing"),
        "place": text("file, table or column it is about; empty = the whole source"),
        "is_grave": flag("a night with it open is not whole"),
        "message": text("what is wrong and the next step: the English sentence"),
        "facts": text("its facts as JSON; they quote what was delivered", personal=True),
        "first_on": day("day it arose"),
        "last_on": day("last day it was found"),
        "over_on": day("day the place was read without it"),
        "key": text("name of the fact"),
        "value": text("the fact"),
        "text": text("the file, word for word"),
    }
)
_noted = partial(own_table, _COLUMNS)

TABLES = {
    "raw.rejected_rows": _noted(
        "one refused row (被拒数据)",
        "source table_name file sheet line rules content cells state mapping_hash entry delivery_id refused_on "
        "settled_on",
        order="refused_on, source, file, sheet, line",
    ),
    "ops.activations": _noted(
        "one activation of a rule pack (启用), newest last",
        "number pack version pack_hash effective_from activated_at activated_by reason diff kind stored_no",
        key="number",
        pack_hash=text("SHA-256 of everything in it, planning and monitoring included"),
    ),
    "ops.runs": _noted(
        "one finished run, or update within the day",
        "run_id as_of known_at finished_at state pack pack_version pack_hash fingerprint "
        "data_watermark enterprises red yellow blue green provisional stored_no is_issued "
        "calendar_version rescored number renewed kept_wrongly",
        key="run_id",
        order="number",
        state=text("done, or incomplete: coded, but not all that was delivered could be read"),
        number=whole("ascending number: the order in which it was decided or run"),
    ),
    "ops.deliveries": _noted(
        "one delivery taken in",
        "number delivery_id source mapping_hash folder received_on taken_in_at delivered added corrected "
        "unchanged refused",
        key="delivery_id",
        order="number",
        number=whole("ascending number: the order in which deliveries were taken in"),
    ),
    "ops.delivery_files": _noted(
        "one file of a delivery, or sheet of it, for one table",
        "delivery_id table_name entry file sheet delivered accepted refused headers digest",
        order="delivery_id, table_name, file, sheet",
    ),
    "ops.contradictions": _noted(
        "one thing said of a key on a day on which others said other things",
        "table_name datum recorded_at subject content source file found_on",
        is_published=False,
        datum=text("the key, as JSON"),
        recorded_at=day("of which knowledge date"),
        subject=text("whom it is about"),
        content=text("MD5 of what it says"),
        found_on=day("day the files came"),
    ),
    "ops.contested_authorities": _noted(
        "one word of a source against the level or district that is in force of an enterprise (执法归属有争议, P1)",
        "enterprise_id column_name held held_by said said_by first_on",
        order="enterprise_id, column_name, said_by",
        column_name=text("enforcing_level or division"),
        held=text("what is in force until a person settles it"),
        held_by=text("source that says so"),
        said=text("what another source says"),
        said_by=text("that source"),
    ),
    "ops.number_pools": _noted(
        "one time a source said otherwise than before with which others it shares its numbers",
        "source shares_with known_from stored_no",
        is_published=False,
        shares_with=texts("sources whose numbers mean the same things; none: no more"),
        known_from=day("first day this counts"),
    ),
    "ops.complaints": _noted(
        "one thing of a source that could not be read or counted (数据告警)",
        "complaint_id source kind place is_grave message facts first_on last_on over_on state given_by reason "
        "given_at",
        key="complaint_id",
        order="source, kind, place",
        kind=text(
            "source_unreadable, file_unreadable, mostly_refused, file_unmapped, sheet_unread, decisive_unfilled, "
            "decisive_lost, danger_left_out, another_day, contradicted, authority_contested, authority_by_turns or "
            "division_unknown"
        ),
        state=text("open, acknowledged (a person takes it as it is) or over"),
    ),
    "ops.meta": _noted("one fact the warehouse remembers about itself", "key value", key="key"),
    "ops.mappings": _noted(
        "one mapping a delivery was read by",
        "hash name text",
        key="hash",
        is_published=False,
        hash=text("SHA-256 of it"),
        name=text("name of the mapping"),
    ),
    "ops.packs": _noted(
        "one rule pack that was in force",
        "hash name version title_zh title_en content stored_at",
        key="hash",
        is_published=False,
        hash=text("SHA-256 of everything in it"),
        name=text("name of the pack"),
        title_zh=text("its title"),
        title_en=text("its title"),
        content=text("its files, as JSON"),
    ),
}
