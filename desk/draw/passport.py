"""The pictures of a passport: the points that add up to the score, and the score over time.

Every band and every stretch is named by text too, so nothing is told by its colour alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

from markupsafe import Markup
from matplotlib.patches import Rectangle

from desk.draw.canvas import FAINT, INK, RULE, Axes, above, beside, clip, note, svg
from desk.draw.colours import CODE_COLOURS, CODE_FILLS, CODE_TINTS
from desk.say import facts
from desk.say import passport as sentences
from desk.words.words import Words
from models.messages import N_
from models.vocabulary import CODE_KEYS

PAST_DAYS, COMING_DAYS = 270, 730
"""How far the time line goes back (as far as the change rules remember) and ahead."""
ADDS, TAKES = "#474757", "#9a9aa8"
"""Bars that add and that take off: they differ in lightness, and go opposite ways."""
MOST_BARS = 12
"""Bars of the waterfall; the smallest of more factors share one."""
_ROOM = 4
"""Points of air beyond the outermost of score and cut-offs."""

Found = Mapping[str, Any]
Bar = tuple[str, int]


WATERFALL = N_(
    "Item by item from top to bottom (to the left: points off); the last row is the sum; colours: the codes"
)
TIMELINE = N_(
    "The line is the score of each day over the bands of the codes; the strip below is the code that is shown. "
    "Right of the dashed line: what follows if nothing new happens"
)
"""What each picture is called for who cannot see it, and below it on the page."""


def waterfall(found: Found, words: Words) -> Markup:
    """The points of every factor, one below the other, adding up to the score over the bands of the codes."""
    height = 0.62 + 0.27 * (len(bars(found, words)) + 1.2)
    box = (0.4, 0.3 / height, 0.58, 1 - 0.62 / height)
    return svg((9.2, height), box, lambda axes: _draw_waterfall(axes, found, words), words(WATERFALL))


def timeline(found: Found, words: Words) -> Markup:
    """The score as a step line over the bands of the codes, the shown code as a strip below."""
    box = (0.04, 0.3, 0.885, 0.6)
    return svg((9.2, 3.5), box, lambda axes: _draw_timeline(axes, found, words), words(TIMELINE))


def bars(found: Found, words: Words) -> list[Bar]:
    """Title and points of each bar; the smallest factors of many share one, so that the sum stays exact."""
    every = [(one, one["points"]) for one in sentences.scored(found)]
    kept = sorted(every, key=lambda one: -abs(one[1]))[
        : MOST_BARS - 1 if len(every) > MOST_BARS else MOST_BARS
    ]
    shown = [(words.either(one, "title"), points) for one, points in every if (one, points) in kept]
    rest = [points for one, points in every if (one, points) not in kept]
    return [*shown, (words("{n} others", n=len(rest)), sum(rest))] if rest else shown


def bands(found: Found, low: float, high: float) -> Iterator[tuple[str, float, float]]:
    """Codes with the scores where each begins and ends within ``low`` and ``high``, GREEN first."""
    limits = found["cut_offs"]
    if not limits:
        return
    begins = [low, *(limits[code] for code in CODE_KEYS[1:])]
    for code, begin, end in zip(CODE_KEYS, begins, [*begins[1:], high], strict=True):
        if begin < high and end > low:
            yield code, max(begin, low), min(end, high)


def _draw_waterfall(axes: Axes, found: Found, words: Words) -> None:
    """Bars from top to bottom, each beginning where the one above ends; the score below them."""
    rows, score = bars(found, words), found["score"]
    edges = [0, *accumulate(points for _, points in rows)]
    limits = list(found["cut_offs"].values())
    low, high = min([0, *edges]) - 1, max([*edges, *limits]) + _ROOM
    axes.set_xlim(low, high)
    axes.set_ylim(len(rows) + 0.75, -0.6)
    for code, begin, end in bands(found, low, high):
        axes.axvspan(begin, end, color=CODE_TINTS[code], linewidth=0, zorder=0)
        look = {"color": CODE_COLOURS[code], "fontsize": 9, "fontweight": "bold"}
        above(axes, facts.code(code, words), (begin + end) / 2, **look)
        if begin > low:
            axes.axvline(begin, color=CODE_COLOURS[code], linewidth=1, dashes=(3, 2), zorder=1)
    for at, ((title, points), before) in enumerate(zip(rows, edges, strict=False)):
        axes.barh(at, points, left=before, height=0.62, color=ADDS if points > 0 else TAKES, zorder=3)
        axes.plot([before + points] * 2, [at + 0.31, at + 0.69], color=INK, linewidth=0.7, zorder=2)
        _bar_told(axes, title, f"{points:+d}", max(before, before + points), at, weight="normal")
    at = len(rows)
    colour = CODE_FILLS[sentences.facts_code(found) if not limits else _band_of(found, score)]
    axes.barh(at, score, height=0.7, color=colour, edgecolor=INK, linewidth=0.8, zorder=3)
    told, points = words("sum"), words("{n} points", n=score)
    _bar_told(axes, f"{told}{words.colon}{points}", str(score), max(score, 0), at, weight="bold")
    axes.axvline(0, color=INK, linewidth=0.8, zorder=2)
    axes.set_yticks([])
    axes.set_xticks(sorted({0, *limits}))
    axes.tick_params(axis="x", labelsize=8.5, pad=3)
    axes.spines["left"].set_visible(False)


def _band_of(found: Found, score: int) -> str:
    told = found["cut_offs"]
    return next((code for code in reversed(CODE_KEYS) if code in told and score >= told[code]), CODE_KEYS[0])


def _bar_told(axes: Axes, name: str, text: str, end: float, at: int, *, weight: str) -> None:
    """What a bar is left of the axes, and its points where it ends."""
    look: Any = {"color": INK, "fontsize": 9, "fontweight": weight}
    beside(axes, clip(name, 58), at, **look)
    note(axes, text, (end, at), (4, -3), ha="left", zorder=5, **look)


def _draw_timeline(axes: Axes, found: Found, words: Words) -> None:
    """Days from left to right: the score, the strip of codes, and today."""
    today: date = found["as_of"]
    first, last = today - timedelta(days=PAST_DAYS), today + timedelta(days=COMING_DAYS)
    line = list(_steps(found["facts"], first, last))
    limits = list(found["cut_offs"].values())
    scores = [score for _, score in line] or [found["score"]]
    low, high = min([0, *scores]) - 2, max([*scores, *limits]) + _ROOM
    axes.set_xlim(0, COMING_DAYS + PAST_DAYS)
    axes.set_ylim(low, high)
    for code, begin, end in bands(found, low, high):
        axes.axhspan(begin, end, color=CODE_TINTS[code], linewidth=0, zorder=0)
        look = {"color": CODE_COLOURS[code], "fontsize": 8.5, "fontweight": "bold", "annotation_clip": False}
        place, corner = (1, (begin + end) / 2), ("axes fraction", "data")
        note(axes, facts.code(code, words), place, (6, -3), xycoords=corner, ha="left", **look)
    days, end = [(day - first).days for day, _ in line], PAST_DAYS + COMING_DAYS
    if line:
        axes.step([*days, end], [*scores, scores[-1]], where="post", color=INK, linewidth=1.8, zorder=4)
    for year in range(first.year + 1, last.year + 1):
        at = (date(year, 1, 1) - first).days
        axes.axvline(at, color=RULE, linewidth=0.8, zorder=1)
        above(axes, str(year), at, color=FAINT, fontsize=8.5)
    axes.axvline(PAST_DAYS, color=INK, linewidth=1.1, dashes=(3, 2), zorder=5)
    above(axes, f"{words('today')} {today}", PAST_DAYS, color=INK, fontsize=8.5, fontweight="bold")
    _strip(axes, found, words, first, last)
    axes.set_yticks(sorted({0, *limits}))
    axes.tick_params(axis="both", labelsize=8.5)
    axes.set_xticks([])
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_visible(False)


def _steps(facts: Sequence[Found], first: date, last: date) -> Iterator[tuple[date, int]]:
    """Days on which the score changes, with the score from then on."""
    for stretch in facts:
        if stretch["valid_to"] > first and stretch["valid_from"] <= last:
            yield max(stretch["valid_from"], first), stretch["score"]


def stretches(found: Found, first: date, last: date) -> list[tuple[str, date, date]]:
    """Codes that were shown and that will follow, with the day each begins and the day the next one does."""
    today: date = found["as_of"]
    shown = [(row["code"], row["valid_from"], min(row["valid_to"], today)) for row in found["history"]]
    ahead = [(row["code"], row["valid_from"], row["valid_to"]) for row in found["forecast"]]
    merged: list[tuple[str, date, date]] = []
    for code, begin, end in [*shown, *ahead]:
        begin, end = max(begin, first), min(end, last)
        if begin >= end:
            continue
        if merged and merged[-1][0] == code and merged[-1][2] == begin:
            merged[-1] = (code, merged[-1][1], end)
        else:
            merged.append((code, begin, end))
    return merged


_TOP, _THICK = -0.05, 0.13
"""Where the strip hangs below the axes, in parts of their height."""
_APART = 78
"""Least days between two dates below the strip; of closer ones the later goes a line down."""


def _strip(axes: Axes, found: Found, words: Words, first: date, last: date) -> None:
    place = axes.get_xaxis_transform()
    issued = min((row["valid_from"] for row in found["history"]), default=found["as_of"])
    if (before := (issued - first).days) > 2 * _APART:
        none_yet = words("no code was issued yet")
        axes.text(before / 2, _TOP - _THICK / 2, none_yet, transform=place, ha="center", va="center",
                  color=FAINT, fontsize=8.5, style="italic")  # fmt: skip
    level, previous = 0, -_APART
    for code, begin, end in stretches(found, first, last):
        left, width = (begin - first).days, (end - begin).days
        axes.add_patch(Rectangle((left, _TOP - _THICK), width, _THICK, transform=place, clip_on=False,
                                 facecolor=CODE_FILLS[code], edgecolor="white", linewidth=1.2))  # fmt: skip
        named = facts.code(code, words) if width >= 65 else facts.letter(code, words) if width >= 14 else ""
        axes.text(left + width / 2, _TOP - _THICK / 2 - 0.008, named, transform=place, ha="center", va="center",
                  color=INK if code == "yellow" else "white", fontsize=9 if width >= 25 else 8,
                  fontweight="bold")  # fmt: skip
        if left <= 0 or begin == found["as_of"]:
            continue
        level = level + 1 if left - previous < _APART and level < 2 else 0
        previous = left
        axes.plot([left, left], [_TOP, _TOP - _THICK - 0.04 - 0.1 * level], transform=place, clip_on=False,
                  color=FAINT, linewidth=0.7)  # fmt: skip
        axes.text(left, _TOP - _THICK - 0.1 - 0.1 * level, begin.isoformat(), transform=place, ha="center",
                  va="center", color=INK, fontsize=8.5)  # fmt: skip
