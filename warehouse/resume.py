"""Acts that were begun are carried through: whoever died left it in the warehouse, and readers are told of it here.

Every act is one transaction: it happened or it did not.  What follows from the warehouse alone may still be missing
after a death, a damage or a removal: codes of what was taken in, and the readers' copies.
"""

import uuid
from collections.abc import Callable

from models.policy import Policy
from warehouse.clock import night_begun
from warehouse.coding.touched import touched
from warehouse.database.copies import Copy, stamp
from warehouse.database.frames import Connection, log
from warehouse.database.runs import last_issued
from warehouse.home import Home, log_of
from warehouse.intake.inbox import city_today, closed_on
from warehouse.intraday import update_enterprises
from warehouse.publish import CODES, DOCUMENTS, MEASURES, publish_again, publish_measures
from warehouse.rules.cards import MODELS, publish_models
from warehouse.rules.packs import PACKS, publish_packs

_COPIES: tuple[tuple[Copy, Callable[[Connection, Home], object]], ...] = (
    (MEASURES, publish_measures),
    (PACKS, publish_packs),
    (MODELS, publish_models),
)
ALL = (CODES, DOCUMENTS, *(copy for copy, _ in _COPIES))


def written(home: Home) -> str:
    """When the warehouse was written last; changes with every write, whoever wrote."""
    return stamp(home.warehouse, log_of(home.warehouse))


def damaged(home: Home) -> dict[str, str]:
    """Copies that cannot be read to the end, and why."""
    found = {copy.file: copy.damage_of(copy.at(home)) for copy in ALL if copy.at(home).exists()}
    return {file: why for file, why in found.items() if why}


def is_whole(connection: Connection, home: Home) -> bool:
    """Whether readers know what the warehouse knows: all that was taken in is coded, and every copy stands.

    Where a night is due, it codes what was taken in: within the day before, that would count a day too early.
    """
    is_coded = _is_night_due(connection) or not touched(connection, known_at=city_today(connection))
    return is_coded and all(copy.stands(connection, home) for copy in ALL)


def _is_night_due(connection: Connection) -> bool:
    last = last_issued(connection)
    return last is None or last.as_of < (closed_on(connection) or night_begun())


def resume(connection: Connection, home: Home, pack: Policy) -> bool:
    """Carry through what was begun.  Returns whether anything was left to do.

    ``pack`` holds in a home where no pack was activated.
    """
    if is_whole(connection, home):
        return False
    log.info("carrying through what was begun")
    renew_copies(connection, home)
    if not _is_night_due(connection):
        today, run_id = city_today(connection), f"resume-{uuid.uuid4()}"
        update_enterprises(connection, home, pack, known_at=today, run_id=run_id)
    elif not all(copy.stands(connection, home) for copy in (CODES, DOCUMENTS)):
        publish_again(connection, home)
    return True


def renew_copies(connection: Connection, home: Home) -> None:
    """Make those copies anew that do not stand, but for that of the codes."""
    for copy, publish in _COPIES:
        if not copy.stands(connection, home):
            publish(connection, home)


def publish_everything(connection: Connection, home: Home) -> None:
    """Make every copy anew, whether or not it stands."""
    publish_again(connection, home)
    for _, publish in _COPIES:
        publish(connection, home)
