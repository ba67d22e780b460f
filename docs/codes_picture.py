"""The picture of the codes: how many enterprises each has, and how the scores lie.  Plain SVG, no library."""

from collections.abc import Mapping, Sequence

FILL = {"red": "#c62828", "yellow": "#f2b705", "blue": "#1e6fbf", "green": "#2e8b4f"}
NAMES = {"red": "RED 红", "yellow": "YELLOW 黄", "blue": "BLUE 蓝", "green": "GREEN 绿"}
WIDTH, HEIGHT = 760, 470
LEFT, RIGHT = 110, 730
BAR_TOP, BAR_STEP, BAR_HEIGHT = 54, 34, 22
BASE, CHART = 420, 180
BIN = 2

_TEXT = '<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="#333">{text}</text>'
_BOX = '<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" fill="{fill}" fill-opacity="{o}"/>'
_LINE = '<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom}" stroke="#555" stroke-dasharray="4 3"/>'


def codes_svg(rows: Sequence[tuple[str, int, bool]], thresholds: Mapping[str, int], *, title: str) -> str:
    """Bars of the four codes (provisional ones lighter) over a histogram of the scores.

    ``rows``: (code, score, is_provisional) per enterprise.  The histogram's height is the square root of the
    count, or the few RED ones could not be seen.
    """
    parts = [_text(20, 28, title, size=16), *_bars(rows), *_histogram(rows, thresholds)]
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" font-family="Noto Sans CJK SC, Microsoft YaHei, PingFang SC, sans-serif" '
        f'role="img" aria-label="{title}">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>\n{body}\n</svg>\n'
    )


def _text(x: float, y: float, text: str, *, size: int = 12, anchor: str = "start") -> str:
    return _TEXT.format(x=x, y=y, size=size, anchor=anchor, text=text)


def _bars(rows: Sequence[tuple[str, int, bool]]) -> list[str]:
    parts: list[str] = []
    for at, (code, fill) in enumerate(FILL.items()):
        mine = [unsure for found, _, unsure in rows if found == code]
        y, per_row = BAR_TOP + at * BAR_STEP, (RIGHT - LEFT - 190) / len(rows)
        firm, all_of_them = (len(mine) - sum(mine)) * per_row, len(mine) * per_row
        parts.append(_text(LEFT - 8, y + 16, NAMES[code], size=13, anchor="end"))
        parts.append(_BOX.format(x=LEFT, y=y, w=firm, h=BAR_HEIGHT, fill=fill, o=1))
        parts.append(_BOX.format(x=LEFT + firm, y=y, w=all_of_them - firm, h=BAR_HEIGHT, fill=fill, o=0.4))
        unsure = f", {sum(mine):,} provisional 暂定" if sum(mine) else ""
        label = f"{len(mine):,} ({len(mine) / len(rows):.1%}{unsure})"
        parts.append(_text(LEFT + all_of_them + 8, y + 16, label, size=12))
    return parts


def _histogram(rows: Sequence[tuple[str, int, bool]], thresholds: Mapping[str, int]) -> list[str]:
    low = min(score for _, score, _ in rows) // BIN * BIN
    high = max(score for _, score, _ in rows) // BIN * BIN + BIN
    step = (RIGHT - LEFT) / ((high - low) / BIN)
    counts: dict[tuple[int, str], int] = {}
    for code, score, _ in rows:
        place = (score // BIN * BIN, code)
        counts[place] = counts.get(place, 0) + 1
    tallest = max(_total(counts, start) for start in range(low, high, BIN)) ** 0.5
    parts: list[str] = []
    for start in range(low, high, BIN):
        total, y = _total(counts, start), float(BASE)
        for code in ("green", "blue", "yellow", "red"):
            count = counts.get((start, code), 0)
            height = CHART * total**0.5 / tallest * count / total if total else 0
            y -= height
            x = LEFT + (start - low) / BIN * step
            if count:
                parts.append(_BOX.format(x=x, y=y, w=step - 1, h=height, fill=FILL[code], o=1))
    for code, least in thresholds.items():
        x = LEFT + (least - low) / BIN * step
        parts.append(_LINE.format(x=x, top=BASE - CHART - 4, bottom=BASE + 4))
        parts.append(
            _text(x, BASE - CHART - 9, f"{NAMES[code].split()[1]} ≥ {least}", size=12, anchor="middle")
        )
    parts += [
        _text(LEFT + (mark - low) / BIN * step, BASE + 18, str(mark), anchor="middle")
        for mark in range(low // 10 * 10 + 10, high, 10)
    ]
    parts.append(_text((LEFT + RIGHT) / 2, BASE + 38, "score 风险分 (points)", anchor="middle"))
    parts.append(_text(LEFT - 8, BASE - CHART / 2, "enterprises", anchor="end"))
    parts.append(_text(LEFT - 8, BASE - CHART / 2 + 15, "(square-root", size=11, anchor="end"))
    parts.append(_text(LEFT - 8, BASE - CHART / 2 + 28, "scale)", size=11, anchor="end"))
    return parts


def _total(counts: Mapping[tuple[int, str], int], start: int) -> int:
    return sum(counts.get((start, code), 0) for code in FILL)
