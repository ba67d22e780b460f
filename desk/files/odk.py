"""Submissions of the form of a visit (``desk.files.xlsform``), from what ODK Central exports: a ZIP of CSV files.

Its root file has a row a submission, the one of the repeat a row a finding, ``media/`` the pictures.  Nothing is
written to the disk and nothing is guessed: a submission that cannot be read says by which rule.
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import PurePosixPath
from typing import IO, Any, Final

from pydantic import ValidationError

from desk.files.pictures import image_type
from desk.files.xlsform import FINDINGS, PHOTOS, YES
from models.errors import DeliveryError, FieldError
from models.field.facts import Fault
from models.field.forms import Record
from warehouse.field.blobs import MOST_BYTES
from warehouse.field.submissions import Submission

MOST_TABLE_BYTES: Final = 32 * 2**20
"""Of one CSV file of an archive, unpacked."""
MOST_FILES: Final = 20_000
Row = dict[str, str]


def submissions(file: IO[bytes], name: str) -> list[Submission]:
    """All submissions of an archive called so, in its order.

    Raises DeliveryError for what is no export of ODK Central.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return [*_read(archive, name)]
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise DeliveryError(
            "{path} is no ZIP file that can be read ({error}). Export the submissions of the form as CSV, with its "
            "repeats, once more.",
            path=name,
            error=f"{error}",
        ) from error


def _read(archive: zipfile.ZipFile, path: str) -> Iterator[Submission]:
    held = archive.infolist()
    if len(held) > MOST_FILES:
        raise DeliveryError(
            "{path} holds more than {most} files. Export less at once.", path=path, most=MOST_FILES
        )
    tables = [one for one in held if one.filename.endswith(".csv")]
    repeats = [one for one in tables if one.filename.endswith(f"-{FINDINGS}.csv")]
    roots = [one for one in tables if one not in repeats]
    media = {PurePosixPath(one.filename).name: one for one in held if "media/" in one.filename}
    found = dict[str, list[Row]]()
    for one in repeats:
        for row in _rows(archive, one, path):
            found.setdefault(row.get("PARENT_KEY", ""), []).append(row)
    read = list[tuple[Row, list[Row]]]()
    for one in roots:
        for row in _rows(archive, one, path):
            if "KEY" not in row:
                raise DeliveryError(
                    "{path} has no column KEY in {file}: it is no export of submissions. Export them as CSV, with "
                    "their repeats, once more.",
                    path=path,
                    file=one.filename,
                )
            read.append((row, found.get(row["KEY"], [])))
    if not roots:
        raise DeliveryError("{path} holds no CSV file. Export the submissions as CSV, once more.", path=path)
    for row, findings in read:
        yield _submission(row, findings, archive, media)


def _rows(archive: zipfile.ZipFile, one: zipfile.ZipInfo, path: str) -> list[Row]:
    content = _bytes(archive, one, MOST_TABLE_BYTES)
    try:
        text = (content or b"").decode("utf-8-sig")
        # With groups or without: fields have no other names in common.
        return [
            {head.rpartition("-")[2]: value for head, value in row.items() if head and isinstance(value, str)}
            for row in csv.DictReader(io.StringIO(text, newline=""), strict=True)
        ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DeliveryError(
            "{file} in {path} is no CSV file in UTF-8 ({error}). Export it once more.",
            file=one.filename,
            path=path,
            error=f"{error}",
        ) from error


def _bytes(archive: zipfile.ZipFile, one: zipfile.ZipInfo, most: int) -> bytes | None:
    """A file of an archive; nothing of one that is larger than it may be, whatever the archive says of it."""
    with archive.open(one) as opened:
        content = opened.read(most + 1)
    return content if len(content) <= most else None


def _submission(
    row: Row, findings: list[Row], archive: zipfile.ZipFile, media: Mapping[str, zipfile.ZipInfo]
) -> Submission:
    told = {"root": row, FINDINGS: findings}
    photos = dict[str, bytes]()
    record, refused = None, None
    try:
        record = _record(row, [_finding(one, archive, media, photos) for one in findings])
    except ValidationError as error:
        names = dict.fromkeys(".".join(map(str, one["loc"])) for one in error.errors())
        refused = Fault(
            "These fields cannot be read as they were filled in: {fields}. Correct them, and send it again.",
            {"fields": ", ".join(names) or "–"},
            rule="unreadable",
            clause="D3",
            part=next(iter(names), ""),
        )
    except _Unreadable as error:
        [refused] = error.args
    visit_id = row.get("visit_id", "").strip()
    return Submission(row["KEY"].strip()[:200], visit_id, told, record, refused, photos)


class _Unreadable(Exception):  # noqa: N818 - no error that anybody sees: it carries the fault
    """A submission that names what is not there."""


def _record(row: Row, findings: list[dict[str, Any]]) -> Record:
    told: dict[str, Any] = {
        "begun_at": row.get("begun_at") or None,
        "ended_at": row.get("ended_at") or None,
        "places": _parts(row.get("places", "")),
        "situation": row.get("situation", ""),
        "certificates_shown": row.get("certificates_shown") == "OK",
        "integrity_pledge": row.get("integrity_pledge") == "OK",
        "findings": findings,
        "no_finding": row.get("no_finding") == YES,
        "outcome": row.get("outcome") or None,
    }
    return Record.model_validate(told)


def _finding(
    row: Row, archive: zipfile.ZipFile, media: Mapping[str, zipfile.ZipInfo], photos: dict[str, bytes]
) -> dict[str, Any]:
    remark = row.get("note", "").strip()
    return {
        "id": row.get("finding_id", "").removeprefix("uuid:"),
        "item_code": row.get("item_code", ""),
        "description": "\n".join(filter(None, (row.get("description", "").strip(), remark))),
        "place": row.get("place", ""),
        "photos": [_photo(row[name], archive, media, photos) for name in PHOTOS if row.get(name)],
        "severity": row.get("severity") or "ungraded",
        "is_major": row.get("is_major") == YES,
        "criterion": row.get("criterion", "").partition("|")[2],
        "disposal": row.get("disposal") or None,
        "measure": row.get("measure", ""),
        "rectify_due_on": row.get("rectify_due_on") or None,
    }


def _photo(
    name: str, archive: zipfile.ZipFile, media: Mapping[str, zipfile.ZipInfo], photos: dict[str, bytes]
) -> str:
    """Hash of a picture that is cited.  Raises _Unreadable where it is not there, or no picture."""
    held = media.get(PurePosixPath(name).name)
    content = _bytes(archive, held, MOST_BYTES) if held else None
    try:
        if content is None:
            raise FieldError
        image_type(content)
    except FieldError:
        raise _Unreadable(
            Fault(
                "The picture {name} is not in the archive, is too large, or is no picture. Export the submissions "
                "with their media files, once more.",
                {"name": name},
                rule="photo_missing",
                clause="D5",
                part="photos",
            )
        ) from None
    digest = sha256(content).hexdigest()
    photos[digest] = content
    return digest


def _parts(line: str) -> list[str]:
    """Names separated as people separate them."""
    for mark in "；;，、\n":
        line = line.replace(mark, ",")
    return [one.strip() for one in line.split(",") if one.strip()]
