"""Documents as PDF, by Typst: no library of the system is needed, but a font that has Chinese."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from typst import Fonts
from typst import compile as typeset

from desk.papers.sheet import Sheet
from models.errors import SettingsError

LAYOUT = Path(__file__).with_name("sheet.typ")
CHINESE = (
    "Noto Serif CJK SC",
    "Source Han Serif SC",
    "Noto Serif SC",
    "FangSong",
    "STFangsong",
    "SimSun",
    "Songti SC",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Microsoft YaHei",
    "PingFang SC",
    "WenQuanYi Zen Hei",
)
"""Fonts that have what documents say, those with serifs first."""


@cache
def chinese_fonts() -> tuple[str, ...]:
    """Those of this machine."""
    known = set(Fonts(include_system_fonts=True).families())
    return tuple(name for name in CHINESE if name in known)


def pdf_of(sheet: Sheet, pictures: Mapping[str, bytes], issued_at: datetime, layout: Path = LAYOUT) -> bytes:
    """A document as PDF: same sheet, pictures (by hash) and moment, same bytes.

    Raises SettingsError where no font of this machine has Chinese.
    """
    fonts = chinese_fonts()
    if not fonts:
        raise SettingsError(
            "No font of this machine has Chinese, so there is no PDF. Install one (Debian: fonts-noto-cjk) and start "
            "the desk again; the Word file needs none here."
        )
    with TemporaryDirectory() as folder:
        root = Path(folder)
        for name, content in pictures.items():
            (root / f"{name}.jpg").write_bytes(content)
        page = root / "sheet.typ"
        page.write_bytes(layout.read_bytes())
        told = json.dumps(
            {**asdict(sheet), "is_draft": sheet.is_draft, "fonts": fonts[:1]}, ensure_ascii=False
        )
        made = typeset(
            str(page),
            root=folder,
            format="pdf",
            sys_inputs={"sheet": told},
            timestamp=int(issued_at.timestamp()),
        )
    assert isinstance(made, bytes)
    return made
