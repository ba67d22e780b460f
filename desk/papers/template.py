"""Templates of Word: one is made from the pack for every kind of document, to be used as it is or replaced.

In a template fields are filled in as ``{{ unit }}``; numbered entries, signatures and photos in a loop of paragraphs
(``{%p for one in findings %}``).  Fonts are named and not sent along; a machine without them takes others.
"""

from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.table import WD_ALIGN_VERTICAL
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from desk.papers.archive import same_bytes
from desk.words.words import Words
from models.policy.papers import Block, Paper

TITLE_FONT, TEXT_FONT = "FZXiaoBiaoSong-B05S", "FangSong_GB2312"
"""Fonts of official documents, as Word knows them; both belong to somebody, so they are named only."""
_LABELS, _WIDTH = Cm(4.6), Cm(15.9)
_TWO_LETTERS = Pt(24)


def template_of(paper: Paper, words: Words) -> bytes:
    """The template of a document in a language; the same whenever it is made."""
    document = Document()
    _page(document, words)
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _write(title, words.of(paper.title), font=TITLE_FONT, size=22)
    number = document.add_paragraph()
    number.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _write(number, "{{ number }}")
    for block in paper.body:
        _block(document, block, paper, words)
    made = BytesIO()
    document.save(made)
    return same_bytes(made.getvalue())


def _page(document: Any, words: Words) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.top_margin, section.bottom_margin = Cm(3), Cm(2.6)
    section.left_margin, section.right_margin = Cm(2.7), Cm(2.4)
    style = document.styles["Normal"]
    style.font.size = Pt(12)
    style.paragraph_format.line_spacing = 1.5
    style.paragraph_format.space_after = Pt(3)
    _name_font(style.element.get_or_add_rPr(), TEXT_FONT)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    before, between, after = words("page {n} of {of}", n="|", of="|").split("|")
    for said, counted in ((before, "PAGE"), (between, "NUMPAGES"), (after, "")):
        footer.add_run(said)
        if counted:
            _count(footer, counted)


def _block(document: Any, block: Block, paper: Paper, words: Words) -> None:
    if block.rows is not None:
        table = _table(document, len(block.rows), (_LABELS, _WIDTH - _LABELS))
        for row, name in zip(table.rows, block.rows, strict=True):
            _write(row.cells[0].paragraphs[0], words.of(paper.fields[name].label))
            _write(row.cells[1].paragraphs[0], f"{{{{ {name} }}}}")
    elif block.text is not None:
        said = words.of(block.text)
        paragraph = document.add_paragraph()
        if words.language == "zh" and not said.endswith("："):
            paragraph.paragraph_format.first_line_indent = _TWO_LETTERS
        _write(paragraph, _with_blanks(block, said))
    elif block.sealed is not None:
        paragraph = document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        _write(paragraph, _with_blanks(block, words.of(block.sealed)))
    elif block.boxes is not None:
        table = _table(document, len(block.boxes), (_WIDTH - Cm(6.5), Cm(6.5)))
        for row, asked in zip(table.rows, block.boxes.values(), strict=True):
            _write(row.cells[0].paragraphs[0], words.of(asked))
            _write(row.cells[1].paragraphs[0], words.of(block.marks))
    elif block.listed is not None:
        _loop(document, block.listed, ["{{ loop.index }}. {{ one }}"])
    elif block.signed is not None:
        colon = words.colon.strip() or ":"
        for name in block.signed:
            label = words.of(paper.fields[name].label)
            head = f"{{% if one.label %}}{{{{ one.label }}}}{{% else %}}{label}{{% endif %}}"
            day = words("date: ____________")
            when = f"{{% if one.at %}}{{{{ one.at }}}}{{% else %}}{day}{{% endif %}}"
            line = f"{head}{colon}{{{{ one.image }}}} {{{{ one.name }}}}　　　　{when}"
            _loop(document, name, [line])
    elif block.shown is not None:
        _loop(document, block.shown, ["{{ one.image }}", "{{ one.caption }}"])


def _with_blanks(block: Block, said: str) -> str:
    """A sentence of the pack with its blanks as a template writes them."""
    return said.format(**{name: f"{{{{ {name} }}}}" for name in block.fields})


def _loop(document: Any, name: str, lines: list[str]) -> None:
    for said in (f"{{%p for one in {name} %}}", *lines, "{%p endfor %}"):
        _write(document.add_paragraph(), said)


def _table(document: Any, rows: int, widths: tuple[Any, Any]) -> Any:
    table = document.add_table(rows=rows, cols=2)
    table.style = "Table Grid"
    table.autofit = False
    # Word goes by the cells, others by the columns.
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = width
            cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
    document.add_paragraph()
    return table


def _write(paragraph: Any, said: str, *, font: str = TEXT_FONT, size: int = 12) -> None:
    run = paragraph.add_run(said)
    run.font.size = Pt(size)
    _name_font(run._element.get_or_add_rPr(), font)


def _name_font(properties: Any, font: str) -> None:
    fonts = properties.get_or_add_rFonts()
    # Western letters keep the font of the style; Chinese has a name of its own in Word.
    fonts.set(qn("w:eastAsia"), font)


def _count(paragraph: Any, what: str) -> None:
    """A number that Word counts."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), what)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    field.append(run)
    paragraph._element.append(field)
