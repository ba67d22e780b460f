"""The charts of the monitoring page."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from markupsafe import Markup
from matplotlib.patches import Rectangle

from desk.draw.canvas import FAINT, INK, Axes, Axis, beside, clip, dress, in_rows, name_lines, note, svg
from desk.draw.colours import CODE_COLOURS, CODE_FILLS
from models.vocabulary import CODE_KEYS
from warehouse.database.reading import Row

STATE_COLOURS = {"ok": "#5f6672", "alarm": "#b3261e", "unknown": "#b9bcc4", "acknowledged": "#a85f00"}
LIMIT = "#b3261e"
BAND = "#eef0f3"
_MOST_TICKS = 7

Form = Callable[[Any], str]


def shares_chart(rows: Sequence[Row], names: dict[str, str], *, title: str) -> Markup:
    """Share of every code over the issued days, RED on top; one row per day with the number of each code."""
    days = [row["as_of"] for row in rows]
    x = [day.toordinal() for day in days]
    heights = [[row[code] / max(1, row["enterprises"]) for row in rows] for code in CODE_KEYS]
    if len(days) == 1:
        # A day alone is as wide as the picture: a point would be drawn as nothing.
        x, heights = [x[0] - 1, x[0] + 1], [[*height, *height] for height in heights]

    def draw(axes: Axes) -> None:
        axes.stackplot(
            x, *heights, colors=[CODE_FILLS[code] for code in CODE_KEYS], linewidth=0.4, edgecolor="#fff"
        )
        axes.set_ylim(0, 1)
        _span(axes, x)
        dress(axes, Axis("", str), Axis("", lambda value: f"{value:.0%}"), [])
        _day_ticks(axes, days)
        middle, ends = 0.0, []
        for code, height in zip(CODE_KEYS, heights, strict=True):
            text = f"{height[-1]:.1%}  {names[code]}"
            ends.append((x[-1], middle + height[-1] / 2, CODE_COLOURS[code], text))
            middle += height[-1]
        name_lines(axes, ends)

    return svg((11.5, 3.0), (0.048, 0.1, 0.8, 0.86), draw, title)


def limit_chart(rows: Sequence[Row], *, title: str, form: Form, limit_name: str) -> Markup:
    """One measure over the days with its limit; days with an alarm are marked.  Rows without a value are left out."""
    known = [row for row in rows if row["value"] is not None]
    days = [row["as_of"] for row in known]
    x = [day.toordinal() for day in days]
    y = [row["value"] for row in known]
    limit = known[-1]["limit_high"]

    def draw(axes: Axes) -> None:
        axes.plot(x, y, color=INK, linewidth=1.5, zorder=3)
        for at, row in enumerate(known):
            colour = STATE_COLOURS[row["state"]]
            is_alarm = row["state"] == "alarm"
            axes.plot([x[at]], [y[at]], "o", markersize=5 if is_alarm else 3, color=colour, zorder=4)
        axes.set_ylim(0, max([*y, limit or 0]) * 1.18 or 1)
        if limit:
            axes.axhline(limit, color=LIMIT, linewidth=1.0, dashes=(4, 2), zorder=2)
            look = {"xycoords": ("axes fraction", "data"), "color": LIMIT, "fontsize": 8.5}
            note(axes, f"{limit_name} {form(limit)}", (0, limit), (4, 4), **look)
        _span(axes, x)
        dress(axes, Axis("", str), Axis("", lambda value: f"{value:g}"), [])
        _day_ticks(axes, days, most=5)

    return svg((5.6, 2.3), (0.085, 0.13, 0.885, 0.83), draw, title)


def migration_chart(
    rows: Sequence[Row], names: dict[str, str], *, title: str, before: str, now: str
) -> Markup:
    """Who went from which code (left) to which (below), RED first; darker where more of a row went.

    Above the diagonal codes got better, below it worse.
    """
    order = list(reversed(CODE_KEYS))
    cells = {(row["from_code"], row["to_code"]): row["enterprises"] for row in rows}

    def draw(axes: Axes) -> None:
        for down, start in enumerate(order):
            total = max(1, sum(cells.get((start, end), 0) for end in order))
            for across, end in enumerate(order):
                count = cells.get((start, end), 0)
                tint = "#8f96a3" if down == across else ("#2e7d32" if across > down else "#c62828")
                depth = 0.22 if down == across else min(0.75, 0.1 + 2.2 * count / total) if count else 0.0
                axes.add_patch(_square(across, down, tint, depth))
                weight = "bold" if count and down != across else "normal"
                _inside(axes, across, down - 0.06, f"{count:,}" if count else "·", INK, weight, 10.5)
                if count:
                    _inside(axes, across, down + 0.24, f"{count / total:.1%}", "#4a4a55", "normal", 7.5)
        for at, code in enumerate(order):
            shown = {"color": CODE_COLOURS[code], "fontweight": "bold", "fontsize": 9.5}
            axes.text(-0.58, at + 0.08, names[code], ha="right", **shown)
            axes.text(at, -0.62, names[code], ha="center", **shown)
        axes.text(-0.58, -0.62, before, ha="right", color=FAINT, fontsize=8.5)
        axes.text(1.5, -0.98, now, ha="center", color=FAINT, fontsize=8.5)
        axes.set_xlim(-0.5, 3.5)
        axes.set_ylim(3.5, -0.5)
        axes.set_axis_off()

    return svg((5.6, 3.4), (0.2, 0.02, 0.78, 0.8), draw, title)


def _square(across: int, down: int, colour: str, depth: float) -> Any:
    return Rectangle(
        (across - 0.48, down - 0.46), 0.96, 0.92, facecolor=colour, alpha=depth, edgecolor="none"
    )


def _inside(axes: Axes, across: float, down: float, text: str, colour: str, weight: str, size: float) -> None:
    axes.text(across, down + 0.1, text, ha="center", color=colour, fontweight=weight, fontsize=size)


def parity_chart(rows: Sequence[Row], *, title: str, form: Form) -> Markup:
    """Share of RED by ``name`` of a group with its interval, the highest first; in the pale band there is no alarm."""
    shown = sorted(rows, key=lambda row: -row["value"])
    height = 0.55 + 0.25 * len(shown)
    most = max([0.01, *(row["high"] for row in shown), *(1.1 * (row["limit_high"] or 0) for row in shown)])

    def draw(axes: Axes) -> None:
        for at, row in enumerate(shown):
            colour = STATE_COLOURS[row["state"]]
            if row["limit_high"] is not None:
                wide = row["limit_high"] - row["limit_low"]
                axes.barh(at, wide, left=row["limit_low"], height=0.86, color=BAND, linewidth=0, zorder=0)
            axes.plot([row["low"], row["high"]], [at, at], color=colour, linewidth=1.7, zorder=3)
            axes.plot([row["value"]], [at], "o", markersize=5.5, color=colour, zorder=4)
            _told(axes, at, row, form, stands_out=row["state"] == "alarm")
        axes.set_xlim(0, min(1.0, most))
        in_rows(axes, Axis("", lambda value: f"{value:.0%}"), len(shown))

    return svg((5.6, height), (0.33, 0.36 / height, 0.56, 1 - 0.46 / height), draw, title)


def drift_chart(rows: Sequence[Row], *, title: str, form: Form, limit_name: str) -> Markup:
    """Stability index by ``name`` of a factor with the limit, the largest first."""
    shown = sorted((row for row in rows if row["value"] is not None), key=lambda row: -row["value"])
    height = 0.55 + 0.25 * len(shown)
    limit = shown[0]["limit_high"]

    def draw(axes: Axes) -> None:
        for at, row in enumerate(shown):
            colour = STATE_COLOURS[row["state"]]
            axes.barh(at, row["value"], height=0.55, color=colour, linewidth=0, zorder=3)
            _told(axes, at, row, form, stands_out=row["state"] == "alarm" or row["metric"] == "psi_score")
        axes.set_xlim(0, max(limit * 1.12, shown[0]["value"] * 1.05))
        axes.axvline(limit, color=LIMIT, linewidth=1.0, dashes=(4, 2), zorder=4)
        look = {"xycoords": ("data", "axes fraction"), "ha": "right", "color": LIMIT, "fontsize": 8.5}
        note(axes, f"{limit_name} {limit:g}", (limit, 1), (-4, -10), **look)
        in_rows(axes, Axis("", lambda value: f"{value:g}"), len(shown))

    return svg((5.6, height), (0.39, 0.36 / height, 0.5, 1 - 0.46 / height), draw, title)


def _told(axes: Axes, at: int, row: Row, form: Form, *, stands_out: bool) -> None:
    """Name left of the axes and value right of them."""
    ink, weight = (STATE_COLOURS[row["state"]], "bold") if stands_out else (INK, "normal")
    beside(axes, clip(row["name"], 30), at, color=ink, fontweight=weight)
    beside(axes, form(row["value"]), at, is_right=True, color=ink, fontweight=weight)


def _span(axes: Axes, x: Sequence[int]) -> None:
    """From the first to the last day; one day alone stands in the middle."""
    axes.set_xlim(x[0], x[-1]) if x[-1] > x[0] else axes.set_xlim(x[0] - 1, x[0] + 1)


def _day_ticks(axes: Axes, days: Sequence[date], most: int = _MOST_TICKS) -> None:
    """Some of the days, evenly chosen, the first and the last among them."""
    count = min(most, len(days))
    chosen = sorted({round(at * (len(days) - 1) / max(1, count - 1)) for at in range(count)})
    axes.set_xticks([days[at].toordinal() for at in chosen], [f"{days[at]:%m-%d}" for at in chosen])
    for label, side in ((axes.get_xticklabels()[0], "left"), (axes.get_xticklabels()[-1], "right")):
        if len(chosen) > 1:
            label.set_ha(side)
