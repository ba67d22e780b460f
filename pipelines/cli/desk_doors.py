"""``./riskcode desk odk`` and ``outward``: what comes to the desk from other systems, and what it tells them."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from desk.files.odk import submissions
from desk.files.outward.documents import Edition, documents_of, keep_edition
from desk.files.outward.mapping import SAMPLE, read_outward
from desk.files.tables import as_json
from desk.words.labels import SUBMISSION_STATE
from desk.words.words import Words, kept
from models.errors import DeliveryError
from models.field.states import INSPECTOR, LEADER
from pipelines.cli.desk_users import user_by_login
from pipelines.cli.options import Json, WrongUse, written
from pipelines.settings import load_settings
from warehouse.clock import local_now
from warehouse.database.reading import reading
from warehouse.field import audit
from warehouse.field.counted import counted_on
from warehouse.field.opening import opened
from warehouse.field.submissions import take_in
from warehouse.questions.desk_facts import firm_names
from warehouse.questions.today import published_now


def odk(
    file: Annotated[Path, typer.Argument(help="the ZIP file with CSV and media that ODK Central exported")],
    by: Annotated[str, typer.Option("--by", help="login of the inspector or leader who brings it")],
    json: Json = False,
) -> None:
    """Make submissions of the forms of visits their records, to be finished and signed at the desk.

    The same file again does nothing; what stands against a record there is kept as a conflict, and merged with nothing.
    """
    settings = load_settings()
    home, words = settings.home.prepare(), Words(settings.language)
    try:
        with file.open("rb") as opened_file:
            found = submissions(opened_file, file.name)
    except OSError as error:
        raise DeliveryError("{path} cannot be read ({error}).", path=file, error=error.strerror) from error
    with opened(home) as ledger, reading(home) as copy:
        user = user_by_login(ledger, by)
        if user.roles.isdisjoint({INSPECTOR, LEADER}):
            raise WrongUse("{login} writes no records. Name an inspector or a leader with --by.", login=by)
        now = published_now(copy, local_now())
        brought = [take_in(ledger, user, one, now, kept) for one in found]
    if json:
        names = ("instance_id", "visit_id", "state", "rule", "said")
        typer.echo(as_json([{name: getattr(one, name) for name in names} for one in brought]))
        return
    for one in brought:
        why = (
            words.either({f"why_{name}": said for name, said in one.said.items()}, "why") if one.said else ""
        )
        said = words.label(SUBMISSION_STATE, one.state)
        typer.echo(" · ".join(filter(None, (one.visit_id or one.instance_id, said, why))))
    if not brought:
        typer.echo(words("There was no submission in it."))


def outward(
    day_: Annotated[datetime, typer.Argument(metavar="DAY", formats=["%Y-%m-%d"], help="day of the visits")],
    to: Annotated[Path | None, typer.Option(help="folder of the editions; default: exports/outward")] = None,
    json: Json = False,
) -> None:
    """Visits and findings of a day that count, as a document for a platform, by the mapping of RISKCODE_OUTWARD.

    The same day again writes nothing; where something was corrected since, the next edition beside the last.
    """
    settings = load_settings()
    home, words, asked = settings.home.prepare(), Words(settings.language), day_.date()
    path, folder = settings.outward or SAMPLE, to or home.exports / "outward"
    mapping = read_outward(path)
    with opened(home) as ledger:
        found = counted_on(ledger, asked)
        with reading(home) as copy:
            names = firm_names(copy, {one.visit.filing.enterprise_id for one in found})
        documents = documents_of(found, names, mapping)
        done = list[Edition]()
        written(
            folder,
            lambda folder: done.append(keep_edition(documents, asked, mapping, path, folder)),
            option="--to",
            shown=False,
            is_folder=True,
        )
        [edition] = done
        if edition.is_new:
            with ledger.writing() as connection:
                details = {"mapping": mapping.outward, "edition": edition.number, "visits": len(documents)}
                audit.append(
                    connection, at=local_now(), by=None, act="outward", subject=f"{asked}", details=details
                )
    if json:
        told = {
            "day": f"{asked}",
            "edition": edition.number,
            "file": f"{edition.path}",
            "is_new": edition.is_new,
        }
        typer.echo(as_json({**told, "visits": len(documents)}))
        return
    typer.echo(f"{edition.path}")
    n = len(documents)
    typer.echo(
        words.plural(
            "{n} visit, edition {edition}", "{n} visits, edition {edition}", n, edition=edition.number
        )
    )
