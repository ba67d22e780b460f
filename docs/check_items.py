"""Writes ``docs/check-items.md`` from the catalogue of check items.

Run ``python -m docs.check_items`` after a change of the catalogue; a test fails while the file is stale.
"""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from pathlib import Path

from desk.say.markdown import table
from models.law import legal_texts
from models.policy.check_items import Catalogue, CheckItem, Trade, load_catalogue
from models.policy.coverage import Part, coverage
from models.vocabulary import SECTOR

FILE = Path(__file__).with_name("check-items.md")
BASIS = {"law": "law", "policy": "policy", "proposal": "proposal", "unverified": "not read"}
Group = str | Trade | None
"""A section: a sector, a trade, or everybody."""
LAST = date(9999, 12, 31)
"""The document shows the newest value of every item."""


def render() -> str:
    """The whole document."""
    catalogue = load_catalogue()
    items = catalogue.on(LAST)
    groups: list[Group] = [*SECTOR.keys, *catalogue.trades, None]
    parts = [
        "# Check items 检查事项目录",
        "<!-- Written by docs/check_items.py; do not edit. -->",
        f"Catalogue `{catalogue.name}` {catalogue.version}, SHA-256 `{catalogue.hash[:16]}…`: "
        f"{len(items)} items in `models/policy/catalogues/{catalogue.name}/`. {catalogue.note.zh} "
        f"{catalogue.note.en.strip()}",
        "**Major** marks an item only where a list of major accident hazards (重大事故隐患) names the very "
        "matter for the sector; in the section for everybody it names the sectors. It says what to look at "
        "first. Whether a finding *is* a major hazard is decided on site, from the primary text. "
        "*Since* is the day from which the reference shown applies; the files hold the earlier ones.",
        "Under a trade (行业) stands what is checked where the industry (GB/T 4754-2017) is one of those shown: at "
        "general enterprises and those with dust, ammonia or, for machinery, smelting. Where the register does not "
        "say the industry, the checklist says so in place of these items.",
        _summary(items, groups),
        _coverage(catalogue),
        *(_section(items, group) for group in groups),
    ]
    return "\n\n".join(parts) + "\n"


def _of(items: Sequence[CheckItem], group: Group) -> list[CheckItem]:
    if isinstance(group, Trade):
        return [item for item in items if item.trade == group]
    return [
        item for item in items if not item.trade and (group in item.sectors if group else not item.sectors)
    ]


def _name(group: Group) -> str:
    if isinstance(group, Trade):
        return f"{group.zh} {group.en}"
    return f"{SECTOR.zh(group)} {SECTOR.labels[group]}" if group else "所有企业 everybody"


def _summary(items: Sequence[CheckItem], groups: Sequence[Group]) -> str:
    rows = [
        (_name(group), len(mine), sum(bool(i.major_in) for i in mine), sum(i.verified for i in mine))
        for group in groups
        for mine in [_of(items, group)]
    ]
    return table(("sector or trade", "items>", "on a list of major hazards>", "reference read>"), rows)


def _coverage(catalogue: Catalogue) -> str:
    parts = coverage(catalogue, LAST)
    lists = [list(group) for _, group in groupby(parts, key=lambda part: part.text.name)]
    rows = [row for group in lists for row in (_whole(group), *map(_part, group))]
    uncounted = [f"{one.name} {one.title.zh}" for one in legal_texts().values() if one.criteria == {}]
    return (
        "## 重大事故隐患判定标准的覆盖 Coverage of the lists of major hazards\n\n"
        "A criterion is covered when an item flagged major cites it, or one of its cases. Lists in force are "
        f"counted. Lists whose criteria nobody here has counted: {'; '.join(uncounted) or 'none'}.\n\n"
        + table(("list", "part", "covered>", "of>", "missing"), rows)
    )


def _whole(group: Sequence[Part]) -> tuple[object, ...]:
    text, criteria = group[0].text, sum(len(part.items) for part in group)
    missing = sum(len(part.missing) for part in group)
    name = f"**{text.name}** {text.title.zh}{'' if text.is_read else ' (known by topics, text not read)'}"
    return (name, "", f"**{criteria - missing}**", f"**{criteria}**", "")


def _part(part: Part) -> tuple[object, ...]:
    missing = ", ".join(part.missing)
    return ("", part.name, len(part.items) - len(part.missing), len(part.items), missing)


def _section(items: Sequence[CheckItem], group: Group) -> str:
    rows = [
        (
            "<br>".join((f"`{item.code}`", ", ".join(item.industries))).removesuffix("<br>"),
            f"{item.title.zh}<br>{item.title.en}",
            f"{item.look.zh}<br>{item.look.en}",
            _major(item, group),
            f"{item.reference} ({BASIS[item.basis]})",
            item.valid_from,
        )
        for item in _of(items, group)
    ]
    head = ("code", "item", "what to look at", "major", "reference", "since")
    says = f"Industries: {group.reference} ({BASIS[group.basis]}).\n\n" if isinstance(group, Trade) else ""
    return f"## {_name(group)}\n\n{says}{table(head, rows)}"


def _major(item: CheckItem, group: Group) -> str:
    if not item.major_in:
        return ""
    if item.major_trades:
        return "重大: " + ", ".join(item.major_trades)
    return "重大" if group else "重大: " + "、".join(SECTOR.zh(one) for one in item.major_in)


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
    print(f"{FILE.name} written")
