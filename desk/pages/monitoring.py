"""The monitoring page: one HTML file without network or script, alarms first, then the pictures behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from markupsafe import Markup

from desk.draw import monitoring as charts
from desk.pages.environment import page_environment
from desk.say import monitoring as texts
from models import vocabulary as vocab
from warehouse.database.reading import Row
from warehouse.questions import monitoring as queries

PARITY_KINDS = ("division", "sector", "size")
_MOST_BARS = 13
"""Bars of the drift chart: beyond a dozen all are near 0."""

WORDS: dict[str, texts.Pair] = {
    "title": ("系统自我监测", "The system watching itself"),
    "kicker": ("赋码日 {day} · {pack} {version}", "coded for {day} · {pack} {version}"),
    "since": ("自 {day} 起", "since {day}"),
    "acknowledged": ("已知悉的警报", "Acknowledged alarms"),
    "acknowledged_line": ("{day} 由 {by} 确认：{reason}", "{by} on {day}: {reason}"),
    "shares": ("各码占比", "Share of each code"),
    "moved": ("每日变码（‰，两次赋码之间）", "Codes moved a day (‰, between two codings)"),
    "flips": ("反复变码（‰/年）", "Flip-flops (‰ a year)"),
    "migration": ("谁从哪个码到了哪个码", "Who went from which code to which"),
    "migration_note": (
        "行：{before} 的码；列：{after} 的码。绿格转好，红格转差；百分数为占该行的比例。",
        "Rows: code on {before}; columns: on {after}. Green got better, red worse; per cent of the row.",
    ),
    "parity": ("红码率是否一视同仁", "Is RED spread alike?"),
    "parity_note": (
        "点：该组红码率；线：95% 区间；浅色带：以其余企业红码率为准所容许的范围。仅当组别足够大、点在带外且区间"
        "不含其余企业的红码率时报警。行业、规模本身计分，差异不等于不公，需要有人看过。",
        "Dot: share of RED in the group; line: 95% interval; pale band: what is allowed around the others' share. "
        "An alarm needs a large enough group, a dot outside the band, and an interval without that share. "
        "Sector and size carry points themselves: a difference is not unfair as such, but somebody has to look.",
    ),
    "drift": ("分布漂移（PSI）", "Drift of spreads (PSI)"),
    "drift_note": (
        "与约四周前的分布相比；风险分及移动最多的因子。",
        "Against the spread of about four weeks ago: the score, and the factors that moved most.",
    ),
    "score_drift": ("风险分的漂移（PSI）", "Drift of the score (PSI)"),
    "limit": ("上限", "limit"),
    "before": ("此前", "before"),
    "now": ("现在", "now"),
    "all": ("全部指标", "Everything measured"),
    "first_run": (
        "仅有一次赋码：要到下一次赋码后才能比较变化。",
        "There is one coding only; movement can be told after the next one.",
    ),
    "measure": ("指标", "measure"),
    "group": ("分组", "group"),
    "value": ("数值", "value"),
    "limits": ("界限", "limits"),
    "state": ("状态", "state"),
}


@dataclass(frozen=True)
class Speaker:
    """Texts in the reader's language."""

    language: str

    @property
    def at(self) -> int:
        """Place of the language in a pair."""
        return 0 if self.language == "zh" else 1

    def __call__(self, key: str, **values: object) -> str:
        """A text by its key."""
        return WORDS[key][self.at].format(**values)

    def of(self, row: Row, name: str) -> str:
        """The reader's half of a column in both languages."""
        return row[f"{name}_{self.language}"]

    def group(self, row: Row) -> str:
        """What the group of a measure is called; a factor by its key, which outlives the factor."""
        return texts.group_of(row["group_kind"], row["group_value"], {})[self.at]

    def state(self, key: str) -> str:
        """What a state is called."""
        return texts.STATES[key][self.at]

    def title(self, metric: str) -> str:
        """What a metric is called."""
        return texts.title(metric, self.at)

    def number(self, row: Row, name: str = "value") -> str:
        """A number of a measure, with its unit."""
        return texts.number(row["metric"], row[name], self.at)

    def bounds(self, row: Row) -> str:
        """Where the alarm begins, below and above."""
        return texts.bounds(row, self.at)


def write_page(connection: duckdb.DuckDBPyConnection, path: Path, *, language: str) -> Path:
    """Write the page from a published copy.  ``language``: ``zh``, else English.  Returns ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(connection, language=language), encoding="utf-8", newline="\n")
    return path


def render(connection: duckdb.DuckDBPyConnection, *, language: str) -> str:
    """The page as HTML.  Raises WarehouseError when nothing was measured."""
    say = Speaker("zh" if language == "zh" else "en")
    found = queries.findings(connection)
    environment = page_environment()
    content = {
        "say": say,
        "run": queries.measured_coding(connection),
        "found": found,
        "verdict": texts.verdict(found, say.at),
        "alarms": _alarms(found),
        "acknowledged": queries.acknowledgements(connection),
        **_over_time(connection, say),
        **_migration(connection, say),
        **_fairness(found, say),
        "drift": _drift(found, say),
    }
    return environment.get_template("monitor.html").render(content)


def _alarms(found: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Alarms by metric; what to look at is the same for all groups."""
    raised = [row for row in found if row["state"] == "alarm"]
    names = dict.fromkeys(row["metric"] for row in raised)
    return [(name, [row for row in raised if row["metric"] == name]) for name in names]


def _over_time(connection: duckdb.DuckDBPyConnection, say: Speaker) -> dict[str, Any]:
    shares = queries.shares(connection)
    return {
        "shares": charts.shares_chart(shares, _codes(say), title=say("shares")) if shares else None,
        "moved": _limited(queries.history(connection, "codes_moved"), say("moved"), say),
        "score_drift": _limited(queries.history(connection, "psi_score"), say("score_drift"), say),
        "flips": _limited(queries.history(connection, "flip_flops"), say("flips"), say),
    }


def _limited(rows: Sequence[Row], title: str, say: Speaker) -> Markup | None:
    if not any(row["value"] is not None for row in rows):
        return None
    return charts.limit_chart(rows, title=title, form=lambda value: f"{value:g}", limit_name=say("limit"))


def _migration(connection: duckdb.DuckDBPyConnection, say: Speaker) -> dict[str, Any]:
    rows = queries.migration(connection)
    if not rows:
        return {"migration": None, "migration_note": ""}
    days = {"before": rows[0]["before_as_of"], "after": rows[0]["as_of"]}
    drawn = charts.migration_chart(
        rows, _codes(say), title=say("migration"), before=f"{days['before']} ↓", now=f"{days['after']} →"
    )
    return {"migration": drawn, "migration_note": say("migration_note", **days)}


def _fairness(found: Sequence[Row], say: Speaker) -> dict[str, Any]:
    kinds = [(kind, [row for row in found if row["group_kind"] == kind]) for kind in PARITY_KINDS]
    drawn = [
        (
            texts.GROUPS[kind][say.at],
            charts.parity_chart(
                rows,
                title=f"{say('parity')} {kind}",
                form=lambda value: texts.number("red_rate", value, say.at),
                language=say.language,
            ),
        )
        for kind, rows in kinds
        if rows
    ]
    return {"parity": drawn}


def _drift(found: Sequence[Row], say: Speaker) -> Markup | None:
    score = [
        {**row, "group_zh": say.title("psi_score"), "group_en": say.title("psi_score")}
        for row in found
        if row["metric"] == "psi_score" and row["value"] is not None
    ]
    factors = [row for row in found if row["metric"] == "psi" and row["value"] is not None]
    most = sorted(factors, key=lambda row: -row["value"])[: _MOST_BARS - len(score)]
    if not score and not most:
        return None
    return charts.drift_chart(
        [*score, *most],
        title=say("drift"),
        form=lambda value: f"{value:.3f}",
        language=say.language,
        limit_name=say("limit"),
    )


def _codes(say: Speaker) -> dict[str, str]:
    return {key: vocab.CODE.labels[key][say.at] for key in vocab.CODE_KEYS}
