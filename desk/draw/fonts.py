"""Fonts that can write Chinese, where the machine has one."""

from pathlib import Path

from matplotlib import font_manager

CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Microsoft YaHei",
    "PingFang SC",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Noto Sans CJK JP",
)
"""Tried in this order; an SVG names them all, so the reader's browser may choose."""


def fonts() -> list[str]:
    """Fonts of this machine that measure and, in a PNG, draw the texts."""
    known = set(font_manager.get_font_names())
    return [*[name for name in CHINESE_FONTS if name in known][:1], "DejaVu Sans"]


def name_fonts(path: Path) -> None:
    """Let the reader's browser choose among all fonts, not only those of this machine."""
    text = path.read_text(encoding="utf-8")
    names = ", ".join(f"'{name}'" for name in CHINESE_FONTS if f"'{name}'" not in text)
    path.write_text(text.replace("'DejaVu Sans'", f"{names}, 'DejaVu Sans', sans-serif"), encoding="utf-8")
