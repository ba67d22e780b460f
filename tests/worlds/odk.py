"""What ODK Central exports of the form of a visit: a ZIP with a row a submission, a row a finding, and pictures."""

import csv
import io
import uuid
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from tests.worlds.crews import JPEG

Row = Mapping[str, Any]


def root(visit_id: str, instance: str, **differs: Any) -> dict[str, Any]:
    """A submission of a visit, ten to eleven on 1 July 2026, in which something was found."""
    return {
        "SubmissionDate": "2026-07-01T03:10:00.000Z",
        "visit_id": visit_id,
        "begun_at": "2026-07-01T10:00:00.000+08:00",
        "ended_at": "2026-07-01T11:00:00.000+08:00",
        "places": "一车间，仓库",
        "situation": "查看现场",
        "certificates_shown": "OK",
        "integrity_pledge": "OK",
        "no_finding": "no",
        "outcome": "",
        "meta-instanceID": instance,
        "KEY": instance,
        **differs,
    }


def finding(instance: str, **differs: Any) -> dict[str, Any]:
    """A finding of a submission with one photo."""
    return {
        "finding_id": str(uuid.uuid5(uuid.NAMESPACE_URL, instance)),
        "item_code": "GEN-01",
        "place": "一车间",
        "description": "通道堵塞",
        "photo": "1782871200000.jpg",
        "severity": "general",
        "disposal": "order",
        "rectify_due_on": "2026-07-10",
        "note": "当场告知",
        "PARENT_KEY": instance,
        "KEY": f"{instance}/findings[1]",
        **differs,
    }


def archive(
    roots: Sequence[Row], findings: Sequence[Row] = (), media: Mapping[str, bytes] | None = None
) -> bytes:
    """The ZIP file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("visit.csv", _table(roots))
        if findings:
            file.writestr("visit-findings.csv", _table(findings))
        for name, content in ({"1782871200000.jpg": JPEG} if media is None else media).items():
            file.writestr(f"media/{name}", content)
    return made.getvalue()


def _table(rows: Sequence[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
