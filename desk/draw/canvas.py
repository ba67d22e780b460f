"""What all charts share: a bare SVG element, axes without clutter, and lines named where they end.

The texts are real text, so the reader's browser sets them in its own fonts.  Matplotlib and SciPy take a second to
import, so they are imported where something is drawn: who imports a page need not wait for its charts.
"""

import io
import math
import re
import unicodedata
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from markupsafe import Markup, escape

from desk.say.numbers import is_known

INK, FAINT, RULE = "#1d1d24", "#6f6f7a", "#d9d9e0"
CARD, EXPERT, BLACK_BOX, FLOAT, BASELINE, OTHER = (
    *("#5b2a9d", "#a85f00", "#25252b", "#a78bcf", "#7d7d88", "#c4c4cc"),
)
STYLES: dict[str, dict[str, Any]] = {
    "card": {"color": CARD, "linewidth": 2.6, "zorder": 6},
    "black_box": {"color": BLACK_BOX, "linewidth": 1.3, "zorder": 5},
    "expert": {"color": EXPERT, "linewidth": 1.5, "dashes": (5, 2), "zorder": 4},
    "float": {"color": FLOAT, "linewidth": 1.3, "zorder": 4},
    "baseline": {"color": BASELINE, "linewidth": 1.2, "dashes": (2, 1.6), "zorder": 3},
    "reported": {"color": FLOAT, "linewidth": 1.1, "dashes": (1, 1.4), "zorder": 3},
    "random": {"color": OTHER, "linewidth": 1.2, "zorder": 2},
    "other": {"color": OTHER, "linewidth": 0.9, "zorder": 1},
}
"""How a line looks by the role of who it belongs to; colours differ in lightness too."""

LABEL = 34
"""Most columns of a label beside a line; the tables have the whole title."""

SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.edgecolor": RULE,
    "axes.labelcolor": FAINT,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.major.size": 0.0,
    "ytick.major.size": 0.0,
}
Axes = Any
"""Matplotlib's axes; its own types are partly unknown."""

End = tuple[float, float, str, str]
"""Where a line ends, its role or colour, and its name."""


@dataclass(frozen=True)
class Line:
    """A line of a chart: what it is called, its role (a key of ``STYLES``), and its points."""

    label: str
    role: str
    x: Sequence[float]
    y: Sequence[float]


@dataclass(frozen=True)
class Axis:
    """What an axis is called and how its numbers are written."""

    title: str
    form: Callable[[Any], str]


def clip(text: str, columns: int = LABEL) -> str:
    """The text as far as it fits; a Chinese character takes two columns."""
    taken, kept = 0, ""
    for character in text:
        taken += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if taken > columns:
            return f"{kept.rstrip()}…"
        kept += character
    return kept


def spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Positions as near to the wanted ones as they can be ``gap`` apart, in the same order."""
    from scipy.optimize import isotonic_regression

    if not wanted:
        return []
    order = np.argsort(wanted, kind="stable")
    # With the gaps taken out the places need only ascend.
    gaps = gap * np.arange(len(wanted))
    result = np.empty(len(wanted))
    result[order] = isotonic_regression(np.asarray(wanted, float)[order] - gaps).x + gaps
    return result.tolist()


def svg(
    size: tuple[float, float],
    box: tuple[float, float, float, float],
    draw: Callable[[Axes], None],
    title: str,
) -> Markup:
    """Draw on axes at ``box`` (parts of the figure) and return the bare ``svg`` element."""
    import matplotlib.figure

    settings: Any = {**SETTINGS, "svg.hashsalt": title}
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        # The bundled font only measures; Chinese is set by the browser.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure: Any = matplotlib.figure.Figure(figsize=size)
        draw(figure.add_axes(box))
        written = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(written, format="svg", metadata=nothing, transparent=True)
    return _bare(written.getvalue(), title)


def _bare(svg: str, title: str) -> Markup:
    """The ``svg`` element alone, as wide as its place, named for who cannot see it."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r'(<svg[^>]*?) width="[^"]*" height="[^"]*"', r"\1", body, count=1)
    body = re.sub(r"<style type.*?</style>", "", body, count=1, flags=re.DOTALL)
    body = re.sub(r'<g id="[^"]*">', "<g>", body)
    body = re.sub(r" font-family: [^;\"]*;?", "", body)
    return Markup(body.replace("<svg", f'<svg role="img" aria-label="{escape(title)}"', 1))


def dress(axes: Axes, x: Axis, y: Axis, ticks: Sequence[float] | None) -> None:
    """Titles, numbers and a faint grid."""
    axes.set_xlabel(x.title, fontsize=9)
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(pad=5)
    axes.spines["left"].set_visible(False)
    if y.title:
        axes.set_ylabel(y.title, fontsize=9)
    if ticks:
        axes.set_xticks(ticks)
    elif ticks is None:
        axes.locator_params(axis="x", steps=[1, 2, 5, 10])
    axes.xaxis.set_major_formatter(lambda value, _: x.form(value))
    axes.yaxis.set_major_formatter(lambda value, _: y.form(value))


def in_rows(axes: Axes, x: Axis, rows: int) -> None:
    """Rows from top to bottom, named beside the axes; numbers and grid along x."""
    axes.set_ylim(rows - 0.4, -0.6)
    dress(axes, x, Axis("", str), None)
    axes.set_yticks([])
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.grid(axis="y", visible=False)


def note(axes: Axes, text: str, at: tuple[float, float], apart: tuple[float, float], **look: Any) -> None:
    """A text so many typographic points from a place in the data (or in other ``xycoords``)."""
    axes.annotate(text, at, xytext=apart, textcoords="offset points", **look)


def beside(axes: Axes, text: str, row: float, *, is_right: bool = False, **look: Any) -> None:
    """A text left of the axes, or right of them, in the middle of a row."""
    edge, apart, side = (1, 8, "left") if is_right else (0, -8, "right")
    note(axes, text, (edge, row), (apart, -3), xycoords=("axes fraction", "data"), ha=side, **look)


def above(axes: Axes, text: str, where: float, **look: Any) -> None:
    """A text above the axes."""
    note(axes, text, (where, 1), (0, 4), xycoords=("data", "axes fraction"), ha="center", **look)


def end_of(line: Line, text: str) -> End:
    """The last point of a line, with what is written there."""
    return line.x[-1], line.y[-1], line.role, text


def name_lines(axes: Axes, ends: Sequence[End]) -> None:
    """Names right of the lines, moved apart where they would touch, with a thread to the line's end."""
    low, high = axes.get_ylim()
    left, right = axes.get_xlim()
    axes.set_ylim(low, high)
    axes.set_xlim(left, right)
    unit = (high - low) / (axes.get_position().height * axes.figure.get_figheight() * 72)
    places = spread([value for _, value, _, _ in ends], 13 * unit)
    # Names pushed above the axes would leave the picture.
    over = max([0.0, *(place - high + 4 * unit for place in places)])
    for (x, value, role, text), place in zip(ends, places, strict=True):
        colour = STYLES[role]["color"] if role in STYLES else role
        thread = {"arrowstyle": "-", "color": colour, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 0}
        axes.annotate(
            "", (x, value), xytext=(1.025, place - over), textcoords=("axes fraction", "data"),
            arrowprops=thread, annotation_clip=False,
        )  # fmt: skip
        # Half an x-height below the middle: the browser's font is not the one measured here.
        axes.annotate(
            text, (1.035, place - over - 3 * unit), xycoords=("axes fraction", "data"), annotation_clip=False,
            color=FAINT if role == "random" else colour, fontweight="bold" if role == "card" else "normal",
        )  # fmt: skip


def until_share(line: Line, end: float) -> Line:
    """The line up to ``end``, where it is cut between its points."""
    inside = [(x, y) for x, y in zip(line.x, line.y, strict=True) if x < end]
    return Line(
        line.label, line.role, [*(x for x, _ in inside), end], [*(y for _, y in inside), height_at(line, end)]
    )


def height_at(line: Line, where: float) -> float:
    """Height of the line, straight between its points."""
    pairs = list(zip(line.x, line.y, strict=True))
    for (x0, y0), (x1, y1) in pairwise(pairs):
        if x0 <= where <= x1 and x1 > x0:
            return y0 + (y1 - y0) * (where - x0) / (x1 - x0)
    return pairs[-1][1]


def ceiling(values: Sequence[float]) -> float:
    """A little above the largest, at least one per cent and at most 1."""
    top = max([0.01, *(value for value in values if is_known(value))])
    step = 10 ** math.floor(math.log10(top)) / 2
    return min(1.0, math.ceil(top * 1.03 / step) * step)
