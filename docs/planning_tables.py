"""Fills the generated blocks of ``docs/planning.md`` from the starter pack: ``python -m docs.planning_tables``."""

from datetime import date
from pathlib import Path

from desk.say.markdown import table
from desk.words.labels import BECAUSE, BINDING
from desk.words.words import Words
from docs.markers import basis_and_reference, fill, told_basis
from models.planning.demand.waivers import WAIVERS
from models.policy import Channel, load_policy

FILE = Path(__file__).with_name("planning.md")
DAY = date(2026, 6, 30)
CAPS_OF = {"starter": DAY, "shanxi": DAY, "longyan": date(2025, 6, 30)}
"""Packs whose caps are shown, and the day; Longyan's plan ended with 2025."""
_YES = {True: "yes", False: "–"}


def blocks() -> dict[str, str]:
    """Every generated block by name."""
    return {"channels": _channels(), "rules": _rules(), "caps": _caps(), "basis": _basis()}


def _channels() -> str:
    policy = load_policy().on(DAY).planning
    head = [
        "",
        "channel",
        "clause",
        "deadline",
        "days >",
        "in plan",
        "spares GREEN",
        "yields to superior",
        "basis",
    ]
    return table(head, (_row(one, policy.red_visit_working_days) for one in policy.channels.values()))


def _row(one: Channel, red_days: int) -> tuple[object, ...]:
    spec = one.spec
    days = spec.within_working_days or (red_days if one.name.startswith("red") else None)
    return (
        one.rank + 1,
        f"`{one.name}` {one.title.zh} · {one.title.en}",
        one.clause,
        f"{days} working days" if days else "end of the year",
        spec.quarter_days / 4,
        _YES[not spec.off_plan],
        _YES[spec.spares_green],
        _YES[spec.yields_to_superior],
        told_basis(one.provenance),
    )


def _rules() -> str:
    told = [("in the certificate", BINDING, name) for name in BINDING.keys]
    told += [("waives", BECAUSE, name) for name in WAIVERS if name not in BINDING.labels]
    chinese, english = Words("zh"), Words("en")
    rows = ((f"`{name}`", how, chinese.label(of, name), english.label(of, name)) for how, of, name in told)
    return table(["rule", "", "中文", "English"], rows)


def _caps() -> str:
    rows: list[tuple[object, ...]] = []
    for pack, day in CAPS_OF.items():
        policy = load_policy(pack).on(day).planning
        told = policy.provenance["caps"]
        rows += [
            (pack, row.title.zh, row.title.en, row.most, told.in_parts.get(str(place), told).basis)
            for place, row in enumerate(policy.caps, 1)
        ]
    return table(["pack", "风险类别", "risk class", "visits a year>", "basis"], rows)


def _basis() -> str:
    found = load_policy().on(DAY).planning.provenance
    return table(
        ["value", "basis", "reference"], [(f"`{k}`", *basis_and_reference(v)) for k, v in found.items()]
    )


if __name__ == "__main__":
    fill(FILE, blocks())
