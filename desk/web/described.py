"""The description for programs (OpenAPI 3.1): what each operation is called, and by what it is known who asks.

Clients are generated from it, so names of operations stay what they are; ``docs/openapi.json`` holds it.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

SCHEME: Final = "session"
"""Name of the one way to tell who asks: the token that ``log_in`` gives."""


class Operation(NamedTuple):
    """``name``: what clients call; ``summary``: in a few words; ``tag``: what it is about."""

    name: str
    summary: str
    tag: str


OPERATIONS: Final[Mapping[tuple[str, str], Operation]] = {
    ("post", "/login.json"): Operation("log_in", "Begin a session", "session"),
    ("post", "/logout.json"): Operation("log_out", "End the session", "session"),
    ("get", "/me.json"): Operation("get_me", "The own account", "session"),
    ("get", "/day.json"): Operation("get_day", "Visits of a day by crew", "plan"),
    ("get", "/queue.json"): Operation("list_queue", "Visits that are due, in order of precedence", "plan"),
    ("get", "/month.json"): Operation("get_month_list", "The public list of a month", "plan"),
    ("get", "/search.json"): Operation("search_enterprises", "Enterprises by name or number", "enterprises"),
    ("get", "/enterprises/{enterprise_id}.json"): Operation(
        "get_enterprise", "One enterprise with its code and why", "enterprises"
    ),
    ("get", "/visits.json"): Operation("list_visits", "The ledger of visits", "visits"),
    ("post", "/visits.json"): Operation("begin_visit", "Begin a visit as a draft", "visits"),
    ("get", "/visits.csv"): Operation("export_visits", "The ledger of visits as CSV", "visits"),
    ("get", "/visits/new.json"): Operation("propose_filing", "A filing to begin with", "visits"),
    ("get", "/visits/{visit_id}.json"): Operation("get_visit", "One visit with its history", "visits"),
    ("get", "/visits/{visit_id}/pass.json"): Operation("get_pass_code", "Pass code of a visit", "visits"),
    ("post", "/visits/{visit_id}/steps/{step}.json"): Operation(
        "take_step", "Take a step of a visit: file, approve, record, sign", "visits"
    ),
    ("get", "/records/{visit_id}.json"): Operation(
        "get_record", "The record of a visit, and what there is to choose from", "visits"
    ),
    ("get", "/visits/{visit_id}/form.xlsx"): Operation(
        "get_form", "The checklist of a visit as an XLSForm", "visits"
    ),
    ("get", "/submissions.json"): Operation("list_submissions", "What came back of such forms", "visits"),
    ("get", "/outward.json"): Operation("get_outward", "Counted visits of a day, for a platform", "visits"),
    ("get", "/visits/{visit_id}/papers.json"): Operation(
        "list_papers_of_visit", "Documents of a visit, and which can be issued", "papers"
    ),
    ("post", "/visits/{visit_id}/papers/{kind}.json"): Operation(
        "issue_paper", "Issue a document of a visit", "papers"
    ),
    ("get", "/visits/{visit_id}/papers/{kind}/draft.pdf"): Operation(
        "get_draft", "A document as it would be", "papers"
    ),
    ("get", "/papers.json"): Operation("list_papers", "The register of documents", "papers"),
    ("get", "/papers/{paper_id}.pdf"): Operation("get_paper_pdf", "A document as PDF", "papers"),
    ("get", "/papers/{paper_id}.docx"): Operation("get_paper_word", "A document as a Word file", "papers"),
    ("get", "/evaluations.json"): Operation(
        "list_evaluations", "What enterprises say of visits, in sums", "visits"
    ),
    ("get", "/map.json"): Operation("get_map", "Visits of a day as points", "plan"),
    ("get", "/map/ground.json"): Operation("get_ground", "The authority's own ground as GeoJSON", "plan"),
    ("get", "/statutes.json"): Operation("search_statutes", "Check items, criteria and laws", "statutes"),
    ("get", "/pass/{code}.json"): Operation("open_pass_code", "What an enterprise sees of a visit", "visits"),
    ("put", "/blobs/{name}"): Operation("put_photo", "Keep a photo under the SHA-256 of its bytes", "photos"),
    ("get", "/blobs/{name}"): Operation("get_photo", "A photo", "photos"),
    ("get", "/acts/{act_id}.json"): Operation("get_act", "An act and how it ended", "objections"),
    ("get", "/objections.json"): Operation("list_objections", "Objections by their clock", "objections"),
    ("get", "/objections/new.json"): Operation(
        "propose_objection", "What an objection is lodged with", "objections"
    ),
    ("get", "/objections/{objection_id}.json"): Operation("get_objection", "One objection", "objections"),
    ("get", "/overrides.json"): Operation("list_overrides", "Overrides and whether they held", "objections"),
    ("get", "/overrides/new.json"): Operation(
        "propose_override", "What an override is given with", "objections"
    ),
    ("get", "/my.json"): Operation("get_own_enterprise", "The own enterprise", "enterprises"),
    ("get", "/my/papers/{paper_id}.pdf"): Operation("get_own_paper_pdf", "An own document as PDF", "papers"),
    ("get", "/my/papers/{paper_id}.docx"): Operation(
        "get_own_paper_word", "An own document as a Word file", "papers"
    ),
    ("get", "/users.json"): Operation("list_users", "Who may come in", "users"),
    ("get", "/users/new.json"): Operation("propose_user", "What is asked of a new user", "users"),
    ("get", "/users/{user_id}.json"): Operation("get_user", "One user", "users"),
}
"""By method and path; what is not named here keeps the name of its function."""
OPEN: Final = frozenset({"log_in", "get_month_list", "open_pass_code"})
"""Operations that need no session."""
_INTRODUCTION = (
    "The facts of the desk, and the steps of a visit. Log in by `log_in`, and send its token along "
    "(`Authorization: Bearer`). Every step of a visit carries a `request_id` of your own, so that asking again does "
    'nothing twice, and the version that you looked at: `If-Match: "3"`. Days and moments are those of Asia/Shanghai, '
    "moments with their offset. What cannot be done is told as `{error, kind, status}`; what a form lacks by `faults`, "
    "each with its rule."
)


def describe(app: FastAPI) -> None:
    """Let an application tell itself by these names."""

    def told() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _named(
                get_openapi(
                    title=app.title,
                    version=app.version,
                    description=_INTRODUCTION,
                    routes=app.routes,
                    separate_input_output_schemas=False,
                )
            )
        return app.openapi_schema

    # As FastAPI's own documentation has it.
    app.openapi = told


def _named(told: dict[str, Any]) -> dict[str, Any]:
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            known = OPERATIONS.get((method, path))
            if known is not None:
                operation |= {"operationId": known.name, "summary": known.summary, "tags": [known.tag]}
            if known is None or known.name not in OPEN:
                operation["security"] = [{SCHEME: []}]
    schemes = told.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes[SCHEME] = {"type": "http", "scheme": "bearer"}
    return told
