"""Tables and picture of ``performance.md``, from ``benchmarks/history.jsonl``: ``python -m docs.performance``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.history import recorded
from benchmarks.nights import TOUCHED
from desk.draw.canvas import INK, Axes, Axis, beside, in_rows, note, svg
from desk.say.markdown import table
from docs.markers import fill
from warehouse.coding import order

DOCUMENT = Path(__file__).with_name("performance.md")
PICTURE = Path(__file__).with_name("img") / "performance.svg"
ORDINARY = f"{TOUCHED:.1%} touched: "
STAGES = (*(name.replace("_", " ") for name in order.STAGES), "plan", "publish")
_WHOLE, _FEW = "#9aa5b1", "#1e6fbf"
Record = Mapping[str, Any]


def main() -> None:
    """Write tables and picture."""
    fill(DOCUMENT, blocks())
    draw(PICTURE)
    print(f"{DOCUMENT.name} and {PICTURE.name} written")


def blocks() -> dict[str, str]:
    """The generated parts of the document."""
    newest = _newest()
    return {
        "stages": "\n\n".join(map(_stages, newest)),
        "figures": "\n\n".join(map(_figures, newest)),
        "history": _history(),
    }


def draw(path: Path) -> None:
    """Write the picture."""
    [*_, largest] = _newest()
    path.write_text(_picture(largest), encoding="utf-8")


def _newest() -> list[Record]:
    """What was measured last of each size of city, the largest last."""
    of_size = {one["asked"]["enterprises"]: one for one in recorded()}
    return [of_size[size] for size in sorted(of_size)]


def _cpu(one: Record) -> dict[str, tuple[float, float]]:
    """CPU seconds of each stage of a whole night, and of an ordinary one."""
    by_stage = {(group, stage): cpu for group, stage, cpu, *_ in one["stages"]}
    return {name: (by_stage["rescoring", name], by_stage["nights", f"{ORDINARY}{name}"]) for name in STAGES}


def _stages(one: Record) -> str:
    scan = one["floors"]["b"]
    rows = [
        (name, f"{whole:.1f}", f"{whole / scan:.0f}", f"{few:.1f}", f"{few / scan:.0f}")
        for name, (whole, few) in _cpu(one).items()
    ]
    whole, few = (sum(each) for each in zip(*_cpu(one).values(), strict=True))
    rows.append(
        ("**all**", f"**{whole:.1f}**", f"**{whole / scan:.0f}**", f"**{few:.1f}**", f"**{few / scan:.0f}**")
    )
    heads = ("stage", "whole night, CPU s>", "× scan>", f"{TOUCHED:.1%} touched, CPU s>", "× scan>")
    return f"{_what(one)}; one scan takes {scan:.2f} CPU s.\n\n{table(heads, rows)}"


def _what(one: Record) -> str:
    asked, machine = one["asked"], one["machine"]
    return (
        f"{asked['enterprises']:,} enterprises, {asked['events']:,} events, {one['day']}: {machine['cores']} cores, "
        f"{machine['memory_gb']:.0f} GB, load {machine['load_before']} at the start"
    )


def _figures(one: Record) -> str:
    told = [(name, value) for name, value in one["figures"].items()]
    kept = [(name, "yes" if is_met else "**no**") for name, is_met in one["targets"].items()]
    heads = f"{one['asked']['enterprises']:,} enterprises"
    return f"{table((heads, 'value>'), told)}\n\n{table(('target', 'reached'), kept)}"


def _history() -> str:
    rows = [
        (
            one["day"],
            f"{one['asked']['enterprises']:,} × {one['asked']['events']:,}",
            *(f"{sum(each):.1f}" for each in zip(*_cpu(one).values(), strict=True)),
            one["figures"].get("CPU s of an alert, median", ""),
        )
        for one in recorded()
    ]
    return table(("day", "city>", "whole night, CPU s>", "ordinary night, CPU s>", "an alert, CPU s>"), rows)


def _picture(one: Record) -> str:
    title = f"CPU seconds of a night: {one['asked']['enterprises']:,} enterprises, {one['asked']['events']:,} events"

    def draw(axes: Axes) -> None:
        for row, (name, (whole, few)) in enumerate(_cpu(one).items()):
            axes.barh(row - 0.19, whole, height=0.34, color=_WHOLE)
            axes.barh(row + 0.19, few, height=0.34, color=_FEW)
            beside(axes, name, row, color=INK)
            for at, value in ((row - 0.19, whole), (row + 0.19, few)):
                note(axes, f"{value:.1f}", (value, at), (4, -3), color=INK, fontsize=8)
        in_rows(axes, Axis("CPU seconds", lambda value: f"{value:g}"), len(STAGES))
        axes.figure.text(0.03, 0.95, title, fontsize=11, color=INK)
        axes.figure.text(0.61, 0.95, "whole night", color="#5f6b78", fontsize=9)
        axes.figure.text(0.72, 0.95, f"ordinary night, {TOUCHED:.1%} touched", color=_FEW, fontsize=9)

    picture = str(svg((8.4, 5.0), (0.17, 0.1, 0.77, 0.81), draw, title))
    return (
        picture.replace(
            "<svg", '<svg style="background:#fff" font-family="\'Noto Sans CJK SC\', sans-serif"', 1
        )
        + "\n"
    )


if __name__ == "__main__":
    main()
