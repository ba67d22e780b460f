"""Documents of a visit: issued under numbers without a gap, as Word and PDF, and what stands against it."""

import re
import shutil
import subprocess
import uuid
from datetime import UTC, date, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from docx import Document
from PIL import Image
from pypdf import PdfReader

from desk.papers import facts
from desk.papers.pdf import chinese_fonts
from desk.papers.pictures import picture
from desk.papers.template import template_of
from desk.papers.word import FOLDER, faults
from desk.words.catalogue import languages
from desk.words.words import Words
from models.field.papers import PAPER, SLOTS
from models.policy import load_policy
from models.policy.papers import PAPERS
from tests.worlds.crews import Crew, fields, rules
from warehouse.field import papers as ledger_papers

ON_PAPER = load_policy().on(date(2026, 7, 1)).papers
WITH_FONT = pytest.mark.skipif(not chinese_fonts(), reason="no font of this machine has Chinese")


def photo(colour: str = "gray") -> bytes:
    made = BytesIO()
    Image.new("RGB", (64, 48), colour).save(made, "JPEG")
    return made.getvalue()


def visited(crew: Crew, **other: Any) -> str:
    """A visit with an order, a case with a measure, and a photo."""
    content = photo()
    name = sha256(content).hexdigest()
    assert crew.officer.put(f"/blobs/{name}", content=content).status_code in (200, 201)
    major = {"item_code": "GEN-04", "is_major": True, "criterion": "令第10号 3(2)", "severity": "serious"}
    return crew.counted(
        crew.finding(photos=[name]),
        crew.finding(**major, disposal="case", measure="立即停止作业"),
        **other,
    )


def issue(
    crew: Crew, number: str, kind: str, who: httpx.Client | None = None, **typed: str
) -> httpx.Response:
    client = who or crew.officer
    version = client.get(f"/visits/{number}.json").json().get("version", 1)
    told = {"request_id": str(uuid.uuid4()), "typed": typed}
    return client.post(
        f"/visits/{number}/papers/{kind}.json", json=told, headers={"If-Match": f'"{version}"'}
    )


TYPED = {
    "measure": {"measure_basis": "安全生产法 70", "review_body": "历下区人民政府", "court": "历下区人民法院"},
    "order": {"review_body": "历下区人民政府", "court": "历下区人民法院"},
    "case": {
        "case_source": "执法检查",
        "cause": "未管理危险作业",
        "facts": "见记录",
        "reasons": "安全生产法 101",
    },
    "transfer": {
        "recipient": "济南市公安局历下区分局",
        "suspicion": "危险作业罪",
        "facts": "见记录",
        "transfer_basis": "应急〔2019〕54号",
        "copy_to": "历下区人民检察院",
    },
}


def words_in(content: bytes) -> str:
    """Everything a Word file says."""
    document = Document(BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(one.text for one in document.paragraphs), *cells])


def pdf_text(content: bytes) -> str:
    return re.sub(r"\s", "", "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages))


def test_every_field_of_a_document_is_told_or_typed_and_every_one_is_used() -> None:
    used = {name for kind in PAPERS for name in ON_PAPER.of(kind).fields}
    assert used == set(SLOTS)
    assert {name for name, slot in SLOTS.items() if not slot.typed} <= set(facts.TOLD)
    assert {name for name in facts.TOLD if name in SLOTS} == set(facts.TOLD)
    assert tuple(PAPER.keys) == PAPERS


def test_a_visit_has_all_its_documents_in_word_and_pdf_with_what_was_recorded(crew: Crew) -> None:
    number = visited(crew)
    crew.officer.cookies.set("riskcode_language", "zh")
    listed = crew.officer.get(f"/visits/{number}/papers.json").json()
    assert listed["possible"] == [kind for kind in PAPERS if kind != "opinion"]
    assert listed["against"]["opinion"][0]["rule"] == "paper_has_no_content"
    said = dict[str, str]()
    for kind in listed["possible"]:
        answer = issue(crew, number, kind, **TYPED.get(kind, {}))
        assert answer.status_code == 200, answer.text
        paper = answer.json()
        assert paper["number"] == f"历下应急{ON_PAPER.of(kind).word}〔2026〕{paper['n']}号"
        word = crew.officer.get(paper["word"])
        assert word.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E5%8E%86")
        said[kind] = words_in(word.content)
        assert paper["number"] in said[kind] and ON_PAPER.of(kind).title.zh in said[kind]
        assert "{" not in said[kind]
    for one in ("通道堵塞", "令第10号 3(2)", "立即停止作业", "王五", "照片1"):
        assert one in said["record"]
    assert "通道堵塞" in said["order"] and "令第10号" not in said["order"], "an order settles no major hazard"
    assert "立即停止作业" in said["measure"] and "60日" in said["measure"]
    assert "2026年7月10日" in said["order"] and "历下区人民政府" in said["order"]
    assert crew.names[crew.officers[0]] in said["notice"] and "12345" in said["notice"]
    assert "安全生产法 65" in said["filing"] and "群众举报" in said["filing"] and "/pass/" in said["filing"]
    assert "危险作业罪" in said["transfer"] and "1. " in said["transfer"]
    crew.officer.cookies.delete("riskcode_language")


@WITH_FONT
def test_the_pdf_says_what_the_word_file_says_and_poppler_reads_it(crew: Crew, tmp_path: Path) -> None:
    number = visited(crew)
    crew.officer.cookies.set("riskcode_language", "zh")
    paper = issue(crew, number, "record").json()
    answer = crew.officer.get(paper["pdf"])
    assert answer.headers["content-type"] == "application/pdf"
    text = pdf_text(answer.content)
    number_on_it = re.sub(r"\s", "", paper["number"])
    assert all(one in text for one in (number_on_it, "现场检查记录", "通道堵塞", "令第10号3(2)", "第1页"))
    reader = PdfReader(BytesIO(answer.content))
    assert [len(page.images) for page in reader.pages][-1] >= 1, "the photo is on it"
    draft = crew.officer.get(f"/visits/{number}/papers/order/draft.pdf")
    assert "草" in pdf_text(draft.content) and "〔2026〕" not in pdf_text(draft.content)
    crew.officer.cookies.delete("riskcode_language")
    if shutil.which("pdfinfo") is None:
        return
    (tmp_path / "record.pdf").write_bytes(answer.content)
    told = subprocess.run(
        ["pdfinfo", tmp_path / "record.pdf"], capture_output=True, text=True, check=True
    ).stdout
    assert "A4" in told and "现场检查记录" in told


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.whole
def test_libreoffice_opens_the_word_files(crew: Crew, tmp_path: Path) -> None:
    number = visited(crew)
    for kind in ("record", "order"):
        paper = issue(crew, number, kind, **TYPED.get(kind, {})).json()
        (tmp_path / f"{kind}.docx").write_bytes(crew.officer.get(paper["word"]).content)
    subprocess.run(
        ["soffice", "--headless", "--convert-to", "pdf", "--outdir", tmp_path, *tmp_path.glob("*.docx")],
        capture_output=True,
        check=True,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert "通道堵塞" in pdf_text((tmp_path / "record.pdf").read_bytes())


def test_a_re_check_tells_its_opinions_by_the_number_of_the_order(crew: Crew) -> None:
    number = crew.counted(crew.finding())
    order = issue(crew, number, "order", **TYPED["order"]).json()["number"]
    [finding] = [one["finding_id"] for one in crew.officer.get(f"/visits/{number}.json").json()["findings"]]
    again = crew.begun(kind="recheck", channel="recheck", rechecks=number)
    record = crew.record(
        no_finding=True, opinions=[{"finding_id": finding, "opinion": "done", "note": "已清理"}]
    )
    crew.at(datetime(2026, 7, 1, 4, tzinfo=UTC))
    crew.done(again, "record", record=record)
    crew.done(again, "sign", record=crew.signed(record))
    page = crew.officer.get(f"/visits/{again}/papers/opinion")
    path = f"/visits/{again}/papers/opinion"
    sent = fields(page.text, path)
    assert sent["order_ref"] == [order]
    assert crew.officer.post(path, data=sent).status_code == 422, "what follows is not said"
    sent = fields(crew.officer.post(path, data=sent).text, path)
    assert crew.officer.post(path, data=sent | {"next_step": "同意销号"}).status_code == 303
    [paper] = crew.officer.get(f"/visits/{again}/papers.json").json()["papers"]
    said = words_in(crew.officer.get(paper["word"]).content)
    assert order in said and "已清理" in said and "同意销号" in said


def test_a_document_is_issued_once_and_a_wrong_one_is_void_and_keeps_its_number(crew: Crew) -> None:
    number = crew.counted(crew.finding())
    version = crew.officer.get(f"/visits/{number}.json").json()["version"]
    told = {"request_id": str(uuid.uuid4()), "typed": {}}
    path, headers = f"/visits/{number}/papers/record.json", {"If-Match": f'"{version}"'}
    first = crew.officer.post(path, json=told, headers=headers).json()
    assert crew.officer.post(path, json=told, headers=headers).json() == first
    other = crew.officer.post(f"/visits/{number}/papers/pledge.json", json=told, headers=headers)
    assert other.status_code == 409, other.text
    again = issue(crew, number, "record")
    assert again.status_code == 422 and first["number"] in again.text
    stale = {"request_id": str(uuid.uuid4()), "typed": {}}
    assert crew.officer.post(path, json=stale, headers={"If-Match": '"1"'}).status_code == 409

    page = crew.officer.get(f"/visits/{number}/papers").text
    void = f"/papers/{first['paper_id']}/void"
    assert crew.officer.post(void, data=fields(page, void)).status_code == 422, "without a reason"
    assert crew.officer.post(void, data=fields(page, void) | {"reason": "姓名写错"}).status_code == 303
    second = issue(crew, number, "record").json()
    assert second["n"] == first["n"] + 1
    papers = crew.officer.get(f"/visits/{number}/papers.json").json()["papers"]
    assert [(one["n"], one["void_reason"]) for one in papers] == [
        (first["n"], "姓名写错"),
        (second["n"], None),
    ]
    assert crew.officer.get(first["word"]).status_code == 200, "a void one can still be read"
    register = crew.officer.get("/papers.json?kind=record").json()["papers"]
    assert sorted(one["n"] for one in register) == list(range(1, len(register) + 1)), "without a gap"
    assert "姓名写错" in crew.leader.get("/papers?kind=record").text


def test_what_stands_against_a_document_is_said(crew: Crew) -> None:
    draft = crew.begin()
    assert rules(issue(crew, draft, "filing")) == {"paper_not_filed"}
    assert rules(issue(crew, draft, "notice")) == {"paper_not_approved"}
    crew.done(draft, "file")
    assert rules(issue(crew, draft, "record")) == {"paper_not_signed"}
    assert issue(crew, draft, "filing").status_code == 200
    clean = crew.counted()
    for kind in ("order", "measure", "opinion", "case", "transfer"):
        assert rules(issue(crew, clean, kind)) == {"paper_has_no_content"}, kind
    with_order = crew.counted(crew.finding())
    assert rules(issue(crew, with_order, "order")) == {"paper_no_review_body", "paper_no_court"}
    strange = issue(crew, with_order, "order", **TYPED["order"], seal="x")
    assert rules(strange) == {"paper_field_unknown"}
    assistance = crew.begin(kind="assistance", channel=None, basis="", beyond_cap_reason="")
    crew.done(assistance, "file")
    crew.done(assistance, "approve", crew.leader)
    assert rules(issue(crew, assistance, "notice")) == {"paper_of_assistance"}
    assert issue(crew, assistance, "pledge").status_code == 200
    crew.done(with_order, "withdraw", crew.leader, reason="重复")
    assert rules(issue(crew, with_order, "record")) == {"paper_withdrawn"}


def test_documents_are_for_those_who_see_the_visit_and_issued_by_its_authority(crew: Crew) -> None:
    number = crew.counted(crew.finding())
    paper = issue(crew, number, "record").json()
    for path in (paper["word"], f"/visits/{number}/papers", f"/visits/{number}/papers/order"):
        assert crew.stranger.get(path).status_code == 404, path
    assert crew.stranger.get("/papers.json").json()["papers"] == []
    assert crew.analyst.get(paper["word"]).status_code == 200
    refused = issue(crew, number, "order", crew.analyst, **TYPED["order"])
    assert refused.status_code == 422 and "Let one of them do it." in refused.text
    page = crew.analyst.get(f"/visits/{number}/papers").text
    assert "/void" not in page and "Draft (PDF)" in page


def test_a_template_of_the_bureau_takes_the_place_of_the_packs_and_an_unknown_name_fails(
    crew: Crew, tmp_path: Path
) -> None:
    number = crew.counted(crew.finding())
    own = crew.desk.home.root / FOLDER
    own.mkdir()
    try:
        document = Document()
        document.add_paragraph("{{ unit }} 本局自用格式 {{ number }}")
        document.save(own / "pledge.en.docx")
        paper = issue(crew, number, "pledge").json()
        assert "本局自用格式" in words_in(crew.officer.get(paper["word"]).content)
        document.add_paragraph("{{ fine }}")
        document.save(own / "evaluation.en.docx")
        answer = issue(crew, number, "evaluation")
        assert answer.status_code >= 400 and "fine" in answer.text
        (own / "fine.en.docx").write_bytes(b"")
        (own / "order.zh.docx").write_bytes(b"no archive")
        said = [str(one) for one in faults(own, {kind: ON_PAPER.of(kind) for kind in PAPERS}, languages())]
        assert len(said) == 3 and "asks for fine" in said[0] and "of no document" in said[1]
        assert "cannot be read" in said[2]
    finally:
        shutil.rmtree(own)
    used = [one["n"] for one in crew.officer.get("/papers.json?kind=evaluation").json()["papers"]]
    assert sorted(used) == list(range(1, len(used) + 1)), "a document that failed used no number"


@pytest.mark.parametrize(
    "text",
    [
        "{{ unit.__class__.__mro__ }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{% for one in ''.__class__.__base__.__subclasses__() %}{{ one }}{% endfor %}",
    ],
)
def test_a_template_asks_for_fields_and_runs_nothing(crew: Crew, text: str) -> None:
    own = crew.desk.home.root / FOLDER
    own.mkdir(exist_ok=True)
    number = crew.counted(crew.finding())
    try:
        document = Document()
        document.add_paragraph(text)
        document.save(own / "pledge.en.docx")
        answer = issue(crew, number, "pledge")
        assert answer.status_code >= 400 and "pledge.en.docx" in answer.text, answer.text
    finally:
        shutil.rmtree(own)


def test_a_picture_that_would_fill_the_memory_is_left_out() -> None:
    made = BytesIO()
    Image.new("1", (13_000, 13_000)).save(made, "PNG")
    assert len(made.getvalue()) < 100_000 and picture(made.getvalue()) is None
    assert picture(photo()) is not None and picture(b"no picture") is None


def test_templates_and_files_are_the_same_bytes_whenever_they_are_made() -> None:
    for language in languages():
        words = Words(language)
        for kind in PAPERS:
            assert template_of(ON_PAPER.of(kind), words) == template_of(ON_PAPER.of(kind), words)


def test_without_a_font_that_has_chinese_there_is_a_word_file_and_the_page_says_so(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = crew.counted(crew.finding())
    monkeypatch.setattr("desk.papers.pdf.chinese_fonts", lambda: ())
    paper = issue(crew, number, "record").json()
    assert paper["pdf"] is None and crew.officer.get(paper["word"]).status_code == 200
    assert "no font of the machine had Chinese" in crew.officer.get(f"/visits/{number}/papers").text
    draft = crew.officer.get(f"/visits/{number}/papers/order/draft.pdf")
    assert draft.status_code >= 400 and "fonts-noto-cjk" in draft.text


def test_a_document_that_was_issued_is_in_the_audit_and_verified(crew: Crew) -> None:
    number = crew.counted(crew.finding())
    paper = issue(crew, number, "record").json()
    held = ledger_papers.file_of(
        crew.desk.ledger, sha256(crew.officer.get(paper["word"]).content).hexdigest()
    )
    assert words_in(held).startswith("Record of the check on site")
