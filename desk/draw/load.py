"""Load against capacity as a picture: one band per level, one bar per working day, what is short hatched on top."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from desk.draw.canvas import SETTINGS
from desk.draw.fonts import fonts, name_fonts
from warehouse.database.reading import Row

LOAD, SHORT = "#3b6ea8", "#c62828"
CAPACITY = "#dfe5ec"
_WIDTH, _BAND, _MARGIN = 11.5, 1.75, 1.15


@dataclass(frozen=True)
class Wording:
    """The texts of the picture in the reader's language; ``short_text`` tells a sum of missing person-days."""

    title: str
    load: str
    capacity: str
    short: str
    short_text: Callable[[float], str]
    unit: str
    levels: Mapping[str, str]


def draw_load(load: list[Row], path: Path, wording: Wording) -> None:
    """Draw rows of ``queries.load`` into an SVG or PNG file, by its ending."""
    levels = list(dict.fromkeys(row["level"] for row in load))
    settings: Any = {
        **SETTINGS,
        "font.family": fonts(),
        "svg.hashsalt": wording.title,
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
        days = sorted({row["day"] for row in load})
        for band, level in zip(bands, levels, strict=False):
            _band(band, [row for row in load if row["level"] == level], days, wording)
        figure.text(0.012, 1 - 0.28 / height, wording.title, fontsize=13, fontweight="bold", color="#1d1d24")
        _legend(figure, wording, height)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=160, metadata={"Date": None} if is_svg else {})
    if is_svg:
        name_fonts(path)


def _band(axes: Any, rows: list[Row], days: list[date], wording: Wording) -> None:
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
    level = rows[0]["level"]
    axes.set_title(wording.levels.get(level, level), loc="left", fontsize=10, fontweight="bold", pad=4)
    axes.set_ylabel(wording.unit, fontsize=8)
    if sum(short) > 0:
        axes.set_title(wording.short_text(sum(short)), loc="right", fontsize=9.5, color=SHORT, pad=4)


def _legend(figure: Any, wording: Wording, height: float) -> None:
    keys = [
        Patch(facecolor=CAPACITY, label=wording.capacity),
        Patch(facecolor=LOAD, label=wording.load),
        Patch(facecolor="white", edgecolor=SHORT, hatch="////", label=wording.short),
    ]
    figure.legend(
        handles=keys,
        loc="upper right",
        bbox_to_anchor=(0.99, 1 - 0.06 / height),
        ncols=3,
        frameon=False,
        fontsize=9,
    )
