"""Load against capacity as a picture: one band per level, one bar per working day, what is short hatched on top."""

import warnings
from datetime import date
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from desk.draw.canvas import SETTINGS
from desk.words.words import Words
from models import vocabulary as vocab
from warehouse.database.reading import Row

LOAD, SHORT = "#3b6ea8", "#c62828"
CAPACITY = "#dfe5ec"
_WIDTH, _BAND, _MARGIN = 11.5, 1.75, 1.15
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


def draw_load(load: list[Row], path: Path, words: Words) -> None:
    """Draw rows of ``queries.load`` into an SVG or PNG file, by its ending."""
    days = sorted({row["day"] for row in load})
    title = words("Inspection load against capacity")
    title = f"{title} · {days[0]} – {days[-1]}" if days else title
    levels = list(dict.fromkeys(row["level"] for row in load))
    settings: Any = {
        **SETTINGS,
        "font.family": _fonts(),
        "svg.hashsalt": title,
        "hatch.linewidth": 1.1,
    }
    height, is_svg = _MARGIN + _BAND * max(1, len(levels)), path.suffix.lower() == ".svg"
    with mpl.rc_context(settings), warnings.catch_warnings():
        # A machine without a Chinese font still makes an SVG that other machines show well.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure: Any = Figure(figsize=(_WIDTH, height), facecolor="white")
        bands = figure.subplots(max(1, len(levels)), 1, sharex=True, squeeze=False)[:, 0]
        figure.subplots_adjust(
            left=0.075, right=0.985, top=1 - 0.72 / height, bottom=0.42 / height, hspace=0.28
        )
        for band, level in zip(bands, levels, strict=False):
            _band(band, [row for row in load if row["level"] == level], days, words)
        figure.text(0.012, 1 - 0.28 / height, title, fontsize=13, fontweight="bold", color="#1d1d24")
        _legend(figure, words, height)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=160, metadata={"Date": None} if is_svg else {})
    if is_svg:
        _name_fonts(path)


def _fonts() -> list[str]:
    """Fonts of this machine that measure and, in a PNG, draw the texts."""
    known = set(font_manager.get_font_names())
    return [*[name for name in CHINESE_FONTS if name in known][:1], "DejaVu Sans"]


def _name_fonts(path: Path) -> None:
    """Let the reader's browser choose among all fonts, not only those of this machine."""
    text = path.read_text(encoding="utf-8")
    names = ", ".join(f"'{name}'" for name in CHINESE_FONTS if f"'{name}'" not in text)
    path.write_text(text.replace("'DejaVu Sans'", f"{names}, 'DejaVu Sans', sans-serif"), encoding="utf-8")


def _band(axes: Any, rows: list[Row], days: list[date], words: Words) -> None:
    """One level: capacity as a broad pale bar, load on it, what is short hatched above the load."""
    place = {day: at for at, day in enumerate(days)}
    at = [place[row["day"]] for row in rows]
    load = [row["load_days"] for row in rows]
    short = [row["short_days"] for row in rows]
    axes.bar(at, [row["person_days"] for row in rows], width=0.86, color=CAPACITY, zorder=1)
    axes.bar(at, load, width=0.5, color=LOAD, zorder=2)
    missing = [(day, base, part) for day, base, part in zip(at, load, short, strict=True) if part > 0]
    for day, base, part in missing:
        axes.bar(day, part, width=0.5, bottom=base, color="white", edgecolor=SHORT, hatch="////", zorder=3)
    top = max(
        [1.0, *(row["person_days"] for row in rows), *(a + b for a, b in zip(load, short, strict=True))]
    )
    axes.set_ylim(0, top * 1.18)
    axes.set_xlim(-0.7, len(days) - 0.3)
    axes.set_xticks(range(len(days)), [f"{day:%m-%d}" for day in days], fontsize=7.5)
    axes.locator_params(axis="y", nbins=4)
    axes.grid(axis="y", color="#e6e6ec", linewidth=0.6, zorder=0)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    axes.set_title(
        words.label(vocab.LEVEL, rows[0]["level"]), loc="left", fontsize=10, fontweight="bold", pad=4
    )
    axes.set_ylabel(words("person-days"), fontsize=8)
    if sum(short) > 0:
        told = words("{days} person-days short", days=f"{sum(short):,.1f}")
        axes.set_title(told, loc="right", fontsize=9.5, color=SHORT, pad=4)


def _legend(figure: Any, words: Words, height: float) -> None:
    keys = [
        Patch(facecolor=CAPACITY, label=words.within("person-days", "available")),
        Patch(facecolor=LOAD, label=words.within("person-days", "planned")),
        Patch(facecolor="white", edgecolor=SHORT, hatch="////", label=words("asked for, not possible")),
    ]
    figure.legend(
        handles=keys,
        loc="upper right",
        bbox_to_anchor=(0.99, 1 - 0.06 / height),
        ncols=3,
        frameon=False,
        fontsize=9,
    )
