"""The charts of the report."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from markupsafe import Markup

from desk.draw.canvas import (
    BASELINE,
    BLACK_BOX,
    CARD,
    EXPERT,
    FAINT,
    INK,
    RULE,
    STYLES,
    Axes,
    Axis,
    End,
    Line,
    beside,
    ceiling,
    clip,
    dress,
    end_of,
    height_at,
    in_rows,
    name_lines,
    note,
    svg,
    until_share,
)
from desk.draw.colours import CODE_COLOURS, CODE_TINTS
from desk.say.numbers import is_known


@dataclass(frozen=True)
class Dot:
    """A value with its interval, named on the left."""

    label: str
    role: str
    value: float
    low: float | None
    high: float | None
    text: str


def found_chart(lines: Sequence[Line], *, title: str, x: Axis, y: Axis, mark: float, until: float) -> Markup:
    """Share found against share visited up to ``until``, with a dot on every line at ``mark``."""
    cut = [until_share(line, until) for line in lines]

    def draw(axes: Axes) -> None:
        axes.axvline(mark, color=RULE, linewidth=0.9, zorder=0)
        for line in cut:
            axes.plot(line.x, line.y, **STYLES[line.role])
            if line.role != "random":
                axes.plot(
                    [mark],
                    [height_at(line, mark)],
                    "o",
                    markersize=4,
                    color=STYLES[line.role]["color"],
                    zorder=7,
                )
        axes.set_xlim(0, until)
        axes.set_ylim(0, ceiling([value for line in cut for value in line.y]))
        dress(axes, x, y, [0, mark, *(until * part for part in (0.4, 0.6, 0.8, 1))])
        name_lines(axes, [end_of(line, f"{y.form(line.y[-1])}  {clip(line.label)}") for line in cut])

    return svg((6.7, 4.5), (0.09, 0.11, 0.585, 0.865), draw, title)


def period_chart(lines: Sequence[Line], days: Sequence[str], *, title: str, y: Axis) -> Markup:
    """One line per contestant over the test days; ``x`` of the lines counts the days from 0."""

    def draw(axes: Axes) -> None:
        for line in lines:
            axes.plot(line.x, line.y, marker="o", markersize=2.6, **STYLES[line.role])
        axes.set_xlim(-0.15, max(len(days) - 0.85, 0.15))
        dress(axes, Axis("", str), y, [])
        axes.set_xticks(range(len(days)), days, fontsize=8)
        name_lines(axes, [end_of(line, clip(line.label, 32)) for line in lines if line.role != "other"])

    return svg((11.5, 3.2), (0.048, 0.09, 0.735, 0.87), draw, title)


def dot_chart(dots: Sequence[Dot], *, title: str, x: Axis) -> Markup:
    """Values with their intervals, one below the other."""
    known = [dot for dot in dots if is_known(dot.value)]
    height = 0.55 + 0.235 * len(known)

    def draw(axes: Axes) -> None:
        for at, dot in enumerate(known):
            colour = STYLES[dot.role]["color"]
            if is_known(dot.low) and is_known(dot.high):
                axes.plot([dot.low, dot.high], [at, at], color=colour, linewidth=1.6, solid_capstyle="butt")
            axes.plot([dot.value], [at], "o", markersize=5, color=colour)
            ink, weight = (colour, "bold") if dot.role == "card" else (INK, "normal")
            beside(axes, clip(dot.label, 46), at, color=ink, fontweight=weight)
            beside(axes, dot.text, at, is_right=True, color=ink)
        in_rows(axes, x, len(known))

    return svg((11.5, height), (0.3, 0.42 / height, 0.61, 1 - 0.5 / height), draw, title)


def calibration_chart(bins: Sequence[dict[str, Any]], *, title: str, x: Axis, y: Axis, ideal: str) -> Markup:
    """Observed against predicted share with intervals; a perfect model lies on the diagonal."""
    known = [one for one in bins if is_known(one["mean_predicted"]) and is_known(one["observed"])]

    def draw(axes: Axes) -> None:
        most = ceiling([one["mean_predicted"] for one in known] + [_high(one) for one in known])
        axes.plot([0, most], [0, most], color=BASELINE, linewidth=1.0, dashes=(3, 2), zorder=1)
        end = (most * 0.985, most * 0.985)
        note(axes, ideal, end, (-6, 0), ha="right", va="center", color=FAINT, fontsize=8.5)
        for one in known:
            ends = [one.get("low"), one.get("high")]
            if all(is_known(end) for end in ends):
                axes.plot([one["mean_predicted"]] * 2, ends, color=CARD, linewidth=1.4, alpha=0.55)
        axes.plot([one["mean_predicted"] for one in known], [one["observed"] for one in known],
                  "o-", color=CARD, markersize=5, linewidth=1.0)  # fmt: skip
        axes.set_xlim(0, most)
        axes.set_ylim(0, most)
        dress(axes, x, y, None)

    return svg((5.6, 4.3), (0.115, 0.12, 0.845, 0.855), draw, title)


def points_chart(
    steps: Sequence[dict[str, Any]],
    zones: Sequence[tuple[str, str, float, float]],
    *,
    title: str,
    x: Axis,
    y: Axis,
) -> Markup:
    """Probability by points as a staircase with its interval, over the ranges of the four codes."""
    start, end = zones[0][2], zones[-1][3]

    def draw(axes: Axes) -> None:
        most = ceiling([_high(step) for step in steps] + [step["probability"] for step in steps])
        for code, name, least, stop in zones:
            axes.axvspan(least, stop, color=CODE_TINTS[code], linewidth=0, zorder=0)
            look = {"color": CODE_COLOURS[code], "fontsize": 8.5, "fontweight": "bold"}
            note(axes, name, ((least + stop) / 2, most), (0, -11), ha="center", **look)
        edges = [max(start, float(step["least_points"])) for step in steps] + [end]
        edges[0] = start
        axes.stairs([_high(step) for step in steps], edges, baseline=[step["low"] for step in steps],
                    fill=True, color=CARD, alpha=0.18, linewidth=0, zorder=2)  # fmt: skip
        axes.stairs(
            [step["probability"] for step in steps], edges, baseline=None, color=CARD, linewidth=2.2, zorder=3
        )
        axes.set_xlim(start, end)
        axes.set_ylim(0, most)
        dress(axes, x, y, None)
        axes.grid(visible=False)

    return svg((11.5, 3.0), (0.048, 0.155, 0.944, 0.815), draw, title)


def rounding_chart(
    lines: Sequence[Line], unrounded: float | None, *, title: str, x: Axis, y: Axis, named: str
) -> Markup:
    """A measure against the number of bins, one line per weight of a point, the unrounded model as a line."""

    def draw(axes: Axes) -> None:
        ends: list[End] = []
        for line, colour in zip(lines, cycle((CARD, EXPERT, BLACK_BOX, "#1f7a74")), strict=False):
            axes.plot(line.x, line.y, "o-", color=colour, markersize=4, linewidth=1.5)
            ends.append((line.x[-1], line.y[-1], colour, line.label))
        dress(axes, x, y, None)
        axes.margins(x=0.05, y=0.15)
        if unrounded is not None:
            axes.axhline(unrounded, color=BASELINE, linewidth=1.3, dashes=(4, 2))
            ends.append((axes.get_xlim()[1], unrounded, FAINT, named))
        name_lines(axes, ends)

    return svg((5.6, 2.9), (0.125, 0.16, 0.625, 0.81), draw, title)


def _high(row: dict[str, Any]) -> float:
    high = row.get("high")
    return float(high) if high is not None and is_known(high) else 0.0
