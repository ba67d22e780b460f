"""The picture of the codes: how many enterprises each has, and how the scores lie."""

import polars as pl

from desk.draw.canvas import FAINT, INK, Axes, svg
from models.policy import load_policy

FILL = {"red": "#c62828", "yellow": "#f2b705", "blue": "#1e6fbf", "green": "#2e8b4f"}
NAMES = {"red": "RED 红", "yellow": "YELLOW 黄", "blue": "BLUE 蓝", "green": "GREEN 绿"}
SIZE = (8.4, 5.2)
BIN = 2
FONTS = "'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', sans-serif"


def draw_codes(codes: pl.DataFrame) -> str:
    """Bars of the four codes (provisional ones lighter) over a histogram of the scores, as SVG.

    ``codes``: one row per enterprise with ``code``, ``score``, ``is_provisional`` and ``as_of``.
    """
    day = codes["as_of"][0]
    title = f"Codes of the demo city 演示城市赋码 ({codes.height:,} invented enterprises, {day})"
    limits = load_policy().on(day).codes.thresholds.model_dump()

    def draw(axes: Axes) -> None:
        axes.figure.text(0.03, 0.945, title, fontsize=12, color=INK)
        _histogram(axes, codes, limits)
        _bars(axes.figure.add_axes((0.15, 0.61, 0.58, 0.29)), codes)

    picture = str(svg(SIZE, (0.15, 0.11, 0.82, 0.4), draw, title))
    # A file of its own has no page around it to give it fonts and a ground.
    return picture.replace("<svg", f'<svg style="background:#fff" font-family="{FONTS}"', 1) + "\n"


def _bars(axes: Axes, codes: pl.DataFrame) -> None:
    counts = codes.group_by("code").agg(all=pl.len(), unsure=pl.col("is_provisional").sum())
    by_code = {row["code"]: row for row in counts.iter_rows(named=True)}
    for at, (code, fill) in enumerate(FILL.items()):
        own = by_code.get(code, {"all": 0, "unsure": 0})
        firm = own["all"] - own["unsure"]
        axes.barh(at, firm, height=0.65, color=fill)
        axes.barh(at, own["unsure"], left=firm, height=0.65, color=fill, alpha=0.4)
        unsure = f", {own['unsure']:,} provisional 暂定" if own["unsure"] else ""
        label = f"{own['all']:,} ({own['all'] / codes.height:.1%}{unsure})"
        axes.text(own["all"] + codes.height / 100, at, label, va="center", color=INK)
    axes.set_yticks(range(len(FILL)), [NAMES[code] for code in FILL])
    axes.tick_params(labelcolor=INK)
    axes.invert_yaxis()
    axes.set_xticks([])
    axes.spines[:].set_visible(False)


def _histogram(axes: Axes, codes: pl.DataFrame, limits: dict[str, int]) -> None:
    """The height is the square root of the count, or the few RED ones could not be seen."""
    counts = codes.group_by(start=pl.col("score") // BIN * BIN, code="code").len()
    total = pl.col("len").sum().over("start")
    heights = counts.with_columns(height=total.sqrt() * pl.col("len") / total)
    feet: dict[int, float] = {}
    for code in reversed(FILL):
        own = heights.filter(pl.col("code") == code).sort("start")
        starts = own["start"].to_list()
        feet_here = [feet.get(start, 0.0) for start in starts]
        axes.bar(starts, own["height"], width=BIN * 0.92, bottom=feet_here, align="edge", color=FILL[code])
        feet |= {
            start: foot + height for start, foot, height in zip(starts, feet_here, own["height"], strict=True)
        }
    top = max(feet.values())
    for code, least in limits.items():
        axes.axvline(least, ymax=0.95, color="#555", linewidth=0.8, dashes=(4, 3))
        axes.text(least, top * 1.06, f"{NAMES[code].split()[1]} ≥ {least}", ha="center", color=INK)
    axes.set_ylim(0, top * 1.05)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("score 风险分 (points)")
    axes.set_ylabel("enterprises\n(square-root scale)", color=FAINT)
